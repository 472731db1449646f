"""What a collection looks like: its titles with where they are, and the plan of its next run."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from collectarr.errors import UpstreamError
from collectarr.models import Title, Trigger
from collectarr.store import collections as stored_collections
from collectarr.store import lists, servers, targets
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.sync.contents import contents_and_rest
from collectarr.sync.lists import combined_rows, suspicions
from collectarr.sync.outside import Outside
from collectarr.sync.plan import Plan
from collectarr.sync.presences import ServerPresence, TitleRow, presences_now
from collectarr.sync.rules import LeftOut, pinned
from collectarr.sync.target import plan_target
from collectarr.sync.view import Wish, view_of

__all__ = [
    "PlanPreview",
    "ServerPresence",
    "TitleRow",
    "Titles",
    "preview",
    "take_stock",
    "titles_and_rest",
]


@dataclass(frozen=True, slots=True)
class Titles:
    """A collection's titles in their order, and those of its lists that it leaves out.

    `pins`: by rank, the pin that a title is there for. `changed`: they, or where they are, are not
    what the last sync saw.
    """

    rows: list[TitleRow]
    left_out: list[LeftOut]
    pins: dict[int, Title]
    changed: bool = False

    @property
    def looked(self) -> bool:
        """Whether anybody could say what the library holds of them."""
        return any(row.servers for row in self.rows)


async def titles_and_rest(db: Database, outside: Outside, collection: Collection) -> Titles:
    """All titles in their order, with where they are; and what is kept out of them and why.

    Of a collection that takes only what the library holds these are the titles that some server
    has for it. Of a title that could not be looked for yet nothing is said.
    """
    items, out = await contents_and_rest(db, collection)
    rows, changed = await presences_now(db, outside, collection, items)
    pins = pinned(items, collection.pins)
    changed = changed and collection.last_synced_at is not None
    if not collection.rules.in_library:
        return Titles(rows, out, pins, changed)
    absent = [
        LeftOut(item, _not_held(row))
        for item, row in zip(items, rows, strict=True)
        if not row.in_library
    ]
    return Titles([row for row in rows if row.in_library], absent + out, pins, changed)


def _not_held(row: TitleRow) -> str:
    if not row.servers:
        return "Only what your library holds is taken, and it has not been looked for yet."
    return f"Only what your library holds is taken. {row.servers[0].why}"


async def take_stock(
    db: Database, outside: Outside, collection: Collection
) -> tuple[Collection, Titles]:
    """What the collection comes to now; whatever counts its titles anywhere counts these."""
    titles = await titles_and_rest(db, outside, collection)
    owned = sum(row.in_library for row in titles.rows)
    held = (one for row in titles.rows for one in row.servers)
    by_server = Counter({one.server_id: 0 for row in titles.rows for one in row.servers})
    by_server.update(one.server_id for one in held if one.item_ids)
    counts = (len(titles.rows), owned, titles.changed)
    unread = collection.wanted is None and not titles.rows
    if unread or counts == (collection.wanted, collection.owned, collection.changed):
        return collection, titles
    counted = await stored_collections.record_counts(
        db,
        collection,
        wanted=len(titles.rows),
        owned=owned,
        by_server=by_server,
        changed=titles.changed,
    )
    return counted, titles


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """What the next run would do on one server, or why that cannot be told."""

    server_id: int
    server_name: str
    plan: Plan | None = None
    error: str | None = None
    held: dict[str, Any] | None = None


async def preview(db: Database, outside: Outside, collection: Collection) -> list[PlanPreview]:
    """Nothing is written to Emby. The library and the list are taken as last read."""
    stored = {known.server_id: known for known in await targets.load_targets(db, [collection.id])}
    wish = await _wish(db, collection)
    return [
        await _preview_one(db, outside, server, stored[server.id], wish)
        for server in await servers.list_servers(db, collection.user_id)
        if server.id in stored
    ]


async def _wish(db: Database, collection: Collection) -> Wish:
    kept = await lists.get_lists(db, [entry.list_id for entry in collection.lists])
    rows = await combined_rows(db, collection)
    return Wish(collection, rows, suspicions(collection, kept), "", Trigger.MANUAL.value)


async def _preview_one(
    db: Database, outside: Outside, server: Server, target: Target, wish: Wish
) -> PlanPreview:
    try:
        async with outside.writer(server):
            client = outside.emby(server)
            box_sets = {box_set.id: box_set for box_set in await client.box_sets()}
            view = await view_of(db, outside, server, box_sets)
            planned = await plan_target(db, client, view, wish, target)
    except UpstreamError as error:
        return PlanPreview(server.id, server.name, error=error.message)
    return PlanPreview(server.id, server.name, plan=planned.plan, held=planned.held)
