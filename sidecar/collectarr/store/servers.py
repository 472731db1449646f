"""Emby servers, their libraries and what they hold (the presence)."""

import asyncio
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from collectarr.errors import ConflictError, InvalidError, NotFoundError
from collectarr.models import Ids, Item, Kind, Library, Title, utc_now
from collectarr.store.abilities import NOTHING_KNOWN, Abilities, abilities_of
from collectarr.store.db import Database, Row, Transaction, moment, stamp


@dataclass(frozen=True, slots=True)
class Server:
    """One server of one user. `api_key` and `user_token` are sealed; `uid` is Emby's own id of
    the machine. `user_name` without a token: somebody was signed in there and is no longer.
    """

    id: int
    user_id: int
    name: str
    kind: str
    url: str
    api_key: str
    uid: str
    version: str
    admin_user_id: str
    delta_filter: str | None
    delta_since: datetime | None
    swept_at: datetime | None
    generation: int
    checked_at: datetime | None
    error: str | None
    user_name: str | None = None
    user_token: str | None = None
    abilities: Abilities = NOTHING_KNOWN

    @property
    def tells_changes(self) -> bool | None:
        """Whether it can tell what was saved since a moment; None: not proven yet."""
        return None if self.delta_filter is None else self.delta_filter != "none"


def _server(row: Row) -> Server:
    proven = row["delta_filter"] if row["delta_version"] == row["version"] else None
    return Server(
        id=row["id"],
        user_id=row["user_id"],
        name=row["name"],
        kind=row["kind"],
        url=row["url"],
        api_key=row["api_key"],
        uid=row["uid"],
        version=row["version"],
        admin_user_id=row["admin_user_id"],
        delta_filter=proven,
        delta_since=moment(row["delta_since"]),
        swept_at=moment(row["swept_at"]),
        generation=row["generation"],
        checked_at=moment(row["checked_at"]),
        error=row["error"],
        user_name=row["user_name"],
        user_token=row["user_token"],
        abilities=abilities_of(row),
    )


async def list_servers(db: Database, user_id: int) -> list[Server]:
    rows = await db.rows("SELECT * FROM servers WHERE user_id = ? ORDER BY id", user_id)
    return [_server(row) for row in rows]


async def get_server(db: Database, user_id: int, server_id: int) -> Server:
    row = await db.row("SELECT * FROM servers WHERE id = ? AND user_id = ?", server_id, user_id)
    if row is None:
        raise NotFoundError("There is no such server.")
    return _server(row)


async def find_server(db: Database, server_id: int) -> Server | None:
    """Whoever's it is: for what was checked before it came here."""
    row = await db.row("SELECT * FROM servers WHERE id = ?", server_id)
    return None if row is None else _server(row)


async def add_server(
    db: Database,
    user_id: int,
    *,
    name: str,
    kind: str,
    url: str,
    api_key: str,
    uid: str,
    version: str,
    admin_user_id: str,
    libraries: Sequence[Library],
) -> Server:
    """Raises ConflictError when the user has this machine already."""
    async with db.write() as tx:
        if await tx.row("SELECT 1 FROM servers WHERE user_id = ? AND uid = ?", user_id, uid):
            raise ConflictError(
                "That server is already here, perhaps under another address.", code="server_known"
            )
        now = stamp(utc_now())
        server_id = await tx.insert(
            "INSERT INTO servers (user_id, name, kind, url, api_key, uid, version, admin_user_id,"
            " checked_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(user_id, name, kind, url, api_key, uid, version, admin_user_id, now, now),
        )
        await _set_libraries(tx, server_id, libraries)
        await tx.run(
            "INSERT INTO targets (collection_id, server_id) SELECT id, ? FROM collections"
            " WHERE user_id = ? AND every_server = 1",
            *(server_id, user_id),
        )
    return await get_server(db, user_id, server_id)


async def update_server(
    db: Database, server_id: int, *, name: str, url: str, api_key: str, signed_in: bool = True
) -> None:
    """Not `signed_in`: the token of whoever was is forgotten."""
    async with db.write() as tx:
        await tx.run(
            "UPDATE servers SET name = ?, url = ?, api_key = ?,"
            " user_token = CASE WHEN ? THEN user_token END WHERE id = ?",
            *(name, url, api_key, signed_in, server_id),
        )


