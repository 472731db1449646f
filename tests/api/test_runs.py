"""/runs: what happened, what waits for a person, and stopping."""

import asyncio

from tests.api.conftest import Town
from tests.flows.world import film, own
from tests.people import problem, services_of


async def test_a_run_tells_what_it_did_and_asked(town: Town) -> None:
    collection = await town.synced()
    run = await town.anna.get(f"/runs/{collection['last_run_id']}")
    assert (run["status"], run["trigger"], run["name"]) == ("SUCCESS", "created", "Films")
    assert [change["op"] for change in run["changes"]] == ["create", *["add"] * 7]
    assert run["counts"]["added"] == 7
    assert any(stage["seconds"] >= 0 for stage in run["stages"])
    assert run["changes"][1] | {"item_id": ""} == {
        "server_id": 1,
        "op": "add",
        "item_id": "",
        "title": "Film 1",
        "year": 2000,
        "why": run["changes"][1]["why"],
    }
    assert set(run["requests"]) == {"1"}
    assert run["requests"]["1"]["writes"] > 0
    assert run["started_at"] <= run["finished_at"]
    log = await town.anna.get(f"/runs/{run['id']}/log")
    assert log["total"] == len(log["items"])


async def test_runs_are_listed_newest_first_and_by_status(town: Town) -> None:
    collection = await town.synced()
    started = await town.anna.post("/sync", status=202)
    await town.ended(started["run_id"])
    listed = await town.anna.get("/runs")
    assert listed["items"][0]["id"] > listed["items"][-1]["id"]
    assert (await town.anna.get("/runs", params={"status": "FAILED"}))["total"] == 0
    of_collection = f"/runs?collection_id={collection['id']}&query=FILMS"
    assert (await town.anna.get(of_collection))["total"] == 2
    assert (await town.anna.get(f"{of_collection}&trigger=created"))["total"] == 1
    assert (await town.anna.get("/runs?query=zebra"))["total"] == 0
    own_runs = await town.anna.get(f"/collections/{collection['id']}/runs?per_page=1")
    assert (len(own_runs["items"]), own_runs["total"]) == (1, 2)
    response = await town.anna.call("GET", "/runs?status=great")
    await problem(response, 400, "invalid")


async def _held(town: Town) -> int:
    own(town.emby, *(film(number) for number in range(8, 21)))
    town.mdblist.set_items("demo", "films", [film(number) for number in range(1, 21)])
    await town.synced()
    town.mdblist.set_items("demo", "films", [film(number) for number in range(1, 13)])
    started = await town.anna.post("/collections/1/refresh", status=202)
    run = await town.ended(started["run_id"])
    assert run["status"] == "HELD", run["message"]
    assert len(run["held"]["1"]["remove"]) == 8
    return int(run["id"])


async def test_a_held_run_goes_on_once_it_is_approved(town: Town) -> None:
    held = await _held(town)
    assert (await town.anna.get("/stats"))["waiting"] == 1
    started = await town.anna.post(f"/runs/{held}/approve", status=202)
    run = await town.ended(started["run_id"])
    assert (run["status"], run["trigger"], run["counts"]["removed"]) == ("SUCCESS", "approved", 8)
    await problem(await town.anna.call("POST", f"/runs/{held}/approve", {}), 409, "stale")
    await problem(await town.anna.call("POST", f"/runs/{run['id']}/reject", {}), 409, "not_held")


async def test_a_wrong_answer_names_the_right_ones(town: Town) -> None:
    held = await _held(town)
    response = await town.anna.call("POST", f"/runs/{held}/approve", {"choice": "maybe"})
    inside = await problem(response, 400, "choice")
    assert inside["details"]["choices"] == ["approve"]


async def test_what_is_rejected_stays(town: Town) -> None:
    held = await _held(town)
    await town.anna.post(f"/runs/{held}/reject")
    started = await town.anna.post("/collections/1/sync", status=202)
    run = await town.ended(started["run_id"])
    assert (run["status"], run["counts"]["removed"]) == ("SUCCESS", 0)
    box = town.emby.box_set("Films")
    assert box is not None
    assert len(town.emby.members(box.id)) == 20


async def test_a_run_is_cancelled_and_one_that_ended_is_not(town: Town) -> None:
    collection = await town.synced()
    await problem(
        await town.anna.call("POST", f"/runs/{collection['last_run_id']}/cancel"), 409, "ended"
    )
    lock = services_of(town.client).outside.collection(collection["id"])
    async with lock:
        started = await town.anna.post("/collections/1/sync", status=202)
        answer = await town.anna.call("POST", f"/runs/{started['run_id']}/cancel")
        assert answer.status == 202
        run = await asyncio.wait_for(town.ended(started["run_id"]), 10)
    assert run["status"] == "CANCELLED"
