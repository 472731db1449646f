"""JSON under /api/v1: one file per resource, and the explicit list of them."""

from functools import cache

from aiohttp import web

from collectarr.api import auth, collections, events, images, runs, servers, sources, system
from collectarr.api.endpoint import PREFIX, Endpoint
from collectarr.api.once import ONCE, Once
from collectarr.api.openapi import Schema, openapi

ENDPOINTS: tuple[Endpoint, ...] = (
    *auth.endpoints,
    *servers.endpoints,
    *sources.endpoints,
    *collections.endpoints,
    *runs.endpoints,
    *events.endpoints,
    *images.endpoints,
    *system.endpoints,
)
"""A new resource is one file and one line here."""


def setup_api(app: web.Application, base_path: str) -> None:
    """Add all routes. The probes answer with and without the base path."""
    app[ONCE] = Once()
    for endpoint in ENDPOINTS:
        app.router.add_route(endpoint.method, base_path + endpoint.path, endpoint.handler())
    for probe in system.probes:
        for prefix in dict.fromkeys(("", base_path)):
            app.router.add_get(prefix + probe.path, probe.handler())

    async def openapi_json(_request: web.Request) -> web.Response:
        return web.json_response(document(base_path))

    app.router.add_get(f"{base_path}{PREFIX}/openapi.json", openapi_json)


@cache
def document(base_path: str = "") -> Schema:
    """The OpenAPI document of all endpoints."""
    return openapi((*system.probes, *ENDPOINTS), base_path)
