"""Where the titles of a collection are: as its last sync found them, or as it would find them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collectarr.models import ListItem, Title, utc_now
from collectarr.store import collections as stored_collections
from collectarr.store import lists, servers, targets
from collectarr.store.collections import Collection, StoredMatch
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.sync.contents import inputs_of_others
from collectarr.sync.correct import inputs_of_corrections, load_corrections
from collectarr.sync.lists import Lists
from collectarr.sync.outside import Outside
from collectarr.sync.presences_by_ids import (
    ByRank,
    Known,
    ServerPresence,
    as_stored,
    by_rank_now,
    look_for,
)
from collectarr.sync.seasons import day_of
from collectarr.sync.target import inputs_for
from collectarr.sync.view import Wish


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
class Presences:
    """Each title with where it is. `changed`: the last sync saw that otherwise, or could not carry
    out what it saw. `seen`: by server, the inputs of the plan that this was compared with.
    """

    rows: list[TitleRow]
    changed: bool
    seen: Mapping[int, str | None]


async def presences_now(
    db: Database, outside: Outside, collection: Collection, items: Sequence[ListItem]
) -> Presences:
    """Where lists, rules and library are as they were at the last sync, what it found is what
    there is. Else the titles are looked for, by their ids, in what the server is known to hold:
    nothing is asked of it, and its whole library is not loaded for a page.
    """
    stored: dict[int, list[StoredMatch]] = defaultdict(list)
    for one in await stored_collections.load_matches(db, collection.id):
        stored[one.server_id].append(one)
    wish = await _wish(db, outside, collection)
    known = {one.id: one for one in await servers.list_servers(db, collection.user_id)}
    found: list[ByRank] = []
    seen: dict[int, str | None] = {}
    changed = False
    for target in await targets.load_targets(db, [collection.id]):
        server, there = known[target.server_id], stored[target.server_id]
        seen[server.id] = target.inputs
        last = by_rank_now(items, there)
        if _is_as_it_was(target, server, wish):
            found.append(as_stored(last))
            continue
        now = await _looked_for(db, outside, server, wish, items, last)
        unfinished = collection.changed and target.inputs is None
        changed = changed or unfinished or _moved(there, as_stored(last), now)
        found.append(now)
    return Presences([_row(item, found) for item in items], changed, seen)


async def _looked_for(
    db: Database,
    outside: Outside,
    server: Server,
    wish: Wish,
    items: Sequence[ListItem],
    known: Known,
) -> ByRank:
    """Once for each state of the collection and the library."""
    answers, whose = outside.holdings.answers, (wish.collection.id, server.id)
    rows = hash(tuple((item.rank, item.title) for item in items))
    key = inputs_for(wish, server), rows, hash(tuple(known.values()))
    found = answers.get(whose, key)
    if found is None:
        said = await load_corrections(db, server)
        found = await look_for(db, server, wish.collection, items, known, said)
        answers.put(whose, key, found)
    return found


async def _wish(db: Database, outside: Outside, collection: Collection) -> Wish:
    kept = await lists.get_lists(db, [entry.list_id for entry in collection.lists])
    inputs = Lists(kept).inputs_of(collection) + await inputs_of_others(db, collection)
    inputs += await inputs_of_corrections(db, collection.user_id)
    return Wish(collection, (), (), inputs, "", day_of(utc_now(), outside.zone))


def _is_as_it_was(target: Target, server: Server, wish: Wish) -> bool:
    """Or cannot be told better: a server that was never read, one that is left alone."""
    if server.swept_at is None or target.state == "stopped":
        return True
    return target.inputs == inputs_for(wish, server)


def _moved(stored: Sequence[StoredMatch], before: ByRank, now: ByRank) -> bool:
    """Whether a sync would find another number of titles, or others, or elsewhere."""
    if len(stored) != len(now) or before.keys() != now.keys():
        return True
    return any(set(before[rank].item_ids) != set(one.item_ids) for rank, one in now.items())


def _row(item: ListItem, found: Sequence[ByRank]) -> TitleRow:
    there = tuple(by_rank[item.rank] for by_rank in found if item.rank in by_rank)
    return TitleRow(item.rank, item.title, item.poster, there, item.key, item.note)
