"""Signing in at Trakt: by a code on another screen, by a redirect, and staying signed in."""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from yarl import URL

from collectarr.demo.faults import Fault
from collectarr.demo.trakt import DEMO_CLIENT, TraktStandIn
from collectarr.errors import RejectedError, UnavailableError, UnexpectedAnswerError, UpstreamError
from collectarr.models import Title
from collectarr.settings import load_settings
from collectarr.sources import RECONNECT, Credential, DeviceCode, SignsIn, Tokens
from collectarr.sources.trakt import Trakt, connect

Films = Callable[..., list[Title]]
BACK = "https://collectarr.example/api/v1/sources/trakt/callback"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:-1]
ISSUED = datetime(2026, 11, 20, tzinfo=UTC)
OLD = Tokens("old-access", "old-refresh", ISSUED, ISSUED)
PAIR = {"access_token": "a", "refresh_token": "r", "expires_in": 86400}


async def decide(session: aiohttp.ClientSession, url: str, code: DeviceCode, what: str) -> int:
    order = {"user_code": code.user_code, "decision": what, "user": "ann"}
    async with session.post(f"{url}/_control/device", json=order) as response:
        return response.status


async def test_a_code_typed_on_another_screen_signs_in(
    trakt: Trakt, session: aiohttp.ClientSession, url: str
) -> None:
    code = await trakt.device_code()
    assert (len(code.user_code), code.expires_in) == (8, 600)
    assert code.verification_url == f"{url}/activate"
    assert await trakt.device_tokens(code) is None
    assert await decide(session, url, code, "approve") == 200
    tokens = await trakt.device_tokens(code)
    assert tokens is not None
    assert tokens.expires_at - tokens.issued_at == timedelta(days=7)
    assert (await trakt.account(Credential(tokens.access))).username == "Ann"
    assert isinstance(trakt, SignsIn)


async def test_a_code_that_was_denied_used_or_is_over_says_so(
    trakt: Trakt, stand_in: TraktStandIn, session: aiohttp.ClientSession, url: str
) -> None:
    denied = await trakt.device_code()
    await decide(session, url, denied, "deny")
    with pytest.raises(RejectedError) as caught:
        await trakt.device_tokens(denied)
    assert caught.value.code == "denied"
    used = await trakt.device_code()
    await decide(session, url, used, "approve")
    assert await trakt.device_tokens(used)
    stand_in.sessions.expires_in = 0
    late = await trakt.device_code()
    unknown = DeviceCode("unknown", "X", "https://x", 600, 5)
    for code in (used, late, unknown):
        with pytest.raises(RejectedError) as caught:
            await trakt.device_tokens(code)
        assert caught.value.code == "expired"


async def test_who_asks_too_often_is_told_to_slow_down(
    trakt: Trakt, stand_in: TraktStandIn
) -> None:
    stand_in.sessions.interval = 5
    code = await trakt.device_code()
    assert await trakt.device_tokens(code) is None
    with pytest.raises(UnavailableError) as caught:
        await trakt.device_tokens(code)
    assert (caught.value.code, caught.value.retry_after) == ("rate", 5)


async def test_a_redirect_signs_in_with_its_verifier_alone(
    trakt: Trakt, session: aiohttp.ClientSession, url: str
) -> None:
    address = trakt.authorize_url(BACK, "state-1", CHALLENGE)
    assert address.startswith(f"{url}/oauth/authorize?")
    codes = [await allow(session, address) for _ in range(3)]
    tokens = await trakt.exchange(codes[0], BACK, VERIFIER)
    assert (await trakt.account(Credential(tokens.access))).username == "Ben"
    for code, back, verifier in (
        (codes[0], BACK, VERIFIER),
        (codes[1], BACK, "wrong"),
        (codes[2], f"{BACK}/x", VERIFIER),
    ):
        with pytest.raises(RejectedError) as caught:
            await trakt.exchange(code, back, verifier)
        assert caught.value.code == RECONNECT


async def allow(session: aiohttp.ClientSession, address: str) -> str:
    """What a person does in the browser. The code in the address that it is sent back to."""
    async with session.get(address) as page:
        assert "Allow" in await page.text()
    asked = URL(address).query
    form = {**asked, "user": "ben", "decision": "approve"}
    target = str(URL(address).with_query(None))
    async with session.post(target, data=form, allow_redirects=False) as answer:
        back = URL(answer.headers["Location"])
    assert str(back.with_query(None)) == BACK
    assert back.query["state"] == asked["state"]
    return back.query["code"]


async def test_a_refresh_gives_the_next_pair_and_voids_the_one_before(
    trakt: Trakt, stand_in: TraktStandIn
) -> None:
    given = stand_in.sign_in("ann")
    old = Tokens(given["access_token"], given["refresh_token"], ISSUED, ISSUED)
    new = await trakt.refresh(old)
    assert (await trakt.account(Credential(new.access))).username == "Ann"
    with pytest.raises(RejectedError) as caught:
        await trakt.account(Credential(old.access))
    assert caught.value.code == RECONNECT
    with pytest.raises(RejectedError) as caught:
        await trakt.refresh(old)
    assert caught.value.code == RECONNECT


