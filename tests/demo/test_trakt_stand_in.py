"""The Trakt stand-in answers in the shapes and with the warts that Trakt is known for."""

from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from pytest_aiohttp import AiohttpClient

from collectarr.demo.trakt import DEMO_CLIENT, TraktStandIn
from collectarr.demo.trakt.lists import demo_lists
from collectarr.demo.trakt.rows import episode_row, person_row, season_row
from collectarr.models import Ids, Kind, Title

Client = TestClient[Any, Any]
KEY = {"trakt-api-key": DEMO_CLIENT}
LIST = {
    *("name", "description", "privacy", "share_link", "type", "display_numbers"),
    *("allow_comments", "sort_by", "sort_how", "created_at", "updated_at", "item_count"),
    *("comment_count", "likes", "ids", "user"),
}
ITEM = {"rank", "id", "listed_at", "notes", "type"}
SHORT = {"title", "year", "ids"}
ALL = "/items/movie,show,season,episode"


def films(count: int) -> list[Title]:
    return [Title(Kind.MOVIE, f"Film {n}", 2000, Ids(f"tt{n:07d}", n)) for n in range(1, count + 1)]


def shows(count: int) -> list[Title]:
    return [Title(Kind.SHOW, f"Show {n}", None, Ids(None, None, n)) for n in range(1, count + 1)]


@pytest.fixture
def stand_in() -> TraktStandIn:
    made = TraktStandIn()
    made.add_user("ann", "Ann")
    made.add_user("ben", "Ben", vip=True)
    made.add_list("ann", "best", "The best", films(5), likes=3)
    made.add_list("ann", "secret", "Secret", films(5), privacy="private")
    return made


@pytest.fixture
async def client(aiohttp_client: AiohttpClient, stand_in: TraktStandIn) -> Client:
    return await aiohttp_client(stand_in.app)


@pytest.fixture
def ann(stand_in: TraktStandIn) -> dict[str, str]:
    return {**KEY, "Authorization": f"Bearer {stand_in.sign_in('ann')['access_token']}"}


async def get(client: Client, path: str, headers: dict[str, str] | None = None) -> Any:
    async with client.get(path, headers=headers or KEY) as response:
        assert response.status == 200, response.status
        return await response.json()


async def status(client: Client, path: str, headers: dict[str, str] | None = None) -> int:
    async with client.get(path, headers=headers or KEY) as response:
        if response.status != 403:
            assert await response.text() == ""
        return response.status


@pytest.mark.parametrize("path", ["/users/ann/lists/best", "/lists/4001", "/users/ann/lists/4001"])
async def test_a_list_has_the_fields_of_a_real_one(client: Client, path: str) -> None:
    row = await get(client, path)
    assert set(row) == LIST
    assert row["ids"] == {"trakt": 4001, "slug": "best"}
    assert set(row["user"]) >= {"username", "private", "name", "vip", "vip_ep", "ids"}
    assert row["updated_at"].endswith("Z")


async def test_an_official_list_belongs_to_a_user_without_a_slug(
    client: Client, stand_in: TraktStandIn
) -> None:
    number = stand_in.add_list(None, "winners", "Winners", films(2))
    row = await get(client, f"/lists/{number}")
    assert (row["type"], row["user"]["ids"]) == ("official", {"slug": None})


async def test_rows_of_a_list_have_the_fields_of_real_ones(
    client: Client, stand_in: TraktStandIn
) -> None:
    show = stand_in.world.row_of(shows(1)[0])["show"]
    rows = [films(1)[0], shows(1)[0], season_row(show), episode_row(show), person_row("Robin", 1)]
    stand_in.set_items("ann", "best", rows)
    film, series, season, episode = await get(client, f"/users/ann/lists/best{ALL}/rank/asc")
    assert set(film) == ITEM | {"movie"}
    assert set(film["movie"]) == set(series["show"]) == SHORT
    assert set(film["movie"]["ids"]) == {"trakt", "slug", "imdb", "tmdb"}
    assert set(series["show"]["ids"]) == {"trakt", "slug", "tvdb", "imdb", "tmdb", "tvrage"}
    assert (series["show"]["year"], series["show"]["ids"]["imdb"]) == (None, None)
    assert set(season) == ITEM | {"season", "show"}
    assert set(episode["episode"]) == {"season", "number", "title", "ids"}
    everything = await get(client, "/users/ann/lists/best/items")
    assert [row["type"] for row in everything][-1] == "person"
    only = await get(client, "/users/ann/lists/best/items/show")
    assert [row["rank"] for row in only] == [2]


