"""Passwords, sessions, tokens, the local key, CSRF and the throttle, at the real app."""

import asyncio
from datetime import timedelta

import jwt
import pytest
from aiohttp import ClientResponse
from structlog.testing import capture_logs

from collectarr.accounts import register
from collectarr.auth import LOCAL_KEY_FILE
from collectarr.errors import ForbiddenError, InvalidError
from collectarr.models import utc_now
from collectarr.passwords import clean_username, hash_password, is_password
from collectarr.store import users
from collectarr.store.db import stamp
from tests.conftest import MakeClient
from tests.people import PASSWORD, Client, Person, problem, services_of, sign_in, sign_up

FORWARDED = {"X-Forwarded-For": "203.0.113.7"}


async def _login(client: Client, name: str, password: str) -> ClientResponse:
    return await client.post("/api/v1/auth/login", json={"username": name, "password": password})


# Passwords


async def test_a_password_is_known_again_and_no_other_is() -> None:
    stored = await hash_password("correct horse battery", 4)
    assert stored.startswith("v1$$2b$04$")
    assert await is_password("correct horse battery", stored)
    assert not await is_password("correct horse batterY", stored)


async def test_long_passwords_count_to_their_last_character() -> None:
    long = "no two words alike " * 6 + "and an end: "
    assert 72 < len(long) < 128
    stored = await hash_password(f"{long}a", 4)
    assert not await is_password(f"{long}b", stored)


@pytest.mark.parametrize("password", ["", "123456789", "x" * 129])
async def test_a_password_of_a_bad_length_is_refused(password: str) -> None:
    with pytest.raises(InvalidError) as caught:
        await hash_password(password, 4)
    assert "10 to 128" in caught.value.details["fields"]["password"]


async def test_an_unknown_version_of_a_hash_fits_no_password() -> None:
    assert not await is_password("anything at all", "v0$whatever")


@pytest.mark.parametrize("name", ["", "  ", "a/b", "a\nb", "x" * 65, "\u202eanna"])
def test_names_that_mislead_are_refused(name: str) -> None:
    with pytest.raises(InvalidError):
        clean_username(name)


# Set-up


async def test_set_up_from_this_machine_asks_no_token_and_signs_in(client: Client) -> None:
    body = {"username": "anna", "password": PASSWORD, "email": "anna@example.org"}
    response = await client.post("/api/v1/auth/setup", json=body)
    assert response.status == 201
    data = await response.json()
    assert data["user"] | {"created_at": ""} == {
        "id": 1,
        "username": "anna",
        "email": "anna@example.org",
        "role": "administrator",
        "theme": "dark",
        "created_at": "",
    }
    me = await client.get(
        "/api/v1/auth/me", headers={"Authorization": f"Bearer {data['access_token']}"}
    )
    assert (await me.json())["id"] == 1


@pytest.mark.parametrize(
    "headers",
    [FORWARDED, {"Forwarded": "for=1.2.3.4"}, {"X-Real-IP": "1.2.3.4"}, {"Host": "evil.example"}],
    ids=lambda headers: next(iter(headers)),
)
async def test_set_up_through_anything_asks_the_token_of_the_log(
    client: Client, headers: dict[str, str]
) -> None:
    body = {"username": "anna", "password": PASSWORD, "token": "guess"}
    response = await client.post("/api/v1/auth/setup", json=body, headers=headers)
    await problem(response, 403, "setup_token")
    body["token"] = services_of(client).auth.setup_token
    response = await client.post("/api/v1/auth/setup", json=body, headers=headers)
    assert response.status == 201


async def test_the_set_up_token_is_logged_once_while_there_is_nobody(
    make_client: MakeClient,
) -> None:
    with capture_logs() as logged:
        client = await make_client()
    token = services_of(client).auth.setup_token
    assert len(token) >= 16
    assert sum(token in str(line) for line in logged) == 1
    await sign_up(client, "anna")
    with capture_logs() as logged:
        await services_of(client).auth.offer_set_up()
    assert logged == []


