"""What is written to a server, and what is looked at first."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from collectarr.errors import (
    InvalidError,
    NotFoundError,
    RejectedError,
    UnavailableError,
    UnexpectedAnswerError,
)

ADMIN = "130fb999836f445abe85d7e5e083bb77"
PNG = b"\x89PNG\r\n\x1a\n rest"
BOX = {"Id": "7", "Type": "BoxSet", "Name": "Alpha", "ProviderIds": {}, "Tags": []}
NULL_ID = "Value cannot be null.\nParameter name: id"


class Shop:
    """A server with the items `known`, one box set and the members put into it."""

    def __init__(self, known: set[str], **changes: Any) -> None:
        self.known = known
        self.members: list[str] = []
        self.box: dict[str, Any] | int = changes.get("box", BOX)
        self.stubborn: set[str] = changes.get("stubborn", set())
        self.longest = changes.get("longest", 100_000)
        self.deletes = changes.get("deletes", True)
        self.on_delete: tuple[int, str] = changes.get("on_delete", (204, ""))

    async def __call__(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix("/emby")
        if path == "/Items":
            ids = [i for i in request.query["Ids"].split(",") if i in self.known]
            return web.Response(text=json.dumps({"Items": [{"Id": i} for i in ids]}))
        if path == f"/Users/{ADMIN}/Items/7":
            if isinstance(self.box, int):
                return web.Response(status=self.box)
            return web.Response(text=json.dumps(self.box))
        if path == "/Items/7":
            status, text = self.on_delete if request.method == "DELETE" else (204, "")
            return web.Response(status=status, text=text)
        return self.change(request, path)

    def change(self, request: web.Request, path: str) -> web.Response:
        if len(str(request.url)) > self.longest:
            return web.Response(status=414)
        taking = request.method == "DELETE" or path.endswith("/Delete")
        if request.method == "DELETE" and not self.deletes:
            return web.Response(status=405)
        ids = request.query["Ids"].split(",")
        if isinstance(self.box, int) or not set(ids) <= self.known - self.stubborn:
            return web.Response(status=400, text=NULL_ID)
        self.members = [i for i in self.members if i not in ids] if taking else self.members + ids
        return web.Response(status=204)


def saying(status: int, body: Any, **headers: str) -> Callable[[Any], Any]:
    async def answer(request: web.Request) -> web.Response:
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(status=status, text=text, headers=headers)

    return answer


async def test_a_box_set_is_created_with_all_its_members_in_one_call(tiny: Any) -> None:
    emby = await tiny(saying(200, {"Id": "7"}))
    assert await emby.client.create_box_set("Ü & / + #1", ["1", "2"]) == "7"
    assert emby.asked == ["POST /emby/Collections"]
    assert emby.urls[0].endswith("?Name=%C3%9C+%26+/+%2B+%231&Ids=1,2")
    assert emby.client.requests.as_dict() == {"reads": 0, "writes": 1}


async def test_a_name_that_exists_is_told_from_other_refusals(tiny: Any) -> None:
    taken = await tiny(saying(400, "A child with the Id 2c0c612d already exists."))
    with pytest.raises(RejectedError) as refused:
        await taken.client.create_box_set("Alpha", ["1"])
    assert refused.value.code == "name_taken"
    other = await tiny(saying(400, NULL_ID))
    with pytest.raises(RejectedError) as refused:
        await other.client.create_box_set("Alpha", ["1"])
    assert refused.value.code == "rejected"


@pytest.mark.parametrize("body", ["{}", '{"Id": ""}', '{"Id": "x/y"}', "[]", "null"])
async def test_a_create_that_names_no_box_set_is_unexpected(tiny: Any, body: str) -> None:
    emby = await tiny(saying(200, body))
    with pytest.raises(UnexpectedAnswerError):
        await emby.client.create_box_set("Alpha", ["1"])


@pytest.mark.parametrize(("name", "ids"), [("Alpha", []), ("  ", ["1"])])
async def test_a_create_without_name_or_titles_is_not_sent(
    tiny: Any, name: str, ids: list[str]
) -> None:
    emby = await tiny(saying(200, {"Id": "7"}))
    with pytest.raises(InvalidError):
        await emby.client.create_box_set(name, ids)
    assert emby.asked == []


async def test_ids_are_added_in_as_few_calls_as_fit(tiny: Any) -> None:
    ids = [f"{number:032x}" for number in range(200)]
    shop = Shop(set(ids))
    emby = await tiny(shop)
    assert await emby.client.add("7", ids + ids) == ()
    assert shop.members == ids
    assert emby.client.requests.as_dict() == {"reads": 0, "writes": 2}
    assert all(len(url) <= 4000 for url in emby.urls)


async def test_one_unknown_id_does_not_sink_the_batch(tiny: Any) -> None:
    shop = Shop({"1", "2", "3"})
    emby = await tiny(shop)
    assert await emby.client.add("7", ["1", "404", "2", "x y", "3"]) == ("x y", "404")
    assert shop.members == ["1", "2", "3"]
    assert emby.client.requests.as_dict() == {"reads": 2, "writes": 2}


async def test_ids_that_are_all_unknown_all_come_back(tiny: Any) -> None:
    emby = await tiny(Shop({"1"}))
    assert await emby.client.add("7", ["8", "9"]) == ("8", "9")


async def test_an_id_that_emby_knows_and_refuses_is_found_among_the_others(tiny: Any) -> None:
    known = {str(number) for number in range(20)}
    shop = Shop(known, stubborn={"13"})
    emby = await tiny(shop)
    assert await emby.client.add("7", sorted(known)) == ("13",)
    assert set(shop.members) == known - {"13"}


async def test_an_address_that_is_too_long_for_a_proxy_is_halved(tiny: Any) -> None:
    ids = [f"{number:032x}" for number in range(100)]
    shop = Shop(set(ids), longest=1000)
    emby = await tiny(shop)
    assert await emby.client.add("7", ids) == ()
    assert shop.members == ids


@pytest.mark.parametrize("status", [404, 500])
async def test_adding_to_a_box_set_that_is_gone_says_so(tiny: Any, status: int) -> None:
    known = {"1", "2"}
    emby = await tiny(Shop(known, box=status))
    with pytest.raises(RejectedError) as refused:
        await emby.client.add("7", sorted(known))
    assert refused.value.code == "gone"


async def test_adding_to_what_is_no_box_set_says_so(tiny: Any) -> None:
    emby = await tiny(Shop({"1"}, box={**BOX, "Type": "Movie"}, stubborn={"1"}))
    with pytest.raises(RejectedError) as refused:
        await emby.client.add("7", ["1"])
    assert refused.value.code == "not_a_box_set"


async def test_members_are_removed_and_unknown_ids_do_not_matter(tiny: Any) -> None:
    shop = Shop({"1", "2", "3"})
    shop.members = ["1", "2", "3"]
    emby = await tiny(shop)
    await emby.client.remove("7", ["1", "404", "3"])
    assert shop.members == ["2"]
    assert emby.asked[0] == "DELETE /emby/Collections/7/Items"


async def test_where_delete_does_not_pass_the_post_form_is_used(tiny: Any) -> None:
    shop = Shop({"1", "2"}, deletes=False)
    shop.members = ["1", "2"]
    emby = await tiny(shop)
    await emby.client.remove("7", ["1"])
    assert shop.members == ["2"]
    assert emby.asked == [
        "DELETE /emby/Collections/7/Items",
        "POST /emby/Collections/7/Items/Delete",
    ]


async def test_a_removal_that_emby_refuses_is_no_success(tiny: Any) -> None:
    emby = await tiny(Shop({"1"}, stubborn={"1"}))
    with pytest.raises(RejectedError):
        await emby.client.remove("7", ["1"])


async def test_an_update_sends_the_whole_object_back_without_the_heavy_parts(tiny: Any) -> None:
    whole = {**BOX, "ChildCount": 4, "UserData": {}, "ImageTags": {}, "LockedFields": []}
    emby = await tiny(Shop(set(), box=whole))
    await emby.client.update_box_set("7", lambda box: box.update(Overview="Mine"))
    assert emby.asked == [f"GET /emby/Users/{ADMIN}/Items/7", "POST /emby/Items/7"]
    assert json.loads(emby.bodies[1]) == {**BOX, "LockedFields": [], "Overview": "Mine"}


@pytest.mark.parametrize("box", [{**BOX, "Type": "Movie"}, {**BOX, "Id": "8"}, 404, "text"])
async def test_what_is_not_our_box_set_is_neither_updated_nor_deleted(tiny: Any, box: Any) -> None:
    emby = await tiny(Shop(set(), box=box))
    for write in (
        emby.client.update_box_set("7", lambda box: None),
        emby.client.delete_box_set("7"),
    ):
        with pytest.raises((RejectedError, UnexpectedAnswerError)):
            await write
    assert emby.client.requests.writes == 0


async def test_a_change_of_id_or_type_is_not_sent(tiny: Any) -> None:
    emby = await tiny(Shop(set()))
    with pytest.raises(InvalidError):
        await emby.client.update_box_set("7", lambda box: box.update(Type="Movie"))
    assert emby.client.requests.writes == 0


async def test_a_box_set_is_deleted_after_a_look_at_it(tiny: Any) -> None:
    emby = await tiny(Shop(set()))
    await emby.client.delete_box_set("7")
    assert emby.asked == [f"GET /emby/Users/{ADMIN}/Items/7", "DELETE /emby/Items/7"]


@pytest.mark.parametrize("refusal", [(400, "Value cannot be null.\nParameter name: g"), (403, "")])
async def test_a_key_that_may_not_delete_asks_for_a_sign_in(
    tiny: Any, refusal: tuple[int, str]
) -> None:
    emby = await tiny(Shop(set(), on_delete=refusal))
    with pytest.raises(RejectedError, match="Sign in to it") as refused:
        await emby.client.delete_box_set("7")
    assert refused.value.code == "delete_refused"


async def test_a_delete_that_fails_otherwise_is_not_called_a_matter_of_the_key(tiny: Any) -> None:
    down = await tiny(Shop(set(), on_delete=(500, "")))
    with pytest.raises(UnavailableError):
        await down.client.delete_box_set("7")
    bad_key = await tiny(Shop(set(), on_delete=(401, "")))
    with pytest.raises(RejectedError) as refused:
        await bad_key.client.delete_box_set("7")
    assert refused.value.code == "key"


@pytest.mark.parametrize(
    ("given", "sent"), [("image/png", "image/png"), ("image/jpg", "image/jpeg")]
)
async def test_a_poster_travels_as_base64_under_its_own_type(
    tiny: Any, given: str, sent: str
) -> None:
    emby = await tiny(saying(204, ""))
    await emby.client.upload_poster("7", PNG, given)
    assert emby.asked == ["POST /emby/Items/7/Images/Primary"]
    assert base64.b64decode(emby.bodies[0], validate=True) == PNG
    assert emby.headers[0]["Content-Type"] == sent


@pytest.mark.parametrize(
    ("image", "kind"), [(PNG, "text/html"), (PNG, "image/svg+xml"), (b"", "image/png")]
)
async def test_what_is_no_image_is_not_uploaded(tiny: Any, image: bytes, kind: str) -> None:
    emby = await tiny(saying(204, ""))
    with pytest.raises(InvalidError):
        await emby.client.upload_poster("7", image, kind)
    assert emby.asked == []


async def test_an_image_comes_in_the_wanted_width_with_its_type(tiny: Any) -> None:
    emby = await tiny(saying(200, "bytes", **{"Content-Type": "image/webp"}))
    assert await emby.client.image("7", 300, tag="t1") == (b"bytes", "image/webp")
    assert emby.urls[0].endswith("/Items/7/Images/Primary?MaxWidth=300&Quality=90&Tag=t1")
    assert emby.headers[0]["Accept"] == "image/*"


async def test_an_item_without_an_image_is_told_from_a_page_in_its_place(tiny: Any) -> None:
    none = await tiny(saying(404, '"Alpha does not have an image of type Primary"'))
    with pytest.raises(NotFoundError):
        await none.client.image("7", 300)
    page = await tiny(saying(200, "<script>", **{"Content-Type": "text/html"}))
    with pytest.raises(UnexpectedAnswerError):
        await page.client.image("7", 300)
