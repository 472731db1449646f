"""When things run: one run per key at a time, with progress, cancel, history and a log.

`start` returns at once. Starting what runs already returns the run under way; with `again`
it runs once more afterwards, so that nothing that happened meanwhile is missed.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from collectarr.errors import CancelledRunError, CollectarrError
from collectarr.http import redact
from collectarr.live import Live
from collectarr.models import Requests, RunStatus, Trigger
from collectarr.store import runs
from collectarr.store.db import Database
from collectarr.store.runs import Change, Run

log = structlog.stdlib.get_logger(__name__)

CANCEL_GRACE = 1.5
PUBLISH_EVERY = 0.2
INTERRUPTED = "Collectarr was stopped in the middle of this run. The next run completes it."


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
        self._done: int | None = None
        self._total: int | None = None
        self._published = 0.0

    async def stage(self, text: str, done: int | None = None, total: int | None = None) -> None:
        """Say what is going on. Raises CancelledRunError once the run is cancelled."""
        self.checkpoint()
        moved = text != self._stage
        self._stage, self._done, self._total = text, done, total
        if moved:
            await runs.set_stage(self._db, self.run.id, text)
        if moved or time.monotonic() - self._published >= PUBLISH_EVERY:
            self.publish()

    def progress(self, text: str, done: int, total: int) -> None:
        """Like `stage`, from places that cannot wait; not kept in the run's row."""
        self._stage, self._done, self._total = text, done, total
        if time.monotonic() - self._published >= PUBLISH_EVERY:
            self.publish()

    def checkpoint(self) -> None:
        if self.cancelled.is_set():
            raise CancelledRunError("Cancelled. What was done until then stays.")

    async def log(self, level: str, message: str) -> None:
        await runs.add_log(self._db, self.run.id, level, redact(message))

    async def changed(self, changes: list[Change]) -> None:
        if changes:
            await runs.add_changes(self._db, self.run.id, changes)

    def requests_to(self, server_id: int) -> Requests:
        return self.requests.setdefault(server_id, Requests())

    async def part(self, collection_id: int, name: str) -> "Report":
        """A run of its own for one collection of this run."""
        run = await runs.add_run(
            self._db,
            self.run.user_id,
            name,
            self.run.trigger,
            collection_id=collection_id,
            parent_id=self.run.id,
        )
        await runs.begin_run(self._db, run.id)
        part = Report(self._db, self._live, run)
        part.cancelled = self.cancelled
        part.status = RunStatus.RUNNING
        return part

    async def finish(self, outcome: Outcome) -> None:
        self.status = outcome.status
        self._stage, self._done, self._total = outcome.message, None, None
        await runs.finish_run(
            self._db,
            self.run.id,
            outcome.status,
            redact(outcome.message),
            error_code=outcome.error_code,
            counts=outcome.counts,
            requests={str(key): value.as_dict() for key, value in self.requests.items()},
            held=outcome.held,
        )
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
        self._published = time.monotonic()
        self._live.publish(self.run.user_id, "run", self.state())


Work = Callable[[Report], Awaitable[Outcome]]


@dataclass(slots=True)
class _Active:
    key: str
    report: Report
    task: "asyncio.Task[None] | None" = None
    again: tuple[Work, dict[str, Any]] | None = None


class Runner:
    """Owns every run of this process."""

    def __init__(self, db: Database, live: Live) -> None:
        self._db = db
        self._live = live
        self._active: dict[str, _Active] = {}
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
    ) -> Run:
        """The run that was started, or the one under way for `key`."""
        about = {
            "user_id": user_id,
            "name": name,
            "trigger": trigger,
            "collection_id": collection_id,
        }
        async with self._lock:
            active = self._active.get(key)
            if active is not None:
                if again:
                    active.again = (work, about)
                return active.report.run
            run = await runs.add_run(
                self._db, user_id, name, trigger.value, collection_id=collection_id
            )
            active = _Active(key, Report(self._db, self._live, run))
            self._active[key] = active
            active.task = asyncio.create_task(self._run(active, work), name=f"run {key}")
            return run

    async def wait(self, run_id: int) -> None:
        """Until that run has ended."""
        for active in list(self._active.values()):
            if active.report.run.id == run_id and active.task is not None:
                await asyncio.wait([active.task])

    async def cancel(self, run_id: int) -> bool:
        """Ask a run to stop; what does not listen within a moment is cut off."""
        for active in list(self._active.values()):
            if active.report.run.id == run_id and active.task is not None:
                active.again = None
                active.report.cancelled.set()
                asyncio.get_running_loop().call_later(CANCEL_GRACE, active.task.cancel)
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
        tasks = [active.task for active in self._active.values() if active.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _run(self, active: _Active, work: Work) -> None:
        report = active.report
        structlog.contextvars.bind_contextvars(run=report.run.id)
        try:
            await runs.begin_run(self._db, report.run.id)
            report.status = RunStatus.RUNNING
            report.publish()
            outcome = await self._outcome(report, work)
            await report.finish(outcome)
            log.info(
                "run ended",
                name=report.run.name,
                status=outcome.status.value,
                message=outcome.message,
            )
        finally:
            del self._active[active.key]
            if active.again is not None and not self._closing:
                work, about = active.again
                await self.start(active.key, work, **about)

    async def _outcome(self, report: Report, work: Work) -> Outcome:
        try:
            return await work(report)
        except CancelledRunError as error:
            return Outcome(RunStatus.CANCELLED, error.message, error.code)
        except asyncio.CancelledError:
            if report.cancelled.is_set() and not self._closing:
                return Outcome(RunStatus.CANCELLED, "Cancelled. What was done until then stays.")
            return Outcome(RunStatus.FAILED, INTERRUPTED, "interrupted")
        except CollectarrError as error:
            return Outcome(RunStatus.FAILED, error.message, error.code)
        except Exception:
            log.exception("run failed", name=report.run.name)
            return Outcome(
                RunStatus.FAILED,
                "Something went wrong inside Collectarr; the log has the details.",
                "bug",
            )
