"""Faults put in on purpose: a bad answer, a late one, half of one, or none."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(slots=True, kw_only=True)
class Fault:
    """Hits requests whose path (and method, and query) match, `times` times; None: always.

    `status` answers in place of the server, with `body`. `happens`: what was asked is done all
    the same. `delay` seconds come first, `hang` seconds once it is done. `cut` breaks the
    connection in the middle of the answer, `short` sends half of it as if it were whole.
    """

    path: str = ""
    method: str | None = None
    query: str | None = None
    status: int | None = None
    body: str = ""
    content_type: str = "text/html"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    hang: float = 0.0
    cut: bool = False
    short: bool = False
    happens: bool = False
    times: int | None = 1

    def hits(self, request: web.Request) -> bool:
        return (
            self.times != 0
            and (self.method is None or self.method.upper() == request.method)
            and re.search(self.path, request.path) is not None
            and (self.query is None or re.search(self.query, request.query_string) is not None)
        )


def fault_from(data: dict[str, Any]) -> Fault:
    """Raises ValueError for a field that there is not, or a pattern that is none."""
    try:
        fault = Fault(**data)
        re.compile(fault.path)
        re.compile(fault.query or "")
    except (TypeError, re.error) as error:
        raise ValueError(str(error)) from None
    return fault


class Faults:
    def __init__(self) -> None:
        self.active: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        self.active.append(fault)
        return fault

    def take(self, request: web.Request) -> Fault | None:
        """The first fault that hits `request`, counted down."""
        for fault in self.active:
            if fault.hits(request):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None


async def faulty(fault: Fault, request: web.Request, real: Any) -> web.StreamResponse:
    """The answer that `fault` makes of the one that `real()` gives."""
    if fault.delay:
        await asyncio.sleep(fault.delay)
    if fault.status is not None and not fault.happens:
        return _answer(fault)
    response: web.StreamResponse = await real()
    if fault.hang:
        await asyncio.sleep(fault.hang)
    if fault.status is not None:
        return _answer(fault)
    body = response.body if isinstance(response, web.Response) else b""
    whole = body if isinstance(body, bytes) else b""
    if fault.cut:
        return await _cut(request, whole)
    if fault.short:
        half = whole[: len(whole) // 2]
        return web.Response(
            body=half, status=response.status, content_type=response.content_type, charset="utf-8"
        )
    return response


def _answer(fault: Fault) -> web.Response:
    assert fault.status is not None
    return web.Response(
        text=fault.body,
        status=fault.status,
        content_type=fault.content_type,
        headers=fault.headers,
    )


async def _cut(request: web.Request, whole: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": str(len(whole) + 1)})
    await response.prepare(request)
    await response.write(whole[: len(whole) // 2])
    if request.transport is not None:
        request.transport.abort()
    return response
