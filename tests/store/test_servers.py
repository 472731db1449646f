"""Servers are their owner's, and their presence counts what moved."""

from datetime import timedelta

import pytest

from collectarr.errors import ConflictError, NotFoundError
from collectarr.models import Ids, Item, Kind, Library, Title, utc_now
from collectarr.store import servers
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.store.users import User
from tests.stored import item, server_of


@pytest.fixture
async def den(db: Database, anna: User) -> Server:
    return await server_of(db, anna)


async def again(db: Database, server: Server) -> Server:
    return await servers.get_server(db, server.user_id, server.id)


async def ids(db: Database, server: Server) -> list[str]:
    return sorted(found.id for found in await servers.load_items(db, server.id))


async def test_a_server_is_its_owners_alone(
    db: Database, anna: User, ben: User, den: Server
) -> None:
    assert await servers.list_servers(db, anna.id) == [den]
    assert await servers.list_servers(db, ben.id) == []
    with pytest.raises(NotFoundError):
        await servers.get_server(db, ben.id, den.id)


async def test_one_user_has_a_machine_once_and_another_may_have_it_too(
    db: Database, anna: User, ben: User, den: Server
) -> None:
    with pytest.raises(ConflictError) as caught:
        await server_of(db, anna, name="Another name")
    assert caught.value.code == "server_known"

    assert (await server_of(db, ben)).uid == den.uid
    assert (await server_of(db, anna, uid="other")).id != den.id


async def test_a_server_comes_with_its_libraries_or_not_at_all(db: Database, anna: User) -> None:
    twice = Library("l1", "Movies", "movies")
    with pytest.raises(Exception, match="UNIQUE"):
        await server_of(db, anna, libraries=[twice, twice])

    assert await servers.list_servers(db, anna.id) == []


async def test_libraries_are_replaced_as_a_whole(db: Database, den: Server) -> None:
    kept = await servers.list_libraries(db, den.id)
    assert kept == [Library("l1", "Movies", "movies", ("/films", "/more"))]

    fresh = [Library("l3", "Anime", "tvshows"), Library("l2", "Shows", "tvshows", ("/tv",))]
    await servers.save_libraries(db, den.id, fresh)

    assert await servers.list_libraries(db, den.id) == fresh


async def test_what_goes_with_a_server_goes_when_it_goes(db: Database, den: Server) -> None:
    await servers.save_items(db, den.id, [item(1)], whole=True)
    await servers.delete_server(db, den.id)

    assert await servers.list_libraries(db, den.id) == []
    assert await servers.load_items(db, den.id) == []


async def test_an_item_comes_back_as_it_was(db: Database, den: Server) -> None:
    title = Title(Kind.SHOW, "Heat", 1995, Ids("tt0113277", 949, 77, None), "Heat (orig)")
    whole = Item("a" * 32, title, "l1", "group")
    bare = Item("2", Title(Kind.MOVIE, "Nothing known"))

    await servers.save_items(db, den.id, [whole, bare], whole=True)

    assert sorted(await servers.load_items(db, den.id), key=lambda x: x.id) == [bare, whole]


async def test_a_whole_reading_counts_what_moved_and_what_went(db: Database, den: Server) -> None:
    save = servers.save_items
    assert await save(db, den.id, [item(n) for n in range(5)], whole=True) == (5, 0)
    assert await save(db, den.id, [item(n) for n in range(5)], whole=True) == (0, 0)
    changed = [item(0), item(1, "Renamed"), item(7)]
    assert await save(db, den.id, changed, whole=True) == (2, 3)

    assert await ids(db, den) == ["0", "1", "7"]


async def test_a_partial_reading_takes_nothing_away(db: Database, den: Server) -> None:
    await servers.save_items(db, den.id, [item(n) for n in range(5)], whole=True)

    moved = await servers.save_items(
        db, den.id, [item(1), item(2, "Renamed"), item(9)], whole=False
    )

    assert moved == (2, 0)
    assert await ids(db, den) == ["0", "1", "2", "3", "4", "9"]


