"""Users are unique, sessions end when they must, and a refresh token works once."""

import asyncio
from datetime import datetime, timedelta

import pytest

from collectarr.errors import ConflictError, NotFoundError
from collectarr.models import utc_now
from collectarr.store import sessions, users
from collectarr.store.db import Database
from collectarr.store.users import Rotation, Session, User

DAY = timedelta(days=1)
GRACE = timedelta(seconds=30)


async def add(db: Database, name: str, email: str | None = None, **other: bool) -> User:
    return await users.add_user(db, name, email, f"hash of {name}", "user", **other)


async def signed_in(
    db: Database, user: User, key: str, *, refresh: str | None = None, life: timedelta = DAY
) -> Session:
    now = utc_now()
    kind = "api" if refresh else "browser"
    session = Session(key, user.id, kind, "csrf", now + life, now)
    await users.add_session(db, session, refresh_hash=refresh, agent="Fox", client="10.0.0.1")
    return session


async def rotate(
    db: Database, presented: str, new: str, *, grace_from: datetime | None = None, sid: str = ""
) -> Rotation | None:
    now = utc_now()
    return await users.rotate_refresh(
        db, presented, new, f"sealed {new}", now + DAY, grace_from or now - GRACE, session_id=sid
    )


async def test_a_user_is_found_by_name_and_by_address_in_any_case(db: Database) -> None:
    anna = await add(db, "Anna", "anna@example.org")

    for name in ("anna", "ANNA", "Anna@Example.org"):
        assert await users.find_sign_in(db, name) == (anna, "hash of Anna")
    assert await users.find_sign_in(db, "ann") is None


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("ANNA", None),
        ("ben", "ANNA@example.org"),
        ("anna@example.org", None),
        ("ben", "anna"),
    ],
)
async def test_no_two_users_can_be_taken_for_each_other(
    db: Database, name: str, email: str | None
) -> None:
    await add(db, "anna", "anna@example.org")

    with pytest.raises(ConflictError, match="taken"):
        await add(db, name, email)
    assert await users.count_users(db) == 1


async def test_users_without_an_address_do_not_clash(db: Database) -> None:
    made = [await add(db, "anna"), await add(db, "ben")]

    assert await users.list_users(db) == made


async def test_two_set_ups_at_once_make_one_user(db: Database) -> None:
    ended = await asyncio.gather(
        *(add(db, f"user{n}", only_first=True) for n in range(8)), return_exceptions=True
    )

    refused = [error for error in ended if isinstance(error, ConflictError)]
    assert len(refused) == 7
    assert {error.code for error in refused} == {"set_up"}
    assert await users.count_users(db) == 1


async def test_an_unknown_user_is_not_found(db: Database) -> None:
    with pytest.raises(NotFoundError):
        await users.get_user(db, 5)


async def test_a_role_that_is_none_is_refused_by_the_table(db: Database) -> None:
    with pytest.raises(Exception, match="CHECK"):
        await users.add_user(db, "anna", None, "hash", "king")


async def test_a_new_password_and_theme_are_kept_for_that_user_alone(
    db: Database, anna: User, ben: User
) -> None:
    await users.set_password(db, anna.id, "other")
    await users.set_theme(db, anna.id, "light")

    found = await users.find_sign_in(db, "anna")
    assert found is not None
    assert (found[1], found[0].theme) == ("other", "light")
    assert await users.find_sign_in(db, "ben") == (ben, "hash")


async def test_a_session_is_found_until_it_expires(db: Database, anna: User) -> None:
    session = await signed_in(db, anna, "s1")
    await signed_in(db, anna, "s2", life=-DAY)

    found = await users.find_session(db, "s1")
    assert found is not None
    assert (found[0].id, found[0].csrf, found[1]) == (session.id, "csrf", anna)
    assert await users.find_session(db, "s2") is None
    assert await users.find_session(db, "s3") is None


async def test_expired_sessions_do_not_pile_up(db: Database, anna: User) -> None:
    for n in range(5):
        await signed_in(db, anna, f"old{n}", life=-DAY)
    await signed_in(db, anna, "new")

    assert await db.value("SELECT count(*) FROM sessions") == 1


async def test_a_session_slides(db: Database, anna: User) -> None:
    await signed_in(db, anna, "s1", life=timedelta(seconds=60))
    await users.extend_session(db, "s1", utc_now() + 30 * DAY)

    found = await users.find_session(db, "s1")
    assert found is not None
    assert found[0].expires_at > utc_now() + 29 * DAY


