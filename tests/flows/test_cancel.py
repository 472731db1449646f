"""Cancelling acts at once and leaves what the next run can go on from."""

import asyncio

from collectarr.models import RunStatus, Trigger
from collectarr.store import collections, runs
from collectarr.sync.collection import start_sync
from tests.flows.world import World, film, own


async def test_a_cancelled_run_says_so_and_the_next_one_completes(world: World) -> None:
    titles = [film(n) for n in range(1, 1501)]
    own(world.emby, *titles)
    world.mdblist.add_list("demo", "films", "Films", titles)
    await world.connect()
    collection = await world.define()
    stuck = world.emby.fail(r"/Collections/[^/]+/Items$", method="POST", delay=60)
    run = await start_sync(world.db, world.outside, world.runner, collection, Trigger.MANUAL)
    async with asyncio.timeout(30):
        while stuck.times:
            await asyncio.sleep(0.01)
    assert await world.runner.cancel(run.id)
    cancelled = await world.ended(run)
    assert cancelled.status is RunStatus.CANCELLED
    again = await world.sync(collection)
    assert again.status is RunStatus.SUCCESS, again.message
    assert len(world.members()) == 1500


async def test_a_cancel_while_waiting_for_emby_to_settle_acts_at_once(world: World) -> None:
    own(world.emby, film(1))
    world.mdblist.add_list("demo", "films", "Films", [film(1)])
    await world.connect()
    collection = await world.define()
    world.outside.settle_seconds = 600
    run = await start_sync(world.db, world.outside, world.runner, collection, Trigger.MANUAL)
    async with asyncio.timeout(30):
        while (await runs.get_run(world.db, world.user.id, run.id)).stage is None or (
            "settle" not in str((await runs.get_run(world.db, world.user.id, run.id)).stage)
        ):
            await asyncio.sleep(0.01)
        assert await world.runner.cancel(run.id)
        cancelled = await world.ended(run)
    assert cancelled.status is RunStatus.CANCELLED
    world.outside.settle_seconds = 0.15
    await world.sync(collection)
    assert world.members() == {"Film 1"}


async def test_two_syncs_of_one_collection_at_once_are_one_run(world: World) -> None:
    own(world.emby, film(1))
    world.mdblist.add_list("demo", "films", "Films", [film(1)])
    await world.connect()
    collection = await world.define()
    first = await start_sync(world.db, world.outside, world.runner, collection, Trigger.MANUAL)
    second = await start_sync(world.db, world.outside, world.runner, collection, Trigger.SCHEDULE)
    assert first.id == second.id
    await world.ended(first)
    found, total = await runs.list_runs(world.db, world.user.id)
    assert total == len(found) == 1


async def test_a_sync_of_all_and_a_sync_of_one_take_turns(world: World) -> None:
    own(world.emby, film(1), film(2))
    world.mdblist.add_list("demo", "films", "Films", [film(1), film(2)])
    await world.connect()
    collection = await world.define()
    one = await start_sync(world.db, world.outside, world.runner, collection, Trigger.MANUAL)
    everything = await world.sync_all()
    assert everything.status is RunStatus.SUCCESS
    assert (await world.ended(one)).status is RunStatus.SUCCESS
    assert [box.name for box in world.emby.box_sets] == ["Films"]
    stored = await collections.get_collection(world.db, world.user.id, collection.id)
    assert (stored.wanted, stored.owned) == (2, 2)
