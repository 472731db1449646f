"""The MDBList stand-in answers as MDBList was seen to answer."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient
from pytest_aiohttp import AiohttpClient

from collectarr.demo.mdblist import DEMO_KEY, MdbListStandIn
from collectarr.demo.mdblist.lists import demo_lists
from collectarr.models import Ids, Kind, Title

RECORDED = Path(__file__).parent.parent / "fixtures" / "mdblist"
KEY = {"apikey": DEMO_KEY}
Client = TestClient[Any, Any]


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())


def films(count: int) -> list[Title]:
    return [Title(Kind.MOVIE, f"Film {n}", 2000, Ids(f"tt{n:07d}", n)) for n in range(1, count + 1)]


@pytest.fixture
def stand_in() -> MdbListStandIn:
    made = MdbListStandIn()
    made.add_list("ann", "best", "The best", films(5), mediatype="movie", likes=3)
    return made


@pytest.fixture
async def client(aiohttp_client: AiohttpClient, stand_in: MdbListStandIn) -> Client:
    return await aiohttp_client(stand_in.app)


async def get(client: Client, path: str, **params: str) -> Any:
    async with client.get(path, params={**KEY, **params}) as response:
        return await response.json()


@pytest.mark.parametrize(
    ("path", "name", "missing"),
    [
        ("/lists/user", "my_lists", set()),
        ("/lists/user?unified=true", "my_lists_unified", set()),
        ("/lists/user/ann", "lists_of_user", set()),
        ("/lists/101", "list_by_id", set()),
        ("/lists/ann/best", "list_twins", set()),
        ("/lists/top", "top", set()),
        ("/lists/search?query=best", "search", set()),
        ("/lists/ann/best/items?unified=true&append_to_response=genres,poster,ratings",
         "items_unified", set()),
        ("/external/lists/user", "external_lists", set()),
        ("/external/lists/501/items?unified=true", "external_items", set()),
        ("/lists/ann/best/json", "keyless", set()),
    ],
)  # fmt: skip
async def test_rows_have_the_fields_of_recorded_ones(
    client: Client, stand_in: MdbListStandIn, path: str, name: str, missing: set[str]
) -> None:
    stand_in.add_list("demo", "mine", "Mine", films(2))
    stand_in.add_external("demo", "Elsewhere", films(2))
    data = await get(client, path)
    assert data
    assert set(data[0]) == set(recorded(name)["body"][0]) - missing


async def test_a_split_page_and_its_headers_are_as_recorded(client: Client) -> None:
    sample = recorded("items_split_1")
    async with client.get("/lists/ann/best/items", params={**KEY, "limit": "3"}) as response:
        data = await response.json()
        assert set(data) == set(sample["body"])
        assert set(data["movies"][0]) == set(sample["body"]["movies"][0])
        assert data["pagination"] == sample["body"]["pagination"]
        for header in sample["headers"].keys() - {"X-RateLimit-Remaining", "X-RateLimit-Reset"}:
            assert response.headers[header].startswith(sample["headers"][header])


@pytest.mark.parametrize("forward", ["cursor", "offset"])
async def test_pages_by_cursor_and_by_offset_go_through_the_whole_list(
    client: Client, forward: str
) -> None:
    seen: list[int] = []
    params = {**KEY, "unified": "true", "limit": "2"}
    while len(seen) < 5:
        async with client.get("/lists/ann/best/items", params=params) as response:
            seen += [row["id"] for row in await response.json()]
            more = response.headers["X-Has-More"] == "true"
            assert more == ("X-Next-Cursor" in response.headers) == (len(seen) < 5)
            by_offset = forward == "offset"
            params[forward] = str(len(seen)) if by_offset else response.headers.get(
                "X-Next-Cursor", ""
            )  # fmt: skip
    assert seen == [1, 2, 3, 4, 5]


async def test_a_page_is_never_larger_than_a_thousand(
    client: Client, stand_in: MdbListStandIn
) -> None:
    stand_in.add_list("ann", "long", "Long", films(1200))
    assert len(await get(client, "/lists/ann/long/items", unified="true", limit="5000")) == 1000


async def test_a_cursor_that_is_none_is_refused(client: Client) -> None:
    async with client.get("/lists/ann/best/items", params={**KEY, "cursor": "nonsense"}) as answer:
        assert answer.status == 400


async def test_extras_come_only_when_asked_for(client: Client) -> None:
    plain = await get(client, "/lists/ann/best/items", unified="true")
    assert not {"genres", "poster", "ratings"} & set(plain[0])


async def test_a_wrong_key_is_refused_as_recorded(client: Client) -> None:
    sample = recorded("bad_key")
    async with client.get("/lists/user", params={"apikey": "wrong"}) as response:
        assert (response.status, await response.json()) == (sample["status"], sample["body"])


async def test_an_unknown_list_is_not_found_as_recorded(client: Client) -> None:
    sample = recorded("not_found")
    async with client.get("/lists/99999999", params=KEY) as response:
        assert (response.status, await response.json()) == (sample["status"], sample["body"])


async def test_each_request_with_a_key_costs_quota_until_it_is_used_up(
    client: Client, stand_in: MdbListStandIn
) -> None:
    stand_in.quota = 2
    for left in ("1", "0"):
        async with client.get("/lists/user", params=KEY) as response:
            assert (response.status, response.headers["X-RateLimit-Remaining"]) == (200, left)
    async with client.get("/lists/user", params=KEY) as response:
        assert (response.status, await response.json()) == (429, recorded("daily_limit")["body"])
        assert 0 < int(response.headers["Retry-After"]) <= 86_401
        reset = datetime.fromtimestamp(int(response.headers["X-RateLimit-Reset"]), UTC)
        assert (reset.hour, reset.minute) == (0, 0)


async def test_the_account_costs_nothing_and_shows_what_is_left(
    client: Client, stand_in: MdbListStandIn
) -> None:
    await get(client, "/lists/user")
    account = await get(client, "/user")
    assert account.keys() <= recorded("user")["body"].keys()
    assert (account["username"], account["rate_limit_remaining"]) == ("demo", 999)
    assert stand_in.used[DEMO_KEY] == 1


async def test_who_does_not_name_himself_is_shut_out(
    client: Client, stand_in: MdbListStandIn
) -> None:
    url = client.make_url("/lists/ann/best/json")
    async with (
        aiohttp.ClientSession(skip_auto_headers=["User-Agent"]) as session,
        session.get(url) as response,
    ):
        assert (response.status, response.content_type) == (403, "text/html")


async def test_private_lists_are_shown_to_their_owner_alone(
    client: Client, stand_in: MdbListStandIn
) -> None:
    stand_in.keys["ann-key"] = "ann"
    stand_in.add_list("ann", "secret", "Secret", films(1), private=True)
    assert "secret" not in {row["slug"] for row in await get(client, "/lists/user/ann")}
    assert (await get(client, "/lists/ann/secret"))["error"] == "Not found"
    assert len(await get(client, "/lists/ann/secret/items", apikey="ann-key", unified="true")) == 1
    assert await get(client, "/lists/ann/secret/json") == recorded("keyless_private")["body"]


async def test_an_edit_moves_the_time_of_the_last_change(
    client: Client, stand_in: MdbListStandIn
) -> None:
    async def changed_at() -> str:
        return str((await get(client, "/lists/user/ann"))[0]["last_updated_at"])

    times = [await changed_at()]
    for count in (6, 7):
        stand_in.set_items("ann", "best", films(count))
        times.append(await changed_at())
    assert sorted(set(times)) == times


async def test_a_promise_is_kept_in_listings_but_not_in_rows(
    client: Client, stand_in: MdbListStandIn
) -> None:
    stand_in.promise("best", 75)
    assert (await get(client, "/lists/user/ann"))[0]["items"] == 75
    async with client.get("/lists/ann/best/items", params={**KEY, "unified": "1"}) as response:
        assert response.headers["X-Total-Items"] == "75"
        assert len((await response.json())["movies"]) == 5


async def test_twins_are_two_rows_or_one(client: Client, stand_in: MdbListStandIn) -> None:
    shows = [Title(Kind.SHOW, "Show", 2010, Ids(tmdb=1, tvdb=1))]
    stand_in.add_list("ann", "best", "The best", shows, mediatype="show")
    assert [row["mediatype"] for row in await get(client, "/lists/ann/best")] == ["movie", "show"]
    (row,) = await get(client, "/lists/user/ann", unified="true")
    assert (row["ids"], row["items"]) == ([101, 102], 6)
    mixed = await get(client, "/lists/ann/best/items", unified="true")
    assert [row["rank"] for row in mixed] == [1, 2, 3, 4, 5, 6]
    assert len(await get(client, "/lists/ann/best/items/show", unified="true")) == 1


async def test_the_batch_finds_titles_by_any_id_and_leaves_out_the_rest(client: Client) -> None:
    async with client.post("/imdb/movie", params=KEY, json={"ids": ["tt0000002", "tt9"]}) as found:
        (row,) = await found.json()
        assert (row["title"], row["type"], row["ids"]["tmdb"]) == ("Film 2", "movie", 2)
        assert set(row) == set(recorded("batch")["body"][0])
        assert set(row["ids"]) == set(recorded("batch")["body"][0]["ids"])
    async with client.post("/tmdb/show", params=KEY, json={"ids": [2]}) as found:
        assert await found.json() == []
    async with client.post("/tmdb/any", params=KEY, json={"ids": list(range(201))}) as found:
        assert found.status == 400


async def test_the_watchlist_belongs_to_the_key(client: Client, stand_in: MdbListStandIn) -> None:
    stand_in.set_watchlist("demo", films(2))
    stand_in.keys["ann-key"] = "ann"
    rows = (await get(client, "/watchlist/items"))["movies"]
    assert len(rows) == 2
    assert set(recorded("watchlist")["body"]["movies"][0]) <= set(rows[0])
    assert (await get(client, "/watchlist/items", apikey="ann-key"))["movies"] == []


async def test_a_change_of_the_watchlist_shows_in_the_times(
    client: Client, stand_in: MdbListStandIn
) -> None:
    before = await get(client, "/sync/last_activities")
    assert set(before) == set(recorded("last_activities")["body"])
    assert before["watchlisted_at"] is None
    stand_in.set_watchlist("demo", films(2))
    assert (await get(client, "/sync/last_activities"))["watchlisted_at"] is not None


async def test_external_lists_belong_to_the_key(client: Client, stand_in: MdbListStandIn) -> None:
    number = stand_in.add_external("ann", "Elsewhere", films(2))
    assert await get(client, "/external/lists/user") == []
    for path in (f"/external/lists/{number}", f"/external/lists/{number}/items"):
        assert await get(client, path) == recorded("not_found")["body"]


async def test_requests_can_be_looked_at_and_forgotten(client: Client) -> None:
    await get(client, "/lists/user/ann")
    async with client.get("/_control/requests") as response:
        assert await response.json() == {
            "requests": [{"method": "GET", "path": "/lists/user/ann", "query": KEY, "status": 200}]
        }
    async with client.delete("/_control/requests") as response:
        assert response.status == 204
    async with client.get("/_control/requests") as response:
        assert await response.json() == {"requests": []}


async def test_a_fault_can_be_ordered_and_passes(client: Client) -> None:
    order = {"path": "/items$", "status": 503, "body": "{}", "times": 1, "delay": 0.01}
    async with client.post("/_control/faults", json=order) as response:
        assert response.status == 201
    for status in (503, 200):
        async with client.get("/lists/ann/best/items", params=KEY) as response:
            assert response.status == status


@pytest.mark.parametrize("order", [{"path": "("}, {"paht": "x"}, [1], "x"])
async def test_a_fault_that_makes_no_sense_is_refused(client: Client, order: object) -> None:
    async with client.post("/_control/faults", json=order) as response:
        assert response.status == 400


async def test_a_cut_connection_breaks_off_in_the_answer(
    client: Client, stand_in: MdbListStandIn
) -> None:
    stand_in.fail("/items$", cut=True)
    with pytest.raises(aiohttp.ClientError):
        await get(client, "/lists/ann/best/items")
    assert stand_in.requests[-1].status == 0


def test_the_demo_shows_lists_of_films_of_shows_and_of_both() -> None:
    stand_in = MdbListStandIn()
    demo_lists(stand_in)
    by_name = {(one.user, one.slug, one.mediatype): one for one in stand_in.shelf.lists}
    assert by_name["marquee", "top-100-films", "movie"].count == 100
    assert by_name["marquee", "prestige-television", "show"].rows[0]["mediatype"] == "show"
    assert ("demo", "weekend-mix", "movie") in by_name
    assert ("demo", "weekend-mix", "show") in by_name
    assert [one.slug for one in stand_in.shelf.lists if one.private] == ["to-watch-alone"]
    space = by_name["marquee", "space-science-fiction", "movie"]
    assert all("science fiction" in row["genres"] for row in space.rows)
    assert all(one.rows and one.rows[0]["poster"] for one in stand_in.shelf.lists)
    assert stand_in.shelf.watchlists["demo"]
    assert stand_in.shelf.externals
    assert stand_in.shelf.liked["demo"]