async def test_details_come_only_when_asked_for(client: Client, stand_in: TraktStandIn) -> None:
    stand_in.set_chart("movies/trending", films(1))
    [short] = await get(client, "/movies/trending")
    [full] = await get(client, "/movies/trending?extended=full")
    assert set(short["movie"]) == SHORT
    wanted = {"released", "rating", "votes", "genres", "images", "overview", "runtime"}
    assert wanted <= set(full["movie"])
    assert full["movie"]["images"]["poster"] == []


@pytest.mark.parametrize(
    ("chart", "fields"),
    [
        ("trending", {"watchers", "movie"}),
        ("popular", SHORT),
        ("anticipated", {"list_count", "movie"}),
        ("watched/weekly", {"watcher_count", "play_count", "collected_count", "movie"}),
        ("favorited/all", {"user_count", "movie"}),
    ],
)
async def test_charts_wrap_their_titles_each_in_its_own_way(
    client: Client, stand_in: TraktStandIn, chart: str, fields: set[str]
) -> None:
    stand_in.set_chart(f"movies/{chart.split('/', maxsplit=1)[0]}", films(12))
    rows = await get(client, f"/movies/{chart}")
    assert set(rows[0]) == fields
    assert len(rows) == 10


async def test_the_box_office_has_ten_rows_and_no_pages(
    client: Client, stand_in: TraktStandIn
) -> None:
    stand_in.set_chart("movies/boxoffice", films(12))
    async with client.get("/movies/boxoffice?limit=3", headers=KEY) as response:
        rows = await response.json()
        assert not [name for name in response.headers if name.startswith("X-Pagination")]
    assert (len(rows), set(rows[0])) == (10, {"revenue", "movie"})


@pytest.mark.parametrize(
    ("query", "rows", "limit", "count"),
    [
        ("", 100, "100", "6"),
        ("?limit=250", 250, "250", "3"),
        ("?limit=1000", 250, "250", "3"),
        ("?limit=all", 100, "100", "6"),
        ("?page=3&limit=250", 100, "250", "3"),
        ("?page=4&limit=250", 0, "250", "3"),
    ],
)
async def test_pages_are_clamped_without_a_word_and_counted_in_headers(
    client: Client, stand_in: TraktStandIn, query: str, rows: int, limit: str, count: str
) -> None:
    stand_in.set_items("ann", "best", films(600))
    async with client.get(f"/users/ann/lists/best/items{query}", headers=KEY) as response:
        assert len(await response.json()) == rows
        assert response.headers["X-Pagination-Limit"] == limit
        assert response.headers["X-Pagination-Page-Count"] == count
        assert response.headers["X-Pagination-Item-Count"] == "600"
        assert response.headers["X-Sort-By"] == "rank"


async def test_who_does_not_say_what_he_is_gets_a_web_page(client: Client) -> None:
    async with client.session.get(
        client.make_url("/lists/4001"), headers=KEY, skip_auto_headers=["User-Agent"]
    ) as response:
        assert (response.status, response.content_type) == (403, "text/html")
        assert response.headers["Server"] == "cloudflare"


async def test_the_key_of_the_application_is_wanted_everywhere(client: Client) -> None:
    for headers in ({"trakt-api-key": "other"}, {"x": "y"}):
        assert await status(client, "/movies/trending", headers) == 403


async def test_an_unknown_or_expired_token_is_refused_even_for_public_things(
    client: Client, stand_in: TraktStandIn, ann: dict[str, str]
) -> None:
    assert await status(client, "/lists/4001", {**KEY, "Authorization": "Bearer x"}) == 401
    await get(client, "/users/me/lists", ann)
    stand_in.sessions.expire("ann")
    assert await status(client, "/users/me/lists", ann) == 401


async def test_what_is_private_is_not_there_for_others(
    client: Client, stand_in: TraktStandIn, ann: dict[str, str]
) -> None:
    stand_in.add_user("zoe", private=True)
    stand_in.add_list("zoe", "mine", "Mine", films(1))
    for path in ("/users/ann/lists/secret", "/lists/4002", "/lists/4002/items", "/lists/99",
                 "/users/zoe/lists/mine", "/users/zoe/watchlist", "/nothing"):  # fmt: skip
        assert await status(client, path) == 404
    assert (await get(client, "/users/ann/lists/secret", ann))["privacy"] == "private"
    assert len(await get(client, "/users/ann/lists")) == 1
    assert len(await get(client, "/users/me/lists", ann)) == 2
    for path in ("/users/me/lists", "/sync/last_activities", "/users/ann/favorites"):
        assert await status(client, path) == 401


