"""Cookies and CSRF: a browser that is signed in, at the real app."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import Morsel

import pytest
from aiohttp import ClientResponse, web
from yarl import URL

from collectarr.access import IDENTITY, admin, public
from collectarr.auth import COOKIE
from collectarr.models import utc_now
from collectarr.services import SERVICES
from collectarr.store.db import stamp
from tests.conftest import MakeClient
from tests.people import PASSWORD, Client, problem, services_of, sign_up


@public
async def _sign_in(request: web.Request) -> web.Response:
    form = await request.post()
    auth = request.app[SERVICES].auth
    client = auth.client_of(request)
    proven = await auth.check_password(str(form["username"]), str(form["password"]), client)
    response = web.Response(text="welcome")
    await auth.start_browser(request, response, proven.user, proven.password_hash)
    return response


async def _change(request: web.Request) -> web.Response:
    return web.Response(text=f"changed by {request[IDENTITY].user.username}")


@admin
async def _manage(request: web.Request) -> web.Response:
    return web.Response(text="managed")


ROUTES = (
    web.post("/sign-in", _sign_in),
    web.post("/change", _change),
    web.get("/change", _change),
    web.get("/manage", _manage),
)


@dataclass
class Browser:
    """A browser that Anna is signed in with."""

    client: Client
    cookie: Morsel[str]
    csrf: str

    async def post(self, fields: dict[str, str] | None = None, **headers: str) -> ClientResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {"csrf": self.csrf} if fields is None else fields
        return await self.client.post("/change", data=given, headers=named)

    async def streams(self) -> ClientResponse:
        return await self.client.get("/api/v1/events")


@pytest.fixture
async def client(make_client: MakeClient) -> Client:
    client = await make_client(*ROUTES)
    await sign_up(client, "anna")
    return client


async def _enter(client: Client, **headers: str) -> ClientResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = {"username": "anna", "password": PASSWORD}
    return await client.post("/sign-in", data=fields, headers=named)


@pytest.fixture
async def browser(client: Client) -> Browser:
    response = await _enter(client)
    assert response.status == 200, await response.text()
    found = await services_of(client).db.value("SELECT csrf FROM sessions WHERE kind = 'browser'")
    return Browser(client, response.cookies[COOKIE], found)


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(browser: Browser) -> None:
    cookie = browser.cookie
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["secure"]
    assert int(cookie["max-age"]) == 30 * 24 * 3600


async def test_over_https_the_cookie_is_secure(client: Client) -> None:
    response = await _enter(client, X_Forwarded_Proto="https")
    assert response.cookies[COOKIE]["secure"]


async def test_the_cookie_belongs_to_the_base_path(make_client: MakeClient) -> None:
    client = await make_client(*ROUTES, base_path="/collectarr")
    await sign_up(client, "anna")
    assert (await _enter(client)).cookies[COOKIE]["path"] == "/collectarr"


async def test_a_browser_may_read_and_with_its_token_write(browser: Browser) -> None:
    assert await (await browser.client.get("/change")).text() == "changed by anna"
    assert await (await browser.post()).text() == "changed by anna"
    response = await browser.post({}, X_CSRF_Token=browser.csrf)
    assert await response.text() == "changed by anna"


@pytest.mark.parametrize("token", ["", "guess", "ü"])
async def test_without_the_right_token_nothing_is_written(browser: Browser, token: str) -> None:
    assert (await browser.post({"csrf": token})).status == 403
    assert (await browser.post({})).status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_site_is_refused_even_with_the_token(browser: Browser, site: str) -> None:
    assert (await browser.post(Sec_Fetch_Site=site)).status == 403


@pytest.mark.parametrize("site", ["same-origin", "none"])
async def test_our_own_pages_are_not_refused(browser: Browser, site: str) -> None:
    assert (await browser.post(Sec_Fetch_Site=site)).status == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://[", "https://127.0.0.1"])
async def test_without_fetch_metadata_the_origin_must_be_ours(
    browser: Browser, origin: str
) -> None:
    assert (await browser.post(Origin=origin)).status == 403


async def test_our_own_origin_will_do(browser: Browser) -> None:
    own = str(browser.client.make_url("/").origin())
    assert (await browser.post(Origin=own)).status == 200


async def test_the_public_address_counts_as_ours(make_client: MakeClient) -> None:
    client = await make_client(*ROUTES, public_url="https://lists.example.org")
    await sign_up(client, "anna")
    assert (await _enter(client, Origin="https://lists.example.org")).status == 200
    assert (await _enter(client, Origin="https://other.example.org")).status == 403


async def test_nobody_is_signed_in_by_a_form_on_another_site(client: Client) -> None:
    response = await _enter(client, Sec_Fetch_Site="cross-site")
    assert response.status == 403
    assert COOKIE not in response.cookies


async def test_the_api_wants_the_token_of_a_browser_too(browser: Browser) -> None:
    client = browser.client
    await problem(await client.post("/api/v1/sync", json={}), 403, "csrf")
    response = await client.post("/api/v1/sync", json={}, headers={"X-CSRF-Token": browser.csrf})
    await problem(response, 409, "nothing_to_do")


async def test_bytes_that_are_no_form_are_a_plain_refusal(browser: Browser) -> None:
    for kind in (
        "application/x-www-form-urlencoded; charset=nope",
        "application/x-www-form-urlencoded",
    ):
        response = await browser.client.post(
            "/change", data=b"csrf=\xff\xfe", headers={"Content-Type": kind}
        )
        assert response.status in (400, 403)


async def test_a_session_slides_but_at_most_once_an_hour(browser: Browser) -> None:
    client = browser.client
    assert COOKIE not in (await client.get("/change")).cookies
    db = services_of(client).db
    async with db.write() as tx:
        earlier = utc_now() - timedelta(hours=2)
        await tx.run(
            "UPDATE sessions SET seen_at = ?, expires_at = ?",
            *(stamp(earlier), stamp(utc_now() + timedelta(days=1))),
        )
    renewed = (await client.get("/change")).cookies[COOKIE]
    assert renewed["httponly"]
    assert renewed["path"] == "/"
    assert await db.value("SELECT expires_at FROM sessions WHERE kind = 'browser'") > stamp(
        utc_now() + timedelta(days=29)
    )
    assert COOKIE not in (await client.get("/change")).cookies
    assert (await client.get("/change")).status == 200


async def test_an_expired_session_is_nobodys(browser: Browser) -> None:
    async with services_of(browser.client).db.write() as tx:
        await tx.run("UPDATE sessions SET expires_at = ?", stamp(utc_now()))
    response = await browser.client.get("/api/v1/auth/me")
    await problem(response, 401, "sign_in")


async def test_signing_out_ends_the_session_its_stream_and_the_cookie(browser: Browser) -> None:
    client = browser.client
    stream = await browser.streams()
    headers = {"X-CSRF-Token": browser.csrf}
    response = await client.post("/api/v1/auth/logout", headers=headers)
    assert response.status == 204
    assert response.cookies[COOKIE]["max-age"] == "0"
    await asyncio.wait_for(stream.content.read(), 5)
    stolen = {"Cookie": f"{COOKIE}={browser.cookie.value}"}
    await problem(await client.get("/api/v1/auth/me", headers=stolen), 401, "sign_in")


async def test_credentials_in_a_header_count_alone(browser: Browser) -> None:
    headers = {"Authorization": "Bearer wrong"}
    await problem(await browser.client.get("/api/v1/auth/me", headers=headers), 401, "sign_in")
    headers = {"Authorization": "Basic Zm9vOmJhcg=="}
    assert (await browser.client.get("/api/v1/auth/me", headers=headers)).status == 200


async def test_a_page_for_administrators_is_not_for_others(client: Client) -> None:
    ben = await sign_up(client, "ben", "user")
    assert (await client.get("/manage", headers=ben.headers)).status == 403


async def test_a_bearer_token_opens_pages(client: Client) -> None:
    ben = await sign_up(client, "ben", "user")
    response = await client.get("/change", headers=ben.headers)
    assert await response.text() == "changed by ben"


async def test_a_stranger_is_sent_to_sign_in_and_back(client: Client) -> None:
    response = await client.get("/change?x=1&y=/z", allow_redirects=False)
    assert response.status == 303
    location = URL(response.headers["Location"])
    assert (location.path, location.query["next"]) == ("/login", "/change?x=1&y=/z")
    response = await client.post("/change", allow_redirects=False)
    assert response.headers["Location"] == "/login"
