"""Taking a run back, with a look first, and comparing two runs of a collection."""

from collections.abc import Mapping, Sequence

from aiohttp import web

from collectarr.errors import ConflictError, InvalidError, NotFoundError
from collectarr.pages.lines import run_line, server_names
from collectarr.pages.render import show_page
from collectarr.pages.run_views import ComparePage, UndoOf, UndoPage
from collectarr.pages.visit import Note, Visit, back, see_other
from collectarr.pages.words import duration, number
from collectarr.store import summaries
from collectarr.sync.compare import Comparison, Named, RunSide, compare_runs
from collectarr.sync.undo import UndoPreview, preview_undo, start_undo
from collectarr.trail import note

AWAY = "a server that was removed"
_ALSO = {
    "create": "The collection in Emby is deleted if nothing else is in it.",
    "delete": "The collection in Emby is made again.",
    "rename": "It gets its earlier name, if it still has the one that this run gave it.",
    "look": "It looks as it did before, where nobody has changed that since.",
    "poster": "It gets its earlier poster, if it still has the one that this run gave it.",
}


async def show_undo(request: web.Request) -> web.Response:
    """What it would do is the question; the button under it is the answer."""
    visit = Visit.of(request)
    run = await summaries.run_summary(visit.db, visit.user.id, visit.number())
    problem = ""
    places: tuple[UndoOf, ...] = ()
    try:
        found = await preview_undo(visit.db, visit.outside, visit.user.id, run.id)
    except ConflictError as error:
        problem = error.message
    else:
        places = tuple(_place(one) for one in found)
    page = UndoPage(run_line(visit, run, (), {}), places, problem)
    return await show_page(request, "run_undo.html", page, active="runs")


def _place(one: UndoPreview) -> UndoOf:
    plan = one.plan
    return UndoOf(
        place=f"{one.collection.name} on {one.server.name}",
        take_out=tuple(step.called for step in plan.take_out),
        put_back=tuple(step.called for step in plan.put_back),
        left=tuple((row.title, row.why) for row in plan.left),
        also=tuple(dict.fromkeys(_ALSO.get(change.op, "") for change in plan.others)),
        problem=one.error or "",
    )


async def undo_run(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    try:
        run = await start_undo(visit.db, visit.outside, visit.runner, visit.user.id, visit.number())
    except ConflictError as error:
        return back(request, f"/runs/{visit.number()}", Note("warn", error.message))
    await note(request, "run_undone", run.name, run=visit.number())
    return see_other(request, f"/runs/{run.id}")


async def show_compare(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    other = request.match_info["other"]
    if not other.isdecimal() or len(other) > 15:
        raise NotFoundError("There is no such run.")
    try:
        found = await compare_runs(visit.db, visit.user.id, visit.number(), int(other))
    except InvalidError as error:
        return back(request, f"/runs/{visit.number()}", Note("warn", error.message))
    names = await server_names(visit)
    sides = [
        await summaries.run_summary(visit.db, visit.user.id, side.run.id)
        for side in (found.first, found.second)
    ]
    first, second = (run_line(visit, side, (), names) for side in sides)
    page = ComparePage(
        name=found.second.run.name,
        collection_id=found.second.run.collection_id or 0,
        first=first,
        second=second,
        rows=_rows(found, names),
        lists=_lists(found, names),
    )
    return await show_page(request, "run_compare.html", page, active="runs")


def _rows(found: Comparison, names: Mapping[int, str]) -> tuple[tuple[str, str, str], ...]:
    one, two = found.first, found.second
    rows = [
        ("Added", number(len(one.added)), number(len(two.added))),
        ("Removed", number(len(one.removed)), number(len(two.removed))),
        ("Titles wanted", _count(one, "wanted"), _count(two, "wanted")),
        ("Of these in your library", _count(one, "owned"), _count(two, "owned")),
        ("Took", _took(one), _took(two)),
        ("Requests", _requests(one), _requests(two)),
    ]
    rows += [
        (
            f"Put in by Collectarr on {names.get(key, AWAY)}",
            number(one.held.get(key, 0)),
            number(two.held.get(key, 0)),
        )
        for key in sorted(one.held.keys() | two.held.keys())
    ]
    return tuple(rows)


def _count(side: RunSide, key: str) -> str:
    return number(side.run.counts[key]) if key in side.run.counts else "–"


def _took(side: RunSide) -> str:
    return "–" if side.seconds is None else duration(side.seconds)


def _requests(side: RunSide) -> str:
    reads = sum(row.get("reads", 0) for row in side.run.requests.values())
    writes = sum(row.get("writes", 0) for row in side.run.requests.values())
    return f"{number(reads)} read, {number(writes)} written"


def _lists(found: Comparison, names: Mapping[int, str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    lists = (
        ("In it after the newer run, not after the older", found.came),
        ("In it after the older run, not after the newer", found.went),
    )
    return tuple((heading, _called(rows, names)) for heading, rows in lists)


def _called(rows: Sequence[Named], names: Mapping[int, str]) -> tuple[str, ...]:
    several = len({row.server_id for row in rows}) > 1
    return tuple(
        (row.title if row.year is None else f"{row.title} ({row.year})")
        + (f", {names.get(row.server_id or 0, AWAY)}" if several else "")
        for row in rows
    )


ROUTES = (
    ("GET", "/runs/{id}/undo", show_undo),
    ("POST", "/runs/{id}/undo", undo_run),
    ("GET", "/runs/{id}/compare/{other}", show_compare),
)
