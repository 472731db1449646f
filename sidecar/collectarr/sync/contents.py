"""What a collection comes to: its lists, its rules, and what it leaves out for others.

`not_in` names other collections. What they come to themselves stays out: with their filters,
limit, pins, and what they leave out in their turn. Only where that would go round in a circle (a
collection that leaves out, itself or through others, the one being worked out) the other one
counts as if it left nothing out: so of two that leave out each other, neither takes what both of
them list. Of a collection that takes only what the library holds that counts which its last sync
found there. Their lists count as they were last read; a run reads them too, unless their
collection is paused.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from collectarr.models import ListItem, Rules, Title
from collectarr.store import collections as stored_collections
from collectarr.store import lists
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.sync.rules import LeftOut, choose, choose_and_tell


async def contents(db: Database, collection: Collection) -> list[ListItem]:
    """The rows of a collection, ranked from 1; before `rules.cut` makes them less on a server."""
    return (await _made(db, collection, _choose))[0]


async def contents_and_rest(
    db: Database, collection: Collection
) -> tuple[list[ListItem], list[LeftOut]]:
    """The same, and the titles of its lists that are kept out, each with the reason."""
    return await _made(db, collection, _choose_and_tell)


Made = tuple[list[ListItem], list[LeftOut]]
Choose = Callable[["_Parts"], Made]


async def _made(db: Database, collection: Collection, choose_last: Choose) -> Made:
    around, last = await _around(db, collection), Step(collection.id)
    made: dict[Step, list[ListItem]] = {}
    left_out: list[LeftOut] = []
    for step in _steps(last, around):
        parts = await _parts(db, step, around, made)
        # Aside: many long lists take a while.
        chosen = choose_last if step == last else _choose
        made[step], left_out = await asyncio.to_thread(chosen, parts)
    return made[last], left_out


async def others_to_read(db: Database, collections: Sequence[Collection]) -> list[Collection]:
    """Collections that decide what these come to, and are not among them, nor paused."""
    found: dict[int, Collection] = {}
    for collection in collections:
        if collection.rules.not_in:
            found |= (await _around(db, collection)).known
    own = {collection.id for collection in collections}
    return [other for key, other in sorted(found.items()) if key not in own and other.enabled]


async def inputs_of_others(db: Database, collection: Collection) -> str:
    """What else than its own lists decides what a collection comes to; "" for nothing."""
    if not collection.rules.not_in:
        return ""
    around = await _around(db, collection)
    others = [other for key, other in sorted(around.known.items()) if key != collection.id]
    stored = await lists.get_lists(db, [entry.list_id for other in others for entry in other.lists])
    parts = []
    for other in others:
        read = ",".join(f"{e.list_id}.{stored[e.list_id].snapshot}" for e in other.lists)
        held = sorted(await _held(db, other)) if other.rules.in_library else ()
        parts.append(f"{other.id}.{other.revision}:{read}:{_short(str(held))}")
    return _short(";".join(parts)) if parts else ""


def title_key(title: Title) -> int:
    """A number that tells titles apart, whatever their place in a list."""
    ids = title.ids
    named = (ids.imdb, ids.tmdb, ids.tvdb, ids.trakt) if ids else (title.title, title.year)
    text = "|".join(str(part) for part in (title.kind.value, *named))
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


@dataclass(frozen=True, slots=True)
class Step:
    """A collection to work out; `alone`: as if it left nothing out for others."""

    id: int
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """A collection, those that it leaves out, those that they leave out, and so on."""

    known: Mapping[int, Collection]
    leads_to: dict[int, frozenset[int]] = field(default_factory=dict)

    def needs(self, step: Step) -> list[Step]:
        """What has to be worked out before."""
        if step.alone:
            return []
        named = [key for key in self.known[step.id].rules.not_in if key in self.known]
        return [Step(key, alone=step.id in self.reached(key)) for key in named if key != step.id]

    def reached(self, start: int) -> frozenset[int]:
        if start not in self.leads_to:
            found: set[int] = set()
            waiting = [start]
            while waiting:
                for key in self.known[waiting.pop()].rules.not_in:
                    if key in self.known and key not in found:
                        found.add(key)
                        waiting.append(key)
            self.leads_to[start] = frozenset(found)
        return self.leads_to[start]


async def _around(db: Database, collection: Collection) -> Around:
    known = {collection.id: collection}
    waiting = set(collection.rules.not_in)
    while waiting - known.keys():
        found = await stored_collections.load_collections(db, sorted(waiting - known.keys()))
        ours = [other for other in found if other.user_id == collection.user_id]
        known.update({other.id: other for other in ours})
        waiting = {key for other in ours for key in other.rules.not_in}
    return Around(known)


def _steps(last: Step, around: Around) -> Iterator[Step]:
    """Every step after those that it needs."""
    done: set[Step] = set()
    waiting = [last]
    while waiting:
        step = waiting[-1]
        missing = [need for need in around.needs(step) if need not in done]
        if missing:
            waiting += missing
            continue
        waiting.pop()
        if step not in done:
            done.add(step)
            yield step


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a collection is made of; `others`: by name, the collections whose titles stay out."""

    collection: Collection
    rules: Rules
    lists: Sequence[tuple[str, Sequence[ListItem]]]
    others: Sequence[tuple[str, Sequence[ListItem]]]


async def _parts(
    db: Database, step: Step, around: Around, made: Mapping[Step, list[ListItem]]
) -> _Parts:
    collection = around.known[step.id]
    others = []
    for need in around.needs(step):
        other = around.known[need.id]
        rows = made[need]
        if other.rules.in_library:
            held = await _held(db, other)
            rows = [row for row in rows if title_key(row.title) in held]
        others.append((other.name, rows))
    loaded = [
        (entry.op, await lists.load_list_items(db, entry.list_id)) for entry in collection.lists
    ]
    return _Parts(collection, replace(collection.rules, not_in=()), loaded, others)


def _choose(parts: _Parts) -> Made:
    chosen = choose(
        parts.lists,
        parts.collection.merge,
        parts.rules,
        pins=parts.collection.pins,
        exclusions=parts.collection.exclusions,
        left_out=[row for _, rows in parts.others for row in rows],
    )
    return chosen, []


def _choose_and_tell(parts: _Parts) -> Made:
    return choose_and_tell(
        parts.lists,
        parts.collection.merge,
        parts.rules,
        pins=parts.collection.pins,
        exclusions=parts.collection.exclusions,
        others=parts.others,
    )


async def _held(db: Database, collection: Collection) -> set[int]:
    """The titles of a collection that its last sync found on some server."""
    matches = await stored_collections.load_matches(db, collection.id)
    return {row.title for row in matches if row.item_ids and row.title is not None}


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
