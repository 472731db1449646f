"""Where the titles of a collection are: as its last sync found them, or as it would find them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from collectarr.models import ListItem, Title
from collectarr.store import collections as stored_collections
from collectarr.store import lists, servers, targets
from collectarr.store.collections import Collection, StoredMatch
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.sync.contents import inputs_of_others, title_key
from collectarr.sync.lists import Lists
from collectarr.sync.match import PresenceIndex, match
from collectarr.sync.outside import Outside
from collectarr.sync.rules import count_pinned, cut
from collectarr.sync.target import inputs_for
from collectarr.sync.view import Wish


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


ByRank = Mapping[int, ServerPresence]
"""What one server has for the rows of a collection."""


async def presences_now(
    db: Database, outside: Outside, collection: Collection, items: Sequence[ListItem]
) -> tuple[list[TitleRow], bool]:
    """Each title with where it is, and whether the last sync saw that otherwise.

    Where lists, rules and library are as they were then, what it found is what there is. Else the
    titles are compared with what the server is known to hold: nothing is asked of it.
    """
    stored: dict[int, list[StoredMatch]] = defaultdict(list)
    for one in await stored_collections.load_matches(db, collection.id):
        stored[one.server_id].append(one)
    wish = await _wish(db, collection)
    known = {one.id: one for one in await servers.list_servers(db, collection.user_id)}
    found: list[ByRank] = []
    changed = False
    for target in await targets.load_targets(db, [collection.id]):
        server, before = known[target.server_id], _as_stored(items, stored[target.server_id])
        if _is_as_it_was(target, server, wish):
            found.append(before)
            continue
        work = partial(_compared, collection, items, server.id)
        now = await outside.holdings.compare(server, work)
        changed = changed or _moved(stored[server.id], before, now)
        found.append(now)
    return [_row(item, found) for item in items], changed


async def _wish(db: Database, collection: Collection) -> Wish:
    kept = await lists.get_lists(db, [entry.list_id for entry in collection.lists])
    inputs = Lists(kept).inputs_of(collection) + await inputs_of_others(db, collection)
    return Wish(collection, (), (), inputs, "")


def _is_as_it_was(target: Target, server: Server, wish: Wish) -> bool:
    """Or cannot be told better: a server that was never read, one that is left alone."""
    if server.swept_at is None or target.state == "stopped":
        return True
    return target.inputs == inputs_for(wish, server)


def _as_stored(items: Sequence[ListItem], matches: Sequence[StoredMatch]) -> ByRank:
    by_rank = {one.rank: one for one in matches if one.title is None}
    by_title = {one.title: one for one in matches if one.title is not None}
    found = {
        item.rank: by_title.get(title_key(item.title)) or by_rank.get(item.rank) for item in items
    }
    return {
        rank: ServerPresence(one.server_id, one.item_ids, one.by, one.why, one.near)
        for rank, one in found.items()
        if one is not None
    }


def _compared(
    collection: Collection, items: Sequence[ListItem], server_id: int, index: PresenceIndex
) -> ByRank:
    """As a plan compares them."""
    pins = count_pinned(items, collection.pins)
    return {
        one.rank: ServerPresence(
            server_id, tuple(item.id for item in one.items), one.by, one.why, one.near
        )
        for one in cut(match(items, index), collection.rules, pins)
    }


def _moved(stored: Sequence[StoredMatch], before: ByRank, now: ByRank) -> bool:
    """Whether a sync would find another number of titles, or others, or elsewhere."""
    if len(stored) != len(now) or before.keys() != now.keys():
        return True
    return any(before[rank].item_ids != one.item_ids for rank, one in now.items())


def _row(item: ListItem, found: Sequence[ByRank]) -> TitleRow:
    there = tuple(by_rank[item.rank] for by_rank in found if item.rank in by_rank)
    return TitleRow(item.rank, item.title, item.poster, there, item.key, item.note)
