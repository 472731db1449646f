"""A list is read once for all who may see it, and never for those who may not."""

import asyncio

import pytest

from collectarr.errors import RejectedError
from collectarr.models import RunStatus
from collectarr.store.collections import get_collection
from tests.flows.neighbours import Street, box_sets, films, lost, neighbour, readings
from tests.flows.world import own


async def test_five_collections_of_two_users_cost_one_reading_per_change(people: Street) -> None:
    world, anna, ben = people
    own(world.emby, *films(1, 6))
    world.mdblist.add_list("demo", "films", "Films", films(1, 5))
    hers = [await anna.define(name=f"Part {n}") for n in range(3)]
    his = [await ben.define(name=f"Part {n}") for n in range(2)]
    world.mdblist.requests.clear()

    async def both() -> list[RunStatus]:
        started = [(anna, await anna.start(*hers)), (ben, await ben.start(*his))]
        return [(await who.ended(run)).status for who, run in started]

    assert await both() == [RunStatus.SUCCESS, RunStatus.SUCCESS]
    assert readings(world) == 1, "the first time"
    assert await both() == [RunStatus.SUCCESS, RunStatus.SUCCESS]
    assert readings(world) == 1, "nothing changed"
    world.mdblist.set_items("demo", "films", films(1, 6))
    assert await both() == [RunStatus.SUCCESS, RunStatus.SUCCESS]
    assert readings(world) == 2, "one change"
    assert {len(members) for members in box_sets(world).values()} == {6}
    assert len(box_sets(world)) == 5


async def test_a_person_who_refreshes_gets_a_reading_of_their_own(people: Street) -> None:
    world, anna, ben = people
    world.mdblist.add_list("demo", "films", "Films", films(1, 5))
    hers, his = await anna.define(), await ben.define()
    await anna.sync(hers)
    world.mdblist.requests.clear()
    await ben.sync(his, forced=True)
    assert readings(world) == 1


async def test_a_key_that_was_revoked_stops_only_its_owner(people: Street) -> None:
    world, anna, ben = people
    own(world.emby, *films(1, 6))
    world.mdblist.add_list("demo", "films", "Films", films(1, 5))
    hers, his = await anna.define(), await ben.define()
    await anna.sync(hers)
    await ben.sync(his)
    before = box_sets(world)
    del world.mdblist.keys[anna.key]
    world.mdblist.fail(r"/films/json", status=500, times=None)
    world.mdblist.set_items("demo", "films", films(1, 6))
    run = await anna.sync(hers)
    assert run.status is RunStatus.PARTIAL
    assert "does not accept this API key" in (run.message or "")
    assert (await ben.sync(his)).status is RunStatus.SUCCESS
    assert (await anna.list_of(hers)).state == "ok", "read with ben's key, for both"
    await anna.sync(hers)
    assert {len(members) for members in box_sets(world).values()} == {6}
    assert lost(before, world) == {}


async def _public_list_of_ben(people: Street) -> tuple[object, object, dict[str, set[str]]]:
    world, anna, ben = people
    own(world.emby, *films(1, 8))
    world.mdblist.add_list("ben", "films", "Films", films(1, 5))
    hers, his = await anna.define("ben/films"), await ben.define("ben/films")
    await anna.sync(hers)
    await ben.sync(his)
    assert (await anna.list_of(hers)).id == (await ben.list_of(his)).id
    return hers, his, box_sets(world)


@pytest.mark.parametrize("ben_first", [True, False], ids=["ben first", "anna first"])
async def test_a_list_that_turned_private_goes_on_for_its_owner_alone(
    people: Street, ben_first: bool
) -> None:
    world, anna, ben = people
    hers, his, before = await _public_list_of_ben(people)
    world.mdblist.set_private("ben", "films")
    world.mdblist.set_items("ben", "films", films(1, 6))
    for who, theirs in [(ben, his), (anna, hers)][:: 1 if ben_first else -1]:
        await who.sync(theirs)
    frozen, copy = await anna.list_of(hers), await ben.list_of(his)
    assert (frozen.state, frozen.audience) == ("private", "public")
    assert (copy.state, copy.audience) == ("ok", f"user:{ben.user.id}")
    assert await anna.titles(hers) == [f"Film {n}" for n in range(1, 6)]
    assert await ben.titles(his) == [f"Film {n}" for n in range(1, 7)]
    assert not await anna.may_see(frozen)
    assert await ben.may_see(copy)
    assert lost(before, world) == {}

    world.mdblist.set_items("ben", "films", films(1, 7))
    run = await anna.sync(hers, forced=True)
    assert run.status is RunStatus.PARTIAL
    assert "is private now. The copy of 5 titles serves on" in (run.message or "")
    assert (await ben.sync(his)).status is RunStatus.SUCCESS
    assert len(await anna.titles(hers)) == 5
    assert len(await ben.titles(his)) == 7
    assert lost(before, world) == {}


