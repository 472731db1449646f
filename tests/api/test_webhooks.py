"""/webhooks: in every form that Emby has, never a 5xx, and nothing of it for strangers."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import ClientResponse

from collectarr.bodies import MEGABYTE
from collectarr.store import deliveries, inbox
from collectarr.store.inbox import Arrival
from tests.api.conftest import Town
from tests.conftest import MakeClient
from tests.people import problem, services_of
from tests.town import town_of

SAMPLES: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "emby_webhooks.json").read_text(encoding="utf-8")
)
FILM = SAMPLES["library.new"]


def _multipart(text: str, *, filename: str | None = None) -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("data", text, content_type="application/json", filename=filename)
    return form


def _typed(text: str, content_type: str) -> dict[str, Any]:
    return {"data": text.encode(), "headers": {"Content-Type": content_type}}


FORMS: dict[str, Callable[[str], dict[str, Any]]] = {
    "json": lambda text: _typed(text, "application/json"),
    "text": lambda text: _typed(text, "text/plain; charset=utf-8"),
    "nothing said": lambda text: _typed(text, "application/octet-stream"),
    "urlencoded": lambda text: _typed(
        urlencode({"data": text}), "application/x-www-form-urlencoded"
    ),
    "multipart": lambda text: {"data": _multipart(text)},
    "file": lambda text: {"data": _multipart(text, filename="data.json")},
}


async def _address(town: Town) -> str:
    """Of a new server, on this service."""
    server = await town.add_server()
    made = await town.anna.post(f"/servers/{server['id']}/webhook", status=201)
    return str(made["path"])


def _own(town: Town, payload: Any) -> str:
    """As the server of this town would say it."""
    server = {**payload.get("Server", {}), "Id": town.emby.server_id}
    item = {**payload["Item"], "ServerId": town.emby.server_id} if "Item" in payload else None
    return json.dumps({**payload, "Server": server, **({"Item": item} if item else {})})


async def _send(town: Town, path: str, form: str, text: str) -> ClientResponse:
    return await town.client.post(path, **FORMS[form](text))


async def _told(town: Town) -> list[tuple[str, str]]:
    rows = await deliveries.list_deliveries(services_of(town.client).db, 1)
    return [(row.event, row.outcome) for row in rows]


async def _waiting(town: Town) -> list[str]:
    rows = await inbox.take(services_of(town.client).db, 1, limit=20_000)
    return [row.item_id for row in rows]


@pytest.mark.parametrize("form", FORMS)
async def test_every_sample_is_taken_in_every_form_of_body(town: Town, form: str) -> None:
    path = await _address(town)
    for payload in SAMPLES.values():
        response = await _send(town, path, form, _own(town, payload))
        assert (response.status, await response.read()) == (202, b""), payload["Event"]
    told = await _told(town)
    assert [event for event, _ in reversed(told)] == [one["Event"] for one in SAMPLES.values()]
    assert sorted(await _waiting(town)) == ["651293", "77360", "88300"]
    assert dict(told)["playback.start"] == "ignored"


async def test_repeats_and_wrong_order_are_harmless(town: Town) -> None:
    path = await _address(town)
    for name in ("library.deleted", "library.new", "library.new"):
        assert (await _send(town, path, "json", _own(town, SAMPLES[name]))).status == 202
    assert await _waiting(town) == ["77360"]


async def test_emby_is_not_asked_anything_meanwhile(town: Town) -> None:
    path = await _address(town)
    before = len(town.emby.requests)
    await _send(town, path, "json", _own(town, FILM))
    assert len(town.emby.requests) == before


async def test_an_unknown_address_does_not_exist_and_nothing_is_stored(town: Town) -> None:
    path = await _address(town)
    for form in FORMS:
        response = await _send(town, f"{path}x", form, _own(town, FILM))
        await problem(response, 404, "not_found")
        assert path.rpartition("/")[2] not in await response.text()
    assert (await _told(town), await _waiting(town)) == ([], [])


async def test_strangers_are_stopped_and_servers_never(make_client: MakeClient) -> None:
    async with town_of(make_client, rate_limit_per_minute=100) as town:
        path = await _address(town)
        guessed = [(await _send(town, f"{path}x", "json", "{}")).status for _ in range(12)]
        assert (guessed[0], guessed[-1]) == (404, 429)
        told = [(await _send(town, path, "json", _own(town, FILM))).status for _ in range(30)]
        assert set(told) == {202}


async def test_another_servers_events_are_refused_and_shown(town: Town) -> None:
    response = await _send(town, await _address(town), "json", json.dumps(FILM))
    await problem(response, 409, "other_server")
    assert (await _told(town), await _waiting(town)) == ([("library.new", "refused")], [])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"Item": {}}', "[" * 50_000, "\0"])
async def test_garbage_is_refused_and_shown(town: Town, form: str, text: str) -> None:
    path = await _address(town)
    response = await _send(town, path, form, text)
    assert response.status == 400
    assert (await _told(town), await _waiting(town)) == ([("", "unreadable")], [])


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x"])
async def test_a_large_body_is_refused_before_any_of_it_is_read(
    town: Town, content_type: str
) -> None:
    path = await _address(town)
    reader, writer = await asyncio.open_connection(town.client.host, town.client.port)
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {5 * MEGABYTE}\r\n\r\n".encode()
    )
    async with asyncio.timeout(5):
        assert b" 413 " in await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert await _told(town) == []


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
async def test_a_large_body_that_does_not_say_so_is_refused(town: Town, content_type: str) -> None:
    async def large() -> AsyncIterator[bytes]:
        for _ in range(32):
            yield b" " * 65_536

    path, headers = await _address(town), {"Content-Type": content_type}
    response = await town.client.post(path, data=large(), headers=headers)
    await problem(response, 413, "too_large")
    assert await _told(town) == []


async def test_a_flood_is_answered_and_nothing_of_its_effect_is_lost(town: Town) -> None:
    path = await _address(town)
    text = json.loads(_own(town, FILM))
    full = inbox.MOST - 100
    earlier = [Arrival(1, str(number), "added", "webhook") for number in range(full)]
    await inbox.put(services_of(town.client).db, earlier)
    ids = iter(range(full, full + 300))

    async def tell() -> None:
        for number in ids:
            text["Item"]["Id"] = str(number)
            response = await town.client.post(path, json=text)
            assert response.status == 202

    flood = asyncio.gather(*(tell() for _ in range(50)))
    asked = 0
    while not flood.done():
        assert (await town.client.get("/ping")).status == 200
        asked += 1
    await flood
    assert asked > 1, "others are served meanwhile"
    assert len(await _waiting(town)) == inbox.MOST
    live = await town.anna.get("/servers/1/live")
    assert (live["waiting"], live["delta_due"]) == (inbox.MOST, True)
    assert len(live["deliveries"]) == deliveries.KEPT
