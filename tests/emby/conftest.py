"""Two servers to call: a tiny one whose answers a test gives, and the stand-in."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from collectarr.demo.emby import (
    PROFILE_32,
    PROFILE_49,
    PROFILE_JELLYFIN,
    EmbyProfile,
    EmbyStandIn,
    running,
)
from collectarr.emby.client import EmbyClient
from collectarr.http import Upstream
from collectarr.models import Library

UID = "e8de78b0b3e94f129922a61bb990ead9"
ADMIN = "130fb999836f445abe85d7e5e083bb77"
KEY = "0123456789abcdef0123456789abcdef"

Answering = Callable[[web.Request], Awaitable[web.Response]]


@dataclass
class Tiny:
    """What arrived, request by request: `asked` as `METHOD path`, whole addresses, the rest."""

    client: EmbyClient
    asked: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def upstream_at(session: aiohttp.ClientSession) -> Callable[[str], Upstream]:
    def make(url: str) -> Upstream:
        return Upstream(
            session, "Den", url, secrets=[KEY], per_second=1000, concurrency=4, pause=0.001
        )

    return make


@pytest.fixture
def tiny(aiohttp_server: Any, upstream_at: Any) -> Callable[..., Awaitable[Tiny]]:
    """Starts a server that answers with `handler`; keywords go to the client."""

    async def start(handler: Answering, base: str = "/emby", **options: Any) -> Tiny:
        kept: list[Tiny] = []

        async def catch(request: web.Request) -> web.Response:
            kept[0].asked.append(f"{request.method} {request.path}")
            kept[0].urls.append(str(request.url))
            kept[0].headers.append(dict(request.headers))
            kept[0].bodies.append(await request.read())
            return await handler(request)

        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", catch)
        server = await aiohttp_server(app)
        options = {"api_key": KEY, "user_id": ADMIN, "uid": UID, **options}
        upstream = upstream_at(str(server.make_url(base)))
        kept.append(Tiny(EmbyClient(upstream, **options)))
        return kept[0]

    return start


@dataclass
class Den:
    """A stand-in and a client with its key; `as_user` has a signed-in administrator's token."""

    emby: EmbyStandIn
    client: EmbyClient
    as_user: EmbyClient
    libraries: tuple[Library, ...] = ()

    def films(self, count: int, **extra: Any) -> list[str]:
        return [
            self.emby.add_item("movie", f"Film {n}", 1990 + n % 30, tmdb=n, **extra)
            for n in range(1, count + 1)
        ]

    @property
    def unknown(self) -> str:
        """An id as this server forms them, of nothing."""
        return "999999" if self.emby.profile.numeric_ids else "f" * 32

    @property
    def writes(self) -> list[dict[str, Any]]:
        return [request for request in self.emby.requests if request["method"] != "GET"]


@pytest.fixture
async def open_den(upstream_at: Any) -> AsyncIterator[Callable[..., Any]]:
    async with contextlib.AsyncExitStack() as stack:

        async def opened(profile: EmbyProfile, **options: Any) -> Den:
            quiet = {"settle_seconds": 3600, "event_seconds": 3600, "scan_seconds": 3600}
            emby = EmbyStandIn(profile, **{**quiet, **options})
            emby.add_library("Movies", "movies", "/media/Movies")
            emby.add_library("Movies Two", "movies", "/media/Movies2")
            emby.add_library("TV", "tvshows", "/media/TV")
            upstream = upstream_at(await stack.enter_async_context(running(emby)) + "/emby")
            den = Den(
                emby,
                EmbyClient(upstream, api_key=emby.api_key, uid=emby.server_id),
                EmbyClient(upstream, api_key=emby.token(), uid=emby.server_id),
            )
            den.libraries = await den.client.libraries()
            emby.clear_requests()
            return den

        yield opened


@pytest.fixture(params=[PROFILE_32, PROFILE_49, PROFILE_JELLYFIN], ids=lambda p: p.name)
async def den(request: pytest.FixtureRequest, open_den: Any) -> Den:
    opened: Den = await open_den(request.param)
    return opened


@pytest.fixture(params=[PROFILE_32, PROFILE_49], ids=lambda p: p.name)
def emby_profile(request: pytest.FixtureRequest) -> EmbyProfile:
    profile: EmbyProfile = request.param
    return profile
