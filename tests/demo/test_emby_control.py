"""The Emby stand-in: steering it from outside, faults, and what was asked of it."""

from typing import Any

import aiohttp
import pytest

from collectarr.demo.emby import PROFILE_32, EmbyStandIn, running


async def test_an_item_put_in_by_control_is_there_and_told_at_once(open_emby: Any) -> None:
    wire = await open_emby(event_seconds=3600)
    async with wire.session.ws_connect(
        f"{wire.url}/embywebsocket?api_key={wire.emby.token()}"
    ) as ws:
        reply = await wire.call(
            "POST",
            "/_control/items",
            token=None,
            json={
                "kind": "movie",
                "title": "Film",
                "year": 1999,
                "ids": {"imdb": "tt0000001", "tmdb": 5},
            },
        )
        assert reply.status == 201
        film = reply.json["id"]
        assert (await ws.receive_json())["Data"]["ItemsAdded"] == [film]
        gone = await wire.call("DELETE", f"/_control/items/{film}", token=None)
        assert gone.status == 204
        assert (await ws.receive_json())["Data"]["ItemsRemoved"] == [film]
    assert wire.emby.items == []


async def test_a_show_goes_to_the_first_library_of_shows(open_emby: Any) -> None:
    wire = await open_emby()
    body = {"kind": "show", "title": "Show", "ids": {"tvdb": 7}}
    film = (await wire.call("POST", "/_control/items", json=body)).json["id"]
    item = wire.emby.item(film)
    assert wire.emby.core.state.libraries[item.library_id].name == "TV"
    assert item.provider_ids == {"Tvdb": "7"}


@pytest.mark.parametrize("body", [{"kind": "song", "title": "x"}, {"kind": "movie"}, ["x"]])
async def test_control_refuses_what_is_no_film_or_show(open_emby: Any, body: Any) -> None:
    wire = await open_emby()
    assert (await wire.call("POST", "/_control/items", json=body)).status == 400


async def test_requests_are_told_with_their_answers_and_control_is_not_among_them(
    open_emby: Any,
) -> None:
    wire = await open_emby()
    await wire.get("/emby/Items", Recursive=True, Limit=1)
    await wire.call("POST", "/Collections", token=None, Name="A")
    rows = (await wire.get("/_control/requests", token=None)).json["requests"]
    assert rows == [
        {
            "method": "GET",
            "path": "/emby/Items",
            "query": {"Recursive": "true", "Limit": "1"},
            "status": 200,
        },
        {"method": "POST", "path": "/Collections", "query": {"Name": "A"}, "status": 401},
    ]
    assert (await wire.call("DELETE", "/_control/requests")).status == 204
    assert wire.emby.requests == []


async def test_a_fault_answers_as_often_as_told(open_emby: Any) -> None:
    wire = await open_emby()
    wire.emby.fail(r"/System/Info$", status=503, body="down", times=2)
    statuses = [(await wire.get("/emby/System/Info")).status for _ in range(3)]
    assert statuses == [503, 503, 200]
    assert (await wire.get("/System/Info/Public")).status == 200


async def test_a_fault_can_be_put_in_and_cleared_from_outside(open_emby: Any) -> None:
    wire = await open_emby()
    fault = {"path": "/Items", "method": "GET", "status": 502, "times": None}
    assert (await wire.call("POST", "/_control/faults", json=fault)).status == 201
    assert [(await wire.get("/Items")).status for _ in range(2)] == [502, 502]
    await wire.call("DELETE", "/_control/faults")
    assert (await wire.get("/Items")).status == 200


@pytest.mark.parametrize("fault", [{"pth": "x"}, {"path": "("}])
async def test_a_fault_that_is_none_is_refused(open_emby: Any, fault: Any) -> None:
    wire = await open_emby()
    assert (await wire.call("POST", "/_control/faults", json=fault)).status == 400


async def test_a_create_can_fail_although_it_happened(open_emby: Any) -> None:
    wire = await open_emby()
    film = wire.emby.add_item("movie", "Film")
    wire.emby.fail("/Collections$", method="POST", status=500, body="Oops", happens=True)
    reply = await wire.call("POST", "/Collections", Name="A", Ids=film)
    assert (reply.status, reply.text) == (500, "Oops")
    assert wire.emby.members(wire.emby.box_set("A").id) == [film]


async def test_a_plain_fault_means_that_nothing_happened(open_emby: Any) -> None:
    wire = await open_emby()
    film = wire.emby.add_item("movie", "Film")
    wire.emby.fail("/Collections$", method="POST", status=500)
    await wire.call("POST", "/Collections", Name="A", Ids=film)
    assert wire.emby.box_sets == []


async def test_an_answer_can_be_cut_off(open_emby: Any) -> None:
    wire = await open_emby()
    wire.emby.fail("/System/Info$", cut=True)
    with pytest.raises(aiohttp.ClientError):
        await wire.get("/System/Info")
    assert wire.emby.requests[-1]["status"] == 0
    assert (await wire.get("/System/Info")).status == 200


async def test_an_answer_can_be_half_of_it(open_emby: Any) -> None:
    wire = await open_emby(PROFILE_32)
    whole = (await wire.get("/Users")).text
    wire.emby.fail("/Users$", short=True)
    half = (await wire.get("/Users")).text
    assert whole.startswith(half)
    assert 0 < len(half) < len(whole)


async def test_a_fault_can_be_limited_to_a_query(open_emby: Any) -> None:
    wire = await open_emby()
    wire.emby.fail("/Items$", query="BoxSet", status=500)
    assert (await wire.get("/Items", IncludeItemTypes="Movie")).status == 200
    assert (await wire.get("/Items", IncludeItemTypes="BoxSet")).status == 500


async def test_a_server_that_went_down_comes_up_again_with_all_it_had() -> None:
    emby = EmbyStandIn()
    emby.add_library("Movies")
    emby.add_item("movie", "Film")
    for _ in range(2):
        async with running(emby) as url, aiohttp.ClientSession() as session:
            answer = await session.get(f"{url}/Items?Recursive=true&api_key={emby.api_key}")
            assert [row["Name"] for row in (await answer.json())["Items"]] == ["Film"]
