"""What is done by itself for accounts: tokens renewed in time, quotas watched."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from collectarr.app import open_services
from collectarr.demo.mdblist import DEMO_KEY, MdbListStandIn
from collectarr.demo.trakt import DEMO_CLIENT, TraktStandIn
from collectarr.jobs import keep_signed_in, watch_quotas
from collectarr.models import utc_now
from collectarr.services import Services
from collectarr.settings import Settings
from collectarr.sources import Tokens
from collectarr.store.source_accounts import (
    LOST,
    StoredAccount,
    find_account,
    record_good_reading,
    save_account,
)
from collectarr.store.users import User
from collectarr.sync.connect import connect_source
from tests.flows.world import served
from tests.stored import person


@dataclass
class Place:
    services: Services
    trakt: TraktStandIn
    mdblist: MdbListStandIn
    anna: User

    async def sign_in(self, left: timedelta) -> str:
        """An account at Trakt whose token of a week ends then; gives the token."""
        told = self.trakt.sign_in("demo")
        ends = utc_now() + left
        tokens = Tokens(told["access_token"], told["refresh_token"], ends - timedelta(days=7), ends)
        await self.services.outside.accounts.keep_tokens(self.anna.id, "trakt", tokens)
        return tokens.access

    async def account(self, source: str) -> StoredAccount:
        found = await find_account(self.services.db, self.anna.id, source)
        assert found is not None
        return found

    async def token(self) -> str | None:
        return (await self.services.outside.credential(self.anna.id, "trakt")).secret


@pytest.fixture
async def place(settings: Settings) -> AsyncIterator[Place]:
    trakt, mdblist = TraktStandIn(), MdbListStandIn()
    trakt.add_user("demo")
    async with AsyncExitStack() as stack:
        trakt_url = await stack.enter_async_context(served(trakt.app))
        changes = {
            "trakt_url": trakt_url,
            "trakt_auth_url": trakt_url,
            "trakt_client_id": DEMO_CLIENT,
            "mdblist_url": await stack.enter_async_context(served(mdblist.app)),
        }
        changed = settings.model_copy(update=changes)
        services = await stack.enter_async_context(open_services(changed, jobs=False))
        yield Place(services, trakt, mdblist, await person(services.db, "anna"))


async def test_a_token_is_renewed_before_it_ends_though_nobody_uses_it(place: Place) -> None:
    first = await place.sign_in(timedelta(hours=20))
    await keep_signed_in.run(place.services)
    assert first not in place.trakt.sessions.access
    assert (await place.account("trakt")).expires_at > utc_now() + timedelta(days=6)  # type: ignore[operator]
    assert await place.token() in place.trakt.sessions.access


async def test_a_token_that_is_good_for_days_is_left_alone(place: Place) -> None:
    first = await place.sign_in(timedelta(days=5))
    await keep_signed_in.run(place.services)
    assert await place.token() == first


async def test_an_account_that_is_lost_does_not_keep_the_job_busy(place: Place) -> None:
    await place.sign_in(timedelta(hours=1))
    place.trakt.sessions.forget("demo")
    for _ in range(3):
        await keep_signed_in.run(place.services)
    assert (await place.account("trakt")).state == LOST
    assert sum(seen.path == "/oauth/token" for seen in place.trakt.requests) == 1


async def test_a_quota_is_looked_at_after_it_was_used(place: Place) -> None:
    services, anna = place.services, place.anna
    await connect_source(
        services.db, services.vault, services.outside, anna.id, "mdblist", DEMO_KEY
    )
    place.mdblist.requests.clear()
    await watch_quotas.run(services)
    assert place.mdblist.requests == []
    await save_account(services.db, anna.id, replace(await place.account("mdblist"), quota_left=1))
    await record_good_reading(services.db, anna.id, "mdblist")
    await watch_quotas.run(services)
    assert len(place.mdblist.requests) == 1
    assert (await place.account("mdblist")).quota_left != 1
    await watch_quotas.run(services)
    assert len(place.mdblist.requests) == 1


async def test_a_source_that_is_down_does_not_stop_the_watch(place: Place) -> None:
    services, anna = place.services, place.anna
    await connect_source(
        services.db, services.vault, services.outside, anna.id, "mdblist", DEMO_KEY
    )
    await record_good_reading(services.db, anna.id, "mdblist")
    place.mdblist.fail("/user", status=503, times=None)
    await watch_quotas.run(services)
    assert (await place.account("mdblist")).error is None