async def test_the_generation_moves_only_when_something_did(db: Database, den: Server) -> None:
    seen = [den.generation]

    async def after(*items: Item, whole: bool) -> int:
        await servers.save_items(db, den.id, items, whole=whole)
        seen.append((await again(db, den)).generation)
        return seen[-1] - seen[-2]

    assert await after(item(1), item(2), whole=True) == 1
    assert await after(item(1), item(2), whole=True) == 0
    assert await after(item(1), whole=False) == 0
    assert await after(whole=False) == 0
    assert await after(item(1, "Renamed"), whole=False) == 1
    assert await after(item(1, "Renamed"), whole=True) == 1
    await servers.remove_items(db, den.id, ["77", "78"])
    assert (await again(db, den)).generation == seen[-1]
    await servers.remove_items(db, den.id, ["1", "77"])
    assert (await again(db, den)).generation == seen[-1] + 1
    assert await ids(db, den) == []


async def test_a_reading_of_one_server_leaves_the_others_alone(
    db: Database, anna: User, den: Server
) -> None:
    other = await server_of(db, anna, uid="other")
    await servers.save_items(db, den.id, [item(1), item(2)], whole=True)
    await servers.save_items(db, other.id, [item(1, "Its own")], whole=True)
    await servers.save_items(db, other.id, [], whole=True)
    await servers.remove_items(db, other.id, ["1"])

    assert await ids(db, den) == ["1", "2"]
    assert await servers.count_items(db, den.id) == {"movie": 2}
    assert await servers.count_items(db, other.id) == {}


async def test_a_title_that_is_renamed_keeps_its_day(db: Database, den: Server) -> None:
    await servers.save_items(db, den.id, [item(1)], whole=True)
    day = "SELECT added_at FROM items WHERE id = '1'"
    before = await db.value(day)
    async with db.write() as tx:
        await tx.run("UPDATE items SET added_at = '2001'")
    await servers.save_items(db, den.id, [item(1, "Renamed")], whole=True)

    assert before > "2020"
    assert await db.value(day) == "2001"


async def test_the_newest_items_are_those_of_all_servers_of_a_user(
    db: Database, anna: User, ben: User, den: Server
) -> None:
    loft = await server_of(db, anna, uid="loft")
    foreign = await server_of(db, ben)
    for server, number, day in ((den, 1, "2001"), (loft, 2, "2002"), (den, 3, "2003")):
        await servers.save_items(db, server.id, [item(number)], whole=False)
        async with db.write() as tx:
            await tx.run("UPDATE items SET added_at = ? WHERE id = ?", day, str(number))
    await servers.save_items(db, foreign.id, [item(9)], whole=True)

    found = await servers.newest_items(db, anna.id, 2)

    assert [(key, row.id) for key, row in found] == [(den.id, "3"), (loft.id, "2")]


async def test_a_delta_filter_is_proven_for_one_version_only(db: Database, den: Server) -> None:
    assert den.delta_filter is None
    await servers.record_delta_filter(db, den.id, "MinDateLastSaved")
    assert (await again(db, den)).delta_filter == "MinDateLastSaved"

    await servers.record_check(db, den.id, version="4.9.0", admin_user_id="2")

    checked = await again(db, den)
    assert (checked.delta_filter, checked.version, checked.admin_user_id) == (None, "4.9.0", "2")


async def test_an_error_is_kept_until_the_server_answers(db: Database, den: Server) -> None:
    before = den.checked_at
    await servers.record_contact(db, den.id, "It is down.")
    down = await again(db, den)
    assert (down.error, down.checked_at) == ("It is down.", before)

    await servers.record_contact(db, den.id, None)
    up = await again(db, den)
    assert up.error is None
    assert up.checked_at is not None
    assert before is not None
    assert up.checked_at >= before


async def test_only_a_sweep_counts_as_one(db: Database, den: Server) -> None:
    since = utc_now().replace(microsecond=0) - timedelta(hours=1)
    await servers.record_contact(db, den.id, "It is down.")
    await servers.record_reading(db, den.id, since, swept=False)
    delta = await again(db, den)
    assert (delta.delta_since, delta.swept_at, delta.error) == (since, None, None)

    await servers.record_reading(db, den.id, since, swept=True)
    assert (await again(db, den)).swept_at is not None


async def test_a_server_may_move(db: Database, den: Server) -> None:
    await servers.update_server(db, den.id, name="Loft", url="http://loft", api_key="new")

    moved = await again(db, den)
    assert (moved.name, moved.url, moved.api_key) == ("Loft", "http://loft", "new")
