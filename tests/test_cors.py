"""Pages of other sites: only those named, only the API, never with the cookie of this browser."""

import pytest
from aiohttp import ClientResponse

from collectarr.auth import COOKIE
from collectarr.cors import origins
from collectarr.errors import InvalidError
from tests.conftest import MakeClient
from tests.people import PASSWORD, Client, Person, problem, sign_up

DASH = "https://dash.example.org"
ME = "/api/v1/auth/me"


@pytest.fixture
async def client(make_client: MakeClient) -> Client:
    return await make_client(cors_origins=f"{DASH}, http://localhost:3000")


async def _from(
    client: Client, origin: str, path: str = ME, method: str = "GET", **headers: str
) -> ClientResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.request(
        method, path, headers={"Origin": origin, **named}, allow_redirects=False
    )


async def _preflight(client: Client, origin: str, path: str = ME) -> ClientResponse:
    asked = {"Access_Control_Request_Method": "DELETE", "Sec_Fetch_Site": "cross-site"}
    return await _from(client, origin, path, "OPTIONS", **asked)


def allowed(response: ClientResponse) -> str | None:
    return response.headers.get("Access-Control-Allow-Origin")


async def test_a_named_origin_is_let_in_and_may_read_what_it_needs(
    client: Client, anna: Person
) -> None:
    response = await _from(client, DASH, **anna.headers)
    assert (response.status, allowed(response)) == (200, DASH)
    assert "Origin" in response.headers["Vary"]
    assert "Retry-After" in response.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in response.headers


async def test_its_browser_may_ask_first(client: Client) -> None:
    response = await _preflight(client, DASH)
    assert (response.status, allowed(response)) == (204, DASH)
    assert "DELETE" in response.headers["Access-Control-Allow-Methods"]
    for header in ("Authorization", "X-Api-Key", "Content-Type", "Idempotency-Key"):
        assert header in response.headers["Access-Control-Allow-Headers"]
    assert int(response.headers["Access-Control-Max-Age"]) > 0
    assert "Origin" in response.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "*",
        "http://dash.example.org",
        "https://dash.example.org:8443",
        "https://dash.example.org.evil.example",
        "https://evil.example?https://dash.example.org",
        "https://sub.dash.example.org",
        "https://dash.example.org/",
    ],
)
async def test_no_other_origin_is_let_in(client: Client, anna: Person, origin: str) -> None:
    response = await _from(client, origin, **anna.headers)
    assert (response.status, allowed(response)) == (200, None)
    assert "Origin" in response.headers["Vary"]
    response = await _preflight(client, origin)
    assert (response.status, allowed(response)) == (405, None)


async def test_it_is_off_unless_somebody_is_named(make_client: MakeClient) -> None:
    client = await make_client()
    anna = await sign_up(client, "anna")
    response = await _from(client, DASH, **anna.headers)
    assert (response.status, allowed(response)) == (200, None)
    assert "Origin" not in response.headers.get("Vary", "")
    assert (await _preflight(client, DASH)).status == 405


@pytest.mark.parametrize("path", ["/", "/login", "/settings/account", "/static/base.css", "/ping"])
async def test_only_the_api_is_open(client: Client, anna: Person, path: str) -> None:
    response = await _from(client, DASH, path, **anna.headers)
    assert allowed(response) is None
    assert (await _preflight(client, DASH, path)).status == 405


@pytest.mark.parametrize(("path", "status"), [(ME, 401), ("/api/v1/nothing", 404)])
async def test_an_error_can_be_read_there_too(client: Client, path: str, status: int) -> None:
    response = await _from(client, DASH, path)
    assert (response.status, allowed(response)) == (status, DASH)


async def test_the_cookie_of_this_browser_counts_for_no_other_site(
    client: Client, anna: Person
) -> None:
    signed = await client.post(
        "/login", data={"username": "anna", "password": PASSWORD}, allow_redirects=False
    )
    assert COOKIE in signed.cookies
    assert (await client.get(ME)).status == 200
    await problem(await _from(client, DASH), 401, "sign_in")
    await problem(await _from(client, DASH, "/api/v1/sync", "POST"), 401, "sign_in")
    assert (await _from(client, "https://evil.example", "/api/v1/sync", "POST")).status == 403


async def test_a_named_site_signs_in_for_a_token_and_gets_no_cookie(
    client: Client, anna: Person
) -> None:
    response = await client.post(
        "/api/v1/auth/login",
        json={"username": "anna", "password": PASSWORD},
        headers={"Origin": DASH, "Sec-Fetch-Site": "cross-site"},
    )
    assert (response.status, allowed(response)) == (200, DASH)
    assert "Set-Cookie" not in response.headers
    response = await client.post(
        "/api/v1/auth/login",
        json={"username": "anna", "password": PASSWORD},
        headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    )
    await problem(response, 403, "csrf")


async def test_our_own_address_in_the_list_keeps_its_cookies(make_client: MakeClient) -> None:
    client = await make_client(
        cors_origins="https://lists.example.org", public_url="https://lists.example.org"
    )
    await sign_up(client, "anna")
    await client.post("/login", data={"username": "anna", "password": PASSWORD})
    assert (await _from(client, "https://lists.example.org")).status == 200


async def test_with_a_base_path_it_is_the_api_there(make_client: MakeClient) -> None:
    client = await make_client(cors_origins=DASH, base_path="/collectarr")
    response = await _from(client, DASH, f"/collectarr{ME}")
    assert (response.status, allowed(response)) == (401, DASH)
    assert allowed(await _from(client, DASH, ME)) is None


@pytest.mark.parametrize(
    "text",
    ["*", "https://*.example.org", "dash.example.org", "https://a.example/", "null", "ftp://a"],
)
def test_what_is_no_exact_origin_is_named(text: str) -> None:
    with pytest.raises(InvalidError, match="CORS_ORIGINS"):
        origins(f"{DASH}, {text}")


def test_origins_stand_between_commas_or_spaces() -> None:
    assert origins("") == frozenset()
    assert origins("HTTPS://A.example, http://[::1]:80  http://b") == {
        "https://a.example",
        "http://[::1]:80",
        "http://b",
    }
