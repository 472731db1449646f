"""Collections are their owner's, due when they say, and write only the matches that moved."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectarr.errors import ConflictError, NotFoundError
from collectarr.models import Mode, utc_now
from collectarr.store import collections, schedule, targets
from collectarr.store.collections import (
    MOST_COLLECTIONS,
    Collection,
    CollectionList,
    StoredMatch,
)
from collectarr.store.db import Database
from collectarr.store.users import User
from tests.stored import collection_of, list_of, server_of

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def update(db: Database, collection: Collection, **changes: Any) -> Collection:
    about = {
        "name": collection.name,
        "mode": collection.mode,
        "interval_hours": collection.interval_hours,
        "enabled": collection.enabled,
        **changes,
    }
    return await collections.update_collection(db, collection, **about)


async def again(db: Database, collection: Collection) -> Collection:
    return await collections.get_collection(db, collection.user_id, collection.id)


async def due(db: Database, now: datetime = NOW) -> list[int]:
    return [collection.id for collection in await collections.due_collections(db, now)]


async def servers_of(db: Database, collection: Collection) -> list[int]:
    return [target.server_id for target in await targets.load_targets(db, [collection.id])]


async def test_a_collection_is_its_owners_alone(db: Database, anna: User, ben: User) -> None:
    films = await collection_of(db, anna)

    assert await collections.get_collection(db, anna.id, films.id) == films
    assert await collections.list_collections(db, anna.id) == [films]
    assert await collections.list_collections(db, ben.id) == []
    with pytest.raises(NotFoundError):
        await collections.get_collection(db, ben.id, films.id)


async def test_collections_come_by_name_each_with_its_own_lists_in_order(
    db: Database, anna: User
) -> None:
    one, two = await list_of(db, anna, "1"), await list_of(db, anna, "2")
    await collection_of(db, anna, one, name="zebra")
    await collection_of(db, anna, two, one, name="Apple")
    await collection_of(db, anna, name="mango")

    found = await collections.list_collections(db, anna.id)

    assert [(x.name, [entry.list_id for entry in x.lists]) for x in found] == [
        ("Apple", [two.id, one.id]),
        ("mango", []),
        ("zebra", [one.id]),
    ]
    assert await collections.load_collections(db, [found[2].id, 99]) == [found[2]]


async def test_an_edit_keeps_what_it_does_not_name(db: Database, anna: User) -> None:
    den = await server_of(db, anna)
    films = await collection_of(db, anna, await list_of(db, anna), servers=[den])

    edited = await update(db, films, name="Movies", mode=Mode.MIRROR, enabled=False)

    assert (edited.name, edited.mode, edited.enabled) == ("Movies", Mode.MIRROR, False)
    assert (edited.lists, edited.revision) == (films.lists, films.revision + 1)
    assert await servers_of(db, films) == [den.id]


async def test_an_edit_replaces_lists_and_keeps_the_targets_that_stay(
    db: Database, anna: User
) -> None:
    den, loft = await server_of(db, anna), await server_of(db, anna, uid="loft")
    films = await collection_of(db, anna, await list_of(db, anna, "1"), servers=[den])
    before = await targets.load_targets(db, [films.id])
    await targets.set_box_set_name(db, before[0].id, "Films")
    other = await list_of(db, anna, "2")

    edited = await update(
        db, films, lists=[CollectionList(other.id, "minus")], server_ids=[den.id, loft.id]
    )

    assert edited.lists == (CollectionList(other.id, "minus"),)
    after = await targets.load_targets(db, [films.id])
    assert [(x.server_id, x.box_set_name) for x in after] == [(den.id, "Films"), (loft.id, None)]
    await update(db, films, server_ids=[loft.id])
    assert await servers_of(db, films) == [loft.id]


async def test_an_edit_of_what_is_gone_is_not_found(db: Database, anna: User) -> None:
    films = await collection_of(db, anna)
    den = await server_of(db, anna)
    await collections.delete_collection(db, films.id)

    with pytest.raises(NotFoundError):
        await update(db, films, server_ids=[den.id])


async def test_an_edit_that_cannot_be_is_not_half_done(db: Database, anna: User) -> None:
    films = await collection_of(db, anna, await list_of(db, anna))

    with pytest.raises(NotFoundError, match="deleted meanwhile"):
        await update(db, films, name="Other", lists=[CollectionList(99, "union")])

    assert await again(db, films) == films


async def test_only_what_is_enabled_and_due_is_due(db: Database, anna: User, ben: User) -> None:
    made = {
        name: await collection_of(db, user, enabled=enabled)
        for name, user, enabled in (
            ("later", anna, True),
            ("first", anna, True),
            ("off", anna, False),
            ("second", ben, True),
        )
    }
    times = {"later": NOW + HOUR, "first": NOW - HOUR, "off": NOW - HOUR, "second": NOW}
    for name, collection in made.items():
        await schedule.postpone(db, collection.id, times[name])

    assert await due(db) == [made["first"].id, made["second"].id]


async def test_a_sync_sets_the_next_one_by_the_interval_of_now(db: Database, anna: User) -> None:
    films = await collection_of(db, anna, interval_hours=24)
    await update(db, films, interval_hours=2)

    # The run still holds the collection as it was when it began.
    await collections.record_sync(db, films, NOW, wanted=10, owned=4)

    synced = await again(db, films)
    assert (synced.last_synced_at, synced.due_at) == (NOW, NOW + 2 * HOUR)
    assert (synced.wanted, synced.owned, synced.revision) == (10, 4, 2)


async def test_a_shorter_interval_counts_from_the_last_sync(db: Database, anna: User) -> None:
    films = await collection_of(db, anna)
    await collections.record_sync(db, films, NOW, wanted=1, owned=1)

    edited = await update(db, await again(db, films), interval_hours=1)

    assert edited.due_at == NOW + HOUR


async def test_a_sync_of_what_was_deleted_meanwhile_does_no_harm(db: Database, anna: User) -> None:
    films = await collection_of(db, anna)
    await collections.delete_collection(db, films.id)

    await collections.record_sync(db, films, NOW, wanted=1, owned=1)

    assert await collections.list_collections(db, anna.id) == []


async def test_postponing_what_is_due_leaves_what_has_a_later_date(
    db: Database, anna: User
) -> None:
    waiting, done, other = [await collection_of(db, anna) for _ in range(3)]
    for collection, at in ((waiting, NOW - HOUR), (done, NOW + 9 * HOUR), (other, NOW - HOUR)):
        await schedule.postpone(db, collection.id, at)

    await schedule.postpone_due(db, [waiting.id, done.id], NOW, NOW + HOUR)

    dates = [(await again(db, collection)).due_at for collection in (waiting, done, other)]
    assert dates == [NOW + HOUR, NOW + 9 * HOUR, NOW - HOUR]


async def test_a_new_collection_is_due_after_one_interval(db: Database, anna: User) -> None:
    before = utc_now()
    films = await collection_of(db, anna, interval_hours=5)

    assert before + 4.9 * HOUR < films.due_at < utc_now() + 5.1 * HOUR


def match(rank: int, *item_ids: str, why: str = "by its id") -> StoredMatch:
    return StoredMatch(rank, 1, item_ids, "imdb" if item_ids else None, why, ("near",))


async def test_matches_come_back_as_they_were(db: Database, anna: User) -> None:
    den, loft = await server_of(db, anna), await server_of(db, anna, uid="loft")
    films = await collection_of(db, anna)
    rows = [match(1, "7", "8"), match(2)]
    await collections.save_matches(db, films.id, den.id, rows)
    await collections.save_matches(db, films.id, loft.id, [])

    assert await collections.load_matches(db, films.id) == rows
    assert await collections.load_matches(db, films.id, den.id) == rows
    assert await collections.load_matches(db, films.id, loft.id) == []


async def written(db: Database) -> int:
    async with db.write() as tx:
        return int((await tx.rows("SELECT total_changes()"))[0][0])


async def test_only_the_matches_that_moved_are_written(db: Database, anna: User) -> None:
    den = await server_of(db, anna)
    films = await collection_of(db, anna)
    rows = [match(n, str(n)) for n in range(1, 101)]
    await collections.save_matches(db, films.id, den.id, rows)
    before = await written(db)

    await collections.save_matches(db, films.id, den.id, rows)
    same = await written(db)
    changed = [*rows[:49], match(50), *rows[50:98]]
    await collections.save_matches(db, films.id, den.id, changed)
    after = await written(db)

    assert same == before
    assert after - same == 3
    assert await collections.load_matches(db, films.id) == changed


async def test_matches_on_one_server_leave_those_on_another_alone(db: Database, anna: User) -> None:
    den, loft = await server_of(db, anna), await server_of(db, anna, uid="loft")
    films = await collection_of(db, anna)
    for server in (den, loft):
        rows = [
            replace(match(1, "7"), server_id=server.id),
            replace(match(2, "8"), server_id=server.id),
        ]
        await collections.save_matches(db, films.id, server.id, rows)

    await collections.save_matches(
        db, films.id, loft.id, [replace(match(1, "9"), server_id=loft.id)]
    )

    left = await collections.load_matches(db, films.id)
    assert [(x.rank, x.server_id, x.item_ids) for x in left] == [
        (1, den.id, ("7",)),
        (1, loft.id, ("9",)),
        (2, den.id, ("8",)),
    ]


async def test_what_belongs_to_a_collection_goes_with_it(db: Database, anna: User) -> None:
    den = await server_of(db, anna)
    films = await collection_of(db, anna, await list_of(db, anna), servers=[den])
    await collections.save_matches(db, films.id, den.id, [match(1, "7")])

    await collections.delete_collection(db, films.id)

    assert await collections.load_matches(db, films.id) == []
    assert await targets.load_targets(db, [films.id]) == []


async def test_a_user_has_only_so_many_collections(db: Database, anna: User, ben: User) -> None:
    await collection_of(db, anna)
    async with db.write() as tx:
        await tx.many(
            "INSERT INTO collections (user_id, name, due_at, created_at)"
            " VALUES (?, 'one more', '2026-01-01', '2026-01-01')",
            [(anna.id,) for _ in range(MOST_COLLECTIONS - 1)],
        )
    with pytest.raises(ConflictError) as caught:
        await collection_of(db, anna)
    assert caught.value.code == "too_many_collections"
    await collection_of(db, ben)
