"""The presence of a server, leafed through and searched."""

import json
from collections.abc import Sequence

from collectarr.models import Item, Kind, Title
from collectarr.store.db import Database
from collectarr.store.servers import item_of

_TITLES = "lower(title || ' ' || coalesce(original_title, ''))"
_NAMED = f"NOT EXISTS (SELECT 1 FROM json_each(?2) WHERE instr({_TITLES}, value) = 0)"  # noqa: S608


async def list_presence(
    db: Database,
    server_id: int,
    words: Sequence[str],
    *,
    kind: str | None = None,
    library_id: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[Item], int]:
    """The items whose title has all of `words` (in small letters), and how many there are."""
    where = (
        f"WHERE server_id = ?1 AND {_NAMED} AND (?3 IS NULL OR kind = ?3)"
        " AND (?4 IS NULL OR library_id = ?4)"
    )
    values = (server_id, json.dumps(list(words)), kind, library_id)
    rows = await db.rows(
        f"SELECT * FROM items {where} ORDER BY title, year, id LIMIT ?5 OFFSET ?6",  # noqa: S608
        *values,
        *(limit, offset),
    )
    total = await db.value(f"SELECT count(*) FROM items {where}", *values)  # noqa: S608
    return [item_of(row) for row in rows], int(total)


async def search_presence(
    db: Database,
    server_id: int,
    words: Sequence[str],
    *,
    imdb: str | None = None,
    number: str | None = None,
    id_of: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[Item], int]:
    """Items by their title or an id: those of the id first, then the shortest titles.

    `number` is an item's own id, or one at TMDb or TVDB; `id_of` (item, tmdb, tvdb) says which.
    """
    number_is = (
        "(?4 IS NOT NULL AND ((id = ?4 AND coalesce(?5, 'item') = 'item')"
        " OR (tmdb = CAST(?4 AS INTEGER) AND coalesce(?5, 'tmdb') = 'tmdb')"
        " OR (tvdb = CAST(?4 AS INTEGER) AND coalesce(?5, 'tvdb') = 'tvdb')))"
    )
    by_id = f"((?3 IS NOT NULL AND imdb = ?3) OR {number_is})"
    named = f"(json_array_length(?2) > 0 AND {_NAMED})"
    where = f"WHERE server_id = ?1 AND ({by_id} OR {named})"
    values = (server_id, json.dumps(list(words)), imdb, number, id_of)
    rows = await db.rows(
        f"SELECT * FROM items {where}"  # noqa: S608
        f" ORDER BY {by_id} DESC, length(title), title, year, id LIMIT ?6 OFFSET ?7",
        *values,
        *(limit, offset),
    )
    total = await db.value(f"SELECT count(*) FROM items {where}", *values)  # noqa: S608
    return [item_of(row) for row in rows], int(total)


async def titles_of_libraries(
    db: Database, user_id: int, titles: Sequence[Title], *, unused: bool = False
) -> list[tuple[int, Item]]:
    """Items of a user's servers that share an id with one of `titles`, as (server id, item).

    `unused`: also those in libraries that are not in use.
    """
    by_id = [
        ("imdb", None, {title.ids.imdb for title in titles}),
        *(
            (name, kind, {getattr(title.ids, name) for title in titles if title.kind is kind})
            for name in ("tmdb", "tvdb")
            for kind in (Kind.MOVIE, Kind.SHOW)
        ),
    ]
    found: list[tuple[int, Item]] = []
    for server in await db.rows("SELECT id FROM servers WHERE user_id = ? ORDER BY id", user_id):
        for name, kind, values in by_id:
            wanted = [value for value in values if value is not None]
            rows = await db.rows(
                f"SELECT * FROM items WHERE server_id = ?1 AND {name} IN"  # noqa: S608
                " (SELECT value FROM json_each(?3)) AND (?2 IS NULL OR kind = ?2)"
                " AND (?4 OR NOT EXISTS (SELECT 1 FROM libraries WHERE NOT used"
                " AND libraries.server_id = ?1 AND libraries.id = items.library_id))",
                *(server["id"], kind, json.dumps(wanted), unused),
            )
            found += [(server["id"], item_of(row)) for row in rows]
    return found
