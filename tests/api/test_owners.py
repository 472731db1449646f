"""What belongs to one user does not exist for another."""

from typing import Any

import pytest

from tests.api.conftest import Town
from tests.people import Person, problem, sign_up

FOREIGN: list[tuple[str, str, Any]] = [
    ("GET", "/servers/1", None),
    ("PATCH", "/servers/1", {"name": "mine"}),
    ("DELETE", "/servers/1", None),
    ("GET", "/servers/1/libraries", None),
    ("GET", "/servers/1/collections", None),
    ("POST", "/servers/1/scan", {}),
    ("POST", "/servers/1/sync", {}),
    ("POST", "/servers/1/test", {}),
    ("GET", "/collections/1", None),
    ("PATCH", "/collections/1", {"enabled": False}),
    ("DELETE", "/collections/1", None),
    ("DELETE", "/collections/1?emby=true", None),
    ("GET", "/collections/1/items", None),
    ("GET", "/collections/1/missing", None),
    ("GET", "/collections/1/stats", None),
    ("GET", "/collections/1/preview", None),
    ("GET", "/collections/1/runs", None),
    ("POST", "/collections/1/sync", {}),
    ("POST", "/collections/1/sync", {"dry_run": True}),
    ("POST", "/collections/1/refresh", {}),
    ("GET", "/runs/1", None),
    ("GET", "/runs/1/log", None),
    ("POST", "/runs/1/approve", {}),
    ("POST", "/runs/1/reject", {}),
    ("POST", "/runs/1/cancel", {}),
]


@pytest.fixture
async def ben(town: Town) -> Person:
    await town.synced()
    return await sign_up(town.client, "ben", "user")


async def test_a_foreign_id_is_not_found(town: Town, ben: Person) -> None:
    for method, path, body in FOREIGN:
        await problem(await ben.call(method, path, body), 404, "not_found")
    assert (await town.anna.get("/collections/1"))["enabled"]
    assert town.emby.box_set("Films") is not None


async def test_no_list_shows_what_is_anothers(town: Town, ben: Person) -> None:
    for path in ("/servers", "/collections", "/runs"):
        assert (await town.anna.get(path))["total"] > 0
        assert (await ben.get(path))["total"] == 0
    numbers = await ben.get("/stats")
    assert (numbers["collections"], numbers["servers"], numbers["items"]) == (0, 0, 0)
    states = (await ben.get("/sources"))["items"]
    assert states[0]["source"] == "mdblist"
    assert not any(state["connected"] for state in states)


async def test_a_collection_goes_to_no_foreign_server(town: Town, ben: Person) -> None:
    body = {"name": "Mine", "lists": [{"source": "mdblist", "list": "demo/films"}], "servers": [1]}
    await problem(await ben.call("POST", "/collections", body), 404, "not_found")


async def test_the_same_machine_of_two_users_does_not_tell_one_of_the_other(
    town: Town, ben: Person
) -> None:
    await town.add_server(ben)
    shown = (await ben.get("/servers/2/collections"))["items"]
    assert [(row["name"], row["ours"], row["collection_id"]) for row in shown] == [
        ("Films", False, None)
    ]


@pytest.mark.parametrize(
    "bad", ["0", "99", str(2**63), "9" * 40, "-1", "1.5", "x", "%00", "٣", "1%2F2"]
)
async def test_an_id_that_no_row_has_is_not_found(town: Town, bad: str) -> None:
    for kind in ("servers", "collections", "runs"):
        await problem(await town.anna.call("GET", f"/{kind}/{bad}"), 404, "not_found")
