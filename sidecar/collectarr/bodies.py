"""How much patience and how much room a body gets that comes in with a request."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from aiohttp import web

from collectarr.errors import InvalidError, MediaTypeError

SECONDS = web.AppKey("body_seconds", float)
USUAL_SECONDS = 30.0
"""Enough for a megabyte over a bad telephone line."""
DEEPEST = 20
MOST_VALUES = 20_000
T = TypeVar("T")


async def in_time(request: web.Request, read: Callable[[], Awaitable[T]]) -> T:
    """What `read` gives. Raises HTTPRequestTimeout (408) for a body that trickles in, and
    MediaTypeError for one that is packed: what it grows to is not known before.
    """
    if request.headers.get("Content-Encoding", "identity").strip().casefold() != "identity":
        raise MediaTypeError("Send the body as it is, without “Content-Encoding”.")
    try:
        async with asyncio.timeout(request.app.get(SECONDS, USUAL_SECONDS)):
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
