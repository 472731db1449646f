"""When things run: one run per key at a time, with progress, cancel, history and a log.

`start` returns at once. Starting what runs already returns the run under way; with `again`, or
for another `version` of its subject, it runs once more afterwards, so that nothing that happened
meanwhile is missed.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from collectarr.errors import CancelledRunError, CollectarrError, ConflictError
from collectarr.http import redact
from collectarr.live import Live
from collectarr.models import Requests, RunStatus, Trigger
from collectarr.store import runs
from collectarr.store.db import Database
from collectarr.store.runs import Change, Run

log = structlog.stdlib.get_logger(__name__)

CANCEL_GRACE = 1.0
"""Seconds until work that does not listen is cut off: all is to be over within two."""
PUBLISH_EVERY = 0.2
MOST_STAGES = 500
INTERRUPTED = "Collectarr was stopped in the middle of this run. The next run completes it."
CANCELLED = "Cancelled. What was done until then stays."
BUG = "Something went wrong inside Collectarr; the log has the details."


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, in words for people."""

    status: RunStatus
    message: str
    error_code: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    held: dict[str, Any] | None = None


class Report:
    """What a piece of work tells about itself while it runs."""

    def __init__(self, db: Database, live: Live, run: Run) -> None:
        self.run = run
        self.requests: dict[int, Requests] = {}
        self.cancelled = asyncio.Event()
        self.status = run.status
        self._db = db
        self._live = live
        self._stage = ""
        self._named = ""
        self._stages: list[tuple[str, float]] = []
        self._began = time.monotonic()
        self._done: int | None = None
        self._total: int | None = None
        self._published = 0.0
        self._later: asyncio.TimerHandle | None = None

    async def stage(self, text: str, done: int | None = None, total: int | None = None) -> None:
        """Say what is going on. Raises CancelledRunError once the run is cancelled."""
        self.checkpoint()
        text = redact(text)
        moved = text != self._named
        if moved:
            self._end_stage(text)
        self._stage, self._done, self._total = text, done, total
        self._publish_soon()
        if moved:
            await runs.set_stage(self._db, self.run.id, text)

    def _end_stage(self, following: str = "") -> None:
        """Keep how long the stage took that ends now."""
        now = time.monotonic()
        if self._named and len(self._stages) < MOST_STAGES:
            self._stages.append((self._named, round(now - self._began, 3)))
        self._named, self._began = following, now

    def progress(self, text: str, done: int, total: int) -> None:
        """Like `stage`, from places that cannot wait; not kept in the run's row."""
        self._stage, self._done, self._total = redact(text), done, total
        self._publish_soon()

    def checkpoint(self) -> None:
        if self.cancelled.is_set():
            raise CancelledRunError(CANCELLED)

    async def log(self, level: str, message: str) -> None:
        await runs.add_log(self._db, self.run.id, level, redact(message))

    async def changed(self, changes: list[Change]) -> None:
        if changes:
            await runs.add_changes(self._db, self.run.id, changes)

    def requests_to(self, server_id: int) -> Requests:
        return self.requests.setdefault(server_id, Requests())

    async def part(self, collection_id: int, name: str, undoes: int | None = None) -> "Report":
        """A run of its own for one collection of this run."""
        run = await runs.add_run(
            self._db,
            self.run.user_id,
            name,
            self.run.trigger,
            collection_id=collection_id,
            parent_id=self.run.id,
            undoes=undoes,
        )
        await runs.begin_run(self._db, run.id)
        part = Report(self._db, self._live, run)
        part.cancelled = self.cancelled
        part.status = RunStatus.RUNNING
        return part

    async def finish(self, outcome: Outcome) -> None:
        message = redact(outcome.message)
        self.status = outcome.status
        self._end_stage()
        self._stage, self._done, self._total = message, None, None
        try:
            await runs.finish_run(
                self._db,
                self.run.id,
                outcome.status,
                message,
                error_code=outcome.error_code,
                counts=outcome.counts,
                requests={str(key): value.as_dict() for key, value in self.requests.items()},
                held=outcome.held,
                stages=self._stages,
            )
        finally:
            self.publish()

    def state(self) -> dict[str, Any]:
        started = self.run.started_at or self.run.queued_at
        return {
            "id": self.run.id,
            "parent_id": self.run.parent_id,
            "collection_id": self.run.collection_id,
            "collection": self.run.name,
            "status": self.status.value,
            "stage": self._stage,
            "done": self._done,
            "total": self._total,
            "message": self._stage,
            "started_at": started.isoformat(),
        }

    def publish(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        self._published = time.monotonic()
        self._live.publish(self.run.user_id, "run", self.state())

    def _publish_soon(self) -> None:
        """At a bounded rate; the last state always gets out."""
        wait = self._published + PUBLISH_EVERY - time.monotonic()
        if wait <= 0:
            self.publish()
        elif self._later is None:
            self._later = asyncio.get_running_loop().call_later(wait, self.publish)


Work = Callable[[Report], Awaitable[Outcome]]


@dataclass(slots=True)
class _Active:
    """`task` sees a run through to its row; only `work` inside it is ever cut off."""

    key: str
    report: Report
    task: "asyncio.Task[None] | None" = None
    work: "asyncio.Task[Outcome] | None" = None
    version: object = None
    again: "dict[object, tuple[Work, dict[str, Any]]]" = field(default_factory=dict)

    def cut(self) -> None:
        if self.work is not None:
            self.work.cancel()


class Runner:
    """Owns every run of this process."""

    def __init__(self, db: Database, live: Live, *, cancel_grace: float = CANCEL_GRACE) -> None:
        self._db = db
        self._live = live
        self._grace = cancel_grace
        self._active: dict[str, _Active] = {}
        self._unrecorded: list[tuple[Report, Outcome]] = []
        self._lock = asyncio.Lock()
        self._closing = False

    async def start(
        self,
        key: str,
        work: Work,
        *,
        user_id: int,
        name: str,
        trigger: Trigger,
        collection_id: int | None = None,
        again: bool = False,
        version: object = None,
        undoes: int | None = None,
    ) -> Run:
        """The run that was started, or the one under way for `key`.

        `version` tells apart what was asked for: a run under way for another one does not do.
        None: any does.

        Raises ConflictError while Collectarr is stopping.
        """
        about = {
            "user_id": user_id,
            "name": name,
            "trigger": trigger.value,
            "collection_id": collection_id,
            "undoes": undoes,
        }
        async with self._lock:
            active = self._active.get(key)
            if active is None:
                return (await self._start(key, work, about, version)).report.run
            if again or version not in (None, active.version):
                active.again[version] = (work, about)
            return active.report.run

    async def _start(
        self, key: str, work: Work, about: dict[str, Any], version: object
    ) -> "_Active":
        if self._closing:
            raise ConflictError("Collectarr is stopping. Try again in a moment.", code="stopping")
        await self._record()
        run = await runs.add_run(self._db, **about)
        active = _Active(key, Report(self._db, self._live, run), version=version)
        self._active[key] = active
        active.task = asyncio.create_task(self._run(active, work), name=f"run {key}")
        return active

    async def wait(self, run_id: int) -> None:
        """Until that run has ended."""
        for active in list(self._active.values()):
            if active.report.run.id == run_id and active.task is not None:
                await asyncio.wait([active.task])

    async def cancel(self, run_id: int) -> bool:
        """Ask a run to stop; what does not listen within a moment is cut off."""
        for active in list(self._active.values()):
            if active.report.run.id == run_id and active.task is not None:
                active.again.clear()
                active.report.cancelled.set()
                asyncio.get_running_loop().call_later(self._grace, active.cut)
                return True
        return False

    def states(self, user_id: int) -> list[dict[str, Any]]:
        """What runs now for a user."""
        return [
            active.report.state()
            for active in self._active.values()
            if active.report.run.user_id == user_id
        ]

    @property
    def alive(self) -> bool:
        return not self._closing

    async def close(self) -> None:
        """Stop everything; interrupted runs say so in their rows."""
        self._closing = True
        async with self._lock:
            active = list(self._active.values())
        for run in active:
            run.cut()
        tasks = [run.task for run in active if run.task is not None]
        if tasks:
            await asyncio.wait(tasks)

    async def _run(self, active: _Active, work: Work) -> None:
        report = active.report
        structlog.contextvars.bind_contextvars(run=report.run.id)
        try:
            await self._see_through(active, work)
        except Exception:
            # Its row stays open until the next run starts, or Collectarr itself.
            log.exception("run could not be recorded", name=report.run.name)
        finally:
            await self._next(active)

    async def _see_through(self, active: _Active, work: Work) -> None:
        report = active.report
        try:
            await runs.begin_run(self._db, report.run.id)
            report.status = RunStatus.RUNNING
            report.publish()
            outcome = await self._outcome(active, work)
        except CollectarrError as error:
            outcome = Outcome(RunStatus.FAILED, error.message, error.code)
        self._unrecorded.append((report, outcome))
        await self._record()
        if outcome.error_code == "interrupted":
            await runs.make_due(self._db, report.run.id)
        log.info(
            "run ended",
            name=report.run.name,
            status=outcome.status.value,
            message=outcome.message,
        )

    async def _record(self) -> None:
        """Write how runs ended; those of a full disk are written once there is room again."""
        waiting, self._unrecorded = self._unrecorded, []
        while waiting:
            try:
                await waiting[0][0].finish(waiting[0][1])
            except BaseException:
                self._unrecorded += waiting
                raise
            del waiting[0]

    def _cut_off(self, report: Report) -> Outcome:
        if report.cancelled.is_set() and not self._closing:
            return Outcome(RunStatus.CANCELLED, CANCELLED, "cancelled")
        task = asyncio.current_task()
        if self._closing or (task is not None and task.cancelling()):
            return Outcome(RunStatus.FAILED, INTERRUPTED, "interrupted")
        log.exception("run cancelled itself", name=report.run.name)
        return Outcome(RunStatus.FAILED, BUG, "bug")

    async def _next(self, active: _Active) -> None:
        """Make room for the next run of this key, and start it if it was asked for."""
        async with self._lock:
            del self._active[active.key]
            if not active.again or self._closing:
                return
            version, (work, about) = next(iter(active.again.items()))
            try:
                following = await self._start(active.key, work, about, version)
                following.again = {k: v for k, v in active.again.items() if k != version}
            except Exception:
                log.exception("run could not be started", key=active.key)

    async def _outcome(self, active: _Active, work: Work) -> Outcome:
        report = active.report
        if self._closing:
            return Outcome(RunStatus.FAILED, INTERRUPTED, "interrupted")
        if report.cancelled.is_set():
            return Outcome(RunStatus.CANCELLED, CANCELLED, "cancelled")
        try:
            active.work = asyncio.ensure_future(work(report))
            return await active.work
        except CancelledRunError as error:
            return Outcome(RunStatus.CANCELLED, error.message, error.code)
        except asyncio.CancelledError:
            return self._cut_off(report)
        except CollectarrError as error:
            return Outcome(RunStatus.FAILED, error.message, error.code)
        except Exception:
            log.exception("run failed", name=report.run.name)
            return Outcome(RunStatus.FAILED, BUG, "bug")
