"""Taking a run back: on each server the inverse of its own changes, as a run of its own."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from collectarr.errors import (
    CancelledRunError,
    CollectarrError,
    ConflictError,
    NotFoundError,
    UpstreamError,
)
from collectarr.models import RunStatus, Trigger
from collectarr.runner import CANCELLED, Outcome, Report, Runner
from collectarr.store import collections as stored_collections
from collectarr.store import paused, runs, servers, targets, undoing
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.runs import OPEN, Run
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.store.undoing import OwnChange
from collectarr.sync.outside import Outside
from collectarr.sync.run import turn
from collectarr.sync.unapply import Undone, look, undo_target, verify
from collectarr.sync.unplan import Unplan

MOST_PARTS = 5_000
PAUSED = (
    "A run was taken back. Nothing is added or taken out by itself until you start it again;"
    " what was taken back stays so."
)
INTERRUPTED = "Collectarr was stopped while it took this back. Undo it again to complete it."
NOTHING = "Nothing is left to take back: all that this run changed has changed again since."
NO_CHANGES = "This run changed nothing, so there is nothing to take back."
NO_COLLECTION = "The collection of this run has been deleted, so it cannot be taken back."


@dataclass(frozen=True, slots=True)
class UndoPreview:
    """What taking a run back would do to one box set. `error`: why that cannot be told now."""

    collection: Collection
    server: Server
    plan: Unplan = field(default_factory=Unplan)
    error: str | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """A run of one collection that is to be taken back, and what it changed, by server."""

    run: Run
    collection: Collection
    own: dict[int, list[OwnChange]]

    @property
    def something(self) -> bool:
        return any(not one.later for rows in self.own.values() for one in rows)


async def start_undo(
    db: Database, outside: Outside, runner: Runner, user_id: int, run_id: int
) -> Run:
    """Take a run back in the background; of a run of several collections each part.

    Raises ConflictError when it has not ended, or when nothing is left to take back.
    """
    run = await runs.get_run(db, user_id, run_id)
    parts = await _parts(db, user_id, run)
    if not any(part.something for part in parts):
        raise ConflictError(NOTHING, code="nothing_to_undo")
    alone = run.collection_id is not None

    async def work(report: Report) -> Outcome:
        ids = [part.collection.id for part in parts]
        async with turn(outside, report, ids):
            return await _undo(db, outside, report, run, alone=alone)

    return await runner.start(
        f"undo:{run.id}",
        work,
        user_id=user_id,
        name=run.name,
        trigger=Trigger.UNDO,
        collection_id=run.collection_id,
        undoes=run.id,
    )


async def preview_undo(
    db: Database, outside: Outside, user_id: int, run_id: int
) -> list[UndoPreview]:
    """Reads Emby, writes nothing. Raises ConflictError as `start_undo` does."""
    run = await runs.get_run(db, user_id, run_id)
    found = []
    for part in await _parts(db, user_id, run):
        for server, target in await _places(db, part):
            try:
                marker = f"{outside.installation}.{target.id}"
                seen = await look(db, outside.emby(server), target, part.own[server.id], marker)
            except UpstreamError as error:
                found.append(UndoPreview(part.collection, server, error=error.message))
            else:
                found.append(UndoPreview(part.collection, server, seen.plan))
    return found


async def _parts(db: Database, user_id: int, run: Run) -> list[_Part]:
    if run.status in OPEN:
        raise ConflictError("This run has not ended yet. Cancel it, or wait.", code="running")
    several, _ = await runs.list_runs(db, user_id, parent_id=run.id, limit=MOST_PARTS)
    each = [one for one in [run, *reversed(several)] if one.collection_id is not None]
    ids = [one.collection_id for one in each if one.collection_id is not None]
    known = {one.id: one for one in await stored_collections.load_collections(db, ids)}
    parts = []
    for one in each:
        collection = known.get(one.collection_id or 0)
        if collection is None:
            continue
        own: dict[int, list[OwnChange]] = {}
        for change in await undoing.own_changes(db, one.id):
            own.setdefault(change.change.server_id or 0, []).append(change)
        parts.append(_Part(one, collection, own))
    if not parts:
        raise ConflictError(NO_COLLECTION, code="nothing_to_undo")
    if not any(part.own for part in parts):
        raise ConflictError(NO_CHANGES, code="nothing_to_undo")
    return parts


async def _places(db: Database, part: _Part) -> list[tuple[Server, Target]]:
    """Where it changed something, as far as the collection still goes there."""
    stored = {row.server_id: row for row in await targets.load_targets(db, [part.collection.id])}
    return [
        (server, stored[server.id])
        for server in await servers.list_servers(db, part.collection.user_id)
        if server.id in part.own and server.id in stored
    ]


async def _undo(
    db: Database, outside: Outside, report: Report, run: Run, *, alone: bool
) -> Outcome:
    parts = await _parts(db, run.user_id, run)
    outcomes = []
    for part in parts:
        if not part.something:
            continue
        mine = (
            report
            if alone
            else await report.part(part.collection.id, part.collection.name, part.run.id)
        )
        try:
            outcome = await _undo_part(db, outside, mine, part)
        except (CancelledRunError, asyncio.CancelledError):
            if mine is not report:
                await asyncio.shield(mine.finish(_cut_off(report)))
            raise
        outcomes.append(outcome)
        if mine is not report:
            await mine.finish(outcome)
            _add_requests(report, mine)
    return outcomes[0] if len(outcomes) == 1 else _outcome_of_all(outcomes)


def _cut_off(report: Report) -> Outcome:
    if report.cancelled.is_set():
        return Outcome(RunStatus.CANCELLED, CANCELLED, "cancelled")
    return Outcome(RunStatus.FAILED, INTERRUPTED, "interrupted")


async def _undo_part(db: Database, outside: Outside, report: Report, part: _Part) -> Outcome:
    """Servers side by side, as in a sync. Paused first: a kill must not let a schedule redo it."""
    await paused.set_paused(db, [part.collection.id], PAUSED)
    places = await _places(db, part)
    ends = await asyncio.gather(
        *(_undo_place(db, outside, report, part, *place) for place in places),
        return_exceptions=True,
    )
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    results = [end for end in ends if isinstance(end, Undone)]
    away = len(part.own.keys() - {server.id for server, _ in places})
    return outcome_of(results, away)


async def _undo_place(
    db: Database, outside: Outside, report: Report, part: _Part, server: Server, target: Target
) -> Undone:
    done = Undone(server.name)
    report.checkpoint()
    try:
        async with outside.writer(server):
            await report.stage(f"Taking back what it changed on {server.name}")
            client = outside.emby(server, report.requests_to(server.id))
            work = await undo_target(
                db, outside, client, report, part.collection, server, target,
                part.own[server.id], done,
            )  # fmt: skip
        await verify(work)
    except NotFoundError:
        done.error = "It is not there any more."
    except UpstreamError as error:
        done.error = error.message
        await report.log("error", f"{server.name}: {error.message}")
    except CancelledRunError:
        raise
    except CollectarrError as error:
        done.error = error.message
    # What it asked was about a plan that is no longer its.
    await targets.set_held(db, target.id, None)
    return done


def outcome_of(results: Sequence[Undone], away: int) -> Outcome:
    """`away`: servers that it went to and goes to no more."""
    out, back = sum(x.taken_out for x in results), sum(x.put_back for x in results)
    lost = [one for result in results for one in result.lost]
    failed = [result for result in results if result.error]
    counts = {"added": back, "removed": out, "not_restored": len(lost)}
    words = [f"{result.server}: {result.error}" for result in failed]
    words += [word for result in results for word in result.words]
    if out:
        words.append(f"Took out {_titles(out)}.")
    if back:
        words.append(f"Put back {_titles(back)}.")
    if lost:
        words.append(f"Could not be put back: {'; '.join(lost)}.")
    if away:
        words.append("On a server that the collection does not go to any more nothing was done.")
    if not words:
        words.append(NOTHING)
    if failed and len(failed) == len(results):
        return Outcome(RunStatus.FAILED, " ".join(words), "undo", counts)
    whole = not (failed or lost or away or any(x.incomplete for x in results))
    return Outcome(RunStatus.SUCCESS if whole else RunStatus.PARTIAL, " ".join(words), None, counts)


def _titles(number: int) -> str:
    return "1 title" if number == 1 else f"{number} titles"


def _outcome_of_all(outcomes: Sequence[Outcome]) -> Outcome:
    counts: dict[str, int] = {}
    for outcome in outcomes:
        for key, value in outcome.counts.items():
            counts[key] = counts.get(key, 0) + value
    statuses = {outcome.status for outcome in outcomes}
    status = statuses.pop() if len(statuses) == 1 else RunStatus.PARTIAL
    if not outcomes:
        return Outcome(RunStatus.SUCCESS, NOTHING)
    words = f"Took back what it did for {len(outcomes)} collections."
    bad = [x.message for x in outcomes if x.status is not RunStatus.SUCCESS]
    return Outcome(status, " ".join([words, *bad[:5]]), None, counts)


def _add_requests(whole: Report, part: Report) -> None:
    for server_id, requests in part.requests.items():
        total = whole.requests_to(server_id)
        total.reads += requests.reads
        total.writes += requests.writes
