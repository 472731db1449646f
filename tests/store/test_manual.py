"""Lists kept by hand: each edit is whole, is a snapshot, and can be taken back."""

import asyncio

import pytest

from collectarr.errors import NotFoundError
from collectarr.models import Ids, Kind, ListItem, Title
from collectarr.store import collections, lists, manual
from collectarr.store.db import Database
from collectarr.store.lists import StoredList
from collectarr.store.users import User
from tests.stored import collection_of, film, list_of, server_of


async def stored(db: Database, list_id: int) -> StoredList:
    return (await lists.get_lists(db, [list_id]))[list_id]


async def filled(db: Database, user: User, count: int = 5) -> int:
    """A list of a collection, with that many films."""
    collection = await collection_of(db, user)
    list_id = await manual.own_manual_list(db, user.id, collection.id, "Mine")
    rows = [ListItem(0, film(number)) for number in range(1, count + 1)]
    await manual.edit_manual_list(db, list_id, lambda kept: [*kept, *rows])
    return list_id


async def names(db: Database, list_id: int) -> list[str]:
    items = await lists.load_list_items(db, list_id)
    assert [item.rank for item in items] == list(range(1, len(items) + 1))
    return [item.title.title for item in items]


async def keys(db: Database, list_id: int) -> list[str]:
    return [item.key or "" for item in await lists.load_list_items(db, list_id)]


async def test_a_new_list_is_its_owners_and_read_already(db: Database, anna: User) -> None:
    list_id = await manual.add_manual_list(db, anna.id, "Mine")
    known = await stored(db, list_id)
    assert (known.source, known.audience, known.name) == ("manual", f"user:{anna.id}", "Mine")
    assert (known.snapshot, known.item_count) == (1, 0)
    other = await stored(db, await manual.add_manual_list(db, anna.id, "Mine"))
    assert other.reference != known.reference


async def test_a_collection_gets_one_list_after_its_others_and_only_once(
    db: Database, anna: User
) -> None:
    collection = await collection_of(db, anna, await list_of(db, anna))
    assert await manual.manual_list_of(db, collection.id) is None
    made = await asyncio.gather(
        *(manual.own_manual_list(db, anna.id, collection.id, "Mine") for _ in range(4))
    )
    assert len(set(made)) == 1
    assert await manual.manual_list_of(db, collection.id) == made[0]
    fresh = await collections.get_collection(db, anna.id, collection.id)
    assert [(entry.list_id, entry.op) for entry in fresh.lists[1:]] == [(made[0], "union")]


async def test_a_collection_that_is_gone_gets_none(db: Database, anna: User) -> None:
    with pytest.raises(NotFoundError):
        await manual.own_manual_list(db, anna.id, 99, "Mine")
    assert await db.value("SELECT count(*) FROM lists") == 0


async def test_the_list_of_a_collection_outlives_what_is_unused(db: Database, anna: User) -> None:
    list_id = await filled(db, anna)
    lonely = await manual.add_manual_list(db, anna.id, "Nobody's")
    async with db.write() as tx:
        await tx.run("UPDATE list_access SET checked_at = '2000-01-01T00:00:00.000+00:00'")
        await lists.forget_unused_lists(tx)
    assert set(await lists.get_lists(db, [list_id, lonely])) == {list_id}
    collection = (await collections.list_collections(db, anna.id))[0]
    await collections.delete_collection(db, collection.id)
    assert await lists.get_lists(db, [list_id]) == {}
    assert await db.value("SELECT count(*) FROM list_items") == 0


async def test_every_edit_counts_as_a_snapshot(db: Database, anna: User) -> None:
    list_id = await filled(db, anna, 3)
    before = await stored(db, list_id)
    assert (before.item_count, before.good_count, before.suspect) == (3, 3, None)
    await manual.edit_manual_list(db, list_id, lambda rows: rows[1:])
    after = await stored(db, list_id)
    assert (after.item_count, after.good_count) == (2, 2)
    assert after.snapshot == before.snapshot + 1


