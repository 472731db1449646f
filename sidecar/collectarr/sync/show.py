"""What a collection looks like: its titles with where they are, and the plan of its next run."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from collectarr.errors import UpstreamError
from collectarr.models import ListItem, Title, Trigger
from collectarr.store import collections as stored_collections
from collectarr.store import lists, servers, targets
from collectarr.store.collections import Collection, StoredMatch
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.sync.contents import contents_and_rest, title_key
from collectarr.sync.lists import combined_rows, suspicions
from collectarr.sync.outside import Outside
from collectarr.sync.plan import Plan
from collectarr.sync.rules import LeftOut, pinned
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
    """`key` names the row of the list kept by hand that it comes from, with the note on it."""

    rank: int
    title: Title
    poster: str | None
    servers: tuple[ServerPresence, ...]
    key: str | None = None
    note: str | None = None

    @property
    def in_library(self) -> bool:
        return any(presence.item_ids for presence in self.servers)


@dataclass(frozen=True, slots=True)
class Titles:
    """A collection's titles in their order, and those of its lists that it leaves out.

    `pins`: by rank, the pin that a title is there for.
    """

    rows: list[TitleRow]
    left_out: list[LeftOut]
    pins: dict[int, Title]


async def collection_titles(db: Database, collection: Collection) -> list[TitleRow]:
    """All titles in their order, with what the last sync found.

    Of a collection that takes only what the library holds these are the titles that some server
    got. A title that came in since is not looked for yet: then nothing is said of it.
    """
    rows = await _with_presences(db, collection, await combined_rows(db, collection))
    return [row for row in rows if row.in_library] if collection.rules.in_library else rows


async def titles_and_rest(db: Database, collection: Collection) -> Titles:
    """`collection_titles`, and what is kept out of them and why."""
    items, out = await contents_and_rest(db, collection)
    rows = await _with_presences(db, collection, items)
    pins = pinned(items, collection.pins)
    if not collection.rules.in_library:
        return Titles(rows, out, pins)
    absent = [
        LeftOut(item, _not_held(row))
        for item, row in zip(items, rows, strict=True)
        if not row.in_library
    ]
    return Titles([row for row in rows if row.in_library], absent + out, pins)


def _not_held(row: TitleRow) -> str:
    if not row.servers:
        return "Only what your library holds is taken, and it has not been looked for yet."
    return f"Only what your library holds is taken. {row.servers[0].why}"


async def _with_presences(
    db: Database, collection: Collection, items: Sequence[ListItem]
) -> list[TitleRow]:
    by_rank: dict[int, list[StoredMatch]] = defaultdict(list)
    by_title: dict[int, list[StoredMatch]] = defaultdict(list)
    for found in await stored_collections.load_matches(db, collection.id):
        if found.title is None:
            by_rank[found.rank].append(found)
        else:
            by_title[found.title].append(found)
    return [
        TitleRow(
            row.rank,
            row.title,
            row.poster,
            tuple(map(_presence, by_title.get(title_key(row.title), by_rank.get(row.rank, ())))),
            row.key,
            row.note,
        )
        for row in items
    ]


def _presence(found: StoredMatch) -> ServerPresence:
    return ServerPresence(found.server_id, found.item_ids, found.by, found.why, found.near)


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
