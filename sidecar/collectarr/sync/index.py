"""The items of a server, found by kind and id, and by kind and name. Pure.

An id that belongs to one item leads straight to it; items that share an id form a group, a list,
and every id of any of them leads to that. Names are looked into only when somebody asks.
"""

from collections.abc import Iterable, Sequence

from collectarr.models import Ids, Item, Kind, Title
from collectarr.sync.titles import Names, names_of

PROVIDERS = (("imdb", "IMDb"), ("tmdb", "TMDb"), ("tvdb", "TVDB"), ("trakt", "Trakt"))
KINDS = (Kind.MOVIE, Kind.SHOW)
"""What an item can be."""

Known = tuple[tuple[Item], int | None, int | None]
"""One item that an id led to before, as a match needs it, with its TMDb and TVDB ids."""
Found = Item | list[Item] | Known
Table = dict[str | int | None, Found]
Tables = tuple[Table, Table, Table, Table]
NO_TABLES: Tables = ({}, {}, {}, {})
"""Of a kind that no item has."""


_NOBODY: list[Item] = []


def kinds_of(kind: Kind, provider: str) -> tuple[Kind, ...]:
    """The kinds of item that an id of a title of this kind can name.

    Only IMDb numbers films and shows together: elsewhere an id without its kind is no id.
    """
    if kind in KINDS:
        return (kind,)
    return KINDS if provider == "imdb" else ()


def values_of(ids: Ids) -> tuple[str | int | None, ...]:
    """In the order of PROVIDERS."""
    return ids.imdb, ids.tmdb, ids.tvdb, ids.trakt


def disagreements(one: Ids, other: Ids) -> list[str]:
    """Names of the databases in which both have an id, and not the same."""
    pairs = zip(PROVIDERS, values_of(one), values_of(other), strict=True)
    return [name for (_, name), a, b in pairs if a is not None and b is not None and a != b]


def shared_id(one: Ids, other: Ids) -> str | None:
    """The first database in which both have the same id."""
    pairs = zip(PROVIDERS, values_of(one), values_of(other), strict=True)
    return next((provider for (provider, _), a, b in pairs if a is not None and a == b), None)


class PresenceIndex:
    """Made once for a reading of a server; small, since there may be 100,000 items."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.items: list[Item] = []
        self.tables: dict[Kind, Tables] = {kind: ({}, {}, {}, {}) for kind in KINDS}
        self.all_have_imdb = set(KINDS)
        """Kinds of which every item has an IMDb id. None of them can be what a row with an
        unknown IMDb id means: their own speaks against it."""
        self._named: dict[Kind, dict[str, Found]] | None = None
        self._by_item_id: dict[str, Item] | None = None
        for item in items:
            self.items.append(item)
            self._add(item)

    def _add(self, item: Item) -> None:
        title = item.title
        ids = title.ids
        by_imdb, by_tmdb, by_tvdb, by_trakt = tables = self.tables[title.kind]
        if ids.imdb is None:
            self.all_have_imdb.discard(title.kind)
        joins: list[Found] = []
        if ids.imdb is not None and (one := by_imdb.setdefault(ids.imdb, item)) is not item:
            joins.append(one)
        if ids.tmdb is not None and (one := by_tmdb.setdefault(ids.tmdb, item)) is not item:
            joins.append(one)
        if ids.tvdb is not None and (one := by_tvdb.setdefault(ids.tvdb, item)) is not item:
            joins.append(one)
        if ids.trakt is not None and (one := by_trakt.setdefault(ids.trakt, item)) is not item:
            joins.append(one)
        if joins:
            _group(tables, item, joins)

    def by_ids(self, title: Title) -> dict[str, Item]:
        """Items that share an id with `title`, and the other copies of those."""
        found: dict[str, Item] = {}
        for number, (provider, _) in enumerate(PROVIDERS):
            value = values_of(title.ids)[number]
            if value is not None:
                for kind in kinds_of(title.kind, provider):
                    there = self.tables[kind][number].get(value, _NOBODY)
                    found.update((item.id, item) for item in _each(there))
        return found

    def remember(self, item: Item, table: Table, value: str | int | None) -> None:
        """The next row with this id finds all in one place: lists share many titles."""
        if isinstance(table.get(value), Item):
            table[value] = (item,), item.title.ids.tmdb, item.title.ids.tvdb

    def by_item_id(self) -> dict[str, Item]:
        if self._by_item_id is None:
            self._by_item_id = {item.id: item for item in self.items}
        return self._by_item_id

    def by_names(self, kind: Kind, names: Names) -> list[Item]:
        """Items that have one of these names, whatever their year."""
        found: dict[str, Item] = {}
        table = self.names().get(kind, {})
        for name in names.every():
            found.update((item.id, item) for item in _each(table.get(name, _NOBODY)))
        return list(found.values())

    def names(self) -> dict[Kind, dict[str, Found]]:
        """The items by every name they may be looked for under."""
        if self._named is None:
            self._named = {kind: {} for kind in KINDS}
            for item in self.items:
                table = self._named[item.title.kind]
                for name in names_of(item.title, library=True).every():
                    there = table.setdefault(name, item)
                    if isinstance(there, list):
                        there.append(item)
                    elif there is not item:
                        table[name] = [*_each(there), item]
        return self._named


def _each(found: Found) -> Sequence[Item]:
    if isinstance(found, tuple):
        return found[0]
    return found if isinstance(found, list) else (found,)


def _group(tables: Tables, item: Item, joins: list[Found]) -> None:
    """One list for all that hang together, under every id that any of them has."""
    groups = {id(there): there for there in joins}
    group = max((there for there in joins if isinstance(there, list)), key=len, default=[])
    fresh = [item]
    fresh += [one for there in groups.values() if there is not group for one in _each(there)]
    group += fresh
    for one in fresh:
        for table, value in zip(tables, values_of(one.title.ids), strict=True):
            if value is not None:
                table[value] = group
