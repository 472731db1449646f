"""Jobs are kicked whatever became of the last kick, one at a time, until closed."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest
from structlog.testing import capture_logs

from collectarr.errors import StoreError
from collectarr.jobs import JOBS, Job, Schedule, start_jobs
from collectarr.services import Services

NEVER, EACH_SECOND = "0 0 31 12 *", "* * * * * *"


@dataclass
class Counted:
    """A job that counts, waits for its gate and may fail."""

    error: Exception | None = None
    times: int = 0
    cut: bool = False
    began: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def job(self, name: str = "counted", schedule: str = NEVER) -> Job:
        return Job(name, schedule, self)

    async def __call__(self, _services: Services) -> None:
        self.times += 1
        self.began.set()
        if self.error is not None:
            raise self.error
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cut = True
            raise


def test_every_job_has_a_name_of_its_own() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS) > 0


@pytest.mark.parametrize("error", [StoreError("The disk is full."), KeyError("oops")])
async def test_a_job_that_fails_is_logged_and_kicked_again(
    services: Services, error: Exception
) -> None:
    counted = Counted(error)
    job = counted.job()
    schedule = Schedule(services, [job])
    with capture_logs() as logged:
        for _ in range(3):
            await schedule.kick(job)
    await schedule.close()

    assert counted.times == 3
    assert [line["event"] for line in logged] == ["job failed"] * 3


async def test_a_job_that_still_runs_is_not_kicked_again(services: Services) -> None:
    slow, other = Counted(), Counted()
    other.gate.set()
    schedule = Schedule(services, [slow.job(), other.job("other")])
    running = asyncio.ensure_future(schedule.kick(slow.job()))
    await slow.began.wait()

    await schedule.kick(slow.job())
    await schedule.kick(other.job("other"))
    assert (slow.times, other.times) == (1, 1)

    slow.gate.set()
    await running
    await schedule.kick(slow.job())
    await schedule.close()
    assert slow.times == 2


async def test_closing_ends_a_job_in_the_middle_before_it_returns(services: Services) -> None:
    slow = Counted()
    schedule = Schedule(services, [slow.job()])
    running = asyncio.ensure_future(schedule.kick(slow.job()))
    await slow.began.wait()

    await schedule.close()

    assert slow.cut
    await running
    await schedule.close()


async def test_the_clock_kicks_although_every_kick_fails(services: Services) -> None:
    failing = Counted(KeyError("oops"))
    schedule = Schedule(services, [failing.job(schedule=EACH_SECOND)])
    async with asyncio.timeout(30):
        while failing.times < 2:
            await asyncio.sleep(0.02)

    await schedule.close()


async def test_a_wrong_time_zone_is_said_and_does_not_stop_the_jobs(services: Services) -> None:
    lost = replace(services, settings=services.settings.model_copy(update={"tz": "Atlantis"}))
    with capture_logs() as logged:
        schedule = start_jobs(lost)
    await schedule.close()

    (line,) = logged
    assert (line["log_level"], line["event"]) == ("warning", "time zone")
    assert "Atlantis" in line["problem"]
