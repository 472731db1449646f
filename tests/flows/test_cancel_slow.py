"""Cancelling ends a run at once whatever it waits for, and edits meanwhile are not missed."""

import asyncio
from pathlib import Path

from collectarr.demo.emby import PROFILE_49
from collectarr.models import RunStatus, Trigger
from collectarr.store import collections, runs, servers
from collectarr.store.collections import Collection, update_collection
from collectarr.store.runs import Run
from collectarr.sync.collection import start_sync
from collectarr.sync.undo import start_undo
from tests.flows.world import World, film, make_world, own

SLOW = 60


async def _cancelled(world: World, run: Run) -> Run:
    assert await world.runner.cancel(run.id)
    # Far less than what it waits for: it was cut off.
    async with asyncio.timeout(SLOW / 2):
        ended = await world.ended(run)
    assert ended.status is RunStatus.CANCELLED
    return ended


async def _start(world: World, collection: Collection) -> Run:
    return await start_sync(world.db, world.outside, world.runner, collection, Trigger.MANUAL)


async def _reached(fault: object) -> None:
    async with asyncio.timeout(30):
        while fault.times:  # type: ignore[attr-defined]
            await asyncio.sleep(0.01)


async def test_a_cancel_acts_while_a_slow_answer_is_awaited(tmp_path: Path) -> None:
    async with make_world(tmp_path, PROFILE_49) as world:
        world.outside.settle_seconds = 0.06
        titles = [film(n) for n in range(1, 9)]
        own(world.emby, *titles)
        world.mdblist.add_list("demo", "films", "Films", titles[:6])
        await world.connect()
        collection = await world.define()

        for pattern, method in ((r"/Items$", "GET"), (r"/Collections$", "POST")):
            stuck = world.emby.fail(pattern, method=method, delay=SLOW)
            run = await _start(world, collection)
            await _reached(stuck)
            await _cancelled(world, run)
        first = await world.sync(collection)
        assert first.status is RunStatus.SUCCESS, first.message
        assert len(world.members()) == 6

        # Somebody else's write: the run waits for its turn, and so does a second one for it.
        server = await servers.get_server(world.db, world.user.id, world.server.id)
        async with world.outside.writer(server):
            run = await _start(world, collection)
            await _cancelled(world, run)

        stuck = world.emby.fail(r"/Collections/[^/]+/Items", method="DELETE", delay=SLOW)
        also = world.emby.fail(r"^/emby/Items/[^/]+$", method="DELETE", delay=SLOW)
        undo = await start_undo(world.db, world.outside, world.runner, world.user.id, first.id)
        async with asyncio.timeout(30):
            while stuck.times and also.times:
                await asyncio.sleep(0.01)
        await _cancelled(world, undo)
        stored = await collections.get_collection(world.db, world.user.id, collection.id)
        assert stored.paused


async def test_an_edit_during_a_run_is_followed_by_another_one(tmp_path: Path) -> None:
    async with make_world(tmp_path, PROFILE_49) as world:
        world.outside.settle_seconds = 0.06
        titles = [film(n) for n in range(1, 4)]
        own(world.emby, *titles)
        world.mdblist.add_list("demo", "films", "Films", titles)
        server = await world.connect()
        collection = await world.define()
        async with world.outside.writer(server):
            run = await _start(world, collection)
            edited = await update_collection(
                world.db, collection, name="Renamed", mode=collection.mode,
                interval_hours=24, enabled=True,
            )  # fmt: skip
            assert (await _start(world, edited)).id == run.id
            assert (await _start(world, edited)).id == run.id
        async with asyncio.timeout(30):
            while states := world.runner.states(world.user.id):
                await world.runner.wait(states[0]["id"])
        found, total = await runs.list_runs(world.db, world.user.id)
        assert total == 2, [one.message for one in found]
        assert world.members("Renamed") == {"Film 1", "Film 2", "Film 3"}


async def test_only_the_server_that_was_asked_for_is_synced(tmp_path: Path) -> None:
    async with make_world(tmp_path, PROFILE_49) as world:
        world.outside.settle_seconds = 0.06
        own(world.emby, film(1))
        world.mdblist.add_list("demo", "films", "Films", [film(1)])
        await world.connect()
        collection = await world.define()
        run = await world.sync(collection, servers=[])
        assert run.status is RunStatus.SUCCESS
        assert world.writes() == []
        run = await world.sync(collection, servers=[world.server.id])
        assert world.members() == {"Film 1"}
        assert any(seconds >= 0 and "settle" in text for text, seconds in run.stages)


async def test_a_server_taken_away_during_a_run_fails_nobody_else(tmp_path: Path) -> None:
    async with make_world(tmp_path, PROFILE_49) as world:
        world.outside.settle_seconds = 0.06
        own(world.emby, film(1))
        world.mdblist.add_list("demo", "films", "Films", [film(1)])
        server = await world.connect()
        collection = await world.define()
        slow = world.emby.fail(r"/Collections$", method="POST", delay=0.2)
        run = await _start(world, collection)
        await _reached(slow)
        await servers.delete_server(world.db, server.id)
        ended = await world.ended(run)
        assert ended.error_code != "bug", ended.message
        assert "inside Collectarr" not in (ended.message or "")
