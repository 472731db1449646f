"""The Emby stand-in: sockets are told when a user is signed in, webhooks are sent once."""

import contextlib
import json
from typing import Any

import pytest
from aiohttp import web

from collectarr.demo.emby import PROFILE_32, PROFILE_49

BOTH = pytest.mark.parametrize("profile", [PROFILE_32, PROFILE_49], ids=lambda one: one.name)


@contextlib.asynccontextmanager
async def _listening(wire: Any, token: Any) -> Any:
    url = f"{wire.url}/embywebsocket"
    params = {"api_key": token, "deviceId": "test"} if token else {}
    async with wire.session.ws_connect(url, params=params) as socket:
        yield socket


@BOTH
async def test_a_user_hears_of_a_new_box_set_and_what_happens_to_it(
    open_emby: Any, profile: Any
) -> None:
    wire = await open_emby(profile)
    film = wire.emby.add_item("movie", "Film", announce=False)
    async with _listening(wire, wire.emby.token()) as socket:
        box = await wire.create("A", film)
        wire.emby.flush_events()
        created = await socket.receive_json()
        await wire.remove(box, film)
        wire.emby.flush_events()
        changed = await socket.receive_json()
    assert created["MessageType"] == "LibraryChanged"
    assert created["Data"]["ItemsAdded"] == [box]
    assert created["Data"]["FoldersAddedTo"] == [wire.emby.core.state.collections_id]
    assert changed["Data"]["ItemsUpdated"] == [box]
    assert ("MessageId" in created) is (profile is PROFILE_49)


@BOTH
async def test_a_key_alone_and_nobody_open_a_socket_and_hear_nothing(
    open_emby: Any, profile: Any
) -> None:
    wire = await open_emby(profile)
    async with (
        _listening(wire, "demo-emby-key"),
        _listening(wire, "wrong"),
        _listening(wire, None),
        _listening(wire, wire.emby.token()) as user,
    ):
        wire.emby.add_item("movie", "Film")
        wire.emby.flush_events()
        await user.receive_json()
        silent = [one for one in wire.emby.core.feed.listeners if one.user is None]
        assert len(silent) == 3
        assert all(one.messages.empty() for one in silent)


async def test_each_change_starts_the_wait_anew(open_emby: Any) -> None:
    wire = await open_emby()
    async with _listening(wire, wire.emby.token()) as socket:
        one = wire.emby.add_item("movie", "One")
        planned = wire.emby.core.agenda._planned["feed"]
        two = wire.emby.add_item("movie", "Two")
        assert wire.emby.core.agenda._planned["feed"] != planned
        wire.emby.flush_events()
        assert (await socket.receive_json())["Data"]["ItemsAdded"] == [one, two]


async def test_events_come_by_themselves_after_their_wait(open_emby: Any) -> None:
    wire = await open_emby(event_seconds=0.01)
    async with _listening(wire, wire.emby.token()) as socket:
        film = wire.emby.add_item("movie", "Film")
        assert (await socket.receive_json(timeout=5))["Data"]["ItemsAdded"] == [film]
        wire.emby.remove_item(film)
        assert (await socket.receive_json(timeout=5))["Data"]["ItemsRemoved"] == [film]


async def test_a_restricted_user_hears_only_of_their_libraries(open_emby: Any) -> None:
    wire = await open_emby()
    tv = list(wire.emby.core.state.libraries)[1]
    child = wire.emby.add_user("child", "", libraries=[tv])
    async with _listening(wire, wire.emby.token(child)) as socket:
        wire.emby.add_item("movie", "Film")
        show = wire.emby.add_item("show", "Show")
        wire.emby.flush_events()
        assert (await socket.receive_json())["Data"]["ItemsAdded"] == [show]


async def test_the_older_server_tells_of_a_scan_that_changed_nothing(open_emby: Any) -> None:
    wire = await open_emby(PROFILE_32, scan_seconds=0.01, event_seconds=0.01)
    guest = wire.emby.token(wire.emby.add_user("guest", ""))
    async with _listening(wire, guest) as socket:
        await wire.call("POST", "/Library/Refresh")
        message = await socket.receive_json(timeout=5)
    assert message["MessageType"] == "LibraryChanged"
    assert not any(message["Data"].values())


async def test_the_newer_server_tells_nothing_of_such_a_scan(open_emby: Any) -> None:
    wire = await open_emby(PROFILE_49)
    async with _listening(wire, wire.emby.token(wire.emby.add_user("guest", ""))) as socket:
        await wire.call("POST", "/Library/Refresh")
        wire.emby.core.agenda.run_all()
        film = wire.emby.add_item("movie", "Film")
        wire.emby.flush_events()
        assert (await socket.receive_json())["Data"]["ItemsAdded"] == [film]


