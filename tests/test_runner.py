"""One run per key at a time, each of which ends with words in its row."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from collectarr.errors import ConflictError, NotFoundError, StoreError, UnavailableError
from collectarr.live import Live
from collectarr.models import RunStatus, Trigger, utc_now
from collectarr.runner import Outcome, Report, Runner
from collectarr.store import collections, runs
from collectarr.store.db import Database
from collectarr.store.runs import Change, Run
from collectarr.store.users import User
from tests.stored import collection_of, opened, person

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


@pytest.fixture
async def bench(data_dir: Path) -> AsyncIterator[Bench]:
    async with opened(data_dir) as db:
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


async def test_a_run_is_started_at_once_and_ends_in_its_row(bench: Bench) -> None:
    run = await bench.start(quick)
    assert run.status is RunStatus.QUEUED

    ended = await bench.ended(run)

    assert (ended.status, ended.message, ended.counts) == (RunStatus.SUCCESS, "Done.", {"added": 1})
    assert bench.runner.states(bench.user.id) == []


async def test_what_runs_already_is_not_started_twice(bench: Bench) -> None:
    work = Held()
    started = await asyncio.gather(*(bench.start(work) for _ in range(5)))
    other = await bench.start(quick, "shows")

    work.gate.set()
    ended = await bench.all_ended()

    assert len({run.id for run in started}) == 1
    assert other.id != started[0].id
    assert (work.times, len(ended)) == (1, 2)


async def test_after_it_ended_it_may_run_again(bench: Bench) -> None:
    first = await bench.start(quick)
    await bench.ended(first)

    assert (await bench.start(quick)).id != first.id


async def test_again_runs_once_more_however_often_it_is_asked_for(bench: Bench) -> None:
    work = Held()
    first = await bench.start(work)
    asked = [await bench.start(work, again=True) for _ in range(3)]

    work.gate.set()
    ended = await bench.all_ended()

    assert {run.id for run in asked} == {first.id}
    assert work.times == 2
    assert [run.status for run in ended] == [RunStatus.SUCCESS] * 2


async def test_again_is_kept_even_while_the_run_writes_its_last_row(bench: Bench) -> None:
    work = Held()
    work.gate.set()
    missed = []
    for turns in range(60):
        before = work.times
        await bench.start(work)
        for _ in range(turns):
            await asyncio.sleep(0)
        await bench.start(work, again=True)
        await bench.all_ended()
        if work.times != before + 2:
            missed.append(turns)

    assert missed == []


async def test_only_one_successor_runs_whoever_comes_in_between(bench: Bench) -> None:
    under_way: list[int] = []
    most = 0

    async def work(report: Report) -> Outcome:
        nonlocal most
        under_way.append(report.run.id)
        most = max(most, len(under_way))
        await asyncio.sleep(0)
        under_way.remove(report.run.id)
        return DONE

    for n in range(40):
        await bench.start(work, again=n % 2 == 0)
        await asyncio.sleep(0)
    await bench.all_ended()

    assert most == 1


async def test_a_run_that_listens_is_cancelled_in_its_own_words(bench: Bench) -> None:
    reached, cancelled = asyncio.Event(), asyncio.Event()

    async def work(report: Report) -> Outcome:
        reached.set()
        await cancelled.wait()
        await report.stage("Going on")
        return DONE

    run = await bench.start(work)
    await reached.wait()
    assert await bench.runner.cancel(run.id)
    cancelled.set()
    ended = await bench.ended(run)

    assert (ended.status, ended.error_code) == (RunStatus.CANCELLED, "cancelled")
    assert ended.message == "Cancelled. What was done until then stays."


async def test_a_run_that_does_not_listen_is_cut_off(bench: Bench) -> None:
    work = Held()
    run = await bench.start(work)
    await work.began.wait()

    assert await bench.runner.cancel(run.id)
    ended = await bench.ended(run)

    assert work.cut
    assert (ended.status, ended.error_code) == (RunStatus.CANCELLED, "cancelled")


async def test_a_run_that_is_cancelled_before_it_begins_does_nothing(bench: Bench) -> None:
    work = Held()
    run = await bench.start(work)
    assert await bench.runner.cancel(run.id)

    assert (await bench.ended(run)).status is RunStatus.CANCELLED
    assert work.times == 0


async def test_cancelling_never_keeps_the_end_from_its_row(bench: Bench) -> None:
    """However late it comes, the row says how the run ended."""
    open_rows = []
    for turns in range(80):
        run = await bench.start(quick)
        for _ in range(turns % 40):
            await asyncio.sleep(0)
        await bench.runner.cancel(run.id)
        await bench.runner.wait(run.id)
        row = await bench.row(run)
        if row.status not in (RunStatus.SUCCESS, RunStatus.CANCELLED) or row.finished_at is None:
            open_rows.append((turns, row.status))

    assert open_rows == []


async def test_a_cut_that_comes_late_does_not_hit_the_next_run(bench: Bench) -> None:
    first = await bench.start(quick)
    await bench.runner.cancel(first.id)
    await bench.ended(first)
    work = Held()
    second = await bench.start(work)
    await work.began.wait()
    later = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, later.set)
    await later.wait()
    work.gate.set()

    assert (await bench.ended(second)).status is RunStatus.SUCCESS


async def test_cancelling_takes_back_again_but_not_what_is_asked_for_later(bench: Bench) -> None:
    work = Held()
    run = await bench.start(work)
    await work.began.wait()
    await bench.start(work, again=True)
    await bench.runner.cancel(run.id)
    await bench.ended(run)
    assert (await bench.all_ended()) == [await bench.row(run)]

    work = Held()
    run = await bench.start(work)
    await work.began.wait()
    await bench.runner.cancel(run.id)
    await bench.start(quick, again=True)
    ended = await bench.all_ended()

    assert [row.status for row in ended[1:]] == [RunStatus.CANCELLED, RunStatus.SUCCESS]


async def test_what_does_not_run_cannot_be_cancelled(bench: Bench) -> None:
    run = await bench.start(quick)
    await bench.ended(run)

    assert not await bench.runner.cancel(run.id)
    assert not await bench.runner.cancel(999)


async def test_an_error_of_ours_fails_the_run_in_its_own_words(bench: Bench) -> None:
    async def work(_report: Report) -> Outcome:
        raise UnavailableError("Den is down.", code="refused")

    ended = await bench.ended(await bench.start(work))

    assert (ended.status, ended.message) == (RunStatus.FAILED, "Den is down.")
    assert ended.error_code == "refused"


@pytest.mark.parametrize("error", [KeyError("secret-key-value"), asyncio.CancelledError()])
async def test_a_bug_fails_the_run_in_plain_words(bench: Bench, error: BaseException) -> None:
    async def work(_report: Report) -> Outcome:
        raise error

    ended = await bench.ended(await bench.start(work))

    assert (ended.status, ended.error_code) == (RunStatus.FAILED, "bug")
    assert ended.message is not None
    assert "the log has the details" in ended.message
    for word in ("KeyError", "Traceback", "secret-key-value", "Cancel"):
        assert word not in ended.message


async def test_one_run_that_fails_leaves_the_others_alone(bench: Bench) -> None:
    async def work(_report: Report) -> Outcome:
        raise RuntimeError

    failed, fine = await bench.start(work, "a"), await bench.start(quick, "b")

    assert (await bench.ended(failed)).status is RunStatus.FAILED
    assert (await bench.ended(fine)).status is RunStatus.SUCCESS


async def test_no_secret_gets_into_a_row_a_log_or_an_event(bench: Bench) -> None:
    async def work(report: Report) -> Outcome:
        await report.stage("Asking http://x/?api_key=hush-hush-hush")
        report.progress("Asking http://x/?api_key=hush-hush-hush", 1, 2)
        report.publish()
        await report.log("error", "http://x/?api_key=hush-hush-hush failed")
        raise NotFoundError("No http://x/?api_key=hush-hush-hush here.")

    run = await bench.ended(await bench.start(work))

    kept = repr(run) + repr(await runs.list_log(bench.db, run.id)) + repr(bench.heard)
    assert "api_key=•••" in kept
    assert "hush" not in kept


async def test_closing_stops_what_runs_and_its_row_says_so(bench: Bench) -> None:
    work = Held()
    films = await collection_of(bench.db, bench.user)
    running = await bench.start(work, collection_id=films.id)
    await work.began.wait()
    await bench.start(quick, again=True)
    fresh = await bench.start(quick, "fresh")

    await bench.runner.close()

    assert not bench.runner.alive
    for run in (running, fresh):
        row = await bench.row(run)
        assert (row.status, row.error_code) == (RunStatus.FAILED, "interrupted")
        assert "The next run completes it" in (row.message or "")
    assert len((await runs.list_runs(bench.db, bench.user.id))[0]) == 2
    due = await collections.due_collections(bench.db, utc_now())
    assert [collection.id for collection in due] == [films.id]


async def test_nothing_is_started_while_closing(bench: Bench) -> None:
    await bench.runner.close()

    with pytest.raises(ConflictError) as caught:
        await bench.start(quick)
    assert caught.value.code == "stopping"


async def test_a_start_that_is_half_done_is_closed_too(bench: Bench) -> None:
    for turns in range(12):
        runner = Runner(bench.db, bench.live)
        work = Held()
        starting = asyncio.ensure_future(
            runner.start("films", work, user_id=bench.user.id, name="Films", trigger=Trigger.MANUAL)
        )
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(30):
            await runner.close()
        await asyncio.gather(starting, return_exceptions=True)

    left, _ = await runs.list_runs(bench.db, bench.user.id)
    assert [run for run in left if run.status in runs.OPEN] == []


async def test_a_full_disk_is_written_down_once_there_is_room(bench: Bench) -> None:
    work = Held()
    run = await bench.start(work)
    await work.began.wait()
    async with bench.db.write() as tx:
        await tx.run(
            "CREATE TRIGGER full BEFORE UPDATE ON runs BEGIN SELECT raise(ABORT, 'x'); END"
        )
    work.gate.set()
    async with asyncio.timeout(30):
        await bench.runner.wait(run.id)
    assert (await bench.row(run)).status is RunStatus.RUNNING
    assert bench.heard[-1]["status"] == "SUCCESS"
    async with bench.db.write() as tx:
        await tx.run("DROP TRIGGER full")

    await bench.ended(await bench.start(quick, "other"))

    assert (await bench.row(run)).status is RunStatus.SUCCESS


async def test_progress_is_published_at_a_bounded_rate_and_the_last_state_gets_out(
    bench: Bench,
) -> None:
    waiting = asyncio.Event()

    async def work(report: Report) -> Outcome:
        for n in range(2000):
            report.progress("Matching", n, 2000)
        for n in range(50):
            await report.stage(f"Reading list {n}", n, 50)
        waiting.set()
        await report.cancelled.wait()
        return DONE

    run = await bench.start(work)
    await waiting.wait()
    async with asyncio.timeout(30):
        while bench.heard[-1]["stage"] != "Reading list 49":
            await asyncio.sleep(0.01)
    heard = len(bench.heard)
    await bench.runner.cancel(run.id)
    await bench.ended(run)

    # 2,050 states; the slowest machine does not need a hundred fifths of a second for them.
    assert heard < 100
    assert bench.heard[-1]["status"] == "SUCCESS"
    assert bench.heard[-1]["message"] == "Done."


async def test_nothing_is_published_after_the_end(bench: Bench) -> None:
    async def work(report: Report) -> Outcome:
        report.progress("Matching", 1, 2)
        report.progress("Matching", 2, 2)
        return DONE

    await bench.ended(await bench.start(work))
    last = len(bench.heard)
    later = asyncio.Event()
    asyncio.get_running_loop().call_later(0.3, later.set)
    await later.wait()

    assert len(bench.heard) == last
    assert bench.heard[-1]["status"] == "SUCCESS"


async def test_the_stage_stands_in_the_row_while_it_runs(bench: Bench) -> None:
    reached, gate = asyncio.Event(), asyncio.Event()

    async def work(report: Report) -> Outcome:
        await report.stage("Reading the list", 1, 3)
        reached.set()
        await gate.wait()
        return DONE

    run = await bench.start(work)
    await reached.wait()
    state = bench.runner.states(bench.user.id)[0]

    assert (await bench.row(run)).stage == "Reading the list"
    assert (state["id"], state["stage"], state["done"], state["total"]) == (
        run.id,
        "Reading the list",
        1,
        3,
    )
    assert bench.runner.states(bench.user.id + 1) == []
    gate.set()
    assert (await bench.ended(run)).stage is None


async def test_a_part_is_a_run_of_its_own_that_is_cancelled_with_the_whole(bench: Bench) -> None:
    films = await collection_of(bench.db, bench.user)
    parts: list[Report] = []
    reached = asyncio.Event()

    async def work(report: Report) -> Outcome:
        part = await report.part(films.id, "Films")
        parts.append(part)
        await part.changed([Change(1, "add", "7", "Heat", 1995, "by its id")])
        part.requests_to(1).count("GET")
        reached.set()
        await report.cancelled.wait()
        await part.finish(Outcome(RunStatus.PARTIAL, "Half."))
        part.checkpoint()
        return DONE

    whole = await bench.start(work)
    await reached.wait()
    await bench.runner.cancel(whole.id)
    ended = await bench.ended(whole)
    row = await bench.row(parts[0].run)

    assert ended.status is RunStatus.CANCELLED
    assert (row.parent_id, row.collection_id, row.status) == (
        whole.id,
        films.id,
        RunStatus.PARTIAL,
    )
    assert row.requests == {"1": {"reads": 1, "writes": 0}}
    assert [change.title for change in await runs.list_changes(bench.db, whole.id)] == ["Heat"]


async def test_a_run_for_nobody_is_refused_without_leaving_its_key_taken(bench: Bench) -> None:
    with pytest.raises(Exception, match="FOREIGN KEY"):
        await bench.start(quick, user_id=99)

    assert (await bench.ended(await bench.start(quick))).status is RunStatus.SUCCESS


async def test_a_store_that_fails_fails_the_run_not_the_runner(bench: Bench) -> None:
    async def work(_report: Report) -> Outcome:
        raise StoreError("The database cannot be used (disk full).")

    assert (await bench.ended(await bench.start(work))).error_code == "store"
    assert (await bench.ended(await bench.start(quick))).status is RunStatus.SUCCESS
