"""/runs: what was executed, what it changed, and what a person decides about it. POST /sync."""

from datetime import datetime

from pydantic import BaseModel, Field

from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.reading import LARGEST_ID
from collectarr.api.shapes import Accepted, Body, Page, PageQuery, Run
from collectarr.errors import ConflictError
from collectarr.models import RunStatus, Trigger
from collectarr.store import runs as stored
from collectarr.sync import decide
from collectarr.sync.collection import start_sync_all
from collectarr.trail import note, note_approval

endpoints = Endpoints("runs")


class RunQuery(PageQuery):
    """`query` keeps runs with these words in their name."""

    status: RunStatus | None = None
    trigger: Trigger | None = None


class AllRunsQuery(RunQuery):
    collection_id: int | None = Field(None, ge=1, le=LARGEST_ID)


class Approval(Body):
    """Nothing for removals. For a name that is taken: adopt, rename (with `name`) or leave; for
    a collection gone from Emby: recreate or stop. `server_id`: only what is asked there.
    """

    choice: str | None = Field(None, max_length=20)
    name: str | None = Field(None, max_length=300)
    server_id: int | None = None


class LogLine(BaseModel):
    at: datetime
    level: str
    message: str


def trigger_of(call: Call) -> Trigger:
    """Who asked for a run: a person or a program, or the command beside this service."""
    return Trigger.COMMAND if call.identity.how == "local_key" else Trigger.MANUAL


def accepted(run: stored.Run | None) -> Accepted:
    if run is None:
        raise ConflictError(
            "There is no enabled collection to sync. Make one, or resume one.",
            code="nothing_to_do",
        )
    return Accepted(run_id=run.id)


async def run_page(call: Call, query: RunQuery, collection_id: int | None = None) -> Page[Run]:
    rows, total = await stored.list_runs(
        call.db,
        call.user.id,
        collection_id=collection_id,
        status=query.status,
        trigger=query.trigger,
        words=query.query.lower().split(),
        limit=query.per_page,
        offset=query.offset,
    )
    return Page.of([await _run(call, row) for row in rows], total, query)


async def _run(call: Call, row: stored.Run) -> Run:
    return Run.of(row, await stored.list_changes(call.db, row.id))


@endpoints.post("/sync", "Sync all enabled collections", scope="run", errors=(409,))
async def sync(call: Call) -> Accepted:
    run = await start_sync_all(call.db, call.outside, call.runner, call.user.id, trigger_of(call))
    return accepted(run)


@endpoints.get("/runs", "All runs, the newest first")
async def index(call: Call, query: AllRunsQuery) -> Page[Run]:
    return await run_page(call, query, query.collection_id)


@endpoints.get("/runs/{run_id}", "One run with what it changed")
async def show(call: Call, run_id: int) -> Run:
    return await _run(call, await stored.get_run(call.db, call.user.id, run_id))


@endpoints.get("/runs/{run_id}/log", "What a run noted, in order")
async def log(call: Call, run_id: int, query: PageQuery) -> Page[LogLine]:
    run = await stored.get_run(call.db, call.user.id, run_id)
    lines = [x for x in await stored.list_log(call.db, run.id) if query.finds(x.message)]
    shown = [LogLine(at=x.at, level=x.level, message=x.message) for x in query.part(lines)]
    return Page.of(shown, len(lines), query)


@endpoints.post(
    "/runs/{run_id}/approve",
    "Say yes to what a held run asks; a new run carries it out",
    scope="run",
    example={"choice": "rename", "name": "Another name"},
    errors=(409, 422, 502, 503),
)
async def approve(call: Call, run_id: int, body: Approval) -> Accepted:
    run = await decide.approve(
        call.db,
        call.outside,
        call.runner,
        call.user.id,
        run_id,
        choice=body.choice,
        name=body.name,
        server_id=body.server_id,
    )
    await note_approval(call.request, run.name, body.choice)
    return Accepted(run_id=run.id)


@endpoints.post(
    "/runs/{run_id}/reject", "Keep what a held run would take out", scope="run", errors=(409,)
)
async def reject(call: Call, run_id: int) -> Run:
    await decide.reject(call.db, call.user.id, run_id)
    run = await show(call, run_id)
    await note(call.request, "removals_rejected", run.name, run=run.id)
    return run


@endpoints.post(
    "/runs/{run_id}/cancel",
    "Stop a run; what it did until then stays",
    scope="run",
    errors=(409,),
)
async def cancel(call: Call, run_id: int) -> Accepted:
    run = await stored.get_run(call.db, call.user.id, run_id)
    if not await call.runner.cancel(run.id):
        raise ConflictError("This run has ended already.", code="ended")
    return Accepted(run_id=run.id)
