"""One run per key at a time, which may be asked for again, cancelled, and closed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from collectarr.errors import ConflictError
from collectarr.models import RunStatus, Trigger, utc_now
from collectarr.runner import Outcome, Report, Runner
from collectarr.store import collections, runs
from tests.running import DONE, Bench, Held, bench_in, quick
from tests.stored import collection_of


@pytest.fixture
async def bench(data_dir: Path) -> AsyncIterator[Bench]:
    async with bench_in(data_dir) as made:
        yield made


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
        for _ in range(3):
            await report.log("info", "takes a while")
        under_way.remove(report.run.id)
        return DONE

    for turns in range(0, 120, 3):
        first = await bench.start(work)
        await bench.start(work, again=True)
        while bench.runner.states(bench.user.id)[0]["id"] == first.id and under_way:
            await asyncio.sleep(0)
        for _ in range(turns):
            await asyncio.sleep(0)
        await bench.start(work)
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
