"""How much patience and how much room a body gets that comes in with a request."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import web

from collectarr.errors import InvalidError, MediaTypeError

SECONDS = web.AppKey("body_seconds", float)
USUAL_SECONDS = 30.0
"""Enough for a megabyte over a bad telephone line."""
DEEPEST = 20
MOST_VALUES = 20_000
T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
H = TypeVar("H", bound=Callable[..., Any])
MEGABYTE = 1 << 20
PATIENT = web.RequestKey("body_patient", float)
"""How many times the usual seconds such a body may take."""
_MARK = "collectarr_room"


@dataclass(frozen=True, slots=True)
class Room:
    """What one route takes, in bytes, and what is said there to more than that."""

    most: int
    otherwise: Handler


def takes(most: int, otherwise: Handler) -> Callable[[H], H]:
    """Mark: a handler takes bodies of so many bytes; larger ones get `otherwise`, which must not
    read the body.
    """

    def mark(handler: H) -> H:
        setattr(handler, _MARK, Room(most, otherwise))
        return handler

    return mark


@web.middleware
async def room(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The room that a route is marked with. To be asked after it is known who may call it."""
    wanted: Room | None = getattr(request.match_info.route.handler, _MARK, None)
    if wanted is None:
        said, most = request.content_length or 0, request._client_max_size
        if said > most > 0:
            # Known beforehand: nothing of it is read.
            raise web.HTTPRequestEntityTooLarge(most, said)
        return await handler(request)
    # Not a clone: of one, aiohttp does not close the files that came with a form.
    request._client_max_size = wanted.most
    request[PATIENT] = max(1.0, wanted.most / MEGABYTE / 2)
    try:
        return await handler(request)
    except web.HTTPRequestEntityTooLarge:
        return await wanted.otherwise(request)


async def in_time(request: web.Request, read: Callable[[], Awaitable[T]]) -> T:
    """What `read` gives. Raises HTTPRequestTimeout (408) for a body that trickles in, and
    MediaTypeError for one that is packed: what it grows to is not known before.
    """
    if request.headers.get("Content-Encoding", "identity").strip().casefold() != "identity":
        raise MediaTypeError("Send the body as it is, without “Content-Encoding”.")
    seconds = request.app.get(SECONDS, USUAL_SECONDS) * request.get(PATIENT, 1.0)
    try:
        async with asyncio.timeout(seconds):
            return await read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


def check_shape(data: Any) -> None:
    """Raises InvalidError for JSON deeper or with more values than anything we ask for."""
    level, count = [data], 0
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        count += len(level)
        if count > MOST_VALUES:
            raise InvalidError(f"This JSON holds more than {MOST_VALUES:,} values.", code="json")
    if level:
        raise InvalidError(f"This JSON is nested more than {DEEPEST} levels deep.", code="json")
