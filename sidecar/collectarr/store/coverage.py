"""How much of some titles each library holds, found by their ids alone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from collectarr.models import Kind, Title
from collectarr.store.db import Database

_KINDS = {"movies": Kind.MOVIE, "tvshows": Kind.SHOW}


@dataclass(frozen=True, slots=True)
class LibraryCoverage:
    """`owned` of `total` titles; `total` counts those that such a library can hold."""

    server_id: int
    server: str
    library_id: str
    library: str
    owned: int
    total: int


async def library_coverage(
    db: Database, user_id: int, titles: Sequence[Title]
) -> list[LibraryCoverage]:
    """Of each library of each of the user's servers."""
    wanted = [
        {"n": n, "kind": title.kind.value, **title.ids.as_dict()} for n, title in enumerate(titles)
    ]
    rows = await db.rows(
        "WITH wanted AS MATERIALIZED (SELECT value ->> 'n' AS n, value ->> 'kind' AS kind,"
        " value ->> 'imdb' AS imdb, value ->> 'tmdb' AS tmdb, value ->> 'tvdb' AS tvdb"
        " FROM json_each(?2)),"
        " mine AS MATERIALIZED (SELECT id, name FROM servers WHERE user_id = ?1),"
        " found AS ("
        " SELECT n, server_id, library_id FROM mine JOIN wanted JOIN items"
        " ON server_id = mine.id AND items.imdb = wanted.imdb"
        " AND (items.kind = wanted.kind OR wanted.kind = 'unknown')"
        " UNION SELECT n, server_id, library_id FROM mine JOIN wanted JOIN items"
        " ON server_id = mine.id AND items.kind = wanted.kind AND items.tmdb = wanted.tmdb"
        " UNION SELECT n, server_id, library_id FROM mine JOIN wanted JOIN items"
        " ON server_id = mine.id AND items.kind = wanted.kind AND items.tvdb = wanted.tvdb)"
        " SELECT mine.id AS server_id, mine.name AS server, libraries.id AS library_id,"
        " libraries.name AS library, libraries.kind AS kind, count(found.n) AS owned"
        " FROM mine JOIN libraries ON libraries.server_id = mine.id"
        " LEFT JOIN found ON found.server_id = mine.id AND found.library_id = libraries.id"
        " GROUP BY mine.id, libraries.id ORDER BY mine.name, mine.id, libraries.name",
        *(user_id, json.dumps(wanted)),
    )
    return [
        LibraryCoverage(
            row["server_id"],
            row["server"],
            row["library_id"],
            row["library"],
            row["owned"],
            _fitting(titles, row["kind"]),
        )
        for row in rows
    ]


def _fitting(titles: Sequence[Title], library_kind: str) -> int:
    kind = _KINDS.get(library_kind)
    if kind is None:
        return len(titles)
    return sum(title.kind in (kind, Kind.UNKNOWN) for title in titles)
