"""Where titles are, as far as their ids tell: what stands between two syncs.

What only a name can tell stays as the last sync found it, as long as that still holds.
"""

import asyncio
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace

from collectarr.models import Copies, Item, ListItem
from collectarr.sources.manual import labelled
from collectarr.store.collections import Collection, StoredMatch
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.sync.contents import title_key
from collectarr.sync.corrections import Corrections, Exclude, Map
from collectarr.sync.match import Match, best_copy
from collectarr.sync.reasons import called, is_conflict
from collectarr.sync.rules import count_pinned, cut
from collectarr.sync.stock import Stock, stock_for

CHUNK = 2_000
"""So many titles are looked for at a time."""
NOT_BY_NAME = "No id leads to it in the library. Its name is looked for by the next sync."
GONE = "What stood for it has left the library. Its name is looked for by the next sync."
_MAY_BE_OVER = ("It is there, but", "It is on the server, but", "Left out, as you said")
"""How reasons begin that more than a name decides."""


@dataclass(frozen=True, slots=True)
class ServerPresence:
    """One title on one server; no `item_ids`: it is not there, and `why`."""

    server_id: int
    item_ids: tuple[str, ...]
    matched_by: str | None
    why: str
    near: tuple[str, ...]


ByRank = Mapping[int, ServerPresence]
"""What one server has for the rows of a collection."""
Known = Mapping[int, StoredMatch]
"""What the last sync found, by the rank that its title has now."""


def as_stored(known: Known) -> ByRank:
    return {
        rank: ServerPresence(one.server_id, one.item_ids, one.by, one.why, one.near)
        for rank, one in known.items()
    }


def by_rank_now(items: Sequence[ListItem], matches: Sequence[StoredMatch]) -> Known:
    """What the last sync found, wherever the titles have gone since."""
    by_rank = {one.rank: one for one in matches if one.title is None}
    by_title = {one.title: one for one in matches if one.title is not None}
    found = {
        item.rank: by_title.get(title_key(item.title)) or by_rank.get(item.rank) for item in items
    }
    return {rank: one for rank, one in found.items() if one is not None}


async def look_for(
    db: Database,
    server: Server,
    collection: Collection,
    items: Sequence[ListItem],
    known: Known,
    corrections: Corrections,
) -> ByRank:
    """As a plan would compare them, but for names. `known`: what the last sync found of them."""
    same = all(item.rank in known and known[item.rank].rank == item.rank for item in items)
    found: list[_Found] = []
    for start in range(0, len(items), CHUNK):
        rows = items[start : start + CHUNK]
        before = {row.rank: known[row.rank] for row in rows if row.rank in known}
        named = [key for one in before.values() for key in one.item_ids]
        stock = await stock_for(db, server, rows, corrections, named)
        look = _Look(collection, corrections, before, same_rows=same)
        found += await asyncio.to_thread(look.into, stock, rows)
    return await asyncio.to_thread(_settled, collection, server.id, items, found)


@dataclass(frozen=True, slots=True)
class _Found:
    """What ids say of a row; `named`: what its name led to at the last sync, and is still there."""

    match: Match
    named: StoredMatch | None = None
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class _Look:
    """`same_rows`: the collection has the titles that it had at the last sync, in that order."""

    collection: Collection
    corrections: Corrections
    known: Known
    same_rows: bool

    def into(self, stock: Stock, rows: Sequence[ListItem]) -> list[_Found]:
        found = stock.matches(rows, self.collection.upkeep, self.corrections)
        return [self._one(stock, one) for one in found]

    def _one(self, stock: Stock, match: Match) -> _Found:
        if match.items and match.by != "title":
            return _Found(match)
        said = self.corrections.about(match.row.title) if self.corrections else None
        told = isinstance(match.told, tuple) and (said is None or isinstance(said, Exclude))
        if not match.items and (told or self._clashes(stock, match)):
            return _Found(match)
        before = self.known.get(match.rank)
        if before is None or not self._holds(before, match.row):
            return _Found(_missing(match.row, NOT_BY_NAME))
        if not before.item_ids:
            return _Found(self._still_missing(before, match.row))
        items = stock.usable(before.item_ids, self.collection.upkeep)
        if not items:
            return _Found(_missing(match.row, GONE))
        if before.by != "title":
            return _Found(_missing(match.row, NOT_BY_NAME))
        if self.collection.upkeep.copies is Copies.BEST:
            items = [best_copy(items)]
        return _Found(_missing(match.row, NOT_BY_NAME), before, tuple(items))

    def _clashes(self, stock: Stock, match: Match) -> bool:
        # Its words are looked for only where it can be so: that takes a while.
        led = isinstance(match.told, tuple)
        led = led or stock.led_to(match.row.title, self.collection.upkeep)
        return led and is_conflict(match.why)

    def _holds(self, before: StoredMatch, row: ListItem) -> bool:
        """Whether what people said of it is what they had said then."""
        said = self.corrections.about(row.title) if self.corrections else None
        if isinstance(said, Map):
            return repr(called(labelled(said.to))) in before.why
        return before.why.startswith("You said that it is ") == (said is not None)

    def _still_missing(self, before: StoredMatch, row: ListItem) -> Match:
        """Reasons may name other rows, and may be over since."""
        over = before.why.startswith(_MAY_BE_OVER) or is_conflict(before.why)
        if over or not self.same_rows:
            return _missing(row, NOT_BY_NAME)
        return Match(row, (), None, (before.why, before.near))


def _missing(row: ListItem, why: str) -> Match:
    return Match(row, (), None, (why, ()))


def _settled(
    collection: Collection, server_id: int, items: Sequence[ListItem], found: Sequence[_Found]
) -> ByRank:
    """An id is a better claim on an item than a name."""
    taken = {item.id for one in found for item in one.match.items}
    pins = count_pinned(items, collection.pins)
    matches = [_with_name(one, taken) for one in found]
    return {
        one.rank: ServerPresence(
            server_id, tuple(item.id for item in one.items), one.by, one.why, one.near
        )
        for one in cut(matches, collection.rules, pins)
    }


def _with_name(found: _Found, taken: Container[str]) -> Match:
    free = tuple(item for item in found.items if item.id not in taken)
    if found.named is None or not free:
        return found.match
    told = found.named.why, found.named.near
    return replace(found.match, items=free, by=found.named.by, told=told)
