"""What pages say of servers and their libraries, each in one read."""

from dataclasses import dataclass

from collectarr.store.db import Database


@dataclass(frozen=True, slots=True)
class ServerCounts:
    libraries: int
    items: int
    collections: int


async def server_counts(db: Database, user_id: int) -> dict[int, ServerCounts]:
    rows = await db.rows(
        "SELECT id, (SELECT count(*) FROM libraries WHERE server_id = servers.id),"
        " (SELECT count(*) FROM items WHERE server_id = servers.id),"
        " (SELECT count(*) FROM targets WHERE server_id = servers.id AND state = 'ok')"
        " FROM servers WHERE user_id = ?",
        user_id,
    )
    return {key: ServerCounts(*values) for key, *values in rows}


@dataclass(frozen=True, slots=True)
class LibraryOf:
    server_id: int
    id: str
    name: str
    kind: str
    used: bool


async def libraries_of(db: Database, user_id: int) -> list[LibraryOf]:
    """The libraries of all of a user's servers, by name."""
    rows = await db.rows(
        "SELECT server_id, libraries.id, libraries.name, libraries.kind, used FROM libraries"
        " JOIN servers ON servers.id = server_id WHERE user_id = ?"
        " ORDER BY server_id, libraries.name COLLATE NOCASE",
        user_id,
    )
    return [
        LibraryOf(row["server_id"], row["id"], row["name"], row["kind"], bool(row["used"]))
        for row in rows
    ]


async def count_by_library(db: Database, server_id: int) -> dict[str, int]:
    """Items in each library of a server. It looks at each of them: keep the answer."""
    rows = await db.rows(
        "SELECT library_id, count(*) FROM items WHERE server_id = ? AND library_id IS NOT NULL"
        " GROUP BY library_id",
        server_id,
    )
    return {row[0]: row[1] for row in rows}
