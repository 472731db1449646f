"""The front door of the Emby stand-in: tokens, faults, refusals, and what was asked."""

import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler as AiohttpHandler

from collectarr.demo.emby.control import PREFIX
from collectarr.demo.emby.core import EmbyCore
from collectarr.demo.emby.route import Route
from collectarr.demo.emby.wire import NOT_FOUND, Refusal, asked
from collectarr.demo.faults import Faults, faulty

LONGEST_LINE = 1 << 17
_Answered = Callable[[], Awaitable[web.StreamResponse]]


class Front:
    """Every route stands there bare and, mostly, under `/emby`, as on the real server."""

    def __init__(self, core: EmbyCore, faults: Faults, requests: list[dict[str, Any]]) -> None:
        self._core = core
        self._faults = faults
        self._requests = requests

    def add_routes(self, app: web.Application, routes: Iterable[Route]) -> None:
        there = [route for route in routes if route.there(self._core.state.profile)]
        for prefix in ("", "/emby") if self._core.state.profile.emby_prefix else ("",):
            for route in there:
                app.router.add_route(route.method, prefix + route.path, self._handler(route))

    def _handler(self, route: Route) -> AiohttpHandler:
        async def handle(request: web.Request) -> web.StreamResponse:
            ask = asked(self._core.state, request, public=route.public)
            return await route.handler(self._core, ask)

        return handle

    @web.middleware
    async def middleware(self, request: web.Request, handler: AiohttpHandler) -> web.StreamResponse:
        """Control calls pass; everything else is answered in Emby's way and remembered."""
        if request.path.startswith(PREFIX):
            return await handler(request)
        self._core.agenda.run_due()
        record = {
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "status": 0,
            "at": time.time(),
        }
        self._requests.append(record)
        fault = self._faults.take(request)

        async def real() -> web.StreamResponse:
            return await self._answered(request, handler)

        response = await (real() if fault is None else faulty(fault, request, real))
        record["status"] = 0 if fault is not None and fault.cut else response.status
        return response

    async def _answered(self, request: web.Request, handler: AiohttpHandler) -> web.StreamResponse:
        limit = self._core.state.profile.url_limit
        if limit is not None and len(request.raw_path) > limit:
            return web.Response(status=414)
        try:
            return await handler(request)
        except Refusal as refusal:
            return self._refused(refusal.status, refusal.text)
        except web.HTTPException as error:
            status = 404 if error.status == 405 else error.status
            return self._refused(status, NOT_FOUND if status == 404 else "")

    def _refused(self, status: int, text: str) -> web.Response:
        """Plain words on Emby; next to nothing on Jellyfin."""
        if self._core.state.profile.plain_errors:
            return web.Response(text=text, status=status, content_type="text/html")
        if status in (401, 403, 404):
            return web.Response(status=status)
        return web.Response(text="Error processing request.", status=status)