async def test_an_administrator_follows_the_scan(open_emby: Any) -> None:
    wire = await open_emby()
    async with _listening(wire, wire.emby.token()) as socket:
        await wire.call("POST", "/Library/Refresh")
        message = await socket.receive_json()
    assert message["MessageType"] == "RefreshProgress"
    assert message["Data"]["Progress"] == "0"


@pytest.fixture
async def inbox(aiohttp_server: Any) -> Any:
    """A receiver of webhooks: its address, and what came in."""
    got = []

    async def receive(request: Any) -> Any:
        multipart = request.content_type == "multipart/form-data"
        text = (await request.post())["data"] if multipart else await request.text()
        got.append((request.content_type, json.loads(text)))
        return web.Response(status=500 if request.path == "/broken" else 200)

    app = web.Application()
    app.router.add_post("/{name}", receive)
    server = await aiohttp_server(app)
    return str(server.make_url("/hook")), got


@BOTH
async def test_new_and_deleted_films_are_sent_to_each_address(
    open_emby: Any, inbox: Any, until: Any, profile: Any
) -> None:
    wire = await open_emby(profile)
    url, got = inbox
    wire.emby.add_webhook(url)
    wire.emby.add_webhook(url, multipart=False)
    film = wire.emby.add_item("movie", "Film", 1999, "tt0000001")
    await until(lambda: len(got) == 2)
    wire.emby.remove_item(film)
    await until(lambda: len(got) == 4)
    assert {kind for kind, _ in got} == {"multipart/form-data", "application/json"}
    assert {body["Event"] for _, body in got} == {"library.new", "library.deleted"}
    for _, body in got:
        assert body["Item"]["Id"] == film
        assert body["Item"]["ProviderIds"] == {"Imdb": "tt0000001"}
        assert body["Server"]["Id"] == wire.emby.server_id


async def test_a_failed_delivery_is_never_tried_again(
    open_emby: Any, inbox: Any, until: Any
) -> None:
    wire = await open_emby()
    url, got = inbox
    wire.emby.add_webhook(url.replace("/hook", "/broken"))
    wire.emby.add_item("movie", "One")
    await until(lambda: wire.emby.deliveries)
    wire.emby.add_item("movie", "Two")
    await until(lambda: len(wire.emby.deliveries) == 2)
    assert [row["status"] for row in wire.emby.deliveries] == [500, 500]
    assert [body["Item"]["Name"] for _, body in got] == ["One", "Two"]


async def test_an_address_where_nobody_answers_harms_nothing(
    open_emby: Any, until: Any, unused_tcp_port: Any
) -> None:
    wire = await open_emby()
    wire.emby.add_webhook(f"http://127.0.0.1:{unused_tcp_port}/")
    wire.emby.add_item("movie", "One")
    await until(lambda: wire.emby.deliveries)
    assert wire.emby.deliveries[0]["status"] is None


async def test_box_sets_and_updates_send_no_webhook(open_emby: Any, inbox: Any, until: Any) -> None:
    wire = await open_emby()
    url, got = inbox
    wire.emby.add_webhook(url)
    film = wire.emby.add_item("movie", "Film", announce=False)
    wire.emby.update_item(film, imdb="tt0000009")
    await wire.create("A", film)
    wire.emby.add_item("movie", "Last")
    await until(lambda: got)
    assert [body["Item"]["Name"] for _, body in got] == ["Last"]


async def test_a_program_can_register_its_own_webhook_on_a_newer_server(
    open_emby: Any, inbox: Any, until: Any
) -> None:
    wire = await open_emby()
    url, got = inbox
    user = {"UserId": wire.emby.admin_id}
    path = "/Notifications/Services/Configured"
    body = {
        "NotifierKey": "webhooknotifications",
        "FriendlyName": "Collectarr",
        "Enabled": True,
        "EventIds": ["library.new"],
        "Options": {"Url": url, "EnableMultipartFormData": "false"},
    }
    assert (await wire.get(path)).status == 500
    assert (await wire.call("POST", path, json=body, **user)).status == 204
    [row] = (await wire.get(path, **user)).json
    assert row["FriendlyName"] == "Collectarr"
    assert (await wire.call("POST", "/Notifications/Services/Test", json=row)).status == 204
    wire.emby.add_item("movie", "Film")
    await until(lambda: len(got) == 2)
    assert {one["Event"] for _, one in got} == {"system.notificationtest", "library.new"}
    assert (await wire.call("DELETE", path, Id=row["Id"], **user)).status == 204
    assert (await wire.get(path, **user)).json == []


async def test_the_event_names_are_listed_and_the_older_server_has_no_such_routes(
    open_emby: Any,
) -> None:
    new, old = await open_emby(PROFILE_49), await open_emby(PROFILE_32)
    groups = (await new.get("/Notifications/Types", UserId=new.emby.admin_id)).json
    assert "library.new" in [event["Id"] for group in groups for event in group["Events"]]
    assert (await old.get("/Notifications/Types")).status == 404
