"""Signing in at the Trakt stand-in: codes that are typed, redirects, tokens used once."""

from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from pytest_aiohttp import AiohttpClient
from yarl import URL

from collectarr.demo.trakt import DEMO_CLIENT, TraktStandIn
from collectarr.demo.trakt.tokens import challenge_of

Client = TestClient[Any, Any]
CLIENT = {"client_id": DEMO_CLIENT}
BACK = "https://example.org/back"
ASKED = {
    "response_type": "code",
    "client_id": DEMO_CLIENT,
    "redirect_uri": BACK,
    "state": "s",
    "code_challenge": challenge_of("verifier"),
    "code_challenge_method": "S256",
}


@pytest.fixture
def stand_in() -> TraktStandIn:
    made = TraktStandIn(client_secret="demo-client-secret", interval=0)
    made.add_user("ann")
    made.add_user("ben")
    return made


@pytest.fixture
async def client(aiohttp_client: AiohttpClient, stand_in: TraktStandIn) -> Client:
    return await aiohttp_client(stand_in.app)


async def post(client: Client, path: str, **body: Any) -> tuple[int, Any]:
    async with client.post(path, json={**CLIENT, **body}) as response:
        text = await response.text()
        return response.status, await response.json() if text else None


async def new_code(client: Client) -> dict[str, Any]:
    status, code = await post(client, "/oauth/device/code")
    assert status == 200
    assert set(code) == {"device_code", "user_code", "verification_url", "expires_in", "interval"}
    return dict(code)


async def poll(client: Client, code: dict[str, Any]) -> tuple[int, Any]:
    return await post(client, "/oauth/device/token", code=code["device_code"])


async def decide(client: Client, code: dict[str, Any], decision: str) -> int:
    order = {"user_code": code["user_code"], "decision": decision, "user": "ben"}
    async with client.post("/_control/device", json=order) as response:
        return response.status


async def test_a_device_waits_is_approved_and_gets_tokens_once(
    client: Client, stand_in: TraktStandIn
) -> None:
    code = await new_code(client)
    assert await poll(client, code) == (400, None)
    assert await decide(client, code, "approve") == 200
    status, tokens = await poll(client, code)
    assert status == 200
    assert set(tokens) == {
        *("access_token", "token_type", "expires_in", "refresh_token", "scope", "created_at")
    }
    assert stand_in.sessions.user_of(tokens["access_token"]) == "ben"
    assert await poll(client, code) == (409, None)


async def test_a_device_is_denied_too_late_unknown_or_too_fast(
    client: Client, stand_in: TraktStandIn
) -> None:
    code = await new_code(client)
    assert await decide(client, code, "deny") == 200
    assert await poll(client, code) == (418, None)
    assert await poll(client, {"device_code": "x"}) == (404, None)
    stand_in.sessions.interval = 5
    hasty = await new_code(client)
    assert [(await poll(client, hasty))[0] for _ in range(2)] == [400, 429]
    stand_in.sessions.expires_in = 0
    assert await poll(client, await new_code(client)) == (410, None)


@pytest.mark.parametrize(
    "order", [{}, {"decision": "perhaps"}, {"user": "nobody"}, {"user_code": "00000000"}]
)
async def test_an_order_that_makes_no_sense_decides_nothing(
    client: Client, order: dict[str, str]
) -> None:
    code = await new_code(client)
    whole = {"user_code": code["user_code"], "user": "ann", **order}
    async with client.post("/_control/device", json=whole) as response:
        assert response.status == 400
    assert (await poll(client, code))[0] == 400


async def test_a_person_types_the_code_on_a_page(client: Client, stand_in: TraktStandIn) -> None:
    code = await new_code(client)
    page = URL(code["verification_url"]).path
    async with client.get(page, params={"code": "<b>"}) as response:
        text = await response.text()
    assert "&lt;b&gt;" in text
    assert "<option>ann</option>" in text
    form = {"user_code": "wrong", "user": "ann", "decision": "approve"}
    async with client.post(page, data=form) as response:
        assert (response.status, 'role="alert"' in await response.text()) == (400, True)
    async with client.post(page, data={**form, "user_code": code["user_code"].lower()}) as response:
        assert response.status == 200
    status, tokens = await poll(client, code)
    assert status == 200
    assert stand_in.sessions.user_of(tokens["access_token"]) == "ann"


