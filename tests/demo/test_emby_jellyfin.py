"""The Emby stand-in playing Jellyfin 10.8: where it differs from Emby."""

import base64
from typing import Any

import aiohttp
import pytest

from collectarr.demo.emby import PROFILE_JELLYFIN


@pytest.fixture
async def jellyfin(open_emby: Any) -> Any:
    wire = await open_emby(PROFILE_JELLYFIN)
    ids = [wire.emby.add_item("movie", f"Film {number}") for number in range(3)]
    return wire, ids


async def test_it_says_what_it_is(jellyfin: Any) -> None:
    wire, _ = jellyfin
    assert (await wire.get("/System/Info/Public")).json["ProductName"] == "Jellyfin Server"


async def test_a_key_alone_reads_nothing(jellyfin: Any) -> None:
    wire, _ = jellyfin
    reply = await wire.get("/Items", Recursive=True)
    assert (reply.status, reply.text) == (500, "Error processing request.")
    assert (await wire.get("/Items", Recursive=True, UserId=wire.emby.admin_id)).total == 3


async def test_a_wrong_key_gets_no_words(jellyfin: Any) -> None:
    wire, _ = jellyfin
    reply = await wire.get("/System/Info", token="wrong")
    assert (reply.status, reply.text) == (401, "")


async def test_a_malformed_id_gives_the_roots(jellyfin: Any) -> None:
    wire, _ = jellyfin
    assert (await wire.get("/Items", Ids="notanid", UserId=wire.emby.admin_id)).names == [
        "Movies",
        "TV",
    ]


async def test_creating_over_a_name_replaces_the_members(jellyfin: Any) -> None:
    wire, ids = jellyfin
    box = await wire.create("Alpha", *ids[:2])
    assert box == "9f2d9718b9b71fd75fcdba4466b47e05"
    wire.emby.hand_rename(box, "Beta")
    assert await wire.create("Alpha", ids[2]) == box
    assert wire.emby.members(box) == [ids[2]]
    assert [one.name for one in wire.emby.box_sets] == ["Alpha"]


async def test_only_slashes_are_cleaned_from_a_name(jellyfin: Any) -> None:
    wire, ids = jellyfin
    assert await wire.create("Many/Slash:?", *ids) == "6d3649e08c4732cbadb420596154c49d"


async def test_an_unwanted_total_is_the_size_of_the_page(jellyfin: Any) -> None:
    wire, _ = jellyfin
    user = wire.emby.admin_id
    reply = await wire.get(
        "/Items", Recursive=True, Limit=2, EnableTotalRecordCount=False, UserId=user
    )
    assert reply.total == 2


async def test_any_text_type_is_taken_for_an_image(jellyfin: Any) -> None:
    wire, ids = jellyfin
    box = await wire.create("A", *ids)
    reply = await wire.call(
        "POST",
        f"/Items/{box}/Images/Primary",
        data=base64.b64encode(b"junk"),
        headers={"Content-Type": "text/plain"},
    )
    assert reply.status == 204


async def test_a_key_deletes_and_a_json_create_fails(jellyfin: Any) -> None:
    wire, ids = jellyfin
    box = await wire.create("A", *ids)
    assert (await wire.call("DELETE", f"/Items/{box}")).status == 204
    reply = await wire.call("POST", "/Collections", json={"Name": "B", "Ids": ids[0]})
    assert reply.status == 500


async def test_a_socket_with_a_wrong_key_is_refused(jellyfin: Any) -> None:
    wire, _ = jellyfin
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await wire.session.ws_connect(f"{wire.url}/socket?api_key=wrong")
    async with wire.session.ws_connect(f"{wire.url}/socket?api_key={wire.emby.token()}") as socket:
        assert (await socket.receive_json())["MessageType"] == "ForceKeepAlive"
