"""Accounts at sources: each user's own, with what became of them."""

from datetime import UTC, datetime, timedelta

import pytest

from collectarr.models import utc_now
from collectarr.store import source_accounts
from collectarr.store.db import Database
from collectarr.store.source_accounts import LOST, StoredAccount
from collectarr.store.users import User
from tests.stored import person


@pytest.fixture
async def anna(db: Database) -> User:
    return await person(db)


@pytest.fixture
async def ben(db: Database) -> User:
    return await person(db, "ben")


async def test_an_account_is_its_users_own(db: Database, anna: User, ben: User) -> None:
    resets = datetime(2030, 1, 2, tzinfo=UTC)
    account = StoredAccount("mdblist", "sealed", "anna", "pro", 1000, 5, resets, None, None)
    await source_accounts.save_account(db, anna.id, account)

    found = await source_accounts.find_account(db, anna.id, "mdblist")
    assert found is not None
    assert (found.secret, found.quota_left, found.quota_resets_at) == ("sealed", 5, resets)
    assert found.checked_at is not None
    assert await source_accounts.find_account(db, ben.id, "mdblist") is None
    assert await source_accounts.find_account(db, anna.id, "trakt") is None
    await source_accounts.delete_account(db, ben.id, "mdblist")
    assert await source_accounts.find_account(db, anna.id, "mdblist") is not None
    await source_accounts.delete_account(db, anna.id, "mdblist")
    assert await source_accounts.find_account(db, anna.id, "mdblist") is None


async def test_a_lost_account_is_not_renewed_until_it_is_connected_anew(
    db: Database, anna: User
) -> None:
    soon = utc_now() + timedelta(hours=1)
    account = StoredAccount("trakt", "sealed", expires_at=soon)
    await source_accounts.save_account(db, anna.id, account)
    later = utc_now() + timedelta(days=1)
    assert len(await source_accounts.expiring_accounts(db, later)) == 1
    await source_accounts.mark_account(db, anna.id, "trakt", "It was revoked.", lost=True)
    found = await source_accounts.find_account(db, anna.id, "trakt")
    assert found is not None
    assert (found.state, found.error) == (LOST, "It was revoked.")
    assert await source_accounts.expiring_accounts(db, later) == []
    assert await source_accounts.save_secret(db, anna.id, "trakt", "fresh", later)
    found = await source_accounts.find_account(db, anna.id, "trakt")
    assert found is not None
    assert (found.state, found.error, found.secret) == ("connected", None, "fresh")


async def test_a_token_of_an_account_that_is_gone_is_not_kept(db: Database, anna: User) -> None:
    assert not await source_accounts.save_secret(db, anna.id, "trakt", "fresh", utc_now())
    assert await source_accounts.find_account(db, anna.id, "trakt") is None
