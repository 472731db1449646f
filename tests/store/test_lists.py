"""Lists are shared by those who may see them, and lose nothing to a bad reading."""

import asyncio
from datetime import UTC, datetime

import pytest

from collectarr.models import Ids, Kind, ListItem, Mode, Snapshot, Title
from collectarr.store import collections, lists
from collectarr.store.db import Database
from collectarr.store.lists import StoredList
from collectarr.store.users import User
from tests.stored import collection_of, info, list_of, snapshot


async def again(db: Database, stored: StoredList) -> StoredList:
    return (await lists.get_lists(db, [stored.id]))[stored.id]


async def save(
    db: Database, stored: StoredList, count: int, suspect: str | None = None
) -> StoredList:
    await lists.save_snapshot(db, stored.id, snapshot(count), suspect=suspect)
    return await again(db, stored)


async def readers(db: Database, stored: StoredList) -> list[int]:
    rows = await db.rows("SELECT user_id FROM list_access WHERE list_id = ? ORDER BY 1", stored.id)
    return [row["user_id"] for row in rows]


async def test_a_public_list_is_shared_and_remembers_who_proved_access(
    db: Database, anna: User, ben: User
) -> None:
    hers, his = await list_of(db, anna), await list_of(db, ben)

    assert hers == his
    assert hers.audience == "public"
    assert await readers(db, hers) == [anna.id, ben.id]
    await lists.drop_access(db, hers.id, anna.id)
    assert await readers(db, hers) == [ben.id]


async def test_a_private_list_is_each_users_own(db: Database, anna: User, ben: User) -> None:
    hers = await list_of(db, anna, public=False)
    his = await list_of(db, ben, public=False)
    shared = await list_of(db, ben)

    assert len({hers.id, his.id, shared.id}) == 3
    assert (hers.audience, his.audience) == (f"user:{anna.id}", f"user:{ben.id}")
    assert await readers(db, hers) == [anna.id]
    await save(db, hers, 3)
    assert await lists.load_list_items(db, his.id) == []


async def test_two_at_once_make_one_list(db: Database, anna: User) -> None:
    made = await asyncio.gather(*(list_of(db, anna) for _ in range(6)))

    assert len({stored.id for stored in made}) == 1


async def test_naming_a_list_again_renews_its_description_and_keeps_its_rows(
    db: Database, anna: User
) -> None:
    await save(db, await list_of(db, anna), 3)

    named = await lists.save_list(db, anna.id, info(owner="carl", url="http://x"))

    assert (named.owner, named.url, named.item_count) == ("carl", "http://x", 3)
    assert len(await lists.load_list_items(db, named.id)) == 3


async def test_lists_are_got_by_id_however_they_are_asked_for(db: Database, anna: User) -> None:
    one, two = await list_of(db, anna, "1"), await list_of(db, anna, "2")

    assert await lists.get_lists(db, [two.id, one.id, two.id, 99]) == {one.id: one, two.id: two}
    assert await lists.get_lists(db, []) == {}


async def test_a_row_comes_back_as_it_was_in_list_order(db: Database, anna: User) -> None:
    ids = Ids("tt0113277", 949, 77, 5)
    rows = (
        ListItem(1, Title(Kind.SHOW, "Zulu", 1995, ids, "Original"), "/p.jpg"),
        ListItem(2, Title(Kind.MOVIE, "Amok")),
    )
    stored = await list_of(db, anna)
    await lists.save_snapshot(db, stored.id, Snapshot(info(), rows[::-1]), suspect=None)

    assert await lists.load_list_items(db, stored.id) == list(rows)


async def test_a_good_snapshot_replaces_the_last_one(db: Database, anna: User) -> None:
    stored = await list_of(db, anna)
    first = await save(db, stored, 5)
    await lists.record_list_check(db, stored.id, "It is down.")
    second = await save(db, stored, 2)

    assert [first.snapshot, second.snapshot] == [1, 2]
    assert (second.item_count, second.good_count, second.version) == (2, 2, "v2")
    assert (second.error, second.suspect) == (None, None)
    assert len(await lists.load_list_items(db, stored.id)) == 2


async def test_a_snapshot_that_cannot_be_written_leaves_the_last_one(
    db: Database, anna: User
) -> None:
    stored = await save(db, await list_of(db, anna), 3)
    row = snapshot(1).items[0]

    with pytest.raises(Exception, match="UNIQUE"):
        await lists.save_snapshot(db, stored.id, Snapshot(info(), (row, row)), suspect=None)

    assert await again(db, stored) == stored
    assert len(await lists.load_list_items(db, stored.id)) == 3


async def test_a_suspect_snapshot_does_not_become_what_is_good(db: Database, anna: User) -> None:
    stored = await list_of(db, anna)
    await save(db, stored, 100)
    await save(db, stored, 30, suspect="It lost 70 of 100.")
    worse = await save(db, stored, 10, suspect="It lost 90 of 100.")

    assert (worse.item_count, worse.good_count) == (10, 100)
    assert worse.suspect == "It lost 90 of 100."


async def test_a_person_trusts_a_suspect_snapshot_for_one_collection_alone(
    db: Database, anna: User
) -> None:
    stored = await list_of(db, anna)
    await save(db, stored, 100)
    await save(db, stored, 10, suspect="It lost 90 of 100.")
    made = [
        await collections.add_collection(
            db,
            anna.id,
            name=name,
            mode=Mode.KEEP,
            interval_hours=24,
            enabled=True,
            lists=[collections.CollectionList(stored.id, "union")],
            server_ids=[],
        )
        for name in ("One", "Two")
    ]

    await collections.trust_lists(db, [made[0].id])

    one, two = await collections.load_collections(db, [row.id for row in made])
    assert (one.lists[0].trusted_count, two.lists[0].trusted_count) == (10, None)
    assert (await again(db, stored)).suspect == "It lost 90 of 100."


