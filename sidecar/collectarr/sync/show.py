"""What a collection looks like: its titles with where they are, and the plan of its next run."""

from collections import defaultdict
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
from collectarr.sync.lists import combined_rows, suspicions
from collectarr.sync.outside import Outside
from collectarr.sync.plan import Plan
from collectarr.sync.target import plan_target
from collectarr.sync.view import Wish, view_of


@dataclass(frozen=True, slots=True)
class ServerPresence:
    """One title on one server; no `item_ids`: it is not there, and `why`."""

    server_id: int
    item_ids: tuple[str, ...]
    matched_by: str | None
    why: str
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TitleRow:
    rank: int
    title: Title
    poster: str | None
    servers: tuple[ServerPresence, ...]

    @property
    def in_library(self) -> bool:
        return any(presence.item_ids for presence in self.servers)


async def collection_titles(db: Database, collection: Collection) -> list[TitleRow]:
    """All titles in list order, with what the last sync found."""
    found: dict[int, list[ServerPresence]] = defaultdict(list)
    for row in await stored_collections.load_matches(db, collection.id):
        found[row.rank].append(
            ServerPresence(row.server_id, row.item_ids, row.by, row.why, row.near)
        )
    return [
        TitleRow(row.rank, row.title, row.poster, tuple(found[row.rank]))
        for row in await combined_rows(db, collection)
    ]


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