async def delete_server(db: Database, server_id: int) -> None:
    async with db.write() as tx:
        await tx.run("DELETE FROM servers WHERE id = ?", server_id)


async def record_check(db: Database, server_id: int, *, version: str, admin_user_id: str) -> None:
    """The server answered as what it is; a new version must prove its delta filter again."""
    async with db.write() as tx:
        await tx.run(
            "UPDATE servers SET version = ?, admin_user_id = ?, checked_at = ?, error = NULL"
            " WHERE id = ?",
            *(version, admin_user_id, stamp(utc_now()), server_id),
        )


async def record_contact(db: Database, server_id: int, error: str | None) -> None:
    async with db.write() as tx:
        await tx.run(
            "UPDATE servers SET error = ?, checked_at = CASE WHEN ?1 IS NULL THEN ?2"
            " ELSE checked_at END WHERE id = ?3",
            *(error, stamp(utc_now()), server_id),
        )


async def record_delta_filter(db: Database, server_id: int, delta_filter: str) -> None:
    async with db.write() as tx:
        await tx.run(
            "UPDATE servers SET delta_filter = ?, delta_version = version WHERE id = ?",
            *(delta_filter, server_id),
        )


async def record_reading(db: Database, server_id: int, since: datetime, *, swept: bool) -> None:
    """The next delta read starts at `since`."""
    async with db.write() as tx:
        await tx.run(
            "UPDATE servers SET delta_since = ?1, error = NULL, checked_at = ?2,"
            " swept_at = CASE WHEN ?3 THEN ?2 ELSE swept_at END WHERE id = ?4",
            *(stamp(since), stamp(utc_now()), swept, server_id),
        )


async def save_libraries(db: Database, server_id: int, libraries: Sequence[Library]) -> None:
    async with db.write() as tx:
        await _set_libraries(tx, server_id, libraries)


async def _set_libraries(tx: Transaction, server_id: int, libraries: Sequence[Library]) -> None:
    """What a person chose of them stays chosen; new ones are used."""
    rows = await tx.rows("SELECT id FROM libraries WHERE server_id = ? AND NOT used", server_id)
    unused = {row["id"] for row in rows}
    await tx.run("DELETE FROM libraries WHERE server_id = ?", server_id)
    await tx.many(
        "INSERT INTO libraries (server_id, id, name, kind, locations, used)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (server_id, x.id, x.name, x.kind, json.dumps(x.locations), x.id not in unused)
            for x in libraries
        ],
    )


async def use_libraries(db: Database, server_id: int, ids: Collection[str]) -> bool:
    """Use these libraries of a server and no others; whether that is a change.

    Then every collection on the server is planned anew. Raises NotFoundError for an id that is no
    library of it, InvalidError for none at all.
    """
    if not ids:
        words = "Choose at least one library."
        raise InvalidError(words, details={"fields": {"libraries": words}})
    async with db.write() as tx:
        rows = await tx.rows("SELECT id, used FROM libraries WHERE server_id = ?", server_id)
        if not set(ids) <= {row["id"] for row in rows}:
            raise NotFoundError("This server has no such library.")
        moved = [row["id"] for row in rows if bool(row["used"]) != (row["id"] in ids)]
        await tx.many(
            "UPDATE libraries SET used = 1 - used WHERE server_id = ? AND id = ?",
            [(server_id, key) for key in moved],
        )
        if moved:
            await tx.run("UPDATE servers SET generation = generation + 1 WHERE id = ?", server_id)
    return bool(moved)


async def list_libraries(db: Database, server_id: int) -> list[Library]:
    rows = await db.rows("SELECT * FROM libraries WHERE server_id = ? ORDER BY name", server_id)
    return [
        Library(
            row["id"],
            row["name"],
            row["kind"],
            tuple(json.loads(row["locations"])),
            bool(row["used"]),
        )
        for row in rows
    ]


_ITEM_COLUMNS = "kind, title, original_title, year, imdb, tmdb, tvdb, library_id, versions"


def item_of(row: Row) -> Item:
    title = Title(
        Kind(row["kind"]),
        row["title"],
        row["year"],
        Ids(row["imdb"], row["tmdb"], row["tvdb"]),
        row["original_title"],
    )
    return Item(row["id"], title, row["library_id"], row["versions"])


