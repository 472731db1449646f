"""Lists at their sources, kept as their last good snapshot, and who may read them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from collectarr.models import Ids, Kind, ListInfo, ListItem, Snapshot, Title, utc_now
from collectarr.store.db import Database, Row, Transaction, moment, stamp

PUBLIC = "public"
JUST_NAMED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class StoredList:
    """`suspect` says why removals on its last snapshot wait for a person.

    `source_id` names it at its source whatever it is called there. `state`: `ok`, `private`
    (read while it was not), `gone`, or `failing`; `error` says it in words, since `error_at`.
    `promised` and `came` count rows of its last reading, good or not. `changed_at`: by its owner.
    """

    id: int
    source: str
    reference: str
    audience: str
    name: str
    owner: str | None
    url: str | None
    version: str | None
    item_count: int
    good_count: int
    short_by: int
    snapshot: int
    read_at: datetime | None
    checked_at: datetime | None
    error: str | None
    suspect: str | None
    source_id: str | None
    state: str
    error_at: datetime | None
    promised: int | None
    came: int | None
    changed_at: datetime | None
    poster: str | None


def _list(row: Row) -> StoredList:
    return StoredList(
        id=row["id"],
        source=row["source"],
        reference=row["reference"],
        audience=row["audience"],
        name=row["name"],
        owner=row["owner"],
        url=row["url"],
        version=row["version"],
        item_count=row["item_count"],
        good_count=row["good_count"],
        short_by=row["short_by"],
        snapshot=row["snapshot"],
        read_at=moment(row["read_at"]),
        checked_at=moment(row["checked_at"]),
        error=row["error"],
        suspect=row["suspect"],
        source_id=row["source_id"],
        state=row["state"],
        error_at=moment(row["error_at"]),
        promised=row["promised"],
        came=row["came"],
        changed_at=moment(row["changed_at"]),
        poster=row["poster"],
    )


def audience_of(info: ListInfo, user_id: int) -> str:
    """Who may share one reading of a list: everybody, or only this user."""
    return PUBLIC if info.public else f"user:{user_id}"


async def save_list(db: Database, user_id: int, info: ListInfo) -> StoredList:
    """The list as this user may see it; the user has just proven access to it."""
    audience = audience_of(info, user_id)
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO lists (source, reference, audience, name, owner, url, description,"
            " source_id, changed_at, poster) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
            " ON CONFLICT (source, reference, audience) DO UPDATE SET"
            # A source that told no name tells no description either.
            " name = CASE WHEN ?11 THEN excluded.name ELSE name END,"
            " description = CASE WHEN ?11 THEN excluded.description ELSE description END,"
            " owner = excluded.owner, url = excluded.url,"
            # The one that its rows are of: the next reading tells whether it moved.
            " source_id = coalesce(source_id, excluded.source_id),"
            " changed_at = coalesce(excluded.changed_at, changed_at),"
            " poster = coalesce(excluded.poster, poster)",
            *(info.source, info.reference, audience),
            *(info.name, info.owner, info.url, info.description),
            *(info.source_id, _stamp(info.updated_at), info.poster, info.named),
        )
        row = await tx.row(
            "SELECT * FROM lists WHERE source = ? AND reference = ? AND audience = ?",
            *(info.source, info.reference, audience),
        )
        assert row is not None
        await tx.run(
            "INSERT INTO list_access (list_id, user_id, checked_at) VALUES (?, ?, ?)"
            " ON CONFLICT (list_id, user_id) DO UPDATE SET checked_at = excluded.checked_at",
            *(row["id"], user_id, stamp(utc_now())),
        )
    return _list(row)


async def get_lists(db: Database, ids: Sequence[int]) -> dict[int, StoredList]:
    rows = await db.rows(
        "SELECT * FROM lists WHERE id IN (SELECT value FROM json_each(?))", json.dumps(list(ids))
    )
    return {row["id"]: _list(row) for row in rows}


async def find_list(db: Database, source: str, reference: str, audience: str) -> StoredList | None:
    row = await db.row(
        "SELECT * FROM lists WHERE source = ? AND reference = ? AND audience = ?",
        *(source, reference, audience),
    )
    return None if row is None else _list(row)


async def users_of_list(db: Database, list_id: int) -> list[int]:
    """Whoever has it in a collection."""
    rows = await db.rows(
        "SELECT DISTINCT user_id FROM collection_lists"
        " JOIN collections ON collections.id = collection_id WHERE list_id = ? ORDER BY user_id",
        list_id,
    )
    return [row["user_id"] for row in rows]


async def load_list_items(db: Database, list_id: int) -> list[ListItem]:
    rows = await db.rows("SELECT * FROM list_items WHERE list_id = ? ORDER BY rank", list_id)
    return [list_item_of(row) for row in rows]


def list_item_of(row: Row) -> ListItem:
    ids = Ids(row["imdb"], row["tmdb"], row["tvdb"], row["trakt"])
    title = Title(Kind(row["kind"]), row["title"], row["year"], ids, row["original_title"])
    return ListItem(
        rank=row["rank"],
        title=title,
        poster=row["poster"],
        genres=tuple(json.loads(row["genres"])),
        rating=row["rating"],
        released=date.fromisoformat(row["released"]) if row["released"] else None,
        added_at=moment(row["added_at"]),
        via=row["via"],
        key=row["key"],
        note=row["note"],
    )


async def save_snapshot(
    db: Database, list_id: int, snapshot: Snapshot, *, suspect: str | None
) -> None:
    """Replace the last good snapshot by a newer good one."""
    now, info = stamp(utc_now()), snapshot.info
    async with db.write() as tx:
        await tx.run("DELETE FROM list_items WHERE list_id = ?", list_id)
        await insert_list_items(tx, list_id, snapshot.items)
        await tx.run(
            "UPDATE lists SET version = ?1, item_count = ?2, came = ?2, short_by = ?3,"
            " promised = ?2 + ?3, suspect = ?4, state = 'ok', error = NULL, error_at = NULL,"
            " good_count = CASE WHEN ?4 IS NULL THEN ?2 ELSE good_count END,"
            " snapshot = snapshot + 1, read_at = ?5, checked_at = ?5,"
            " name = CASE WHEN ?13 THEN ?6 ELSE name END,"
            " owner = coalesce(?7, owner), url = coalesce(?8, url),"
            " source_id = coalesce(?9, source_id), changed_at = coalesce(?10, changed_at),"
            " poster = coalesce(?11, poster) WHERE id = ?12",
            *(info.version, len(snapshot.items), snapshot.short_by, suspect, now, info.name),
            *(info.owner, info.url, info.source_id, _stamp(info.updated_at), info.poster),
            *(list_id, info.named),
        )


async def insert_list_items(tx: Transaction, list_id: int, items: Iterable[ListItem]) -> None:
    await tx.many(
        "INSERT INTO list_items (list_id, rank, kind, title, original_title, year, imdb,"
        " tmdb, tvdb, trakt, poster, genres, rating, released, added_at, via, key, note)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [_list_item_values(list_id, item) for item in items],
    )


def _list_item_values(list_id: int, item: ListItem) -> tuple[str | int | None, ...]:
    title, ids = item.title, item.title.ids
    return (
        *(list_id, item.rank, title.kind.value, title.title, title.original_title, title.year),
        *(ids.imdb, ids.tmdb, ids.tvdb, ids.trakt, item.poster),
        *(json.dumps(item.genres), item.rating),
        item.released.isoformat() if item.released else None,
        _stamp(item.added_at),
        *(item.via, item.key, item.note),
    )


def _stamp(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)


async def record_list_check(
    db: Database,
    list_id: int,
    error: str | None,
    state: str = "failing",
    refused: Snapshot | None = None,
) -> None:
    """A look at the source that brought no new snapshot: it was unchanged, or failed.

    `refused`: a reading that was not believed.
    """
    now = stamp(utc_now())
    came = None if refused is None else len(refused.items)
    promised = None if refused is None else len(refused.items) + refused.short_by
    async with db.write() as tx:
        await tx.run(
            "UPDATE lists SET checked_at = ?1, error = ?2,"
            " state = CASE WHEN ?2 IS NULL THEN 'ok' ELSE ?3 END,"
            " error_at = CASE WHEN ?2 IS NOT NULL THEN coalesce(error_at, ?1) END,"
            " promised = coalesce(?4, promised), came = coalesce(?5, came) WHERE id = ?6",
            *(now, error, state, promised, came, list_id),
        )


async def add_twin_list(
    db: Database, known: StoredList, reference: str, audience: str
) -> StoredList:
    """The same list for another audience, empty yet: what it had counts for what it will have."""
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO lists (source, reference, audience, name, owner, url, description,"
            " source_id, good_count, changed_at, poster)"
            " SELECT source, ?1, ?2, name, owner, url, description, source_id,"
            " max(good_count, item_count), changed_at, poster FROM lists WHERE id = ?3"
            " ON CONFLICT (source, reference, audience) DO NOTHING",
            *(reference, audience, known.id),
        )
    made = await find_list(db, known.source, reference, audience)
    assert made is not None
    return made


async def move_list(db: Database, known: StoredList, reference: str, audience: str) -> StoredList:
    """It is called so now, or seen by others now. If such a list is there already: that one."""
    async with db.write() as tx:
        await tx.run(
            "UPDATE OR IGNORE lists SET reference = ?, audience = ? WHERE id = ?",
            *(reference, audience, known.id),
        )
    moved = await find_list(db, known.source, reference, audience)
    assert moved is not None
    return moved


async def hand_over(db: Database, list_id: int, other_id: int, user_id: int | None = None) -> None:
    """Collections, of this user or of all, take the other list in the place of this one."""
    now = stamp(utc_now())
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO list_access (list_id, user_id, checked_at)"
            " SELECT DISTINCT ?2, user_id, ?4 FROM collection_lists"
            " JOIN collections ON collections.id = collection_id"
            " WHERE list_id = ?1 AND (?3 IS NULL OR user_id = ?3)"
            " ON CONFLICT (list_id, user_id) DO UPDATE SET checked_at = excluded.checked_at",
            *(list_id, other_id, user_id, now),
        )
        await tx.run(
            "UPDATE collection_lists SET list_id = ?2 WHERE list_id = ?1 AND collection_id IN"
            " (SELECT id FROM collections WHERE ?3 IS NULL OR user_id = ?3)",
            *(list_id, other_id, user_id),
        )
        await tx.run(
            "DELETE FROM list_access WHERE list_id = ?1 AND (?2 IS NULL OR user_id = ?2)",
            *(list_id, user_id),
        )


async def grant_access(db: Database, list_id: int) -> None:
    """Everybody who has it in a collection may see it (again)."""
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO list_access (list_id, user_id, checked_at)"
            " SELECT DISTINCT list_id, user_id, ?2 FROM collection_lists"
            " JOIN collections ON collections.id = collection_id WHERE list_id = ?1"
            " ON CONFLICT (list_id, user_id) DO NOTHING",
            *(list_id, stamp(utc_now())),
        )


async def drop_access(db: Database, list_id: int, user_id: int) -> None:
    async with db.write() as tx:
        await tx.run("DELETE FROM list_access WHERE list_id = ? AND user_id = ?", list_id, user_id)


async def forget_unused_lists(tx: Transaction) -> None:
    """But for those that somebody has just named: their collection is being made right now."""
    await tx.run(
        "DELETE FROM lists WHERE id NOT IN (SELECT list_id FROM collection_lists) AND NOT EXISTS"
        " (SELECT 1 FROM list_access WHERE list_id = lists.id AND checked_at > ?)",
        stamp(utc_now() - JUST_NAMED),
    )


async def genres_of(db: Database, list_ids: Sequence[int]) -> set[str]:
    """All genres that titles on these lists have."""
    rows = await db.rows(
        "SELECT DISTINCT genre.value FROM list_items, json_each(list_items.genres) AS genre"
        " WHERE list_id IN (SELECT value FROM json_each(?))",
        json.dumps(list(list_ids)),
    )
    return {row[0] for row in rows}
