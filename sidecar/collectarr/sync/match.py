"""Which items of a library stand for which rows of a list, and why. Pure.

By what people said, then by kind and id; ids that disagree are a conflict and shown, not guessed.
Then by title and year, one to one: an item claimed by two rows belongs to the only exact claim or
to nobody.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from collectarr.models import Ids, Item, Kind, ListItem, Title
from collectarr.sync.claims import settle
from collectarr.sync.corrections import Corrections, Exclude, Map, Pin
from collectarr.sync.index import (
    KINDS,
    NO_TABLES,
    PROVIDERS,
    Known,
    PresenceIndex,
    Tables,
    disagreements,
    shared_id,
)
from collectarr.sync.names import comparable
from collectarr.sync.reasons import Missing, Told, called, conflict

__all__ = ["Copies", "Match", "PresenceIndex", "match"]

_PROVIDER_NAMES = dict(PROVIDERS)
_NOTHING_SAID = Corrections()


class Copies(StrEnum):
    """Of a title that the library holds more than once: all, or the best one."""

    ALL = "all"
    BEST = "best"


@dataclass(slots=True)
class Match:
    """`items` stand for the row; empty: it is missing. `by` names how.

    Millions are made and few are looked at, so the words are found when they are asked for.
    """

    row: ListItem
    items: Sequence[Item]
    by: str | None = None
    told: Told | Callable[[ListItem], Told] | None = None

    @property
    def rank(self) -> int:
        return self.row.rank

    @property
    def why(self) -> str:
        return self._words()[0]

    @property
    def near(self) -> tuple[str, ...]:
        """Titles in the library that come near a row which has none."""
        return self._words()[1]

    def _words(self) -> Told:
        if self.told is None:
            name = _PROVIDER_NAMES.get(self.by or "", "")
            self.told = f"Same {name} id ({getattr(self.row.title.ids, self.by or '')}).", ()
        elif not isinstance(self.told, tuple):
            self.told = self.told(self.row)
        return self.told


def match(
    rows: Sequence[ListItem],
    index: PresenceIndex,
    *,
    corrections: Corrections = _NOTHING_SAID,
    copies: Copies = Copies.ALL,
) -> list[Match]:
    """One Match a row, in the order of `rows`."""
    matching = _Matching(rows, index)
    if corrections:
        matching.correct(corrections)
    matching.by_ids()
    matching.by_names()
    results = matching.ended()
    if copies is Copies.BEST:
        for found in results:
            if len(found.items) > 1:
                found.items = (best_copy(found.items),)
    return results


def best_copy(items: Sequence[Item]) -> Item:
    """The one that Emby knows best: most ids, then the oldest, which has the lowest number."""
    return min(items, key=lambda item: (-_count(item.title.ids), len(item.id), item.id))


def _count(ids: Ids) -> int:
    return sum(value is not None for value in ids.as_dict().values())


class _Matching:
    """One list against one library. `results` by position; None: not settled yet."""

    def __init__(self, rows: Sequence[ListItem], index: PresenceIndex) -> None:
        self.rows = rows
        self.index = index
        self.results: list[Match | None] = [None] * len(rows)
        self.meant: dict[int, Title] = {}
        self.pinned: frozenset[str] = frozenset()
        self.corrected = False
        self._missing = Missing(index)
        self.missing = self._missing.tell

    def correct(self, corrections: Corrections) -> None:
        held = {pin.title: self._items_of(pin) for pin in corrections.pins}
        self.pinned = frozenset(item.id for items in held.values() for item in items)
        self.corrected = True
        for position, row in enumerate(self.rows):
            said = corrections.about(row.title)
            if isinstance(said, Exclude):
                self.results[position] = Match(row, (), None, ("Left out, as you said.", ()))
            elif isinstance(said, Map):
                self.meant[position] = said.to
            elif isinstance(said, Pin) and held[said.title]:
                items = held[said.title]
                self.results[position] = Match(row, items, "pin", ("You said so.", ()))

    def _items_of(self, pin: Pin) -> tuple[Item, ...]:
        """What was pinned; what came back under a new id is known by its own ids."""
        there = self.index.by_item_id()
        found = {key: there[key] for key in pin.items if key in there}
        if not found:
            for title in pin.known_as:
                for item in self.index.by_ids(title).values():
                    if not disagreements(title.ids, item.title.ids):
                        found[item.id] = item
        return tuple(found.values())

    def by_ids(self) -> None:
        """One look-up a row where its first id leads to one item and nothing disagrees."""
        if self.corrected:
            for position in range(len(self.rows)):
                self._closely(position)
            return
        results, tables, missing = self.results, self.index.tables, self.missing
        all_have_imdb = self.index.all_have_imdb
        kind: Kind | None = None
        by_imdb, by_tmdb, _, by_trakt = known = NO_TABLES
        for position, row in enumerate(self.rows):
            title = row.title
            ids = title.ids
            if title.kind is not kind:
                kind = title.kind
                by_imdb, by_tmdb, _, by_trakt = known = tables.get(kind, NO_TABLES)
            imdb = ids.imdb
            first = by_tmdb.get(ids.tmdb) if imdb is None else by_imdb.get(imdb)
            if isinstance(first, tuple):
                items, tmdb, tvdb = first
                if (
                    (ids.tmdb == tmdb or ids.tmdb is None)
                    and (ids.tvdb == tvdb or ids.tvdb is None)
                    and (ids.trakt is None or not by_trakt)
                ) or _is_all(ids, first, known):
                    results[position] = Match(row, items, "tmdb" if imdb is None else "imdb")
                    continue
            elif first is None and imdb is not None and kind in all_have_imdb:
                results[position] = Match(row, (), None, missing)
                continue
            self._closely(position)

    def _closely(self, position: int) -> None:
        """A row with several items, with ids that disagree, or with a correction."""
        if self.results[position] is not None:
            return
        row = self.rows[position]
        title = self.meant.get(position, row.title)
        found = [item for item in self.index.by_ids(title).values() if item.id not in self.pinned]
        if not found:
            return
        items = _copies_of(title, found)
        if not items:
            self.results[position] = Match(row, (), None, conflict(title, found))
            return
        shared = (shared_id(title.ids, item.title.ids) for item in items)
        by = min(filter(None, shared), key=list(_PROVIDER_NAMES).index)
        self.results[position] = Match(row, items, by, self._told(position, by))
        if len(found) == 1 and by in ("imdb", "tmdb"):
            table = self.index.tables[found[0].title.kind][0 if by == "imdb" else 1]
            self.index.remember(found[0], table, getattr(title.ids, by))

    def _told(self, position: int, by: str) -> Told | None:
        meant = self.meant.get(position)
        if meant is None:
            return None
        value = getattr(meant.ids, by)
        name = _PROVIDER_NAMES[by]
        return f"You said that it is {called(meant)!r}: same {name} id ({value}).", ()

    def by_names(self) -> None:
        rest = [number for number, found in enumerate(self.results) if found is None]
        if not rest:
            return
        named = {number: self.meant.get(number, self.rows[number].title) for number in rest}
        open_rows = {n: title for n, title in named.items() if title.kind in KINDS}
        settled = settle(open_rows, self.index, self._taken()) if open_rows else {}
        for number in rest:
            row, found = self.rows[number], settled.get(number)
            if found is None:
                self.results[number] = Match(row, (), None, self.missing)
            else:
                self.results[number] = Match(row, found.items, "title", (found.why, ()))

    def ended(self) -> list[Match]:
        results = [found for found in self.results if found is not None]
        # Only those: one that is missing leads back to here, and would never be let go of.
        self._missing.matched = [found for found in results if found.by]
        return results

    def _taken(self) -> set[str]:
        matched = {item.id for found in self.results if found is not None for item in found.items}
        return matched | self.pinned


def _is_all(ids: Ids, first: Known, known: Tables) -> bool:
    """Whether the ids of the row that the item has not lead nowhere else."""
    _, tmdb, tvdb = first
    return (
        (ids.tmdb in (None, tmdb) or (tmdb is None and ids.tmdb not in known[1]))
        and (ids.tvdb in (None, tvdb) or (tvdb is None and ids.tvdb not in known[2]))
        and (ids.trakt is None or not known[3])
    )


def _copies_of(title: Title, found: Iterable[Item]) -> tuple[Item, ...]:
    """The items that are `title` by their ids; none where these do not fit together.

    An item of the same group counts too: it shares an id with one that shares an id with the row.
    """
    good = [item for item in found if not disagreements(title.ids, item.title.ids)]
    direct = [item for item in good if shared_id(title.ids, item.title.ids)]
    if not direct or not _hang_together(direct):
        return ()
    return tuple(
        item
        for item in good
        if shared_id(title.ids, item.title.ids)
        or not any(disagreements(item.title.ids, one.title.ids) for one in direct)
    )


def _hang_together(items: Sequence[Item]) -> bool:
    """Not so if the row's ids lead to two titles that share no id, no name and no year."""
    first = items[0].title
    return all(
        shared_id(first.ids, item.title.ids)
        or first.year == item.title.year
        or comparable(first.title) == comparable(item.title.title)
        for item in items[1:]
    )
