"""How MDBList says no, and what people read then."""

import re
from typing import Any

import aiohttp
import pytest
from aioresponses import aioresponses

from collectarr.errors import RejectedError, UnavailableError, UnexpectedAnswerError, UpstreamError
from collectarr.http import Upstream
from collectarr.models import utc_now
from collectarr.sources import Credential
from collectarr.sources.mdblist import MdbList
from collectarr.sources.mdblist.answers import ask, next_midnight

from .conftest import Answers

SECRET = "k3yk3yk3y-of-somebody"
KEY = Credential(SECRET, user_id=1)
ANY = re.compile(r"https://api\.mdblist\.com/.*")
ANY_KEYLESS = re.compile(r"https://mdblist\.com/.*")
PAGE = "<html><head><title>Attention</title></head><body>Checking your browser</body></html>"


@pytest.fixture
def mdblist(offline: MdbList, answers: Answers) -> MdbList:
    """Keyless pages say nothing, so that the trouble with the key stands alone."""
    answers.recorded(ANY_KEYLESS, "keyless_private")
    return offline


async def trouble(mdblist: MdbList, reference: str = "someone/slug") -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await mdblist.describe(reference, KEY)
    return caught.value


async def test_aioresponses_still_needs_the_shim() -> None:
    """When this fails, `Answered` in conftest.py can go."""
    with aioresponses() as mocked:
        mocked.get("https://api.mdblist.com/user", payload={})
        async with aiohttp.ClientSession() as session:
            with pytest.raises(TypeError, match="stream_writer"):
                await session.get("https://api.mdblist.com/user")


@pytest.mark.parametrize(
    ("name", "error", "code"),
    [
        ("bad_key", RejectedError, "key"),
        ("bad_key_200", RejectedError, "key"),
        ("not_found", RejectedError, "not_found"),
        ("daily_limit", UnavailableError, "quota"),
        ("window_limit", UnavailableError, "rate"),
        ("legacy_limit", UnavailableError, "quota"),
    ],
)
async def test_a_recorded_refusal_is_told_apart(
    mdblist: MdbList, answers: Answers, name: str, error: type[UpstreamError], code: str
) -> None:
    answers.recorded(ANY, name)
    caught = await trouble(mdblist)
    assert (type(caught), caught.code, caught.upstream) == (error, code, "MDBList")


@pytest.mark.parametrize(
    ("status", "body", "error", "code"),
    [
        (403, '{"error": "Invalid API key!"}', RejectedError, "key"),
        (403, '{"error": "Forbidden"}', RejectedError, "key"),
        (401, "", RejectedError, "key"),
        (200, '[{"error": "Invalid API key!"}]', RejectedError, "key"),
        (403, PAGE, UnavailableError, "down"),
        (200, '{"response": false, "error": "API Rate Limit Reached!"}', UnavailableError, "rate"),
        (200, '{"response": false}', UnexpectedAnswerError, "unexpected_answer"),
        (200, '{"error": "private list"}', RejectedError, "private"),
        (200, '{"error": "Something new"}', UnexpectedAnswerError, "unexpected_answer"),
        (202, '{"error": "Being built", "retry_after": 5}', UnexpectedAnswerError, None),
        (404, PAGE, RejectedError, "not_found"),
        (400, "{}", UnexpectedAnswerError, "unexpected_answer"),
        (200, PAGE, UnexpectedAnswerError, "unexpected_answer"),
        (200, "", UnexpectedAnswerError, "unexpected_answer"),
        (200, '[{"id": 1', UnexpectedAnswerError, "unexpected_answer"),
        (200, "[" * 100_000, UnexpectedAnswerError, "unexpected_answer"),
        (500, '{"error": "An error occurred"}', UnavailableError, "down"),
        (503, PAGE, UnavailableError, "down"),
    ],
)
async def test_every_no_becomes_one_of_the_three_errors(
    mdblist: MdbList,
    answers: Answers,
    status: int,
    body: str,
    error: type[UpstreamError],
    code: str | None,
) -> None:
    kind = "text/html" if body == PAGE else "application/json"
    answers.get(ANY, status=status, body=body, content_type=kind, repeat=True)
    caught = await trouble(mdblist)
    assert type(caught) is error
    assert code in (None, caught.code)


