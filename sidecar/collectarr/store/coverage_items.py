"""Items of a server that may be certain titles, found by their ids: never the whole library."""

import json
from collections.abc import Iterable

from collectarr.models import Item, Kind, Title
from collectarr.store.db import Database
from collectarr.store.servers import items_of

ROUNDS = 4
"""Copies share ids with each other: so often those of the last ones found are followed."""


async def items_sharing_ids(
    db: Database, server_id: int, titles: Iterable[Title], known: Iterable[Item] = ()
) -> list[Item]:
    """Items that share an id with one of `titles`, and their copies; `known` are among them."""
    found = {item.id: item for item in known}
    asked: set[tuple[str, str, str | int]] = set()
    wanted = _ids_of([*titles, *(item.title for item in found.values())])
    for _ in range(ROUNDS):
        if not wanted - asked:
            break
        led_to = await _led_to(db, server_id, wanted - asked)
        asked |= wanted
        fresh = await items_of(db, server_id, sorted(led_to - found.keys()))
        found.update((item.id, item) for item in fresh)
        wanted = _ids_of(item.title for item in fresh)
    # As a whole library is read, so that copies of a title come in the same order.
    return [found[key] for key in sorted(found)]


def _ids_of(titles: Iterable[Title]) -> set[tuple[str, str, str | int]]:
    """As (provider, kind, id). Only IMDb numbers films and shows together."""
    found: set[tuple[str, str, str | int]] = set()
    for title in titles:
        ids, kind = title.ids, title.kind
        if ids.imdb is not None:
            found.add(("imdb", "", ids.imdb))
        if kind is not Kind.UNKNOWN and ids.tmdb is not None:
            found.add(("tmdb", kind.value, ids.tmdb))
        if kind is not Kind.UNKNOWN and ids.tvdb is not None:
            found.add(("tvdb", kind.value, ids.tvdb))
    return found


_BY = {
    "imdb": "imdb = value ->> 1",
    "tmdb": "kind = value ->> 0 AND tmdb = value ->> 1",
    "tvdb": "kind = value ->> 0 AND tvdb = value ->> 1",
}


async def _led_to(
    db: Database, server_id: int, wanted: Iterable[tuple[str, str, str | int]]
) -> set[str]:
    by_provider: dict[str, list[tuple[str, str | int]]] = {}
    for provider, kind, value in wanted:
        by_provider.setdefault(provider, []).append((kind, value))
    found: set[str] = set()
    for provider, values in by_provider.items():
        # CROSS JOIN keeps the order: from each id to its items, and no further than the index.
        rows = await db.rows(
            "SELECT items.id FROM json_each(?) CROSS JOIN items"  # noqa: S608
            f" INDEXED BY items_{provider} ON server_id = ? AND {_BY[provider]}",
            *(json.dumps(values), server_id),
        )
        found.update(row[0] for row in rows)
    return found


async def holds_fewer_than(db: Database, server_id: int, amount: int) -> bool:
    """Whether a server holds fewer items than that."""
    row = await db.row(
        "SELECT 1 FROM items WHERE server_id = ? LIMIT 1 OFFSET ?", server_id, amount - 1
    )
    return row is None
