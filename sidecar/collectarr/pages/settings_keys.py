"""Settings of API keys: make one and see it once, revoke one, and how to use them."""

from dataclasses import dataclass

from aiohttp import web

from collectarr.api_keys import SCOPES, Scope
from collectarr.errors import ConflictError, InvalidError
from collectarr.pages.parts import Choice, Form
from collectarr.pages.render import show_page
from collectarr.pages.visit import Note, Visit, see_other, typed, wrong
from collectarr.pages.words import When
from collectarr.peers import is_https
from collectarr.store import api_keys as stored
from collectarr.store.api_keys import ApiKey
from collectarr.trail import note

PATH = "/settings/keys"
USES: dict[str, tuple[str, str]] = {
    "read": ("Only read", "For dashboards and widgets."),
    "run": ("Read and sync", "Also starts and cancels syncs, and answers what waits for you."),
    "admin": ("Everything that you may do", "Also changes your servers and collections."),
}
LIVES = (
    ("30", "In 30 days"),
    ("90", "In 90 days"),
    ("365", "In a year"),
    ("", "Never, until it is revoked"),
)
USUAL_LIFE = "365"


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key that is kept. `ended`: it has expired."""

    id: int
    name: str
    prefix: str
    scope: str
    made: When
    used: When | None
    expires: When | None
    ended: bool


@dataclass(frozen=True, slots=True)
class KeysPage:
    """`form` fields: name, scope, expires_in_days. `fresh` is a key just made, "" for none.

    `address` is where programs reach the API.
    """

    form: Form
    keys: tuple[KeyLine, ...]
    scopes: tuple[Choice, ...]
    lives: tuple[Choice, ...]
    address: str
    fresh: str = ""


async def show(request: web.Request) -> web.Response:
    return await _page(Visit.of(request), Form())


async def _page(visit: Visit, form: Form, *, fresh: str = "", status: int = 200) -> web.Response:
    scope = form.value("scope", "read")
    life = form.value("expires_in_days", USUAL_LIFE)
    page = KeysPage(
        form=form,
        keys=tuple(_line(visit, key) for key in await stored.list_keys(visit.db, visit.user.id)),
        scopes=tuple(Choice(name, USES[name][0], name == scope, USES[name][1]) for name in SCOPES),
        lives=tuple(Choice(days, label, days == life) for days, label in LIVES),
        address=_address(visit),
        fresh=fresh,
    )
    return await show_page(
        visit.request, "settings_keys.html", page, active="settings", status=status
    )


def _line(visit: Visit, key: ApiKey) -> KeyLine:
    return KeyLine(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        scope=USES[key.scope][0],
        # A key just made is a little younger than this visit.
        made=visit.when(min(key.created_at, visit.now)),
        used=visit.when(key.used_at) if key.used_at else None,
        expires=visit.when(key.expires_at) if key.expires_at else None,
        ended=key.is_expired(visit.now),
    )


def _address(visit: Visit) -> str:
    """PUBLIC_URL, or the way that this very page was reached."""
    scheme = "https" if is_https(visit.request) else "http"
    found = visit.settings.public_url or f"{scheme}://{visit.request.host}"
    base = visit.settings.base_path
    return found if base and found.endswith(base) else found + base


async def create(request: web.Request) -> web.Response:
    """Answered with the page itself: no redirect could carry the key without leaving a trace."""
    visit, fields = Visit.of(request), await typed(request)
    session = visit.identity.session
    try:
        row, key = await visit.auth.keys.create(
            visit.user.id,
            fields.get("name", ""),
            _scope(fields),
            _days(fields),
            session_id=session.id if session else None,
        )
    except (InvalidError, ConflictError) as error:
        return await _page(visit, wrong(fields, error, "name"), status=422)
    await note(request, "api_key_created", row.name, prefix=row.prefix, scope=row.scope)
    return await _page(visit, Form(), fresh=key, status=201)


def _scope(fields: dict[str, str]) -> Scope:
    for scope in SCOPES:
        if fields.get("scope") == scope:
            return scope
    message = "Choose what the key may do."
    raise InvalidError(message, details={"fields": {"scope": message}})


def _days(fields: dict[str, str]) -> int | None:
    text = fields.get("expires_in_days", USUAL_LIFE)
    if text not in dict(LIVES):
        message = "Choose how long the key is good."
        raise InvalidError(message, details={"fields": {"expires_in_days": message}})
    return int(text) if text else None


async def revoke(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    key = await visit.auth.keys.revoke(visit.user.id, visit.number())
    await note(request, "api_key_revoked", key.name, prefix=key.prefix)
    return see_other(request, PATH, Note("ok", f"The key “{key.name}” opens nothing any more."))


ROUTES = (
    ("GET", PATH, show),
    ("POST", PATH, create),
    ("POST", f"{PATH}/{{id}}/revoke", revoke),
)
