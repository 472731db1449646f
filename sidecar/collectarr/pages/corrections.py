"""Settings of corrections: all that somebody said of single titles, and taking it back."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from aiohttp import web

from collectarr.errors import NotFoundError
from collectarr.models import Item
from collectarr.pages.correction_views import CorrectionsPage, SaidLine
from collectarr.pages.lines import pager, server_names
from collectarr.pages.parts import Choice
from collectarr.pages.render import show_page
from collectarr.pages.visit import Note, Visit, see_other
from collectarr.store import corrections as stored
from collectarr.store.corrections import Correction
from collectarr.sync import correct
from collectarr.trail import note

PATH = "/settings/corrections"
PER_PAGE, LONGEST = 50, 200
ACTS = {"": "All", "pin": "This item", "map": "Another title", "exclude": "Never matched"}
UNDONE = "Taken back: “{}” is matched by its ids and its title again, from the next sync on."


async def show(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    query = " ".join(request.query.get("query", "").split())[:LONGEST]
    act = request.query.get("act", "")
    act = act if act in ACTS else ""
    known = (await stored.list_corrections(visit.db, visit.user.id))[::-1]
    named = [one for one in known if _names(one, query)]
    rows = [one for one in named if act in ("", one.act)]
    start = (visit.page_number() - 1) * PER_PAGE
    shown = rows[start : start + PER_PAGE]
    now = await correct.items_now(visit.db, visit.user.id, shown)
    names = await server_names(visit)
    page = CorrectionsPage(
        lines=tuple(said_line(visit, one, names, now) for one in shown),
        acts=_choices(named, act, query),
        query=query,
        act=act,
        filtered=bool(query or act),
        beyond=bool(rows) and not shown,
        total=len(known),
        pager=pager(visit, _path(query, act), PER_PAGE, len(rows)),
    )
    return await show_page(request, "settings_corrections.html", page, active="settings")


def _names(one: Correction, query: str) -> bool:
    text = " ".join(correct.names_in(one)).casefold()
    return all(word in text for word in query.casefold().split())


def _choices(named: Sequence[Correction], act: str, query: str) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            value,
            label,
            value == act,
            href=_path(query, value),
            count=sum(value in ("", one.act) for one in named),
        )
        for value, label in ACTS.items()
    )


def _path(query: str, act: str) -> str:
    given = {"act": act, "query": query}
    text = urlencode({name: value for name, value in given.items() if value})
    return f"{PATH}?{text}" if text else PATH


def said_line(
    visit: Visit,
    one: Correction,
    names: Mapping[int, str],
    now: Mapping[int, tuple[Item, ...]],
) -> SaidLine:
    return SaidLine(
        id=one.id,
        title=correct.shown(one.title),
        act=one.act,
        words=_words(one, names),
        gone=one.act == "pin" and not now.get(one.id),
        when=visit.when(min(one.created_at, visit.now)),
    )


def _words(one: Correction, names: Mapping[int, str]) -> str:
    if one.act == "pin":
        items = " and ".join(f"“{correct.shown(was)}”" for _, was in one.items[:3])
        more = f" and {len(one.items) - 3} more" if len(one.items) > 3 else ""
        return f"is {items}{more} on {names.get(one.server_id or 0, 'a server')}"
    return "is never matched" if one.to is None else f"means “{correct.shown(one.to)}”"


async def delete(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    # Asked for first: what is somebody else's is not there.
    gone = await stored.delete_correction(visit.db, visit.user.id, visit.number())
    return see_other(request, PATH, await _noted(visit, gone))


async def take_back(visit: Visit, number: str) -> Note:
    """By the id that a form sent. One that is gone already is fine."""
    known = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
    try:
        gone = await stored.delete_correction(visit.db, visit.user.id, known)
    except NotFoundError:
        return Note("ok", "It was taken back already.")
    return await _noted(visit, gone)


async def _noted(visit: Visit, gone: Correction) -> Note:
    await note(visit.request, "correction_removed", correct.shown(gone.title), act=gone.act)
    return Note("ok", UNDONE.format(correct.shown(gone.title)))


ROUTES = (("GET", PATH, show), ("POST", f"{PATH}/{{id}}/delete", delete))
