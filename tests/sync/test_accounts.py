"""Tokens of people's accounts: renewed once, kept before they are used, and never silently lost."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from collectarr.errors import RejectedError, UnavailableError
from collectarr.sources import RECONNECT
from collectarr.store.source_accounts import CONNECTED, LOST, find_account
from collectarr.sync.quotas import Quotas
from collectarr.sync.standing import Standing
from tests.flows.world import World
from tests.sync.account import TOKEN, Trakt, trakt_of


@pytest.fixture
async def trakt(world: World) -> AsyncIterator[Trakt]:
    async with trakt_of(world) as trakt:
        yield trakt


@asynccontextmanager
async def broken_store(world: World) -> AsyncIterator[None]:
    """No account can be written any more, as on a disk that is full."""
    async with world.db.write() as tx:
        await tx.run(
            "CREATE TRIGGER full BEFORE UPDATE ON source_accounts"
            " BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    yield
    async with world.db.write() as tx:
        await tx.run("DROP TRIGGER full")


async def until_asked(trakt: Trakt) -> None:
    """The request of a renewal is under way: the fault that holds it up was taken."""
    (fault,) = trakt.stand_in.control.faults.active
    async with asyncio.timeout(10):
        while fault.times:
            await asyncio.sleep(0.01)


async def test_a_token_that_is_good_for_long_is_not_renewed(trakt: Trakt) -> None:
    tokens = await trakt.connect()
    assert (await trakt.credential()).secret == tokens.access
    assert trakt.refreshes == 0


async def test_ten_runs_that_need_a_new_token_make_one_refresh(trakt: Trakt) -> None:
    tokens = await trakt.connect(lifetime=3600, age=3300)
    found = await asyncio.gather(*(trakt.credential() for _ in range(10)))
    assert trakt.refreshes == 1
    assert len({one.secret for one in found}) == 1
    assert found[0].secret != tokens.access


@pytest.mark.parametrize("lifetime", [60, 300, 600, 3600])
async def test_a_short_lived_token_is_renewed_in_its_last_quarter_only(
    trakt: Trakt, lifetime: float
) -> None:
    await trakt.connect(lifetime=lifetime, age=lifetime / 2)
    for _ in range(5):
        await trakt.credential()
    assert trakt.refreshes == 0
    await trakt.connect(lifetime=lifetime, age=lifetime * 0.8)
    for _ in range(5):
        await trakt.credential()
    assert trakt.refreshes == 1


async def test_a_token_that_expires_in_the_middle_of_a_run_is_renewed_once(trakt: Trakt) -> None:
    tokens = await trakt.connect()
    credential = await trakt.credential()
    trakt.stand_in.sessions.expire("demo")
    asked = (trakt.source.account(credential) for _ in range(10))
    assert {account.username for account in await asyncio.gather(*asked)} == {"Demo"}
    assert trakt.refreshes == 1
    assert (await trakt.credential()).secret != tokens.access


async def test_the_new_pair_is_kept_before_anybody_gets_it(trakt: Trakt) -> None:
    tokens = await trakt.connect()
    renewed = await trakt.accounts.renew(trakt.world.user.id, "trakt", tokens.access)
    assert (
        await trakt.restarted().credential(trakt.world.user.id, "trakt")
    ).secret == renewed.secret


async def test_whoever_comes_late_with_an_old_token_gets_the_new_one(trakt: Trakt) -> None:
    tokens = await trakt.connect()
    first = await trakt.accounts.renew(trakt.world.user.id, "trakt", tokens.access)
    late = await trakt.accounts.renew(trakt.world.user.id, "trakt", tokens.access)
    assert (late.secret, trakt.refreshes) == (first.secret, 1)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 502},
        {"status": 403, "body": {"error": "invalid_client"}},
        {"status": 200, "body": "<html>Hello</html>"},
        {"status": 401, "body": {}},
        {"status": 404},
        {"status": 400},
    ],
    ids=lambda answer: str(answer["status"]),
)
async def test_a_refresh_that_fails_for_now_keeps_the_account(
    trakt: Trakt, answer: dict[str, Any]
) -> None:
    tokens = await trakt.connect(lifetime=3600, age=3300)
    trakt.stand_in.fail(TOKEN, times=None, **answer)
    assert (await trakt.credential()).secret == tokens.access
    kept = await trakt.kept()
    assert (kept.state, bool(kept.error)) == (CONNECTED, True)
    failed = trakt.refreshes
    assert (await trakt.credential()).secret == tokens.access
    assert trakt.refreshes == failed, "it is not asked again at once"
    trakt.stand_in.control.faults.active.clear()
    renewed = await trakt.restarted().credential(trakt.world.user.id, "trakt")
    assert renewed.secret not in (None, tokens.access)
    assert (await trakt.kept()).error is None


async def test_a_refresh_token_that_is_void_ends_in_reconnect_and_in_no_loop(trakt: Trakt) -> None:
    await trakt.connect(lifetime=3600, age=3300)
    trakt.stand_in.sessions.forget("demo")
    assert (await trakt.credential()).secret is None
    kept = await trakt.kept()
    assert (kept.state, bool(kept.error)) == (LOST, True)
    for _ in range(3):
        assert (await trakt.credential()).secret is None
        with pytest.raises(RejectedError) as raised:
            await trakt.accounts.renew(trakt.world.user.id, "trakt", "whatever")
        assert raised.value.code == RECONNECT
    assert trakt.refreshes == 1


async def test_a_renewal_goes_on_to_its_end_when_its_run_is_cancelled(trakt: Trakt) -> None:
    tokens = await trakt.connect(lifetime=3600, age=3300)
    trakt.stand_in.fail(TOKEN, delay=0.2)
    run = asyncio.create_task(trakt.credential())
    await until_asked(trakt)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    await trakt.accounts.close()
    restarted = await trakt.restarted().credential(trakt.world.user.id, "trakt")
    assert restarted.secret not in (None, tokens.access)
    assert (await trakt.source.account(restarted)).username == "Demo"
    assert trakt.refreshes == 1


async def test_a_pair_that_cannot_be_stored_is_not_used_and_not_lost(trakt: Trakt) -> None:
    tokens = await trakt.connect()
    user_id = trakt.world.user.id
    async with broken_store(trakt.world):
        with pytest.raises(sqlite3.IntegrityError):
            await trakt.accounts.renew(user_id, "trakt", tokens.access)
    renewed = await trakt.accounts.renew(user_id, "trakt", tokens.access)
    assert trakt.refreshes == 1
    assert (await trakt.source.account(renewed)).username == "Demo"
    assert (await trakt.kept()).state == CONNECTED


async def test_a_kill_between_refresh_and_store_ends_in_reconnect(trakt: Trakt) -> None:
    tokens = await trakt.connect()
    user_id = trakt.world.user.id
    async with broken_store(trakt.world):
        with pytest.raises(sqlite3.IntegrityError):
            await trakt.accounts.renew(user_id, "trakt", tokens.access)
    after = trakt.restarted()
    with pytest.raises(RejectedError) as raised:
        await after.renew(user_id, "trakt", tokens.access)
    assert raised.value.code == RECONNECT
    kept = await trakt.kept()
    assert (kept.state, bool(kept.error)) == (LOST, True)


async def test_connecting_again_while_a_renewal_is_under_way_keeps_the_new_account(
    trakt: Trakt,
) -> None:
    tokens = await trakt.connect()
    trakt.stand_in.fail(TOKEN, delay=0.2)
    renewal = asyncio.create_task(trakt.accounts.renew(trakt.world.user.id, "trakt", tokens.access))
    await until_asked(trakt)
    fresh = await trakt.connect()
    await renewal
    assert (await trakt.credential()).secret == fresh.access


async def test_disconnecting_revokes_there_and_forgets_here(trakt: Trakt) -> None:
    await trakt.connect()
    await trakt.accounts.disconnect(trakt.world.user.id, "trakt")
    assert trakt.stand_in.sessions.access == {}
    assert await find_account(trakt.world.db, trakt.world.user.id, "trakt") is None
    assert (await trakt.credential()).secret is None


async def test_disconnecting_works_while_the_source_is_down(trakt: Trakt) -> None:
    await trakt.connect()
    trakt.stand_in.fail("/oauth/revoke", status=503, times=None)
    await trakt.accounts.disconnect(trakt.world.user.id, "trakt")
    assert await find_account(trakt.world.db, trakt.world.user.id, "trakt") is None


async def test_a_check_writes_down_what_the_source_says(trakt: Trakt) -> None:
    await trakt.connect()
    own = await trakt.accounts.check(trakt.world.user.id, "trakt")
    assert own is not None
    assert (own.username, own.plan, own.error) == ("Demo", "Free", None)
    trakt.stand_in.sessions.forget("demo")
    with pytest.raises(RejectedError):
        await trakt.accounts.check(trakt.world.user.id, "trakt")
    assert (await trakt.kept()).state == LOST


async def test_a_check_that_is_not_answered_changes_nothing(trakt: Trakt) -> None:
    await trakt.connect()
    trakt.stand_in.fail("/users/settings", status=503, times=None)
    with pytest.raises(UnavailableError):
        await trakt.accounts.check(trakt.world.user.id, "trakt")
    kept = await trakt.kept()
    assert (kept.state, kept.error) == (CONNECTED, None)


async def test_that_a_token_was_not_renewed_is_told_until_one_is(
    world: World, trakt: Trakt
) -> None:
    tokens = await trakt.connect(lifetime=3600, age=3300)
    trakt.stand_in.fail(TOKEN, status=503)
    good = await trakt.credential()
    assert good.secret == tokens.access
    words = (await trakt.kept()).error
    assert words is not None
    standing = Standing(world.db, trakt.accounts, Quotas(), {"trakt": trakt.source})
    await standing.answered("trakt", good)
    await standing.answered("trakt", good, read=True)
    await trakt.accounts.check(world.user.id, "trakt")
    assert (await trakt.kept()).error == words
    trakt.stand_in.control.faults.active.clear()
    await trakt.restarted().credential(world.user.id, "trakt")
    assert (await trakt.kept()).error is None