async def test_a_new_token_is_known_to_be_the_same_account(
    trakt: Trakt, stand_in: TraktStandIn, films: Films
) -> None:
    stand_in.set_watchlist("ann", films(3))
    given = stand_in.sign_in("ann")
    old = Tokens(given["access_token"], given["refresh_token"], ISSUED, ISSUED)
    await trakt.changes(["users/ann/watchlist"], Credential(old.access))
    new = await trakt.refresh(old)
    stand_in.requests.clear()
    await trakt.changes(["users/ann/watchlist"], Credential(new.access))
    assert [seen.path for seen in stand_in.requests] == ["/sync/last_activities"]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 502},
        {"status": 503, "body": "<html>503</html>"},
        {"status": 521},
        {"status": 429},
        {"status": 403, "body": "<html>blocked</html>"},
        {"cut": True},
    ],
)
async def test_a_refresh_is_sent_once_whatever_happens_to_it(
    trakt: Trakt, stand_in: TraktStandIn, fault: dict[str, Any]
) -> None:
    stand_in.fail("/oauth/token", **fault, times=None)
    with pytest.raises(UnavailableError) as caught:
        await trakt.refresh(OLD)
    assert len(stand_in.requests) == 1
    assert "old-refresh" not in caught.value.message


async def test_a_refresh_whose_answer_is_lost_has_happened_all_the_same(
    trakt: Trakt, stand_in: TraktStandIn
) -> None:
    given = stand_in.sign_in("ann")
    old = Tokens(given["access_token"], given["refresh_token"], ISSUED, ISSUED)
    stand_in.control.faults.add(Fault(path="/oauth/token", status=504, happens=True))
    with pytest.raises(UnavailableError):
        await trakt.refresh(old)
    with pytest.raises(RejectedError) as caught:
        await trakt.refresh(old)
    assert caught.value.code == RECONNECT


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"error": "invalid_grant", "error_description": "session not found"}, RECONNECT),
        (401, {"error": "invalid_grant"}, RECONNECT),
        (401, {"error": "invalid_client"}, "client"),
        (400, {"error": "unauthorized_client"}, "client"),
        (403, "", "client"),
        (400, {"error": "invalid_request"}, "unexpected_answer"),
        (404, "", "unexpected_answer"),
        (200, "", "unexpected_answer"),
        (200, {"access_token": "a", "expires_in": 5}, "unexpected_answer"),
        (200, {"access_token": "a", "refresh_token": None, "expires_in": 5}, "unexpected_answer"),
        (200, {"access_token": "a", "refresh_token": "r"}, "unexpected_answer"),
    ],
)
async def test_each_answer_to_a_refresh_means_one_thing(
    trakt: Trakt, stand_in: TraktStandIn, status: int, body: Any, code: str
) -> None:
    stand_in.fail("/oauth/token", status=status, body=body)
    with pytest.raises(UpstreamError) as caught:
        await trakt.refresh(OLD)
    assert caught.value.code == code
    assert "old-refresh" not in caught.value.message


@pytest.mark.parametrize("created", [1795305600, 10**9, 4 * 10**9, None, "", 10**14, "soon"])
async def test_tokens_are_good_for_as_long_as_trakt_says_by_our_own_clock(
    trakt: Trakt, stand_in: TraktStandIn, created: Any
) -> None:
    stand_in.fail("/oauth/token", status=200, body={**PAIR, "created_at": created})
    tokens = await trakt.refresh(OLD)
    assert abs(tokens.issued_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert tokens.expires_at == tokens.issued_at + timedelta(days=1)


async def test_what_is_revoked_is_no_good_and_may_be_revoked_again(
    trakt: Trakt, stand_in: TraktStandIn
) -> None:
    given = stand_in.sign_in("ann")
    tokens = Tokens(given["access_token"], given["refresh_token"], ISSUED, ISSUED)
    await trakt.revoke(tokens)
    with pytest.raises(RejectedError):
        await trakt.account(Credential(tokens.access))
    with pytest.raises(RejectedError):
        await trakt.refresh(tokens)
    await trakt.revoke(tokens)
    stand_in.fail("/oauth/revoke", status=400, body={"error": "invalid_grant"})
    await trakt.revoke(tokens)


@pytest.mark.parametrize("body", ["", [], {}, {"device_code": "d", "user_code": "u"},
    {"device_code": "d", "user_code": "u", "verification_url": "javascript:alert(1)"}])  # fmt: skip
async def test_something_that_is_no_code_is_an_error(
    trakt: Trakt, stand_in: TraktStandIn, body: Any
) -> None:
    stand_in.fail("/oauth/device/code", status=200, body=body)
    with pytest.raises(UnexpectedAnswerError):
        await trakt.device_code()


@pytest.mark.parametrize("secret", [None, "demo-client-secret"])
async def test_the_client_secret_goes_along_only_if_there_is_one(
    session: aiohttp.ClientSession, answers: Any, secret: str | None
) -> None:
    settings = load_settings(
        trakt_client_id=DEMO_CLIENT,
        trakt_client_secret=secret,
        trakt_redirect_uri=BACK,
        trakt_auth_url="https://auth.trakt.test",
    )
    source = connect(session, settings)
    answers.post("https://auth.trakt.test/oauth/token", status=200, body=json.dumps(PAIR))
    await source.refresh(OLD)
    [[call]] = answers.requests.values()
    expected = {
        "client_id": DEMO_CLIENT,
        "grant_type": "refresh_token",
        "refresh_token": "old-refresh",
        "redirect_uri": BACK,
    }
    assert call.kwargs["json"] == expected | ({"client_secret": secret} if secret else {})
    headers = call.kwargs["headers"]
    assert headers["User-Agent"].startswith("Collectarr/")
    assert (headers["trakt-api-version"], headers["trakt-api-key"]) == ("2", DEMO_CLIENT)
    assert headers["Content-Type"] == "application/json"


async def test_an_application_that_trakt_does_not_know_is_the_administrators_matter(
    session: aiohttp.ClientSession, url: str
) -> None:
    source = connect(session, load_settings(trakt_client_id="other", trakt_auth_url=url))
    with pytest.raises(RejectedError, match="administrator") as caught:
        await source.device_code()
    assert caught.value.code == "client"
