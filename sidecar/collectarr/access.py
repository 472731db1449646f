"""Who may call what: the marks of handlers, and who a request turned out to be from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

from aiohttp import web

from collectarr.api_keys import Scope, stream_of
from collectarr.store.api_keys import ApiKey
from collectarr.store.users import Session, User

Access = Literal["public", "user", "admin"]
H = TypeVar("H", bound=Callable[..., Any])
_MARK, _SCOPE = "collectarr_access", "collectarr_scope"


def public(handler: H) -> H:
    """Mark: anybody may call this, signed in or not."""
    return marked(handler, "public")


def admin(handler: H) -> H:
    """Mark: only administrators may call this."""
    return marked(handler, "admin")


def marked(handler: H, access: Access, scope: Scope | None = None) -> H:
    """Mark who may call it, and what an API key must be for."""
    setattr(handler, _MARK, access)
    setattr(handler, _SCOPE, scope)
    return handler


def access_of(route: web.AbstractRoute) -> Access:
    """Who may call a route. Without a mark: whoever is signed in."""
    if isinstance(route.resource, web.StaticResource):
        return "public"
    access: Access = getattr(route.handler, _MARK, "user")
    return access


def scope_of(route: web.AbstractRoute) -> Scope | None:
    """What an API key must be for to call a route; None where nothing says it."""
    scope: Scope | None = getattr(route.handler, _SCOPE, None)
    return scope


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a request is from and how it proved that. `renewed` is a cookie to send along.

    `proxy`: a trusted proxy has signed them in. `expires_at`: the end of a bearer token, which
    comes long before that of its session.
    """

    user: User
    how: Literal["cookie", "bearer", "proxy", "api_key", "local_key"]
    session: Session | None = None
    renewed: str | None = None
    key: ApiKey | None = None
    expires_at: datetime | None = None

    @property
    def by_browser(self) -> bool:
        """Whether browsers send the proof by themselves, also when another site tells them to."""
        return self.how in ("cookie", "proxy")

    @property
    def by_key(self) -> bool:
        return self.how in ("api_key", "local_key")

    @property
    def stream(self) -> str:
        """What its live streams are known by, so that they end with it."""
        if self.key is not None:
            return stream_of(self.key.id)
        return "" if self.session is None else self.session.id


IDENTITY = web.RequestKey("identity", Identity)
"""Who is signed in; absent where nobody is."""
