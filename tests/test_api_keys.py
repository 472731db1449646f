"""Keys as they are made, kept and recognised, without a server around them."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectarr.api_keys import SCOPES, ApiKeys, Scope, allows, stream_of
from collectarr.errors import ConflictError, InvalidError, NotFoundError
from collectarr.live import Live
from collectarr.models import utc_now
from collectarr.store import api_keys as stored
from collectarr.store.db import Database, open_database, stamp
from collectarr.store.users import User, add_user


class Now:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = utc_now()

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
async def db(data_dir: Path) -> AsyncIterator[Database]:
    db = await open_database(data_dir / "collectarr.db")
    yield db
    await db.close()


@pytest.fixture
async def anna(db: Database) -> User:
    return await add_user(db, "anna", None, "no hash", "administrator")


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def live() -> Live:
    return Live()


@pytest.fixture
def keys(db: Database, live: Live, now: Now) -> ApiKeys:
    return ApiKeys(db, live, now)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("wanted", SCOPES)
def test_a_scope_may_what_is_asked_of_it_and_of_those_below(scope: Scope, wanted: Scope) -> None:
    may = {"read": {"read"}, "run": {"read", "run"}, "admin": {"read", "run", "admin"}}
    assert allows(scope, wanted) == (wanted in may[scope])


@pytest.mark.parametrize("scope", ["", "ADMIN", "write", "*"])
def test_a_scope_that_is_none_may_nothing(scope: str) -> None:
    assert not allows(scope, "read")


async def test_a_key_says_what_it_is_and_has_32_random_bytes(keys: ApiKeys, anna: User) -> None:
    row, key = await keys.create(anna.id, " Home page ", "read")
    assert re.fullmatch(r"clr_[0-9a-f]{8}[A-Za-z0-9_-]{43}", key)
    assert key.startswith(row.prefix)
    assert (row.name, len(row.prefix), row.scope) == ("Home page", 12, "read")
    assert (row.expires_at, row.used_at) == (None, None)
    assert (await keys.create(anna.id, "Other", "read"))[1] != key


async def test_no_table_holds_the_key_itself(
    db: Database, keys: ApiKeys, anna: User, data_dir: Path
) -> None:
    row, key = await keys.create(anna.id, "Home page", "admin")
    (kept,) = await db.rows("SELECT * FROM api_keys")
    assert key.removeprefix(row.prefix) not in str(tuple(kept))
    written = b"".join(file.read_bytes() for file in data_dir.glob("collectarr.db*"))
    assert row.prefix.encode() in written
    assert key.encode() not in written


async def test_a_key_is_recognised_and_nothing_near_it_is(keys: ApiKeys, anna: User) -> None:
    row, key = await keys.create(anna.id, "Home page", "run")
    found = await keys.find(key)
    assert found is not None
    assert (found[0].id, found[1].username) == (row.id, "anna")
    changed = key[:-1] + ("A" if key[-1] != "A" else "B")
    for wrong in ("", key[:-1], key + "A", changed, key.upper(), f" {key}", row.prefix, "clr_"):
        assert await keys.find(wrong) is None, wrong
    for odd in ("clr_ü", "\udcff" * 55, "clr_" + "'" * 51, key + "\n", "\0"):
        assert await keys.find(odd) is None, ascii(odd)


async def test_use_is_noted_at_most_once_a_minute(
    db: Database, keys: ApiKeys, anna: User, now: Now
) -> None:
    row, key = await keys.create(anna.id, "Home page", "read")
    await keys.find(key)
    first = (await stored.get_key(db, anna.id, row.id)).used_at
    assert first is not None
    async with db.write() as tx:
        moved = first - timedelta(seconds=59)
        await tx.run("UPDATE api_keys SET used_at = ?", stamp(moved))
    now.at = first
    await keys.find(key)
    assert (await stored.get_key(db, anna.id, row.id)).used_at == moved
    now.at = first + timedelta(seconds=1)
    await keys.find(key)
    assert (await stored.get_key(db, anna.id, row.id)).used_at != moved


async def test_an_expired_key_opens_nothing_and_is_still_shown(
    db: Database, keys: ApiKeys, anna: User, now: Now
) -> None:
    row, key = await keys.create(anna.id, "For a day", "read", 1)
    assert row.expires_at is not None
    assert abs(row.expires_at - now.at - timedelta(days=1)) < timedelta(seconds=1)
    assert await keys.find(key) is not None
    async with db.write() as tx:
        await tx.run("UPDATE api_keys SET expires_at = ?", stamp(utc_now()))
    assert await keys.find(key) is None
    assert not await keys.is_good(row.id)
    (shown,) = await stored.list_keys(db, anna.id)
    assert shown.is_expired(utc_now())


async def test_revoking_ends_the_key_and_its_streams(keys: ApiKeys, anna: User, live: Live) -> None:
    row, key = await keys.create(anna.id, "Home page", "read")
    other, _ = await keys.create(anna.id, "Other", "read")
    async with (
        live.listen(anna.id, stream_of(row.id)) as ended,
        live.listen(anna.id, stream_of(other.id)) as going_on,
    ):
        assert (await keys.revoke(anna.id, row.id)).name == "Home page"
        assert ended.get_nowait() is None
        assert going_on.empty()
    assert await keys.find(key) is None
    assert await keys.is_good(other.id)
    with pytest.raises(NotFoundError):
        await keys.revoke(anna.id, row.id)


async def test_nobody_revokes_or_sees_anothers_key(db: Database, keys: ApiKeys, anna: User) -> None:
    ben = await add_user(db, "ben", None, "no hash", "user")
    row, key = await keys.create(anna.id, "Home page", "read")
    with pytest.raises(NotFoundError):
        await keys.revoke(ben.id, row.id)
    with pytest.raises(NotFoundError):
        await stored.get_key(db, ben.id, row.id)
    assert await stored.list_keys(db, ben.id) == []
    assert await keys.find(key) is not None


async def test_keys_go_with_their_user(db: Database, keys: ApiKeys, anna: User) -> None:
    _, key = await keys.create(anna.id, "Home page", "admin")
    async with db.write() as tx:
        await tx.run("DELETE FROM users WHERE id = ?", anna.id)
    assert await keys.find(key) is None
    assert await db.value("SELECT count(*) FROM api_keys") == 0


async def test_the_number_of_a_revoked_key_is_not_given_again(keys: ApiKeys, anna: User) -> None:
    row, _ = await keys.create(anna.id, "First", "read")
    await keys.revoke(anna.id, row.id)
    assert (await keys.create(anna.id, "Second", "read"))[0].id != row.id


async def test_nobody_has_keys_without_end(db: Database, keys: ApiKeys, anna: User) -> None:
    async with db.write() as tx:
        await tx.many(
            "INSERT INTO api_keys (user_id, name, prefix, hash, scope, created_at)"
            " VALUES (?, 'x', 'clr_', ?, 'read', '')",
            [(anna.id, str(number)) for number in range(stored.MOST_KEYS)],
        )
    with pytest.raises(ConflictError):
        await keys.create(anna.id, "One more", "read")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": "\u202eback"}, "name"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": -1}, "expires_in_days"),
        ({"expires_in_days": 10_000_000_000}, "expires_in_days"),
    ],
)
async def test_a_key_that_cannot_be_is_refused_at_its_field(
    keys: ApiKeys, anna: User, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidError) as caught:
        await keys.create(**{"user_id": anna.id, "name": "x", "scope": "read", **changes})
    assert field in caught.value.details["fields"]
