"""What the templates of runs take: all runs, one, taking one back, comparing two."""

from dataclasses import dataclass

from collectarr.pages.parts import Change, Choice, Id, LiveRun, Pager, RunLine
from collectarr.pages.words import When


@dataclass(frozen=True, slots=True)
class RunsPage:
    """`collections` and `triggers` are the options of two selects that narrow the rows down."""

    runs: tuple[RunLine, ...]
    statuses: tuple[Choice, ...]
    pager: Pager
    filtered: bool = False
    collections: tuple[Choice, ...] = ()
    triggers: tuple[Choice, ...] = ()
    status: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """`tone` ok, info (now), bad, quiet (not reached)."""

    name: str
    text: str
    tone: str
    took: str = ""


@dataclass(frozen=True, slots=True)
class Requests:
    server: str
    reads: int
    writes: int


@dataclass(frozen=True, slots=True)
class LogLine:
    """`clock` is the time of day, `when` the whole of it."""

    when: When
    clock: str
    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class ChangesOf:
    """What a run changed on one server."""

    server: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class RunPage:
    """`run.changes` holds all of them here; `by_server` the same by server. `times`: what it did
    in turn, and how long that took. `before`: the run of the same collection before this one.
    `undoes`: the run that this one took back.
    """

    run: RunLine
    live: LiveRun | None = None
    stages: tuple[Stage, ...] = ()
    requests: tuple[Requests, ...] = ()
    log: tuple[LogLine, ...] = ()
    can_approve: bool = False
    by_server: tuple[ChangesOf, ...] = ()
    times: tuple[tuple[str, str], ...] = ()
    can_undo: bool = False
    before: Id | None = None
    undoes: Id | None = None


@dataclass(frozen=True, slots=True)
class UndoOf:
    """What taking a run back would do to one Emby collection: names of titles, and why not."""

    place: str
    take_out: tuple[str, ...] = ()
    put_back: tuple[str, ...] = ()
    left: tuple[tuple[str, str], ...] = ()
    also: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class UndoPage:
    """`problem`: why the run cannot be taken back at all."""

    run: RunLine
    places: tuple[UndoOf, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ComparePage:
    """`rows`: a name, and what it was in the older and in the newer run. `others`: to choose."""

    name: str
    collection_id: Id
    first: RunLine
    second: RunLine
    rows: tuple[tuple[str, str, str], ...]
    lists: tuple[tuple[str, tuple[str, ...]], ...]
