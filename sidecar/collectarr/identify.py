"""Whose request this is: by a key, a token, a trusted proxy or a cookie, in this order."""

from aiohttp import web

from collectarr.access import Identity
from collectarr.errors import InvalidError
from collectarr.passwords import clean_username, same
from collectarr.peers import is_from_proxy
from collectarr.services import SERVICES, Services
from collectarr.store import audit, users
from collectarr.store.users import User


async def identify(request: web.Request) -> Identity | None:
    """None for nobody. Credentials that a program sends in a header count alone."""
    services = request.app[SERVICES]
    auth = services.auth
    key = request.headers.get("X-Api-Key")
    if key is not None:
        return await _by_key(services, key, request.headers.get("X-Collectarr-User"))
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() == "bearer":
        return await auth.by_bearer(token.strip())
    if auth.cors.is_invited(request):
        # Another site may use the API with credentials of its own, never with this browser's.
        return None
    user = await _named_by_proxy(request, services)
    if user is not None:
        return await _by_proxy(services, user, auth.client_of(request))
    return await auth.by_cookie(request)


async def _by_key(services: Services, key: str, name: str | None) -> Identity | None:
    """The key of the machine acts for the user named, or for the first administrator."""
    if not same(key, services.auth.local_key):
        found = await services.auth.keys.find(key)
        return Identity(found[1], "api_key", key=found[0]) if found else None
    for user in await users.list_users(services.db):
        if user.is_administrator if name is None else _is_called(user, name):
            return Identity(user, "local_key")
    return None


async def _named_by_proxy(request: web.Request, services: Services) -> User | None:
    """An existing user, named in one header by a proxy that is itself at the other end."""
    header = services.settings.forward_auth_header
    if not header or not is_from_proxy(request, services.auth.proxies):
        return None
    # Two of them: one may be the client's own, passed on.
    given = request.headers.getall(header, ())
    if len(given) != 1:
        return None
    try:
        name = clean_username(given[0])
    except InvalidError:
        return None
    found = await users.find_sign_in(services.db, name)
    # An e-mail address is what its owner says it is; the name alone is proven.
    return found[0] if found and _is_called(found[0], name) else None


async def _by_proxy(services: Services, user: User, client: str) -> Identity | None:
    """Nobody sees them sign in, so it is written down when they come, once an hour."""
    found = await services.auth.by_proxy(user, client)
    if found is not None and services.auth.arrivals.is_new(user.id, client):
        await audit.record(
            services.db,
            actor=user,
            action="sign_in",
            client=client or None,
            details={"how": "proxy"},
        )
    return found


def _is_called(user: User, name: str) -> bool:
    return user.username.casefold() == name.casefold()