async def test_set_up_happens_once(client: Client, anna: Person) -> None:
    body = {"username": "eve", "password": PASSWORD}
    await problem(await client.post("/api/v1/auth/setup", json=body), 409, "set_up")


async def test_two_set_ups_at_once_make_one_user(client: Client) -> None:
    bodies = [{"username": name, "password": PASSWORD} for name in ("anna", "eve")]
    responses = await asyncio.gather(
        *(client.post("/api/v1/auth/setup", json=body) for body in bodies)
    )
    assert sorted(response.status for response in responses) == [201, 409]
    assert await users.count_users(services_of(client).db) == 1


async def test_status_tells_what_is_needed(client: Client) -> None:
    response = await client.get("/api/v1/auth/status", headers=FORWARDED)
    assert await response.json() == {
        "setup_needed": True,
        "token_needed": True,
        "registration": "closed",
        "signed_in": False,
    }
    anna = await sign_up(client, "anna")
    status = await anna.get("/auth/status")
    assert (status["setup_needed"], status["signed_in"]) == (False, True)


async def test_registration_is_closed_unless_it_is_opened(
    client: Client, make_client: MakeClient, anna: Person
) -> None:
    body = {"username": "carl", "password": PASSWORD}
    await problem(await client.post("/api/v1/auth/register", json=body), 403, "registration")
    with pytest.raises(ForbiddenError):
        await register(services_of(client), "carl", None, PASSWORD)


async def test_where_registration_is_open_a_plain_user_is_made(make_client: MakeClient) -> None:
    client = await make_client(registration="open")
    body = {"username": "carl", "password": PASSWORD}
    await problem(await client.post("/api/v1/auth/register", json=body), 403, "registration")
    await sign_up(client, "anna")
    response = await client.post("/api/v1/auth/register", json=body)
    assert response.status == 201
    assert (await response.json())["user"]["role"] == "user"
    again = await client.post("/api/v1/auth/register", json={**body, "username": "CARL"})
    await problem(again, 409, "conflict")


# Signing in


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(
    client: Client, anna: Person
) -> None:
    wrong = await problem(await _login(client, "anna", "not the one"), 401, "wrong_password")
    unknown = await problem(await _login(client, "nobody", PASSWORD), 401, "wrong_password")
    assert wrong == unknown


async def test_signing_in_gives_tokens_and_the_user(client: Client, anna: Person) -> None:
    data = await (await _login(client, "ANNA", PASSWORD)).json()
    assert set(data) >= {"access_token", "refresh_token", "expires_in", "user"}
    assert data["expires_in"] == 900
    claims = jwt.decode(data["access_token"], options={"verify_signature": False})
    assert (claims["iss"], claims["aud"], claims["sub"]) == ("collectarr", "api", "1")
    assert claims["exp"] - claims["iat"] == 900


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\udcff"])
async def test_a_bad_bearer_token_is_refused(client: Client, anna: Person, token: str) -> None:
    headers = {
        "Authorization": f"Bearer {token}".encode("utf-8", "surrogateescape").decode("latin")
    }
    await problem(await client.get("/api/v1/auth/me", headers=headers), 401, "sign_in")


# Refresh tokens


async def _refresh(client: Client, token: str) -> ClientResponse:
    return await client.post("/api/v1/auth/refresh", json={"refresh_token": token})


async def test_a_refresh_gives_new_tokens_and_a_retry_gets_the_same_successor(
    client: Client, anna: Person
) -> None:
    first = await (await _refresh(client, anna.refresh)).json()
    retry = await (await _refresh(client, anna.refresh)).json()
    assert first["refresh_token"] == retry["refresh_token"] != anna.refresh
    third = await _refresh(client, first["refresh_token"])
    assert third.status == 200


