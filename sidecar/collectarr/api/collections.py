"""/collections: what the user wants collections in Emby to be, and how they stand."""

import asyncio

from pydantic import BaseModel

from collectarr.api.collection_shapes import (
    Changed,
    Collection,
    CollectionChange,
    Deleted,
    NewCollection,
    Stats,
    SyncWish,
    collection_shapes,
    stats_shape,
)
from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.preview_shapes import Preview, preview_shape
from collectarr.api.runs import RunQuery, run_page, trigger_of
from collectarr.api.shapes import Accepted, CollectionTitle, Page, PageQuery, Run
from collectarr.errors import ConflictError
from collectarr.models import Trigger
from collectarr.store import collections as stored
from collectarr.sync.collection import check_goes_to, start_refresh, start_sync
from collectarr.sync.define import define_collection, redefine_collection
from collectarr.sync.leave import (
    about_to_leave,
    check_confirmed,
    delete_collection_everywhere,
    take_back,
)
from collectarr.sync.outside import Outside
from collectarr.sync.show import TitleRow, Titles, preview, take_stock
from collectarr.trail import note

endpoints = Endpoints("collections")
LONGEST_WAIT = 10.0


class Deletion(BaseModel):
    """`emby`: take out of Emby what we put in, too. `confirm`: its name, where it keeps an Emby
    collection that was there before.
    """

    emby: bool = False
    confirm: str = ""


class RefreshWish(BaseModel, extra="forbid"):
    """`accept_short`: a list that gave less than it promised is right as it is."""

    accept_short: bool = False


@endpoints.get("/collections", "The user's collections", etag=True)
async def index(call: Call, query: PageQuery) -> Page[Collection]:
    rows = await stored.list_collections(call.db, call.user.id)
    found = [row for row in rows if query.finds(row.name)]
    return Page.of(await collection_shapes(call, query.part(found)), len(found), query)


@endpoints.post(
    "/collections",
    "Make a collection; unless it is not enabled, its first sync starts at once",
    status=201,
    replays=True,
    errors=(404, 409, 422, 502, 503),
    example={
        "name": "Films worth seeing",
        "lists": [
            {"source": "mdblist", "list": "https://mdblist.com/lists/anna/worth-seeing"},
            {"source": "mdblist", "list": "anna/seen-already", "op": "minus"},
        ],
        "interval_hours": 12,
        "filters": {"kinds": ["movie"], "year_from": 1970, "without_genres": ["horror"]},
        "order": {"by": "rating", "descending": True},
        "limit": 100,
        "pins": [{"kind": "movie", "title": "The Matrix", "ids": {"imdb": "tt0133093"}}],
    },
)
async def create(call: Call, body: NewCollection) -> Collection:
    collection = await define_collection(call.db, call.outside, call.user.id, body.definition())
    if collection.enabled:
        await start_sync(call.db, call.outside, call.runner, collection, Trigger.CREATED)
    return await _shape(call, collection)


@endpoints.get("/collections/{collection_id}", "One collection")
async def show(call: Call, collection_id: int) -> Collection:
    counted, _ = await _stock(call, collection_id)
    return await _shape(call, counted)


@endpoints.patch(
    "/collections/{collection_id}",
    "Change a collection; what is left out stays",
    errors=(409, 422, 502, 503),
    example={"enabled": False, "limit": 50},
)
async def change(call: Call, collection_id: int, body: CollectionChange) -> Changed:
    collection, kept = await _own(call, collection_id), []
    if body.empty_left and body.servers is not None:
        await wait_until_free(call.outside, collection.id, LONGEST_WAIT)
        kept = await about_to_leave(call.db, collection, body.servers)
    changed = await redefine_collection(
        call.db, call.outside, collection, body.definition(collection)
    )
    left = await take_back(call.db, call.outside, changed, kept)
    stocked = (await take_stock(call.db, call.outside, changed))[0]
    return Changed(**dict(await _shape(call, stocked)), left_in_emby=left)


@endpoints.delete(
    "/collections/{collection_id}",
    "Delete a collection, here or in Emby as well",
    errors=(409, 422, 502, 503),
)
async def delete(call: Call, collection_id: int, query: Deletion) -> Deleted | None:
    collection = await _own(call, collection_id)
    if query.emby:
        await check_confirmed(call.db, collection, query.confirm)
    await _stop_runs(call, collection.id)
    if query.emby:
        left = await delete_collection_everywhere(call.db, call.outside, collection)
        await note(call.request, "collection_deleted", collection.name, emby=True)
        return Deleted(left_in_emby=left)
    async with call.outside.collection(collection.id):
        await stored.delete_collection(call.db, collection.id)
    await note(call.request, "collection_deleted", collection.name, emby=False)
    return None


