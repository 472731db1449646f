"""What an attack on the ways in found: each of these went wrong once."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import bcrypt
import pytest

from collectarr import accounts
from collectarr.accounts import AccountChange
from collectarr.auth import COOKIE
from collectarr.errors import ConflictError, ForbiddenError, SignInError
from collectarr.models import utc_now
from collectarr.store import audit, users
from collectarr.store.sessions import keep_session
from collectarr.store.users import MOST_SESSIONS, Session, User
from tests.conftest import MakeClient
from tests.people import PASSWORD, Client, Person, problem, services_of, sign_in, sign_up

NEXT = "another good one"
LOGIN = "/api/v1/auth/login"


class Gate:
    """Holds up the first call of a function, in its own thread, until it is opened."""

    def __init__(self, real: Callable[..., Any]) -> None:
        self.real = real
        self.began, self.opened = threading.Event(), threading.Event()

    def __call__(self, *values: Any) -> Any:
        if not self.began.is_set():
            self.began.set()
            assert self.opened.wait(20)
        return self.real(*values)


@pytest.fixture
def comparing(monkeypatch: pytest.MonkeyPatch) -> Gate:
    gate = Gate(bcrypt.checkpw)
    monkeypatch.setattr(bcrypt, "checkpw", gate)
    return gate


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch) -> Gate:
    gate = Gate(bcrypt.hashpw)
    monkeypatch.setattr(bcrypt, "hashpw", gate)
    return gate


async def user_of(person: Person) -> User:
    return await users.get_user(services_of(person.client).db, person.id)


async def lines(client: Client, action: audit.Action) -> list[audit.Entry]:
    return (await audit.list_entries(services_of(client).db, action=action))[0]


# What is under way while an account changes


async def password_reset(anna: Person, who: Person) -> None:
    await anna.call("PATCH", f"/users/{who.id}", {"password": NEXT})


async def password_change(anna: Person, who: Person) -> None:
    body = {"current": PASSWORD, "password": NEXT}
    assert (await who.call("POST", "/auth/password", body)).status == 204


async def deletion(anna: Person, who: Person) -> None:
    assert (await anna.call("DELETE", f"/users/{who.id}")).status == 204


@pytest.mark.parametrize("path", [LOGIN, "/login"])
@pytest.mark.parametrize("act", [password_reset, password_change, deletion])
async def test_a_sign_in_under_way_does_not_outlive_its_password(
    client: Client, anna: Person, ben: Person, comparing: Gate, act: Any, path: str
) -> None:
    body = {"username": "ben", "password": PASSWORD}
    form = {"json": body} if path == LOGIN else {"data": body}
    coming = asyncio.create_task(client.post(path, **form))  # type: ignore[arg-type]
    await asyncio.to_thread(comparing.began.wait, 20)
    await act(anna, ben)
    comparing.opened.set()
    assert (await coming).status == (401 if path == LOGIN else 422)
    sql = "SELECT count(*) FROM sessions WHERE user_id = ?"
    left = await services_of(client).db.value(sql, ben.id)
    assert left == (1 if act is password_change else 0)
    assert len(await lines(client, "sign_in_refused")) == 1


async def test_two_changes_of_a_password_at_once_make_one(
    client: Client, anna: Person, hashing: Gate
) -> None:
    body = {"current": PASSWORD, "password": NEXT}
    late = asyncio.create_task(anna.call("POST", "/auth/password", body))
    await asyncio.to_thread(hashing.began.wait, 20)
    assert (await anna.call("POST", "/auth/password", {**body, "password": f"{NEXT} 2"})).ok
    hashing.opened.set()
    await problem(await late, 400, "wrong_password")


@pytest.mark.parametrize("act", ["demotion", "deletion"])
async def test_what_an_administrator_began_is_not_done_after_they_were_one(
    client: Client, anna: Person, hashing: Gate, act: str
) -> None:
    hashing.began.set()
    eve = await sign_up(client, "eve")
    hashing.began.clear()
    body = {"username": "sleeper", "password": PASSWORD, "role": "administrator"}
    making = asyncio.create_task(eve.call("POST", "/users", body))
    await asyncio.to_thread(hashing.began.wait, 20)
    if act == "demotion":
        await anna.call("PATCH", f"/users/{eve.id}", {"role": "user"})
    else:
        await anna.call("DELETE", f"/users/{eve.id}")
    hashing.opened.set()
    await problem(await making, 403, "forbidden")
    assert await users.find_sign_in(services_of(client).db, "sleeper") is None


async def test_invitations_roles_and_removals_ask_again_who_does_it(
    make_client: MakeClient,
) -> None:
    client = await make_client(registration="invite")
    anna, eve = await sign_up(client, "anna"), await sign_up(client, "eve")
    services, before = services_of(client), await user_of(eve)
    await anna.call("PATCH", f"/users/{eve.id}", {"role": "user"})
    with pytest.raises(ForbiddenError):
        await accounts.invite(services, before, "administrator", None)
    demote = AccountChange(role="user")
    with pytest.raises(ForbiddenError):
        await accounts.change_user(services, before, anna.id, demote)
    with pytest.raises(ForbiddenError):
        await accounts.remove_user(services, eve.id, before)


async def test_a_session_that_was_ended_makes_no_key(client: Client, anna: Person) -> None:
    """Its request may have begun before."""
    services = services_of(client)
    (own,) = (await anna.get("/auth/sessions"))["items"]
    await services.auth.end_session(own["id"])
    with pytest.raises(SignInError):
        await services.auth.keys.create(anna.id, "Mine", "admin", session_id=own["id"])


async def test_a_proxy_brings_nobody_who_is_gone(client: Client, anna: Person) -> None:
    services, now = services_of(client), utc_now()
    gone = Session("proxy", 99, "browser", "csrf", now + timedelta(days=1), now)
    await keep_session(services.db, gone, agent="", client="")
    assert await services.auth.by_proxy(replace(await user_of(anna), id=99), "here") is None


# Guessing


def of(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


async def tried(client: Client, name: str, address: str, password: str = "not the one") -> int:
    body = {"username": name, "password": password}
    return (await client.post(LOGIN, json=body, headers=of(address))).status


@pytest.mark.parametrize(
    ("names", "other"),
    [
        (("mar\u212a", "mur\u212a"), ("mark", "murk")),
        (("MARK@example.org", "murk@EXAMPLE.org"), ("mark@example.org", "murk@example.org")),
        (("mark", "murk"), ("mark@example.org", "murk@example.org")),
        (("mark@example.org", "murk@example.org"), ("mark", "murk")),
    ],
)
async def test_the_brake_tells_nobody_which_names_there_are(
    make_client: MakeClient, names: tuple[str, str], other: tuple[str, str]
) -> None:
    client = await make_client(trusted_proxies="127.0.0.1")
    await sign_up(client, "anna")
    await services_of(client).auth.add_user("mark", "mark@example.org", PASSWORD, "user")
    told = []
    for number, (first, second) in enumerate(zip(names, other, strict=True)):
        address = f"203.0.113.{number}"
        statuses = [await tried(client, first, address) for _ in range(5)]
        told.append((statuses, [await tried(client, second, address) for _ in range(6)]))
    assert told[0] == told[1]


async def test_a_name_and_its_address_are_not_twice_as_many_guesses(
    make_client: MakeClient,
) -> None:
    client = await make_client(trusted_proxies="127.0.0.1")
    await sign_up(client, "anna")
    await services_of(client).auth.add_user("mark", "mark@example.org", PASSWORD, "user")
    for _ in range(5):
        await tried(client, "mark", "203.0.113.1")
    # The answer is the one to a wrong password: another would tell that both are one account.
    assert await tried(client, "mark@example.org", "203.0.113.1", PASSWORD) == 401
    assert await tried(client, "mark@example.org", "203.0.113.2", PASSWORD) == 200


async def test_who_has_many_addresses_has_no_more_guesses(make_client: MakeClient) -> None:
    client = await make_client(trusted_proxies="127.0.0.1")
    await sign_up(client, "anna")
    statuses = [await tried(client, "anna", f"2001:db8::{n:x}") for n in range(1, 8)]
    assert statuses == [401] * 5 + [429] * 2
    assert await tried(client, "anna", "2001:db8:0:1::1", PASSWORD) == 200


# Sessions


async def test_any_refresh_token_spent_just_now_gets_the_one_that_is_good(
    client: Client, anna: Person
) -> None:
    async def refreshed(token: str) -> str:
        answer = await client.post("/api/v1/auth/refresh", json={"refresh_token": token})
        return str((await answer.json())["refresh_token"])

    second = await refreshed(anna.refresh)
    third = await refreshed(second)
    assert {await refreshed(anna.refresh), await refreshed(second)} == {third}
    assert (await anna.call("GET", "/auth/me")).status == 200


async def test_a_user_has_only_so_many_sessions_and_the_oldest_goes(
    client: Client, anna: Person
) -> None:
    db, now = services_of(client).db, utc_now()
    life = timedelta(days=1)
    stream = await anna.call("GET", "/events")
    for number in range(MOST_SESSIONS - 1):
        seen = now + timedelta(seconds=number)
        await users.add_session(db, Session(f"s{number}", anna.id, "api", "", now + life, seen))
    assert (await anna.call("GET", "/auth/me")).status == 200
    async with db.write() as tx:
        await tx.run("UPDATE sessions SET seen_at = '2026-01-01' WHERE id NOT LIKE 's%'")
    other = await sign_in(client, "anna")
    assert (await anna.call("GET", "/auth/me")).status == 401
    await asyncio.wait_for(stream.content.read(), 5)
    assert (await other.get("/auth/sessions"))["total"] == MOST_SESSIONS


async def test_signing_in_again_ends_the_session_of_that_browser(
    client: Client, anna: Person
) -> None:
    form = {"username": "anna", "password": PASSWORD}
    first = await client.post("/login", data=form, allow_redirects=False)
    old = first.cookies[COOKIE].value
    page = await (await client.get("/settings/account")).text()
    token = page.partition('name="csrf" value="')[2].partition('"')[0]
    again = await client.post("/login", data={**form, "csrf": token}, allow_redirects=False)
    assert again.cookies[COOKIE].value != old
    headers = {"Cookie": f"{COOKIE}={old}"}
    client.session.cookie_jar.clear()
    assert (await client.get("/api/v1/auth/me", headers=headers)).status == 401


async def test_a_stream_is_no_longer_good_than_the_token_that_opened_it(
    client: Client, anna: Person
) -> None:
    auth = services_of(client).auth
    identity = await auth.by_bearer(anna.access)
    assert identity is not None
    assert identity.expires_at is not None
    assert timedelta(minutes=14) < identity.expires_at - utc_now() < timedelta(minutes=16)
    assert await auth.is_live(identity)
    assert not await auth.is_live(replace(identity, expires_at=utc_now()))


async def test_signing_out_clears_what_the_browser_kept(client: Client, anna: Person) -> None:
    answer = await anna.call("POST", "/auth/logout")
    assert answer.headers["Clear-Site-Data"] == '"cache"'


# Administrators


async def test_administrators_end_all_that_somebody_is_signed_in_with(
    client: Client, anna: Person, ben: Person
) -> None:
    key = (await ben.post("/api-keys", {"name": "k", "scope": "read"}, status=201))["key"]
    for path in ("sessions", "api-keys"):
        await problem(await ben.call("DELETE", f"/users/{anna.id}/{path}"), 403, "forbidden")
    ended = await anna.call("DELETE", f"/users/{ben.id}/sessions")
    assert await ended.json() == {"ended": 1}
    assert (await ben.call("GET", "/auth/me")).status == 401
    assert (await client.get("/api/v1/auth/me", headers={"X-Api-Key": key})).status == 200
    revoked = await anna.call("DELETE", f"/users/{ben.id}/api-keys")
    assert await revoked.json() == {"revoked": 1}
    assert (await client.get("/api/v1/auth/me", headers={"X-Api-Key": key})).status == 401
    for action in ("session_revoked", "api_key_revoked"):
        (line,) = await lines(client, action)  # type: ignore[arg-type]
        assert (line.actor, line.subject) == ("anna", "ben")


# Names


async def test_a_name_is_one_however_it_is_written(client: Client, anna: Person) -> None:
    auth = services_of(client).auth
    await auth.add_user("Andr\u00e9", "andr\u00e9@example.org", PASSWORD, "user")
    for name in ("ANDR\u00c9", "Andre\u0301", " andr\u00e9 ", "andre\u0301@EXAMPLE.org"):
        proven = await auth.check_password(name, PASSWORD, "here")
        assert proven.user.username == "Andr\u00e9"
    for name, email in (("ANDR\u00c9", None), ("carl", "ANDR\u00c9@example.org")):
        with pytest.raises(ConflictError):
            await auth.add_user(name, email, PASSWORD, "user")
    body = {"email": "andre\u0301@example.org", "current": PASSWORD}
    await problem(await anna.call("PATCH", "/auth/me", body), 409, "conflict")


async def test_an_invited_account_has_exactly_the_address_of_the_invitation(
    make_client: MakeClient,
) -> None:
    client = await make_client(registration="invite")
    anna = await sign_up(client, "anna")
    made = await anna.post("/invites", {"email": "Carl@example.org"}, status=201)
    body = {"username": "carl", "password": PASSWORD, "invite": made["token"]}
    other = {**body, "email": "\uff23arl@EXAMPLE.org"}
    answer = await client.post("/api/v1/auth/register", json=other)
    assert (await answer.json())["user"]["email"] == "Carl@example.org"
