"""/events: states as they change, to whom they belong, until the session ends."""

import asyncio
import json
from typing import Any

from aiohttp import ClientResponse

from collectarr.live import MOST_STREAMS
from tests.people import Client, Person, problem, services_of


async def _event(stream: ClientResponse) -> tuple[str, Any]:
    """The next event: its name and data."""
    name = ""
    while True:
        line = (await asyncio.wait_for(stream.content.readline(), 5)).decode().rstrip("\n")
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            return name, json.loads(line.removeprefix("data: "))


async def _id(stream: ClientResponse) -> str:
    """The id of the next event."""
    while True:
        line = (await asyncio.wait_for(stream.content.readline(), 5)).decode().strip()
        if line.startswith("id: "):
            return line.removeprefix("id: ")


async def _rest(stream: ClientResponse) -> bytes:
    """What comes until the stream ends."""
    return (await asyncio.wait_for(stream.content.read(), 5)).strip()


async def _open(person: Person, **headers: str) -> ClientResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    stream = await person.call("GET", "/events", headers=named)
    assert stream.status == 200
    assert await _event(stream) == ("runs", {"runs": []})
    return stream


async def test_a_stream_begins_with_all_that_runs_and_is_not_buffered(anna: Person) -> None:
    stream = await _open(anna)
    assert stream.content_type == "text/event-stream"
    assert stream.headers["X-Accel-Buffering"] == "no"
    assert stream.headers["Cache-Control"] == "no-store"


async def test_everybody_hears_of_their_own_alone(
    client: Client, anna: Person, ben: Person
) -> None:
    streams = [await _open(person) for person in (anna, ben)]
    live = services_of(client).live
    live.publish(anna.id, "run", {"id": 1})
    live.publish(ben.id, "run", {"id": 2})
    live.publish(None, "news", {"all": True})
    assert [await _event(streams[0]) for _ in range(2)] == [
        ("run", {"id": 1}),
        ("news", {"all": True}),
    ]
    assert await _event(streams[1]) == ("run", {"id": 2})


async def test_who_comes_back_hears_what_was_missed(client: Client, anna: Person) -> None:
    live = services_of(client).live
    stream = await _open(anna)
    for number in (1, 2):
        live.publish(anna.id, "run", {"n": number})
    last = await _id(stream)
    stream.close()
    stream = await _open(anna, Last_Event_ID=last)
    assert await _event(stream) == ("run", {"n": 2})
    for odd in ("-1", "x", "9" * 30):
        await _open(anna, Last_Event_ID=odd)


async def test_a_stream_ends_with_its_session_and_no_other(
    client: Client, anna: Person, ben: Person
) -> None:
    streams = [await _open(person) for person in (anna, ben)]
    await anna.call("POST", "/auth/logout")
    assert await _rest(streams[0]) == b""
    services_of(client).live.publish(ben.id, "run", {})
    assert await _event(streams[1]) == ("run", {})


async def test_a_stream_ends_when_the_service_stops(client: Client, anna: Person) -> None:
    stream = await _open(anna)
    assert client.app is not None
    await client.app.shutdown()
    assert await _rest(stream) == b""


async def test_nobody_holds_more_streams_open_than_is_good_for_all(
    client: Client, anna: Person, ben: Person
) -> None:
    streams = [await _open(ben) for _ in range(MOST_STREAMS)]
    refused = await ben.call("GET", "/events")
    inside = await problem(refused, 429, "streams")
    assert str(MOST_STREAMS) in inside["message"]
    assert int(refused.headers["Retry-After"]) > 0
    services_of(client).live.publish(ben.id, "run", {"id": 1})
    for stream in streams:
        assert await _event(stream) == ("run", {"id": 1}), "those that were there stay"
    await _open(anna)


async def test_a_stream_that_was_left_stands_in_nobodys_way(client: Client, ben: Person) -> None:
    """Long before a heartbeat would have found out that nobody listens."""
    left = [await _open(ben) for _ in range(MOST_STREAMS)]
    for stream in left[1:]:
        stream.close()
    async with asyncio.timeout(5):
        while (again := await ben.call("GET", "/events")).status == 429:
            await asyncio.sleep(0.01)
    assert await _event(again) == ("runs", {"runs": []})
    services_of(client).live.publish(ben.id, "run", {"id": 1})
    for stream in (left[0], again):
        assert await _event(stream) == ("run", {"id": 1})
