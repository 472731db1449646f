"""/sources: MDBList's account, its lists, and what it says when it is unwell."""

import pytest
from pydantic import SecretStr

from collectarr.demo.mdblist import DEMO_KEY, MdbListStandIn
from tests.api.conftest import Town
from tests.conftest import MakeClient
from tests.flows.world import film, served
from tests.people import problem, services_of, sign_up


async def test_a_key_is_kept_once_it_proved_good_and_is_never_told(town: Town) -> None:
    state = await town.anna.get("/sources/mdblist/account")
    assert (state["connected"], state["by"]) == (True, "user")
    assert state["username"]
    assert state["quota"]["limit"] > 0
    assert "demo-mdblist-key" not in str(state)
    assert (await town.anna.call("DELETE", "/sources/mdblist/account")).status == 204
    state = await town.anna.get("/sources/mdblist/account")
    assert (state["connected"], state["by"], state["quota"]) == (False, None, None)


async def test_a_wrong_key_is_refused_and_the_old_one_stays(town: Town) -> None:
    response = await town.anna.call("PUT", "/sources/mdblist/account", {"key": "wrong"})
    await problem(response, 422, "key")
    assert (await town.anna.get("/sources/mdblist/account"))["connected"]


async def test_lists_are_found_by_search_and_among_ones_own(town: Town) -> None:
    for path in ("/search?query=films", "/mine", "/mine?query=FILM"):
        lists = (await town.anna.get(f"/sources/mdblist{path}"))["items"]
        assert [one["reference"] for one in lists] == ["demo/films"], path
    assert (await town.anna.get("/sources/mdblist/mine?query=zebra"))["total"] == 0
    assert (await town.anna.get("/sources/mdblist/search"))["total"] == 0
    assert (await town.anna.get("/sources/mdblist/top"))["page"] == 1


@pytest.mark.parametrize("reference", ["demo/films", "demo%2Ffilms"])
async def test_a_list_and_its_titles_are_shown_by_user_and_name(town: Town, reference: str) -> None:
    path = f"/sources/mdblist/lists/{reference}"
    shown = await town.anna.get(path)
    assert (shown["reference"], shown["name"], shown["item_count"]) == ("demo/films", "Films", 10)
    items = await town.anna.get(f"{path}/items?per_page=3&page=2")
    assert [row["rank"] for row in items["items"]] == [4, 5, 6]
    assert items["items"][0]["ids"]["imdb"] == "tt0000004"


async def test_a_list_is_shown_by_its_number(town: Town) -> None:
    number = town.mdblist.shelf.called("demo", "films")[0].id
    shown = await town.anna.get(f"/sources/mdblist/lists/{number}")
    assert shown["name"] == "Films"
    items = await town.anna.get(f"/sources/mdblist/lists/{number}/items")
    assert items["total"] == 10


async def test_a_list_that_is_not_there_is_told(town: Town) -> None:
    response = await town.anna.call("GET", "/sources/mdblist/lists/demo/nothing")
    await problem(response, 404, "not_found")
    response = await town.anna.call("GET", "/sources/mdblist/lists/demo/nothing/items")
    await problem(response, 404, "not_found")


async def test_without_a_key_one_is_asked_for(town: Town) -> None:
    ben = await sign_up(town.client, "ben", "user")
    response = await ben.call("GET", "/sources/mdblist/mine")
    await problem(response, 422, "key_needed")


async def test_a_source_that_is_down_is_told_with_when_to_come_back(town: Town) -> None:
    headers = {"Retry-After": "1800"}
    town.mdblist.fail(r"/lists/top", status=429, headers=headers, times=None)
    response = await town.anna.call("GET", "/sources/mdblist/top")
    assert response.status == 503
    assert int(response.headers["Retry-After"]) >= 1800


async def test_the_lists_behind_the_installation_s_key_are_for_administrators(
    make_client: MakeClient,
) -> None:
    mdblist = MdbListStandIn()
    mdblist.add_list("demo", "films", "Films", [film(1)])
    async with served(mdblist.app) as url:
        client = await make_client(mdblist_url=url, mdblist_api_key=SecretStr(DEMO_KEY))
        anna, ben = await sign_up(client, "anna"), await sign_up(client, "ben", "user")
        assert (await anna.get("/sources/mdblist/mine"))["total"] == 1
        await problem(await ben.call("GET", "/sources/mdblist/mine"), 422, "key_needed")


async def test_an_answer_that_could_not_be_read_anew_says_why(town: Town) -> None:
    path = "/sources/mdblist/lists/demo/films"
    assert (await town.anna.get(f"{path}/items"))["problem"] is None
    assert (await town.anna.get("/sources/mdblist/mine"))["items"][0]["problem"] is None
    browsing, user_id = services_of(town.client).browsing, town.anna.id
    browsing.refresh(user_id, "mdblist", "rows", "demo/films")
    browsing.refresh(user_id, "mdblist", "shelf", "mine")
    town.mdblist.fail("/lists", status=400, times=None)
    items = await town.anna.get(f"{path}/items")
    assert "MDBList" in items["problem"]
    assert (items["total"], items["short_by"]) == (10, 0)
    assert "MDBList" in (await town.anna.get(f"{path}?coverage=true"))["problem"]
    assert "MDBList" in (await town.anna.get("/sources/mdblist/mine"))["items"][0]["problem"]
