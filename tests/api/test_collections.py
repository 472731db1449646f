"""/collections: made, shown, changed, synced, previewed and deleted."""

from typing import Any

import pytest

from collectarr.api.collections import wait_until_free
from collectarr.errors import ConflictError
from tests.api.conftest import Town
from tests.flows.world import film
from tests.people import problem, services_of


async def test_a_new_collection_is_synced_at_once(town: Town) -> None:
    collection = await town.synced()
    assert collection["name"] == "Films"
    assert (collection["enabled"], collection["mode"], collection["interval_hours"]) == (
        True,
        "keep",
        24,
    )
    assert collection["status"] == "SUCCESS", collection["message"]
    assert collection["last_synced_at"].endswith(("Z", "+00:00"))
    assert collection["coverage"] == {"owned": 7, "total": 10, "by_server": {"1": 7}}
    box = town.emby.box_set("Films")
    assert box is not None
    assert len(town.emby.members(box.id)) == 7
    assert collection["targets"][0]["box_set_id"] == box.id


async def test_one_that_is_not_enabled_waits(town: Town) -> None:
    await town.add_server()
    collection = await town.add_collection(enabled=False)
    assert (collection["status"], collection["next_sync_at"]) == (None, None)
    await problem(await town.anna.call("POST", "/sync", {}), 409, "nothing_to_do")
    started = await town.anna.post(f"/collections/{collection['id']}/sync", status=202)
    run = await town.ended(started["run_id"])
    assert (run["status"], run["trigger"]) == ("SUCCESS", "manual")


async def test_titles_tell_where_they_are_and_why(town: Town) -> None:
    collection = await town.synced()
    path = f"/collections/{collection['id']}"
    items = await town.anna.get(f"{path}/items", params={"per_page": 4, "page": 2})
    assert (items["total"], items["page"], items["per_page"]) == (10, 2, 4)
    assert [item["rank"] for item in items["items"]] == [5, 6, 7, 8]
    first, last = items["items"][0], items["items"][-1]
    assert first["ids"] == {"imdb": "tt0000005", "tmdb": 5, "tvdb": None, "trakt": None}
    assert first["kind"] == "movie"
    assert first["servers"][0]["matched_by"]
    assert len(first["servers"][0]["item_ids"]) == 1
    assert (first["in_library"], last["in_library"]) == (True, False)
    missing = await town.anna.get(f"{path}/missing")
    assert [item["rank"] for item in missing["items"]] == [8, 9, 10]
    found = await town.anna.get(f"{path}/items", params={"query": "film 7"})
    assert [item["title"] for item in found["items"]] == ["Film 7"]


async def test_its_numbers_add_up(town: Town) -> None:
    collection = await town.synced()
    stats = await town.anna.get(f"/collections/{collection['id']}/stats")
    assert (stats["total"], stats["owned"], stats["missing"]) == (10, 7, 3)
    assert stats["coverage_percent"] == 70.0
    assert sum(stats["matched_by"].values()) == 7
    numbers = await town.anna.get("/stats")
    assert (numbers["collections"], numbers["missing"], numbers["running"]) == (1, 3, 0)
    assert all(not isinstance(value, dict | list) for value in numbers.values())


async def test_a_preview_tells_the_plan_and_writes_nothing(town: Town) -> None:
    collection = await town.synced()
    path = f"/collections/{collection['id']}"
    town.mdblist.set_items("demo", "films", [film(number) for number in range(2, 8)])
    town.emby.clear_requests()
    for answer in (
        await town.anna.get(f"{path}/preview"),
        await town.anna.post(f"{path}/sync", {"dry_run": True}),
    ):
        assert (answer["dry_run"], answer["add"], answer["remove"]) == (True, 0, 0)
        assert answer["servers"][0]["keep"][0]["why"]
    assert [seen for seen in town.emby.requests if seen["method"] != "GET"] == []


async def test_a_refresh_reads_the_list_anew(town: Town) -> None:
    collection = await town.synced()
    town.mdblist.set_items("demo", "films", [film(number) for number in range(1, 9)])
    path = f"/collections/{collection['id']}"
    started = await town.anna.post(f"{path}/refresh", status=202)
    assert (await town.ended(started["run_id"]))["status"] == "SUCCESS"
    assert (await town.anna.get(path))["coverage"]["total"] == 8