async def allowed(client: Client, decision: str = "approve") -> URL:
    """Where the browser is sent once somebody decided."""
    async with client.get("/oauth/authorize", params=ASKED) as response:
        assert response.status == 200
        assert 'value="approve">Allow' in await response.text()
    form = {**ASKED, "user": "ann", "decision": decision}
    async with client.post("/oauth/authorize", data=form, allow_redirects=False) as response:
        assert response.status == 302
        return URL(response.headers["Location"])


async def test_a_redirect_brings_a_code_that_is_good_once_with_its_verifier(
    client: Client,
) -> None:
    async def exchange(code: str, **changes: str) -> tuple[int, Any]:
        body = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
        return await post(
            client, "/oauth/token", **{**body, "code_verifier": "verifier", **changes}
        )

    back = await allowed(client)
    assert (str(back.with_query(None)), back.query["state"]) == (BACK, "s")
    assert (await exchange(back.query["code"]))[0] == 200
    status, error = await exchange(back.query["code"])
    assert (status, error["error"]) == (400, "invalid_grant")
    for wrong in ({"code_verifier": "guess"}, {"redirect_uri": "https://example.com"}):
        code = (await allowed(client)).query["code"]
        assert (await exchange(code, **wrong))[0] == 400


async def test_who_denies_is_sent_back_with_an_error(client: Client) -> None:
    assert (await allowed(client, "deny")).query == {"error": "access_denied", "state": "s"}


@pytest.mark.parametrize("change", [{"client_id": "x"}, {"redirect_uri": ""}])
async def test_an_application_that_asks_wrongly_is_not_allowed(
    client: Client, change: dict[str, str]
) -> None:
    async with client.get("/oauth/authorize", params={**ASKED, **change}) as response:
        assert response.status == 400


async def test_a_refresh_token_is_good_for_one_use(client: Client, stand_in: TraktStandIn) -> None:
    old = stand_in.sign_in("ann")
    asks = {"grant_type": "refresh_token", "refresh_token": old["refresh_token"]}
    status, new = await post(client, "/oauth/token", **asks)
    assert status == 200
    assert stand_in.sessions.user_of(old["access_token"]) is None
    assert stand_in.sessions.user_of(new["access_token"]) == "ann"
    assert await post(client, "/oauth/token", **asks) == (
        400,
        {"error": "invalid_grant", "error_description": "session not found"},
    )


async def test_tokens_are_good_as_long_as_is_set(client: Client, stand_in: TraktStandIn) -> None:
    stand_in.sessions.lifetime = 0
    token = stand_in.sign_in("ann")["access_token"]
    assert stand_in.sessions.user_of(token) is None


async def test_what_was_revoked_or_forgotten_is_gone(
    client: Client, stand_in: TraktStandIn
) -> None:
    first, second = stand_in.sign_in("ann"), stand_in.sign_in("ann")
    assert await post(client, "/oauth/revoke", token=first["access_token"]) == (200, {})
    assert stand_in.sessions.user_of(first["access_token"]) is None
    assert stand_in.sessions.user_of(second["access_token"]) == "ann"
    stand_in.sessions.forget("ann")
    for tokens in (first, second):
        asks = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        assert (await post(client, "/oauth/token", **asks))[0] == 400


@pytest.mark.parametrize(
    ("body", "known"),
    [
        ({}, True),
        ({"client_secret": "demo-client-secret"}, True),
        ({"client_secret": "wrong"}, False),
        ({"client_id": "other"}, False),
    ],
)
async def test_the_secret_may_be_left_out_but_not_be_wrong(
    client: Client, body: dict[str, str], known: bool
) -> None:
    status, answer = await post(client, "/oauth/token", grant_type="refresh_token", **body)
    error = "invalid_grant" if known else "invalid_client"
    assert (status, answer["error"]) == (400 if known else 401, error)
