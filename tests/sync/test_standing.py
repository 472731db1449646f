"""What browsing learns of an account is known everywhere, and a look at it mends what was wrong."""

import pytest

from collectarr.errors import RejectedError, UnavailableError
from collectarr.store.source_accounts import StoredAccount, find_account
from collectarr.sync.browse import Browsing
from collectarr.sync.connect import connect_source
from tests.flows.world import World, film

KEY = "demo-mdblist-key"
LIMIT = '{"error": "API Limit Reached!"}'


@pytest.fixture
async def browsing(world: World) -> Browsing:
    world.mdblist.add_list("demo", "films", "Films", [film(1), film(2)])
    await connect(world)
    return Browsing(world.outside)


async def connect(world: World) -> None:
    await connect_source(world.db, world.vault, world.outside, world.user.id, "mdblist", KEY)


async def account(world: World) -> StoredAccount:
    found = await find_account(world.db, world.user.id, "mdblist")
    assert found is not None
    return found


async def use_up(world: World, browsing: Browsing) -> None:
    world.mdblist.fail("/lists", status=429, body=LIMIT, headers={"Retry-After": "7200"})
    with pytest.raises(UnavailableError):
        await browsing.read(world.user.id, "mdblist", "demo/films")


async def test_browsing_counts_the_requests_that_it_takes(world: World, browsing: Browsing) -> None:
    before = (await account(world)).quota_left
    await browsing.read(world.user.id, "mdblist", "demo/films")
    after = await account(world)
    assert before is not None
    assert after.quota_left is not None
    assert after.quota_left < before
    assert after.read_at is not None


async def test_a_quota_that_browsing_finds_used_up_is_told_with_the_account(
    world: World, browsing: Browsing
) -> None:
    await use_up(world, browsing)
    found = await account(world)
    assert (found.quota_left, "used up" in (found.error or "")) == (0, True)


async def test_a_key_that_is_refused_while_browsing_is_told_with_the_account(
    world: World, browsing: Browsing
) -> None:
    world.mdblist.fail("/lists", status=401, body='{"error": "Invalid API key!"}', times=None)
    with pytest.raises(RejectedError):
        await browsing.search(world.user.id, "mdblist", "films")
    assert "key" in ((await account(world)).error or "")


@pytest.mark.parametrize("how", ["check", "connect"])
async def test_requests_that_are_left_after_all_lift_the_wait(
    world: World, browsing: Browsing, how: str
) -> None:
    await use_up(world, browsing)
    with pytest.raises(UnavailableError):
        await browsing.read(world.user.id, "mdblist", "demo/films")
    if how == "check":
        await world.outside.accounts.check(world.user.id, "mdblist")
    else:
        await connect(world)
    found = await account(world)
    assert (found.quota_left or 0) > 0
    assert found.error is None
    assert (await browsing.read(world.user.id, "mdblist", "demo/films")).value.items


async def test_the_same_account_connected_again_has_read_what_it_read(
    world: World, browsing: Browsing
) -> None:
    await browsing.read(world.user.id, "mdblist", "demo/films")
    before = await account(world)
    await connect(world)
    assert (await account(world)).read_at == before.read_at
