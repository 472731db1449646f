"""What the form of a collection shows of its lists and rules."""

from dataclasses import dataclass

from collectarr.pages.parts import Choice


@dataclass(frozen=True, slots=True)
class ListLine:
    """One list of the collection, in its place. `about`: its size and whose it is, in words."""

    id: int
    name: str
    source: str
    about: str
    url: str
    ops: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class TitleLine:
    """A title that is pinned or left out; `value` is what the form sends to take that back."""

    value: str
    title: str
    about: str
    selected: bool = False


@dataclass(frozen=True, slots=True)
class RulesForm:
    """Which titles. Further fields: year_from, year_to, rating_from, genres, without_genres, limit.

    `open`: something of it is set, or wrong. `in_library`: that box is ticked.
    """

    merges: tuple[Choice, ...]
    kinds: tuple[Choice, ...]
    episodes: tuple[Choice, ...]
    orders: tuple[Choice, ...]
    directions: tuple[Choice, ...]
    in_library: bool = False
    others: tuple[Choice, ...] = ()
    pins: tuple[TitleLine, ...] = ()
    exclusions: tuple[TitleLine, ...] = ()
    open: bool = False
