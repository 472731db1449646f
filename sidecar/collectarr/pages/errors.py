"""The page for whatever went wrong."""

from aiohttp import web

from collectarr.access import IDENTITY
from collectarr.middleware import REQUEST_ID
from collectarr.pages.render import show_at_once
from collectarr.pages.views import ErrorPage
from collectarr.pages.visit import Note

_WAYS_OUT = {
    404: ("Go to your collections", "/collections"),
    405: ("Go to your collections", "/collections"),
}


def render_error(request: web.Request, status: int, title: str, text: str) -> web.Response:
    """What the middleware answers with for an error in a page."""
    action, href = _WAYS_OUT.get(status, ("Go to the dashboard", "/"))
    if IDENTITY not in request:
        action, href = "Go to the first page", "/"
    page = ErrorPage(
        status=status,
        title=title,
        text=text,
        action=action,
        href=href,
        reference=request[REQUEST_ID] if status >= 500 and REQUEST_ID in request else "",
    )
    notes = (Note("error", text),)
    return show_at_once(request, "error.html", page, status=status, notes=notes)
