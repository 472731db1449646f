"""Accounts at sources over the API: by key, by a code, and through the browser."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conftest import MakeClient
from tests.people import problem, services_of, sign_up
from tests.town import MDBLIST_KEY, Town, town_of

BACK = "http://127.0.0.1/api/v1/sources/trakt/callback"


@pytest.fixture
async def town(make_client: MakeClient) -> AsyncIterator[Town]:
    async with town_of(make_client, trakt_redirect_uri=BACK) as town:
        yield town


async def connecting(town: Town, decision: str = "approve") -> Any:
    """How a sign-in by code ended."""
    begun = await town.anna.post("/sources/trakt/connect", status=202)
    device = town.trakt.sessions.find(begun["user_code"])
    assert device is not None
    device.decision, device.user = decision, "demo"
    async with asyncio.timeout(20):
        await services_of(town.client).sign_ins.wait(begun["id"])
    return await town.anna.get(f"/sources/trakt/connect/{begun['id']}")


async def test_a_code_comes_with_where_to_type_it(town: Town) -> None:
    begun = await town.anna.post("/sources/trakt/connect", status=202)
    assert set(begun) == {"id", "user_code", "verification_url", "expires_in", "interval"}
    assert begun["verification_url"].endswith("/activate")
    shown = await town.anna.get(f"/sources/trakt/connect/{begun['id']}")
    assert (shown["state"], shown["message"], shown["username"]) == ("pending", None, None)


async def test_a_code_that_was_typed_connects(town: Town) -> None:
    ended = await connecting(town)
    assert (ended["state"], ended["username"]) == ("connected", "Demo")
    state = await town.anna.get("/sources/trakt/account")
    assert (state["connected"], state["by"], state["reconnect"]) == (True, "user", False)
    assert (state["username"], state["plan"]) == ("Demo", "Free")
    assert state["expires_at"]
    assert not any(token in str(state) for token in town.trakt.sessions.access)


async def test_a_code_that_was_refused_says_so(town: Town) -> None:
    ended = await connecting(town, "deny")
    assert (ended["state"], ended["username"]) == ("denied", None)
    assert ended["message"].endswith(".")
    assert not (await town.anna.get("/sources/trakt/account"))["connected"]


async def test_a_sign_in_is_known_at_its_own_source_to_its_own_user(town: Town) -> None:
    begun = await town.anna.post("/sources/trakt/connect", status=202)
    path = f"connect/{begun['id']}"
    await problem(await town.anna.call("GET", f"/sources/mdblist/{path}"), 404, "not_found")
    ben = await sign_up(town.client, "ben", "user")
    await problem(await ben.call("GET", f"/sources/trakt/{path}"), 404, "not_found")


async def test_a_browser_can_be_sent_and_comes_back(town: Town) -> None:
    url = (await town.anna.post("/sources/trakt/authorize"))["url"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert (asked["redirect_uri"], asked["code_challenge_method"]) == (BACK, "S256")
    code = town.trakt.sessions.grant("demo", BACK, asked["code_challenge"])
    path = f"/sources/trakt/callback?code={code}&state={asked['state']}"
    response = await town.anna.call("GET", path, allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (303, "/settings/sources?back=trakt")
    assert (await town.anna.get("/sources/trakt/account"))["username"] == "Demo"
    await problem(await town.anna.call("GET", path), 409, "state")


async def test_nobody_comes_back_for_another(town: Town) -> None:
    ben = await sign_up(town.client, "ben", "user")
    url = (await town.anna.post("/sources/trakt/authorize"))["url"]
    state = parse_qs(urlsplit(url).query)["state"][0]
    path = f"/sources/trakt/callback?code=abc&state={state}"
    await problem(await ben.call("GET", path), 409, "state")
    await problem(await town.anna.call("GET", "/sources/trakt/callback?error=x"), 422, "rejected")


async def test_each_way_to_connect_is_refused_where_there_is_none(town: Town) -> None:
    anna = town.anna
    await problem(await anna.call("POST", "/sources/mdblist/connect", {}), 400, "sign_in")
    await problem(await anna.call("POST", "/sources/mdblist/authorize", {}), 400, "not_set_up")
    body = {"key": MDBLIST_KEY}
    response = await anna.call("PUT", "/sources/trakt/account", body)
    await problem(response, 400, "unknown_source")
    for path in ("account", "connect/1", "callback"):
        await problem(await anna.call("GET", f"/sources/nowhere/{path}"), 404, "not_found")


async def test_what_is_not_set_up_says_what_is_needed(make_client: MakeClient) -> None:
    async with town_of(make_client, trakt_client_id=None) as town:
        state = await town.anna.get("/sources/trakt/account")
        assert "TRAKT_CLIENT_ID" in state["needs"]
        response = await town.anna.call("POST", "/sources/trakt/connect", {})
        await problem(response, 422, "not_set_up")


async def test_an_account_that_is_lost_says_so(town: Town) -> None:
    await connecting(town)
    town.trakt.sessions.forget("demo")
    town.trakt.sessions.access.clear()
    response = await town.anna.call("GET", "/sources/trakt/lists")
    await problem(response, 422, "reconnect")
    state = await town.anna.get("/sources/trakt/account")
    assert (state["connected"], state["reconnect"], bool(state["error"])) == (False, True, True)


async def test_disconnecting_forgets_here_and_there(town: Town) -> None:
    await connecting(town)
    response = await town.anna.call("DELETE", "/sources/trakt/account")
    assert response.status == 204
    assert town.trakt.sessions.access == {}
    assert not (await town.anna.get("/sources/trakt/account"))["connected"]


async def test_another_account_sees_nothing_of_the_one_before(town: Town) -> None:
    town.trakt.add_user("other", "Other")
    town.trakt.add_list("demo", "secret", "Secret", (), privacy="private")
    await connecting(town)
    assert (await town.anna.get("/sources/trakt/lists"))["total"] == 1
    begun = await town.anna.post("/sources/trakt/connect", status=202)
    device = town.trakt.sessions.find(begun["user_code"])
    assert device is not None
    device.decision, device.user = "approve", "other"
    await services_of(town.client).sign_ins.wait(begun["id"])
    assert (await town.anna.get("/sources/trakt/lists"))["total"] == 0