async def test_a_failed_look_keeps_the_snapshot(db: Database, anna: User) -> None:
    before = await save(db, await list_of(db, anna), 3)

    await lists.record_list_check(db, before.id, "It is down.")
    failed = await again(db, before)
    await lists.record_list_check(db, before.id, None)
    fine = await again(db, before)

    assert (failed.error, fine.error) == ("It is down.", None)
    assert (failed.snapshot, failed.item_count, failed.read_at) == (1, 3, before.read_at)
    assert len(await lists.load_list_items(db, before.id)) == 3


async def test_what_a_failed_look_found_is_told_with_how_long_it_has_failed(
    db: Database, anna: User
) -> None:
    before = await save(db, await list_of(db, anna), 3)
    assert (before.state, before.promised, before.came) == ("ok", 3, 3)

    await lists.record_list_check(db, before.id, "Half came.", refused=snapshot(2, short_by=2))
    first = await again(db, before)
    await lists.record_list_check(db, before.id, "Gone.", "gone")
    second = await again(db, before)
    await lists.record_list_check(db, before.id, None)

    assert (first.state, first.promised, first.came, first.item_count) == ("failing", 4, 2, 3)
    assert (second.state, second.error, second.promised) == ("gone", "Gone.", 4)
    assert second.error_at == first.error_at is not None
    fine = await again(db, before)
    assert (fine.state, fine.error, fine.error_at) == ("ok", None, None)


async def test_what_names_a_list_for_good_is_kept(db: Database, anna: User) -> None:
    changed = datetime(2026, 1, 2, tzinfo=UTC)
    stored = await list_of(db, anna, source_id="77", updated_at=changed, poster="/p.jpg")
    assert (stored.source_id, stored.changed_at, stored.poster) == ("77", changed, "/p.jpg")

    named = await list_of(db, anna, source_id="88")
    assert (named.source_id, named.poster) == ("77", "/p.jpg"), "its rows are still those of 77"

    fresh = Snapshot(info(source_id="88", url="http://x"), ())
    await lists.save_snapshot(db, stored.id, fresh, suspect=None)
    read = await again(db, stored)
    assert (read.source_id, read.url, read.changed_at) == ("88", "http://x", changed)


async def test_a_list_moves_unless_there_is_one_in_that_place(db: Database, anna: User) -> None:
    one, two = await list_of(db, anna, "1"), await list_of(db, anna, "2")

    assert (await lists.move_list(db, one, "2", "public")).id == two.id
    assert await again(db, one) == one
    moved = await lists.move_list(db, one, "3", "public")
    assert (moved.id, moved.reference) == (one.id, "3")
    assert await lists.find_list(db, "mdblist", "1", "public") is None


async def test_a_copy_for_one_user_begins_empty_but_remembers_how_much_there_was(
    db: Database, anna: User
) -> None:
    public = await save(db, await list_of(db, anna), 7)
    audience = f"user:{anna.id}"

    copy = await lists.add_twin_list(db, public, "7", audience)

    assert (copy.audience, copy.snapshot, copy.item_count, copy.good_count) == (audience, 0, 0, 7)
    assert await lists.add_twin_list(db, public, "7", audience) == copy
    assert (await again(db, public)).item_count == 7


async def test_collections_of_one_user_or_of_all_change_over_to_another_list(
    db: Database, anna: User, ben: User
) -> None:
    public, other = await list_of(db, anna), await list_of(db, anna, "8")
    await list_of(db, ben)
    hers, his = await collection_of(db, anna, public), await collection_of(db, ben, other, public)

    async def used() -> list[list[int]]:
        found = await collections.load_collections(db, [hers.id, his.id])
        return [[entry.list_id for entry in one.lists] for one in found]

    await lists.hand_over(db, public.id, other.id, anna.id)
    assert await used() == [[other.id], [other.id, public.id]]
    assert (await readers(db, public), await lists.users_of_list(db, public.id)) == (
        [ben.id],
        [ben.id],
    )
    await lists.hand_over(db, public.id, other.id)
    assert await used() == [[other.id], [other.id, other.id]]
    assert await readers(db, other) == [anna.id, ben.id]
    await lists.drop_access(db, other.id, anna.id)
    await lists.grant_access(db, other.id)
    assert await readers(db, other) == [anna.id, ben.id]


async def test_a_list_that_nobody_uses_any_more_is_forgotten(db: Database, anna: User) -> None:
    used, unused = await list_of(db, anna, "1"), await list_of(db, anna, "2")
    await collection_of(db, anna, used)
    going = await collection_of(db, anna, used, unused)
    async with db.write() as tx:
        await tx.run("UPDATE list_access SET checked_at = '2001-01-01'")

    await collections.delete_collection(db, going.id)

    assert await lists.get_lists(db, [used.id, unused.id]) == {used.id: used}


async def test_a_list_just_named_outlives_the_deletion_of_another_collection(
    db: Database, anna: User
) -> None:
    going = await collection_of(db, anna, await list_of(db, anna, "1"))
    fresh = await list_of(db, anna, "2")

    await collections.delete_collection(db, going.id)

    assert (await collection_of(db, anna, fresh)).lists[0].list_id == fresh.id
