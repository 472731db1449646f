"""/events: what is happening right now, as a stream (server-sent events)."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from collectarr.api.endpoint import Call, Endpoints

endpoints = Endpoints("events")
HEARTBEAT = 15.0
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    # Proxies collect what they pass on unless told not to.
    "X-Accel-Buffering": "no",
}


@endpoints.get(
    "/events",
    "Runs as they go; first an event `runs` with all that run now",
    media="text/event-stream",
)
async def events(call: Call) -> web.StreamResponse:
    response, live = web.StreamResponse(headers=HEADERS), call.services.live
    about = (call.user.id, call.identity.stream, _last_id(call.request))
    try:
        async with live.listen(*about, lambda: _is_gone(call.request)) as queue:
            await response.prepare(call.request)
            # States come first: whoever joins now has missed nothing.
            await response.write(_event("runs", {"runs": call.runner.states(call.user.id)}))
            async for event in _events(call, queue):
                await response.write(event)
        await response.write_eof()
    except ConnectionResetError:
        pass
    return response


async def _events(call: Call, queue: "asyncio.Queue[Any]") -> AsyncIterator[bytes]:
    """Events, and a heartbeat after a while of silence, for as long as the session lives.

    What ended it tells the hub. But it may have ended just before we listened, or expire.
    """
    clock, asked_again = asyncio.get_running_loop().time, 0.0
    while True:
        if clock() >= asked_again:
            if not await call.services.auth.is_live(call.identity):
                return
            asked_again = clock() + HEARTBEAT
        try:
            event = await asyncio.wait_for(queue.get(), HEARTBEAT)
        except TimeoutError:
            yield b": still here\n\n"
            continue
        if event is None:
            return
        yield event.encode()


def _is_gone(request: web.Request) -> bool:
    """Whether the client has hung up, which a stream notices only when it writes."""
    return request.transport is None or request.transport.is_closing()


def _last_id(request: web.Request) -> int:
    text = request.headers.get("Last-Event-ID", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
