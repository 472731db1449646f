"""Which items of a library stand for which rows of a list, and why. Pure.

By what people said, then by kind and id; ids that disagree are a conflict and shown, not guessed.
Then by title and year, one to one: an item claimed by two rows belongs to the only exact claim or
to nobody.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from collectarr.models import Copies, Ids, Item, Kind, Library, ListItem, Title
from collectarr.sources.manual import labelled
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
from collectarr.sync.reasons import Missing, Told, called, conflict, left_out_words, near

__all__ = ["Match", "PresenceIndex", "match", "tell_left_out"]

_PROVIDER_NAMES = dict(PROVIDERS)
_NOTHING_SAID = Corrections()
PINNED = "You said that what its ids lead to is another title. Take that back if it is not so."


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
            # Who pinned several wants them.
            if len(found.items) > 1 and found.by != "pin":
                found.items = (best_copy(found.items),)
    return results


def tell_left_out(
    results: Sequence[Match], others: PresenceIndex | None, libraries: Iterable[Library]
) -> None:
    """Say of what is missing, if so, that it only lies in a library that is left out.

    `others`: what lies in those.
    """
    missing = [one for one in results if not one.items and not isinstance(one.told, tuple)]
    if others is None or not others.items or not missing:
        return
    known = {library.id: library for library in libraries}
    for one, there in zip(missing, match([one.row for one in missing], others), strict=True):
        library = known.get(there.items[0].library_id or "") if there.items else None
        if library is not None:
            one.told = left_out_words(library), near(there.items)


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
        self.gone: dict[int, Pin] = {}
        self.corrected = False
        self._missing = Missing(index)
        self.missing = self._missing.tell

    def correct(self, corrections: Corrections) -> None:
        held = corrections.held(self.index)
        self.pinned = frozenset(item.id for items in held.values() for item in items)
        self.corrected = True
        for position, row in enumerate(self.rows):
            said = corrections.about(row.title)
            if isinstance(said, Exclude):
                self.results[position] = Match(row, (), None, ("Left out, as you said.", ()))
            elif isinstance(said, Map):
                self.meant[position] = said.to
            elif isinstance(said, Pin) and held.get(said):
                self.results[position] = Match(row, held[said], "pin", ("You said so.", ()))
            elif isinstance(said, Pin):
                self.gone[position] = said

    def by_ids(self) -> None:
        """One look-up a row where its first id leads to one item and nothing disagrees."""
        corrected, pinned = self.corrected, self.pinned
        results, tables, missing = self.results, self.index.tables, self.missing
        all_have_imdb = self.index.all_have_imdb
        kind: Kind | None = None
        by_imdb, by_tmdb, _, by_trakt = known = NO_TABLES
        for position, row in enumerate(self.rows):
            if corrected and (results[position] is not None or position in self.meant):
                self._closely(position)
                continue
            title = row.title
            ids = title.ids
            if title.kind is not kind:
                kind = title.kind
                by_imdb, by_tmdb, _, by_trakt = known = tables.get(kind, NO_TABLES)
            imdb = ids.imdb
            first = by_tmdb.get(ids.tmdb) if imdb is None else by_imdb.get(imdb)
            if isinstance(first, tuple) and not (corrected and first[0][0].id in pinned):
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
        led_to = self.index.by_ids(title).values()
        found = [item for item in led_to if item.id not in self.pinned]
        if not found:
            if led_to:
                self.results[position] = Match(row, (), None, (PINNED, near(led_to)))
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
        return f"{_you_said(meant)}: same {name} id ({value}).", ()

    def by_names(self) -> None:
        rest = [number for number, found in enumerate(self.results) if found is None]
        if not rest:
            return
        named = {number: self.meant.get(number, self.rows[number].title) for number in rest}
        # Of what somebody said that it means only an id may be known.
        open_rows = {n: title for n, title in named.items() if title.kind in KINDS and title.title}
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
        for position, pin in self.gone.items():
            found = results[position]
            names = " and ".join(repr(called(was)) for was in pin.known_as) or "what it is"
            found.told = f"You said that it is {names}, which is gone. {found.why}", found.near
        for position, meant in self.meant.items():
            found = results[position]
            if found.by in (None, "title"):
                found.told = self._told_of(found, meant)
        return results

    def _told_of(self, found: Match, meant: Title) -> Told:
        """The same words, but of the title that is meant."""
        if not found.items and not isinstance(found.told, tuple):
            why, near = self.missing(replace(found.row, title=meant))
        else:
            why, near = found.why, found.near
        return f"{_you_said(meant)}. {why}", near

    def _taken(self) -> set[str]:
        matched = {item.id for found in self.results if found is not None for item in found.items}
        return matched | self.pinned


def _you_said(meant: Title) -> str:
    return f"You said that it is {called(labelled(meant))!r}"


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
