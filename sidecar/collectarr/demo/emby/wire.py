"""How the Emby stand-in reads a request and words its answers."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from collectarr.demo.emby.state import EmbyState, StoredUser

NOT_FOUND = "Unable to find the specified file."
NO_TOKEN = "Access token is required."  # noqa: S105
BAD_TOKEN = "Access token is invalid or expired."  # noqa: S105
NULL_ID = "Value cannot be null.\nParameter name: id"
BAD_GUID = "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)."
_TOKEN = re.compile(r'(?i)^(?:emby|mediabrowser)\s.*?\btoken\s*=\s*"?([^",\s]+)')
_CLIENT = re.compile(r'(?i)^(?:emby|mediabrowser)\s.*?\bclient\s*=\s*"?([^",]+)')


class Refusal(Exception):  # noqa: N818
    """The server says no, in plain text."""

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: its parameters without regard to case, and who asks.

    `user` is whose token it is, `reader` the user for whom it reads; both None for a key alone.
    """

    request: web.Request
    params: Mapping[str, str]
    user: StoredUser | None
    reader: StoredUser | None

    def text(self, name: str) -> str:
        return self.params.get(name.lower(), "")

    def many(self, name: str) -> list[str]:
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def flag(self, name: str) -> bool | None:
        value = self.text(name).lower()
        return value == "true" if value in ("true", "false") else None

    def number(self, name: str) -> int | None:
        """Raises Refusal for what is not a whole number, as Emby does."""
        value = self.text(name)
        if not value:
            return None
        if not value.lstrip("-").isdigit():
            raise Refusal(500, "Input string was not in a correct format.")
        return int(value)

    def part(self, name: str) -> str:
        return self.request.match_info.get(name, "")

    async def json(self) -> Any:
        try:
            return json.loads(await self.request.read() or b"null")
        except ValueError:
            raise Refusal(500, "Unexpected character encountered while parsing value.") from None


def lowered(request: web.Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.query.items()}


def token_of(request: web.Request) -> str | None:
    """Where a token may stand, in Emby's order."""
    for header in ("X-Emby-Authorization", "Authorization"):
        match = _TOKEN.match(request.headers.get(header, ""))
        if match:
            return match[1]
    for header in ("X-Emby-Token", "X-MediaBrowser-Token"):
        if request.headers.get(header):
            return request.headers[header]
    params = lowered(request)
    return params.get("api_key") or params.get("x-emby-token")


def client_of(request: web.Request) -> str | None:
    """The name of the program that signs in, from its authorization header."""
    for header in ("X-Emby-Authorization", "Authorization"):
        match = _CLIENT.match(request.headers.get(header, ""))
        if match:
            return match[1]
    return request.headers.get("X-Emby-Client")


def asked(state: EmbyState, request: web.Request, *, public: bool) -> Ask:
    """Raises Refusal 401 without a token that holds."""
    token = token_of(request)
    if not public:
        if token is None:
            raise Refusal(401, NO_TOKEN)
        if token not in state.tokens:
            raise Refusal(401, BAD_TOKEN)
    user = state.tokens.get(token) if token else None
    params = lowered(request)
    return Ask(request, params, user, _reader(state, request, params, user))


def _reader(
    state: EmbyState, request: web.Request, params: Mapping[str, str], user: StoredUser | None
) -> StoredUser | None:
    named = request.match_info.get("user") or params.get("userid")
    if not named:
        return user if state.profile.numeric_ids else None
    if named not in state.users:
        raise Refusal(404, "User not found.")
    return state.users[named]


def answer(data: Any, status: int = 200) -> web.Response:
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(body=body, status=status, content_type="application/json", charset="utf-8")


def done() -> web.Response:
    return web.Response(status=204)
