"""Every run, one run, and what a person decides about it."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from aiohttp import web

from collectarr.errors import ConflictError
from collectarr.models import RunStatus, Trigger
from collectarr.pages.chip import live_run
from collectarr.pages.lines import changed_line, pager, run_line, run_lines, server_names
from collectarr.pages.parts import Choice, LiveRun
from collectarr.pages.render import show_page
from collectarr.pages.run_views import ChangesOf, LogLine, Requests, RunPage, RunsPage, Stage
from collectarr.pages.visit import Note, Visit, back, see_other, typed
from collectarr.pages.words import clock, duration, number, run_badge, trigger_words
from collectarr.store import runs as stored_runs
from collectarr.store import summaries
from collectarr.store.runs import Change
from collectarr.store.runs import LogLine as StoredLine
from collectarr.store.summaries import RunFilter, RunSummary
from collectarr.sync.decide import approve, reject
from collectarr.trail import note, note_approval

PER_PAGE, SHOWN_PARTS, MOST_CHANGES = 50, 200, 2000
STATUSES = (
    RunStatus.SUCCESS,
    RunStatus.PARTIAL,
    RunStatus.FAILED,
    RunStatus.HELD,
    RunStatus.CANCELLED,
)
AWAY = "A server that was removed"
_TONES = {"info": "quiet", "ok": "ok", "warning": "warn", "error": "bad"}


async def show_all(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    status = request.query.get("status", "")
    status = status if status in RunStatus.__members__ else ""
    only = _only(request)
    counts = await summaries.count_top_runs(visit.db, visit.user.id, only)
    total = counts.get(status, 0) if status else sum(counts.values())
    found = await summaries.top_runs(
        visit.db,
        visit.user.id,
        status or None,
        limit=PER_PAGE,
        offset=(visit.page_number() - 1) * PER_PAGE,
        only=only,
    )
    page = RunsPage(
        runs=await run_lines(visit, found),
        statuses=_statuses(counts, status, only),
        pager=pager(visit, _path(only, status), PER_PAGE, total),
        filtered=bool(status) or only != RunFilter(),
        collections=await _collections(visit, only),
        triggers=_triggers(only),
        status=status,
    )
    return await show_page(request, "runs.html", page, active="runs")


def _only(request: web.Request) -> RunFilter:
    collection, trigger = request.query.get("collection", ""), request.query.get("trigger", "")
    return RunFilter(
        int(collection) if collection.isdecimal() and len(collection) < 16 else None,
        trigger if trigger in {one.value for one in Trigger} else None,
    )


def _path(only: RunFilter, status: str) -> str:
    asked = {"collection": only.collection_id, "trigger": only.trigger, "status": status}
    query = urlencode({key: value for key, value in asked.items() if value})
    return f"/runs?{query}" if query else "/runs"


def _statuses(counts: Mapping[str, int], status: str, only: RunFilter) -> tuple[Choice, ...]:
    whole = Choice("", "All", not status, href=_path(only, ""), count=sum(counts.values()))
    return (
        whole,
        *(
            Choice(
                value,
                run_badge(value).word,
                value == status,
                href=_path(only, value),
                count=counts.get(value, 0),
            )
            for value in STATUSES
            if value == status or counts.get(value)
        ),
    )


async def _collections(visit: Visit, only: RunFilter) -> tuple[Choice, ...]:
    names = await summaries.collection_states(visit.db, visit.user.id)
    rows = [Choice(str(row.id), row.name, row.id == only.collection_id) for row in names]
    return (Choice("", "Every collection", only.collection_id is None), *rows)


def _triggers(only: RunFilter) -> tuple[Choice, ...]:
    rows = [Choice(x.value, trigger_words(x), x.value == only.trigger) for x in Trigger]
    return (Choice("", "Whatever the reason", only.trigger is None), *rows)


async def show_one(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    run = await summaries.run_summary(visit.db, visit.user.id, visit.number())
    whole = await stored_runs.get_run(visit.db, visit.user.id, run.id)
    changes = await summaries.changes_of(visit.db, visit.user.id, [run.id], MOST_CHANGES)
    names = await server_names(visit)
    lines = await stored_runs.list_log(visit.db, run.id)
    parts = await _parts(visit, run)
    ended = run.seconds is not None
    page = RunPage(
        run=run_line(visit, run, changes.get(run.id, ()), names),
        live=_live(visit, run),
        stages=tuple(_stage(part) for part in parts),
        requests=tuple(
            Requests(names.get(int(key), AWAY), row["reads"], row["writes"])
            for key, row in run.requests.items()
        ),
        log=tuple(_log_line(visit, line) for line in lines),
        can_approve=await _can_approve(visit, run),
        by_server=by_server(changes.get(run.id, ()), names),
        times=tuple((text, duration(seconds)) for text, seconds in whole.stages),
        can_undo=ended
        and bool(changes.get(run.id))
        and not await stored_runs.was_undone(visit.db, run.id),
        before=await stored_runs.run_before(visit.db, run.id) if ended else None,
        undoes=whole.undoes,
    )
    return await show_page(request, "run.html", page, active="runs")


def by_server(changes: Sequence[Change], names: Mapping[int, str]) -> tuple[ChangesOf, ...]:
    """In the order of their first changes; the servers' names as headings."""
    grouped: dict[int, list[Change]] = {}
    for change in changes:
        grouped.setdefault(change.server_id or 0, []).append(change)
    return tuple(
        ChangesOf(names.get(key, AWAY), tuple(changed_line(change, {}) for change in rows))
        for key, rows in grouped.items()
    )


