"""Lists at their sources, kept as their last good snapshot, and people's accounts there."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collectarr.models import Ids, Kind, ListInfo, ListItem, Snapshot, Title, utc_now
from collectarr.store.db import Database, Row, Transaction, moment, stamp

PUBLIC = "public"
JUST_NAMED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class StoredList:
    """`suspect` says why removals on its last snapshot wait for a person."""

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


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """A user's own credentials at a source; `secret` is sealed."""

    source: str
    secret: str
    username: str | None
    plan: str | None
    quota_limit: int | None
    quota_left: int | None
    quota_resets_at: datetime | None
    checked_at: datetime | None
    error: str | None


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
    )


def audience_of(info: ListInfo, user_id: int) -> str:
    """Who may share one reading of a list: everybody, or only this user."""
    return PUBLIC if info.public else f"user:{user_id}"


async def save_list(db: Database, user_id: int, info: ListInfo) -> StoredList:
    """The list as this user may see it; the user has just proven access to it."""
    audience = audience_of(info, user_id)
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO lists (source, reference, audience, name, owner, url, description)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, reference, audience) DO UPDATE"
            " SET name = excluded.name, owner = excluded.owner, url = excluded.url,"
            " description = excluded.description",
            *(info.source, info.reference, audience),
            *(info.name, info.owner, info.url, info.description),
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


async def load_list_items(db: Database, list_id: int) -> list[ListItem]:
    rows = await db.rows("SELECT * FROM list_items WHERE list_id = ? ORDER BY rank", list_id)
    return [_list_item(row) for row in rows]


def _list_item(row: Row) -> ListItem:
    ids = Ids(row["imdb"], row["tmdb"], row["tvdb"], row["trakt"])
    title = Title(Kind(row["kind"]), row["title"], row["year"], ids, row["original_title"])
    return ListItem(row["rank"], title, row["poster"])


async def save_snapshot(
    db: Database, list_id: int, snapshot: Snapshot, *, suspect: str | None
) -> None:
    """Replace the last good snapshot by a newer good one."""
    now = stamp(utc_now())
    async with db.write() as tx:
        await tx.run("DELETE FROM list_items WHERE list_id = ?", list_id)
        await tx.many(
            "INSERT INTO list_items (list_id, rank, kind, title, original_title, year, imdb,"
            " tmdb, tvdb, trakt, poster) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_list_item_values(list_id, item) for item in snapshot.items],
        )
        await tx.run(
            "UPDATE lists SET version = ?1, item_count = ?2, short_by = ?3, suspect = ?4,"
            " good_count = CASE WHEN ?4 IS NULL THEN ?2 ELSE good_count END,"
            " snapshot = snapshot + 1, read_at = ?5, checked_at = ?5, error = NULL,"
            " error_at = NULL, name = ?6 WHERE id = ?7",
            *(snapshot.info.version, len(snapshot.items), snapshot.short_by, suspect),
            *(now, snapshot.info.name, list_id),
        )


def _list_item_values(list_id: int, item: ListItem) -> tuple[str | int | None, ...]:
    title, ids = item.title, item.title.ids
    return (
        *(list_id, item.rank, title.kind.value, title.title, title.original_title, title.year),
        *(ids.imdb, ids.tmdb, ids.tvdb, ids.trakt, item.poster),
    )


async def record_list_check(db: Database, list_id: int, error: str | None) -> None:
    """A look at the source that brought no new snapshot: it was unchanged, or failed."""
    now = stamp(utc_now())
    async with db.write() as tx:
        await tx.run(
            "UPDATE lists SET checked_at = ?1, error = ?2,"
            " error_at = CASE WHEN ?2 IS NULL THEN NULL ELSE ?1 END WHERE id = ?3",
            *(now, error, list_id),
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


async def find_account(db: Database, user_id: int, source: str) -> StoredAccount | None:
    row = await db.row(
        "SELECT * FROM source_accounts WHERE user_id = ? AND source = ?", user_id, source
    )
    if row is None:
        return None
    return StoredAccount(
        source=row["source"],
        secret=row["secret"],
        username=row["username"],
        plan=row["plan"],
        quota_limit=row["quota_limit"],
        quota_left=row["quota_left"],
        quota_resets_at=moment(row["quota_resets_at"]),
        checked_at=moment(row["checked_at"]),
        error=row["error"],
    )


async def save_account(db: Database, user_id: int, account: StoredAccount) -> None:
    resets = account.quota_resets_at
    async with db.write() as tx:
        await tx.run(
            "INSERT OR REPLACE INTO source_accounts (user_id, source, secret, username, plan,"
            " quota_limit, quota_left, quota_resets_at, checked_at, error)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(user_id, account.source, account.secret, account.username, account.plan),
            *(account.quota_limit, account.quota_left, stamp(resets) if resets else None),
            *(stamp(utc_now()), account.error),
        )


async def delete_account(db: Database, user_id: int, source: str) -> None:
    async with db.write() as tx:
        await tx.run(
            "DELETE FROM source_accounts WHERE user_id = ? AND source = ?", user_id, source
        )
