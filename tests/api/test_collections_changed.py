"""Between a change and the next sync: the same numbers everywhere, and none that are not true."""

from typing import Any

from tests.api.conftest import Town
from tests.flows.world import film, own
from tests.people import problem


async def at(town: Town, path: str) -> tuple[dict[str, Any], dict[str, Any], list[int]]:
    """Coverage, statistics, and what is missing."""
    whole, stats = await town.anna.get(path), await town.anna.get(f"{path}/stats")
    missing = await town.anna.get(f"{path}/missing")
    return whole, stats, [one["ids"]["tmdb"] for one in missing["items"]]


async def test_a_changed_collection_tells_at_once_what_its_next_sync_finds(town: Town) -> None:
    collection = await town.synced()
    path = f"/collections/{collection['id']}"
    assert collection["changed"] is False
    changed = await (await town.anna.call("PATCH", path, {"limit": 8})).json()
    assert (changed["coverage"]["owned"], changed["coverage"]["total"]) == (7, 8)
    whole, stats, missing = await at(town, path)
    assert (whole["changed"], whole["coverage"]) == (True, changed["coverage"])
    assert (stats["owned"], stats["total"], stats["missing"], missing) == (7, 8, 1, [8])
    listed = (await town.anna.get("/collections"))["items"][0]
    assert (listed["changed"], listed["coverage"]) == (True, whole["coverage"])
    run = await (await town.anna.call("POST", f"{path}/sync", {})).json()
    await town.ended(run["run_id"])
    whole, _, missing = await at(town, path)
    assert (whole["changed"], whole["coverage"]["owned"], missing) == (False, 7, [8])


async def test_titles_put_in_are_looked_for_in_what_the_library_is_known_to_hold(
    town: Town,
) -> None:
    await town.synced()
    body = {"name": "Mine", "source": "manual", "enabled": False}
    made = await town.anna.post("/collections", body, status=201)
    path = f"/collections/{made['id']}"
    await town.anna.post(f"{path}/items", {"text": "tmdb:1\ntmdb:2\ntmdb:9"})
    listed = {one["name"]: one for one in (await town.anna.get("/collections"))["items"]}
    assert (listed["Mine"]["coverage"]["owned"], listed["Mine"]["coverage"]["total"]) == (2, 3)
    whole, _, missing = await at(town, path)
    assert (whole["changed"], missing) == (False, [9]), "it was never synced: nothing moved since"


async def test_a_pause_is_no_change_of_what_it_holds(town: Town) -> None:
    collection = await town.synced()
    path = f"/collections/{collection['id']}"
    paused = await (await town.anna.call("PATCH", path, {"enabled": False})).json()
    assert (paused["changed"], paused["coverage"]) == (False, collection["coverage"])


async def test_nothing_is_missing_where_nobody_has_looked(town: Town) -> None:
    made = await town.add_collection()
    await town.ended(made["last_run_id"])
    whole, stats, missing = await at(town, f"/collections/{made['id']}")
    assert (whole["coverage"]["total"], stats["missing"], missing) == (10, 0, [])


async def test_a_list_by_hand_cannot_be_named_by_a_reference(town: Town) -> None:
    body = {"name": "Mine", "lists": [{"source": "manual", "list": "xyz"}]}
    said = await problem(await town.anna.call("POST", "/collections", body), 400, "invalid")
    assert list(said["details"]["fields"]) == ["lists.0.list"]
    made = await town.anna.post("/collections", {"name": "Mine", "source": "manual"}, status=201)
    same = [{"source": "manual", "list": made["lists"][0]["list"]}]
    response = await town.anna.call("PATCH", f"/collections/{made['id']}", {"lists": same})
    assert response.status == 200, "what was answered can be sent again"


async def test_a_list_counts_the_titles_that_a_sync_finds_by_name(town: Town) -> None:
    collection = await town.synced()
    nameless = film(11, "The Martian", 2015)
    own(town.emby, type(nameless)(nameless.kind, nameless.title, nameless.year))
    town.mdblist.add_list("demo", "more", "More", [nameless, film(1), film(12)])
    run = await (await town.anna.call("POST", f"/collections/{collection['id']}/sync", {})).json()
    await town.ended(run["run_id"])
    seen = await town.anna.get("/sources/mdblist/lists/demo/more?coverage=true")
    assert [(one["owned"], one["total"]) for one in seen["coverage"]] == [(2, 3)]