@pytest.mark.parametrize(
    "failure", [TimeoutError(), aiohttp.ServerDisconnectedError(), ConnectionResetError("reset")]
)
async def test_a_broken_connection_is_down(
    mdblist: MdbList, answers: Answers, failure: Exception
) -> None:
    answers.get(ANY, exception=failure, repeat=True)
    caught = await trouble(mdblist)
    assert (type(caught), caught.code) == (UnavailableError, "down")


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500, 503])
@pytest.mark.parametrize("kind", ["application/json", "text/html"])
async def test_no_message_holds_the_key_even_if_the_answer_repeats_it(
    mdblist: MdbList, answers: Answers, status: int, kind: str
) -> None:
    said = f"apikey={SECRET} and bare {SECRET}"
    body = f'{{"error": "{said}"}}' if kind == "application/json" else f"<p>{said}</p>"
    headers = {"Retry-After": "40000"} if status == 429 else {}
    answers.get(ANY, status=status, body=body, content_type=kind, headers=headers, repeat=True)
    caught = await trouble(mdblist)
    assert SECRET not in f"{caught} {caught.message} {caught.details} {caught!r}"
    assert SECRET not in repr(KEY)


async def test_no_message_about_a_broken_connection_holds_the_key(
    mdblist: MdbList, answers: Answers
) -> None:
    url = f"https://api.mdblist.com/lists/user?apikey={SECRET}"
    answers.get(ANY, exception=aiohttp.ClientError(f"{url} {SECRET}"), repeat=True)
    assert SECRET not in repr(await trouble(mdblist))


async def test_a_key_in_a_pasted_address_is_not_repeated(mdblist: MdbList) -> None:
    pasted = f"https://api.mdblist.com/lists/user/ann?apikey={SECRET}"
    assert SECRET not in (await trouble(mdblist, pasted)).message


async def test_a_used_up_day_names_the_hour_and_is_not_waited_for(
    mdblist: MdbList, answers: Answers
) -> None:
    answers.recorded(ANY, "daily_limit")
    caught = await trouble(mdblist)
    assert isinstance(caught, UnavailableError)
    assert caught.retry_after == 21_600
    assert re.search(r"used up until \d\d:\d\d UTC", caught.message)


async def test_a_used_up_day_without_a_time_ends_at_midnight(
    mdblist: MdbList, answers: Answers
) -> None:
    body = '{"response": false, "error": "API Limit Reached!"}'
    answers.get(ANY, body=body, headers={"X-RateLimit-Reset": "soon"}, repeat=True)
    caught = await trouble(mdblist)
    assert isinstance(caught, UnavailableError)
    assert "until 00:00 UTC" in caught.message
    left = (next_midnight(utc_now()) - utc_now()).total_seconds()
    assert caught.retry_after == pytest.approx(left, abs=60)


async def test_a_used_up_day_ends_when_the_header_says(mdblist: MdbList, answers: Answers) -> None:
    reset = {"X-RateLimit-Reset": str(int(utc_now().timestamp()) + 3600)}
    answers.get(ANY, body='{"error": "Daily API limit exceeded!"}', headers=reset, repeat=True)
    caught = await trouble(mdblist)
    assert isinstance(caught, UnavailableError)
    assert caught.retry_after == pytest.approx(3600, abs=60)


async def test_a_path_that_climbs_is_not_asked_for(
    session: aiohttp.ClientSession, answers: Answers
) -> None:
    upstream = Upstream(session, "MDBList", "https://api.mdblist.com")
    with pytest.raises(RejectedError):
        await ask(upstream, "/lists/../user", about="a list", secret=SECRET)
    assert not answers.requests