async def test_ending_all_but_one_names_those_that_ended(
    db: Database, anna: User, ben: User
) -> None:
    for key, user in (("a1", anna), ("a2", anna), ("a3", anna), ("b1", ben)):
        await signed_in(db, user, key)

    assert sorted(await users.end_sessions(db, anna.id, but="a2")) == ["a1", "a3"]
    assert [line.id for line in await sessions.list_sessions(db, anna.id)] == ["a2"]
    assert [line.id for line in await sessions.list_sessions(db, ben.id)] == ["b1"]
    await users.end_session(db, "a2")
    assert await sessions.list_sessions(db, anna.id) == []


async def test_the_list_of_sessions_is_the_users_own_and_alive(
    db: Database, anna: User, ben: User
) -> None:
    await signed_in(db, anna, "first")
    await signed_in(db, anna, "last", refresh="r")
    await signed_in(db, ben, "other")
    await signed_in(db, anna, "gone", life=-DAY)
    await users.extend_session(db, "first", utc_now() + DAY)
    async with db.write() as tx:
        await tx.run("UPDATE sessions SET seen_at = '2001-01-01T00:00:00+00:00' WHERE id = 'last'")

    found = await sessions.list_sessions(db, anna.id)

    assert [(line.id, line.kind) for line in found] == [("first", "browser"), ("last", "api")]
    assert (found[0].agent, found[0].client) == ("Fox", "10.0.0.1")


async def test_sessions_go_with_their_user(db: Database, anna: User) -> None:
    await signed_in(db, anna, "s1")
    async with db.write() as tx:
        await tx.run("DELETE FROM users WHERE id = ?", anna.id)

    assert await users.find_session(db, "s1") is None


async def test_a_refresh_token_is_swapped_for_its_successor(db: Database, anna: User) -> None:
    await signed_in(db, anna, "s1", refresh="r1")

    first = await rotate(db, "r1", "r2")
    second = await rotate(db, "r2", "r3")

    assert first is not None
    assert second is not None
    assert (first.spent, first.successor, first.user) == (False, None, anna)
    assert (second.spent, second.successor, second.session.id) == (False, None, "s1")


async def test_a_retry_within_the_grace_gets_the_same_successor(db: Database, anna: User) -> None:
    await signed_in(db, anna, "s1", refresh="r1")
    await rotate(db, "r1", "r2")

    for n in range(3):
        again = await rotate(db, "r1", f"other{n}")
        assert again is not None
        assert (again.spent, again.successor) == (True, "sealed r2")
    assert await users.find_session(db, "s1") is not None
    assert await rotate(db, "other0", "x") is None


async def test_two_at_once_get_one_successor(db: Database, anna: User) -> None:
    await signed_in(db, anna, "s1", refresh="r1")

    ended = await asyncio.gather(*(rotate(db, "r1", f"n{n}") for n in range(5)))

    won = [n for n, one in enumerate(ended) if one is not None and not one.spent]
    assert len(won) == 1
    others = {one.successor for one in ended if one is not None and one.spent}
    assert others == {f"sealed n{won[0]}"}


async def test_a_replay_after_the_grace_ends_the_session(db: Database, anna: User) -> None:
    await signed_in(db, anna, "s1", refresh="r1")
    await signed_in(db, anna, "s2", refresh="q1")
    await rotate(db, "r1", "r2")

    replay = await rotate(db, "r1", "x", grace_from=utc_now() + GRACE)

    assert replay is not None
    assert (replay.session.id, replay.spent, replay.successor) == ("s1", True, None)
    assert await users.find_session(db, "s1") is None
    assert await rotate(db, "r2", "x") is None
    assert await users.find_session(db, "s2") is not None


async def test_any_token_spent_within_the_grace_gets_what_is_good_now(
    db: Database, anna: User
) -> None:
    await signed_in(db, anna, "s1", refresh="r1")
    await rotate(db, "r1", "r2", sid="s1")
    await rotate(db, "r2", "r3", sid="s1")

    again = await rotate(db, "r1", "x", sid="s1")
    assert again is not None
    assert (again.spent, again.successor) == (True, "sealed r3")

    replay = await rotate(db, "r1", "x", sid="s1", grace_from=utc_now() + GRACE)

    assert replay is not None
    assert (replay.spent, replay.successor) == (True, None)
    assert await users.find_session(db, "s1") is None


async def test_a_made_up_token_ends_no_browser_session(db: Database, anna: User) -> None:
    await signed_in(db, anna, "s1")

    assert await rotate(db, "made up", "x", sid="s1") is None
    assert await rotate(db, "made up", "x") is None
    assert await users.find_session(db, "s1") is not None


async def test_an_expired_session_is_not_refreshed(db: Database, anna: User) -> None:
    await signed_in(db, anna, "s1", refresh="r1", life=-DAY)

    assert await rotate(db, "r1", "r2") is None
