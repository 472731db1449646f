"""An old and a new Emby, MDBList, and a Collectarr that can be dropped at any request."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from collectarr.demo.emby import PROFILE_32, PROFILE_49, EmbyStandIn
from collectarr.demo.emby import running as emby_running
from collectarr.demo.mdblist import MdbListStandIn
from collectarr.http import Upstream
from collectarr.live import Live
from collectarr.models import Look, PosterFrom
from collectarr.runner import Runner
from collectarr.settings import Settings, load_settings
from collectarr.sources.mdblist import MdbList
from collectarr.store import collections, runs
from collectarr.store.collections import Collection
from collectarr.store.db import Database, open_database
from collectarr.store.installation import installation_id
from collectarr.store.runs import Run
from collectarr.store.servers import Server
from collectarr.store.users import add_user
from collectarr.sync.connect import connect_server
from collectarr.sync.define import Definition, ListChoice, define_collection
from collectarr.sync.outside import Outside
from collectarr.vault import Vault
from tests.flows.machine.pictures import OURS
from tests.flows.world import film, served

EMBY_SETTLES, WE_WAIT = 0.004, 0.02
NAMES = ("Alpha", "Beta")
FILMS = 12
LIBRARIES = ("Movies", "Attic")
OVERVIEW = "Kept by Collectarr."


class Unhurried(Outside):
    """As the product is, but for its courtesy to real servers."""

    def _open(self, name: str, url: str, key: str, tries: int = 3) -> Upstream:
        return Upstream(
            self._session, name, url, secrets=[key], per_second=10_000, concurrency=4,
            tries=tries, pause=0.001,
        )  # fmt: skip


@dataclass
class Doom:
    """Drops the app at a request to Emby: before it is done, or with its answer lost."""

    folder: Path
    path: Path
    left: int = 0
    after: bool = False
    copies: int = 0
    dead: bool = False

    def arm(self, requests: int, *, after: bool) -> None:
        self.left, self.after = requests, after

    def strike(self) -> None:
        """What the disk holds now is all that is left of the app."""
        self.dead = True
        self.copies += 1
        fresh = self.folder / f"collectarr-{self.copies}.db"
        with closing(sqlite3.connect(self.path)) as old, closing(sqlite3.connect(fresh)) as new:
            old.backup(new)
        self.path = fresh

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self.dead and self.left:
            self.left -= 1
            if not self.left:
                answer = await handler(request) if self.after else None
                self.strike()
                return answer or web.Response(status=503)
        return web.Response(status=503) if self.dead else await handler(request)


@dataclass
class House:
    """One user, two servers, two collections that go to both; and the service of today."""

    settings: Settings
    sessions: tuple[aiohttp.ClientSession, aiohttp.ClientSession]
    embys: tuple[EmbyStandIn, EmbyStandIn]
    mdblist: MdbListStandIn
    doom: Doom
    vault: Vault = field(default_factory=lambda: Vault("a key"))
    user_id: int = 0
    servers: list[Server] = field(default_factory=list)
    collection_ids: list[int] = field(default_factory=list)

    async def open(self) -> None:
        self.db: Database = await open_database(self.doom.path)
        self.interrupted = await runs.report_interrupted(self.db)
        self.runner = Runner(self.db, Live())
        api = Upstream(
            self.sessions[0], "MDBList", self.settings.mdblist_url, per_second=10_000, pause=0.001
        )
        sources = {"mdblist": MdbList(api, api, "demo-mdblist-key")}
        self.outside = Unhurried(
            self.sessions[1], self.settings, self.db, self.vault, sources,
            await installation_id(self.db),
        )  # fmt: skip
        self.outside.settle_seconds = WE_WAIT
        self.outside.pause_seconds = 0.001

    async def close(self) -> None:
        await self.runner.close()
        await self.outside.accounts.close()
        await self.db.close()

    async def restart(self) -> None:
        """After `doom` struck: what the old service still does, it does to a store of its own."""
        await self.close()
        self.doom.dead = False
        await self.open()

    async def set_up(self, urls: list[str]) -> None:
        self.user_id = (await add_user(self.db, "ann", None, "x", "administrator")).id
        for url in urls:
            server = await connect_server(
                self.db, self.vault, self.outside, self.user_id,
                name=None, url=url, api_key="demo-emby-key",
            )  # fmt: skip
            self.servers.append(server)
        picture = await self.outside.pictures.keep(OURS)
        look = Look(overview=OVERVIEW, poster=PosterFrom.UPLOAD, picture=picture)
        for name in NAMES:
            rows = [film(number) for number in range(1, 7)]
            self.mdblist.add_list("other", name.lower(), name, rows)
            choice = ListChoice("mdblist", f"other/{name.lower()}")
            made = await define_collection(
                self.db, self.outside, self.user_id, Definition(name, (choice,), look=look)
            )
            self.collection_ids.append(made.id)

    async def collection(self, c: int) -> Collection:
        return await collections.get_collection(self.db, self.user_id, self.collection_ids[c])

    async def ended(self, run: Run) -> Run | None:
        """None: the service did not live to see it."""
        await self.runner.wait(run.id)
        if self.doom.dead:
            await self.restart()
            return None
        return await runs.get_run(self.db, self.user_id, run.id)

    def emby_number(self, server_id: int) -> int:
        return [server.id for server in self.servers].index(server_id)


def _emby(profile: Any, name: str, **options: Any) -> EmbyStandIn:
    emby = EmbyStandIn(
        profile, server_name=name, settle_seconds=EMBY_SETTLES, event_seconds=0.01,
        scan_seconds=100_000, **options,
    )  # fmt: skip
    for library in LIBRARIES:
        emby.add_library(library, "movies", f"/media/{library}")
    return emby


@asynccontextmanager
async def make_house(folder: Path) -> AsyncIterator[House]:
    embys = (_emby(PROFILE_32, "Old", adds_vanish_after_create=True), _emby(PROFILE_49, "New"))
    mdblist, doom = MdbListStandIn(quota=1_000_000), Doom(folder, folder / "collectarr.db")
    for emby in embys:
        emby.app.middlewares.insert(0, doom.middleware)
    async with (
        emby_running(embys[0]) as old,
        emby_running(embys[1]) as new,
        served(mdblist.app) as mdblist_url,
        aiohttp.ClientSession() as first,
        aiohttp.ClientSession() as second,
    ):
        settings = load_settings(
            data_dir=folder, mdblist_url=mdblist_url, mdblist_api_key="demo-mdblist-key",
            environment="test",
        )  # fmt: skip
        house = House(settings, (first, second), embys, mdblist, doom)
        await house.open()
        try:
            await house.set_up([old, new])
            yield house
        finally:
            await house.close()
