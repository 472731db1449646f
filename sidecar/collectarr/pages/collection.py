"""One collection: what it shows, and all that can be done with it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from collectarr.errors import ConflictError, InvalidError, NotFoundError
from collectarr.models import Trigger
from collectarr.pages import collection_settings as settings
from collectarr.pages import collection_tabs as tabs
from collectarr.pages.chip import live_run
from collectarr.pages.collection_items import items_tab
from collectarr.pages.collection_lists import rearranged
from collectarr.pages.collection_waiting import Waiting, held_panels
from collectarr.pages.lines import badge_of, is_under_way, posters_of, source_of
from collectarr.pages.own_posters import own_posters
from collectarr.pages.parts import Coverage, Form, LiveRun
from collectarr.pages.posters import backdrop_url
from collectarr.pages.render import show_page
from collectarr.pages.typed import Typed
from collectarr.pages.views import CollectionPage, KeptOutLine
from collectarr.pages.visit import Note, Visit, back, see_other, typed, wrong
from collectarr.pages.words import schedule
from collectarr.store import collections as stored_collections
from collectarr.store import servers, summaries
from collectarr.store import targets as stored_targets
from collectarr.store.collections import Collection
from collectarr.store.manual import MANUAL
from collectarr.store.servers import Server
from collectarr.store.summaries import CollectionState
from collectarr.store.targets import Target
from collectarr.sync.collection import check_goes_to, start_sync
from collectarr.sync.decide import approve, bring_back
from collectarr.sync.define import Definition, redefine_collection
from collectarr.sync.kept_out import kept_out
from collectarr.sync.leave import check_confirmed, delete_collection_everywhere
from collectarr.sync.show import Titles, take_stock
from collectarr.trail import note, note_approval

TABS = ("items", "preview", "history", "settings")
PATIENCE = 5.0
NOT_OUT = "That title is not kept out any more."
SURE = "Tick the box if you are sure."
BUSY = "It is being synced right now. Wait until that has ended, or cancel it, then delete it."


@dataclass(frozen=True, slots=True)
class Refused:
    """Forms that were not accepted: the settings with what was typed, or answers by server id."""

    settings: Form | None = None
    fields: Typed | None = None
    answers: Mapping[int, Form] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """A collection with all that its page needs to know of it."""

    collection: Collection
    state: CollectionState
    targets: list[Target]
    servers: list[Server]
    lists: list[summaries.ListOf]
    titles: Titles


async def _load(visit: Visit, collection: Collection) -> Subject:
    collection, titles = await take_stock(visit.db, visit.outside, collection)
    states = await summaries.collection_states(visit.db, visit.user.id, collection.id)
    followed = await summaries.lists_of(visit.db, [collection.id])
    return Subject(
        collection,
        states[0],
        await stored_targets.load_targets(visit.db, [collection.id]),
        await servers.list_servers(visit.db, visit.user.id),
        followed.get(collection.id, []),
        titles,
    )


async def _asked(visit: Visit) -> Collection:
    return await stored_collections.get_collection(visit.db, visit.user.id, visit.number())


async def show(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    tab = request.query.get("tab", "items")
    return await _page(visit, await _asked(visit), tab if tab in TABS else "items")


async def _page(
    visit: Visit,
    collection: Collection,
    tab: str,
    refused: Refused | None = None,
    status: int = 200,
) -> web.Response:
    about = await _load(visit, collection)
    page = await _view(visit, about, tab, refused or Refused())
    return await show_page(
        visit.request, "collection.html", page, active="collections", status=status
    )


async def page_of(visit: Visit, collection: Collection, tab: str) -> CollectionPage:
    """The page around a tab that is kept elsewhere."""
    return await _view(visit, await _load(visit, collection), tab, Refused())


async def _view(visit: Visit, about: Subject, tab: str, refused: Refused) -> CollectionPage:
    collection, state = about.collection, about.state
    by_id = {server.id: server for server in about.servers}
    items = (await summaries.first_items(visit.db, [collection.id], 4)).get(collection.id, [])
    own = own_posters(visit.url, about.targets, {collection.id: collection.name})
    waiting = Waiting(state, about.targets, by_id, refused.answers)
    return CollectionPage(
        id=collection.id,
        name=collection.name,
        source=source_of(about.lists),
        coverage=Coverage(state.owned, state.wanted),
        status=badge_of(state),
        enabled=collection.enabled,
        schedule=schedule(
            collection.interval_hours,
            collection.enabled and collection.paused is None,
            collection.due_at,
            visit.now,
        ),
        posters=own.get(collection.id) or posters_of(visit, collection.name, items),
        tab=tab,
        backdrop=backdrop_url(visit.url, collection.id) if items else None,
        synced=visit.when(state.last_synced_at) if state.last_synced_at else None,
        servers=tuple(by_id[row.server_id].name for row in about.targets if row.state == "ok"),
        held=await held_panels(visit, waiting),
        resting=tuple(dict.fromkeys(row.resting for row in about.targets if row.resting)),
        kept_out=await _kept_out(visit, about) if tab == "items" else (),
        live=_live(visit, state),
        items=items_tab(visit, collection, about.servers, about.titles) if tab == "items" else None,
        preview=await tabs.preview_tab(visit, collection, about.targets)
        if tab == "preview"
        else None,
        history=await tabs.history_tab(visit, collection) if tab == "history" else None,
        settings=await settings.settings_tab(
            visit, collection, about.servers, about.targets, refused.settings, refused.fields
        )
        if tab == "settings"
        else None,
        by_hand=any(entry.source == MANUAL for entry in about.lists),
        paused=collection.paused or "",
        changed=state.changed,
        served=state.served,
        looked=about.titles.looked,
    )


async def _kept_out(visit: Visit, about: Subject) -> tuple[KeptOutLine, ...]:
    names = {server.id: server.name for server in about.servers} if len(about.servers) > 1 else {}
    return tuple(
        KeptOutLine(row.server_id, row.item_id, row.title, row.year, names.get(row.server_id, ""))
        for row in await kept_out(visit.db, about.collection)
    )


def _live(visit: Visit, state: CollectionState) -> LiveRun | None:
    """The run of this collection, or of several of which it is one."""
    whole = state.parent_id if is_under_way(state) else None
    for row in visit.runner.states(visit.user.id):
        if row["collection_id"] == state.id or row["id"] == whole:
            return live_run(row, visit.now)
    return None


async def sync_now(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    collection = await _asked(visit)
    server = (await typed(request)).get("server_id", "")
    only = {int(server)} if server.isdecimal() and len(server) < 16 else None
    await check_goes_to(visit.db, collection, only)
    await start_sync(
        visit.db, visit.outside, visit.runner, collection, Trigger.MANUAL, servers=only
    )
    return back(request, f"/collections/{collection.id}")


async def pause(request: web.Request) -> web.Response:
    return await _switch(request, enabled=False)


async def resume(request: web.Request) -> web.Response:
    return await _switch(request, enabled=True)


async def _switch(request: web.Request, *, enabled: bool) -> web.Response:
    visit = Visit.of(request)
    collection = await _asked(visit)
    if collection.enabled != enabled:
        same = (collection.name, (), collection.mode, collection.interval_hours)
        await redefine_collection(
            visit.db, visit.outside, collection, Definition(*same, enabled=enabled)
        )
    words = "is followed again" if enabled else "is paused; nothing is checked until you resume it"
    note = Note("ok", f"“{collection.name}” {words}.")
    return back(request, f"/collections/{collection.id}", note)


async def save_settings(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await Typed.of(request)
    collection = await _asked(visit)
    if fields.get("act"):
        moved = rearranged(fields, fields.get("act"))
        return await _page(visit, collection, "settings", Refused(Form(moved.values), moved))
    wrongs, left = await settings.save(visit, collection, fields)
    if wrongs is not None:
        return await _page(visit, collection, "settings", Refused(wrongs, fields), 422)
    said = [Note("ok", "Saved. The next sync goes by it."), *(Note("warn", text) for text in left)]
    return see_other(request, f"/collections/{collection.id}?tab=settings", *said)


async def delete(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await typed(request)
    collection = await _asked(visit)
    everywhere = fields.get("where") == "everywhere"
    targets = await stored_targets.load_targets(visit.db, [collection.id])
    adopted = any(target.origin == "adopted" for target in targets)
    try:
        _check_sure(fields, adopted=adopted)
        if everywhere:
            await check_confirmed(visit.db, collection, fields.get("confirm", ""))
        await _make_free(visit, collection)
    except (InvalidError, ConflictError) as error:
        kept = {"confirm": fields.get("confirm", "")}
        return await _page(visit, collection, "settings", Refused(wrong(kept, error)), 422)
    notes: list[str] = []
    if everywhere:
        notes = await delete_collection_everywhere(visit.db, visit.outside, collection)
    else:
        await stored_collections.delete_collection(visit.db, collection.id)
    await note(request, "collection_deleted", collection.name, emby=everywhere)
    gone = "was deleted" if everywhere else "was deleted here; in Emby it stays as it is"
    said = [Note("ok", f"“{collection.name}” {gone}.")]
    if notes:
        said.append(Note("warn", " ".join(notes)))
    return see_other(request, "/collections", *said)


def _check_sure(fields: Mapping[str, str], *, adopted: bool) -> None:
    if not adopted and fields.get("sure") != "yes":
        raise InvalidError(SURE, details={"fields": {"sure": SURE}})


async def _make_free(visit: Visit, collection: Collection) -> None:
    """Stop what is done with it now. Raises ConflictError if that does not end soon."""
    for row in visit.runner.states(visit.user.id):
        if row["collection_id"] == collection.id:
            await visit.runner.cancel(row["id"])
    try:
        async with asyncio.timeout(PATIENCE), visit.outside.collection(collection.id):
            return
    except TimeoutError:
        raise ConflictError(BUSY, code="busy") from None


async def give_back(request: web.Request) -> web.Response:
    """Bring back a title that was taken out by hand."""
    visit, fields = Visit.of(request), await typed(request)
    collection = await _asked(visit)
    server, item = fields.get("server_id", ""), fields.get("item_id", "")
    path = f"/collections/{collection.id}"
    if not (server.isdecimal() and len(server) < 16):
        return back(request, path, Note("warn", NOT_OUT))
    try:
        await bring_back(visit.db, visit.outside, visit.runner, collection, int(server), item)
    except NotFoundError:
        return back(request, path, Note("warn", NOT_OUT))
    return back(request, path, Note("ok", "It comes back with the sync that has just started."))


async def answer(request: web.Request) -> web.Response:
    """What to do about a box set that is in the way, or gone."""
    visit, fields = Visit.of(request), await typed(request)
    collection = await _asked(visit)
    path = f"/collections/{collection.id}"
    run_id = await summaries.held_run(visit.db, visit.user.id, collection.id)
    if run_id is None:
        return back(request, path, Note("warn", "This was answered already, or is out of date."))
    server = fields.get("server_id", "")
    try:
        await approve(
            visit.db,
            visit.outside,
            visit.runner,
            visit.user.id,
            run_id,
            choice=fields.get("choice", ""),
            name=fields.get("name", ""),
            server_id=int(server) if server.isdecimal() and len(server) < 16 else None,
        )
    except (InvalidError, ConflictError) as error:
        answers = {int(server): wrong(fields, error, "name")} if server.isdecimal() else {}
        return await _page(visit, collection, "items", Refused(answers=answers), 422)
    await note_approval(request, collection.name, fields.get("choice", ""))
    return see_other(request, path)


ROUTES = (
    ("GET", "/collections/{id}", show),
    ("POST", "/collections/{id}/sync", sync_now),
    ("POST", "/collections/{id}/pause", pause),
    ("POST", "/collections/{id}/resume", resume),
    ("POST", "/collections/{id}/settings", save_settings),
    ("POST", "/collections/{id}/delete", delete),
    ("POST", "/collections/{id}/box-set", answer),
    ("POST", "/collections/{id}/bring-back", give_back),
)
