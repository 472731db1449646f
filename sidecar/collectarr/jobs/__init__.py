"""What runs by itself: one file per job, and the explicit list of them.

aiocron only kicks; the runner owns single flight, errors, history and cancel.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import aiocron
import structlog

from collectarr.errors import CollectarrError
from collectarr.jobs import keep_signed_in, poll, sweep_nightly, sync_due, watch_quotas
from collectarr.services import Services

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """`schedule` is a cron line in the installation's zone."""

    name: str
    schedule: str
    run: Callable[[Services], Awaitable[None]]


JOBS = (
    Job("sync-due", "* * * * *", sync_due.run),
    Job("poll", "* * * * *", poll.run),
    Job("sweep-nightly", "23 3 * * *", sweep_nightly.run),
    Job("keep-signed-in", "17 * * * *", keep_signed_in.run),
    Job("watch-quotas", "47 * * * *", watch_quotas.run),
)


class Schedule:
    """Kicks the jobs until closed; a job that still runs is not kicked again."""

    def __init__(self, services: Services, jobs: Sequence[Job] = JOBS) -> None:
        self._services = services
        self._under_way: dict[str, asyncio.Task[None]] = {}
        zone, warning = services.settings.zone()
        if warning:
            log.warning("time zone", problem=warning)
        self._crons = [
            aiocron.crontab(job.schedule, func=self.kick, args=(job,), start=True, tz=zone)
            for job in jobs
        ]

    async def kick(self, job: Job) -> None:
        """Run a job now, unless it runs already. Never raises but for being cancelled."""
        if job.name in self._under_way:
            return
        task = asyncio.create_task(self._run(job), name=f"job {job.name}")
        self._under_way[job.name] = task
        task.add_done_callback(lambda _: self._under_way.pop(job.name, None))
        await asyncio.wait([task])

    async def _run(self, job: Job) -> None:
        try:
            await job.run(self._services)
        except CollectarrError as error:
            log.warning("job failed", job=job.name, problem=error.message)
        except Exception:
            log.exception("job failed", job=job.name)

    async def close(self) -> None:
        for cron in self._crons:
            cron.stop()
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        if tasks:
            # What they use is closed next.
            await asyncio.wait(tasks)


def start_jobs(services: Services) -> Schedule:
    return Schedule(services)
