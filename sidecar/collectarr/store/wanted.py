"""What each collection wants, in the short form that `sync.wanted` reads and writes."""

import json
from collections.abc import Collection, Iterable

from collectarr.models import ListItem, Title
from collectarr.store.collections import StoredMatch, match_of, write_matches
from collectarr.store.db import Database
from collectarr.store.lists import list_item_of


async def load_wanted(db: Database, known: Collection[int] = ()) -> list[tuple[int, str, bytes]]:
    """(collection id, what it was made of, keys) of all but the `known` ones."""
    rows = await db.rows(
        "SELECT * FROM wanted WHERE collection_id NOT IN (SELECT value FROM json_each(?))",
        json.dumps(list(known)),
    )
    return [(row["collection_id"], row["made_of"], row["keys"]) for row in rows]


async def save_wanted(db: Database, collection_id: int, made_of: str, keys: bytes) -> None:
    """Nothing for a collection that is gone."""
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO wanted (collection_id, made_of, keys)"
            " SELECT id, ?, ? FROM collections WHERE id = ?"
            " ON CONFLICT (collection_id) DO UPDATE SET made_of = excluded.made_of,"
            " keys = excluded.keys",
            *(made_of, keys, collection_id),
        )


async def live_collections(db: Database, server_id: int) -> dict[int, bool]:
    """Those that events may start on a server; whether each has been synced before."""
    rows = await db.rows(
        "SELECT collections.id, last_synced_at FROM collections JOIN targets"
        " ON collection_id = collections.id WHERE server_id = ? AND enabled = 1"
        " AND paused IS NULL AND state = 'ok' ORDER BY collections.id",
        server_id,
    )
    return {row["id"]: row["last_synced_at"] is not None for row in rows}


async def list_rows_named(
    db: Database, list_ids: Collection[int], titles: Iterable[Title]
) -> list[ListItem]:
    """Rows of these lists that share an id with one of `titles`."""
    named = [title.ids for title in titles]
    wanted = [
        json.dumps([value for ids in named if (value := getattr(ids, name)) is not None])
        for name in ("imdb", "tmdb", "tvdb")
    ]
    rows = await db.rows(
        "SELECT * FROM list_items WHERE list_id IN (SELECT value FROM json_each(?1))"
        " AND (imdb IN (SELECT value FROM json_each(?2)) OR tmdb IN (SELECT value FROM"
        " json_each(?3)) OR tvdb IN (SELECT value FROM json_each(?4)))",
        *(json.dumps(list(list_ids)), *wanted),
    )
    return [list_item_of(row) for row in rows]


async def matches_at(
    db: Database, collection_id: int, server_id: int, ranks: Collection[int]
) -> dict[int, StoredMatch]:
    """What stands for these rows of a collection."""
    rows = await db.rows(
        "SELECT * FROM matches WHERE collection_id = ? AND server_id = ?"
        " AND rank IN (SELECT value FROM json_each(?))",
        *(collection_id, server_id, json.dumps(list(ranks))),
    )
    return {row["rank"]: match_of(row) for row in rows}


async def put_matches(db: Database, collection_id: int, matches: Iterable[StoredMatch]) -> None:
    """In the place of what stood for these rows; all others stay as they are."""
    async with db.write() as tx:
        await write_matches(tx, collection_id, matches)
