"""/servers: tested in four steps, kept, changed, read."""

import pytest

from tests.api.conftest import Town
from tests.people import problem

STEPS = ["reachable", "key", "administrator", "libraries"]


async def test_a_test_shows_four_steps_and_keeps_nothing(town: Town) -> None:
    answer = await town.anna.post("/servers/test", town.address)
    assert answer["ok"]
    assert [(step["step"], step["ok"]) for step in answer["steps"]] == [(s, True) for s in STEPS]
    assert [library["name"] for library in answer["libraries"]] == ["Movies"]
    assert (await town.anna.get("/servers"))["total"] == 0


@pytest.mark.parametrize(
    ("change", "marks"),
    [
        ({"url": "http://127.0.0.1:9"}, [False, None, None, None]),
        ({"url": "not an address"}, [False, None, None, None]),
        ({"api_key": "wrong"}, [True, False, None, None]),
    ],
)
async def test_a_failed_test_shows_at_which_step(
    town: Town, change: dict[str, str], marks: list[bool | None]
) -> None:
    answer = await town.anna.post("/servers/test", {**town.address, **change})
    assert not answer["ok"]
    assert [step["ok"] for step in answer["steps"]] == marks
    assert answer["message"] in [step["message"] for step in answer["steps"]]


async def test_a_server_is_kept_once_and_its_key_never_told(town: Town) -> None:
    server = await town.add_server()
    assert server["kind"] == "emby"
    assert "demo-emby-key" not in str(server)
    again = await town.anna.call("POST", "/servers", town.address)
    await problem(again, 409, "server_known")
    changed = await town.anna.call("PATCH", f"/servers/{server['id']}", {"name": "Attic"})
    assert (await changed.json())["name"] == "Attic"
    tested = await town.anna.post(f"/servers/{server['id']}/test")
    assert tested["ok"]
    assert (await town.anna.call("DELETE", f"/servers/{server['id']}")).status == 204
    assert (await town.anna.get("/servers"))["total"] == 0


async def test_a_server_that_refuses_is_not_kept(town: Town) -> None:
    response = await town.anna.call("POST", "/servers", {**town.address, "api_key": "wrong"})
    await problem(response, 422, "key")
    assert (await town.anna.get("/servers"))["total"] == 0


async def test_its_libraries_and_collections_are_shown_ours_and_others(town: Town) -> None:
    town.emby.hand_create("By hand", [town.emby.items[0].id])
    collection = await town.synced()
    libraries = await town.anna.get("/servers/1/libraries")
    assert "Movies" in [row["name"] for row in libraries["items"]]
    shown = (await town.anna.get("/servers/1/collections"))["items"]
    assert {row["name"]: row["collection_id"] for row in shown} == {
        "By hand": None,
        "Films": collection["id"],
    }
    assert {row["name"]: row["ours"] for row in shown} == {"By hand": False, "Films": True}


async def test_a_scan_reads_its_libraries_as_a_run(town: Town) -> None:
    await town.add_server()
    started = await town.anna.post("/servers/1/scan", status=202)
    run = await town.ended(started["run_id"])
    assert (run["status"], run["counts"]["changed"]) == ("SUCCESS", 7)
    assert run["requests"]["1"]["writes"] == 0
    assert (await town.anna.get("/servers/1"))["items"] == {"movie": 7}


async def test_all_that_goes_to_a_server_is_synced_together(town: Town) -> None:
    await town.synced()
    started = await town.anna.post("/servers/1/sync", status=202)
    assert (await town.ended(started["run_id"]))["status"] == "SUCCESS"


async def test_a_server_that_is_down_is_told_in_the_error_shape(town: Town) -> None:
    await town.add_server()
    town.emby.fail("/Items", status=503, times=None)
    response = await town.anna.call("GET", "/servers/1/collections")
    await problem(response, 503, "unavailable")


async def test_an_administrator_signs_in_and_out_and_their_password_is_told_to_nobody(
    town: Town,
) -> None:
    server = await town.add_server()
    assert (server["signed_in_as"], server["signed_in"]) == (None, False)
    wrong = {"username": "emby", "password": "a wr0ng one"}
    response = await town.anna.call("POST", "/servers/1/sign-in", wrong)
    error = await problem(response, 422, "sign_in")
    assert "wr0ng" not in str(error)

    signed = await town.anna.post("/servers/1/sign-in", {"username": "emby", "password": "emby"})
    assert (signed["signed_in_as"], signed["signed_in"]) == ("emby", True)
    tokens = set(town.emby.core.state.tokens) - {town.emby.api_key}
    assert len(tokens) == 1
    assert tokens.isdisjoint(str(signed).replace("'", " ").split())

    assert (await town.anna.call("DELETE", "/servers/1/sign-in")).status == 204
    assert set(town.emby.core.state.tokens) == {town.emby.api_key}
    actions = [row["action"] for row in (await town.anna.get("/audit"))["items"]]
    assert {"server_signed_in", "server_signed_out"} <= set(actions)


async def test_a_server_that_is_forgotten_forgets_us(town: Town) -> None:
    await town.add_server()
    await town.anna.post("/servers/1/sign-in", {"username": "emby", "password": "emby"})
    assert (await town.anna.call("DELETE", "/servers/1")).status == 204
    assert set(town.emby.core.state.tokens) == {town.emby.api_key}


async def test_what_a_server_can_do_and_its_libraries_in_use_are_told_and_chosen(
    town: Town,
) -> None:
    kids = town.emby.add_library("Kids", "movies", "/media/Kids")
    await town.synced()
    told = (await town.anna.get("/servers/1"))["abilities"]
    assert told == {
        "changes": True,
        "etag": True,
        "child_count": True,
        "key_deletes": None,
        "libraries_call": "query",
    }
    rows = (await town.anna.get("/servers/1/libraries"))["items"]
    assert {row["name"]: row["used"] for row in rows} == {"Kids": True, "Movies": True}
    movies = [row["id"] for row in rows if row["name"] == "Movies"]
    await problem(
        await town.anna.call("PATCH", "/servers/1", {"libraries": [*movies, "99999"]}),
        404,
        "not_found",
    )
    assert (await town.anna.call("PATCH", "/servers/1", {"libraries": movies})).status == 200
    rows = (await town.anna.get("/servers/1/libraries"))["items"]
    assert {row["id"]: row["used"] for row in rows} == {kids: False, movies[0]: True}
