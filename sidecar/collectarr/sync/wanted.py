"""Which collections want a title: every id and name that their rows go by, in memory.

Of each collection the hashes that its last plan was made from, sorted, each with its row's rank:
some 40 bytes a row. A hash that is met by chance only has somebody look in vain.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

from collectarr.models import Item, Kind, ListItem, Title
from collectarr.store.db import Database
from collectarr.store.wanted import live_collections, load_wanted, save_wanted
from collectarr.sync.index import KINDS
from collectarr.sync.titles import names_of

MOST_BYTES = 64 << 20
"""Kept in memory; what is beyond that is read anew each time."""
MANY = 200
"""From so many keys on, going through all of a collection is quicker than looking up each."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Of some titles: their ids and their names, as hashes."""

    ids: frozenset[int]
    names: frozenset[int]


@dataclass(frozen=True, slots=True)
class Touched:
    """A collection, and the ranks of its rows that share an id, or a name, with what changed.

    `unknown`: nobody knows what it wants yet; it has to look at everything.
    """

    collection_id: int
    by_id: frozenset[int] = frozenset()
    by_name: frozenset[int] = frozenset()
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """Sorted hashes and, beside them, ranks."""

    made_of: str
    ids: "array[int]"
    id_ranks: "array[int]"
    names: "array[int]"
    name_ranks: "array[int]"

    def pack(self) -> bytes:
        head = array("I", [len(self.ids), len(self.names)])
        parts = (head, self.ids, self.id_ranks, self.names, self.name_ranks)
        return b"".join(part.tobytes() for part in parts)

    @classmethod
    def unpack(cls, made_of: str, data: bytes) -> "Entry":
        whole = array("I")
        whole.frombytes(data)
        ids, names = whole[0], whole[1]
        ends = (2, 2 + ids, 2 + 2 * ids, 2 + 2 * ids + names, 2 + 2 * (ids + names))
        parts = (whole[a:b] for a, b in pairwise(ends))
        return cls(made_of, *parts)

    @property
    def size(self) -> int:
        """In bytes."""
        return 8 * (len(self.ids) + len(self.names))

    def ranks(self, keys: Keys) -> tuple[frozenset[int], frozenset[int]]:
        """Of rows that share one of these ids, and of those that share one of these names."""
        return (
            _ranks(self.ids, self.id_ranks, keys.ids),
            _ranks(self.names, self.name_ranks, keys.names),
        )


def entry_of(made_of: str, rows: Sequence[ListItem]) -> Entry:
    ids, names = [], []
    for row in rows:
        ids += [(key, row.rank) for key in _id_keys(row.title, asked=True)]
        names += [(key, row.rank) for key in _name_keys(row.title, library=False)]
    return Entry(made_of, *_sorted(ids), *_sorted(names))


def keys_of(items: Iterable[Item]) -> Keys:
    """Those that lead to rows which may stand for these items."""
    titles = [item.title for item in items]
    return Keys(
        frozenset(key for title in titles for key in _id_keys(title)),
        frozenset(key for title in titles for key in _name_keys(title, library=True)),
    )


def keys_of_rows(titles: Iterable[Title]) -> Keys:
    """Those that lead to rows of the same titles."""
    found = list(titles)
    return Keys(
        frozenset(key for title in found for key in _id_keys(title, asked=True)),
        frozenset(key for title in found for key in _name_keys(title, library=False)),
    )


def _id_keys(title: Title, *, asked: bool = False) -> list[int]:
    """Only IMDb numbers films and shows together; `asked`: a row, which may know a Trakt id."""
    ids, kind = title.ids, title.kind.value
    known: list[tuple[str, str | int | None]] = [("i", ids.imdb)]
    if title.kind in KINDS:
        known += [(f"m{kind}", ids.tmdb), (f"v{kind}", ids.tvdb)]
        known += [(f"t{kind}", ids.trakt)] if asked else []
    return [crc32(f"{name}:{value}".encode()) for name, value in known if value is not None]


def _name_keys(title: Title, *, library: bool) -> list[int]:
    if title.kind is Kind.UNKNOWN or not title.title:
        return []
    names = names_of(title, library=library).every()
    return [crc32(f"n{title.kind.value}:{name}".encode("utf-8", "replace")) for name in names]


def _sorted(pairs: list[tuple[int, int]]) -> "tuple[array[int], array[int]]":
    pairs.sort()
    return array("I", [key for key, _ in pairs]), array("I", [rank for _, rank in pairs])


def _ranks(known: "array[int]", ranks: "array[int]", keys: frozenset[int]) -> frozenset[int]:
    if len(keys) > MANY and keys.isdisjoint(known):
        return frozenset()
    found: set[int] = set()
    for key in keys:
        place = bisect_left(known, key)
        while place < len(known) and known[place] == key:
            found.add(ranks[place])
            place += 1
    return frozenset(found)


class Wanted:
    """What all collections want. Kept true by every plan that is carried out; a collection whose
    lists moved since then is not in step with them, and is planned as a whole anyway.
    """

    def __init__(self, db: Database, *, most_bytes: int = MOST_BYTES) -> None:
        self._db = db
        self._most = most_bytes
        self._entries: dict[int, Entry] = {}
        self._held = 0
        self._full = self._loaded = False

    async def record(self, collection_id: int, made_of: str, rows: Sequence[ListItem]) -> None:
        """What a collection wants, as a plan has just been made from it."""
        await self._load()
        known = self._entries.get(collection_id)
        if known is not None and known.made_of == made_of:
            return
        entry = entry_of(made_of, rows)
        await save_wanted(self._db, collection_id, made_of, entry.pack())
        self._keep(collection_id, entry)

    async def entry(self, collection_id: int) -> Entry | None:
        await self._load()
        known = self._entries.get(collection_id)
        return (await self._rest()).get(collection_id) if known is None else known

    async def touched(self, server_id: int, keys: Keys) -> list[Touched]:
        """The collections that events may start there and that these titles may concern."""
        live = await live_collections(self._db, server_id)
        await self._load()
        rest = await self._rest()
        found = []
        for key, synced in live.items():
            entry = self._entries.get(key, rest.get(key))
            if entry is None:
                found += [Touched(key, unknown=True)] if synced else []
                continue
            by_id, by_name = entry.ranks(keys)
            if by_id or by_name:
                found.append(Touched(key, by_id, by_name))
        return found

    async def all_of(self, server_id: int) -> list[Touched]:
        """Every collection there: where too much changed to tell."""
        live = await live_collections(self._db, server_id)
        return [Touched(key, unknown=True) for key, synced in live.items() if synced]

    async def _load(self) -> None:
        if self._loaded:
            return
        for collection_id, made_of, data in await load_wanted(self._db):
            self._keep(collection_id, Entry.unpack(made_of, data))
        self._loaded = True

    async def _rest(self) -> dict[int, Entry]:
        """What found no room in memory."""
        if not self._full:
            return {}
        rows = await load_wanted(self._db, self._entries)
        return {key: Entry.unpack(made_of, data) for key, made_of, data in rows}

    def _keep(self, collection_id: int, entry: Entry) -> None:
        known = self._entries.pop(collection_id, None)
        self._held += entry.size - (known.size if known is not None else 0)
        if self._held > self._most:
            self._held -= entry.size
            self._full = True
        else:
            self._entries[collection_id] = entry
