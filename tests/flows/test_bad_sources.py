"""A bad reading of a list never takes a member out."""

from typing import Any

import pytest

from collectarr.models import RunStatus
from collectarr.store.lists import load_list_items
from tests.flows.world import World, film, own

ITEMS = r"/lists/demo/films/(items|json)"


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
