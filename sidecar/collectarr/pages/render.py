"""Templates to responses: whole pages, or only the regions that a script asks for."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web

from collectarr import __version__
from collectarr.access import IDENTITY
from collectarr.pages.chip import chip_of
from collectarr.pages.icons import icon
from collectarr.pages.parts import Chip
from collectarr.pages.static import StaticFiles, web_folder
from collectarr.pages.visit import Note, Visit, drop_notes, kept_notes
from collectarr.settings import Settings

FRAGMENT = "X-Fragment"
_LEAST_TO_PACK = 1024
_REGIONS = re.compile(r"[a-z]{1,20}(?:,[a-z]{1,20}){0,9}")


@dataclass(frozen=True, slots=True)
class Regions:
    """What a script asked for; empty = the whole page."""

    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, request: web.Request) -> "Regions":
        asked = request.headers.get(FRAGMENT, "")
        return cls(tuple(asked.split(",")) if _REGIONS.fullmatch(asked) else ())

    def want(self, name: str) -> bool:
        return not self.names or name in self.names


def set_up_templates(app: web.Application, settings: Settings) -> StaticFiles:
    """The environment of the templates, and the files that pages link to."""
    folder, base = web_folder(), settings.base_path
    static = StaticFiles(folder / "static")
    env = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(folder / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        default_helpers=False,
        auto_reload=settings.environment == "development",
    )
    env.globals.update(
        url=lambda path: base + path,
        static=lambda name: base + static.address(name),
        icon=icon,
        version=__version__,
    )
    return static


async def show_page(
    request: web.Request, template: str, page: object, *, active: str = "", status: int = 200
) -> web.Response:
    """`page` as HTML. `active` names the entry of the main menu that it belongs to."""
    regions = Regions.of(request)
    signed_in = IDENTITY in request
    live = await chip_of(Visit.of(request)) if signed_in and regions.want("chip") else None
    notes = kept_notes(request) if regions.want("flash") else ()
    response = _response(request, template, page, active, status, live, notes, regions)
    if regions.want("flash"):
        drop_notes(request, response)
    return response


def show_at_once(
    request: web.Request, template: str, page: object, *, status: int, notes: Sequence[Note] = ()
) -> web.Response:
    """A page that waits for nothing, such as one about an error.

    A script that has a place for notes gets only `notes`; one without gets a page without
    regions, which makes it load the address as a whole.
    """
    regions = Regions.of(request)
    if regions.names and "flash" not in regions.names:
        return web.Response(status=status, text="", content_type="text/html")
    only = Regions(("flash",)) if regions.names else regions
    shown = notes if regions.names else ()
    return _response(request, template, page, "", status, None, shown, only)


def _response(
    request: web.Request,
    template: str,
    page: object,
    active: str,
    status: int,
    live: Chip | None,
    notes: Sequence[Note],
    regions: Regions,
) -> web.Response:
    env = aiohttp_jinja2.get_env(request.app)
    context = _context(request, page=page, active=active, live=live, flash=notes)
    # Whoever is not signed in gets the plain frame, which has no regions to replace.
    if regions.names and context["user"] is not None:
        text = "".join(_fragments(env, template, context, regions.names))
    else:
        text = env.get_template(template).render(context)
    response = web.Response(text=text, status=status, content_type="text/html")
    response.headers["Vary"] = f"Cookie, Accept-Encoding, {FRAGMENT}"
    accepted = request.headers.get("Accept-Encoding", "").casefold()
    if len(text) >= _LEAST_TO_PACK and "gzip" in accepted:
        response.enable_compression(web.ContentCoding.gzip)
    return response


def _context(request: web.Request, **given: Any) -> dict[str, Any]:
    identity = request.get(IDENTITY)
    user = identity.user if identity is not None else None
    session = identity.session if identity is not None else None
    return {
        "user": user,
        "theme": user.theme if user is not None else "dark",
        "csrf": session.csrf if session is not None else "",
        **given,
    }


def _fragments(
    env: jinja2.Environment, name: str, context: Mapping[str, Any], regions: Iterable[str]
) -> Iterable[str]:
    """Only these blocks, each in an element that says which region it is."""
    template, frame = env.get_template(name), env.get_template("base.html")
    for region in regions:
        block = template.blocks.get(region) or frame.blocks.get(region)
        if block is not None:
            inner = "".join(block(template.new_context(dict(context))))
            yield f'<div data-region="{region}">{inner}</div>'
