"""What runs by itself: one file per job, and the explicit list of them.

aiocron only kicks; the runner owns single flight, errors, history and cancel.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiocron
import structlog

from collectarr.errors import CollectarrError
from collectarr.jobs import sync_due
from collectarr.services import Services

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """`schedule` is a cron line in the installation's zone."""

    name: str
    schedule: str
    run: Callable[[Services], Awaitable[None]]


JOBS = (Job("sync-due", "* * * * *", sync_due.run),)


class Schedule:
    """Kicks the jobs until closed."""

    def __init__(self, services: Services) -> None:
        self._services = services
        zone, warning = services.settings.zone()
        if warning:
            log.warning("time zone", problem=warning)
        self._crons = [
            aiocron.crontab(job.schedule, func=self._kick, args=(job,), start=True, tz=zone)
            for job in JOBS
        ]

    async def _kick(self, job: Job) -> None:
        try:
            await job.run(self._services)
        except CollectarrError as error:
            log.warning("job failed", job=job.name, problem=error.message)
        except Exception:
            log.exception("job failed", job=job.name)

    async def close(self) -> None:
        for cron in self._crons:
            cron.stop()


def start_jobs(services: Services) -> Schedule:
    return Schedule(services)