@endpoints.get("/collections/{collection_id}/items", "Its titles, in list order", etag=True)
async def items(call: Call, collection_id: int, query: PageQuery) -> Page[CollectionTitle]:
    rows = (await _stock(call, collection_id))[1].rows
    return _titles(rows, query)


@endpoints.get("/collections/{collection_id}/missing", "Its titles that no server holds", etag=True)
async def missing(call: Call, collection_id: int, query: PageQuery) -> Page[CollectionTitle]:
    _, titles = await _stock(call, collection_id)
    # What nobody has looked for yet is not known to be missing.
    gone = [row for row in titles.rows if row.servers and not row.in_library]
    return _titles(gone, query)


@endpoints.get("/collections/{collection_id}/stats", "Its numbers")
async def stats(call: Call, collection_id: int) -> Stats:
    collection, titles = await _stock(call, collection_id)
    return stats_shape(collection, titles.rows)


@endpoints.post(
    "/collections/{collection_id}/refresh",
    "Read its lists anew, then sync it",
    scope="run",
    errors=(409,),
)
async def refresh(call: Call, collection_id: int, body: RefreshWish) -> Accepted:
    collection = await _own(call, collection_id)
    run = await start_refresh(
        call.db, call.outside, call.runner, collection, accept_short=body.accept_short
    )
    return Accepted(run_id=run.id)


@endpoints.get(
    "/collections/{collection_id}/preview",
    "What its next sync would do; writes nothing",
    errors=(422, 502, 503),
)
async def show_preview(call: Call, collection_id: int) -> Preview:
    return await _preview(call, await _own(call, collection_id))


@endpoints.post(
    "/collections/{collection_id}/sync",
    "Sync it; with dry_run only tell what would be done",
    scope="run",
    example={"dry_run": True},
    errors=(409, 422, 502, 503),
)
async def sync(call: Call, collection_id: int, body: SyncWish) -> Accepted | Preview:
    collection = await _own(call, collection_id)
    only = body.only()
    if body.dry_run:
        return await _preview(call, collection, only)
    await check_goes_to(call.db, collection, only)
    run = await start_sync(
        call.db, call.outside, call.runner, collection, trigger_of(call), servers=only
    )
    return Accepted(run_id=run.id)


@endpoints.get("/collections/{collection_id}/runs", "Its runs, the newest first")
async def runs(call: Call, collection_id: int, query: RunQuery) -> Page[Run]:
    return await run_page(call, query, (await _own(call, collection_id)).id)


async def _own(call: Call, collection_id: int) -> stored.Collection:
    return await stored.get_collection(call.db, call.user.id, collection_id)


async def _stock(call: Call, collection_id: int) -> tuple[stored.Collection, Titles]:
    """As it is at this moment, whether or not it was synced since it was changed."""
    return await take_stock(call.db, call.outside, await _own(call, collection_id))


async def _shape(call: Call, collection: stored.Collection) -> Collection:
    return (await collection_shapes(call, [collection]))[0]


async def _preview(
    call: Call, collection: stored.Collection, only: set[int] | None = None
) -> Preview:
    await check_goes_to(call.db, collection, only)
    found = await preview(call.db, call.outside, collection)
    return preview_shape([one for one in found if only is None or one.server_id in only])


def _titles(rows: list[TitleRow], query: PageQuery) -> Page[CollectionTitle]:
    found = [row for row in rows if query.finds(row.title.title, row.title.original_title)]
    return Page.of((CollectionTitle.of_row(row) for row in query.part(found)), len(found), query)


async def _stop_runs(call: Call, collection_id: int) -> None:
    """Cancel what runs for this collection alone, and wait for a run of several."""
    for state in call.runner.states(call.user.id):
        if state["collection_id"] == collection_id:
            await call.runner.cancel(state["id"])
            await call.runner.wait(state["id"])
    await wait_until_free(call.outside, collection_id, LONGEST_WAIT)


async def wait_until_free(outside: Outside, collection_id: int, seconds: float) -> None:
    """Raises ConflictError if a run keeps working on the collection for longer than that."""
    try:
        async with asyncio.timeout(seconds), outside.collection(collection_id):
            return
    except TimeoutError:
        raise ConflictError(
            "This collection is being synced right now. Cancel that run, or try again when it"
            " has ended.",
            code="busy",
        ) from None
