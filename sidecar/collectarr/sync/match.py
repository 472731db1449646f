"""Which items of a library stand for which rows of a list, and why. Pure.

By kind and id first; ids that disagree are a conflict and shown, not guessed. Then by title and
year, one to one: an item claimed by two rows belongs to the only exact claim or to nobody.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from collectarr.models import Ids, Item, Kind, ListItem, Title
from collectarr.sync.names import comparable

PROVIDERS = (("imdb", "IMDb"), ("tmdb", "TMDb"), ("tvdb", "TVDB"))
MOST_NEAR = 3


@dataclass(frozen=True, slots=True)
class Match:
    """`items` stand for the row of this `rank`; empty: it is missing. `by` names how."""

    rank: int
    items: tuple[Item, ...]
    by: str | None
    why: str
    near: tuple[str, ...] = ()


class PresenceIndex:
    """The items of a server, found by kind and id, and by kind and comparable title."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._ids: dict[tuple[str, Kind], dict[str | int, list[Item]]] = {
            (provider, kind): {} for provider, _ in PROVIDERS for kind in Kind
        }
        self._titles: dict[Kind, dict[str, list[Item]]] = {kind: defaultdict(list) for kind in Kind}
        for item in items:
            self._add(item)

    def _add(self, item: Item) -> None:
        title = item.title
        for provider, _ in PROVIDERS:
            value = getattr(title.ids, provider)
            if value is not None:
                self._ids[provider, title.kind].setdefault(value, []).append(item)
        for name in {comparable(title.title), comparable(title.original_title or "")} - {""}:
            self._titles[title.kind][name].append(item)

    def by_ids(self, title: Title) -> dict[str, Item]:
        """Items that share at least one id with `title`.

        Where only its IMDb id is known, not its kind, it may be of either kind.
        """
        found: dict[str, Item] = {}
        for provider, _ in PROVIDERS:
            value = getattr(title.ids, provider)
            if value is not None:
                for kind in kinds_of(title.kind, provider):
                    for item in self._ids[provider, kind].get(value, ()):
                        found[item.id] = item
        return found

    def by_title(self, title: Title) -> dict[str, Item]:
        """Items whose comparable title or original title is one of `title`'s."""
        names = {comparable(title.title), comparable(title.original_title or "")} - {""}
        table = self._titles[title.kind]
        return {item.id: item for name in names for item in table.get(name, ())}


def kinds_of(kind: Kind, provider: str) -> tuple[Kind, ...]:
    """The kinds of items that an id of a title of this kind can name."""
    if kind is not Kind.UNKNOWN:
        return (kind,)
    return (Kind.MOVIE, Kind.SHOW) if provider == "imdb" else ()


def match(rows: Sequence[ListItem], index: PresenceIndex) -> list[Match]:
    """One Match a row, in the order of `rows`."""
    results: dict[int, Match] = {}
    claimed: dict[str, int] = {}
    for row in rows:
        found = _by_ids(row, index)
        if found is not None:
            results[row.rank] = found
            for item in found.items:
                claimed.setdefault(item.id, row.rank)
    rest = [row for row in rows if row.rank not in results]
    results.update(_by_title(rest, index, claimed))
    return [results[row.rank] for row in rows]


def _by_ids(row: ListItem, index: PresenceIndex) -> Match | None:
    found = index.by_ids(row.title)
    if not found:
        return None
    good = [item for item in found.values() if not disagreements(row.title.ids, item.title.ids)]
    if not good:
        return Match(
            row.rank, (), None, _conflict(row.title, found.values()), _near(found.values())
        )
    by = next(
        provider
        for provider, _ in PROVIDERS
        if any(_shares(provider, row.title.ids, item.title.ids) for item in good)
    )
    name = dict(PROVIDERS)[by]
    return Match(row.rank, tuple(good), by, f"Same {name} id ({getattr(row.title.ids, by)}).")


def _shares(provider: str, one: Ids, other: Ids) -> bool:
    value = getattr(one, provider)
    return value is not None and value == getattr(other, provider)


def disagreements(one: Ids, other: Ids) -> list[str]:
    """Names of the databases in which both have an id, and not the same."""
    return [
        name
        for provider, name in PROVIDERS
        if None not in (a := getattr(one, provider), b := getattr(other, provider)) and a != b
    ]