async def test_an_edit_that_changes_nothing_writes_nothing(db: Database, anna: User) -> None:
    list_id = await filled(db, anna, 3)
    before = await stored(db, list_id)
    await manual.edit_manual_list(db, list_id, lambda rows: rows)
    assert await stored(db, list_id) == before


async def test_rows_keep_their_keys_wherever_they_go(db: Database, anna: User) -> None:
    list_id = await filled(db, anna, 5)
    before = await keys(db, list_id)
    assert len(set(before)) == 5
    assert all(before)
    await manual.edit_manual_list(db, list_id, lambda rows: [rows[3], *rows[:3], rows[4]])
    assert await keys(db, list_id) == [before[3], *before[:3], before[4]]
    assert await names(db, list_id) == ["Film 4", "Film 1", "Film 2", "Film 3", "Film 5"]


@pytest.mark.parametrize("order", [[4, 3, 2, 1, 0], [1, 0, 2, 3, 4], [0, 1, 2, 4], [2], []])
async def test_any_new_order_is_stored_as_it_is(db: Database, anna: User, order: list[int]) -> None:
    list_id = await filled(db, anna, 5)
    await manual.edit_manual_list(db, list_id, lambda rows: [rows[place] for place in order])
    assert await names(db, list_id) == [f"Film {place + 1}" for place in order]


async def test_an_edit_that_fails_leaves_the_list_alone(db: Database, anna: User) -> None:
    list_id = await filled(db, anna, 3)
    before = await stored(db, list_id)

    def fail(_: list[ListItem]) -> list[ListItem]:
        raise NotFoundError("No.")

    with pytest.raises(NotFoundError):
        await manual.edit_manual_list(db, list_id, fail)
    assert await stored(db, list_id) == before
    assert await names(db, list_id) == ["Film 1", "Film 2", "Film 3"]


@pytest.mark.parametrize("place", range(1, 6))
async def test_what_was_removed_comes_back_to_its_place_once(
    db: Database, anna: User, place: int
) -> None:
    list_id = await filled(db, anna, 5)
    known = await keys(db, list_id)
    before = await stored(db, list_id)
    token = await manual.remove_row(db, list_id, known[place - 1])
    assert token is not None
    assert await keys(db, list_id) == [key for key in known if key != known[place - 1]]
    assert len(await names(db, list_id)) == 4
    after = await stored(db, list_id)
    assert (after.item_count, after.good_count) == (4, 4)
    assert after.snapshot == before.snapshot + 1
    gone = await manual.removed_row(db, list_id, token)
    assert gone is not None
    assert gone.title.title == f"Film {place}"
    await manual.restore_row(db, list_id, token)
    assert await keys(db, list_id) == known
    with pytest.raises(NotFoundError):
        await manual.restore_row(db, list_id, token)


@pytest.mark.parametrize("old", range(1, 6))
@pytest.mark.parametrize("new", [-1, 1, 2, 3, 4, 5, 99])
async def test_a_move_shifts_the_rows_between(db: Database, anna: User, old: int, new: int) -> None:
    list_id = await filled(db, anna, 5)
    known = await keys(db, list_id)
    key = known.pop(old - 1)
    known.insert(max(0, min(new, 5) - 1), key)
    row = await manual.edit_row(db, list_id, key, position=new)
    assert row is not None
    assert (row.key, row.rank) == (key, known.index(key) + 1)
    assert await keys(db, list_id) == known
    assert len(await names(db, list_id)) == 5


async def test_a_removal_of_nothing_has_nothing_to_undo(db: Database, anna: User) -> None:
    list_id = await filled(db, anna, 2)
    before = await stored(db, list_id)
    assert await manual.remove_row(db, list_id, "nothing") is None
    assert await manual.edit_row(db, list_id, "nothing", position=1) is None
    assert await stored(db, list_id) == before


