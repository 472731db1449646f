"""The TMDb stand-in answers as TMDb was seen to answer."""

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from pytest_aiohttp import AiohttpClient

from collectarr.demo.catalogue import load
from collectarr.demo.tmdb import DEMO_KEY, TmdbStandIn
from collectarr.demo.tmdb.lists import demo_lists
from collectarr.demo.tmdb.rows import Known
from collectarr.models import Ids, Kind, Title

RECORDED = Path(__file__).parent.parent / "fixtures" / "tmdb"
Client = TestClient[Any, Any]
SHOW = Title(Kind.SHOW, "Moon Knight", 2022, Ids("tt10234724", 92749, 368611))


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())


def films(count: int) -> list[Known]:
    """Each third one is of horror; the later ones are better."""
    return [
        Known(
            Title(Kind.MOVIE, f"Film {n}", 1990 + n % 3, Ids(f"tt{n:07d}", n)),
            (27,) if n % 3 == 0 else (18,),
            n / 10,
            100,
        )
        for n in range(1, count + 1)
    ]


@pytest.fixture
def stand_in() -> TmdbStandIn:
    made = TmdbStandIn(titles=[*films(45), SHOW])
    made.add_list("Sample", [*films(3), SHOW], description="A sample list")
    made.add_series("Film Collection", films(2))
    return made


@pytest.fixture
async def client(aiohttp_client: AiohttpClient, stand_in: TmdbStandIn) -> Client:
    return await aiohttp_client(stand_in.app)


async def get(client: Client, path: str, **params: str) -> Any:
    async with client.get(f"/3/{path}", params={"api_key": DEMO_KEY, **params}) as response:
        return await response.json()


@pytest.mark.parametrize(
    ("path", "name", "rows"),
    [
        ("configuration", "configuration", None),
        ("find/tt0000002?external_source=imdb_id", "find", "movie_results"),
        ("tv/92749/external_ids", "external_ids", None),
        ("list/8101?page=1", "list", "items"),
        ("collection/131201", "collection", "parts"),
        ("discover/movie?page=1", "discover", "results"),
        ("trending/movie/day", "discover", "results"),
        ("movie/popular", "discover", "results"),
    ],
)
async def test_answers_have_the_fields_of_recorded_ones(
    client: Client, path: str, name: str, rows: str | None
) -> None:
    data, sample = await get(client, path), recorded(name)["body"]
    assert set(data) == set(sample)
    if rows is not None:
        assert set(sample[rows][0]) <= set(data[rows][0])
        assert data[rows]


async def test_the_configuration_is_as_recorded(client: Client) -> None:
    assert await get(client, "configuration") == recorded("configuration")["body"]


@pytest.mark.parametrize(
    ("path", "key", "name"),
    [
        ("configuration", "wrong", "bad_key"),
        ("list/8101", "", "bad_key"),
        ("movie/0", DEMO_KEY, "not_found"),
        ("tv/1", DEMO_KEY, "not_found"),
        ("list/1", DEMO_KEY, "not_found"),
        ("collection/1", DEMO_KEY, "not_found"),
        ("nonsense", DEMO_KEY, "not_found"),
    ],
)
async def test_a_refusal_is_as_recorded(client: Client, path: str, key: str, name: str) -> None:
    sample = recorded(name)
    async with client.get(f"/3/{path}", params={"api_key": key}) as response:
        assert (response.status, await response.json()) == (sample["status"], sample["body"])


async def test_a_token_is_taken_in_place_of_a_key(aiohttp_client: AiohttpClient) -> None:
    client = await aiohttp_client(TmdbStandIn("eyJ.token", bearer=True, titles=[]).app)
    for headers, status in (({"Authorization": "Bearer eyJ.token"}, 200), ({}, 401)):
        async with client.get("/3/authentication", headers=headers) as response:
            assert response.status == status
    async with client.get("/3/authentication", params={"api_key": "eyJ.token"}) as response:
        assert response.status == 401


async def test_pages_go_through_the_whole_of_it(client: Client) -> None:
    seen: list[int] = []
    for page in ("1", "2", "3"):
        data = await get(client, "movie/popular", page=page)
        assert (data["page"], data["total_pages"], data["total_results"]) == (int(page), 3, 45)
        seen += [row["id"] for row in data["results"]]
    assert seen == list(range(1, 46))
    assert (await get(client, "movie/popular", page="4"))["results"] == []