def _values(item: Item) -> tuple[str | int | None, ...]:
    title, ids = item.title, item.title.ids
    return (
        *(title.kind.value, title.title, title.original_title, title.year),
        *(ids.imdb, ids.tmdb, ids.tvdb, item.library_id, item.versions),
    )


async def save_items(
    db: Database, server_id: int, items: Iterable[Item], *, whole: bool
) -> tuple[int, int]:
    """Take in what a server holds; `whole`: whatever is not among `items` is gone.

    Returns how many rows were added or changed, and how many went.
    """
    fresh_items = {item.id: item for item in items}
    fresh = {key: _values(item) for key, item in fresh_items.items()}
    async with db.write() as tx:
        rows = await tx.rows(
            f"SELECT id, {_ITEM_COLUMNS} FROM items WHERE server_id = ?1"  # noqa: S608
            " AND (?2 OR id IN (SELECT value FROM json_each(?3)))",
            *(server_id, whole, json.dumps([] if whole else list(fresh))),
        )
        known = {row["id"]: tuple(row)[1:] for row in rows}
        moved = [(key, values) for key, values in fresh.items() if known.get(key) != values]
        gone = [key for key in known if key not in fresh] if whole else []
        await write_items(tx, server_id, [fresh_items[key] for key, _ in moved], gone)
        if moved or gone:
            await tx.run("UPDATE servers SET generation = generation + 1 WHERE id = ?", server_id)
    return len(moved), len(gone)


async def write_items(
    tx: Transaction, server_id: int, items: Iterable[Item], gone: Iterable[str]
) -> None:
    """These are as they are now, and those are gone. The generation is the caller's affair."""
    now = stamp(utc_now())
    await tx.many(
        f"INSERT INTO items (server_id, id, {_ITEM_COLUMNS}, added_at)"  # noqa: S608
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (server_id, id) DO UPDATE SET kind = excluded.kind,"
        " title = excluded.title, original_title = excluded.original_title,"
        " year = excluded.year, imdb = excluded.imdb, tmdb = excluded.tmdb,"
        " tvdb = excluded.tvdb, library_id = excluded.library_id,"
        " versions = excluded.versions",
        [(server_id, item.id, *_values(item), now) for item in items],
    )
    await tx.many(
        "DELETE FROM items WHERE server_id = ? AND id = ?",
        [(server_id, key) for key in gone],
    )


async def remove_items(db: Database, server_id: int, ids: Sequence[str]) -> None:
    """Items that a read by their ids showed to be gone."""
    async with db.write() as tx:
        gone = await tx.run(
            "DELETE FROM items WHERE server_id = ? AND id IN (SELECT value FROM json_each(?))",
            *(server_id, json.dumps(list(ids))),
        )
        if gone:
            await tx.run("UPDATE servers SET generation = generation + 1 WHERE id = ?", server_id)


async def load_items(db: Database, server_id: int) -> list[Item]:
    rows = await db.rows("SELECT * FROM items WHERE server_id = ?", server_id)
    return await asyncio.to_thread(lambda: [item_of(row) for row in rows])


async def items_of(db: Database, server_id: int, ids: Sequence[str]) -> list[Item]:
    """Those of `ids` that the server holds."""
    rows = await db.rows(
        "SELECT * FROM items WHERE server_id = ? AND id IN (SELECT value FROM json_each(?))",
        *(server_id, json.dumps(list(ids))),
    )
    return [item_of(row) for row in rows]


async def count_items(db: Database, server_id: int) -> dict[str, int]:
    """Number of items by kind."""
    rows = await db.rows(
        "SELECT kind, count(*) AS n FROM items WHERE server_id = ? GROUP BY kind", server_id
    )
    return {row["kind"]: row["n"] for row in rows}


async def newest_items(db: Database, user_id: int, limit: int) -> list[tuple[int, Item]]:
    """What came to a user's servers last, as (server id, item)."""
    # The newest of each server by its index, then of those: not a sort of all items.
    rows = [
        row
        for server in await db.rows("SELECT id FROM servers WHERE user_id = ?", user_id)
        for row in await db.rows(
            "SELECT * FROM items WHERE server_id = ? ORDER BY added_at DESC, id LIMIT ?",
            *(server["id"], limit),
        )
    ]
    rows.sort(key=lambda row: str(row["added_at"]), reverse=True)
    return [(row["server_id"], item_of(row)) for row in rows[:limit]]
