"""The product's engine against the stand-ins over real sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from collectarr.demo.emby import PROFILE_49, EmbyProfile, EmbyStandIn
from collectarr.demo.emby import running as emby_running
from collectarr.demo.mdblist import MdbListStandIn
from collectarr.dial import GuardedConnector
from collectarr.http import Upstream
from collectarr.live import Live
from collectarr.models import Ids, Kind, Title, Trigger
from collectarr.runner import Runner
from collectarr.settings import Settings, load_settings
from collectarr.sources.mdblist import MdbList
from collectarr.store import collections, runs, targets
from collectarr.store.collections import Collection
from collectarr.store.db import Database, open_database
from collectarr.store.installation import installation_id
from collectarr.store.runs import Run
from collectarr.store.servers import Server
from collectarr.store.users import User, add_user
from collectarr.sync.collection import start_sync, start_sync_all
from collectarr.sync.connect import connect_server
from collectarr.sync.define import Definition, ListChoice, define_collection
from collectarr.sync.outside import Outside
from collectarr.vault import Vault

SETTLED = 0.15


@dataclass
class World:
    """One user, one Emby server, MDBList; and what a test does with them."""

    db: Database
    settings: Settings
    vault: Vault
    live: Live
    runner: Runner
    outside: Outside
    mdblist: MdbListStandIn
    emby: EmbyStandIn
    emby_url: str
    user: User
    servers: list[Server] = field(default_factory=list)

    @property
    def server(self) -> Server:
        return self.servers[0]

    async def connect(self, url: str | None = None, key: str = "demo-emby-key") -> Server:
        server = await connect_server(
            self.db, self.vault, self.outside, self.user.id,
            name=None, url=url or self.emby_url, api_key=key,
        )  # fmt: skip
        self.servers.append(server)
        return server

    async def define(
        self, list_text: str = "demo/films", name: str | None = "Films", **options: Any
    ) -> Collection:
        definition = Definition(name, (ListChoice("mdblist", list_text),), **options)
        return await define_collection(self.db, self.outside, self.user.id, definition)

    async def sync(
        self, collection: Collection, trigger: Trigger = Trigger.MANUAL, **options: Any
    ) -> Run:
        """Sync and wait; with the requests that this made to Emby counted from zero."""
        self.emby.clear_requests()
        collection = await collections.get_collection(self.db, self.user.id, collection.id)
        run = await start_sync(self.db, self.outside, self.runner, collection, trigger, **options)
        return await self.ended(run)

    async def sync_all(self) -> Run:
        self.emby.clear_requests()
        run = await start_sync_all(self.db, self.outside, self.runner, self.user.id, Trigger.MANUAL)
        assert run is not None
        return await self.ended(run)

    async def ended(self, run: Run) -> Run:
        await self.runner.wait(run.id)
        return await runs.get_run(self.db, self.user.id, run.id)

    async def target(self, collection: Collection) -> targets.Target:
        return (await targets.load_targets(self.db, [collection.id]))[0]

    def members(self, name: str = "Films") -> set[str]:
        """Titles in that box set, as the stand-in knows them itself."""
        box = self.emby.box_set(name)
        assert box is not None, f"no box set {name!r}"
        return {self.emby.item(key).name for key in self.emby.members(box.id)}

    def reads(self) -> list[str]:
        return [str(r["path"]) for r in self.emby.requests if r["method"] == "GET"]

    def writes(self) -> list[str]:
        return [f"{r['method']} {r['path']}" for r in self.emby.requests if r["method"] != "GET"]


def film(number: int, title: str | None = None, year: int = 2000) -> Title:
    ids = Ids(imdb=f"tt{number:07d}", tmdb=number)
    return Title(Kind.MOVIE, title or f"Film {number}", year, ids)


def show(number: int, title: str | None = None, year: int = 2000) -> Title:
    ids = Ids(imdb=f"tt9{number:06d}", tmdb=number, tvdb=number + 50_000)
    return Title(Kind.SHOW, title or f"Show {number}", year, ids)


def own(emby: EmbyStandIn, *titles: Title) -> list[str]:
    """Put titles into the libraries of the stand-in; returns their item ids."""
    return [
        emby.add_item(t.kind.value, t.title, t.year, t.ids.imdb, t.ids.tmdb, t.ids.tvdb)
        for t in titles
    ]


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def make_world(
    folder: Path, profile: EmbyProfile = PROFILE_49, **emby_options: Any
) -> AsyncIterator[World]:
    options = {"settle_seconds": 0.05, "event_seconds": 0.05, **emby_options}
    emby = EmbyStandIn(profile, **options)
    emby.add_library("Movies", "movies", "/media/Movies")
    emby.add_library("Series", "tvshows", "/media/Series")
    mdblist = MdbListStandIn()
    async with (
        emby_running(emby) as emby_url,
        served(mdblist.app) as mdblist_url,
        aiohttp.ClientSession() as session,
        aiohttp.ClientSession(connector=GuardedConnector()) as guarded,
    ):
        settings = load_settings(
            data_dir=folder,
            mdblist_url=mdblist_url,
            mdblist_api_key="demo-mdblist-key",
            settle_seconds=SETTLED,
            environment="test",
        )
        db = await open_database(folder / "collectarr.db")
        vault, live = Vault("a key"), Live()
        runner = Runner(db, live)
        # As the product connects it, but without its courtesy to the real site.
        api = Upstream(session, "MDBList", mdblist_url, per_second=1000, pause=0.01)
        sources = {"mdblist": MdbList(api, api, "demo-mdblist-key")}
        outside = Outside(guarded, settings, db, vault, sources, await installation_id(db))
        user = await add_user(db, "ann", None, "x", "administrator")
        try:
            yield World(db, settings, vault, live, runner, outside, mdblist, emby, emby_url, user)
        finally:
            await runner.close()
            await db.close()