async def test_a_list_that_is_public_again_is_one_list_again(people: Street) -> None:
    world, anna, ben = people
    hers, his, before = await _public_list_of_ben(people)
    world.mdblist.set_private("ben", "films")
    await anna.sync(hers)
    assert (await ben.list_of(his)).audience != "public", "he was checked in her run"
    world.mdblist.set_private("ben", "films", False)
    world.mdblist.set_items("ben", "films", films(1, 8))
    back = await anna.sync(hers)
    assert back.status is RunStatus.SUCCESS, back.message
    assert "is public now" in await anna.log(back)
    assert (await ben.sync(his)).status is RunStatus.SUCCESS
    assert (await ben.list_of(his)) == (shared := await anna.list_of(hers))
    assert (shared.state, shared.audience) == ("ok", "public")
    assert await anna.may_see(shared)
    assert await ben.may_see(shared)
    assert len(await anna.titles(hers)) == 8
    world.mdblist.requests.clear()
    world.mdblist.set_items("ben", "films", films(1, 7))
    await anna.sync(hers)
    await ben.sync(his)
    assert readings(world) == 1
    assert {len(members) for members in box_sets(world).values()} == {7}
    assert lost(before, world) == {}


async def test_a_collection_keeps_how_it_uses_a_list_that_turned_private(people: Street) -> None:
    world, _, ben = people
    _, his, _ = await _public_list_of_ben(people)
    async with world.db.write() as tx:
        await tx.run(
            "UPDATE collection_lists SET trusted_count = 3, op = 'minus' WHERE collection_id = ?",
            his.id,
        )
    world.mdblist.set_private("ben", "films")
    await ben.sync(his, forced=True)
    entry = (await get_collection(world.db, ben.user.id, his.id)).lists[0]
    assert (entry.op, entry.trusted_count) == ("minus", 3)
    assert (await ben.list_of(his)).audience == f"user:{ben.user.id}"


async def test_a_bad_reading_does_not_come_in_as_a_private_copy(people: Street) -> None:
    world, _, ben = people
    _, his, before = await _public_list_of_ben(people)
    world.mdblist.set_private("ben", "films")
    world.mdblist.set_items("ben", "films", [])
    run = await ben.sync(his)
    assert run.status is RunStatus.PARTIAL
    assert len(await ben.titles(his)) == 5
    world.mdblist.set_items("ben", "films", films(1, 2))
    run = await ben.sync(his)
    assert run.status is RunStatus.HELD
    assert "shrank from 5 to 2" in (run.message or "")
    assert lost(before, world) == {}


async def test_nobody_sees_private_lists_with_the_key_of_the_installation(people: Street) -> None:
    world, _, _ = people
    clara = await neighbour(world, "clara", account=False)
    world.mdblist.add_list("demo", "films", "Films", films(1, 5))
    world.mdblist.add_list("demo", "secret", "Secret", films(1, 5), private=True)
    with pytest.raises(RejectedError, match="private"):
        await clara.define("demo/secret")
    hers = await clara.define("demo/films")
    await clara.sync(hers)
    world.mdblist.set_private("demo", "films")
    world.mdblist.set_items("demo", "films", films(1, 6))
    for _ in range(2):
        run = await clara.sync(hers, forced=True)
        assert "is private now" in (run.message or "")
        assert len(await clara.titles(hers)) == 5
    assert (await clara.list_of(hers)).state == "private"


async def test_two_private_lists_of_one_name_are_two_lists(people: Street) -> None:
    world, anna, ben = people
    world.mdblist.add_list("ben", "films", "Films", films(1, 5), private=True)
    his = await ben.define("ben/films")
    await ben.sync(his)
    with pytest.raises(RejectedError):
        await anna.define("ben/films")
    world.mdblist.keys[anna.key] = "ben"
    hers = await anna.define("ben/films")
    world.mdblist.keys[anna.key] = "anna"
    run = await anna.sync(hers)
    assert run.status is RunStatus.FAILED
    assert await anna.titles(hers) == []


async def test_both_runs_of_a_change_of_access_may_go_on_at_once(people: Street) -> None:
    world, anna, ben = people
    hers, his, before = await _public_list_of_ben(people)
    for last, private in [(6, True), (7, False), (8, True)]:
        world.mdblist.set_private("ben", "films", private)
        world.mdblist.set_items("ben", "films", films(1, last))
        started = [(anna, await anna.start(hers)), (ben, await ben.start(his))]
        await asyncio.gather(*(who.ended(run) for who, run in started))
        for _ in range(2):
            await anna.sync(hers)
            await ben.sync(his)
        audience = f"user:{ben.user.id}" if private else "public"
        assert (await ben.list_of(his)).audience == audience
        assert (await anna.list_of(hers)).audience == "public"
        assert lost(before, world) == {}
