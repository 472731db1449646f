"""What differs between two runs of one collection, and what Collectarr had in it after each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from collectarr.errors import InvalidError
from collectarr.store import runs
from collectarr.store.db import Database
from collectarr.store.runs import Change, Run


@dataclass(frozen=True, slots=True)
class Named:
    """One title in one box set, as the history knows it."""

    server_id: int | None
    item_id: str | None
    title: str
    year: int | None


@dataclass(frozen=True, slots=True)
class RunSide:
    """One of the two. `held`: how many titles, by server, Collectarr had put in by its end."""

    run: Run
    added: tuple[Named, ...]
    removed: tuple[Named, ...]
    held: Mapping[int, int]

    @property
    def seconds(self) -> float | None:
        began = self.run.started_at or self.run.queued_at
        ended = self.run.finished_at
        return None if ended is None else max(0.0, (ended - began).total_seconds())


@dataclass(frozen=True, slots=True)
class Comparison:
    """`came` and `went`: between the end of the first and the end of the second."""

    first: RunSide
    second: RunSide
    came: tuple[Named, ...]
    went: tuple[Named, ...]


async def compare_runs(db: Database, user_id: int, run_id: int, other_id: int) -> Comparison:
    """The older one first. Raises InvalidError for runs of different collections."""
    first, second = [await runs.get_run(db, user_id, key) for key in sorted((run_id, other_id))]
    if first.collection_id is None or first.collection_id != second.collection_id:
        raise InvalidError("Two runs of the same collection can be compared.", code="other_runs")
    changes = await runs.changes_until(db, first.collection_id, second.id)
    return compare(first, second, changes)


def compare(first: Run, second: Run, changes: Iterable[tuple[int, Change]]) -> Comparison:
    """`changes`: all of their collection with the number of their run, in order. Pure.

    What people put in or took out by hand is not in the history, and is not counted.
    """
    told = list(changes)
    before, after = _held(told, first.id), _held(told, second.id)
    return Comparison(
        _side(first, told, before),
        _side(second, told, after),
        tuple(row for key, row in after.items() if key not in before),
        tuple(row for key, row in before.items() if key not in after),
    )


Key = tuple[int | None, str | None]


def _held(changes: Iterable[tuple[int, Change]], until: int) -> dict[Key, Named]:
    held: dict[Key, Named] = {}
    for run_id, change in changes:
        if run_id > until:
            continue
        key = (change.server_id, change.item_id)
        if change.op == "add":
            held[key] = _named(change)
        elif change.op == "remove":
            held.pop(key, None)
    return held


def _side(run: Run, changes: Iterable[tuple[int, Change]], held: Mapping[Key, Named]) -> RunSide:
    own = [change for run_id, change in changes if run_id == run.id]
    counts: dict[int, int] = {}
    for row in held.values():
        counts[row.server_id or 0] = counts.get(row.server_id or 0, 0) + 1
    return RunSide(
        run,
        tuple(_named(change) for change in own if change.op == "add"),
        tuple(_named(change) for change in own if change.op == "remove"),
        counts,
    )


def _named(change: Change) -> Named:
    return Named(change.server_id, change.item_id, change.title, change.year)
