"""A served Emby stand-in and a short way to ask it things."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from collectarr.demo.emby import PROFILE_49, EmbyProfile, EmbyStandIn, running

KEY = "demo-emby-key"


@dataclass
class Reply:
    status: int
    text: str
    headers: Mapping[str, str]
    content_type: str
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def names(self) -> list[str]:
        return [row["Name"] for row in self.json["Items"]]

    @property
    def ids(self) -> list[str]:
        return [row["Id"] for row in self.json["Items"]]

    @property
    def total(self) -> int:
        return int(self.json["TotalRecordCount"])


@dataclass
class Wire:
    """The stand-in, its address, and calls with its API key (or another `token`, or none)."""

    emby: EmbyStandIn
    url: str
    session: aiohttp.ClientSession

    async def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = KEY,
        json: Any = None,
        data: Any = None,
        headers: dict[str, str] | None = None,
        **params: Any,
    ) -> Reply:
        given = {"X-Emby-Token": token} if token else {}
        async with self.session.request(
            method,
            self.url + path,
            params={key: _text(value) for key, value in params.items()},
            json=json,
            data=data,
            headers={**given, **(headers or {})},
        ) as response:
            body = await response.read()
            return Reply(
                response.status,
                body.decode("utf-8", "replace"),
                response.headers,
                response.content_type,
                body,
            )

    async def get(self, path: str, **params: Any) -> Reply:
        return await self.call("GET", path, **params)

    async def create(self, name: str, *ids: str) -> str:
        reply = await self.call("POST", "/Collections", Name=name, Ids=",".join(ids))
        assert reply.status == 200, reply.text
        return str(reply.json["Id"])

    async def add(self, box: str, *ids: str) -> Reply:
        return await self.call("POST", f"/Collections/{box}/Items", Ids=",".join(ids))

    async def remove(self, box: str, *ids: str) -> Reply:
        return await self.call("DELETE", f"/Collections/{box}/Items", Ids=",".join(ids))

    async def box_sets(self, **params: Any) -> list[dict[str, Any]]:
        reply = await self.get(
            "/Items",
            Recursive=True,
            IncludeItemTypes="BoxSet",
            UserId=self.emby.admin_id,
            Fields="Etag,DateLastSaved,ChildCount,Path",
            **params,
        )
        return list(reply.json["Items"])

    async def etag(self) -> str:
        """That of the only box set."""
        [row] = await self.box_sets()
        return str(row["Etag"])


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


OpenEmby = Callable[..., Awaitable[Wire]]


@pytest.fixture
async def open_emby() -> AsyncIterator[OpenEmby]:
    """Serves a stand-in that does nothing by itself unless told how fast."""
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())

        async def opened(profile: EmbyProfile = PROFILE_49, **options: Any) -> Wire:
            quiet = {"settle_seconds": 3600, "event_seconds": 3600, "scan_seconds": 3600}
            emby = EmbyStandIn(profile, **{**quiet, **options})
            emby.add_library("Movies", "movies", "/media/Movies")
            emby.add_library("TV", "tvshows", "/media/TV")
            url = await stack.enter_async_context(running(emby))
            return Wire(emby, url, session)

        yield opened


async def until(claim: Callable[[], object]) -> None:
    """Waits for `claim`; the test's own limit ends it when it never holds."""
    async with asyncio.timeout(5):
        while not claim():
            await asyncio.sleep(0.005)


@pytest.fixture(name="until")
def until_fixture() -> Callable[[Callable[[], object]], Awaitable[None]]:
    return until
