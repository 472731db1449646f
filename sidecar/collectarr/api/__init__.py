"""JSON under /api/v1: one file per resource, and the explicit list of them."""

from functools import cache

from aiohttp import web

from collectarr.api import (
    api_keys,
    audit,
    auth,
    bridge,
    collection_items,
    collection_look,
    collection_upkeep,
    collections,
    corrections,
    events,
    images,
    invites,
    presence,
    run_history,
    runs,
    server_live,
    servers,
    settings,
    source_accounts,
    sources,
    starters,
    system,
    titles,
    users,
    webhooks,
)
from collectarr.api.endpoint import Endpoint
from collectarr.api.once import ONCE, Once
from collectarr.api.openapi import openapi
from collectarr.api.responses import Schema
from collectarr.services import API_DOCUMENT

ENDPOINTS: tuple[Endpoint, ...] = (
    *auth.endpoints,
    *users.endpoints,
    *invites.endpoints,
    *audit.endpoints,
    *api_keys.endpoints,
    *servers.endpoints,
    *bridge.endpoints,
    *server_live.endpoints,
    *presence.endpoints,
    *source_accounts.endpoints,
    *titles.endpoints,
    *sources.endpoints,
    *collections.endpoints,
    *collection_items.endpoints,
    *collection_look.endpoints,
    *collection_upkeep.endpoints,
    *corrections.endpoints,
    *starters.endpoints,
    *runs.endpoints,
    *run_history.endpoints,
    *events.endpoints,
    *images.endpoints,
    *system.endpoints,
    *settings.endpoints,
    *webhooks.endpoints,
)
"""A new resource is one file and one line here."""


def setup_api(app: web.Application, base_path: str) -> None:
    """Add all routes. The probes answer with and without the base path."""
    app[ONCE] = Once()
    app[API_DOCUMENT] = lambda: document(base_path)
    for endpoint in ENDPOINTS:
        app.router.add_route(endpoint.method, base_path + endpoint.path, endpoint.handler())
    for probe in system.probes:
        for prefix in dict.fromkeys(("", base_path)):
            app.router.add_get(prefix + probe.path, probe.handler())


@cache
def document(base_path: str = "") -> Schema:
    """The OpenAPI document of all endpoints."""
    return openapi((*system.probes, *ENDPOINTS), base_path)
