"""The Emby stand-in: updating an item takes all of it, and images travel as base64."""

import base64
from typing import Any

import pytest

from collectarr.demo import posters
from collectarr.demo.emby import PROFILE_32, PROFILE_49

BOTH = pytest.mark.parametrize("profile", [PROFILE_32, PROFILE_49], ids=lambda one: one.name)
PICTURE = posters.poster("Test", 2000)
JPEG = {"Content-Type": "image/jpeg"}


@pytest.fixture
async def boxed(open_emby: Any) -> Any:
    async def opened(profile: Any = PROFILE_49) -> Any:
        wire = await open_emby(profile)
        box = await wire.create("A", wire.emby.add_item("movie", "Film"))
        return wire, box

    return opened


async def _whole(wire: Any, box: Any) -> Any:
    return (await wire.get(f"/Users/{wire.emby.admin_id}/Items/{box}")).json


@BOTH
async def test_the_whole_item_posted_back_is_kept(boxed: Any, profile: Any) -> None:
    wire, box = await boxed(profile)
    item = await _whole(wire, box)
    item |= {
        "Name": "B",
        "Overview": "Words",
        "ProviderIds": {"Collectarr": "x.1"},
        "DisplayOrder": "SortName",
        "LockedFields": ["Overview"],
    }
    assert (await wire.call("POST", f"/Items/{box}", json=item)).status == 204
    after = await _whole(wire, box)
    assert {key: after[key] for key in ("Name", "Overview", "ProviderIds", "DisplayOrder")} == {
        "Name": "B",
        "Overview": "Words",
        "ProviderIds": {"Collectarr": "x.1"},
        "DisplayOrder": "SortName",
    }
    assert after["LockedFields"] == ["Overview"]
    assert after["Path"].endswith("/A [boxset]")


@BOTH
async def test_a_part_of_an_item_is_refused_and_spoils_it_until_a_refresh(
    boxed: Any, profile: Any
) -> None:
    wire, box = await boxed(profile)
    reply = await wire.call("POST", f"/Items/{box}", json={"Name": "B"})
    assert (reply.status, reply.text) == (400, "Value cannot be null.\nParameter name: source")
    path = f"/Users/{wire.emby.admin_id}/Items/{box}"
    assert (await wire.get(path)).status == 400
    assert (await wire.call("POST", f"/Items/{box}/Refresh")).status == 204
    assert (await wire.get(path)).json["Name"] == "A"


async def test_tags_are_plain_on_the_older_server_and_objects_on_the_newer(boxed: Any) -> None:
    for profile, sent in (
        (PROFILE_32, {"Tags": ["x"]}),
        (PROFILE_49, {"TagItems": [{"Name": "x"}]}),
    ):
        wire, box = await boxed(profile)
        item = await _whole(wire, box)
        await wire.call("POST", f"/Items/{box}", json=item | sent)
        after = await _whole(wire, box)
        assert {key: after[key] for key in sent} == sent


async def test_a_newer_server_takes_a_sort_name_only_when_it_is_locked(boxed: Any) -> None:
    wire, box = await boxed()
    item = await _whole(wire, box)
    await wire.call("POST", f"/Items/{box}", json=item | {"ForcedSortName": "!"})
    assert "ForcedSortName" not in await _whole(wire, box)
    locked = item | {"ForcedSortName": "!", "LockedFields": ["SortName"]}
    await wire.call("POST", f"/Items/{box}", json=locked)
    assert (await _whole(wire, box))["SortName"] == "!"


async def test_only_an_administrator_may_update(boxed: Any) -> None:
    wire, box = await boxed()
    token = wire.emby.token(wire.emby.add_user("guest", ""))
    item = await _whole(wire, box)
    assert (await wire.call("POST", f"/Items/{box}", json=item, token=token)).status == 403


@BOTH
async def test_an_image_goes_up_as_base64_and_comes_down_as_it_was(
    boxed: Any, profile: Any
) -> None:
    wire, box = await boxed(profile)
    path = f"/Items/{box}/Images/Primary"
    reply = await wire.call("POST", path, data=base64.b64encode(PICTURE), headers=JPEG)
    assert reply.status == 204
    down = await wire.get(path, token=None)
    assert (down.body, down.content_type) == (PICTURE, "image/jpeg")
    tag = (await _whole(wire, box))["ImageTags"]["Primary"]
    assert down.headers["ETag"] == f'"{tag}"'


async def test_the_same_image_again_has_another_tag(boxed: Any) -> None:
    wire, box = await boxed()
    tags = set()
    for _ in range(2):
        data = base64.b64encode(PICTURE)
        await wire.call("POST", f"/Items/{box}/Images/Primary", data=data, headers=JPEG)
        tags.add(wire.emby.box_set("A").image().tag)
    assert len(tags) == 2


async def test_a_smaller_image_is_made_on_the_way_out(boxed: Any) -> None:
    wire, box = await boxed()
    wire.emby.hand_poster(box, PICTURE)
    small = await wire.get(f"/Items/{box}/Images/Primary", token=None, maxWidth=40, quality=90)
    assert len(small.body) < len(PICTURE)
    assert small.body[:2] == b"\xff\xd8"


@BOTH
async def test_raw_bytes_are_no_image(boxed: Any, profile: Any) -> None:
    wire, box = await boxed(profile)
    reply = await wire.call("POST", f"/Items/{box}/Images/Primary", data=PICTURE, headers=JPEG)
    assert reply.status == 500
    assert reply.text.startswith("The input is not a valid Base-64 string")
    assert wire.emby.box_set("A").image() is None


@BOTH
async def test_an_image_needs_the_type_of_an_image(boxed: Any, profile: Any) -> None:
    wire, box = await boxed(profile)
    reply = await wire.call(
        "POST",
        f"/Items/{box}/Images/Primary",
        data=base64.b64encode(PICTURE),
        headers={"Content-Type": "text/plain"},
    )
    text = "Unable to determine image file extension from mime type text/plain"
    assert (reply.status, reply.text) == (400, text)


async def test_deleting_an_image_twice_is_fine_and_then_there_is_none(boxed: Any) -> None:
    wire, box = await boxed()
    wire.emby.hand_poster(box, PICTURE)
    for _ in range(2):
        assert (await wire.call("DELETE", f"/Items/{box}/Images/Primary")).status == 204
    assert (await wire.get(f"/Items/{box}/Images/Primary")).status == 404
    assert (await wire.get(f"/Items/{box}/Images")).json == []


async def test_backdrops_add_up_and_every_image_is_listed(boxed: Any) -> None:
    wire, box = await boxed()
    for kind in ("Primary", "Backdrop", "Backdrop"):
        data = base64.b64encode(PICTURE)
        await wire.call("POST", f"/Items/{box}/Images/{kind}", data=data, headers=JPEG)
    rows = (await wire.get(f"/Items/{box}/Images")).json
    assert [row["ImageType"] for row in rows] == ["Primary", "Backdrop", "Backdrop"]
    assert (rows[0]["Width"], rows[0]["Height"]) == (posters.WIDTH, posters.HEIGHT)


async def test_every_film_has_a_poster(boxed: Any) -> None:
    wire, _ = await boxed()
    [film] = wire.emby.items
    reply = await wire.get(f"/Items/{film.id}/Images/Primary", token=None)
    assert reply.content_type == "image/jpeg"
    assert (await wire.get(f"/Items/{film.id}/Images")).json[0]["Size"] == len(reply.body)
