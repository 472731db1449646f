"""Taking runs back over the API, comparing them, coverage by day, one server alone."""

from collectarr.store.servers import list_servers
from tests.api.conftest import Town
from tests.people import problem, services_of


async def test_a_run_is_looked_at_taken_back_and_compared(town: Town) -> None:
    collection = await town.synced()
    first, path = collection["last_run_id"], f"/collections/{collection['id']}"
    (seen,) = (await town.anna.get(f"/runs/{first}/undo"))["servers"]
    assert (len(seen["take_out"]), seen["put_back"], seen["error"]) == (7, [], None)
    assert "create" in seen["also"]
    started = await town.anna.post(f"/runs/{first}/undo", status=202)
    await town.ended(started["run_id"])
    undo = await town.anna.get(f"/runs/{started['run_id']}")
    assert (undo["status"], undo["trigger"], undo["undoes"]) == ("SUCCESS", "undo", first)
    assert "taken back" in (await town.anna.get(path))["paused"]
    await problem(await town.anna.call("POST", f"/runs/{first}/undo"), 409, "nothing_to_undo")
    await problem(await town.anna.call("POST", "/sync"), 409, "nothing_to_do")

    found = await town.anna.get(f"/runs/{undo['id']}/compare/{first}")
    assert (found["first"]["id"], found["first"]["held"]) == (first, {"1": 7})
    assert (found["second"]["held"], len(found["went"]), found["came"]) == ({}, 7, [])

    (day,) = (await town.anna.get(f"{path}/coverage?days=7"))["days"]
    assert day["owned"] == day["by_server"]["1"]["owned"] == 7

    response = await town.anna.call("POST", f"{path}/sync", json={"server_id": 99})
    await problem(response, 404, "not_found")
    started = await town.anna.post(f"{path}/sync", {"server_id": 1}, status=202)
    await town.ended(started["run_id"])
    again = await town.anna.get(path)
    assert again["paused"] is None
    assert town.emby.box_set("Films") is None, "what was taken back stays so"


async def test_a_preview_waits_for_no_run(town: Town) -> None:
    collection = await town.synced()
    services = services_of(town.client)
    (server,) = await list_servers(services.db, 1)
    outside = services.outside
    async with outside.collection(collection["id"]), outside.writer(server):
        (plan,) = (await town.anna.get(f"/collections/{collection['id']}/preview"))["servers"]
    assert plan["under_way"]
    assert (len(plan["keep"]), plan["found_titles"]) == (7, [])