async def test_a_replayed_refresh_token_ends_the_session_and_its_streams(
    client: Client, anna: Person
) -> None:
    stream = await anna.call("GET", "/events")
    newer = await (await _refresh(client, anna.refresh)).json()
    async with services_of(client).db.write() as tx:
        long_ago = stamp(utc_now() - timedelta(seconds=31))
        await tx.run("UPDATE spent_tokens SET spent_at = ?", long_ago)
    await problem(await _refresh(client, anna.refresh), 401, "refresh_reused")
    await problem(await _refresh(client, newer["refresh_token"]), 401, "refresh")
    headers = {"Authorization": f"Bearer {newer['access_token']}"}
    assert (await client.get("/api/v1/auth/me", headers=headers)).status == 401
    await asyncio.wait_for(stream.content.read(), 5)


@pytest.mark.parametrize("token", ["", "x", "a.b"])
async def test_an_unknown_refresh_token_is_refused(
    client: Client, anna: Person, token: str
) -> None:
    await problem(await _refresh(client, token), 401, "refresh")
    assert (await anna.call("GET", "/auth/me")).status == 200


# Sessions


async def test_signing_out_ends_the_session_at_once(client: Client, anna: Person) -> None:
    other = await sign_in(client, "anna")
    assert (await anna.call("POST", "/auth/logout")).status == 204
    await problem(await anna.call("GET", "/auth/me"), 401, "sign_in")
    await problem(await _refresh(client, anna.refresh), 401, "refresh")
    assert (await other.call("GET", "/auth/me")).status == 200


async def test_sessions_are_listed_and_ended_one_by_one(client: Client, anna: Person) -> None:
    other = await sign_in(client, "anna")
    listed = await anna.get("/auth/sessions")
    assert listed["total"] == 2
    assert [one["current"] for one in listed["items"]].count(True) == 1
    (theirs,) = [one["id"] for one in listed["items"] if not one["current"]]
    assert (await anna.call("DELETE", f"/auth/sessions/{theirs}")).status == 204
    assert (await other.call("GET", "/auth/me")).status == 401
    await problem(await anna.call("DELETE", f"/auth/sessions/{theirs}"), 404, "not_found")


async def test_nobody_ends_somebody_elses_session(
    client: Client, anna: Person, ben: Person
) -> None:
    (own,) = (await anna.get("/auth/sessions"))["items"]
    await problem(await ben.call("DELETE", f"/auth/sessions/{own['id']}"), 404, "not_found")
    assert (await anna.call("GET", "/auth/me")).status == 200


async def test_a_new_password_ends_all_other_sessions(client: Client, anna: Person) -> None:
    other = await sign_in(client, "anna")
    wrong = {"current": "not the one", "password": "another good one"}
    await problem(await anna.call("POST", "/auth/password", wrong), 400, "wrong_password")
    right = {"current": PASSWORD, "password": "another good one"}
    assert (await anna.call("POST", "/auth/password", right)).status == 204
    assert (await anna.call("GET", "/auth/me")).status == 200
    assert (await other.call("GET", "/auth/me")).status == 401
    assert (await _login(client, "anna", PASSWORD)).status == 401
    assert (await _login(client, "anna", "another good one")).status == 200


# The key of the machine


async def test_the_key_of_the_machine_acts_for_the_user_named_or_the_first_administrator(
    client: Client, anna: Person, ben: Person
) -> None:
    folder = services_of(client).settings.data_dir
    key = (folder / LOCAL_KEY_FILE).read_text(encoding="ascii")
    for named, name in (({}, "anna"), ({"X-Collectarr-User": "BEN"}, "ben")):
        headers = {"X-Api-Key": key, **named}
        me = await client.get("/api/v1/auth/me", headers=headers)
        assert (await me.json())["username"] == name
    for headers in (
        {"X-Api-Key": ""},
        {"X-Api-Key": key[:-1]},
        {"X-Api-Key": "ü"},
        {"X-Api-Key": key, "X-Collectarr-User": "nobody"},
    ):
        await problem(await client.get("/api/v1/auth/me", headers=headers), 401, "sign_in")
