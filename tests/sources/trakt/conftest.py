"""Trakt for tests: a stand-in over a real socket, two people who use it, and their tokens."""

import aiohttp
import pytest
from pytest_aiohttp import AiohttpServer

from collectarr.demo.trakt import DEMO_CLIENT, TraktStandIn
from collectarr.sources import Credential
from collectarr.sources.trakt import Trakt
from collectarr.sources.trakt.client import upstream


def client_of(session: aiohttp.ClientSession, url: str, secret: str | None = None) -> Trakt:
    """As in the product, but without its waits."""
    api, auth = (
        upstream(session, url, DEMO_CLIENT, secret, pause=0.001, per_second=10_000)
        for _ in range(2)
    )
    return Trakt(api, auth, DEMO_CLIENT, secret)


@pytest.fixture
def stand_in() -> TraktStandIn:
    made = TraktStandIn(interval=0)
    made.add_user("ann", "Ann")
    made.add_user("ben", "Ben", vip=True)
    return made


@pytest.fixture
async def url(aiohttp_server: AiohttpServer, stand_in: TraktStandIn) -> str:
    server = await aiohttp_server(stand_in.app)
    return str(server.make_url("")).rstrip("/")


@pytest.fixture
def trakt(session: aiohttp.ClientSession, url: str) -> Trakt:
    return client_of(session, url)


@pytest.fixture
def offline(session: aiohttp.ClientSession) -> Trakt:
    """A client of an address where nobody is, for use with `answers`."""
    return client_of(session, "http://trakt.test")


@pytest.fixture
def ann(stand_in: TraktStandIn) -> Credential:
    return Credential(stand_in.sign_in("ann")["access_token"], user_id=1)


@pytest.fixture
def ben(stand_in: TraktStandIn) -> Credential:
    return Credential(stand_in.sign_in("ben")["access_token"], user_id=2)


@pytest.fixture
def nobody() -> Credential:
    return Credential()
