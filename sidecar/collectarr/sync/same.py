"""Which rows of several lists are one title. Pure.

Two rows are one title when they are of one kind and share an id, or, where no database is known
to both, share the comparable title and the year. A title has at most one id in each database:
a row that brings another id than the one known already belongs to the title that it shares an id
with (IMDb first, then TMDb, TVDB, Trakt), but tells nothing about it. All other rows hand on
their ids: with `imdb 1`, `imdb 1 + tmdb 2` and `tmdb 2` all three are one title, in any order.
Where only the IMDb id is known, not the kind, it is that of a title of either kind.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from collectarr.models import Ids, Kind, ListItem, Title
from collectarr.sync.names import comparable

Values = tuple[str | None, int | None, int | None, int | None]
Name = tuple[Kind, str, int | None]
FACTS = ("poster", "genres", "rating", "released")
NONE = (None, ())
MOST_NAMESAKES = 10
"""So many titles of one name and year are looked at; beyond that the name says nothing."""


class Known:
    """One title: its kind, its ids, and the rows that may tell about it, in order."""

    __slots__ = ("ids", "kind", "others", "parent", "row")

    def __init__(self, kind: Kind, ids: Values, row: ListItem) -> None:
        self.kind = kind
        self.ids = ids
        self.row = row
        self.others: list[ListItem] = []
        self.parent: Known | None = None

    @property
    def rows(self) -> list[ListItem]:
        return [self.row, *self.others]

    def agrees(self, kind: Kind, ids: Values) -> bool:
        if kind is not self.kind and Kind.UNKNOWN not in (kind, self.kind):
            return False
        a, b, c, d = self.ids
        w, x, y, z = ids
        return (
            (a is None or w is None or a == w)
            and (b is None or x is None or b == x)
            and (c is None or y is None or c == y)
            and (d is None or z is None or d == z)
        )


class SameTitles:
    """The titles behind groups of rows. Rows are told apart by group and place.

    `asked`: rows that only `named_by` will be asked about; they tell nothing.
    Linear in the rows: names are only made comparable where two rows without a common database
    might meet.
    """

    def __init__(
        self, groups: Sequence[Sequence[ListItem]], asked: Sequence[ListItem] = ()
    ) -> None:
        self._ids: dict[Kind, tuple[dict[str | int, Known], ...]] = {
            kind: ({}, {}, {}, {}) for kind in Kind
        }
        self._names: dict[Name, list[Known]] = {}
        self._masks: dict[Kind, set[int]] = {kind: set() for kind in Kind}
        for row in _each([*groups, asked]):
            self._masks[row.title.kind].add(_mask(_values(row.title)))
        self._lonely: dict[tuple[Kind, int], bool] = {}
        self._places = [[self._add(row) for row in group] for group in groups]

    def of_group(self, group: int) -> list[Known]:
        """The title of each row of a group, in order."""
        return [_root(known) for known in self._places[group]]

    def named_by(self, rows: Iterable[ListItem]) -> set[Known]:
        """The titles that these rows share an id with, or else name and year."""
        return {
            known for row in rows for known in self._all_hits(row.title, *self._keys(row.title))
        }

    def _add(self, row: ListItem) -> Known:
        title = row.title
        ids, name = self._keys(title)
        hits = self._all_hits(title, ids, name)
        if not hits:
            return self._new(row, ids, name)
        home = hits[0]
        if not home.agrees(title.kind, ids):
            return home
        home.others.append(row)
        self._learn(home, title.kind, ids, name)
        for other in hits[1:]:
            if home.agrees(other.kind, other.ids):
                other.parent = home
                home.others += other.rows
                self._learn(home, other.kind, other.ids, None)
        return home

    def _new(self, row: ListItem, ids: Values, name: Name | None) -> Known:
        known = Known(row.title.kind, ids, row)
        self._learn(known, known.kind, ids, name)
        return known

    def _keys(self, title: Title) -> tuple[Values, Name | None]:
        ids = _values(title)
        return ids, self._name(title, ids)

    def _all_hits(self, title: Title, ids: Values, name: Name | None) -> list[Known]:
        """Titles by id, and those of the same name that no id speaks against."""
        hits = self._hits(title.kind, ids)
        for known in self._names.get(name, ()) if name is not None else ():
            candidate = _root(known)
            if candidate not in hits and candidate.agrees(title.kind, ids):
                hits.append(candidate)
        return hits

    def _hits(self, kind: Kind, ids: Values) -> list[Known]:
        """Titles that one of these ids leads to, in the order of the databases."""
        found: list[Known] = []
        tables = self._ids[kind]
        for place, value in enumerate(ids):
            if value is None:
                continue
            known = tables[place].get(value)
            if known is None and not place and self._masks[Kind.UNKNOWN]:
                known = self._of_other_kind(kind, value)
            if known is not None and (root := _root(known)) not in found:
                found.append(root)
        return found

    def _of_other_kind(self, kind: Kind, imdb: str | int) -> Known | None:
        kinds = (Kind.MOVIE, Kind.SHOW) if kind is Kind.UNKNOWN else (Kind.UNKNOWN,)
        for other in kinds:
            known = self._ids[other][0].get(imdb)
            # The kind of an unknown one may have been settled since.
            if known is not None and _root(known).kind in (kind, other):
                return known
        return None

    def _learn(self, known: Known, kind: Kind, ids: Values, name: Name | None) -> None:
        if known.kind is Kind.UNKNOWN or known.ids is ids or known.ids != ids:
            a, b, c, d = known.ids
            w, x, y, z = ids
            known.ids = (a or w, b or x, c or y, d or z)
            if known.kind is Kind.UNKNOWN:
                known.kind = kind
            for table, value in zip(self._ids[known.kind], known.ids, strict=True):
                if value is not None:
                    table.setdefault(value, known)
        if name is not None:
            named = self._names.setdefault(name, [])
            if len(named) < MOST_NAMESAKES and known not in named:
                named.append(known)

    def _name(self, title: Title, ids: Values) -> Name | None:
        """What the title is called, if that can make it one with a row that shares no database."""
        if title.kind is Kind.UNKNOWN or not self._may_meet(title.kind, _mask(ids)):
            return None
        if title.year is None and any(ids):
            return None
        return title.kind, comparable(title.title) or title.title.casefold(), title.year

    def _may_meet(self, kind: Kind, mask: int) -> bool:
        key = (kind, mask)
        if key not in self._lonely:
            self._lonely[key] = any(not mask & other for other in self._masks[kind])
        return self._lonely[key]


def _each(groups: Iterable[Iterable[ListItem]]) -> Iterator[ListItem]:
    return (row for group in groups for row in group)


def _root(known: Known) -> Known:
    while known.parent is not None:
        known.parent = known.parent.parent or known.parent
        known = known.parent
    return known


def _values(title: Title) -> Values:
    ids = title.ids
    if title.kind is Kind.UNKNOWN:
        return ids.imdb, None, None, None
    return ids.imdb, ids.tmdb, ids.tvdb, ids.trakt


def _mask(ids: Values) -> int:
    a, b, c, d = ids
    return (a is not None) | (b is not None) << 1 | (c is not None) << 2 | (d is not None) << 3


def filled(row: ListItem, known: Known) -> ListItem:
    """`row` with the ids and facts that it lacks, as the other rows of its title have them.

    A row that disagrees with them in an id stays as it is.
    """
    title = row.title
    if not known.others or not known.agrees(title.kind, _values(title)):
        return row
    new = {
        name: value
        for name in FACTS
        if getattr(row, name) in NONE and (value := _first(known, name)) not in NONE
    }
    better = _filled_title(title, known)
    if better is not title:
        new["title"] = better
    return replace(row, **new) if new else row


def _filled_title(title: Title, known: Known) -> Title:
    if title.kind is Kind.UNKNOWN is not known.kind:
        title = next(one.title for one in known.rows if one.title.kind is known.kind)
    new: dict[str, Any] = {}
    if _values(title) != known.ids:
        new["ids"] = Ids(*known.ids)
    for name in ("year", "original_title"):
        if getattr(title, name) is None:
            titles = (row.title for row in known.rows)
            new[name] = next((v for t in titles if (v := getattr(t, name)) is not None), None)
    return replace(title, **new) if any(new.values()) else title


def _first(known: Known, name: str) -> Any:
    return next((value for row in known.rows if (value := getattr(row, name)) not in NONE), None)
