"""/invites and registration: who may make an account of their own, and as what."""

import asyncio
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from collectarr.models import utc_now
from collectarr.store import users
from collectarr.store.db import stamp
from tests.conftest import MakeClient
from tests.people import PASSWORD, Client, Person, problem, services_of, sign_up


@pytest.fixture
async def client(make_client: MakeClient) -> Client:
    return await make_client(registration="invite")


@pytest.fixture
async def anna(client: Client) -> Person:
    return await sign_up(client, "anna")


async def invite(anna: Person, **body: Any) -> Any:
    return await anna.post("/invites", body, status=201)


async def register(client: Client, token: str, name: str = "ben", **more: Any) -> Any:
    body = {"username": name, "password": PASSWORD, "invite": token, **more}
    return await client.post("/api/v1/auth/register", json=body)


async def expire(client: Client) -> None:
    async with services_of(client).db.write() as tx:
        await tx.run("UPDATE invites SET expires_at = ?", stamp(utc_now() - timedelta(seconds=1)))


async def test_an_invitation_makes_one_account_of_its_role(client: Client, anna: Person) -> None:
    for role in ("user", "administrator"):
        made = await invite(anna, role=role)
        response = await register(client, made["token"], role)
        assert response.status == 201
        assert (await response.json())["user"]["role"] == role
        await problem(await register(client, made["token"], "eve"), 403, "invite")
        await problem(await client.get(f"/api/v1/invites/{made['token']}"), 404, "not_found")
    (second, first) = (await anna.get("/invites"))["items"]
    assert [first["state"], first["used_by"], second["used_by"]] == [
        *("used", "user", "administrator")
    ]


async def test_an_invitation_used_by_many_at_once_makes_one_account(
    client: Client, anna: Person
) -> None:
    token = (await invite(anna))["token"]
    responses = await asyncio.gather(*(register(client, token, f"user{n}") for n in range(5)))
    assert sorted(response.status for response in responses) == [201, 403, 403, 403, 403]
    assert await users.count_users(services_of(client).db) == 2


async def test_the_token_is_told_once_and_kept_nowhere(client: Client, anna: Person) -> None:
    made = await invite(anna, email="ben@example.org")
    assert len(made["token"]) >= 40
    link = urlsplit(made["url"])
    assert (link.path, parse_qs(link.query)) == ("/register", {"invite": [made["token"]]})
    shown = str(await anna.get("/invites")) + str(await anna.get("/audit"))
    assert made["token"] not in shown
    rows = await services_of(client).db.rows("SELECT * FROM invites")
    assert made["token"] not in str([tuple(row) for row in rows])


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({"public_url": "https://films.example"}, "https://films.example/register?"),
        ({"public_url": "https://x.example/c", "base_path": "/c"}, "https://x.example/c/register?"),
        ({"public_url": "https://x.example", "base_path": "/c"}, "https://x.example/c/register?"),
    ],
)
async def test_the_link_leads_to_the_public_address(
    make_client: MakeClient, changes: dict[str, str], address: str
) -> None:
    client = await make_client(registration="invite", **changes)
    anna = await sign_up(client, "anna")
    base = changes.get("base_path", "")
    response = await client.post(f"{base}/api/v1/invites", json={}, headers=anna.headers)
    assert (await response.json())["url"].startswith(address)


async def test_whoever_has_the_token_is_told_what_it_is_good_for(
    client: Client, anna: Person
) -> None:
    made = await invite(anna, email="ben@example.org", days=2)
    told = await (await client.get(f"/api/v1/invites/{made['token']}")).json()
    assert told == {
        "role": "user",
        "email": "ben@example.org",
        "expires_at": made["expires_at"],
    }
    for wrong in ("x", made["token"][:-1], str(made["id"]), "%00"):
        response = await client.get(f"/api/v1/invites/{wrong}")
        assert response.status in (400, 404), wrong


async def test_an_invitation_for_an_address_is_for_that_alone(client: Client, anna: Person) -> None:
    token = (await invite(anna, email="ben@example.org"))["token"]
    inside = await problem(await register(client, token, email="eve@x.org"), 400, "invalid")
    assert "ben@example.org" in inside["details"]["fields"]["email"]
    response = await register(client, token)
    assert (await response.json())["user"]["email"] == "ben@example.org"
    taken = await anna.call("POST", "/invites", {"email": "BEN@example.org"})
    await problem(taken, 409, "conflict")


async def test_an_invitation_ends_by_itself_and_by_hand(client: Client, anna: Person) -> None:
    old = await invite(anna)
    await expire(client)
    revoked = await invite(anna)
    assert (await anna.call("DELETE", f"/invites/{revoked['id']}")).status == 204
    for made in (old, revoked):
        await problem(await register(client, made["token"]), 403, "invite")
    for bad in (str(revoked["id"]), "99", "x", old["token"], "9" * 40):
        await problem(await anna.call("DELETE", f"/invites/{bad}"), 404, "not_found")
    states = [row["state"] for row in (await anna.get("/invites?state=expired"))["items"]]
    assert states == ["expired"]
    assert (await anna.get("/invites?state=open"))["total"] == 0


async def test_it_is_good_for_a_week_unless_said_otherwise(client: Client, anna: Person) -> None:
    db = services_of(client).db
    for body, days in (({}, 7), ({"days": 90}, 90)):
        made = await invite(anna, **body)
        life = await db.value(
            "SELECT julianday(expires_at) - julianday(created_at) FROM invites WHERE id = ?",
            made["id"],
        )
        assert round(life, 3) == days
    for days in (0, 91, -1):
        await problem(await anna.call("POST", "/invites", {"days": days}), 400, "invalid")


async def test_a_mistake_does_not_use_it_up(client: Client, anna: Person) -> None:
    token = (await invite(anna))["token"]
    assert (await register(client, token, "ANNA")).status == 409
    assert (await register(client, token, "ben", password="short")).status == 400
    assert (await register(client, token, "ben")).status == 201


async def test_nobody_takes_a_role_that_was_not_given(client: Client, anna: Person) -> None:
    token = (await invite(anna))["token"]
    response = await register(client, token, role="administrator")
    await problem(response, 400, "invalid")


async def test_without_an_invitation_there_is_no_account(client: Client, anna: Person) -> None:
    for token in ("", "x", "invented " * 4):
        response = await register(client, token)
        await problem(response, 403, "invite" if token else "registration")
    assert await users.count_users(services_of(client).db) == 1


async def test_where_registration_is_closed_nothing_opens_it(make_client: MakeClient) -> None:
    client = await make_client(registration="invite")
    anna = await sign_up(client, "anna")
    token = (await invite(anna))["token"]
    services_of(client).auth.registration = "closed"
    await problem(await anna.call("POST", "/invites", {}), 409, "registration_closed")
    await problem(await register(client, token), 403, "invite")
    await problem(await client.get(f"/api/v1/invites/{token}"), 404, "not_found")


async def test_where_registration_is_open_an_invitation_gives_its_role(
    make_client: MakeClient,
) -> None:
    client = await make_client(registration="open")
    anna = await sign_up(client, "anna")
    token = (await invite(anna, role="administrator"))["token"]
    response = await register(client, token)
    assert (await response.json())["user"]["role"] == "administrator"
    assert (await (await register(client, "", "carl")).json())["user"]["role"] == "user"
    await problem(await register(client, token, "eve"), 403, "invite")
