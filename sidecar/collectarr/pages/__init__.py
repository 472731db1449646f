"""The HTML pages: handlers, the view models their templates take, and words for people."""

from collections.abc import Iterator

from aiohttp import web

from collectarr.middleware import RENDER_ERROR
from collectarr.pages import (
    api_docs,
    browse,
    browse_list,
    collection,
    collection_choices,
    collection_editor,
    collection_look,
    collection_make,
    collection_match,
    collection_new,
    collections,
    corrections,
    dashboard,
    register,
    run_history,
    runs,
    server,
    server_access,
    server_bridge,
    settings_account,
    settings_audit,
    settings_installation,
    settings_keys,
    settings_servers,
    settings_sources,
    settings_users,
    setup,
    sign_in,
    source_sign_in,
)
from collectarr.pages.errors import render_error
from collectarr.pages.render import set_up_templates
from collectarr.settings import Settings

AREAS = (
    setup,
    sign_in,
    register,
    dashboard,
    collections,
    collection_new,
    collection_make,
    collection_editor,
    collection,
    collection_choices,
    collection_look,
    collection_match,
    corrections,
    browse,
    browse_list,
    runs,
    run_history,
    settings_servers,
    server,
    server_access,
    server_bridge,
    settings_sources,
    source_sign_in,
    settings_keys,
    api_docs,
    settings_account,
    settings_users,
    settings_installation,
    settings_audit,
)
"""A page is one file with its `ROUTES`, and one line here."""


def setup_pages(app: web.Application, settings: Settings) -> None:
    """Add all pages, what they link to, and the page for errors."""
    static = set_up_templates(app, settings)
    app[RENDER_ERROR] = render_error
    app[settings_servers.COUNTED] = {}
    app.add_routes(static.routes(settings.base_path))
    app.add_routes(_routes(settings.base_path))


def _routes(base: str) -> Iterator[web.RouteDef]:
    for area in AREAS:
        for method, path, handler in area.ROUTES:
            make = web.get if method == "GET" else web.post
            # Ids of the store fit in 64 bits; nothing longer gets that far.
            yield make(base + path.replace("{id}", r"{id:\d{1,18}}"), handler)
