"""Settings of the whole installation: where users may have servers. For administrators."""

from dataclasses import dataclass

from aiohttp import web

from collectarr.access import admin
from collectarr.dial import HOME_NETWORKS, network_texts
from collectarr.errors import InvalidError
from collectarr.pages.collection_upkeep import LIMITS, per_cent, typed_limits
from collectarr.pages.parts import Form
from collectarr.pages.render import show_page
from collectarr.pages.typed import Typed
from collectarr.pages.visit import Note, Visit, see_other, typed, wrong
from collectarr.pages.words import count
from collectarr.store import installation
from collectarr.sync.hold import usual_limits
from collectarr.trail import note

PATH = "/settings/installation"
FIELD = "networks"
EMPTY = "Type a number."


@dataclass(frozen=True, slots=True)
class InstallationPage:
    """`form` field: networks, one a line. `usual`: what holds until somebody changes it."""

    form: Form
    usual: tuple[str, ...]
    guard: Form


@admin
async def show(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    return await _page(visit)


async def _page(
    visit: Visit, form: Form | None = None, guard: Form | None = None, status: int = 200
) -> web.Response:
    form = form or Form({FIELD: "\n".join(await _allowed(visit))})
    return await show_page(
        visit.request,
        "settings_installation.html",
        InstallationPage(form, HOME_NETWORKS, guard or Form(await _limits(visit))),
        active="settings",
        status=status,
    )


async def _allowed(visit: Visit) -> list[str]:
    allowed = await installation.allowed_networks(visit.db)
    return list(HOME_NETWORKS if allowed is None else allowed)


@admin
async def change(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await typed(request)
    text = fields.get(FIELD, "")
    try:
        networks = network_texts(text.replace(",", " ").split())
    except InvalidError as error:
        return await _page(visit, wrong({FIELD: text}, error, FIELD), status=422)
    if networks == await _allowed(visit):
        return see_other(request, PATH, Note("info", "Nothing was changed."))
    await installation.set_allowed_networks(visit.db, networks)
    await note(request, "settings_changed", changed=["allowed_networks"], allowed_networks=networks)
    return see_other(request, PATH, Note("ok", _said(len(networks))))


async def _limits(visit: Visit) -> dict[str, str]:
    usual = await usual_limits(visit.db)
    return {
        "share": per_cent(usual.share),
        "at_once": str(usual.at_once),
        "week_share": per_cent(usual.week_share),
    }


@admin
async def change_guard(request: web.Request) -> web.Response:
    """What collections may lose without asking, where they say nothing else."""
    visit, fields = Visit.of(request), await Typed.of(request)
    problems = {name: EMPTY for name in LIMITS if not fields.get(name)}
    limits = typed_limits(fields, problems)
    if problems:
        return await _page(visit, guard=Form(fields.values, problems), status=422)
    at_once = int(limits["at_once"] or 0)
    await installation.set_guard_limits(visit.db, {**limits, "at_once": at_once})
    await note(request, "settings_changed", changed=["guard"])
    return see_other(request, PATH, Note("ok", "Saved. The next syncs go by it."))


def _said(networks: int) -> str:
    if not networks:
        return "Saved. Only administrators can have servers now."
    return f"Saved. Users may have servers in {count(networks, 'network')} now."


ROUTES = (
    ("GET", PATH, show),
    ("POST", PATH, change),
    ("POST", f"{PATH}/guard", change_guard),
)
