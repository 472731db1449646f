"""What a collection looks like: its titles with where they are, and the plan of its next run."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from collectarr.errors import UpstreamError
from collectarr.models import Title, Trigger, utc_now
from collectarr.store import collections as stored_collections
from collectarr.store import coverage_counts, lists, servers, targets
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.sync.contents import contents_and_rest
from collectarr.sync.lists import combined_rows, suspicions
from collectarr.sync.outside import Outside
from collectarr.sync.plan import Plan, PlannedChange
from collectarr.sync.presences import TitleRow, presences_now
from collectarr.sync.presences_by_ids import ServerPresence
from collectarr.sync.rules import LeftOut, pinned
from collectarr.sync.seasons import day_of
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

TRIES = 2
"""So often what was counted may turn out to be old before it can be noted."""


@dataclass(frozen=True, slots=True)
class Titles:
    """A collection's titles in their order, and those of its lists that it leaves out.

    `pins`: by rank, the pin that a title is there for. `changed`: they, or where they are, are not
    what the last sync saw. `seen`: by server, the inputs of the plan that says where they were.
    """

    rows: list[TitleRow]
    left_out: list[LeftOut]
    pins: dict[int, Title]
    changed: bool = False
    seen: Mapping[int, str | None] = field(default_factory=dict)

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
    found = await presences_now(db, outside, collection, items)
    rows = found.rows
    pins = pinned(items, collection.pins)
    changed = found.changed and collection.last_synced_at is not None
    if not collection.rules.in_library:
        return Titles(rows, out, pins, changed, found.seen)
    absent = [
        LeftOut(item, _not_held(row))
        for item, row in zip(items, rows, strict=True)
        if not row.in_library
    ]
    held = [row for row in rows if row.in_library]
    return Titles(held, absent + out, pins, changed, found.seen)


def _not_held(row: TitleRow) -> str:
    if not row.servers:
        return "Only what your library holds is taken, and it has not been looked for yet."
    return f"Only what your library holds is taken. {row.servers[0].why}"


async def take_stock(
    db: Database, outside: Outside, collection: Collection
) -> tuple[Collection, Titles]:
    """What the collection comes to now; whatever counts its titles anywhere counts these.

    Raises NotFoundError for a collection that is deleted meanwhile.
    """
    for _ in range(TRIES):
        titles = await titles_and_rest(db, outside, collection)
        counted = await _count(db, collection, titles)
        if counted is not None:
            return counted, titles
        # It was edited or synced meanwhile, and that knows better.
        collection = await stored_collections.get_collection(db, collection.user_id, collection.id)
    return collection, await titles_and_rest(db, outside, collection)


async def _count(db: Database, collection: Collection, titles: Titles) -> Collection | None:
    owned = sum(row.in_library for row in titles.rows)
    held = (one for row in titles.rows for one in row.servers)
    by_server = Counter({one.server_id: 0 for row in titles.rows for one in row.servers})
    by_server.update(one.server_id for one in held if one.item_ids)
    counts = (len(titles.rows), owned, titles.changed)
    unread = collection.wanted is None and not titles.rows
    if unread or counts == (collection.wanted, collection.owned, collection.changed):
        return collection
    return await coverage_counts.record_counts(
        db,
        collection,
        wanted=len(titles.rows),
        owned=owned,
        by_server=by_server,
        changed=titles.changed,
        seen=titles.seen,
    )


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """What the next run would do on one server, or why that cannot be told.

    `found`: members that we did not put there. `under_way`: a run is changing it meanwhile.
    """

    server_id: int
    server_name: str
    plan: Plan | None = None
    error: str | None = None
    held: dict[str, Any] | None = None
    found: tuple[PlannedChange, ...] = ()
    under_way: bool = False


NOT_OURS = "It was there already, or a person put it there. It stays."


async def preview(db: Database, outside: Outside, collection: Collection) -> list[PlanPreview]:
    """Nothing is written to Emby. The library and the list are taken as last read."""
    stored = {known.server_id: known for known in await targets.load_targets(db, [collection.id])}
    wish = await _wish(db, outside, collection)
    return [
        await _preview_one(db, outside, server, stored[server.id], wish)
        for server in await servers.list_servers(db, collection.user_id)
        if server.id in stored
    ]


async def _wish(db: Database, outside: Outside, collection: Collection) -> Wish:
    kept = await lists.get_lists(db, [entry.list_id for entry in collection.lists])
    rows = await combined_rows(db, collection)
    today = day_of(utc_now(), outside.zone)
    doubts = suspicions(collection, kept)
    return Wish(collection, rows, doubts, "", Trigger.MANUAL.value, today)


async def _preview_one(
    db: Database, outside: Outside, server: Server, target: Target, wish: Wish
) -> PlanPreview:
    """Waits for no run: it only reads, and what planning would note down does not stay."""
    busy = outside.collection(wish.collection.id).locked()
    try:
        client = outside.emby(server)
        box_sets = {box_set.id: box_set for box_set in await client.box_sets()}
        view = await view_of(db, outside, server, box_sets)
        planned = await plan_target(db.unwritten(), client, view, wish, target)
    except UpstreamError as error:
        return PlanPreview(server.id, server.name, error=error.message, under_way=busy)
    found = tuple(
        PlannedChange(key, item.title.title, item.title.year, item.title.kind, NOT_OURS)
        for key in planned.plan.found
        if (item := view.items.get(key)) is not None
    )
    return PlanPreview(server.id, server.name, planned.plan, None, planned.held, found, busy)