async def test_a_wait_within_the_window_is_named_in_seconds(
    mdblist: MdbList, answers: Answers
) -> None:
    answers.recorded(ANY, "window_limit")
    assert "wait 120 seconds" in (await trouble(mdblist)).message


async def test_a_missing_list_is_named(mdblist: MdbList, answers: Answers) -> None:
    answers.recorded(ANY, "not_found")
    assert "the list “someone/slug”" in (await trouble(mdblist)).message


async def test_a_web_page_instead_of_data_says_so(mdblist: MdbList, answers: Answers) -> None:
    answers.get(ANY, body=PAGE, content_type="text/html", repeat=True)
    message = (await trouble(mdblist)).message
    assert "a web page where data was expected" in message
    assert "<html" not in message


@pytest.mark.parametrize("reference", ["", "ann/..", "../top", "a/b/c", "user/x", "x" * 5000])
async def test_a_reference_that_leaves_the_lists_is_refused_without_a_request(
    mdblist: MdbList, answers: Answers, reference: str
) -> None:
    caught: Any = await trouble(mdblist, reference)
    assert (type(caught), caught.code) == (RejectedError, "not_found")
    assert not answers.requests


async def test_the_guard_in_front_is_no_matter_of_the_address(
    mdblist: MdbList, answers: Answers
) -> None:
    answers.get(ANY, status=403, body=PAGE, content_type="text/html", repeat=True)
    message = (await trouble(mdblist)).message
    assert "turned us away; try again later" in message
    assert "MDBLIST_URL" not in message


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (202, "[]", "not got the list"),
        (204, "", "empty answer"),
        (420, "{}", "reached its limit"),
        (423, "{}", "locked"),
        (426, "{}", "paid plan"),
    ],
)
async def test_a_rare_status_has_words_of_its_own(
    mdblist: MdbList, answers: Answers, status: int, body: str, words: str
) -> None:
    answers.get(ANY, status=status, body=body, repeat=True)
    caught = await trouble(mdblist, "1234")
    assert words in caught.message.replace("ready yet", "")
    assert "MDBLIST_URL" not in caught.message


API_HOST = "api.mdblist.com"


@pytest.mark.parametrize(
    ("said", "headers", "code"),
    [
        ("Daily API limit exceeded!", {}, "quota"),
        ("Daily API limit exceeded!", {"Retry-After": "15"}, "quota"),
        ("Slow down", {"X-RateLimit-Remaining": "0"}, "quota"),
        ("Slow down", {"X-RateLimit-Remaining": "0", "Retry-After": "0"}, "quota"),
        ("API rate limit exceeded!", {"Retry-After": "0"}, "rate"),
        ("API rate limit exceeded!", {"X-RateLimit-Remaining": "7"}, "rate"),
        ("API rate limit exceeded!", {}, "rate"),
    ],
)
async def test_a_429_says_in_its_body_or_its_headers_that_the_day_is_used_up(
    mdblist: MdbList, answers: Answers, said: str, headers: dict[str, str], code: str
) -> None:
    answers.get(ANY, status=429, body=f'{{"error": "{said}"}}', headers=headers, repeat=True)
    caught = await trouble(mdblist)
    assert caught.code == code
    assert ("used up until" in caught.message) == (code == "quota")
    [asked] = [calls for (_, url), calls in answers.requests.items() if url.host == API_HOST]
    # Waiting for a new day is no use; a short time may be over.
    assert len(asked) == (1 if code == "quota" else 3)


async def test_a_client_knows_how_many_requests_a_key_has_left(
    mdblist: MdbList, answers: Answers
) -> None:
    assert mdblist.requests_left(KEY) is None
    answers.get(ANY, body="[]", headers={"X-RateLimit-Remaining": "41"}, repeat=True)
    assert await mdblist.top(KEY) == ()
    assert mdblist.requests_left(KEY) == 41
    assert mdblist.requests_left(Credential("another-key")) is None
