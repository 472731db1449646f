"""Pages that do not fit together, and twins of which one is private, up to the collection."""

import pytest

from collectarr.live import Live
from collectarr.models import RunStatus
from collectarr.runner import Report
from collectarr.store import runs
from collectarr.sync.lists import refresh_lists
from tests.flows.neighbours import Neighbour, Street, box_sets, films, lost
from tests.flows.world import World, own, show


async def test_pages_that_overlap_take_nothing_out(world: World) -> None:
    own(world.emby, *films(1, 40))
    world.mdblist.largest_page = 10
    world.mdblist.add_list("demo", "films", "Films", films(1, 40))
    await world.connect()
    collection = await world.define()
    await world.sync(collection)
    before = world.members()
    assert len(before) == 40
    world.mdblist.paging.overlaps[20] = 3
    run = await world.sync(collection, forced=True)
    assert "promised 40 titles and gave 37" in (run.message or "")
    assert world.members() == before


async def test_a_private_twin_reaches_nobody_through_the_public_one(people: Street) -> None:
    world, anna, ben = people
    world.mdblist.add_list("anna", "films", "Films", films(1, 3), mediatype="movie")
    world.mdblist.add_list(
        "anna", "films", "Films", [show(5, "Hidden")], mediatype="show", private=True
    )
    hers, his = await anna.define("anna/films"), await ben.define("anna/films")
    await anna.sync(hers)
    await ben.sync(his)
    assert "Hidden" not in await ben.titles(his)
    assert (await ben.list_of(his)).audience == "public"
    assert len(await anna.titles(hers)) == len(await ben.titles(his)) == 3


@pytest.mark.parametrize("lists_private", [False, True])
async def test_a_twin_that_turns_private_takes_nothing_out(
    people: Street, lists_private: bool
) -> None:
    world, anna, ben = people
    world.mdblist.lists_private = lists_private
    own(world.emby, *films(1, 6), show(11), show(12))
    world.mdblist.add_list("anna", "mix", "Mix", films(1, 6), mediatype="movie")
    world.mdblist.add_list("anna", "mix", "Mix", [show(11), show(12)], mediatype="show")
    twin = world.mdblist.shelf.lists[-1]
    hers, his = await anna.define("anna/mix"), await ben.define("anna/mix")
    await anna.sync(hers)
    await ben.sync(his)
    before = box_sets(world)
    assert [len(members) for members in before.values()] == [8, 8]
    twin.private = True
    for _ in range(2):
        run = await ben.sync(his, forced=True)
        assert "Part of the list Mix is private now" in (run.message or "")
        assert (await anna.sync(hers)).status is RunStatus.SUCCESS
        assert lost(before, world) == {}
    his_list, her_list = await ben.list_of(his), await anna.list_of(hers)
    assert (his_list.state, his_list.audience, his_list.item_count) == ("private", "public", 8)
    assert (her_list.state, her_list.audience) == ("ok", f"user:{anna.user.id}")
    # What she changes in the part that only she may see arrives with her alone.
    world.mdblist.shelf.lists[-1].rows.pop()
    twin.updated = world.mdblist.shelf.tick()
    await anna.sync(hers)
    await ben.sync(his)
    assert sorted(map(len, box_sets(world).values())) == [7, 8]
    twin.private = False
    await ben.sync(his)
    await anna.sync(hers)
    assert sorted(map(len, box_sets(world).values())) == [7, 7]
    assert (await anna.list_of(hers)).audience == (await ben.list_of(his)).audience == "public"


async def test_a_list_that_is_read_without_the_private_twin_can_be_accepted(
    people: Street,
) -> None:
    world, _, ben = people
    own(world.emby, *films(1, 6), show(11), show(12))
    world.mdblist.add_list("anna", "mix", "Mix", films(1, 6), mediatype="movie")
    world.mdblist.add_list("anna", "mix", "Mix", [show(11), show(12)], mediatype="show")
    his = await ben.define("anna/mix")
    await ben.sync(his)
    world.mdblist.shelf.lists[-1].private = True
    refreshed = await refresh_lists(
        world.db, world.outside, await _report(ben), [his], forced=True, accept_short=True
    )
    assert refreshed.problems == {}
    assert (await ben.list_of(his)).item_count == 6


async def _report(person: Neighbour) -> Report:
    run = await runs.add_run(person.world.db, person.user.id, "run", "manual")
    return Report(person.world.db, Live(), run)


async def test_a_twin_that_is_called_otherwise_now_is_still_read(people: Street) -> None:
    world, _, ben = people
    own(world.emby, *films(1, 6), show(11), show(12))
    world.mdblist.add_list("anna", "mix", "Mix", films(1, 6), mediatype="movie")
    world.mdblist.add_list("anna", "mix", "Mix", [show(11), show(12)], mediatype="show")
    his = await ben.define("anna/mix")
    await ben.sync(his)
    twin = world.mdblist.shelf.lists[-1]
    twin.slug, twin.updated = "shows", world.mdblist.shelf.tick()
    run = await ben.sync(his, forced=True)
    assert run.status is RunStatus.SUCCESS
    assert [len(members) for members in box_sets(world).values()] == [8]
    assert (await ben.list_of(his)).reference == "anna/mix"
