"""How box sets are kept: seasons, too few titles, mirrors, scans; on two servers at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collectarr.demo.emby import PROFILE_32, EmbyStandIn, running
from collectarr.errors import NotFoundError
from collectarr.models import Mode, Otherwise, RunStatus, Season, Upkeep, utc_now
from collectarr.store import collections, targets
from collectarr.store.collections import Collection
from collectarr.sync.decide import approve, bring_back, reject
from collectarr.sync.define import Definition, redefine_collection
from collectarr.sync.leave import about_to_leave, delete_collection_everywhere, take_back
from tests.flows.world import World, film, make_world, own

FILMS = [film(number) for number in range(1, 9)]


@asynccontextmanager
async def two_servers(folder: Path, **options: Any) -> AsyncIterator[tuple[World, EmbyStandIn]]:
    """A new Emby, and in the cabin an old one, which lets no key delete anything."""
    cabin = EmbyStandIn(PROFILE_32, server_name="Cabin", settle_seconds=0.05, event_seconds=0.05)
    cabin.add_library("Movies", "movies", "/media/Movies")
    async with make_world(folder, **options) as world, running(cabin) as url:
        own(world.emby, *FILMS)
        own(cabin, *FILMS)
        world.mdblist.add_list("demo", "films", "Films", FILMS)
        await world.connect()
        await world.connect(url)
        yield world, cabin


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[tuple[World, EmbyStandIn]]:
    async with two_servers(tmp_path) as found:
        yield found


def season(*, days: int) -> Season:
    """Three days, the first of which is so many from today."""
    begins, ends = (utc_now() + timedelta(days=x) for x in (days, days + 2))
    return Season((begins.month, begins.day), (ends.month, ends.day))


async def keep(world: World, collection: Collection, **changes: Any) -> Collection:
    now = await collections.get_collection(world.db, world.user.id, collection.id)
    definition = Definition(None, (), now.mode, upkeep=Upkeep(**changes))
    return await redefine_collection(world.db, world.outside, now, definition)


def held_by(emby: EmbyStandIn, name: str = "Films") -> set[str] | None:
    box = emby.box_set(name)
    return None if box is None else {emby.item(key).name for key in emby.members(box.id)}


async def rests(world: World, collection: Collection) -> set[str | None]:
    return {row.resting for row in await targets.load_targets(world.db, [collection.id])}


async def test_out_of_its_season_a_box_set_rests_and_then_comes_back_as_it_was(
    both: tuple[World, EmbyStandIn],
) -> None:
    world, cabin = both
    collection = await world.define(upkeep=Upkeep(season=season(days=-1)))
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS, run.message
    now = await collections.get_collection(world.db, world.user.id, collection.id)
    assert now.due_at - utc_now() <= timedelta(hours=24)
    (theirs,) = own(cabin, film(99, "By Hand"))
    box = cabin.box_set("Films")
    assert box is not None
    cabin.hand_add(box.id, theirs)
    cabin.hand_remove(
        box.id, next(k for k in cabin.members(box.id) if cabin.item(k).name[-1] == "4")
    )

    await keep(world, collection, season=season(days=30), otherwise=Otherwise.DELETE)
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS, run.message
    assert "Rests until" in (run.message or "")
    assert held_by(world.emby) is None
    assert held_by(cabin) == {"By Hand"}
    assert {str(words)[:12] for words in await rests(world, collection)} == {"Rests until "}
    await world.sync(collection)
    assert world.writes() == []
    assert len(world.reads()) <= 2

    await keep(world, collection, season=season(days=0))
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS, run.message
    assert held_by(world.emby) == {one.title for one in FILMS}
    assert held_by(cabin) == {one.title for one in FILMS} - {"Film 4"} | {"By Hand"}
    assert await rests(world, collection) == {None}
    await _brought_back(world, cabin, collection)


async def _brought_back(world: World, cabin: EmbyStandIn, collection: Collection) -> None:
    ((server_id, item_id),) = await targets.kept_out(world.db, collection.id)
    where = (world.db, world.outside, world.runner, collection)
    await world.ended(await bring_back(*where, server_id, item_id))
    assert "Film 4" in (held_by(cabin) or set())
    with pytest.raises(NotFoundError):
        await bring_back(*where, server_id, item_id)


async def test_the_day_before_the_season_turns_a_collection_is_due_at_midnight(
    both: tuple[World, EmbyStandIn],
) -> None:
    world, _ = both
    collection = await world.define(upkeep=Upkeep(season=season(days=1)), interval_hours=168)
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS, run.message
    assert world.emby.box_set("Films") is None
    due = (await collections.get_collection(world.db, world.user.id, collection.id)).due_at
    here = due.astimezone(world.outside.zone)
    assert (here.hour, here.minute) == (0, 0)
    assert timedelta(0) < due - utc_now() <= timedelta(days=1)


async def test_with_too_few_titles_a_box_set_is_emptied_but_never_for_a_list_that_came_short(
    both: tuple[World, EmbyStandIn],
) -> None:
    world, cabin = both
    collection = await world.define(upkeep=Upkeep(least=6))
    await world.sync(collection)
    world.mdblist.set_items("demo", "films", FILMS[:3])
    run = await world.sync(collection, forced=True)
    assert run.status is RunStatus.HELD
    assert len(held_by(world.emby) or ()) == len(held_by(cabin) or ()) == 8
    world.mdblist.set_items("demo", "films", FILMS[:5])
    run = await world.sync(collection, forced=True)
    assert run.status is RunStatus.SUCCESS, run.message
    assert not held_by(world.emby)
    assert not held_by(cabin)
    assert await rests(world, collection) == {"Rests until it has 6 titles; 5 now"}
    world.mdblist.set_items("demo", "films", FILMS)
    run = await world.sync(collection, forced=True)
    assert run.status is RunStatus.SUCCESS, run.message
    assert len(held_by(world.emby) or ()) == len(held_by(cabin) or ()) == 8


async def test_a_library_that_lost_most_at_once_empties_nothing_unasked(
    both: tuple[World, EmbyStandIn],
) -> None:
    world, cabin = both
    collection = await world.define(upkeep=Upkeep(least=6))
    await world.sync(collection)
    box = cabin.box_set("Films")
    assert box is not None
    for item_id in cabin.members(box.id)[:5]:
        cabin.remove_item(item_id)
    for _ in range(2):
        run = await world.sync(collection)
        assert run.status is RunStatus.HELD, run.message
        assert len(held_by(cabin) or ()) == 3
    started = await approve(world.db, world.outside, world.runner, world.user.id, run.id)
    run = await world.ended(started)
    assert run.status is RunStatus.SUCCESS, run.message
    assert not held_by(cabin)
    assert len(held_by(world.emby) or ()) == 8


async def test_a_mirror_takes_out_what_people_add_but_not_what_was_there_before(
    both: tuple[World, EmbyStandIn],
) -> None:
    world, cabin = both
    before, later = own(cabin, film(98, "Before"), film(99, "Later"))
    theirs = cabin.hand_create("Films", [before])
    collection = await world.define(mode=Mode.MIRROR)
    held = await world.sync(collection)
    started = await approve(
        world.db, world.outside, world.runner, world.user.id, held.id, choice="adopt"
    )
    await world.ended(started)
    cabin.hand_add(theirs, later)
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS, run.message
    assert held_by(cabin) == {one.title for one in FILMS} | {"Before"}
    many = own(cabin, *(film(number) for number in range(60, 67)))
    cabin.hand_add(theirs, *many)
    run = await world.sync(collection)
    assert run.status is RunStatus.HELD
    await reject(world.db, world.user.id, run.id)
    notes = await delete_collection_everywhere(world.db, world.outside, collection)
    assert held_by(world.emby) is None
    assert set(cabin.members(theirs)) == {before, *many}
    assert "stays in Cabin" in " ".join(notes)


async def test_a_server_that_is_left_keeps_what_it_has_unless_asked(
    both: tuple[World, EmbyStandIn],
) -> None:
    world, cabin = both
    collection = await world.define()
    await world.sync(collection)
    first, second = (server.id for server in world.servers)
    for staying, left in ((first,), len(FILMS)), ((), 0):
        kept = await about_to_leave(world.db, collection, staying) if not staying else []
        now = await collections.get_collection(world.db, world.user.id, collection.id)
        definition = Definition(None, (), server_ids=staying)
        now = await redefine_collection(world.db, world.outside, now, definition)
        notes = await take_back(world.db, world.outside, now, kept)
        assert notes == []
        assert len(held_by(cabin) or ()) == len(FILMS)
        assert len(held_by(world.emby) or ()) == left
    assert second


async def test_removals_wait_for_a_scan_and_adds_do_not(tmp_path: Path) -> None:
    async with two_servers(tmp_path, scan_seconds=1.0) as (world, cabin):
        collection = await world.define()
        await world.sync(collection)
        own(world.emby, film(20))
        world.mdblist.set_items("demo", "films", [*FILMS[1:], film(20)])
        world.emby.scan()
        run = await world.sync(collection, forced=True)
        assert run.status is RunStatus.PARTIAL
        assert "is scanning its libraries; removals wait" in (run.message or "")
        assert {"Film 1", "Film 20"} <= world.members()
        assert held_by(cabin) == {one.title for one in FILMS[1:]}
        now = await collections.get_collection(world.db, world.user.id, collection.id)
        assert now.due_at - utc_now() <= timedelta(minutes=5)
        while world.emby.core.shelf.scanning:
            await asyncio.sleep(0.02)
        run = await world.sync(collection)
        assert run.status is RunStatus.SUCCESS, run.message
        assert "Film 1" not in world.members()