async def test_a_note_is_written_and_taken_away(db: Database, anna: User) -> None:
    list_id = await filled(db, anna, 3)
    key = (await keys(db, list_id))[1]
    before = await stored(db, list_id)
    noted = await manual.edit_row(db, list_id, key, note="Again")
    assert noted is not None
    assert (noted.note, noted.rank) == ("Again", 2)
    again = await manual.edit_row(db, list_id, key, note="Again", position=2)
    assert again == noted
    assert (await stored(db, list_id)).snapshot == before.snapshot + 1
    gone = await manual.edit_row(db, list_id, key, note="", position=3)
    assert gone is not None
    assert (gone.note, gone.rank) == (None, 3)
    assert (await stored(db, list_id)).item_count == 3


async def test_a_removal_cannot_be_undone_on_another_list_or_too_late(
    db: Database, anna: User, ben: User
) -> None:
    list_id, other = await filled(db, anna, 2), await filled(db, ben, 2)
    token = await manual.remove_row(db, list_id, (await keys(db, list_id))[0])
    assert token is not None
    assert await manual.removed_row(db, other, token) is None
    with pytest.raises(NotFoundError):
        await manual.restore_row(db, other, token)
    async with db.write() as tx:
        await tx.run("UPDATE removed_rows SET removed_at = '2000-01-01T00:00:00.000+00:00'")
    assert await manual.removed_row(db, list_id, token) is None
    with pytest.raises(NotFoundError, match="any more"):
        await manual.restore_row(db, list_id, token)
    await manual.remove_row(db, list_id, (await keys(db, list_id))[0])
    assert await db.value("SELECT count(*) FROM removed_rows") == 1


async def test_rows_are_found_by_words_of_name_and_note(db: Database, anna: User) -> None:
    list_id = await filled(db, anna, 30)

    def note(rows: list[ListItem]) -> list[ListItem]:
        return [*rows, ListItem(0, film(99, "Heat"), note="Great ending")]

    await manual.edit_manual_list(db, list_id, note)
    rows, total = await manual.list_rows(db, list_id, limit=10, offset=10)
    assert (total, [row.rank for row in rows]) == (31, list(range(11, 21)))
    rows, total = await manual.list_rows(db, list_id, ["ending", "heat"])
    assert (total, rows[0].title.title) == (1, "Heat")
    assert (await manual.list_rows(db, list_id, ["heat", "film"]))[1] == 0


async def test_titles_on_the_list_are_found_by_any_id(db: Database, anna: User) -> None:
    list_id = await filled(db, anna, 3)
    asked = [
        Title(Kind.MOVIE, "", None, Ids(tmdb=2)),
        Title(Kind.UNKNOWN, "", None, Ids("tt0000003")),
    ]
    found = await manual.titles_on_list(db, list_id, asked)
    assert [title.title for title in found] == ["Film 2", "Film 3"]


async def test_rows_that_nobody_knows_yet_are_told_apart(db: Database, anna: User) -> None:
    collection = await collection_of(db, anna, servers=[await server_of(db, anna)])
    list_id = await manual.own_manual_list(db, anna.id, collection.id, "Mine")
    rows = [
        ListItem(0, film(1)),
        ListItem(0, Title(Kind.UNKNOWN, "tt0000002", None, Ids(imdb="tt0000002"))),
        ListItem(0, Title(Kind.MOVIE, "tmdb:3", None, Ids(tmdb=3))),
        ListItem(0, Title(Kind.UNKNOWN, "Heat", 1995, Ids(imdb="tt0113277"))),
    ]
    await manual.edit_manual_list(db, list_id, lambda _: rows)
    found = await manual.unsettled_rows(db, [collection.id])
    assert list(found) == [(anna.id, list_id)]
    assert [row.rank for row in found[anna.id, list_id]] == [2, 3, 4]
    assert await manual.unsettled_rows(db, []) == {}
