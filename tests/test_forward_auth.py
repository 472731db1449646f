"""A proxy that has signed people in: believed only where it is named, and only for who exists."""

import asyncio
from typing import Any

import pytest
from aiohttp import ClientResponse
from structlog.testing import capture_logs

from collectarr.arrivals import AGAIN_AFTER, Arrivals
from collectarr.auth import COOKIE
from collectarr.errors import InvalidError
from collectarr.settings import load_settings
from collectarr.store.audit import list_entries
from collectarr.store.users import list_users
from tests.conftest import MakeClient
from tests.people import PASSWORD, Client, problem, services_of, sign_up

HEADER = "Remote-User"
ME = "/api/v1/auth/me"


async def behind(make_client: MakeClient, proxies: str = "127.0.0.1", **more: Any) -> Client:
    client = await make_client(forward_auth_header=HEADER, trusted_proxies=proxies, **more)
    await sign_up(client, "anna")
    await services_of(client).auth.add_user("ben", "ben@example.org", PASSWORD, "user")
    return client


@pytest.fixture
async def client(make_client: MakeClient) -> Client:
    return await behind(make_client)


async def see(client: Client, name: str, path: str = ME, **headers: str) -> ClientResponse:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return await client.get(path, headers={HEADER: name, **named}, allow_redirects=False)


async def csrf_of(client: Client, name: str) -> str:
    page = await (await see(client, name, "/settings/account")).text()
    return page.partition('name="csrf" value="')[2].partition('"')[0]


async def test_whom_the_proxy_names_is_signed_in(client: Client) -> None:
    for name in ("anna", "ben"):
        response = await see(client, name)
        assert (await response.json())["username"] == name
        page = await see(client, name.upper(), "/")
        assert (page.status, f"Account of {name}" in await page.text()) == (200, True)


async def test_everybody_else_may_claim_what_they_like(make_client: MakeClient) -> None:
    client = await behind(make_client, proxies="10.0.0.0/8")
    await problem(await see(client, "anna"), 401, "sign_in")
    # The proxy would have been asked on the way; that it is named there proves nothing.
    await problem(await see(client, "anna", X_Forwarded_For="10.0.0.1"), 401, "sign_in")
    assert (await see(client, "anna", "/")).status == 303


async def test_a_proxy_that_passes_a_client_on_is_still_the_one_that_speaks(
    client: Client,
) -> None:
    assert (await see(client, "ben", X_Forwarded_For="203.0.113.7")).status == 200


async def test_without_the_setting_the_header_means_nothing(make_client: MakeClient) -> None:
    client = await make_client(trusted_proxies="127.0.0.1")
    await sign_up(client, "anna")
    await problem(await see(client, "anna"), 401, "sign_in")


async def test_without_a_proxy_the_setting_is_not_used_and_that_is_said(
    make_client: MakeClient,
) -> None:
    with capture_logs() as logged:
        client = await make_client(forward_auth_header=HEADER)
    assert any("TRUSTED_PROXIES" in str(line.get("event")) for line in logged)
    await sign_up(client, "anna")
    await problem(await see(client, "anna"), 401, "sign_in")


@pytest.mark.parametrize(
    "name", ["", " ", "nobody", "ben@example.org", "anna,ben", "anna\u202e", "x" * 5000, "1"]
)
async def test_nobody_is_made_and_no_address_is_a_name(client: Client, name: str) -> None:
    response = await client.get(ME, headers={HEADER: name.encode().decode("latin-1")})
    await problem(response, 401, "sign_in")
    users = await list_users(services_of(client).db)
    assert [(user.username, user.role) for user in users] == [
        ("anna", "administrator"),
        ("ben", "user"),
    ]


async def test_two_names_are_none(client: Client) -> None:
    response = await client.get(ME, headers=[(HEADER, "anna"), (HEADER, "ben")])
    await problem(response, 401, "sign_in")


async def test_before_set_up_it_makes_no_administrator(make_client: MakeClient) -> None:
    client = await make_client(forward_auth_header=HEADER, trusted_proxies="127.0.0.1")
    await problem(await see(client, "anna"), 401, "sign_in")
    assert (await see(client, "anna", "/")).headers["Location"] == "/setup"
    assert await list_users(services_of(client).db) == []


async def test_a_role_stays_what_it_was(client: Client) -> None:
    for name, role in (("anna", "administrator"), ("ben", "user")):
        headers = {"Remote_Role": "administrator", "Remote_Groups": "admin,administrators"}
        assert (await (await see(client, name, **headers)).json())["role"] == role


async def test_another_site_acts_in_nobodys_name(client: Client) -> None:
    token = await csrf_of(client, "ben")
    path, headers = "/settings/account/theme", {HEADER: "ben"}
    refused: list[tuple[dict[str, str], dict[str, str]]] = [
        ({"theme": "light"}, {}),
        ({"theme": "light", "csrf": "guess"}, {}),
        ({"theme": "light", "csrf": await csrf_of(client, "anna")}, {}),
        ({"theme": "light", "csrf": token}, {"Sec-Fetch-Site": "cross-site"}),
        ({"theme": "light", "csrf": token}, {"Origin": "https://evil.example"}),
    ]
    for fields, more in refused:
        response = await client.post(path, data=fields, headers={**headers, **more})
        assert response.status == 403, (fields, more)
    await problem(await client.post("/api/v1/sync", json={}, headers=headers), 403, "csrf")
    fields = {"theme": "light", "csrf": token}
    response = await client.post(path, data=fields, headers=headers, allow_redirects=False)
    assert response.status == 303
    theirs = {**headers, "X-CSRF-Token": token}
    response = await client.post("/api/v1/sync", json={}, headers=theirs)
    await problem(response, 409, "nothing_to_do")


