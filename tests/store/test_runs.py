"""Runs, what they changed, and what is said of those that were broken off."""

from datetime import timedelta

import pytest

from collectarr.errors import NotFoundError
from collectarr.models import RunStatus, utc_now
from collectarr.store import collections, runs, schedule
from collectarr.store.db import Database, stamp
from collectarr.store.runs import Change, Run
from collectarr.store.users import User
from tests.stored import collection_of

DAY = timedelta(days=1)


def change(op: str = "add", number: int = 1, server_id: int = 1) -> Change:
    return Change(server_id, op, str(number), f"Film {number}", 2000, "by its id")


async def ended(db: Database, run: Run, status: RunStatus = RunStatus.SUCCESS) -> None:
    await runs.begin_run(db, run.id)
    await runs.finish_run(db, run.id, status, "Done.")


async def test_a_run_goes_from_queued_to_its_end(db: Database, anna: User) -> None:
    run = await runs.add_run(db, anna.id, "Films", "manual")
    assert (run.status, run.started_at, run.finished_at) == (RunStatus.QUEUED, None, None)

    await runs.begin_run(db, run.id)
    await runs.set_stage(db, run.id, "Reading")
    running = await runs.get_run(db, anna.id, run.id)
    assert (running.status, running.stage) == (RunStatus.RUNNING, "Reading")

    await runs.finish_run(
        db,
        run.id,
        RunStatus.HELD,
        "Waits for you.",
        error_code="removal",
        counts={"added": 2},
        requests={"1": {"reads": 2, "writes": 0}},
        held={"1": ["7"]},
    )
    held = await runs.get_run(db, anna.id, run.id)
    assert (held.status, held.stage, held.message) == (RunStatus.HELD, None, "Waits for you.")
    assert (held.error_code, held.counts, held.held) == ("removal", {"added": 2}, {"1": ["7"]})
    assert held.requests == {"1": {"reads": 2, "writes": 0}}
    assert held.started_at is not None
    assert held.finished_at is not None
    assert held.queued_at <= held.started_at <= held.finished_at


async def test_a_run_is_its_owners_alone(db: Database, anna: User, ben: User) -> None:
    run = await runs.add_run(db, anna.id, "Films", "manual")

    assert await runs.list_runs(db, anna.id) == ([run], 1)
    assert await runs.list_runs(db, ben.id) == ([], 0)
    with pytest.raises(NotFoundError):
        await runs.get_run(db, ben.id, run.id)


async def test_runs_are_listed_newest_first_by_what_is_asked_for(db: Database, anna: User) -> None:
    films = await collection_of(db, anna)
    whole = await runs.add_run(db, anna.id, "All", "schedule")
    part = await runs.add_run(
        db, anna.id, "Films", "schedule", collection_id=films.id, parent_id=whole.id
    )
    alone = await runs.add_run(db, anna.id, "Films", "manual", collection_id=films.id)
    await ended(db, alone, RunStatus.FAILED)

    async def listed(**asked: int | str) -> list[int]:
        found, total = await runs.list_runs(db, anna.id, **asked)  # type: ignore[arg-type]
        assert total == len(found)
        return [run.id for run in found]

    assert await listed() == [alone.id, part.id, whole.id]
    assert await listed(collection_id=films.id) == [alone.id, part.id]
    assert await listed(parent_id=whole.id) == [part.id]
    assert await listed(status="FAILED") == [alone.id]
    page, total = await runs.list_runs(db, anna.id, limit=1, offset=1)
    assert ([run.id for run in page], total) == ([part.id], 3)


async def test_the_latest_run_is_the_last_that_ended(db: Database, anna: User, ben: User) -> None:
    films, shows = await collection_of(db, anna), await collection_of(db, anna)
    foreign = await collection_of(db, ben)
    made = [
        await runs.add_run(db, user.id, "x", "manual", collection_id=collection.id)
        for user, collection in ((anna, films), (anna, films), (anna, films), (ben, foreign))
    ]
    for run in (*made[:2], made[3]):
        await ended(db, run)

    latest = await runs.latest_runs(db, anna.id)

    assert {key: run.id for key, run in latest.items()} == {films.id: made[1].id}
    assert shows.id not in latest


async def test_the_changes_of_a_run_are_those_of_its_parts_too(db: Database, anna: User) -> None:
    whole = await runs.add_run(db, anna.id, "All", "schedule")
    part = await runs.add_run(db, anna.id, "Films", "schedule", parent_id=whole.id)
    other = await runs.add_run(db, anna.id, "Other", "schedule")
    await runs.add_changes(db, whole.id, [change(number=1)])
    await runs.add_changes(db, part.id, [change(number=2), change("remove", 3)])
    await runs.add_changes(db, other.id, [change(number=4)])

    assert await runs.list_changes(db, whole.id) == [
        change(number=1),
        change(number=2),
        change("remove", 3),
    ]
    assert await runs.list_changes(db, part.id) == [change(number=2), change("remove", 3)]


