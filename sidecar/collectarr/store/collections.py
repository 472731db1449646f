"""Collections: what a user wants an Emby collection to be."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from collectarr.errors import ConflictError, NotFoundError
from collectarr.models import Look, Merge, Mode, Rules, Title, Upkeep, utc_now
from collectarr.store.collection_options import (
    look_json,
    stored_look,
    stored_upkeep,
    upkeep_json,
)
from collectarr.store.collection_titles import (
    Titles,
    forget_named,
    load_titles,
    rules_json,
    set_titles,
    stored_rules,
)
from collectarr.store.db import Database, Row, Transaction, moment, stamp
from collectarr.store.lists import forget_unused_lists

MOST_COLLECTIONS = 5_000
"""Of one user."""


@dataclass(frozen=True, slots=True)
class CollectionList:
    """`trusted_count`: rows of a suspicious snapshot that a person agreed to."""

    list_id: int
    op: str
    trusted_count: int | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """`wanted` and `owned` count its titles; None before they were counted. `changed`: they are
    not those of its last sync any more.

    `pins` are in it and `exclusions` are not, whatever its lists say. `paused`: why no schedule
    and no event starts it until a person does.
    """

    id: int
    user_id: int
    name: str
    mode: Mode
    interval_hours: int
    enabled: bool
    every_server: bool
    revision: int
    due_at: datetime
    last_synced_at: datetime | None
    wanted: int | None
    owned: int | None
    created_at: datetime
    lists: tuple[CollectionList, ...]
    merge: Merge = Merge.IN_ORDER
    rules: Rules = field(default_factory=Rules)
    pins: tuple[Title, ...] = ()
    exclusions: tuple[Title, ...] = ()
    upkeep: Upkeep = field(default_factory=Upkeep)
    look: Look = field(default_factory=Look)
    paused: str | None = None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class StoredMatch:
    """What stands for one row of a collection on one server.

    `title` tells which one that was, None where that is not known any more.
    """

    rank: int
    server_id: int
    item_ids: tuple[str, ...]
    by: str | None
    why: str
    near: tuple[str, ...] = ()
    title: int | None = None


def _collection(row: Row, lists: Sequence[CollectionList], titles: Titles) -> Collection:
    return Collection(
        id=row["id"],
        user_id=row["user_id"],
        name=row["name"],
        mode=Mode(row["mode"]),
        interval_hours=row["interval_hours"],
        enabled=bool(row["enabled"]),
        every_server=bool(row["every_server"]),
        revision=row["revision"],
        due_at=datetime.fromisoformat(row["due_at"]),
        last_synced_at=moment(row["last_synced_at"]),
        wanted=row["wanted"],
        owned=row["owned"],
        created_at=datetime.fromisoformat(row["created_at"]),
        lists=tuple(lists),
        merge=Merge(row["merge"]),
        rules=stored_rules(row["rules"]),
        pins=titles.pins,
        exclusions=titles.exclusions,
        upkeep=stored_upkeep(row["upkeep"]),
        look=stored_look(row["look"]),
        paused=row["paused"],
        changed=bool(row["changed"]),
    )


async def _load(db: Database, where: str, *values: object) -> list[Collection]:
    rows = await db.rows(f"SELECT collections.* FROM collections {where}", *values)  # noqa: S608
    ids = json.dumps([row["id"] for row in rows])
    lists: dict[int, list[CollectionList]] = {}
    for row in await db.rows(
        "SELECT collection_id, list_id, op, trusted_count FROM collection_lists"
        " WHERE collection_id IN (SELECT value FROM json_each(?)) ORDER BY collection_id, position",
        ids,
    ):
        entry = CollectionList(row["list_id"], row["op"], row["trusted_count"])
        lists.setdefault(row["collection_id"], []).append(entry)
    titles = await load_titles(db, ids)
    none = Titles()
    return [_collection(row, lists.get(row["id"], ()), titles.get(row["id"], none)) for row in rows]


async def list_collections(db: Database, user_id: int) -> list[Collection]:
    return await _load(db, "WHERE user_id = ? ORDER BY name COLLATE NOCASE, id", user_id)


async def get_collection(db: Database, user_id: int, collection_id: int) -> Collection:
    found = await _load(db, "WHERE id = ? AND user_id = ?", collection_id, user_id)
    if not found:
        raise NotFoundError("There is no such collection.")
    return found[0]


async def load_collections(db: Database, ids: Sequence[int]) -> list[Collection]:
    """For runs, which have checked already whose they are."""
    where = "WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
    return await _load(db, where, json.dumps(list(ids)))


async def due_collections(db: Database, now: datetime) -> list[Collection]:
    where = "WHERE enabled = 1 AND paused IS NULL AND due_at <= ? ORDER BY due_at, id"
    return await _load(db, where, stamp(now))


async def add_collection(
    db: Database,
    user_id: int,
    *,
    name: str,
    mode: Mode,
    interval_hours: int,
    enabled: bool,
    lists: Sequence[CollectionList],
    server_ids: Sequence[int],
    every_server: bool = False,
    merge: Merge = Merge.IN_ORDER,
    rules: Rules | None = None,
    pins: Sequence[Title] = (),
    exclusions: Sequence[Title] = (),
    upkeep: Upkeep | None = None,
    look: Look | None = None,
) -> Collection:
    """`every_server`: servers that are added later are its own as well."""
    now = utc_now()
    async with db.write() as tx:
        await _check_room(tx, user_id)
        collection_id = await tx.insert(
            "INSERT INTO collections (user_id, name, mode, interval_hours, enabled, every_server,"
            " due_at, created_at, merge, rules, upkeep, look)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(user_id, name, mode.value, interval_hours, int(enabled), int(every_server)),
            *(stamp(now + timedelta(hours=interval_hours)), stamp(now)),
            *(merge.value, rules_json(rules or Rules())),
            *(upkeep_json(upkeep or Upkeep()), look_json(look or Look())),
        )
        await set_titles(tx, collection_id, "pin", pins)
        await set_titles(tx, collection_id, "exclude", exclusions)
        await _set_lists(tx, collection_id, lists)
        await _set_targets(tx, collection_id, server_ids)
    return await get_collection(db, user_id, collection_id)


async def _check_room(tx: Transaction, user_id: int) -> None:
    """Raises ConflictError when the user has as many collections as anybody may have."""
    row = await tx.row("SELECT count(*) FROM collections WHERE user_id = ?", user_id)
    if row is not None and row[0] >= MOST_COLLECTIONS:
        raise ConflictError(
            f"There are {MOST_COLLECTIONS} collections already. Delete one first.",
            code="too_many_collections",
        )


async def update_collection(
    db: Database,
    collection: Collection,
    *,
    name: str,
    mode: Mode,
    interval_hours: int,
    enabled: bool,
    lists: Sequence[CollectionList] | None = None,
    server_ids: Sequence[int] | None = None,
    every_server: bool = False,
    merge: Merge | None = None,
    rules: Rules | None = None,
    pins: Sequence[Title] | None = None,
    exclusions: Sequence[Title] | None = None,
    upkeep: Upkeep | None = None,
    look: Look | None = None,
    by: datetime | None = None,
) -> Collection:
    """What is None stays as it is; `every_server` goes with `server_ids`. It is due by `by`."""
    async with db.write() as tx:
        known = await tx.run(
            "UPDATE collections SET name = ?, mode = ?, interval_hours = ?, enabled = ?,"
            " revision = revision + 1, due_at = ?, merge = coalesce(?, merge),"
            " rules = coalesce(?, rules), upkeep = coalesce(?, upkeep), look = coalesce(?, look)"
            " WHERE id = ?",
            *(name, mode.value, interval_hours, int(enabled)),
            stamp(_next_due(collection.last_synced_at, interval_hours, by)),
            *(merge and merge.value, rules and rules_json(rules)),
            *(upkeep and upkeep_json(upkeep), look and look_json(look), collection.id),
        )
        if not known:
            raise NotFoundError("There is no such collection.")
        for role, titles in (("pin", pins), ("exclude", exclusions)):
            if titles is not None:
                await set_titles(tx, collection.id, role, titles)
        if lists is not None:
            await _set_lists(tx, collection.id, lists)
            await forget_unused_lists(tx)
        if server_ids is not None:
            await tx.run(
                "UPDATE collections SET every_server = ? WHERE id = ?",
                *(int(every_server), collection.id),
            )
            await _set_targets(tx, collection.id, server_ids)
    return await get_collection(db, collection.user_id, collection.id)


def _next_due(last: datetime | None, interval_hours: int, by: datetime | None) -> datetime:
    due = (last or utc_now()) + timedelta(hours=interval_hours)
    return due if by is None else min(due, by)


async def _set_lists(tx: Transaction, collection_id: int, lists: Sequence[CollectionList]) -> None:
    await tx.run("DELETE FROM collection_lists WHERE collection_id = ?", collection_id)
    await tx.many(
        "INSERT INTO collection_lists (collection_id, position, list_id, op, trusted_count)"
        " VALUES (?, ?, ?, ?, ?)",
        [(collection_id, i, x.list_id, x.op, x.trusted_count) for i, x in enumerate(lists)],
    )


async def _set_targets(tx: Transaction, collection_id: int, server_ids: Sequence[int]) -> None:
    await tx.many(
        "INSERT INTO targets (collection_id, server_id) VALUES (?, ?)"
        " ON CONFLICT (collection_id, server_id) DO NOTHING",
        [(collection_id, server_id) for server_id in server_ids],
    )
    # Naming a server anew takes back that it was to be left alone.
    await tx.run(
        "UPDATE targets SET state = 'ok' WHERE collection_id = ? AND state = 'stopped'",
        collection_id,
    )
    for table in ("targets", "matches"):
        await tx.run(
            f"DELETE FROM {table} WHERE collection_id = ? AND server_id NOT IN"  # noqa: S608
            " (SELECT value FROM json_each(?))",
            *(collection_id, json.dumps(list(server_ids))),
        )


async def trust_lists(db: Database, collection_ids: Sequence[int]) -> None:
    """A person agreed to what the present snapshots take out of these collections."""
    async with db.write() as tx:
        await tx.run(
            "UPDATE collection_lists SET trusted_count ="
            " (SELECT item_count FROM lists WHERE id = list_id)"
            " WHERE collection_id IN (SELECT value FROM json_each(?))",
            json.dumps(list(collection_ids)),
        )


async def delete_collection(db: Database, collection_id: int) -> None:
    async with db.write() as tx:
        await forget_named(tx, collection_id)
        await tx.run("DELETE FROM collections WHERE id = ?", collection_id)
        await forget_unused_lists(tx)


async def record_sync(
    db: Database,
    collection: Collection,
    now: datetime,
    *,
    wanted: int,
    owned: int,
    by: datetime | None = None,
) -> None:
    """`by`: the next sync is due then at the latest, whatever the interval."""
    async with db.write() as tx:
        # Its interval may have been edited while it was syncing.
        row = await tx.row("SELECT interval_hours FROM collections WHERE id = ?", collection.id)
        if row is not None:
            await tx.run(
                "UPDATE collections SET last_synced_at = ?, due_at = ?, wanted = ?, owned = ?,"
                # Unless it was changed while it was syncing, or a plan waits or was cut short.
                " changed = CASE WHEN revision = ? AND NOT EXISTS (SELECT 1 FROM targets"
                " WHERE collection_id = collections.id AND state <> 'stopped'"
                " AND (inputs IS NULL OR held IS NOT NULL)) THEN 0 ELSE changed END WHERE id = ?",
                *(stamp(now), stamp(_next_due(now, row["interval_hours"], by))),
                *(wanted, owned, collection.revision, collection.id),
            )


async def load_matches(
    db: Database, collection_id: int, server_id: int | None = None
) -> list[StoredMatch]:
    rows = await db.rows(
        "SELECT * FROM matches WHERE collection_id = ?1 AND (?2 IS NULL OR server_id = ?2)"
        " ORDER BY rank, server_id",
        *(collection_id, server_id),
    )
    return [match_of(row) for row in rows]


def match_of(row: Row) -> StoredMatch:
    near = tuple(json.loads(row["near"]))
    items = tuple(json.loads(row["item_ids"]))
    by, why, title = row["matched_by"], row["why"], row["title"]
    return StoredMatch(row["rank"], row["server_id"], items, by, why, near, title)


async def save_matches(
    db: Database, collection_id: int, server_id: int, matches: Sequence[StoredMatch]
) -> None:
    """Write only the rows that differ: most syncs change few of them."""
    known = {row.rank: row for row in await load_matches(db, collection_id, server_id)}
    moved = [row for row in matches if known.get(row.rank) != row]
    gone = known.keys() - {row.rank for row in matches}
    if not moved and not gone:
        return
    async with db.write() as tx:
        await write_matches(tx, collection_id, moved)
        await tx.many(
            "DELETE FROM matches WHERE collection_id = ? AND rank = ? AND server_id = ?",
            [(collection_id, rank, server_id) for rank in gone],
        )


async def write_matches(
    tx: Transaction, collection_id: int, matches: Iterable[StoredMatch]
) -> None:
    await tx.many(
        "INSERT OR REPLACE INTO matches (collection_id, rank, server_id, item_ids, matched_by,"
        " why, near, title) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(collection_id, x.rank, x.server_id, json.dumps(x.item_ids)),
                *(x.by, x.why, json.dumps(x.near), x.title),
            )
            for x in matches
        ],
    )
