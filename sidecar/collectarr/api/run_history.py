"""Taking runs back, comparing them, and how the coverage of a collection went over time."""

from datetime import date

from pydantic import BaseModel, Field

from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.shapes import Accepted, RunRequests
from collectarr.models import RunStatus, utc_now
from collectarr.store import collections, coverage_days
from collectarr.store.coverage_days import ANYWHERE
from collectarr.sync.compare import Named, RunSide, compare_runs
from collectarr.sync.undo import UndoPreview, preview_undo, start_undo
from collectarr.trail import note

endpoints = Endpoints("runs")


class UndoTitle(BaseModel):
    title: str
    year: int | None
    why: str | None = None


class UndoOfServer(BaseModel):
    """What taking a run back would do to one Emby collection. `left`: what stays, and why."""

    collection_id: int
    collection: str
    server_id: int
    server_name: str
    take_out: list[UndoTitle]
    put_back: list[UndoTitle]
    left: list[UndoTitle]
    also: list[str]
    error: str | None


class UndoPlan(BaseModel):
    """Nothing was written."""

    run_id: int
    servers: list[UndoOfServer]


class TitleOnServer(BaseModel):
    server_id: int | None
    item_id: str | None
    title: str
    year: int | None


class ComparedRun(BaseModel):
    """`held`: titles that Collectarr had put in and not taken out by its end, by server id."""

    id: int
    status: RunStatus
    trigger: str
    seconds: float | None
    counts: dict[str, int]
    requests: dict[str, RunRequests]
    held: dict[str, int]
    added: list[TitleOnServer]
    removed: list[TitleOnServer]


class ComparedRuns(BaseModel):
    """The older run first. `came`, `went`: from the end of the first to that of the second."""

    first: ComparedRun
    second: ComparedRun
    came: list[TitleOnServer]
    went: list[TitleOnServer]


class CoverageQuery(BaseModel, extra="forbid"):
    days: int = Field(90, ge=1, le=3660)


class CoverageOf(BaseModel):
    owned: int
    total: int


class CoverageDay(CoverageOf):
    """As of the last run of that day (UTC), on any server, and by server id."""

    day: date
    by_server: dict[str, CoverageOf]


class CoverageOverTime(BaseModel):
    """Days without a run are left out."""

    days: list[CoverageDay]


@endpoints.post(
    "/runs/{run_id}/undo",
    "Take back what a run did; later changes stay, and the collection is paused",
    scope="run",
    errors=(409,),
)
async def undo(call: Call, run_id: int) -> Accepted:
    run = await start_undo(call.db, call.outside, call.runner, call.user.id, run_id)
    await note(call.request, "run_undone", run.name, run=run_id)
    return Accepted(run_id=run.id)


@endpoints.get(
    "/runs/{run_id}/undo", "What taking a run back would do; writes nothing", errors=(409,)
)
async def show_undo(call: Call, run_id: int) -> UndoPlan:
    found = await preview_undo(call.db, call.outside, call.user.id, run_id)
    return UndoPlan(run_id=run_id, servers=[_undo_shape(one) for one in found])


def _undo_shape(one: UndoPreview) -> UndoOfServer:
    plan = one.plan
    return UndoOfServer(
        collection_id=one.collection.id,
        collection=one.collection.name,
        server_id=one.server.id,
        server_name=one.server.name,
        take_out=[UndoTitle(title=x.title, year=x.year) for x in plan.take_out],
        put_back=[UndoTitle(title=x.title, year=x.year) for x in plan.put_back],
        left=[UndoTitle(title=x.title, year=x.year, why=x.why) for x in plan.left],
        also=[change.op for change in plan.others],
        error=one.error,
    )


@endpoints.get(
    "/runs/{run_id}/compare/{other}",
    "What differs between two runs of one collection",
    errors=(422,),
)
async def compare(call: Call, run_id: int, other: int) -> ComparedRuns:
    found = await compare_runs(call.db, call.user.id, run_id, other)
    return ComparedRuns(
        first=_side(found.first),
        second=_side(found.second),
        came=_titles(found.came),
        went=_titles(found.went),
    )


def _side(side: RunSide) -> ComparedRun:
    run = side.run
    return ComparedRun(
        id=run.id,
        status=run.status,
        trigger=run.trigger,
        seconds=side.seconds,
        counts=run.counts,
        requests={key: RunRequests.model_validate(row) for key, row in run.requests.items()},
        held={str(key): amount for key, amount in side.held.items()},
        added=_titles(side.added),
        removed=_titles(side.removed),
    )


def _titles(rows: tuple[Named, ...]) -> list[TitleOnServer]:
    return [
        TitleOnServer(server_id=x.server_id, item_id=x.item_id, title=x.title, year=x.year)
        for x in rows
    ]


@endpoints.get("/collections/{collection_id}/coverage", "How much of it was there, day by day")
async def coverage(call: Call, collection_id: int, query: CoverageQuery) -> CoverageOverTime:
    collection = await collections.get_collection(call.db, call.user.id, collection_id)
    rows = await coverage_days.load(call.db, collection.id, utc_now().date(), query.days)
    by_day: dict[date, dict[int, CoverageOf]] = {}
    for row in rows:
        shape = CoverageOf(owned=row.owned, total=row.total)
        by_day.setdefault(row.day, {})[row.server_id] = shape
    return CoverageOverTime(
        days=[
            CoverageDay(
                day=day,
                **dict(found.get(ANYWHERE, CoverageOf(owned=0, total=0))),
                by_server={str(key): one for key, one in found.items() if key != ANYWHERE},
            )
            for day, found in by_day.items()
        ]
    )
