"""/collections: how box sets are kept, said in JSON, and titles taken out by hand."""

from typing import Any

import pytest

from tests.api.conftest import Town
from tests.people import problem

UPKEEP = {
    "copies": "best",
    "libraries": [],
    "least": 3,
    "season": {"begins": "12-01", "ends": "01-06"},
    "otherwise": "delete",
    "guard": {"share": 0.1, "at_once": 2, "week_share": None},
}


async def test_upkeep_is_kept_as_given_and_a_resting_collection_says_so(town: Town) -> None:
    made = await town.synced(upkeep={**UPKEEP, "season": None, "least": 50})
    assert made["upkeep"] == {**UPKEEP, "season": None, "least": 50}
    (target,) = made["targets"]
    assert (target["box_set_id"], target["resting"]) == (
        None, "Rests until it has 50 titles; 7 now",
    )  # fmt: skip
    path = f"/collections/{made['id']}"
    changed = await (await town.anna.call("PATCH", path, {"upkeep": UPKEEP})).json()
    assert (changed["upkeep"], changed["left_in_emby"]) == (UPKEEP, [])
    nobody = {"items": [], "total": 0, "page": 1, "per_page": 50}
    assert (await town.anna.get(f"{path}/kept-out")) == nobody
    nothing = {"server_id": target["server_id"], "item_id": "4711"}
    await problem(
        await town.anna.call("POST", f"{path}/kept-out/return", nothing), 404, "not_found"
    )
    foreign = {"upkeep": {"libraries": [{"server_id": 99, "library_id": "1"}]}}
    inside = await problem(await town.anna.call("PATCH", path, foreign), 400, "invalid")
    assert list(inside["details"]["fields"]) == ["upkeep.libraries"]


@pytest.mark.parametrize(
    ("upkeep", "field"),
    [
        ({"least": 0}, "upkeep.least"),
        ({"season": {"begins": "02-30", "ends": "03-01"}}, "upkeep.season.begins"),
        ({"guard": {"share": 2}}, "upkeep.guard.share"),
    ],
)
async def test_what_cannot_be_is_told_by_field(town: Town, upkeep: Any, field: str) -> None:
    body = {"name": "Mine", "source": "manual", "upkeep": upkeep}
    inside = await problem(await town.anna.call("POST", "/collections", body), 400, "invalid")
    assert list(inside["details"]["fields"]) == [field]


async def test_what_was_taken_out_by_hand_comes_in_pages(town: Town) -> None:
    made = await town.synced()
    box = town.emby.box_set("Films")
    assert box is not None
    for item_id in town.emby.members(box.id)[:2]:
        town.emby.hand_remove(box.id, item_id)
    begun = await town.anna.post(f"/collections/{made['id']}/sync", status=202)
    await town.ended(begun["run_id"])
    path = f"/collections/{made['id']}/kept-out"
    whole = await town.anna.get(path)
    assert (whole["total"], len(whole["items"])) == (2, 2)
    second = await town.anna.get(f"{path}?per_page=1&page=2")
    assert second == {"items": whole["items"][1:], "total": 2, "page": 2, "per_page": 1}
    called = whole["items"][0]["title"].replace(" ", "+")
    assert (await town.anna.get(f"{path}?query={called}"))["items"] == whole["items"][:1]
