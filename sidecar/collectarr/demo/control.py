"""How the stand-in of a source is steered: `/_control` on its own port, as at Emby's."""

import ipaddress
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Middleware

from collectarr.demo.faults import Fault, Faults, fault_from, faulty

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
CONTROL = "/_control/"


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that came in; `status` 0 means that its connection was cut."""

    method: str
    path: str
    query: dict[str, str]
    status: int


class Control:
    """The log of requests, the faults that are ordered, and the routes to both."""

    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self.faults = Faults()

    def fail(
        self,
        path_regex: str,
        *,
        status: int | None = None,
        body: Any = "",
        content_type: str | None = None,
        times: int | None = 1,
        delay: float = 0,
        cut: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """The next `times` requests to such a path go wrong; None: all of them.

        `body` is text, or data to be sent as JSON. Without `status` the answer stays true, and
        is only late (`delay` seconds) or `cut` in the middle.
        """
        text = body if isinstance(body, str) else json.dumps(body)
        fault = Fault(
            path=path_regex,
            status=status,
            body=text,
            content_type=content_type or ("text/html" if text[:1] == "<" else "application/json"),
            headers=dict(headers or {}),
            delay=delay,
            cut=cut,
            times=times,
        )
        self.faults.add(fault)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(f"{CONTROL}requests", self._show),
            web.delete(f"{CONTROL}requests", self._forget),
            web.post(f"{CONTROL}faults", self._order),
            web.delete(f"{CONTROL}faults", self._mend),
        ]

    def middleware(self) -> Middleware:
        @web.middleware
        async def steered(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith(CONTROL):
                _only_from_here(request)
                return await handler(request)
            fault = self.faults.take(request)
            if fault is None:
                response = await _handled(request, handler)
            else:
                response = await faulty(fault, request, lambda: _handled(request, handler))
            cut = fault is not None and fault.cut
            status = 0 if cut else response.status
            self.requests.append(Seen(request.method, request.path, dict(request.query), status))
            return response

        return steered

    async def _show(self, _request: web.Request) -> web.Response:
        return web.json_response({"requests": [asdict(seen) for seen in self.requests]})

    async def _forget(self, _request: web.Request) -> web.Response:
        self.requests.clear()
        return web.Response(status=204)

    async def _order(self, request: web.Request) -> web.Response:
        try:
            order = await request.json()
            self.faults.add(fault_from(order if isinstance(order, dict) else {"order": order}))
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"faults": len(self.faults.active)}, status=201)

    async def _mend(self, _request: web.Request) -> web.Response:
        self.faults.active.clear()
        return web.Response(status=204)


def _only_from_here(request: web.Request) -> None:
    if not ipaddress.ip_address(request.remote or "::").is_loopback:
        raise web.HTTPForbidden(text="Only from this machine.")


async def _handled(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        return web.Response(status=error.status, text=error.text, content_type=error.content_type)