async def test_many_requests_at_once_make_one_session_and_no_cookie(client: Client) -> None:
    responses = await asyncio.gather(*(see(client, "ben") for _ in range(8)))
    assert [response.status for response in responses] == [200] * 8
    assert all("Set-Cookie" not in response.headers for response in responses)
    sql = "SELECT count(*) FROM sessions WHERE kind = 'browser'"
    assert await services_of(client).db.value(sql) == 1


async def sign_ins(client: Client) -> list[tuple[str | None, str | None, Any]]:
    """Who was signed in by the proxy, from where, the first of them first."""
    rows, _ = await list_entries(services_of(client).db, action="sign_in")
    return [
        (row.actor, row.client, row.details)
        for row in reversed(rows)
        if row.details["how"] == "proxy"
    ]


async def test_who_comes_is_written_down_once_for_each_place(client: Client) -> None:
    await asyncio.gather(*(see(client, "ben") for _ in range(8)))
    for place in ("203.0.113.7", "203.0.113.7", "2001:db8::1", "2001:db8::2"):
        await see(client, "ben", X_Forwarded_For=place)
    await see(client, "anna")
    await see(client, "nobody")
    assert await sign_ins(client) == [
        ("ben", "127.0.0.1", {"how": "proxy"}),
        ("ben", "203.0.113.7", {"how": "proxy"}),
        ("ben", "2001:db8::1", {"how": "proxy"}),
        ("anna", "127.0.0.1", {"how": "proxy"}),
    ]


def test_whoever_comes_back_after_an_hour_comes_anew() -> None:
    now = [0.0]
    arrivals = Arrivals(lambda: now[0])
    assert arrivals.is_new(1, "a")
    now[0] = AGAIN_AFTER - 1
    assert not arrivals.is_new(1, "a")
    assert arrivals.is_new(1, "b")
    assert arrivals.is_new(2, "a")
    now[0] = AGAIN_AFTER
    assert arrivals.is_new(1, "a"), "counted from when they came, not from the last request"
    assert not arrivals.is_new(1, "a")


def test_only_so_many_arrivals_are_remembered() -> None:
    arrivals = Arrivals(lambda: 0.0, most=3)
    assert all(arrivals.is_new(user, "a") for user in range(4))
    assert [arrivals.is_new(user, "a") for user in (3, 2, 1)] == [False] * 3
    assert arrivals.is_new(0, "a")


async def test_its_session_opens_nothing_without_the_proxy(client: Client) -> None:
    assert (await see(client, "ben")).status == 200
    sql = "SELECT id FROM sessions WHERE kind = 'browser'"
    for guess in (await services_of(client).db.value(sql), "proxy 2"):
        await problem(await client.get(ME, headers={"Cookie": f"{COOKIE}={guess}"}), 401, "sign_in")
    await problem(await client.get(ME), 401, "sign_in")


async def test_the_proxy_counts_before_a_cookie_and_after_a_key(
    client: Client,
) -> None:
    await client.post("/login", data={"username": "anna", "password": PASSWORD})
    assert (await (await client.get(ME)).json())["username"] == "anna"
    assert (await (await see(client, "ben")).json())["username"] == "ben"
    # Somebody whom only the proxy knows may still sign in with a password.
    assert (await (await see(client, "stranger")).json())["username"] == "anna"
    wrong = await see(client, "anna", X_Api_Key="wrong")
    await problem(wrong, 401, "sign_in")
    wrong = await see(client, "anna", Authorization="Bearer wrong")
    await problem(wrong, 401, "sign_in")


async def test_ending_the_session_ends_its_streams_and_the_next_request_begins_anew(
    client: Client,
) -> None:
    stream = await see(client, "ben", "/api/v1/events")
    token = await csrf_of(client, "ben")
    headers = {HEADER: "ben", "X-CSRF-Token": token}
    response = await client.post("/api/v1/auth/logout", headers=headers)
    assert response.status == 204
    await asyncio.wait_for(stream.content.read(), 5)
    assert await csrf_of(client, "ben") not in ("", token)


async def test_another_site_that_may_use_the_api_is_nobody_here(make_client: MakeClient) -> None:
    client = await behind(make_client, cors_origins="https://dash.example.org")
    response = await see(client, "ben", Origin="https://dash.example.org")
    await problem(response, 401, "sign_in")


@pytest.mark.parametrize("name", ["Remote User", "a:b", "a\r\nb", "ü"])
def test_a_header_that_cannot_be_one_stops_the_start(name: str) -> None:
    with pytest.raises(InvalidError, match="FORWARD_AUTH_HEADER"):
        load_settings(forward_auth_header=name)
