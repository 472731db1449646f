"""A box set that is not ours, or of which too little is shown, is neither changed nor deleted."""

import asyncio

from collectarr.demo.emby.state import StoredBoxSet
from collectarr.models import RunStatus, Trigger
from collectarr.store import targets
from collectarr.store.collections import Collection
from collectarr.sync.collection import start_sync
from collectarr.sync.decide import approve
from collectarr.sync.leave import delete_collection_everywhere
from tests.flows.world import World, film, own

NOTHING = '{"Items":[],"TotalRecordCount":0}'


async def _begun(world: World) -> tuple[Collection, list[str]]:
    titles = [film(n) for n in range(1, 7)]
    ids = own(world.emby, *titles)
    world.mdblist.add_list("demo", "films", "Films", titles)
    await world.connect()
    return await world.define(), ids


async def _films(world: World) -> tuple[Collection, list[str]]:
    collection, ids = await _begun(world)
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS, run.message
    return collection, ids


def _box(world: World) -> StoredBoxSet:
    box = world.emby.box_set("Films")
    assert box is not None
    return box


def _show_nothing_in(world: World, box_set_id: str) -> None:
    world.emby.fail(
        "/Items$",
        method="GET",
        query=f"ParentId={box_set_id}",
        status=200,
        body=NOTHING,
        content_type="application/json",
        times=None,
    )


async def test_deleting_a_collection_leaves_a_persons_box_set_in_its_place(world: World) -> None:
    collection, ids = await _films(world)
    world.emby.hand_delete(_box(world).id)
    theirs = world.emby.hand_create("Films", [*ids[:3], *own(world.emby, film(70))])
    await delete_collection_everywhere(world.db, world.outside, collection)
    assert len(world.emby.members(theirs)) == 4


async def test_members_that_are_not_shown_do_not_make_a_box_set_ours_to_delete(
    world: World,
) -> None:
    collection, _ = await _films(world)
    box = _box(world)
    world.emby.hand_add(box.id, *own(world.emby, film(70)))
    _show_nothing_in(world, box.id)
    notes = await delete_collection_everywhere(world.db, world.outside, collection)
    assert "did not list" in notes[0]
    assert "Film 70" in world.members()


async def test_members_that_are_not_shown_were_not_taken_out(world: World) -> None:
    collection, _ = await _films(world)
    box = _box(world)
    world.emby.hand_add(box.id, *own(world.emby, film(70)))
    _show_nothing_in(world, box.id)
    run = await world.sync(collection)
    assert run.status is RunStatus.FAILED
    assert not await targets.kept_out(world.db, collection.id)


async def test_a_box_set_taken_over_and_made_anew_by_hand_keeps_its_titles(world: World) -> None:
    collection, ids = await _begun(world)
    theirs = world.emby.hand_create("Films", own(world.emby, film(70)))
    held = await world.sync(collection)
    run = await approve(
        world.db, world.outside, world.runner, world.user.id, held.id, choice="adopt"
    )
    await world.ended(run)
    world.emby.hand_delete(theirs)
    new = world.emby.hand_create("Films", [*ids[:3], *own(world.emby, film(71))])
    world.mdblist.set_items("demo", "films", [film(n) for n in range(2, 7)])
    await world.sync(collection, forced=True)
    assert len(world.emby.members(new)) == 4


async def test_what_took_the_place_of_a_box_set_before_it_settled_is_not_ours(
    world: World,
) -> None:
    collection, ids = await _begun(world)
    world.outside.settle_seconds = 30
    run = await start_sync(world.db, world.outside, world.runner, collection, Trigger.MANUAL)
    async with asyncio.timeout(20):
        while not (await world.target(collection)).dressed.get("marked"):
            await asyncio.sleep(0.01)
    await world.runner.cancel(run.id)
    await world.ended(run)
    world.outside.settle_seconds = 0.1
    world.emby.hand_delete(_box(world).id)
    new = world.emby.hand_create("Films", [*ids[:2], *own(world.emby, film(71))])
    await world.sync(collection)
    assert len(world.emby.members(new)) == 3
    assert not _box(world).provider_ids
