"""A bad reading of a list never takes a member out."""

import asyncio
from typing import Any

import pytest

from collectarr.demo.faults import Fault
from collectarr.models import RunStatus, Trigger
from collectarr.store.lists import StoredList, get_lists, load_list_items
from collectarr.sync.collection import start_sync
from tests.flows.neighbours import neighbour, readings
from tests.flows.world import World, film, own

ITEMS = r"/lists/(\d+/items|demo/films/json)"


async def _settled(world: World) -> Any:
    titles = [film(n) for n in range(1, 21)]
    own(world.emby, *titles)
    world.mdblist.add_list("demo", "films", "Films", titles)
    await world.connect()
    collection = await world.define()
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS
    assert len(world.members()) == 20
    return collection


async def _list_of(world: World, collection: Any) -> StoredList:
    list_id = collection.lists[0].list_id
    return (await get_lists(world.db, [list_id]))[list_id]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": 500, "body": {"error": "An error occurred"}}, "could not be read"),
        ({"status": 200, "body": "<html><body>Just a moment</body></html>"}, "could not be read"),
        ({"status": 200, "body": {"error": "Something odd"}}, "could not be read"),
        ({"status": 200, "body": []}, "came back empty"),
        ({"status": 403, "body": {"error": "Invalid API key!"}}, "could not be read"),
        ({"status": 404, "body": {"error": "Not found"}}, "could not be read"),
        ({"status": 429, "body": {"error": "x"}, "headers": {"Retry-After": "20000"}}, "quota"),
    ],
    ids=["500", "html", "error with 200", "empty", "key refused", "gone", "quota"],
)
async def test_a_bad_answer_takes_nothing_out_and_says_why(
    world: World, answer: dict[str, Any], words: str
) -> None:
    collection = await _settled(world)
    world.mdblist.fail(ITEMS, times=None, **answer)
    run = await world.sync(collection, forced=True)
    assert run.status is RunStatus.PARTIAL
    assert words in (run.message or "")
    assert "20 titles serves on" in (run.message or "")
    assert len(world.members()) == 20
    assert world.writes() == []
    rows = await load_list_items(world.db, collection.lists[0].list_id)
    assert len(rows) == 20


async def test_a_list_that_gives_less_than_it_promised_changes_nothing(world: World) -> None:
    collection = await _settled(world)
    world.mdblist.set_items("demo", "films", [film(n) for n in range(1, 15)])
    world.mdblist.promise("films", 20)
    run = await world.sync(collection, forced=True)
    assert run.status is RunStatus.PARTIAL
    assert "promised 20 titles and gave 14" in (run.message or "")
    assert len(world.members()) == 20


async def test_a_list_that_lost_half_waits_for_a_person_but_still_adds(world: World) -> None:
    collection = await _settled(world)
    own(world.emby, film(50))
    world.mdblist.set_items("demo", "films", [*[film(n) for n in range(1, 8)], film(50)])
    run = await world.sync(collection, forced=True)
    assert run.status is RunStatus.HELD
    assert "shrank from 20 to 8" in (run.message or "")
    assert run.counts["added"] == 1
    assert run.counts["waiting"] == 13
    assert len(world.members()) == 21


async def test_a_small_removal_is_carried_out(world: World) -> None:
    collection = await _settled(world)
    world.mdblist.set_items("demo", "films", [film(n) for n in range(1, 19)])
    run = await world.sync(collection, forced=True)
    assert run.status is RunStatus.SUCCESS, run.message
    assert world.members() == {f"Film {n}" for n in range(1, 19)}


@pytest.mark.parametrize("fault", [Fault(short=True, times=None), Fault(cut=True, times=None)])
async def test_a_page_that_breaks_off_in_the_middle_changes_nothing(
    world: World, fault: Fault
) -> None:
    titles = [film(n) for n in range(1, 31)]
    own(world.emby, *titles)
    world.mdblist.largest_page = 10
    world.mdblist.add_list("demo", "films", "Films", titles)
    await world.connect()
    collection = await world.define()
    await world.sync(collection)
    fault.path, fault.query = r"/lists/\d+/items", "cursor="
    world.mdblist.control.faults.add(fault)
    world.mdblist.set_items("demo", "films", [film(n) for n in range(2, 31)])
    run = await world.sync(collection)
    assert run.status is RunStatus.PARTIAL
    assert (await _list_of(world, collection)).state == "failing"
    assert len(world.members()) == 30


