"""Corrections in the whole product: said once, they hold for all lists, whatever moves."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from collectarr.demo.emby import PROFILE_32
from collectarr.models import Kind, Title, Trigger
from collectarr.store import collections
from collectarr.store import corrections as stored
from collectarr.store.collections import Collection
from collectarr.sync import correct
from collectarr.sync.scan import start_scan
from tests.flows.world import World, film, make_world, own

STRANGE = Title(Kind.MOVIE, "Home video", 1999)


@pytest.fixture
async def world(tmp_path: Any) -> AsyncIterator[World]:
    async with make_world(tmp_path) as world:
        yield world


async def again(world: World, collection: Collection) -> Collection:
    return await collections.get_collection(world.db, collection.user_id, collection.id)


async def matched_by(world: World, collection: Collection, rank: int) -> tuple[str | None, str]:
    found = await collections.load_matches(world.db, collection.id)
    one = next(row for row in found if row.rank == rank)
    return one.by, one.why


async def test_what_was_said_once_holds_wherever_and_whatever_moves(world: World) -> None:
    """Correct, sync, rescan with new ids, refresh, a second list, another user, take back."""
    films = [film(number) for number in range(1, 7)]
    world.mdblist.add_list("demo", "films", "Films", films)
    world.mdblist.add_list("demo", "more", "More", [films[4], films[0]])
    _, _, _, _, strange = own(world.emby, *films[:4], STRANGE)
    server = await world.connect()
    collection = await world.define()
    await world.sync(collection)
    assert world.members() == {f"Film {number}" for number in range(1, 5)}

    # Film 5 is that home video, film 6 never anything; film 1 means film 2.
    row = await correct.row_of(world.db, await again(world, collection), 5)
    user_id = world.user.id
    await correct.pin_title(world.db, user_id, row.item.title, server.id, [strange])
    await correct.exclude_title(world.db, user_id, films[3])
    run = await world.sync(collection)
    assert run.status == "SUCCESS"
    assert world.members() == {"Film 1", "Film 2", "Film 3", "Home video"}
    assert await matched_by(world, collection, 5) == ("pin", "You said so.")

    # Nothing changed: nothing is written, and nothing planned anew.
    await world.sync(collection)
    await world.sync(collection)
    assert (len(world.reads()), world.writes()) == (2, [])

    # Emby scans it in anew: the same film under another id, without any database's id.
    world.emby.remove_item(strange)
    own(world.emby, STRANGE)
    scan = start_scan(world.db, world.outside, world.runner, server, Trigger.MANUAL)
    await world.ended(await scan)
    await world.sync(collection, forced=True)
    assert world.members() == {"Film 1", "Film 2", "Film 3", "Home video"}
    assert (await matched_by(world, collection, 5))[0] == "pin"

    # Another list of the same user knows it too.
    more = await world.define("demo/more", "More")
    await world.sync(more)
    assert world.members("More") == {"Home video", "Film 1"}
    assert [one.act for one in await correct.corrections_of(world.db, more)] == ["pin"]

    said = await correct.corrections_of(world.db, await again(world, collection))
    for one in said:
        await stored.delete_correction(world.db, user_id, one.id)
    await world.sync(collection)
    assert world.members() == {f"Film {number}" for number in range(1, 5)}


async def test_surplus_copies_go_when_the_best_one_is_asked_for_and_many_wait(
    tmp_path: Any,
) -> None:
    films = [film(number) for number in range(1, 9)]
    async with make_world(tmp_path, PROFILE_32) as world:
        world.mdblist.add_list("demo", "films", "Films", films)
        world.mdblist.add_list("demo", "one", "One", films[:1])
        own(world.emby, *films, *films)
        await world.connect()
        many, one = await world.define(), await world.define("demo/one", "One")
        for collection, count in ((many, 16), (one, 2)):
            await world.sync(collection)
            assert len(await members(world, collection)) == count
        await _ask_for_best_copies(world)
        # All but one of two: a small change, which asks nobody.
        assert (await world.sync(one)).status == "SUCCESS"
        assert len(await members(world, one)) == 1
        assert (await world.sync(many)).status == "HELD"
        assert len(await members(world, many)) == 16


async def members(world: World, collection: Collection) -> list[str]:
    box = world.emby.box_set(collection.name)
    assert box is not None
    return world.emby.members(box.id)


async def _ask_for_best_copies(world: World) -> None:
    async with world.db.write() as tx:
        await tx.run(
            "UPDATE collections SET upkeep = ?, revision = revision + 1", '{"copies": "best"}'
        )