def _conflict(title: Title, items: Iterable[Item]) -> str:
    item = next(iter(items))
    names = " and ".join(disagreements(title.ids, item.title.ids))
    return (
        f"Its ids point at {_called(item.title)!r}, but the {names} id there is another one."
        " Correct the ids in Emby, or leave it out."
    )


def _by_title(
    rows: Sequence[ListItem], index: PresenceIndex, claimed: dict[str, int]
) -> dict[int, Match]:
    exact: dict[int, list[Item]] = {}
    close: dict[int, list[Item]] = {}
    named: dict[int, list[Item]] = {}
    for row in rows:
        named[row.rank] = list(index.by_title(row.title).values())
        free = [
            item
            for item in named[row.rank]
            if item.id not in claimed and not disagreements(row.title.ids, item.title.ids)
        ]
        exact[row.rank] = [item for item in free if _years_apart(row.title, item.title) == 0]
        close[row.rank] = [item for item in free if _years_apart(row.title, item.title) == 1]
    results = _settle_exact(rows, exact)
    taken = set(claimed) | {item.id for found in results.values() for item in found.items}
    results.update(_settle_close([r for r in rows if r.rank not in results], close, taken))
    for row in rows:
        if row.rank not in results:
            results[row.rank] = _missing(row, named[row.rank], claimed)
    return results


def _years_apart(one: Title, other: Title) -> int | None:
    return None if one.year is None or other.year is None else abs(one.year - other.year)


def _settle_exact(rows: Sequence[ListItem], candidates: dict[int, list[Item]]) -> dict[int, Match]:
    """Same title and year: an item that two rows claim so belongs to neither."""
    claims: dict[str, int] = defaultdict(int)
    for items in candidates.values():
        for item in items:
            claims[item.id] += 1
    results: dict[int, Match] = {}
    for row in rows:
        items = candidates[row.rank]
        if items and all(claims[item.id] == 1 for item in items) and _one_film(items):
            why = f"Same title and year ({row.title.year}); no id was there to compare."
            results[row.rank] = Match(row.rank, tuple(items), "title", why)
    return results


def _settle_close(
    rows: Sequence[ListItem], candidates: dict[int, list[Item]], taken: set[str]
) -> dict[int, Match]:
    """A year off: only where one unclaimed candidate is left, and one row wants it."""
    left = {row.rank: [i for i in candidates[row.rank] if i.id not in taken] for row in rows}
    claims: dict[str, int] = defaultdict(int)
    for items in left.values():
        for item in items:
            claims[item.id] += 1
    results: dict[int, Match] = {}
    for row in rows:
        items = left[row.rank]
        if len(items) == 1 and claims[items[0].id] == 1:
            why = (
                f"Same title, a year apart ({row.title.year} here, {items[0].title.year} in Emby)."
            )
            results[row.rank] = Match(row.rank, tuple(items), "title", why)
    return results


def _one_film(items: Sequence[Item]) -> bool:
    """Whether several items can be copies of one: no two of them have ids that disagree."""
    first = items[0].title.ids
    return all(not disagreements(first, item.title.ids) for item in items[1:])


def _missing(row: ListItem, named: Sequence[Item], claimed: dict[str, int]) -> Match:
    if not named:
        return Match(row.rank, (), None, "Not in the library.")
    owner = next((claimed[item.id] for item in named if item.id in claimed), None)
    if owner is not None:
        why = f"The library's {_called(named[0].title)!r} stands for row {owner} of the list."
    elif any(disagreements(row.title.ids, item.title.ids) for item in named):
        why = "The library has this title, but with other ids: another film or show."
    elif row.title.year is None:
        why = "The list gives no id and no year: too little to be sure."
    else:
        why = "The library has this title, but it cannot be told which one is meant."
    return Match(row.rank, (), None, why, _near(named))


def _near(items: Iterable[Item]) -> tuple[str, ...]:
    return tuple(_called(item.title) for item in list(items)[:MOST_NEAR])


def _called(title: Title) -> str:
    return f"{title.title} ({title.year})" if title.year else title.title