@pytest.mark.parametrize("page", ["0", "501", "x", "-1"])
async def test_a_page_that_there_cannot_be_is_refused(client: Client, page: str) -> None:
    assert (await get(client, "movie/popular", page=page))["status_code"] == 22


async def test_a_private_list_is_refused(client: Client, stand_in: TmdbStandIn) -> None:
    number = stand_in.add_list("Mine", films(1), private=True)
    assert (await get(client, f"list/{number}"))["status_code"] == 39


async def test_details_bring_what_was_to_be_appended(client: Client) -> None:
    show = await get(client, "tv/92749", append_to_response="external_ids")
    assert (show["name"], show["external_ids"]["tvdb_id"]) == ("Moon Knight", 368611)
    film = await get(client, "movie/3")
    assert (film["imdb_id"], film["genres"]) == ("tt0000003", [{"id": 27, "name": "Horror"}])
    assert "external_ids" not in film


async def test_titles_are_found_by_the_ids_of_others(client: Client) -> None:
    show = await get(client, "find/368611", external_source="tvdb_id")
    assert [row["id"] for row in show["tv_results"]] == [92749]
    assert (await get(client, "find/tt9", external_source="imdb_id"))["movie_results"] == []
    assert (await get(client, "find/tt9", external_source="magic"))["status_code"] == 6


async def test_a_search_filters_and_sorts(client: Client) -> None:
    found = await get(
        client, "discover/movie", with_genres="27", sort_by="vote_average.desc", year="x"
    )
    assert [row["id"] for row in found["results"]][:3] == [45, 42, 39]
    either = await get(client, "discover/movie", with_genres="27|18")
    both = await get(client, "discover/movie", with_genres="27,18")
    assert (either["total_results"], both["total_results"]) == (45, 0)
    good = await get(client, "discover/movie", **{"vote_average.gte": "4.4"})
    assert [row["id"] for row in good["results"]] == [44, 45]


async def test_the_best_rated_come_first(client: Client) -> None:
    assert (await get(client, "movie/top_rated"))["results"][0]["id"] == 45


async def test_names_are_searched_among_all_or_among_one_kind(client: Client) -> None:
    found = await get(client, "search/multi", query="moon")
    assert [row["media_type"] for row in found["results"]] == ["tv", "person"]
    assert (await get(client, "search/movie", query="moon"))["results"] == []
    (series,) = (await get(client, "search/collection", query="film"))["results"]
    assert series["id"] == 131201


async def test_genres_have_the_numbers_of_their_kind(client: Client) -> None:
    shows = (await get(client, "genre/tv/list"))["genres"]
    assert {"id": 10765, "name": "Sci-Fi & Fantasy"} in shows
    films = (await get(client, "genre/movie/list"))["genres"]
    assert {"id": 878, "name": "Science Fiction"} in films


async def test_a_picture_is_drawn_of_a_known_title_alone(client: Client) -> None:
    for path, status in (("/t/p/w500/demo-7.jpg", 200), ("/t/p/w500/demo-999.jpg", 404)):
        async with client.get(path) as response:
            assert response.status == status
    async with client.get("/t/p/w500/other.jpg") as response:
        assert response.status == 404


async def test_a_fault_can_be_ordered_and_requests_looked_at(client: Client) -> None:
    body = json.dumps(recorded("over_limit")["body"])
    order = {"path": "/list/", "status": 429, "body": body, "content_type": "application/json"}
    async with client.post("/_control/faults", json=order) as response:
        assert response.status == 201
    assert (await get(client, "list/8101"))["status_code"] == 25
    assert (await get(client, "list/8101"))["name"] == "Sample"
    async with client.get("/_control/requests") as response:
        told = (await response.json())["requests"]
    assert [(one["path"], one["status"]) for one in told] == [
        ("/3/list/8101", 429),
        ("/3/list/8101", 200),
    ]


async def test_the_demo_knows_each_title_of_the_catalogue_once(
    aiohttp_client: AiohttpClient,
) -> None:
    stand_in = TmdbStandIn()
    demo_lists(stand_in)
    marks = [(one.word, one.id) for one in stand_in.known]
    wanted = {(one.title.kind, one.title.ids.tmdb) for one in load()}
    assert len(marks) == len(set(marks)) == len(wanted)
    assert stand_in.known[0].genres
    assert all(one.titles for one in [*stand_in.lists.values(), *stand_in.series.values()])
    client = await aiohttp_client(stand_in.app)
    assert (await get(client, "tv/popular"))["results"]
