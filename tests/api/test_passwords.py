"""What a new password does to API keys: one's own leaves them, unless asked; a reset never."""

import asyncio
from typing import Any

import pytest

from collectarr.store import api_keys
from tests.people import PASSWORD, Client, Person, problem, services_of

NEXT = "another good one"
ME = "/api/v1/auth/me"


async def keys_of(who: Person, *names: str) -> list[str]:
    bodies = [{"name": name, "scope": "read"} for name in names]
    return [(await who.post("/api-keys", body, status=201))["key"] for body in bodies]


async def opens(client: Client, key: str) -> bool:
    response = await client.get(ME, headers={"X-Api-Key": key})
    assert response.status in (200, 401)
    return response.status == 200


async def trail(anna: Person) -> list[tuple[str, str, Any]]:
    """What was done, to whom and how many, since the first sign-ins; the first of it first."""
    rows = (await anna.get("/audit"))["items"][::-1]
    return [
        (row["action"], row["subject"], row["details"].get("count"))
        for row in rows
        if row["action"] not in ("sign_in", "api_key_created")
    ]


@pytest.mark.parametrize("wish", [{}, {"revoke_api_keys": False}])
async def test_scripts_go_on_after_a_new_password(
    client: Client, anna: Person, ben: Person, wish: dict[str, Any]
) -> None:
    (key,) = await keys_of(ben, "script")
    body = {"current": PASSWORD, "password": NEXT, **wish}
    assert (await ben.call("POST", "/auth/password", body)).status == 204
    assert await opens(client, key)
    assert await trail(anna) == [("password_changed", "", None)]


async def test_ones_keys_go_with_the_password_where_one_asks_for_it(
    client: Client, anna: Person, ben: Person
) -> None:
    hers = await keys_of(anna, "anna's")
    his = await keys_of(ben, "one", "two")
    wish = {"current": PASSWORD, "password": NEXT, "revoke_api_keys": True}
    wrong = await ben.call("POST", "/auth/password", {**wish, "current": "not the one"})
    await problem(wrong, 400, "wrong_password")
    assert await opens(client, his[0]), "nothing is done by half"
    assert (await ben.call("POST", "/auth/password", wish)).status == 204
    assert [await opens(client, key) for key in (*hers, *his)] == [True, False, False]
    assert await trail(anna) == [
        ("password_refused", "", None),
        ("password_changed", "", None),
        ("api_key_revoked", "ben", 2),
    ]


async def test_a_reset_always_revokes_and_says_how_many(
    client: Client, anna: Person, ben: Person
) -> None:
    hers = await keys_of(anna, "anna's")
    his = await keys_of(ben, "one", "two")
    stream = await client.get("/api/v1/events", headers={"X-Api-Key": his[0]})
    path = f"/users/{ben.id}"
    named = await (await anna.call("PATCH", path, {"email": "ben@example.org"})).json()
    assert (named["revoked_api_keys"], await opens(client, his[0])) == (0, True)
    reset = await (await anna.call("PATCH", path, {"password": NEXT})).json()
    assert (reset["username"], reset["revoked_api_keys"]) == ("ben", 2)
    assert [await opens(client, key) for key in (*hers, *his)] == [True, False, False]
    await asyncio.wait_for(stream.content.read(), 5)
    assert await api_keys.list_keys(services_of(client).db, ben.id) == []
    assert (await trail(anna))[-2:] == [
        ("password_reset", "ben", None),
        ("api_key_revoked", "ben", 2),
    ]


async def test_a_reset_that_is_refused_leaves_the_keys(
    client: Client, anna: Person, ben: Person
) -> None:
    (key,) = await keys_of(ben, "one")
    response = await anna.call("PATCH", f"/users/{ben.id}", {"password": "short"})
    await problem(response, 400, "invalid")
    assert await opens(client, key)
