"""/sources/{source}/account and /connect: the user's own account at a source."""

from typing import ClassVar, Literal

from aiohttp import web
from pydantic import BaseModel, Field, SecretStr

from collectarr.api.endpoint import PREFIX, Call, Endpoints
from collectarr.api.shapes import Body
from collectarr.api.source_shapes import SourceState, source_state
from collectarr.errors import CollectarrError, InvalidError, NotFoundError, RejectedError
from collectarr.sources import Source
from collectarr.sync.connect import connect_source
from collectarr.sync.sign_in import DeviceSignIn, redirect_uri
from collectarr.trail import note

endpoints = Endpoints("sources")
FAILING = (404, 422, 502, 503)
SETTINGS_PAGE = "/settings/sources"
_PLAIN = "^[ -~]*$"


class Key(Body):
    key: SecretStr = Field(max_length=300)


class Connecting(BaseModel):
    """Type `user_code` at `verification_url` within `expires_in` seconds."""

    http_status: ClassVar[int] = 202
    id: str
    user_code: str
    verification_url: str
    expires_in: int
    interval: int


class ConnectingState(BaseModel):
    """`message` says why it ended, where it did not end well."""

    id: str
    state: Literal["pending", "connected", "expired", "denied", "failed"]
    message: str | None
    username: str | None


class Trip(BaseModel):
    """Where to send the browser. It comes back to TRAKT_REDIRECT_URI."""

    url: str


class Returned(BaseModel):
    """What the source's page sends back with the browser."""

    state: str = Field("", max_length=200, pattern=_PLAIN)
    code: str = Field("", max_length=1000, pattern=_PLAIN)
    error: str = Field("", max_length=200, pattern=_PLAIN)


@endpoints.get("/sources/{source}/account", "The account at a source", errors=(404,))
async def account(call: Call, source: str) -> SourceState:
    return await source_state(call, known_source(call, source))


@endpoints.put(
    "/sources/{source}/account",
    "Connect a source with a key, once it proved good",
    example={"key": "from mdblist.com, Preferences, API Access"},
    errors=FAILING,
)
async def connect_with_key(call: Call, source: str, body: Key) -> SourceState:
    known, key = known_source(call, source), body.key.get_secret_value()
    await connect_source(call.db, call.services.vault, call.outside, call.user.id, source, key)
    call.services.browsing.forget(call.user.id, source)
    await note(call.request, "source_key_set", source)
    return await source_state(call, known)


@endpoints.delete(
    "/sources/{source}/account", "Forget the account; collections keep their lists", errors=(404,)
)
async def disconnect(call: Call, source: str) -> None:
    known_source(call, source)
    await call.outside.accounts.disconnect(call.user.id, source)
    call.services.browsing.forget(call.user.id, source)
    await note(call.request, "source_key_removed", source)


@endpoints.post(
    "/sources/{source}/connect", "Connect an account by a code on another screen", errors=FAILING
)
async def connect(call: Call, source: str) -> Connecting:
    known_source(call, source)
    return _connecting(await call.services.sign_ins.start(call.user.id, source))


@endpoints.get("/sources/{source}/connect/{sign_in}", "How that goes", errors=(404,))
async def connecting(call: Call, source: str, sign_in: str) -> ConnectingState:
    one = call.services.sign_ins.get(call.user.id, sign_in)
    if one.source != source:
        raise NotFoundError("There is no such sign-in. Start a new one.")
    return ConnectingState(id=one.id, state=one.state, message=one.message, username=one.username)


@endpoints.post(
    "/sources/{source}/authorize", "Connect an account through the browser", errors=FAILING
)
async def authorize(call: Call, source: str) -> Trip:
    url = call.services.sign_ins.set_out(call.user.id, source, _way_back(call, source))
    return Trip(url=url)


@endpoints.get(
    "/sources/{source}/callback",
    "Where the source sends the browser back to",
    scope="admin",
    status=303,
    errors=(404, 409, 422, 502, 503),
)
async def callback(call: Call, source: str, query: Returned) -> web.StreamResponse:
    known = known_source(call, source)
    try:
        await _come_back(call, known, query)
    except CollectarrError as error:
        if "text/html" not in call.request.headers.get("Accept", ""):
            raise
        call.services.sign_ins.keep_mishap(call.user.id, source, error.message)
    where = f"{call.services.settings.base_path}{SETTINGS_PAGE}?back={source}"
    return web.Response(status=303, headers={"Location": where})


async def _come_back(call: Call, known: Source, query: Returned) -> None:
    if query.error or not query.code:
        raise RejectedError(f"{known.label} was not connected: it was not allowed there.")
    uri = _way_back(call, known.name)
    await call.services.sign_ins.come_back(
        call.user.id, known.name, uri, state=query.state, code=query.code
    )
    await note(call.request, "source_key_set", known.name)


def known_source(call: Call, name: str) -> Source:
    """Raises NotFoundError."""
    source = call.outside.sources.get(name)
    if source is None:
        raise NotFoundError("There is no such source.")
    return source


def _way_back(call: Call, source: str) -> str:
    """Raises InvalidError where there is none."""
    uri = redirect_uri(call.services.settings, source)
    if uri is None:
        raise InvalidError(
            f"Set {source.upper()[:40]}_REDIRECT_URI to {PREFIX}/sources/…/callback at your own"
            " address first, or connect with a code.",
            code="not_set_up",
        )
    return uri


def _connecting(one: DeviceSignIn) -> Connecting:
    return Connecting(
        id=one.id,
        user_code=one.code.user_code,
        verification_url=one.code.verification_url,
        expires_in=one.code.expires_in,
        interval=one.code.interval,
    )
