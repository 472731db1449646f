"""What a run tells of itself: its end in plain words, its stages, its parts, no secret."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from collectarr.errors import NotFoundError, StoreError, UnavailableError
from collectarr.models import RunStatus
from collectarr.runner import Outcome, Report
from collectarr.store import runs
from collectarr.store.runs import Change
from tests.running import DONE, Bench, Held, bench_in, quick
from tests.stored import collection_of


@pytest.fixture
async def bench(data_dir: Path) -> AsyncIterator[Bench]:
    async with bench_in(data_dir) as made:
        yield made


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
        report.publish()
        report.progress("Asking http://x/?api_key=hush-hush-hush", 1, 2)
        report.publish()
        await report.log("error", "http://x/?api_key=hush-hush-hush failed")
        raise NotFoundError("No http://x/?api_key=hush-hush-hush here.")

    run = await bench.ended(await bench.start(work))

    kept = repr(run) + repr(await runs.list_log(bench.db, run.id)) + repr(bench.heard)
    assert "api_key=•••" in kept
    assert "hush" not in kept


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
    with pytest.raises(Exception, match="deleted meanwhile"):
        await bench.start(quick, user_id=99)

    assert (await bench.ended(await bench.start(quick))).status is RunStatus.SUCCESS


async def test_a_store_that_fails_fails_the_run_not_the_runner(bench: Bench) -> None:
    async def work(_report: Report) -> Outcome:
        raise StoreError("The database cannot be used (disk full).")

    assert (await bench.ended(await bench.start(work))).error_code == "store"
    assert (await bench.ended(await bench.start(quick))).status is RunStatus.SUCCESS
