"""The first page: how things stand, what runs, what is new and what waits for a person."""

from collections.abc import Iterator, Sequence

from aiohttp import web

from collectarr.errors import CollectarrError
from collectarr.models import RunStatus, Trigger
from collectarr.pages.causes import cause_of, one_per_cause, plain
from collectarr.pages.chip import live_run
from collectarr.pages.lines import run_lines
from collectarr.pages.parts import Coverage, Poster
from collectarr.pages.posters import poster_url
from collectarr.pages.render import show_page
from collectarr.pages.source_alerts import source_alerts
from collectarr.pages.source_cards import accounts_of
from collectarr.pages.views import Attention, DashboardPage, ServerLine, Step
from collectarr.pages.visit import Note, Visit, back
from collectarr.pages.words import Badge, count
from collectarr.store import server_summaries, servers, summaries
from collectarr.store.followed import followed_lists
from collectarr.store.server_summaries import ServerCounts
from collectarr.store.servers import Server
from collectarr.store.summaries import CollectionState
from collectarr.sync.collection import start_sync_all

RUNS, NEWEST, NEEDS = 8, 18, 6
ONLINE = Badge("Online", "circle-check", "ok")
TROUBLE = Badge("Not working", "circle-x", "bad")


async def show(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    states = await summaries.collection_states(visit.db, visit.user.id)
    known = await servers.list_servers(visit.db, visit.user.id)
    page = (
        await _overview(visit, states, known)
        if states
        else DashboardPage(steps=_steps(bool(known)))
    )
    return await show_page(request, "dashboard.html", page, active="dashboard")


def _steps(has_server: bool) -> tuple[Step, ...]:
    return (
        Step(
            "Add your Emby server",
            "Its address and an API key are all it takes.",
            "/settings/servers",
            "Add server",
            has_server,
        ),
        Step(
            "Bring a list",
            "Paste the address of a list on MDBList, or pick one of yours.",
            "/collections/new",
            "Bring a list",
            False,
        ),
        Step(
            "Watch it sync",
            "You see every title that is found, and those that are missing.",
            "/collections",
            "See collections",
            False,
        ),
    )


async def _overview(
    visit: Visit, states: Sequence[CollectionState], known: Sequence[Server]
) -> DashboardPage:
    under_way = visit.runner.states(visit.user.id)
    active = [row for row in states if row.enabled]
    upcoming = min(active, key=lambda row: row.due_at, default=None)
    recent = await summaries.top_runs(visit.db, visit.user.id, None, limit=RUNS)
    lines = await run_lines(visit, recent, names={server.id: server.name for server in known})
    ended = (line for line, run in zip(lines, recent, strict=True) if run.seconds is not None)
    counts = await server_summaries.server_counts(visit.db, visit.user.id)
    return DashboardPage(
        active=len(active),
        collections=len(states),
        coverage=_coverage(states, known),
        last_run=next(ended, None),
        next_run=visit.when(upcoming.due_at) if upcoming else None,
        next_what=upcoming.name if upcoming else "",
        live=live_run(under_way[0], visit.now) if under_way else None,
        queued=max(0, len(under_way) - 1),
        servers=tuple(_server(row, counts[row.id]) for row in known),
        runs=lines,
        attention=await _attention(visit, states, known),
        newest=await _newest(visit),
    )


def _coverage(states: Sequence[CollectionState], known: Sequence[Server]) -> Coverage:
    """Not known where there is no server to look at."""
    if not known:
        return Coverage()
    return Coverage(sum(row.owned for row in states), sum(row.wanted for row in states))


def _server(server: Server, counts: ServerCounts) -> ServerLine:
    return ServerLine(
        id=server.id,
        name=server.name,
        version=f"{server.kind.capitalize()} {server.version}",
        state=TROUBLE if server.error else ONLINE,
        libraries=counts.libraries,
        items=counts.items,
        note=server.error or "",
    )


async def _newest(visit: Visit) -> tuple[Poster, ...]:
    found = await summaries.newest_additions(visit.db, visit.user.id, NEWEST)
    return tuple(
        Poster(
            row.title,
            poster_url(visit.url, (row.server_id, row.item_id)),
            row.year,
            href=visit.url(f"/collections/{row.collection_id}"),
            note=row.collection,
        )
        for row in found
    )


async def _attention(
    visit: Visit, states: Sequence[CollectionState], known: Sequence[Server]
) -> tuple[Attention, ...]:
    notes = [_waits(row) for row in states if row.state == RunStatus.HELD]
    notes += [_dead(server) for server in known if server.error]
    troubled = await followed_lists(visit.db, visit.user.id, troubled=True)
    notes += source_alerts(visit, await accounts_of(visit), troubled)
    failed = [row for row in states if row.state == RunStatus.FAILED]
    notes = [*one_per_cause(notes), *_failures(failed, [note.text for note in notes])]
    if len(notes) > NEEDS:
        more = f"and {count(len(notes) - NEEDS, 'more thing')}"
        rest = Attention(
            "info", "info", more.capitalize(), "", "/collections?status=failed", "See all"
        )
        return (*notes[:NEEDS], rest)
    return tuple(notes)


def _waits(row: CollectionState) -> Attention:
    text = row.message or "A change waits for your approval."
    return Attention("warn", "hand", row.name, text, f"/collections/{row.id}", "Decide")


def _failures(rows: Sequence[CollectionState], told: Sequence[str]) -> Iterator[Attention]:
    """One for all that failed for the same cause; none for a cause that is told already."""
    groups: dict[str, list[CollectionState]] = {}
    for row in rows:
        if not any(text and plain(text) in plain(row.message) for text in told):
            groups.setdefault(cause_of(row.message), []).append(row)
    for same in groups.values():
        first, others = same[0], len(same) - 1
        if others:
            name, href = f"{first.name} and {others} more", "/collections?status=failed"
        else:
            name, href = first.name, f"/collections/{first.id}?tab=history"
        yield Attention("bad", "circle-x", name, first.message, href, "See what happened")


def _dead(server: Server) -> Attention:
    return Attention(
        "bad",
        "plug-zap",
        server.name,
        server.error or "",
        "/settings/servers",
        "Test the connection",
    )


async def sync_all(request: web.Request) -> web.Response:
    """Everything that is not paused, in one run."""
    visit = Visit.of(request)
    try:
        run = await start_sync_all(
            visit.db, visit.outside, visit.runner, visit.user.id, Trigger.MANUAL
        )
    except CollectarrError as error:
        return back(request, "/", Note("error", error.message))
    if run is None:
        text = "There is nothing to sync: no collection, or all of them are paused."
        return back(request, "/", Note("info", text))
    return back(request, "/")


ROUTES = (("GET", "/", show), ("POST", "/sync", sync_all))
