"""/events: what is happening right now, as a stream (server-sent events)."""

import asyncio
import json
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


@endpoints.get("/events", "Runs as they go; first an event `runs` with all that run now")
async def events(call: Call) -> web.StreamResponse:
    session = call.identity.session
    response = web.StreamResponse(headers=HEADERS)
    await response.prepare(call.request)
    listening = call.services.live.listen(
        call.user.id, session.id if session else "", _last_id(call.request)
    )
    try:
        async with listening as queue:
            # States come first: whoever joins now has missed nothing.
            await response.write(_event("runs", {"runs": call.runner.states(call.user.id)}))
            while (event := await _next(call, queue)) is not None:
                await response.write(event)
        await response.write_eof()
    except ConnectionResetError:
        pass
    return response


async def _next(call: Call, queue: "asyncio.Queue[Any]") -> bytes | None:
    """An event, or a heartbeat after a while of silence; None where the stream ends."""
    try:
        event = await asyncio.wait_for(queue.get(), HEARTBEAT)
    except TimeoutError:
        session = call.identity.session
        alive = session is None or await call.services.auth.is_live(session.id)
        return b": still here\n\n" if alive else None
    return None if event is None else event.encode()


def _last_id(request: web.Request) -> int:
    text = request.headers.get("Last-Event-ID", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