async def test_removals_of_the_last_days_are_counted_unless_a_person_approved_them(
    db: Database, anna: User
) -> None:
    films, other = await collection_of(db, anna), await collection_of(db, anna)
    old, fresh, approved, elsewhere = [
        await runs.add_run(db, anna.id, "x", trigger, collection_id=collection.id)
        for trigger, collection in (
            ("schedule", films),
            ("schedule", films),
            ("approved", films),
            ("schedule", other),
        )
    ]
    for run in (old, fresh, approved, elsewhere):
        await runs.add_changes(db, run.id, [change("remove", n) for n in range(3)])
        await runs.add_changes(db, run.id, [change("add"), change("remove", 9, server_id=2)])
    async with db.write() as tx:
        await tx.run(
            "UPDATE runs SET queued_at = ? WHERE id = ?", stamp(utc_now() - 8 * DAY), old.id
        )

    assert await runs.count_removed(db, films.id, 1, days=7) == 3
    assert await runs.count_removed(db, films.id, 2, days=7) == 1
    assert await runs.count_removed(db, films.id, 1, days=9) == 6


async def test_the_log_of_a_run_is_kept_in_order(db: Database, anna: User) -> None:
    run = await runs.add_run(db, anna.id, "x", "manual")
    for n in range(3):
        await runs.add_log(db, run.id, "info", f"line {n}")

    lines = await runs.list_log(db, run.id)
    assert [(line.level, line.message) for line in lines] == [
        ("info", f"line {n}") for n in (0, 1, 2)
    ]


async def test_what_was_broken_off_is_said_and_made_due(db: Database, anna: User) -> None:
    broken, done, shows = [await collection_of(db, anna) for _ in range(3)]
    whole = await runs.add_run(db, anna.id, "All", "schedule")
    await runs.begin_run(db, whole.id)
    part = await runs.add_run(
        db, anna.id, "Films", "schedule", collection_id=broken.id, parent_id=whole.id
    )
    before = await runs.add_run(
        db, anna.id, "Shows", "schedule", collection_id=shows.id, parent_id=whole.id
    )
    await ended(db, before)
    finished = await runs.add_run(db, anna.id, "Done", "manual", collection_id=done.id)
    await ended(db, finished)

    reported = await runs.report_interrupted(db)

    assert sorted(run.id for run in reported) == [whole.id, part.id]
    for run in reported:
        kept = await runs.get_run(db, anna.id, run.id)
        assert (kept.status, kept.error_code) == (RunStatus.FAILED, "interrupted")
        assert "the next run completes it" in (kept.message or "")
        assert kept.finished_at is not None
    assert (await runs.get_run(db, anna.id, finished.id)).status is RunStatus.SUCCESS
    due = await collections.due_collections(db, utc_now())
    assert broken.id in {collection.id for collection in due}
    assert done.id not in {collection.id for collection in due}
    assert await runs.report_interrupted(db) == []


async def test_what_stood_in_the_parts_of_a_run_is_made_due_with_it(
    db: Database, anna: User
) -> None:
    films, other = await collection_of(db, anna), await collection_of(db, anna)
    whole = await runs.add_run(db, anna.id, "All", "schedule")
    await runs.add_run(db, anna.id, "x", "schedule", collection_id=films.id, parent_id=whole.id)
    await runs.add_run(db, anna.id, "x", "schedule", collection_id=other.id)

    await runs.make_due(db, whole.id)

    due = await collections.due_collections(db, utc_now())
    assert [collection.id for collection in due] == [films.id]


async def test_what_is_made_due_is_not_put_off(db: Database, anna: User) -> None:
    films = await collection_of(db, anna)
    long_ago = utc_now() - DAY
    await schedule.postpone(db, films.id, long_ago)
    run = await runs.add_run(db, anna.id, "x", "manual", collection_id=films.id)

    await runs.make_due(db, run.id)

    found = await collections.get_collection(db, anna.id, films.id)
    assert stamp(found.due_at) == stamp(long_ago)


async def test_history_outlives_its_collection_and_goes_with_its_user(
    db: Database, anna: User
) -> None:
    films = await collection_of(db, anna)
    run = await runs.add_run(db, anna.id, "Films", "manual", collection_id=films.id)
    await runs.add_changes(db, run.id, [change()])
    await runs.add_log(db, run.id, "info", "a line")
    await collections.delete_collection(db, films.id)

    kept = await runs.get_run(db, anna.id, run.id)
    assert (kept.name, kept.collection_id) == ("Films", None)
    async with db.write() as tx:
        await tx.run("DELETE FROM users WHERE id = ?", anna.id)
    for table in ("runs", "run_changes", "run_log"):
        assert await db.value(f"SELECT count(*) FROM {table}") == 0
