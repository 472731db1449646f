"""/servers/{id}/webhook and /live: for the owner, and with a key only for one that may all."""

from tests.api.conftest import Town
from tests.people import problem, services_of

PATH = "/servers/1/webhook"


async def test_an_address_is_made_shown_changed_and_taken_back(town: Town) -> None:
    await town.add_server()
    assert set((await town.anna.get(PATH)).values()) == {None}
    made = await town.anna.post(PATH, status=201)
    assert made["url"] is None, "nobody said how Emby reaches us"
    assert made["path"].startswith("/api/v1/webhooks/emby/")
    assert await town.anna.get(PATH) == made
    again = await town.anna.post(PATH, status=201)
    assert again["path"] != made["path"]
    assert (await town.client.post(made["path"], json={})).status == 404
    assert (await town.anna.call("DELETE", PATH)).status == 204
    assert (await town.client.post(again["path"], json={})).status == 404


async def test_a_key_that_only_reads_does_not_get_the_address(town: Town) -> None:
    await town.add_server()
    await town.anna.post(PATH, status=201)
    for scope in ("read", "run"):
        key = await town.anna.post("/api-keys", {"name": scope, "scope": scope}, status=201)
        response = await town.client.get(f"/api/v1{PATH}", headers={"X-Api-Key": key["key"]})
        await problem(response, 403, "scope")
        response = await town.client.get(
            "/api/v1/servers/1/live", headers={"X-Api-Key": key["key"]}
        )
        assert response.status == 200


async def test_the_store_and_the_trail_hold_no_token(town: Town) -> None:
    await town.add_server()
    token = (await town.anna.post(PATH, status=201))["path"].rpartition("/")[2]
    trail = await town.anna.call("GET", "/audit")
    assert token not in await trail.text()
    folder = services_of(town.client).settings.data_dir
    assert not any(token.encode() in path.read_bytes() for path in folder.iterdir())


async def test_live_tells_what_came_and_what_became_of_it(town: Town) -> None:
    await town.add_server()
    path = (await town.anna.post(PATH, status=201))["path"]
    live = await town.anna.get("/servers/1/live")
    assert (live["webhook"], live["webhook_at"], live["deliveries"]) == (True, None, [])
    await town.client.post(
        path, json={"Event": "library.new", "Item": {"Id": "7", "Type": "Movie"}}
    )
    live = await town.anna.get("/servers/1/live")
    (told,) = live["deliveries"]
    assert (told["way"], told["event"], told["item_id"]) == ("webhook", "library.new", "7")
    assert live["webhook_at"] is not None
    assert [row["up_to_ms"] for row in live["delays"]][-1] is None