async def test_settings_tell_name_plan_and_limits(client: Client, ann: dict[str, str]) -> None:
    body = await get(client, "/users/settings", ann)
    assert set(body) == {"user", "account", "limits", "permissions"}
    assert body["user"]["ids"]["slug"] == "ann"
    assert body["limits"]["watchlist"] == {"item_count": 250}


async def test_a_change_moves_its_own_activity_and_no_other(
    client: Client, stand_in: TraktStandIn, ann: dict[str, str]
) -> None:
    changes = {
        ("watchlist", "updated_at"): lambda: stand_in.set_watchlist("ann", films(2)),
        ("favorites", "updated_at"): lambda: stand_in.set_favourites("ann", films(2)),
        ("movies", "collected_at"): lambda: stand_in.set_collection("ann", films(2)),
        ("lists", "updated_at"): lambda: stand_in.set_items("ann", "best", films(2)),
        ("lists", "liked_at"): lambda: stand_in.like("ann", 4001),
    }
    before = await get(client, "/sync/last_activities", ann)
    for (group, name), change in changes.items():
        change()
        after = await get(client, "/sync/last_activities", ann)
        assert after[group][name] > before[group][name]
        assert after["all"] > before["all"]
        assert after["account"] == before["account"]
        before = after


async def test_collections_have_shapes_of_their_own(
    client: Client, stand_in: TraktStandIn, ann: dict[str, str]
) -> None:
    stand_in.set_collection("ann", [*films(2), *shows(1)])
    movies = await get(client, "/sync/collection/movies", ann)
    [show] = await get(client, "/users/ann/collection/shows")
    assert set(movies[0]) == {"collected_at", "updated_at", "movie"}
    assert set(show) == {"last_collected_at", "last_updated_at", "show", "seasons"}


async def test_lists_people_like_are_found_and_searched(
    client: Client, stand_in: TraktStandIn, ann: dict[str, str]
) -> None:
    stand_in.like("ann", 4001)
    [liked] = await get(client, "/users/likes/lists", ann)
    assert set(liked) == {"liked_at", "type", "list"}
    [popular] = await get(client, "/lists/popular")
    assert (set(popular), popular["like_count"]) == ({"like_count", "comment_count", "list"}, 3)
    [found] = await get(client, "/search/list?query=BEST")
    assert set(found) == {"type", "score", "list"}


async def test_titles_are_searched_and_looked_up(client: Client) -> None:
    [found] = await get(client, "/search/movie,show?query=film 3")
    assert set(found) == {"type", "score", "movie"}
    [known] = await get(client, "/search/imdb/tt0000003?type=movie")
    assert known["movie"] == found["movie"]
    assert await get(client, "/search/tmdb/3?type=show") == []


async def test_faults_and_the_log_are_steered_from_outside(client: Client) -> None:
    order = {"path": "/lists/", "status": 423, "headers": {"X-Account-Locked": "true"}}
    async with client.post("/_control/faults", json=order) as response:
        assert response.status == 201
    assert await status(client, "/lists/4001") == 423
    async with client.get("/_control/requests") as response:
        [seen] = (await response.json())["requests"]
    assert (seen["path"], seen["status"]) == ("/lists/4001", 423)


async def test_the_lists_of_the_demo_are_all_there(
    aiohttp_client: AiohttpClient,
) -> None:
    made = TraktStandIn()
    demo_lists(made)
    client = await aiohttp_client(made.app)
    token = made.sign_in("demo")["access_token"]
    demo = {**KEY, "Authorization": f"Bearer {token}"}
    assert len(await get(client, "/users/me/lists", demo)) == 2
    assert len(await get(client, "/users/likes/lists", demo)) == 2
    for path in ("/sync/watchlist", "/sync/favorites", "/sync/collection/movies",
                 "/sync/collection/shows", "/recommendations/movies", "/movies/trending",
                 "/shows/popular", "/movies/boxoffice", "/shows/watched/weekly"):  # fmt: skip
        assert await get(client, path, demo), path
    mixed = await get(client, "/users/demo/lists/rainy-sunday/items?limit=250")
    assert {row["type"] for row in mixed} == {"movie", "show", "season", "episode", "person"}
