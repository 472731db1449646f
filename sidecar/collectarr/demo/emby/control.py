"""How a stand-in for Emby is steered from outside: `/_control` on its own port, loopback only."""

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from collectarr.demo.emby.core import EmbyCore
from collectarr.demo.emby.state import PROVIDERS, TYPES
from collectarr.demo.faults import Faults, fault_from

PREFIX = "/_control"
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    """`items` come and go with their events at once; `faults` and `requests` as in Python."""

    def __init__(self, core: EmbyCore, faults: Faults, requests: list[dict[str, Any]]) -> None:
        self._core = core
        self._faults = faults
        self._requests = requests

    def add_routes(self, app: web.Application) -> None:
        routes: list[tuple[str, str, _Handler]] = [
            ("POST", "/items", self._add_item),
            ("DELETE", "/items/{id}", self._remove_item),
            ("POST", "/faults", self._add_fault),
            ("DELETE", "/faults", self._clear_faults),
            ("GET", "/requests", self._list_requests),
            ("DELETE", "/requests", self._clear_requests),
        ]
        for method, path, handler in routes:
            app.router.add_route(method, PREFIX + path, _loopback(handler))

    async def _add_item(self, request: web.Request) -> web.Response:
        body = await _object(request)
        kind, title = body.get("kind"), body.get("title")
        if kind not in TYPES or kind == "episode" or not isinstance(title, str) or not title:
            raise web.HTTPBadRequest(text="kind must be movie or show, and title must be there.")
        ids = _provider_ids(body.get("ids"))
        try:
            library = self._core.shelf.library_for(kind)
        except LookupError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        item = self._core.shelf.add(kind, title, body.get("year"), ids, library, {})
        self._core.feed.flush()
        return web.json_response({"id": item.id}, status=201)

    async def _remove_item(self, request: web.Request) -> web.Response:
        item = self._core.state.items.get(request.match_info["id"])
        if item is None:
            raise web.HTTPNotFound(text="There is no such item.")
        self._core.shelf.remove(item)
        self._core.feed.flush()
        return web.Response(status=204)

    async def _add_fault(self, request: web.Request) -> web.Response:
        try:
            self._faults.add(fault_from(await _object(request)))
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return web.json_response({"faults": len(self._faults.active)}, status=201)

    async def _clear_faults(self, _: web.Request) -> web.Response:
        self._faults.active.clear()
        return web.Response(status=204)

    async def _list_requests(self, _: web.Request) -> web.Response:
        keys = ("method", "path", "query", "status")
        rows = [{key: row[key] for key in keys} for row in self._requests]
        return web.json_response({"requests": rows})

    async def _clear_requests(self, _: web.Request) -> web.Response:
        self._requests.clear()
        return web.Response(status=204)


def _loopback(handler: _Handler) -> _Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        if not ipaddress.ip_address(request.remote or "::").is_loopback:
            raise web.HTTPForbidden(text="Only from this machine.")
        return await handler(request)

    return guarded


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="A JSON object is wanted.")
    return body


def _provider_ids(ids: object) -> dict[str, str]:
    given = ids if isinstance(ids, dict) else {}
    return {name: str(given[key]) for key, name in PROVIDERS.items() if given.get(key)}
