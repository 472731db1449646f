"""Titles by their ids: many with one request, matched by what they are and not by their place."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from collectarr.demo.mdblist import MdbListStandIn
from collectarr.errors import RejectedError, UnavailableError, UnexpectedAnswerError
from collectarr.models import Ids, Kind, Title
from collectarr.sources import Credential, Resolves
from collectarr.sources.mdblist import MdbList

from .conftest import Answers

Films = Callable[..., list[Title]]
KEY = Credential("k3yk3yk3y-of-somebody", user_id=1)
JAWS = {"title": "Jaws", "year": 1975, "type": "movie", "ids": {"imdb": "tt0073195", "tmdb": 578}}


def asked(ids: Ids, kind: Kind = Kind.MOVIE) -> Title:
    return Title(kind, "?", None, ids)


async def answered(
    offline: MdbList, answers: Answers, title: Title, *rows: dict[str, Any]
) -> Title | None:
    """What becomes of `title` when MDBList answers every request with `rows`."""
    answers.post(re.compile(r"https://api\.mdblist\.com/.*"), payload=list(rows), repeat=True)
    (found,) = await offline.resolve([title], KEY)
    return found


def test_it_says_that_it_resolves(offline: MdbList) -> None:
    assert isinstance(offline, Resolves)


async def test_titles_come_back_in_order_with_all_their_ids(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films, shows: Films
) -> None:
    stand_in.add_titles([*films(3), *shows(2)])
    wanted = [
        asked(Ids(tmdb=3)),
        asked(Ids(imdb="tt9999999")),
        asked(Ids(tvdb=2), Kind.SHOW),
        asked(Ids(imdb="tt7000001"), Kind.UNKNOWN),
        asked(Ids(imdb="tt8000001"), Kind.UNKNOWN),
        asked(Ids(tmdb=2)),
        asked(Ids(tmdb=2)),
    ]
    third, missing, show, film, other, *twice = await mdblist.resolve(wanted, key)
    assert third == films(3)[2]
    assert missing is None
    assert show == shows(2)[1]
    assert film == films(1)[0]
    assert other == shows(1)[0]
    assert twice == [films(2)[1]] * 2
    assert sorted(seen.path for seen in stand_in.requests) == [
        *("/imdb/any", "/imdb/movie", "/tmdb/movie", "/tvdb/show"),
    ]


async def test_two_hundred_ids_go_with_one_request(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_titles(films(450))
    found = await mdblist.resolve(films(450), key)
    assert found == films(450)
    assert [seen.path for seen in stand_in.requests] == ["/imdb/movie"] * 3
    assert stand_in.used[str(key.secret)] == 3


async def test_nothing_costs_nothing(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential
) -> None:
    nameless = [asked(Ids()), asked(Ids(tmdb=1), Kind.UNKNOWN)]
    assert await mdblist.resolve([], key) == []
    assert await mdblist.resolve(nameless, key) == [None, None]
    assert not stand_in.requests


async def test_an_unknown_first_id_leaves_the_next_one(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential
) -> None:
    stand_in.add_titles([Title(Kind.MOVIE, "Film 5", 2005, Ids(tmdb=5))])
    assert await mdblist.resolve([asked(Ids("tt0000005", tmdb=5))], key) == [
        Title(Kind.MOVIE, "Film 5", 2005, Ids("tt0000005", tmdb=5))
    ]
    assert [seen.path for seen in stand_in.requests] == ["/imdb/movie", "/tmdb/movie"]


@pytest.mark.parametrize(
    ("title", "row"),
    [
        (asked(Ids("tt0073195", tmdb=579)), JAWS),
        (asked(Ids("tt0073195"), Kind.SHOW), JAWS),
        (asked(Ids("tt0073195"), Kind.UNKNOWN), {**JAWS, "type": None}),
        (asked(Ids("tt0073195")), {**JAWS, "ids": {"imdb": "tt0073196"}}),
        (asked(Ids("tt0073195")), {**JAWS, "ids": None}),
        (asked(Ids("tt0073195")), {"title": "Jaws"}),
    ],
)
async def test_what_disagrees_with_what_was_known_is_not_taken(
    offline: MdbList, answers: Answers, title: Title, row: dict[str, Any]
) -> None:
    assert await answered(offline, answers, title, row) is None


async def test_what_was_known_is_kept_where_the_answer_is_silent(
    offline: MdbList, answers: Answers
) -> None:
    title = Title(Kind.MOVIE, "Les dents de la mer", 1976, Ids("tt0073195", trakt=457), "Jaws")
    row = {**JAWS, "title": "", "year": None, "type": None}
    assert await answered(offline, answers, title, row, {}) == Title(
        Kind.MOVIE, "Les dents de la mer", 1976, Ids("tt0073195", 578, None, 457), "Jaws"
    )


async def test_ids_are_sent_as_a_body_and_the_key_beside_it(
    offline: MdbList, answers: Answers
) -> None:
    await answered(offline, answers, asked(Ids("tt0073195")), JAWS)
    ((_method, url), (call, *_)), *_ = answers.requests.items()
    assert url.path == "/imdb/movie"
    assert call.kwargs["json"] == {"ids": ["tt0073195"]}
    assert KEY.secret not in json.dumps(call.kwargs["json"])


@pytest.mark.parametrize("body", ['{"titles": []}', "7", '"words"'])
async def test_what_is_no_list_of_titles_is_an_unexpected_answer(
    offline: MdbList, answers: Answers, body: str
) -> None:
    answers.post(re.compile(".*"), body=body, content_type="application/json")
    with pytest.raises(UnexpectedAnswerError):
        await offline.resolve([asked(Ids("tt0073195"))], KEY)


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_failing_look_up_is_down_and_not_tried_again(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films, status: int
) -> None:
    stand_in.fail("^/imdb/movie$", status=status, body={"error": "An error occurred"}, times=None)
    with pytest.raises(UnavailableError) as caught:
        await mdblist.resolve(films(1), key)
    assert caught.value.code == "down"
    assert len(stand_in.requests) == 1


async def test_a_used_up_quota_and_a_wrong_key_are_told(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.used[str(key.secret)] = stand_in.quota
    with pytest.raises(UnavailableError) as used_up:
        await mdblist.resolve(films(1), key)
    with pytest.raises(RejectedError) as refused:
        await mdblist.resolve(films(1), Credential("wrong-key"))
    assert (used_up.value.code, refused.value.code) == ("quota", "key")
