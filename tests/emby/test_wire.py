"""What goes over the wire, and what its refusals mean."""

import json
from typing import Any

import pytest
from aiohttp import web

from collectarr.errors import InvalidError, RejectedError, UnavailableError, UnexpectedAnswerError

KEY = "0123456789abcdef0123456789abcdef"
BOX = "2c0c612d0ed9d446c965db9999a39f1a"
FILM = "13426d80f4b63f000529a5ea866c53ce"


def saying(status: int, text: str = "", **headers: str) -> Any:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text=text, headers=headers)

    return answer


async def test_the_key_travels_in_a_header_and_never_in_an_address(tiny: Any) -> None:
    emby = await tiny(saying(200, '{"Items":[],"TotalRecordCount":0}'))
    await emby.client.box_sets()
    await emby.client.sweep(())
    assert {headers["X-Emby-Token"] for headers in emby.headers} == {KEY}
    assert not any(KEY in url for url in emby.urls)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "key"),
        (403, "forbidden"),
        (404, "not_found"),
        (414, "too_long"),
        (400, "rejected"),
        (409, "rejected"),
    ],
)
async def test_a_refusal_has_a_code_and_short_words(tiny: Any, status: int, code: str) -> None:
    emby = await tiny(saying(status, f"<p>No.\napi_key={KEY}</p>" + "x" * 5000))
    with pytest.raises(RejectedError) as refused:
        await emby.client.box_sets()
    assert refused.value.code == code
    assert refused.value.http_status == status
    assert KEY not in refused.value.message
    assert len(refused.value.message) < 250


async def test_a_refused_key_says_where_to_make_a_new_one(tiny: Any) -> None:
    emby = await tiny(saying(401, "Access token is invalid or expired."))
    with pytest.raises(RejectedError, match="Make a new one in Emby under Settings, API Keys"):
        await emby.client.libraries()


async def test_a_failing_read_is_tried_again_and_every_try_is_counted(tiny: Any) -> None:
    emby = await tiny(saying(503, "busy"))
    with pytest.raises(UnavailableError):
        await emby.client.box_sets()
    assert emby.client.requests.as_dict() == {"reads": 3, "writes": 0}


async def test_a_failing_write_is_sent_once(tiny: Any) -> None:
    emby = await tiny(saying(500, "FOREIGN KEY constraint failed"))
    with pytest.raises(UnavailableError, match="FOREIGN KEY"):
        await emby.client.create_box_set("Alpha", [FILM])
    assert emby.client.requests.as_dict() == {"reads": 0, "writes": 1}


async def test_a_write_that_is_sent_elsewhere_is_not_followed(tiny: Any) -> None:
    emby = await tiny(saying(301, Location="https://elsewhere.example/"))
    with pytest.raises(RejectedError) as refused:
        await emby.client.create_box_set("Alpha", [FILM])
    assert refused.value.code == "redirect"


async def test_a_write_without_a_body_does_not_claim_to_be_an_octet_stream(tiny: Any) -> None:
    emby = await tiny(saying(200, json.dumps({"Id": BOX})))
    await emby.client.create_box_set("Alpha", [FILM])
    assert emby.headers[0]["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("body", ["<html>hello</html>", '"text"', '{"Items": 5}', "[1, 2]"])
async def test_an_answer_that_is_no_list_is_unexpected(tiny: Any, body: str) -> None:
    emby = await tiny(saying(200, body))
    with pytest.raises(UnexpectedAnswerError):
        await emby.client.box_sets()


async def test_rows_of_another_server_are_refused_before_anything_is_done(tiny: Any) -> None:
    rows = {"Items": [{"Id": "1", "ServerId": "f" * 32, "Type": "BoxSet"}], "TotalRecordCount": 1}
    emby = await tiny(saying(200, json.dumps(rows)))
    for read in (emby.client.box_sets(), emby.client.sweep(())):
        with pytest.raises(RejectedError, match="Another Emby server") as refused:
            await read
        assert refused.value.code == "server_changed"


async def test_an_own_server_id_may_be_written_with_dashes(tiny: Any) -> None:
    dashed = "E8DE78B0-B3E9-4F12-9922-A61BB990EAD9"
    rows = {"Items": [{"Id": "1", "Name": "A", "ServerId": dashed, "Type": "BoxSet"}]}
    emby = await tiny(saying(200, json.dumps(rows)))
    assert len(await emby.client.box_sets()) == 1


@pytest.mark.parametrize("bad", ["", "abc", "1/../2", "1,2", "A" * 32, "²", "٣", "1\n"])
async def test_an_id_that_is_none_never_reaches_the_server(tiny: Any, bad: str) -> None:
    emby = await tiny(saying(200, "{}"))
    client = emby.client
    for call in (
        client.members(bad),
        client.delete_box_set(bad),
        client.box_set_object(bad),
        client.add(bad, ["1"]),
        client.upload_poster(bad, b"x", "image/png"),
        client.image(bad, 100),
        client.create_box_set("Alpha", [bad]),
    ):
        with pytest.raises(InvalidError):
            await call
    assert await client.add("5", [bad]) == (bad,)
    assert await client.items_by_id([bad], ()) == ()
    assert emby.asked == []
