"""Lists that people keep by hand: every edit is one transaction and a snapshot of its own."""

import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from collectarr.errors import NotFoundError
from collectarr.models import ListItem, Title, utc_now
from collectarr.store.db import Database, Transaction, stamp
from collectarr.store.lists import insert_list_items, list_item_of

MANUAL = "manual"
"""The source of such lists."""
UNDO_FOR = timedelta(hours=1)

Change = Callable[[list[ListItem]], Iterable[ListItem]]
"""From the rows of a list to the rows it shall have; ranks, and keys of new rows, are set here."""


async def add_manual_list(db: Database, user_id: int, name: str) -> int:
    """A new empty list of this user's own; its id. Only a collection that takes it keeps it."""
    async with db.write() as tx:
        return await _add(tx, user_id, name)


async def _add(tx: Transaction, user_id: int, name: str) -> int:
    now = stamp(utc_now())
    list_id = await tx.insert(
        "INSERT INTO lists (source, reference, audience, name, snapshot, read_at, checked_at)"
        " VALUES (?, ?, ?, ?, 1, ?, ?)",
        *(MANUAL, secrets.token_urlsafe(9), f"user:{user_id}", name, now, now),
    )
    await tx.run(
        "INSERT INTO list_access (list_id, user_id, checked_at) VALUES (?, ?, ?)",
        *(list_id, user_id, now),
    )
    return list_id


_OF_COLLECTION = (
    "SELECT lists.id FROM collection_lists JOIN lists ON lists.id = list_id"
    " WHERE collection_id = ? AND source = 'manual' ORDER BY position LIMIT 1"
)


async def manual_list_of(db: Database, collection_id: int) -> int | None:
    """The list that edits of a collection go to: the first of its own that is kept by hand."""
    found: int | None = await db.value(_OF_COLLECTION, collection_id)
    return found


async def own_manual_list(db: Database, user_id: int, collection_id: int, name: str) -> int:
    """The same; a collection without one gets one, after its other lists.

    Raises NotFoundError for a collection that was deleted meanwhile.
    """
    async with db.write() as tx:
        row = await tx.row(_OF_COLLECTION, collection_id)
        if row is not None:
            return int(row[0])
        if await tx.row("SELECT 1 FROM collections WHERE id = ?", collection_id) is None:
            raise NotFoundError("There is no such collection.")
        list_id = await _add(tx, user_id, name)
        await tx.run(
            "INSERT INTO collection_lists (collection_id, position, list_id, op)"
            " SELECT ?1, 1 + coalesce(max(position), -1), ?2, 'union'"
            " FROM collection_lists WHERE collection_id = ?1",
            *(collection_id, list_id),
        )
    return list_id


async def edit_manual_list(
    db: Database, list_id: int, change: Change, *, by_hand: bool = True
) -> list[ListItem]:
    """The rows after `change`. Nothing is written where it changes nothing.

    `read_at` of the list is when somebody last changed it `by_hand`.
    """
    async with db.write() as tx:
        return await _edit(tx, list_id, change, by_hand=by_hand)


async def _edit(
    tx: Transaction, list_id: int, change: Change, *, by_hand: bool = True
) -> list[ListItem]:
    rows = await tx.rows("SELECT * FROM list_items WHERE list_id = ? ORDER BY rank", list_id)
    before = [list_item_of(row) for row in rows]
    after = [
        item
        if item.rank == rank and item.key
        else replace(item, rank=rank, key=item.key or secrets.token_urlsafe(6))
        for rank, item in enumerate(change(list(before)), start=1)
    ]
    same = _same(before, after)
    if same == len(after) == len(before):
        return after
    last = max(len(before), len(after))
    if len(before) == len(after):
        last -= _same(before[:same:-1], after[:same:-1])
    await tx.run(
        "DELETE FROM list_items WHERE list_id = ? AND rank BETWEEN ? AND ?",
        *(list_id, same + 1, last),
    )
    await insert_list_items(tx, list_id, after[same:last])
    await _count_edit(tx, list_id, len(after), by_hand=by_hand)
    return after


