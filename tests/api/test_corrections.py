"""Corrections through the API: said, checked, listed, taken back; each of one's own."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from collectarr.store import corrections as stored
from tests.conftest import MakeClient
from tests.flows.world import own, show
from tests.people import Person, problem, services_of, sign_up
from tests.town import Town, town_of

WHICH = {"kind": "movie", "title": "Film 8", "year": 2000, "ids": {"imdb": "tt0000008"}}


@pytest.fixture
async def town(make_client: MakeClient) -> AsyncIterator[Town]:
    async with town_of(make_client) as town:
        town.emby.add_library("Series", "tvshows", "/media/Series")
        own(town.emby, show(1))
        yield town


async def refused(who: Person, body: dict[str, Any], field: str, words: str) -> None:
    response = await who.call("POST", "/corrections", body)
    error = (await response.json())["error"]
    assert response.status == 400, error
    assert words in error["message"]
    assert field in str(error["details"].get("fields", ""))


async def test_what_cannot_be_is_refused_and_the_rest_is_kept(town: Town) -> None:
    collection = await town.synced()
    anna, films, shows = town.anna, town.emby.items[0].id, town.emby.items[-1].id
    pin = {"act": "pin", "title": WHICH, "server_id": 1, "item_ids": [films]}

    await refused(anna, {**pin, "item_ids": [shows]}, "item_ids", "is a show in Emby, and the list")
    await refused(anna, {**pin, "item_ids": ["99999"]}, "item_ids", "There is no such item on")
    await refused(anna, {**pin, "item_ids": ["' OR 1"]}, "", "the ids of items in Emby")
    await refused(anna, {**pin, "server_id": None}, "", "needs server_id")
    await refused(anna, {"act": "exclude", "title": {"kind": "movie"}}, "title", "too little")
    means = {"act": "map", "title": WHICH}
    await refused(anna, {**means, "to": "nonsense"}, "to", "This names no title.")
    await refused(anna, {**means, "to": WHICH}, "to", "That is the title itself.")
    await refused(anna, means, "", "needs to")
    await problem(
        await anna.call("POST", "/corrections", {**pin, "server_id": 7}), 404, "not_found"
    )

    made = await anna.post("/corrections", pin, status=201)
    assert (made["found"], [one["item_id"] for one in made["items"]]) == ([films], [films])
    told = await anna.post("/corrections", {**means, "to": "tmdb:3"}, status=201)
    # Which the library knows by name; and it takes the place of the pin.
    assert told["to"]["title"] == "Film 3"
    path = f"/collections/{collection['id']}/corrections"
    assert [one["id"] for one in (await anna.get(path))["items"]] == [told["id"]]

    # The same by its place in the list; sent again it makes nothing twice.
    once = {"Idempotency-Key": "one"}
    body = {"rank": 8, "act": "exclude"}
    first = await (await anna.call("POST", path, body, headers=once)).json()
    assert await (await anna.call("POST", path, body, headers=once)).json() == first
    await problem(await anna.call("POST", path, {**body, "rank": 99}), 404, "not_found")
    listed = await anna.get("/corrections?query=film&per_page=1")
    assert (listed["total"], listed["items"]) == (1, [first])
    assert (await anna.get("/corrections?query=nothing"))["total"] == 0
    assert (await anna.call("DELETE", f"/corrections/{first['id']}")).status == 204
    await problem(await anna.call("DELETE", f"/corrections/{first['id']}"), 404, "not_found")
    actions = [one["action"] for one in (await anna.get("/audit"))["items"]]
    assert (actions.count("correction_made"), actions.count("correction_removed")) == (3, 1)


async def test_what_one_says_is_nothing_to_another(town: Town) -> None:
    await town.synced()
    ben = await sign_up(town.client, "ben", "administrator")
    await town.add_server(ben)
    his = await town.add_collection(ben)
    await town.ended(his["last_run_id"], ben)
    pin = {"act": "pin", "title": WHICH, "server_id": 1, "item_ids": [town.emby.items[0].id]}
    await town.anna.post("/corrections", pin, status=201)
    await problem(await ben.call("POST", "/corrections", pin), 404, "not_found")
    assert (await ben.get("/corrections"))["total"] == 0
    started = await ben.post(f"/collections/{his['id']}/sync", status=202)
    run = await town.ended(started["run_id"], ben)
    missing = (await ben.get(f"/collections/{his['id']}/missing"))["items"]
    assert [one["title"] for one in missing] == ["Film 8", "Film 9", "Film 10"]
    assert run["changes"] == []


async def test_a_pin_per_server_and_no_more_than_fit(town: Town) -> None:
    await town.synced()
    anna, db = town.anna, services_of(town.client).db
    pin = {"act": "pin", "title": WHICH, "server_id": 1, "item_ids": [town.emby.items[0].id]}
    await anna.post("/corrections", {"act": "exclude", "title": WHICH}, status=201)
    await anna.post("/corrections", pin, status=201)
    again = await anna.post("/corrections", pin, status=201)
    # Of that server the last pin; elsewhere it is still never matched.
    kept = (await anna.get("/corrections"))["items"]
    assert [(one["act"], one["id"] == again["id"]) for one in kept] == [
        ("pin", True),
        ("exclude", False),
    ]
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO corrections (user_id, act, title, created_at) WITH RECURSIVE n(i) AS"
            " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT ?, 'exclude',"
            " json_object('kind', 'movie', 'title', 'T' || i, 'year', 2000, 'original_title', NULL,"
            " 'ids', json_object('tmdb', 1000 + i)), '2026-01-01T00:00:00+00:00' FROM n",
            *(stored.MOST_CORRECTIONS - 2, anna.id),
        )
    other = {"act": "exclude", "title": {**WHICH, "ids": {"tmdb": 9}, "title": "Film 9"}}
    await problem(await anna.call("POST", "/corrections", other), 409, "too_many_corrections")
    await anna.post("/corrections", pin, status=201)
    page = await anna.get("/corrections?query=T49&per_page=500")
    assert page["total"] == 110
