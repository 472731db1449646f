"""Each way in which Trakt says no has its own words, and none of them tells a secret."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from collectarr.demo.trakt import DEMO_CLIENT, TraktStandIn
from collectarr.errors import RejectedError, UnavailableError, UnexpectedAnswerError, UpstreamError
from collectarr.models import Title
from collectarr.settings import load_settings
from collectarr.sources import RECONNECT, Account, Credential
from collectarr.sources.trakt import Trakt, connect

Films = Callable[..., list[Title]]
BEST = "users/ann/lists/best"
PAGE = "<!DOCTYPE html><html><title>Attention Required! | Cloudflare</title></html>"
UPGRADE = {"X-Upgrade-URL": "https://app.trakt.tv/vip"}


@pytest.mark.parametrize(
    ("fault", "error", "code", "words"),
    [
        ({"status": 403}, RejectedError, "client", "TRAKT_CLIENT_ID"),
        ({"status": 403, "body": {"error": "invalid_client"}}, RejectedError, "client", "approved"),
        ({"status": 403, "body": PAGE}, UnavailableError, "down", "guard"),
        ({"status": 404}, RejectedError, "not_found", "renamed, deleted or made private"),
        ({"status": 420, "headers": UPGRADE}, RejectedError, "limit", "size limit"),
        ({"status": 423, "headers": {"X-Account-Locked": "true"}}, RejectedError, "locked",
         "support"),
        ({"status": 426, "headers": UPGRADE}, RejectedError, "vip", "VIP"),
        ({"status": 429, "headers": {"Retry-After": "97"}}, UnavailableError, "rate",
         "97 seconds"),
        ({"status": 429, "headers": {"X-Ratelimit": '{"remaining":0}'}}, UnavailableError, "rate",
         "some minutes"),
        ({"status": 429, "body": "error code: 1015"}, UnavailableError, "rate", "some minutes"),
        ({"status": 500}, UnavailableError, "down", "HTTP 500"),
        ({"status": 503, "body": "<html>503</html>"}, UnavailableError, "down", "HTTP 503"),
        ({"status": 521, "body": PAGE}, UnavailableError, "down", "HTTP 521"),
        ({"cut": True}, UnavailableError, "down", "broke"),
        ({"status": 405}, UnexpectedAnswerError, "unexpected_answer", "HTTP 405"),
        ({"status": 302, "headers": {"Location": "/x"}}, UnexpectedAnswerError,
         "unexpected_answer", "HTTP 302"),
        ({"status": 200, "body": PAGE}, UnexpectedAnswerError, "unexpected_answer", "TRAKT_URL"),
        ({"status": 204}, UnexpectedAnswerError, "unexpected_answer", "no data"),
    ],
)  # fmt: skip
async def test_each_no_has_its_own_words(
    trakt: Trakt,
    stand_in: TraktStandIn,
    ann: Credential,
    fault: dict[str, Any],
    error: type[UpstreamError],
    code: str,
    words: str,
) -> None:
    stand_in.fail("", **fault, times=None)
    with pytest.raises(error, match=words) as caught:
        await trakt.describe(BEST, ann)
    assert (caught.value.code, caught.value.upstream) == (code, "Trakt")
    assert ann.secret not in caught.value.message
    assert DEMO_CLIENT not in caught.value.message


@pytest.mark.parametrize("status", [400, 401, 403, 409, 418, 429, 500])
async def test_what_an_answer_repeats_is_not_told(
    trakt: Trakt, stand_in: TraktStandIn, ann: Credential, status: int
) -> None:
    echo = f"Bearer {ann.secret} {DEMO_CLIENT} secret"
    stand_in.fail("", status=status, body=echo, times=None)
    with pytest.raises(UpstreamError) as caught:
        await trakt.describe(BEST, ann)
    assert ann.secret not in f"{caught.value} {caught.value.details}"
    assert DEMO_CLIENT not in str(caught.value)


async def test_a_locked_account_and_a_refused_application_are_not_asked_again(
    trakt: Trakt, stand_in: TraktStandIn, ann: Credential
) -> None:
    for status in (423, 426, 420, 403):
        stand_in.requests.clear()
        stand_in.fail("", status=status)
        with pytest.raises(UpstreamError):
            await trakt.describe(BEST, ann)
        assert len(stand_in.requests) == 1


async def test_a_short_trouble_is_waited_out(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential
) -> None:
    stand_in.add_list("ann", "best", "The best")
    stand_in.fail("", status=503, times=2)
    assert (await trakt.describe(BEST, nobody)).name == "The best"


async def test_every_request_says_who_asks(
    trakt: Trakt, stand_in: TraktStandIn, ann: Credential
) -> None:
    stand_in.fail("", status=200, body={"user": {"username": "Ann", "ids": {"slug": "ann"}}})
    assert await trakt.account(ann) == Account("Ann", plan="Free")
    # The stand-in refuses whoever leaves out the User-Agent or the key of the application.
    assert (await trakt.account(ann)).username == "Ann"


async def test_an_account_says_whose_it_is(
    trakt: Trakt, ben: Credential, nobody: Credential
) -> None:
    assert await trakt.account(ben) == Account("Ben", plan="VIP")
    with pytest.raises(RejectedError) as caught:
        await trakt.account(nobody)
    assert caught.value.code == "key_needed"


@pytest.mark.parametrize("data", [{}, [], {"user": {}}, {"user": {"ids": {"slug": None}}}])
async def test_something_that_is_no_account_is_an_error(
    trakt: Trakt, stand_in: TraktStandIn, ann: Credential, data: Any
) -> None:
    stand_in.fail("/users/settings", status=200, body=data)
    with pytest.raises(UnexpectedAnswerError):
        await trakt.account(ann)


class Renewals:
    """Hands out the tokens that `made` gives, and counts how often it was asked."""

    def __init__(self, made: Callable[[], str | None]) -> None:
        self.made = made
        self.refused: list[str] = []

    def credential(self, secret: str | None) -> Credential:
        return Credential(secret, user_id=1, renew=self.renew)

    async def renew(self, refused: str) -> Credential:
        self.refused.append(refused)
        return self.credential(self.made())


async def test_a_token_that_expires_in_the_middle_of_a_walk_is_renewed_once(
    trakt: Trakt, stand_in: TraktStandIn, films: Films
) -> None:
    stand_in.set_watchlist("ann", films(1000))
    renewals = Renewals(lambda: stand_in.sign_in("ann")["access_token"])
    first = stand_in.sign_in("ann")["access_token"]

    def expire(came: int, _promised: int | None) -> None:
        if came == 500:
            stand_in.sessions.expire("ann")

    read = await trakt.read("users/me/watchlist", renewals.credential(first), on_page=expire)
    assert (len(read.items), read.short_by) == (1000, 0)
    assert renewals.refused == [first]


async def test_a_token_that_is_refused_again_ends_in_reconnect_and_in_no_loop(
    trakt: Trakt, stand_in: TraktStandIn
) -> None:
    renewals = Renewals(lambda: f"dead-{len(renewals.refused)}")
    with pytest.raises(RejectedError) as caught:
        await trakt.account(renewals.credential("dead"))
    assert (caught.value.code, renewals.refused) == (RECONNECT, ["dead"])
    assert len(stand_in.requests) == 2


async def test_a_refused_token_that_nobody_can_renew_ends_in_reconnect(
    trakt: Trakt, stand_in: TraktStandIn, ann: Credential
) -> None:
    stand_in.sessions.expire("ann")
    for call in (trakt.account(ann), trakt.describe(BEST, ann), trakt.shelf("lists", ann)):
        with pytest.raises(RejectedError, match="again in the settings") as caught:
            await call
        assert caught.value.code == RECONNECT


@pytest.mark.parametrize(
    "error", [UnavailableError("Trakt is down."), RejectedError("Gone.", code=RECONNECT)]
)
async def test_what_the_renewing_says_is_said(trakt: Trakt, error: UpstreamError) -> None:
    def refuse() -> str:
        raise error

    with pytest.raises(type(error)) as caught:
        await trakt.account(Renewals(refuse).credential("dead"))
    assert caught.value is error


async def test_many_questions_at_once_renew_their_token_once(
    trakt: Trakt, stand_in: TraktStandIn, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(20))
    renewals = Renewals(lambda: stand_in.sign_in("ann")["access_token"])

    async def late(refused: str) -> Credential:
        """Not before four questions, as many as there are at a time, know they were refused."""
        while [seen.status for seen in stand_in.requests].count(401) < 8:
            await asyncio.sleep(0.005)
        # By the time that this is answered, what was answered before it has arrived.
        await trakt.search("anything", Credential())
        return await renewals.renew(refused)

    found = await trakt.resolve(films(20), Credential("expired", user_id=1, renew=late))
    assert None not in found
    assert renewals.refused == ["expired"]


async def test_a_401_about_somebody_elses_list_says_nothing_of_the_account(
    trakt: Trakt, stand_in: TraktStandIn, ann: Credential
) -> None:
    stand_in.fail("/users/ben/lists/x", status=401, times=None)
    renewals = Renewals(lambda: None)
    with pytest.raises(RejectedError) as caught:
        await trakt.describe("users/ben/lists/x", renewals.credential(ann.secret))
    assert (caught.value.code, renewals.refused) == ("not_found", [])


async def test_a_401_without_a_token_asks_for_an_account(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential
) -> None:
    stand_in.fail("", status=401)
    with pytest.raises(RejectedError, match="Connect your Trakt account") as caught:
        await trakt.describe(BEST, nobody)
    assert caught.value.code == "key_needed"


async def test_without_a_client_id_every_call_says_what_is_missing(
    session: Any, nobody: Credential
) -> None:
    bare = connect(session, load_settings())
    assert "TRAKT_CLIENT_ID" in (bare.needs or "")
    calls = (
        bare.account(nobody),
        bare.shelf("trending", nobody),
        bare.search("x", nobody),
        bare.search_titles("x", nobody),
        bare.resolve([], nobody),
        bare.describe("movies/trending", nobody),
        bare.read("movies/trending", nobody),
        bare.changes([], nobody),
        bare.device_code(),
        bare.exchange("a", "https://x", "b"),
    )
    for call in calls:
        with pytest.raises(RejectedError, match="TRAKT_CLIENT_ID") as caught:
            await call
        assert caught.value.code == "not_set_up"
    with pytest.raises(RejectedError):
        bare.authorize_url("https://x", "s", "c")
    assert connect(session, load_settings(trakt_client_id="x")).needs is None


async def test_what_is_no_reference_is_not_asked_for(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential
) -> None:
    with pytest.raises(RejectedError) as caught:
        await trakt.describe("https://trakt.tv/x?access_token=abcdefgh12345678", nobody)
    assert "abcdefgh12345678" not in caught.value.message
    assert stand_in.requests == []
