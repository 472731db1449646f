"""The Emby stand-in: tokens, users, libraries, scans."""

from typing import Any

import pytest

from collectarr.demo.emby import PROFILE_32, PROFILE_49


async def test_the_public_info_needs_no_token_and_names_the_version(open_emby: Any) -> None:
    wire = await open_emby(PROFILE_32)
    reply = await wire.get("/emby/System/Info/Public", token=None)
    assert reply.json["Version"] == "3.2.40.0"
    assert len(reply.json["Id"]) == 32


async def test_every_route_stands_bare_and_under_emby(open_emby: Any) -> None:
    wire = await open_emby()
    bare, prefixed = await wire.get("/System/Info"), await wire.get("/emby/System/Info")
    assert bare.status == prefixed.status == 200


@pytest.mark.parametrize(
    ("token", "text"),
    [(None, "Access token is required."), ("nope", "Access token is invalid or expired.")],
)
async def test_a_missing_and_a_wrong_token_are_refused_in_plain_text(
    open_emby: Any, token: Any, text: Any
) -> None:
    wire = await open_emby()
    reply = await wire.get("/Items", token=token)
    assert (reply.status, reply.text, reply.content_type) == (401, text, "text/html")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Emby-Token": "demo-emby-key"},
        {"X-MediaBrowser-Token": "demo-emby-key"},
        {"Authorization": 'MediaBrowser Token="demo-emby-key"'},
        {"X-Emby-Authorization": 'MediaBrowser Client="x", Token="demo-emby-key"'},
    ],
)
async def test_a_token_counts_in_each_header(open_emby: Any, headers: Any) -> None:
    wire = await open_emby()
    assert (await wire.get("/System/Info", token=None, headers=headers)).status == 200


async def test_a_token_counts_in_the_query(open_emby: Any) -> None:
    wire = await open_emby()
    assert (await wire.get("/System/Info", token=None, api_key="demo-emby-key")).status == 200


async def test_an_unknown_route_is_404_in_plain_text(open_emby: Any) -> None:
    wire = await open_emby()
    reply = await wire.get("/Nope")
    assert (reply.status, reply.text) == (404, "Unable to find the specified file.")


async def test_ping_by_get_is_missing_on_the_older_server(open_emby: Any) -> None:
    old, new = await open_emby(PROFILE_32), await open_emby(PROFILE_49)
    assert (await old.get("/System/Ping")).status == 404
    assert (await old.call("POST", "/System/Ping")).status == 200
    assert (await new.get("/System/Ping")).status == 200


async def test_querying_users_fails_on_the_older_server(open_emby: Any) -> None:
    wire = await open_emby(PROFILE_32)
    reply = await wire.get("/Users/Query")
    assert reply.status == 500
    assert reply.text.startswith("Guid should contain 32 digits")
    [user] = (await wire.get("/Users")).json
    assert user["Policy"]["IsAdministrator"] is True


async def test_users_are_told_with_what_they_may_see(open_emby: Any) -> None:
    wire = await open_emby()
    library = next(iter(wire.emby.core.state.libraries.values()))
    wire.emby.add_user("child", "", libraries=[library.id])
    rows = {row["Name"]: row["Policy"] for row in (await wire.get("/Users/Query")).json["Items"]}
    assert rows["emby"]["EnableAllFolders"] is True
    assert rows["child"]["EnableAllFolders"] is False
    assert rows["child"]["EnabledFolders"] == [library.guid]


async def test_signing_in_gives_a_token_that_signing_out_ends(open_emby: Any) -> None:
    wire = await open_emby()
    reply = await _sign_in(wire, Username="emby", Pw="emby")
    token = reply.json["AccessToken"]
    assert reply.json["User"]["Name"] == "emby"
    assert (await wire.get("/System/Info", token=token)).status == 200
    assert (await wire.call("POST", "/Sessions/Logout", token=token)).status == 204
    assert (await wire.get("/System/Info", token=token)).status == 401


async def test_signing_in_with_a_wrong_password_is_refused(open_emby: Any) -> None:
    wire = await open_emby()
    assert (await _sign_in(wire, Username="emby", Pw="wrong")).status == 401


async def test_signing_in_without_saying_which_program_it_is_fails(open_emby: Any) -> None:
    wire = await open_emby()
    reply = await wire.call(
        "POST", "/Users/AuthenticateByName", token=None, json={"Username": "emby", "Pw": "emby"}
    )
    assert reply.status == 400


async def _sign_in(wire: Any, **body: Any) -> Any:
    return await wire.call(
        "POST",
        "/Users/AuthenticateByName",
        token=None,
        json=body,
        headers={"Authorization": 'Emby Client="Test", Device="d", DeviceId="1", Version="1"'},
    )


async def test_libraries_are_a_bare_list_and_only_newer_servers_query_them(open_emby: Any) -> None:
    old, new = await open_emby(PROFILE_32), await open_emby(PROFILE_49)
    assert [row["Name"] for row in (await old.get("/Library/VirtualFolders")).json] == [
        "Movies",
        "TV",
    ]
    assert (await old.get("/Library/VirtualFolders/Query")).status == 404
    reply = await new.get("/Library/VirtualFolders/Query")
    assert reply.names == ["Movies", "TV"]
    assert reply.json["Items"][0]["Id"] == reply.json["Items"][0]["ItemId"]


async def test_a_newer_server_lists_the_collections_as_a_library_too(open_emby: Any) -> None:
    wire = await open_emby()
    wire.emby.hand_create("Any")
    kinds = [row["CollectionType"] for row in (await wire.get("/Library/VirtualFolders")).json]
    assert kinds == ["movies", "tvshows", "boxsets"]


async def test_a_scan_shows_as_a_running_task_until_it_is_through(open_emby: Any) -> None:
    wire = await open_emby(scan_seconds=3600)
    assert await _scan_state(wire) == "Idle"
    assert (await wire.call("POST", "/Library/Refresh")).status == 204
    assert await _scan_state(wire) == "Running"
    wire.emby.core.agenda.run_all("scan")
    assert await _scan_state(wire) == "Idle"


async def _scan_state(wire: Any) -> Any:
    tasks = {task["Key"]: task["State"] for task in (await wire.get("/ScheduledTasks")).json}
    return tasks["RefreshLibrary"]


async def test_the_scan_of_one_library_shows_on_that_library_alone(open_emby: Any) -> None:
    wire = await open_emby()
    [movies, _] = (await wire.get("/Library/VirtualFolders")).json
    await wire.call("POST", f"/Items/{movies['ItemId']}/Refresh", Recursive=True)
    rows = (await wire.get("/Library/VirtualFolders")).json
    assert [row["RefreshStatus"] for row in rows] == ["Active", "Idle"]
    assert await _scan_state(wire) == "Idle"