async def _parts(visit: Visit, run: RunSummary) -> Sequence[RunSummary]:
    if run.parent_id is not None or run.collection_id is not None:
        return ()
    return await summaries.run_parts(visit.db, run, visit.user.id, SHOWN_PARTS)


def _stage(part: RunSummary) -> Stage:
    took = "" if part.seconds is None else duration(part.seconds)
    return Stage(part.name, part.message, run_badge(part.status).tone, took)


def _live(visit: Visit, run: RunSummary) -> LiveRun | None:
    states = visit.runner.states(visit.user.id)
    return next((live_run(state, visit.now) for state in states if state["id"] == run.id), None)


def _log_line(visit: Visit, line: StoredLine) -> LogLine:
    tone = _TONES.get(line.level, "quiet")
    return LogLine(visit.when(line.at), clock(line.at, visit.zone), tone, line.message)


async def _can_approve(visit: Visit, run: RunSummary) -> bool:
    if run.status is not RunStatus.HELD or run.collection_id is None:
        return False
    states = await summaries.collection_states(visit.db, visit.user.id, run.collection_id)
    waits = any(row.state == RunStatus.HELD for row in states)
    return waits and await summaries.held_run(visit.db, visit.user.id, run.collection_id) == run.id


async def approve_run(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    fields = await typed(request)
    try:
        run = await approve(
            visit.db,
            visit.outside,
            visit.runner,
            visit.user.id,
            visit.number(),
            choice=fields.get("choice") or None,
            name=fields.get("name") or None,
        )
    except ConflictError as error:
        return back(request, f"/runs/{visit.number()}", Note("warn", error.message))
    await note_approval(request, run.name, fields.get("choice") or None)
    return see_other(request, _home(run.collection_id, run.id))


async def reject_run(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    run = await summaries.run_summary(visit.db, visit.user.id, visit.number())
    try:
        await reject(visit.db, visit.user.id, run.id)
    except ConflictError as error:
        return back(request, f"/runs/{run.id}", Note("warn", error.message))
    await note(request, "removals_rejected", run.name, run=run.id)
    kept = run.counts.get("waiting", 0)
    what = f"The {number(kept)} titles stay" if kept > 1 else "The title stays"
    text = f"{what} in the collection from now on, whatever the list says."
    return see_other(request, _home(run.collection_id, run.id), Note("ok", text))


def _home(collection_id: int | None, run_id: int) -> str:
    return f"/runs/{run_id}" if collection_id is None else f"/collections/{collection_id}"


async def cancel_run(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    run = await summaries.run_summary(visit.db, visit.user.id, visit.number())
    if await visit.runner.cancel(run.id):
        return back(request, f"/runs/{run.id}", Note("info", f"{run.name} is being cancelled."))
    text = f"{run.name} had already ended."
    return back(request, f"/runs/{run.id}", Note("info", text))


ROUTES = (
    ("GET", "/runs", show_all),
    ("GET", "/runs/{id}", show_one),
    ("POST", "/runs/{id}/approve", approve_run),
    ("POST", "/runs/{id}/reject", reject_run),
    ("POST", "/runs/{id}/cancel", cancel_run),
)
