"""Why a row of a list has no item, and what comes near it: put into words when somebody looks."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Protocol

from collectarr.models import Item, Kind, Library, ListItem, Title
from collectarr.sync.claims import CROWD, contradict, strength, years_apart
from collectarr.sync.index import KINDS, PresenceIndex, disagreements
from collectarr.sync.titles import Names, names_of

MOST_NEAR = 3
_WHAT = {Kind.MOVIE: "film", Kind.SHOW: "show"}

_POINT = "Its ids point at "

Told = tuple[str, tuple[str, ...]]
"""A reason, and near misses."""


class Owner(Protocol):
    """A row that has items."""

    @property
    def rank(self) -> int: ...

    @property
    def items(self) -> Sequence[Item]: ...


def called(title: Title) -> str:
    return f"{title.title} ({title.year})" if title.year else title.title


def near(items: Iterable[Item]) -> tuple[str, ...]:
    found = dict.fromkeys(called(item.title) for item in items)
    return tuple(found)[:MOST_NEAR]


def conflict(title: Title, items: Iterable[Item]) -> Told:
    """Some ids lead to these items, others speak against them."""
    items = list(items)
    wrong = next((item for item in items if disagreements(title.ids, item.title.ids)), None)
    if wrong is None:
        what = f"{_POINT}several titles that have nothing in common."
    else:
        names = " and ".join(disagreements(title.ids, wrong.title.ids))
        what = f"{_POINT}{called(wrong.title)!r}, but the {names} id there is another one."
    return f"{what} Correct the ids in Emby, or leave it out.", near(items)


def is_conflict(why: str) -> bool:
    """Whether a reason that was kept is one of `conflict`: no other speaks of where ids point."""
    return _POINT in why


def left_out_words(library: Library) -> str:
    """Why what lies in `library` is not taken."""
    if not library.used:
        return f"It is on the server, but its library ({library.name}) is not in use."
    return f"It is on the server, but this collection takes nothing from {library.name}."


class Missing:
    """Tells of the rows of one list. `matched`: the others."""

    def __init__(self, index: PresenceIndex) -> None:
        self._index = index
        self.matched: Sequence[Owner] = ()

    @cached_property
    def _owners(self) -> dict[str, int]:
        """Item id -> rank of the first row that it stands for."""
        return {item.id: one.rank for one in reversed(self.matched) for item in one.items}

    def tell(self, row: ListItem) -> Told:
        title = row.title
        names = names_of(title, library=False)
        led_to = self._index.by_ids(title)
        if led_to:
            return conflict(title, led_to.values())
        if title.kind not in KINDS:
            return "It is not known yet whether this is a film or a show.", ()
        there = self._namesakes(title.kind, names)
        if not there:
            return self._elsewhere(title, names)
        shown = near(item for item, _ in there)
        same = [(item, theirs) for item, theirs in there if strength(names, theirs)]
        if not same:
            return "Not in the library under this title.", shown
        return self._why(title, names, same), shown

    def _namesakes(self, kind: Kind, names: Names) -> list[tuple[Item, Names]]:
        """Best first: those of the same name, then those of nearly the same year."""
        found = [
            (item, names_of(item.title, library=True))
            for item in self._index.by_names(kind, names)[:CROWD]
        ]
        found = [
            (item, theirs)
            for item, theirs in found
            if strength(names, theirs) or theirs.head in names.title or names.head in theirs.title
        ]
        return sorted(found, key=lambda one: (-strength(names, one[1]), _gap(names, one[1])))

    def _elsewhere(self, title: Title, names: Names) -> Told:
        """The same name and year as the other kind: a series that was listed as a film."""
        for kind in KINDS:
            for item, theirs in self._namesakes(kind, names) if kind is not title.kind else ():
                if _gap(names, theirs) <= 1 and strength(names, theirs):
                    why = f"The library has this title only as a {_WHAT[kind]}."
                    return why, near([item])
        return "Not in the library.", ()

    def _why(self, title: Title, names: Names, same: list[tuple[Item, Names]]) -> str:
        best = same[0][0]
        if best.id in self._owners:
            return (
                f"The library's {called(best.title)!r} stands for row {self._owners[best.id]}"
                " of the list."
            )
        if disagreements(title.ids, best.title.ids):
            return "The library has this title, but with other ids: another film or show."
        if names.year is None:
            if title.ids:
                return "The list gives no year: too little to be sure."
            return "The list gives no id and no year: too little to be sure."
        theirs = [names_of_item for _, names_of_item in same]
        if all(contradict(names, one) for one in theirs):
            return "The library has this title, but its original title is another."
        if all(one.year is None for one in theirs):
            return "The library has this title without a year: too little to be sure."
        if all(_gap(names, one) > 1 for one in theirs):
            return "The library has this title, but of another year: another film or show."
        return "The library has this title, but it cannot be told which one is meant."


def _gap(one: Names, other: Names) -> int:
    apart = years_apart(one, other)
    return 9999 if apart is None else apart
