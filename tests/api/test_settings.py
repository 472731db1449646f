"""/settings: what administrators decide for all, and what it does to who is none."""

from typing import Any

import pytest

from collectarr.dial import HOME_NETWORKS
from tests.api.conftest import Town
from tests.people import Client, Person, problem, services_of, sign_up

LOOPBACK = ["127.0.0.0/8"]
GUARD = {"share": 0.25, "at_once": 5, "week_share": 0.25}
USUAL = {"guard": GUARD}


async def _allow(anna: Person, *networks: str) -> Any:
    response = await anna.call("PATCH", "/settings", {"allowed_networks": list(networks)})
    assert response.status == 200, await response.text()
    return await response.json()


async def _demote(town: Town) -> None:
    """As an administrator would, with another one there to stay."""
    async with services_of(town.client).db.write() as tx:
        await tx.run("UPDATE users SET role = 'user' WHERE id = ?", town.anna.id)


async def test_the_default_are_private_networks(anna: Person) -> None:
    assert await anna.get("/settings") == {**USUAL, "allowed_networks": list(HOME_NETWORKS)}


async def test_networks_are_kept_as_they_are_meant(anna: Person) -> None:
    kept = await _allow(anna, "192.168.1.20/24", "10.0.0.1", "192.168.1.0/24")
    assert kept == {**USUAL, "allowed_networks": ["192.168.1.0/24", "10.0.0.1/32"]}
    assert await anna.get("/settings") == kept
    assert await (await anna.call("PATCH", "/settings", {})).json() == kept
    assert await _allow(anna) == {**USUAL, "allowed_networks": []}


@pytest.mark.parametrize(
    "bad", [["home"], [""], ["10.0.0.0/99"], "10.0.0.0/8", [7], ["::1"] * 101, [["::1"]]]
)
async def test_what_is_no_list_of_networks_is_told_by_field(anna: Person, bad: Any) -> None:
    response = await anna.call("PATCH", "/settings", {"allowed_networks": bad})
    inside = await problem(response, 400, "invalid")
    assert next(iter(inside["details"]["fields"])).startswith("allowed_networks")
    assert await anna.get("/settings") == {**USUAL, "allowed_networks": list(HOME_NETWORKS)}


async def test_limits_of_the_guard_are_kept_within_their_ranges(anna: Person) -> None:
    wider = {"share": 0.5, "at_once": 20, "week_share": 1.0}
    kept = await (await anna.call("PATCH", "/settings", {"guard": wider})).json()
    assert kept["guard"] == wider
    for name, value in (("share", 0), ("share", 1.5), ("at_once", 0), ("week_share", 2)):
        wrong = {"guard": {**wider, name: value}}
        inside = await problem(await anna.call("PATCH", "/settings", wrong), 400, "invalid")
        assert list(inside["details"]["fields"]) == [f"guard.{name}"]
    assert (await anna.get("/settings"))["guard"] == wider


async def test_only_administrators_see_and_change_them(client: Client, ben: Person) -> None:
    await problem(await ben.call("GET", "/settings"), 403, "forbidden")
    response = await ben.call("PATCH", "/settings", {"allowed_networks": ["0.0.0.0/0"]})
    await problem(response, 403, "forbidden")


async def test_a_user_has_servers_only_where_an_administrator_allowed_it(town: Town) -> None:
    await _allow(town.anna, *HOME_NETWORKS)
    ben = await sign_up(town.client, "ben", "user")
    town.emby.clear_requests()
    inside = await problem(await ben.call("POST", "/servers", town.address), 422, "address_refused")
    assert "an administrator allowed" in inside["message"]
    tested = await ben.post("/servers/test", town.address)
    assert (tested["ok"], tested["code"]) == (False, "address_refused")
    assert town.emby.requests == []
    await _allow(town.anna, *LOOPBACK)
    assert (await town.add_server(ben))["id"]


async def test_an_administrator_may_dial_where_others_may_not(town: Town) -> None:
    await _allow(town.anna)
    assert (await town.add_server())["id"]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://169.254.169.254", "address_refused"),
        ("http://[::ffff:169.254.169.254]/emby", "address_refused"),
        ("http://[fe80::1]:8096", "address_refused"),
        ("http://[fe80::1%25eth0]:8096", "address_refused"),
        ("http://0.0.0.0:8096", "address_refused"),
        ("http://[::]:8096", "address_refused"),
        ("http://100.100.100.200", "address_refused"),
        ("http://[fd00:ec2::254]", "address_refused"),
        ("http://224.0.0.1", "address_refused"),
        ("http://0xa9fea9fe", "address_refused"),
        ("http://2852039166", "address"),
        ("http://0251.0376.0251.0376", "address"),
        ("http://169.254.43518", "address"),
        ("http://user:pass@192.168.1.5:8096", "url"),
        ("file:///etc/passwd", "url"),
        ("gopher://127.0.0.1:6379/_x", "url"),
        ("http://169.254.169.254\\@127.0.0.1", "url"),
        ("http://127.0.0.1:9 /x\r\nHost: other", "url"),
        ("//169.254.169.254/x", "url"),
        # The fragment never leaves: this is port 1 of loopback, where nothing listens.
        ("http://127.0.0.1:1/#@169.254.169.254", "refused"),
    ],
)
async def test_no_shape_of_address_leads_an_administrator_out_of_bounds(
    town: Town, url: str, code: str
) -> None:
    tested = await town.anna.post("/servers/test", {**town.address, "url": url})
    assert (tested["ok"], tested["code"]) == (False, code)
    response = await town.anna.call("POST", "/servers", {**town.address, "url": url})
    assert response.status in (400, 422, 503)
    assert (await town.anna.get("/servers"))["total"] == 0


async def test_a_demoted_administrators_server_is_checked_again(town: Town) -> None:
    collection = await town.synced()
    await town.add_collection(name="Later", enabled=False)
    await _allow(town.anna)
    await _demote(town)
    town.emby.clear_requests()
    tested = await town.anna.post("/servers/1/test")
    assert (tested["ok"], tested["code"]) == (False, "address_refused")
    response = await town.anna.call("GET", "/servers/1/collections")
    await problem(response, 422, "address_refused")
    preview = await town.anna.get(f"/collections/{collection['id']}/preview")
    assert "an administrator allowed" in str(preview)
    for path in ("/servers/1/scan", f"/collections/{collection['id']}/sync", "/servers/1/sync"):
        started = await town.anna.post(path, status=202)
        run = await town.ended(started["run_id"])
        assert run["status"] in ("FAILED", "PARTIAL"), path
        assert "an administrator allowed" in str(run), path
    item = next(iter(town.emby.items)).id
    assert (await town.anna.call("GET", f"/images/servers/1/items/{item}")).status == 404
    assert town.emby.requests == []


async def test_a_change_of_the_networks_holds_for_servers_that_are_there(town: Town) -> None:
    ben = await sign_up(town.client, "ben", "user")
    server = await town.add_server(ben)
    assert (await ben.post(f"/servers/{server['id']}/test"))["ok"]
    await _allow(town.anna, *HOME_NETWORKS)
    assert not (await ben.post(f"/servers/{server['id']}/test"))["ok"]
