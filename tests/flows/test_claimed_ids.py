"""The id that a server gives proves nothing: another user's server may give the same one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web

from collectarr.demo.emby import EmbyStandIn, running
from collectarr.models import RunStatus, Trigger
from collectarr.store.collections import Collection
from collectarr.store.runs import Run
from collectarr.store.servers import Server
from collectarr.store.users import add_user
from collectarr.sync.collection import start_sync_all
from collectarr.sync.scan import start_scan
from collectarr.sync.show import preview
from tests.flows.world import World, film, own, served

TITLES = [film(n) for n in range(1, 6)]


@dataclass
class Mute:
    """Passes every check with an id that it was told, and answers nothing else; or, if it is
    `well_read`, nothing about box sets, which are looked at when there may be something to write.
    """

    uid: str
    well_read: bool = False
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        if "System/Info" in request.path:
            return web.json_response({"Id": self.uid, "ServerName": "M", "Version": "4.8.0.0"})
        if "/Users" in request.path:
            policy = {"IsAdministrator": True, "EnableAllFolders": True}
            return web.json_response([{"Id": "a" * 32, "Name": "x", "Policy": policy}])
        if "VirtualFolders" in request.path:
            return web.json_response([{"ItemId": "5", "Name": "F", "CollectionType": "movies"}])
        if self.well_read and request.query.get("IncludeItemTypes") != "BoxSet":
            return web.json_response({"Items": [], "TotalRecordCount": 0})
        self.asked.set()
        await self.let_go.wait()
        raise web.HTTPNotFound


@asynccontextmanager
async def mute(uid: str, *, well_read: bool) -> AsyncIterator[tuple[Mute, str]]:
    server = Mute(uid, well_read)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    async with served(app) as url:
        yield server, url
        server.let_go.set()


async def somebody_else(world: World) -> World:
    """Another user of the same installation."""
    user = await add_user(world.db, "mallory", None, "x", "administrator")
    return replace(world, user=user, servers=[])


async def ready(world: World, name: str = "Films") -> Collection:
    own(world.emby, *TITLES)
    world.mdblist.add_list("demo", "films", "Films", TITLES)
    await world.connect()
    return await world.define(name=name)


@pytest.mark.parametrize("act", ["scan", "sync", "write"])
async def test_a_server_that_repeats_an_id_and_hangs_holds_up_nobody(
    world: World, act: str
) -> None:
    collection = await ready(world)
    mallory = await somebody_else(world)
    async with mute(world.emby.server_id, well_read=act == "write") as (server, url):
        claims = await mallory.connect(url, "anything")
        assert claims.uid == world.server.uid
        if act == "scan":
            hung = await start_scan(world.db, world.outside, world.runner, claims, Trigger.MANUAL)
        else:
            hung = await start_sync_of(mallory)
        async with asyncio.timeout(20):
            await server.asked.wait()
            run = await world.sync(collection)
            assert run.status is RunStatus.SUCCESS, run.message
            (shown,) = await preview(world.db, world.outside, collection)
            assert shown.error is None
        await world.runner.cancel(hung.id)
        server.let_go.set()
        await world.runner.wait(hung.id)


async def start_sync_of(world: World) -> Run:
    await world.define(name="Mine")
    run = await start_sync_all(world.db, world.outside, world.runner, world.user.id, Trigger.MANUAL)
    assert run is not None
    return run


async def test_a_server_that_repeats_an_id_keeps_no_collection_of_others(world: World) -> None:
    """A stand-in of the same name gives the same ids, box sets included."""
    mallory = await somebody_else(world)
    fake = EmbyStandIn(world.emby.profile, settle_seconds=0.05, event_seconds=0.05)
    fake.add_library("Movies", "movies", "/media/Movies")
    fake.add_library("Series", "tvshows", "/media/Series")
    own(fake, *TITLES)
    async with running(fake) as url:
        collection = await ready(world)
        await mallory.connect(url)
        squat = await mallory.define(name="Films")
        assert (await mallory.sync(squat)).status is RunStatus.SUCCESS
        run = await world.sync(collection)
        assert run.status is RunStatus.SUCCESS, run.message
        taken = (await mallory.target(squat)).box_set_id
        assert (await world.target(collection)).box_set_id == taken, "or this test shows nothing"
        assert world.members() == {title.title for title in TITLES}


async def at_another_address(world: World, mallory: World) -> Server:
    return await mallory.connect(world.emby_url.replace("127.0.0.1", "localhost"))


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_two_users_of_one_server_do_not_fight_over_a_collection(
    world: World, elsewhere: bool
) -> None:
    """By its address, or by the mark that the server itself shows on it."""
    collection = await ready(world)
    assert (await world.sync(collection)).status is RunStatus.SUCCESS
    mallory = await somebody_else(world)
    if elsewhere:
        await at_another_address(world, mallory)
    else:
        await mallory.connect()
    run = await mallory.sync(await mallory.define(name="Films"))
    assert run.status is RunStatus.HELD
    (asked,) = (run.held or {}).values()
    assert (asked["code"], asked["adoptable"]) == ("name_taken", False)


async def test_reading_libraries_keeps_no_other_user_of_the_machine_waiting(world: World) -> None:
    collection = await ready(world)
    mallory = await somebody_else(world)
    shared = await mallory.connect()
    async with asyncio.timeout(20), world.outside.reader(shared):
        assert (await world.sync(collection)).status is RunStatus.SUCCESS
    async with asyncio.timeout(20), world.outside.writer(shared):
        scan = start_scan(world.db, world.outside, world.runner, world.server, Trigger.MANUAL)
        assert (await world.ended(await scan)).status is RunStatus.SUCCESS


async def test_two_users_of_one_server_write_one_after_the_other(world: World) -> None:
    collection = await ready(world)
    mallory = await somebody_else(world)
    shared = await mallory.connect()
    async with world.outside.writer(shared):
        syncing = asyncio.create_task(world.sync(collection))
        while not world.outside.writer(shared)._waiters:
            await asyncio.sleep(0.01)
        assert world.emby.box_set("Films") is None
    assert (await syncing).status is RunStatus.SUCCESS
