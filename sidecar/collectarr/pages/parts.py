"""The pieces that several pages show: posters, runs, coverage, forms, filters."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from collectarr.pages.words import Badge, When, hue, in_short, initials, percent, tile_lines

Id = int | str


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed and what is wrong with it, by field name; "" is the form as a whole."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)

    def error(self, name: str) -> str:
        return self.errors.get(name, "")


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a select, radio group, row of check boxes, or segmented filter.

    A filter's options carry `href` (path and query) and mostly a count.
    """

    value: str
    label: str
    selected: bool = False
    help: str = ""
    href: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the titles of a list are in the library; `wanted` 0 = not read yet."""

    found: int = 0
    wanted: int = 0

    @property
    def percent(self) -> int:
        return percent(self.found, self.wanted)

    @property
    def missing(self) -> int:
        return max(0, self.wanted - self.found)


@dataclass(frozen=True, slots=True)
class Poster:
    """A title as a picture; `url` is of our own origin, or None for a drawn tile.

    `colour` is its dominant one as `#rrggbb`; `href` where it leads, "" for nowhere.
    """

    title: str
    url: str | None = None
    year: int | None = None
    colour: str = ""
    href: str = ""
    note: str = ""

    @property
    def initials(self) -> str:
        return initials(self.title)

    @property
    def hue(self) -> int:
        return hue(self.title)

    @property
    def lines(self) -> tuple[str, ...]:
        return tile_lines(self.title)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a list comes from; `url` is its page there, "" for lists made by hand."""

    name: str
    list_name: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One title put in (`added`), taken out (not), or a box set renamed (None); why and where."""

    added: bool | None
    title: str
    year: int | None = None
    why: str = ""
    server: str = ""


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run in a list of runs. `took` is "" while it has not ended."""

    id: Id
    status: Badge
    what: str
    collection_id: Id | None
    when: When
    trigger: str
    took: str
    added: int
    removed: int
    message: str
    reads: int = 0
    writes: int = 0
    changes: tuple[Change, ...] = ()
    more_changes: int = 0

    @property
    def short(self) -> str:
        """The message on one line."""
        return in_short(self.message)


@dataclass(frozen=True, slots=True)
class LiveRun:
    """A run under way. `total` 0 = not known yet; `elapsed` in words, `started_at` ISO."""

    id: Id
    collection_id: Id | None
    collection: str
    message: str
    done: int
    total: int
    started_at: str
    elapsed: str
    can_cancel: bool = True


@dataclass(frozen=True, slots=True)
class Chip:
    """The global `live`: one line in the top bar, and the run under way if there is one."""

    text: str
    icon: str = "clock"
    tone: str = "quiet"
    href: str = "/runs"
    run: LiveRun | None = None


@dataclass(frozen=True, slots=True)
class Pager:
    """`more` is the link to the next page, "" at the end; `shown` counts from the first row."""

    shown: int
    total: int
    more: str = ""
    first: str = ""


@dataclass(frozen=True, slots=True)
class DiffRow:
    poster: Poster
    why: str = ""


@dataclass(frozen=True, slots=True)
class Diff:
    """What one box set would get. `kept` counts, `keep` may be only the first of them.

    `safety` is a sentence when the removals would wait for approval, `problem` when the plan
    could not be made. `server_id`: it can be done there alone. `under_way`: a run changes it now.
    `kept_out` were taken out by hand, `found` were put there by others: both stay so.
    """

    server: str
    server_id: Id | None = None
    under_way: bool = False
    kept_out: tuple[DiffRow, ...] = ()
    found: tuple[DiffRow, ...] = ()
    add: tuple[DiffRow, ...] = ()
    remove: tuple[DiffRow, ...] = ()
    keep: tuple[DiffRow, ...] = ()
    kept: int = 0
    safety: str = ""
    problem: str = ""
