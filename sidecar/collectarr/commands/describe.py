"""collectarr routes and openapi: what the service answers to."""

import json

from collectarr.access import access_of
from collectarr.api import document
from collectarr.app import create_app
from collectarr.commands.output import result
from collectarr.settings import Settings


def routes(settings: Settings) -> list[tuple[str, str, str]]:
    """(method, path, who may call it) of every route; HEAD is where GET is."""
    found = []
    for route in create_app(settings, jobs=False).router.routes():
        resource = route.resource
        if resource is not None and route.method != "HEAD":
            found.append((route.method, resource.canonical, access_of(route)))
    return sorted(found, key=lambda row: (row[1], row[0]))


def show_routes(settings: Settings) -> int:
    for method, path, access in routes(settings):
        result(f"{method:<6} {access:<6} {path}")
    return 0


def show_openapi(settings: Settings) -> int:
    result(json.dumps(document(settings.base_path), ensure_ascii=False, indent=2))
    return 0