async def _count_edit(
    tx: Transaction, list_id: int, rows: int | None = None, *, by_hand: bool = True
) -> None:
    """`rows` None: as many as before."""
    await tx.run(
        "UPDATE lists SET snapshot = snapshot + 1, item_count = coalesce(?1, item_count),"
        " good_count = coalesce(?1, item_count), short_by = 0, suspect = NULL, error = NULL,"
        " error_at = NULL, checked_at = ?2,"
        " read_at = CASE WHEN ?3 THEN ?2 ELSE read_at END WHERE id = ?4",
        *(rows, stamp(utc_now()), by_hand, list_id),
    )


def _same(one: Sequence[ListItem], other: Sequence[ListItem]) -> int:
    """How many rows are the same from the beginning on."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a is not b and a != b), min(len(one), len(other)))


async def edit_row(
    db: Database, list_id: int, key: str, *, position: int | None = None, note: str | None = None
) -> ListItem | None:
    """Move one row, or write its note; None for either: it stays. A note of "" goes.

    The row as it is then; None if there is none. A place beyond the end is the end.
    """
    async with db.write() as tx:
        row = await tx.row(
            "SELECT rank, note, (SELECT count(*) FROM list_items WHERE list_id = ?1) AS last"
            " FROM list_items WHERE list_id = ?1 AND key = ?2",
            *(list_id, key),
        )
        if row is None:
            return None
        place = row["rank"] if position is None else max(1, min(position, row["last"]))
        noted = note is not None and (note or None) != row["note"]
        if noted:
            await tx.run(
                "UPDATE list_items SET note = ? WHERE list_id = ? AND rank = ?",
                *(note or None, list_id, row["rank"]),
            )
        if place != row["rank"]:
            await _move(tx, list_id, row["rank"], place)
        if noted or place != row["rank"]:
            await _count_edit(tx, list_id)
        fresh = await tx.row(
            "SELECT * FROM list_items WHERE list_id = ? AND rank = ?", list_id, place
        )
        assert fresh is not None
    return list_item_of(fresh)


async def _move(tx: Transaction, list_id: int, old: int, new: int) -> None:
    # By way of negative ranks: two rows may not have one rank even for a moment.
    await tx.run(
        "UPDATE list_items SET rank = -rank WHERE list_id = ? AND rank BETWEEN ? AND ?",
        *(list_id, min(old, new), max(old, new)),
    )
    await tx.run(
        "UPDATE list_items SET rank = CASE WHEN rank = -?2 THEN ?3 ELSE ?4 - rank END"
        " WHERE list_id = ?1 AND rank < 0",
        *(list_id, old, new, 1 if new < old else -1),
    )


async def remove_row(db: Database, list_id: int, key: str) -> str | None:
    """Take one row off. The token brings it back within the hour; None: it was not there."""
    now = utc_now()
    async with db.write() as tx:
        row = await tx.row("SELECT * FROM list_items WHERE list_id = ? AND key = ?", list_id, key)
        if row is None:
            return None
        token = secrets.token_urlsafe(12)
        await tx.run(
            "DELETE FROM removed_rows WHERE list_id = ? AND removed_at < ?",
            *(list_id, stamp(now - UNDO_FOR)),
        )
        await tx.run(
            "INSERT INTO removed_rows (token, list_id, row, removed_at) VALUES (?, ?, ?, ?)",
            *(token, list_id, json.dumps(dict(row)), stamp(now)),
        )
        await tx.run("DELETE FROM list_items WHERE list_id = ? AND rank = ?", list_id, row["rank"])
        await tx.run(
            "UPDATE list_items SET rank = -rank WHERE list_id = ? AND rank > ?",
            *(list_id, row["rank"]),
        )
        await tx.run(
            "UPDATE list_items SET rank = -rank - 1 WHERE list_id = ? AND rank < 0", list_id
        )
        left = await tx.row("SELECT count(*) FROM list_items WHERE list_id = ?", list_id)
        await _count_edit(tx, list_id, left[0] if left else 0)
    return token


async def removed_row(db: Database, list_id: int, token: str) -> ListItem | None:
    """What that removal took off; None once it cannot be undone any more."""
    row = await db.row(_REMOVED, token, list_id, stamp(utc_now() - UNDO_FOR))
    return None if row is None else list_item_of(json.loads(row["row"]))


_REMOVED = "SELECT row FROM removed_rows WHERE token = ? AND list_id = ? AND removed_at >= ?"


async def restore_row(db: Database, list_id: int, token: str) -> ListItem:
    """Put back what a removal took off, to its old place. Raises NotFoundError when too late."""
    async with db.write() as tx:
        row = await tx.row(_REMOVED, token, list_id, stamp(utc_now() - UNDO_FOR))
        if row is None:
            raise NotFoundError("That cannot be undone any more. Add the title anew.")
        back = list_item_of(json.loads(row["row"]))
        await _edit(
            tx, list_id, lambda kept: [*kept[: back.rank - 1], back, *kept[back.rank - 1 :]]
        )
        await tx.run("DELETE FROM removed_rows WHERE token = ?", token)
    return back


async def unsettled_rows(
    db: Database, collection_ids: Sequence[int]
) -> dict[tuple[int, int], list[ListItem]]:
    """Rows without a kind, or called by their id, by (user, list) of these collections."""
    rows = await db.rows(
        "SELECT list_items.*, collections.user_id FROM collections"
        " JOIN collection_lists ON collection_id = collections.id"
        " JOIN lists ON lists.id = collection_lists.list_id"
        " JOIN list_items ON list_items.list_id = lists.id"
        " WHERE collections.id IN (SELECT value FROM json_each(?)) AND source = 'manual'"
        " AND (list_items.kind = 'unknown' OR title = imdb OR title LIKE 'tmdb:%'"
        " OR title LIKE 'tvdb:%' OR title LIKE 'trakt:%') ORDER BY list_items.list_id, rank",
        json.dumps(list(collection_ids)),
    )
    found: dict[tuple[int, int], list[ListItem]] = {}
    for row in rows:
        found.setdefault((row["user_id"], row["list_id"]), []).append(list_item_of(row))
    return found


async def list_rows(
    db: Database, list_id: int, words: Sequence[str] = (), *, limit: int = 100, offset: int = 0
) -> tuple[list[ListItem], int]:
    """The rows with all of `words` (in small letters) in name or note, and how many there are."""
    named = (
        "list_id = ?1 AND NOT EXISTS (SELECT 1 FROM json_each(?2) WHERE"
        " instr(lower(title || ' ' || coalesce(note, '') || ' ' || coalesce(imdb, '')), value) = 0)"
    )
    values = (list_id, json.dumps(list(words)))
    rows = await db.rows(
        f"SELECT * FROM list_items WHERE {named} ORDER BY rank LIMIT ?3 OFFSET ?4",  # noqa: S608
        *values,
        *(limit, offset),
    )
    total = await db.value(f"SELECT count(*) FROM list_items WHERE {named}", *values)  # noqa: S608
    return [list_item_of(row) for row in rows], int(total)


async def find_row(db: Database, list_id: int, key: str) -> ListItem | None:
    row = await db.row("SELECT * FROM list_items WHERE list_id = ? AND key = ?", list_id, key)
    return None if row is None else list_item_of(row)


async def titles_on_list(db: Database, list_id: int, titles: Sequence[Title]) -> list[Title]:
    """The titles of the list that share an id with one of `titles`."""
    names = ("imdb", "tmdb", "tvdb", "trakt")
    values = {name: [v for title in titles if (v := getattr(title.ids, name))] for name in names}
    rows = await db.rows(
        "SELECT * FROM list_items WHERE list_id = ?1"
        " AND (imdb IN (SELECT value FROM json_each(?2, '$.imdb'))"
        " OR tmdb IN (SELECT value FROM json_each(?2, '$.tmdb'))"
        " OR tvdb IN (SELECT value FROM json_each(?2, '$.tvdb'))"
        " OR trakt IN (SELECT value FROM json_each(?2, '$.trakt')))",
        *(list_id, json.dumps(values)),
    )
    return [list_item_of(row).title for row in rows]
