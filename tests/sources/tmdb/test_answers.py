"""How TMDb says no, what people read then, and that its key stays inside."""

import re

import aiohttp
import pytest
from pytest_aiohttp import AiohttpServer

from collectarr.demo.tmdb import DEMO_KEY, TmdbStandIn
from collectarr.errors import RejectedError, UnavailableError, UnexpectedAnswerError, UpstreamError
from collectarr.models import Ids, Kind, Title
from collectarr.settings import load_settings
from collectarr.sources import Credential
from collectarr.sources.tmdb import Tmdb, connect

from ..conftest import Answers

NOBODY = Credential()
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJkZW1vIn0.c2lnbmF0dXJlLW9mLWEtdG9rZW4"
ANY = re.compile(r"https://api\.themoviedb\.org/.*")
PAGE = "<html><head><title>403</title></head><body>Forbidden</body></html>"


def refusal(code: int, words: str = "No.") -> str:
    return f'{{"success": false, "status_code": {code}, "status_message": "{words}"}}'


@pytest.mark.parametrize(
    ("status", "body", "error", "code"),
    [
        (401, refusal(7), RejectedError, "client"),
        (401, refusal(3), RejectedError, "client"),
        (401, "", RejectedError, "client"),
        (401, refusal(39), RejectedError, "private"),
        (404, refusal(34), RejectedError, "not_found"),
        (404, refusal(6), RejectedError, "not_found"),
        (404, PAGE, UnexpectedAnswerError, "unexpected_answer"),
        (403, PAGE, UnavailableError, "down"),
        (429, refusal(25), UnavailableError, "rate"),
        (503, refusal(9), UnavailableError, "down"),
        (500, PAGE, UnavailableError, "down"),
        (400, refusal(22), UnexpectedAnswerError, "unexpected_answer"),
        (200, refusal(11), UnexpectedAnswerError, "unexpected_answer"),
        (200, PAGE, UnexpectedAnswerError, "unexpected_answer"),
        (200, "[]", UnexpectedAnswerError, "unexpected_answer"),
        (200, '{"page": 1}', UnexpectedAnswerError, "unexpected_answer"),
        (200, '{"results": [7]}', UnexpectedAnswerError, "unexpected_answer"),
        (200, '{"results": {}}', UnexpectedAnswerError, "unexpected_answer"),
        (200, "[" * 100_000, UnexpectedAnswerError, "unexpected_answer"),
    ],
)
async def test_every_no_becomes_one_of_the_three_errors(
    offline: Tmdb,
    answers: Answers,
    status: int,
    body: str,
    error: type[UpstreamError],
    code: str,
) -> None:
    kind = "text/html" if body == PAGE else "application/json"
    answers.get(ANY, status=status, body=body, content_type=kind, repeat=True)
    with pytest.raises(UpstreamError) as caught:
        await offline.describe("list/8", NOBODY)
    assert (type(caught.value), caught.value.code) == (error, code)
    assert caught.value.upstream == "TMDb"


async def test_a_wait_that_tmdb_names_is_passed_on(offline: Tmdb, answers: Answers) -> None:
    headers = {"Retry-After": "40"}
    answers.get(ANY, status=429, body=refusal(25), headers=headers, repeat=True)
    with pytest.raises(UnavailableError) as caught:
        await offline.describe("list/8", NOBODY)
    assert caught.value.retry_after == 40


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("kind", ["application/json", "text/html"])
async def test_no_message_holds_the_key_even_if_the_answer_repeats_it(
    offline: Tmdb, answers: Answers, status: int, kind: str
) -> None:
    said = f"api_key={DEMO_KEY} and bare {DEMO_KEY}"
    body = refusal(11, said) if kind == "application/json" else f"<p>{said}</p>"
    answers.get(ANY, status=status, body=body, content_type=kind, repeat=True)
    with pytest.raises(UpstreamError) as caught:
        await offline.describe("list/8", NOBODY)
    assert DEMO_KEY not in f"{caught.value} {caught.value.message} {caught.value.details}"


async def test_a_no_with_a_good_status_is_still_a_no(offline: Tmdb, answers: Answers) -> None:
    answers.get(ANY, body=refusal(11), repeat=True)
    with pytest.raises(UnexpectedAnswerError, match="its word on the key"):
        await offline.account(NOBODY)


async def test_genres_that_are_none_are_an_unexpected_answer(
    offline: Tmdb, answers: Answers
) -> None:
    answers.get(ANY, body='{"genres": 7}', repeat=True)
    with pytest.raises(UnexpectedAnswerError, match="genres"):
        await offline.read("list/8", NOBODY)


async def test_without_a_key_it_says_who_has_to_do_what(
    session: aiohttp.ClientSession, answers: Answers
) -> None:
    tmdb = connect(session, load_settings(tmdb_api_key=None))
    assert tmdb.needs is not None
    assert "TMDB_API_KEY" in tmdb.needs
    alien = Title(Kind.MOVIE, "Alien", ids=Ids(tmdb=348))
    for asked in (
        tmdb.account(NOBODY),
        tmdb.describe("list/8", NOBODY),
        tmdb.read("movie/popular", NOBODY),
        tmdb.search("alien", NOBODY),
        tmdb.search_titles("alien", NOBODY),
        tmdb.resolve([alien], NOBODY),
        tmdb.shelf("popular", NOBODY),
    ):
        with pytest.raises(RejectedError, match="administrator") as caught:
            await asked
        assert caught.value.code == "not_set_up"
    assert not answers.requests
    assert tmdb.parse("list/8") == "list/8"


@pytest.mark.parametrize("bearer", [False, True])
async def test_either_form_of_key_goes_where_it_belongs(
    aiohttp_server: AiohttpServer, session: aiohttp.ClientSession, bearer: bool
) -> None:
    key = TOKEN if bearer else DEMO_KEY
    stand_in = TmdbStandIn(key, bearer=bearer, titles=[])
    url = str((await aiohttp_server(stand_in.app)).make_url("")).rstrip("/")
    tmdb = connect(session, load_settings(tmdb_api_key=f" {key}\n", tmdb_url=url))
    assert tmdb.needs is None
    assert (await tmdb.account(NOBODY)).username
    assert [seen.query for seen in stand_in.requests] == [{} if bearer else {"api_key": key}]
    assert tmdb.parse(f"{url}/list/8") == "list/8"


async def test_a_wrong_key_is_the_administrators_to_mend(
    aiohttp_server: AiohttpServer, session: aiohttp.ClientSession
) -> None:
    url = str((await aiohttp_server(TmdbStandIn(titles=[]).app)).make_url("")).rstrip("/")
    tmdb = connect(session, load_settings(tmdb_api_key="0" * 32, tmdb_url=url))
    with pytest.raises(RejectedError, match="administrator") as caught:
        await tmdb.account(NOBODY)
    assert caught.value.code == "client"


@pytest.mark.parametrize("reference", ["", "list", "../list/8", "movie/550", "x" * 3000])
async def test_what_is_no_reference_is_refused_without_a_request(
    offline: Tmdb, answers: Answers, reference: str
) -> None:
    for asked in (offline.describe(reference, NOBODY), offline.read(reference, NOBODY)):
        with pytest.raises(RejectedError) as caught:
            await asked
        assert caught.value.code == "not_found"
    assert not answers.requests
