"""What happened while a run waited for its turn, or for Emby to settle, is not lost."""

from collectarr.models import RunStatus, Trigger
from collectarr.store import collections, paused, runs, targets
from collectarr.sync.collection import start_sync, start_sync_all, start_sync_some
from collectarr.sync.decide import approve
from tests.flows.live_world import until
from tests.flows.world import World, film, own


async def test_a_scheduled_run_lets_be_what_was_paused_while_it_waited(world: World) -> None:
    own(world.emby, film(1))
    world.mdblist.add_list("demo", "films", "Films", [film(1)])
    await world.connect()
    one = await world.define()
    async with world.outside.collection(one.id):
        run = await start_sync_some(
            world.db, world.outside, world.runner, world.user.id, [one.id], Trigger.SCHEDULE
        )
        await paused.set_paused(world.db, [one.id], "Taken back.")
    assert run is not None
    ended = await world.ended(run)
    assert (ended.status, ended.error_code) == (RunStatus.CANCELLED, "paused")
    assert world.emby.box_set("Films") is None
    assert (await world.sync(one)).status is RunStatus.SUCCESS


async def test_an_approval_outlives_the_run_that_waits_already(world: World) -> None:
    films = [film(n) for n in range(1, 13)]
    own(world.emby, *films)
    await world.connect()
    for name in ("aaa", "bbb"):
        world.mdblist.add_list("demo", name, name, films)
        await world.define(f"demo/{name}", name)
    await world.sync_all()
    both = await collections.list_collections(world.db, world.user.id)
    for one in both:
        world.mdblist.set_items("demo", one.name, films[:4])
        await world.sync(one, forced=True)
    held = await world.sync_all()
    args = (world.db, world.outside, world.runner, world.user.id)
    async with world.outside.collection(both[0].id):
        waiting = await start_sync_all(*args, Trigger.MANUAL)
        await approve(*args, held.id)
    assert waiting is not None
    await world.ended(waiting)

    async def taken_out() -> bool:
        return len(world.members("aaa")) == len(world.members("bbb")) == 4

    await until(taken_out)


async def test_a_swap_by_hand_while_it_settles_is_seen(world: World) -> None:
    ids = own(world.emby, *[film(n) for n in range(1, 4)])
    (theirs,) = own(world.emby, film(70))
    world.mdblist.add_list("demo", "films", "Films", [film(1), film(2)])
    await world.connect()
    one = await world.define()
    await world.sync(one)
    world.mdblist.set_items("demo", "films", [film(1), film(2), film(3)])
    world.outside.settle_seconds = 0.6
    run = await start_sync(world.db, world.outside, world.runner, one, Trigger.MANUAL, forced=True)

    async def added() -> bool:
        return bool(await runs.list_changes(world.db, run.id))

    await until(added)
    box_set = world.emby.box_set("Films")
    assert box_set is not None
    world.emby.hand_remove(box_set.id, ids[0])
    world.emby.hand_add(box_set.id, theirs)
    await world.ended(run)
    world.outside.settle_seconds = 0.05
    await world.sync(one)
    assert [key for _, key in await targets.kept_out(world.db, one.id)] == [ids[0]]