async def test_what_is_left_out_of_a_change_stays(town: Town) -> None:
    collection = await town.synced()
    path = f"/collections/{collection['id']}"
    response = await town.anna.call("PATCH", path, {"interval_hours": 5, "enabled": False})
    changed = await response.json()
    assert (changed["interval_hours"], changed["enabled"]) == (5, False)
    same = ("name", "lists", "mode", "servers", "created_at")
    assert {key: changed[key] for key in same} == {key: collection[key] for key in same}


async def test_deleting_here_leaves_emby_alone(town: Town) -> None:
    collection = await town.synced()
    path = f"/collections/{collection['id']}"
    assert (await town.anna.call("DELETE", path)).status == 204
    await problem(await town.anna.call("GET", path), 404, "not_found")
    assert town.emby.box_set("Films") is not None


async def test_deleting_everywhere_tells_what_stays(town: Town) -> None:
    collection = await town.synced()
    response = await town.anna.call("DELETE", f"/collections/{collection['id']}?emby=true")
    assert (response.status, await response.json()) == (200, {"left_in_emby": []})
    assert town.emby.box_set("Films") is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "lists"),
        ({"lists": []}, "lists"),
        ({"lists": [{}]}, "lists.0.source"),
        ({"interval_hours": 0}, "interval_hours"),
        ({"interval_hours": "often"}, "interval_hours"),
        ({"mode": "destroy"}, "mode"),
        ({"interval": 3}, "interval"),
        ({"servers": ["x"]}, "servers.0"),
    ],
)
async def test_a_wrong_field_is_named(town: Town, body: dict[str, Any], field: str) -> None:
    inside = await problem(await town.anna.call("POST", "/collections", body), 400, "invalid")
    assert field in inside["details"]["fields"]


async def test_a_list_that_cannot_be_had_makes_no_collection(town: Town) -> None:
    body = {"lists": [{"source": "mdblist", "list": "demo/nothing"}]}
    await problem(await town.anna.call("POST", "/collections", body), 422, "not_found")
    body = {"lists": [{"source": "nowhere", "list": "x"}]}
    response = await town.anna.call("POST", "/collections", body)
    assert response.status == 400
    assert (await town.anna.get("/collections"))["total"] == 0


async def test_a_list_that_could_be_at_two_sources_asks_which(town: Town) -> None:
    body = {"name": "Films", "lists": [{"source": "", "list": "demo/films"}]}
    response = await town.anna.call("POST", "/collections", body)
    inside = await problem(response, 422, "unclear_list")
    assert "mdblist or trakt" in inside["message"]
    assert list(inside["details"]["fields"]) == ["lists.0.source"]
    assert inside["details"]["candidates"] == [
        {"source": "mdblist", "reference": "demo/films"},
        {"source": "trakt", "reference": "users/demo/lists/films"},
    ]
    body["lists"] = [{"source": "", "list": "https://example.org/x"}]
    inside = await problem(await town.anna.call("POST", "/collections", body), 400, "not_a_list")
    assert list(inside["details"]["fields"]) == ["lists.0.list"]
    body["lists"] = [{"source": "", "list": "https://mdblist.com/lists/demo/films"}]
    made = await town.anna.post("/collections", body, status=201)
    assert made["lists"][0]["source"] == "mdblist"


async def test_a_retried_create_makes_one_collection(town: Town) -> None:
    body = {"name": "Once", "lists": [{"source": "mdblist", "list": "demo/films"}]}
    headers = {"Idempotency-Key": "a-key-of-the-client"}
    answers = [
        await (await town.anna.call("POST", "/collections", body, headers=headers)).json()
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert (await town.anna.get("/collections"))["total"] == 1
    other = await town.anna.call("POST", "/collections", {**body, "name": "Two"}, headers=headers)
    await problem(other, 409, "idempotency_key")
    bad = {"Idempotency-Key": "with spaces in it"}
    response = await town.anna.call("POST", "/collections", body, headers=bad)
    await problem(response, 400, "invalid")


async def test_a_collection_in_the_middle_of_a_long_sync_is_not_deleted_under_it(
    town: Town,
) -> None:
    outside = services_of(town.client).outside
    async with outside.collection(1):
        with pytest.raises(ConflictError, match="synced right now"):
            await wait_until_free(outside, 1, 0.01)
    await wait_until_free(outside, 1, 5)
