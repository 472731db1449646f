"""A new collection: from a pasted address, or a list to pick."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from aiohttp import web

from collectarr.errors import CollectarrError, InvalidError, UpstreamError
from collectarr.models import ListInfo, Mode, Trigger
from collectarr.pages.collection_form import (
    Typed,
    definition_of,
    mode_choices,
    server_choices,
)
from collectarr.pages.parts import Form
from collectarr.pages.render import show_page
from collectarr.pages.views import CollectionForm, CollectionNewPage, ListPick
from collectarr.pages.visit import Note, Visit, see_other, wrong
from collectarr.store import servers, summaries
from collectarr.store.collections import Collection
from collectarr.store.servers import Server
from collectarr.sync.collection import start_sync
from collectarr.sync.define import ListChoice, define_collection

SOURCE = "mdblist"
PATIENCE = 3.0
KEPT_FOR = 300.0
MOST_OWN, MOST_TOP = 50, 12
CONNECT = "Connect MDBList to choose from your own lists and from popular ones."
NO_ANSWER = "MDBList did not tell its lists just now. Paste an address, or look at the key."
NO_LIST = "Paste the address of a list, or choose one below."


@runtime_checkable
class Offering(Protocol):
    """A source that can tell which lists there are to choose from."""

    async def mine(self, credential: Any) -> tuple[ListInfo, ...]: ...

    async def top(self, credential: Any) -> tuple[ListInfo, ...]: ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """What MDBList offers an account."""

    own: tuple[ListInfo, ...] = ()
    top: tuple[ListInfo, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Shelves:
    """What was offered lately: each look costs two requests of a daily quota."""

    kept: dict[tuple[int, int], tuple[float, Shelf]] = field(default_factory=dict)

    async def of(self, visit: Visit) -> Shelf:
        credential = await visit.outside.credential(visit.user.id, SOURCE)
        source = visit.outside.sources.get(SOURCE)
        if credential.secret is None or not isinstance(source, Offering):
            return Shelf(hint=CONNECT)
        key = (visit.user.id, hash(credential.secret))
        moment, shelf = self.kept.get(key, (float("-inf"), Shelf()))
        if time.monotonic() - moment > KEPT_FOR:
            outside, user = visit.outside, visit.user
            personal = await outside.credential(user.id, SOURCE, shared=user.is_administrator)
            shelf = await _ask(source, credential, personal)
            if not shelf.hint:
                self.kept[key] = (time.monotonic(), shelf)
        return shelf


SHELVES = web.AppKey("shelves", Shelves)


async def _ask(source: Offering, credential: Any, personal: Any) -> Shelf:
    """`personal` without a secret: behind the key are the lists of whoever installed it."""
    try:
        async with asyncio.timeout(PATIENCE):
            own = await source.mine(personal) if personal.secret is not None else ()
            top = await source.top(credential)
    except (TimeoutError, UpstreamError):
        return Shelf(hint=NO_ANSWER)
    return Shelf(own[:MOST_OWN], top[:MOST_TOP])


async def show(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    known = await servers.list_servers(visit.db, visit.user.id)
    fresh = Typed({"mode": Mode.KEEP}, frozenset(str(server.id) for server in known))
    return await _page(visit, fresh, Form(), known)


async def _page(
    visit: Visit, fields: Typed, form: Form, known: Sequence[Server], status: int = 200
) -> web.Response:
    shelf = await visit.request.app[SHELVES].of(visit)
    references = [info.reference for info in (*shelf.own, *shelf.top)]
    used = await summaries.followers_of(visit.db, visit.user.id, SOURCE, references)
    edit = CollectionForm(
        form=form,
        servers=server_choices(known, fields.servers),
        modes=mode_choices(fields.get("mode")),
        own_lists=_picks(shelf.own, used, fields.get("pick")),
        top_lists=_picks(shelf.top, used, fields.get("pick")),
        connect_hint=shelf.hint,
    )
    page = CollectionNewPage(edit)
    return await show_page(visit.request, "collection_new.html", page, active="new", status=status)


def _picks(infos: Sequence[ListInfo], used: dict[str, str], selected: str) -> tuple[ListPick, ...]:
    return tuple(
        ListPick(
            info.reference,
            info.name,
            info.item_count,
            info.owner or "",
            used.get(info.reference, ""),
            info.reference == selected,
        )
        for info in infos
    )


async def create(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await Typed.of(request)
    known = await servers.list_servers(visit.db, visit.user.id)
    where = "pick" if fields.get("pick") and not fields.get("list") else "list"
    try:
        definition = definition_of(fields, known, (_list_of(fields),))
        collection = await define_collection(visit.db, visit.outside, visit.user.id, definition)
    except (InvalidError, UpstreamError) as error:
        return await _page(visit, fields, wrong(fields.values, error, where), known, 422)
    notes = await _begin(visit, collection)
    return see_other(request, f"/collections/{collection.id}", *notes)


def _list_of(fields: Typed) -> ListChoice:
    text = fields.get("list") or fields.get("pick")
    if not text:
        raise InvalidError(NO_LIST, details={"fields": {"list": NO_LIST}})
    return ListChoice(SOURCE, text)


async def _begin(visit: Visit, collection: Collection) -> tuple[Note, ...]:
    """The first sync, at once. The collection stays, should it not start."""
    try:
        await start_sync(visit.db, visit.outside, visit.runner, collection, Trigger.CREATED)
    except CollectarrError as error:
        return (Note("error", error.message),)
    return (Note("ok", f"“{collection.name}” was created and is being synced."),)


ROUTES = (("GET", "/collections/new", show), ("POST", "/collections/new", create))
