"""What is due is started, once per user, whatever happens to the others."""

import asyncio
from datetime import timedelta

import pytest

from collectarr.jobs import sync_due
from collectarr.models import RunStatus, Trigger, utc_now
from collectarr.runner import Outcome, Report
from collectarr.services import Services
from collectarr.store import collections, runs, schedule
from collectarr.store.collections import Collection
from collectarr.store.runs import Run
from collectarr.store.users import User
from tests.stored import collection_of, person

HOUR = timedelta(hours=1)


async def due_for(services: Services, user: User, name: str = "Films") -> Collection:
    made = await collection_of(services.db, user, name=name)
    await schedule.postpone(services.db, made.id, utc_now() - HOUR)
    return made


async def due(services: Services) -> list[int]:
    found = await collections.due_collections(services.db, utc_now())
    return [collection.id for collection in found]


async def ended(services: Services, user: User) -> list[Run]:
    """Their runs that are no parts of others, once none is under way."""
    async with asyncio.timeout(30):
        while states := services.runner.states(user.id):
            await services.runner.wait(states[0]["id"])
    found, _ = await runs.list_runs(services.db, user.id)
    return [run for run in found if run.parent_id is None]


async def refuse(services: Services, when: str) -> None:
    """From now on the store takes no such run."""
    async with services.db.write() as tx:
        await tx.run(
            f"CREATE TRIGGER refused BEFORE INSERT ON runs WHEN {when}"
            " BEGIN SELECT raise(ABORT, 'no'); END"
        )


@pytest.fixture
async def anna(services: Services) -> User:
    return await person(services.db, "anna")


@pytest.fixture
async def ben(services: Services) -> User:
    return await person(services.db, "ben")


async def test_what_is_due_of_two_users_starts_one_run_each(
    services: Services, anna: User, ben: User
) -> None:
    hers = [await due_for(services, anna, f"Films {n}") for n in range(3)]
    his = await due_for(services, ben)

    await sync_due.run(services)

    for user, count in ((anna, 3), (ben, 1)):
        (run,) = await ended(services, user)
        assert run.trigger == Trigger.SCHEDULE.value
        parts, _ = await runs.list_runs(services.db, user.id, parent_id=run.id)
        assert len(parts) == count
    assert await due(services) == []
    synced = await collections.load_collections(services.db, [his.id, *(x.id for x in hers)])
    assert all(collection.last_synced_at for collection in synced)


async def test_what_is_not_due_or_switched_off_is_left_alone(
    services: Services, anna: User
) -> None:
    await collection_of(services.db, anna)
    off = await collection_of(services.db, anna, enabled=False)
    await schedule.postpone(services.db, off.id, utc_now() - HOUR)

    await sync_due.run(services)

    assert await ended(services, anna) == []


async def test_what_goes_wrong_for_one_user_keeps_nobody_else_waiting(
    services: Services, anna: User, ben: User
) -> None:
    await due_for(services, anna)
    await due_for(services, ben)
    await refuse(services, f"NEW.user_id = {anna.id}")

    await sync_due.run(services)

    assert await ended(services, anna) == []
    assert len(await ended(services, ben)) == 1


async def test_a_run_that_breaks_off_is_not_begun_anew_a_minute_later(
    services: Services, anna: User
) -> None:
    await due_for(services, anna)
    await refuse(services, "NEW.parent_id IS NOT NULL")
    for _ in range(3):
        await sync_due.run(services)
        (run,) = await ended(services, anna)

    assert run.status is RunStatus.FAILED


async def test_it_is_tried_again_within_the_hour(services: Services, anna: User) -> None:
    films = await due_for(services, anna)
    await refuse(services, "NEW.parent_id IS NOT NULL")
    await sync_due.run(services)
    await ended(services, anna)

    waiting = await collections.get_collection(services.db, anna.id, films.id)
    assert utc_now() < waiting.due_at <= utc_now() + HOUR


async def test_what_comes_due_during_a_run_waits_for_its_end_and_not_for_an_hour(
    services: Services, anna: User
) -> None:
    gate = asyncio.Event()

    async def work(_report: Report) -> Outcome:
        await gate.wait()
        return Outcome(RunStatus.SUCCESS, "Done.")

    await services.runner.start(
        f"user:{anna.id}", work, user_id=anna.id, name="All", trigger=Trigger.MANUAL
    )
    films = await due_for(services, anna)
    for _ in range(2):
        await sync_due.run(services)
        assert await due(services) == [films.id]
    gate.set()
    await ended(services, anna)

    await sync_due.run(services)

    assert len(await ended(services, anna)) == 2
    assert await due(services) == []
