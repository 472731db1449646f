"""One visit to a page: who asks, what may be reached, and where to send them next."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import web

from collectarr.access import IDENTITY, Identity
from collectarr.auth import Auth
from collectarr.errors import CollectarrError, SignInError
from collectarr.models import utc_now
from collectarr.pages.parts import Form
from collectarr.pages.words import When, when
from collectarr.peers import is_https
from collectarr.runner import Runner
from collectarr.services import SERVICES, Services
from collectarr.settings import Settings
from collectarr.store.db import Database
from collectarr.store.users import User
from collectarr.sync.outside import Outside

NOTES = "collectarr_notes"
_LEVELS = frozenset({"ok", "info", "warn", "error"})
_MOST_NOTES, _LONGEST_NOTE = 3, 600
_IN_PATHS = "/?&=%#:+,;@!$'()*~-._[]"


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence shown once on the next page. `level`: ok, info, warn, error."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of somebody who is signed in. `now` is the same all over the page."""

    request: web.Request
    services: Services
    identity: Identity
    now: datetime
    zone: tzinfo

    @classmethod
    def of(cls, request: web.Request) -> "Visit":
        services = request.app[SERVICES]
        identity = request.get(IDENTITY)
        if identity is None:
            raise SignInError("Sign in first.")
        return cls(request, services, identity, utc_now(), services.settings.zone()[0])

    @property
    def user(self) -> User:
        return self.identity.user

    @property
    def db(self) -> Database:
        return self.services.db

    @property
    def auth(self) -> Auth:
        return self.services.auth

    @property
    def outside(self) -> Outside:
        return self.services.outside

    @property
    def runner(self) -> Runner:
        return self.services.runner

    @property
    def settings(self) -> Settings:
        return self.services.settings

    def url(self, path: str) -> str:
        return self.settings.base_path + path

    def when(self, moment: datetime) -> When:
        return when(moment, self.now, self.zone)

    def number(self, name: str = "id") -> int:
        """A number of the path; its route lets nothing else through."""
        return int(self.request.match_info[name])

    def page_number(self) -> int:
        """`?page=`, from 1; whatever is no such number is 1."""
        text = self.request.query.get("page", "")
        return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


async def typed(request: web.Request) -> dict[str, str]:
    """The fields of a form; of those with several values the first."""
    fields = await request.post()
    return {name: str(fields.getone(name)) for name in fields if isinstance(fields[name], str)}


async def chosen(request: web.Request, name: str) -> list[str]:
    """All values of one field, such as ticked boxes."""
    return [str(value) for value in (await request.post()).getall(name, [])]


def wrong(values: Mapping[str, str], error: CollectarrError, field: str = "") -> Form:
    """What was typed, with the error at the fields that it names, else at `field`."""
    fields: Mapping[str, Any] = error.details.get("fields") or {field: error.message}
    return Form(values, {name: str(text) for name, text in fields.items()})


def own_path(text: str) -> str | None:
    """`text` if it is a path on this site, never an address elsewhere; else None."""
    if not text.startswith("/") or text.startswith("//"):
        return None
    if "\\" in text or any(ord(character) < 33 or ord(character) == 127 for character in text):
        return None
    return text


def see_other(request: web.Request, path: str, *notes: Note) -> web.Response:
    """On to `path` (without the base path), where `notes` are shown."""
    base = request.app[SERVICES].settings.base_path
    response = web.Response(status=303, headers={"Location": base + quote(path, _IN_PATHS)})
    if notes:
        _keep_notes(request, response, notes)
    return response


def back(request: web.Request, otherwise: str, *notes: Note) -> web.Response:
    """To the page that the form was on."""
    return see_other(request, _referring_path(request) or otherwise, *notes)


def _referring_path(request: web.Request) -> str | None:
    base = request.app[SERVICES].settings.base_path
    try:
        parts = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return None
    path = parts.path.removeprefix(base)
    if parts.netloc.casefold() != request.host.casefold() or base + path != parts.path:
        return None
    return own_path(path + (f"?{parts.query}" if parts.query else ""))


def _keep_notes(
    request: web.Request, response: web.StreamResponse, notes: tuple[Note, ...]
) -> None:
    rows = [[note.level, note.text[:_LONGEST_NOTE]] for note in notes[:_MOST_NOTES]]
    response.set_cookie(
        NOTES,
        base64.urlsafe_b64encode(json.dumps(rows).encode()).decode(),
        max_age=60,
        path=_cookie_path(request),
        httponly=True,
        samesite="Lax",
        secure=is_https(request),
    )


def kept_notes(request: web.Request) -> tuple[Note, ...]:
    """What the redirect that led here wanted to say; nothing if the cookie is not ours."""
    try:
        rows = json.loads(base64.urlsafe_b64decode(request.cookies.get(NOTES, "")))
        found = tuple(Note(str(level), str(text)[:_LONGEST_NOTE]) for level, text in rows)
    except (ValueError, TypeError, binascii.Error):
        return ()
    return tuple(note for note in found if note.level in _LEVELS)[:_MOST_NOTES]


def drop_notes(request: web.Request, response: web.StreamResponse) -> None:
    """They were shown."""
    if NOTES in request.cookies:
        response.del_cookie(NOTES, path=_cookie_path(request))


def _cookie_path(request: web.Request) -> str:
    return request.app[SERVICES].settings.base_path or "/"
