"""Connecting an account by a code on another screen, or through the source's own page."""

from datetime import datetime

from aiohttp import web

from collectarr.errors import CollectarrError
from collectarr.pages.render import show_page
from collectarr.pages.settings_sources import asked_source
from collectarr.pages.source_cards import PATH
from collectarr.pages.source_views import CodePage, LeavePage
from collectarr.pages.visit import Note, Visit, see_other
from collectarr.sources import Source
from collectarr.sync.sign_in import DeviceSignIn, redirect_uri

NO_WAY_BACK = (
    "Connect with a code: for the other way an administrator has to set where browsers come back"
    " to."
)


async def begin(request: web.Request) -> web.Response:
    """A new code; one that waits already stays as it is."""
    visit = Visit.of(request)
    source = asked_source(visit)
    known = visit.services.sign_ins.latest(visit.user.id, source.name)
    if known is None or known.state != "pending" or known.expires_at <= visit.now:
        try:
            await visit.services.sign_ins.start(visit.user.id, source.name)
        except CollectarrError as error:
            return see_other(request, PATH, Note("error", error.message))
    return see_other(request, f"{PATH}/{source.name}/code")


async def show(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    source = asked_source(visit)
    one = visit.services.sign_ins.latest(visit.user.id, source.name)
    if one is None:
        return see_other(request, PATH)
    page = _page(visit, source, one)
    return await show_page(request, "settings_code.html", page, active="settings")


def _page(visit: Visit, source: Source, one: DeviceSignIn) -> CodePage:
    return CodePage(
        source=source.name,
        label=source.label,
        state=one.state,
        code=one.code.user_code,
        address=one.code.verification_url,
        until=one.expires_at.isoformat(timespec="seconds"),
        left=_minutes(one.expires_at, visit.now),
        message=one.message or "",
        username=one.username or "",
    )


def _minutes(until: datetime, now: datetime) -> str:
    """`9:42`."""
    seconds = max(0, int((until - now).total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02}"


async def stop(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    visit.services.sign_ins.give_up(visit.user.id, asked_source(visit).name)
    return see_other(request, PATH)


async def leave(request: web.Request) -> web.Response:
    """On to the source's own page.

    Not by a redirect: our forms may lead nowhere else, and browsers hold redirects to that too.
    """
    visit = Visit.of(request)
    source = asked_source(visit)
    uri = redirect_uri(visit.settings, source.name)
    if uri is None:
        return see_other(request, PATH, Note("error", NO_WAY_BACK))
    try:
        address = visit.services.sign_ins.set_out(visit.user.id, source.name, uri)
    except CollectarrError as error:
        return see_other(request, PATH, Note("error", error.message))
    page = LeavePage(source.label, address)
    response = await show_page(request, "settings_leave.html", page, active="settings")
    response.headers["Refresh"] = f"0; url={address}"
    return response


ROUTES = (
    ("POST", f"{PATH}/{{source}}/code", begin),
    ("GET", f"{PATH}/{{source}}/code", show),
    ("POST", f"{PATH}/{{source}}/stop", stop),
    ("POST", f"{PATH}/{{source}}/leave", leave),
)
