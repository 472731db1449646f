"""MDBList for tests: a stand-in over a real socket, and recorded answers without one."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import aiohttp
import pytest
from aioresponses import aioresponses
from multidict import CIMultiDict, CIMultiDictProxy
from pytest_aiohttp import AiohttpServer

from collectarr.demo.mdblist import DEMO_KEY, MdbListStandIn
from collectarr.http import Upstream
from collectarr.models import Ids, Kind, Title
from collectarr.sources import Credential
from collectarr.sources.mdblist import MdbList
from collectarr.sources.mdblist.answers import Reply

RECORDED = Path(__file__).parent.parent / "fixtures" / "mdblist"


class Answered(aiohttp.ClientResponse):
    """aioresponses does not know the argument that aiohttp 3.14 made necessary."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("stream_writer", Mock(output_size=0))
        super().__init__(*args, **kwargs)


class Answers(aioresponses):
    def add(self, url: Any, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("response_class", Answered)
        super().add(url, *args, **kwargs)

    def recorded(self, url: Any, name: str) -> None:
        """What MDBList answered, from then on at `url`."""
        answer = json.loads((RECORDED / f"{name}.json").read_text())
        kind = answer["headers"].pop("Content-Type")
        self.get(
            url,
            status=answer["status"],
            headers=answer["headers"],
            body=json.dumps(answer["body"]),
            content_type=kind,
            repeat=True,
        )


@pytest.fixture
def answers() -> Iterator[Answers]:
    with Answers() as made:
        yield made


@pytest.fixture
def recorded() -> Callable[[str], Reply]:
    """A recorded answer as the client sees it."""

    def load(name: str) -> Reply:
        answer = json.loads((RECORDED / f"{name}.json").read_text())
        return Reply(answer["body"], CIMultiDictProxy(CIMultiDict(answer["headers"])))

    return load


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


def client_of(session: aiohttp.ClientSession, api: str, public: str) -> MdbList:
    """Unhurried as in the product, but without its waits."""
    first, second = (
        Upstream(session, "MDBList", url, per_second=10_000, pause=0.001) for url in (api, public)
    )
    return MdbList(first, second)


@pytest.fixture
def offline(session: aiohttp.ClientSession) -> MdbList:
    """A client of the real addresses, for use with `answers`."""
    return client_of(session, "https://api.mdblist.com", "https://mdblist.com")


@pytest.fixture
def stand_in() -> MdbListStandIn:
    return MdbListStandIn()


@pytest.fixture
async def mdblist(
    aiohttp_server: AiohttpServer, session: aiohttp.ClientSession, stand_in: MdbListStandIn
) -> MdbList:
    server = await aiohttp_server(stand_in.app)
    url = str(server.make_url("")).rstrip("/")
    return client_of(session, url, url)


@pytest.fixture
def key() -> Credential:
    return Credential(DEMO_KEY, user_id=1)


@pytest.fixture
def films() -> Callable[..., list[Title]]:
    """`films(3)`: the first three of an endless row of films; `films(3, 5)`: two more."""

    def made(start: int, stop: int | None = None) -> list[Title]:
        numbers = range(1, start + 1) if stop is None else range(start + 1, stop + 1)
        return [
            Title(Kind.MOVIE, f"Film {n}", 2000 + n % 20, Ids.of(imdb=7_000_000 + n, tmdb=n))
            for n in numbers
        ]

    return made


@pytest.fixture
def shows() -> Callable[[int], list[Title]]:
    def made(count: int) -> list[Title]:
        return [
            Title(Kind.SHOW, f"Show {n}", 2010, Ids.of(imdb=8_000_000 + n, tmdb=n, tvdb=n))
            for n in range(1, count + 1)
        ]

    return made