async def test_what_was_promised_and_what_came_is_told_of_a_reading_that_is_not_taken(
    world: World,
) -> None:
    collection = await _settled(world)
    world.mdblist.set_items("demo", "films", [film(n) for n in range(1, 15)])
    world.mdblist.promise("films", 20)
    await world.sync(collection)
    stored = await _list_of(world, collection)
    assert (stored.state, stored.promised, stored.came, stored.item_count) == (
        "failing",
        20,
        14,
        20,
    )
    world.mdblist.promise("films", None)
    world.mdblist.set_items("demo", "films", [film(n) for n in range(1, 20)])
    await world.sync(collection)
    stored = await _list_of(world, collection)
    assert (stored.state, stored.promised, stored.came, stored.item_count) == ("ok", 19, 19, 19)
    assert (stored.error, stored.error_at) == (None, None)


async def test_a_list_that_is_gone_stays_as_it_was_last_read(world: World) -> None:
    collection = await _settled(world)
    world.mdblist.shelf.lists.clear()
    for _ in range(2):
        run = await world.sync(collection)
        assert run.status is RunStatus.PARTIAL
        assert "The copy of 20 titles serves on" in (run.message or "")
    stored = await _list_of(world, collection)
    assert (stored.state, stored.item_count) == ("gone", 20)
    assert stored.error_at is not None
    assert len(world.members()) == 20


async def test_a_used_up_quota_costs_one_refused_request_for_twenty_lists(world: World) -> None:
    anna = await neighbour(world, "anna")
    made = []
    for number in range(20):
        name = f"list-{number}"
        world.mdblist.add_list("anna", name, name, [film(number + 1)], private=True)
        made.append(await anna.define(f"anna/{name}", name))
    await anna.sync(*made[:10])
    for one in world.mdblist.shelf.lists:
        world.mdblist.set_items("anna", one.slug, [film(1), film(2)])
    world.mdblist.used[anna.key] = world.mdblist.quota
    world.mdblist.requests.clear()
    run = await anna.sync(*made)
    assert run.status is RunStatus.PARTIAL
    keyed = [seen for seen in world.mdblist.requests if "apikey" in seen.query]
    assert [seen.status for seen in keyed] == [429]
    assert "used up until" in await anna.log(run)
    assert await anna.titles(made[0]) == ["Film 1"]
    assert await anna.titles(made[10]) == []
    world.mdblist.requests.clear()
    await anna.sync(*made[:10])
    assert world.mdblist.requests == [], "nobody asks again before the quota starts anew"


async def test_a_cancel_during_a_slow_reading_acts_and_lets_others_read(world: World) -> None:
    anna, ben = await neighbour(world, "anna"), await neighbour(world, "ben")
    world.mdblist.add_list("demo", "films", "Films", [film(1)])
    hers, his = await anna.define(), await ben.define()
    world.mdblist.fail(r"/lists/\d+/items", delay=60)
    slow = await anna.start(hers)
    async with asyncio.timeout(30):
        while any(fault.times for fault in world.mdblist.control.faults.active):
            await asyncio.sleep(0.01)
        waiting = await ben.start(his)
        assert await world.runner.cancel(slow.id)
        assert (await anna.ended(slow)).status is RunStatus.CANCELLED
        await ben.ended(waiting)
    assert await ben.titles(his) == ["Film 1"]
    assert readings(world) == 1, "hers was cut off"


async def test_a_reading_that_was_cancelled_leaves_the_list_as_it_was(world: World) -> None:
    collection = await _settled(world)
    world.mdblist.set_items("demo", "films", [film(n) for n in range(1, 19)])
    world.mdblist.fail(r"/lists/\d+/items", delay=60)
    run = await start_sync(
        world.db, world.outside, world.runner, collection, Trigger.MANUAL, forced=True
    )
    async with asyncio.timeout(30):
        while any(fault.times for fault in world.mdblist.control.faults.active):
            await asyncio.sleep(0.01)
        assert await world.runner.cancel(run.id)
        assert (await world.ended(run)).status is RunStatus.CANCELLED
    assert len(world.members()) == 20
    assert (await world.sync(collection)).status is RunStatus.SUCCESS
    assert len(world.members()) == 18
