"""A runner over a real store, and work for it to do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from collectarr.live import Live
from collectarr.models import RunStatus, Trigger
from collectarr.runner import Outcome, Report, Runner
from collectarr.store import runs
from collectarr.store.db import Database
from collectarr.store.runs import Run
from collectarr.store.users import User
from tests.stored import opened, person

DONE = Outcome(RunStatus.SUCCESS, "Done.", counts={"added": 1})
Work = Callable[[Report], Awaitable[Outcome]]


class Heard(Live):
    """Remembers what was published."""

    def __init__(self) -> None:
        super().__init__()
        self.states: list[dict[str, Any]] = []

    def publish(self, user_id: int | None, name: str, data: dict[str, Any]) -> None:
        self.states.append(data)
        super().publish(user_id, name, data)


@dataclass
class Bench:
    """A runner over a real store, and somebody to run for."""

    db: Database
    live: Heard
    runner: Runner
    user: User

    @property
    def heard(self) -> list[dict[str, Any]]:
        return self.live.states

    async def start(self, work: Work, key: str = "films", **other: Any) -> Run:
        about = {"user_id": self.user.id, "name": "Films", "trigger": Trigger.MANUAL, **other}
        return await self.runner.start(key, work, **about)

    async def row(self, run: Run) -> Run:
        return await runs.get_run(self.db, self.user.id, run.id)

    async def ended(self, run: Run) -> Run:
        async with asyncio.timeout(30):
            await self.runner.wait(run.id)
        return await self.row(run)

    async def all_ended(self) -> list[Run]:
        """Oldest first, once nothing runs any more."""
        async with asyncio.timeout(30):
            while states := self.runner.states(self.user.id):
                await self.runner.wait(states[0]["id"])
        found, _ = await runs.list_runs(self.db, self.user.id)
        return found[::-1]


@asynccontextmanager
async def bench_in(folder: Path) -> AsyncIterator[Bench]:
    async with opened(folder) as db:
        live = Heard()
        made = Bench(db, live, Runner(db, live, cancel_grace=0.01), await person(db))
        yield made
        await made.runner.close()


@dataclass
class Held:
    """Work that waits for a gate, and counts."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    began: asyncio.Event = field(default_factory=asyncio.Event)
    times: int = 0
    cut: bool = False

    async def __call__(self, report: Report) -> Outcome:
        self.times += 1
        self.began.set()
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cut = True
            raise
        return DONE


async def quick(_report: Report) -> Outcome:
    return DONE
