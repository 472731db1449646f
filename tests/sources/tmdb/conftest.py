"""A TMDb for tests, over a real socket, that knows no more than it is told."""

import aiohttp
import pytest
from pytest_aiohttp import AiohttpServer

from collectarr.demo.tmdb import DEMO_KEY, TmdbStandIn
from collectarr.http import Upstream
from collectarr.sources.tmdb import Tmdb


def client_of(session: aiohttp.ClientSession, url: str, *, genres_good_for: float = 3600) -> Tmdb:
    """With the stand-in's key, and without the product's waits."""
    api = Upstream(session, "TMDb", url, secrets=[DEMO_KEY], per_second=10_000, pause=0.001)
    return Tmdb(api, {"api_key": DEMO_KEY}, needs=None, genres_good_for=genres_good_for)


@pytest.fixture
def stand_in() -> TmdbStandIn:
    return TmdbStandIn(titles=[])


@pytest.fixture
async def tmdb_url(aiohttp_server: AiohttpServer, stand_in: TmdbStandIn) -> str:
    return str((await aiohttp_server(stand_in.app)).make_url("")).rstrip("/")


@pytest.fixture
def tmdb(session: aiohttp.ClientSession, tmdb_url: str) -> Tmdb:
    return client_of(session, tmdb_url)


@pytest.fixture
def offline(session: aiohttp.ClientSession) -> Tmdb:
    """A client of the real address, for use with `answers`."""
    return client_of(session, "https://api.themoviedb.org")
