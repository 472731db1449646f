"""A new collection: from a list that was pasted, picked or browsed, or from nothing."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from collectarr.errors import CollectarrError, InvalidError, UpstreamError
from collectarr.models import ListInfo, Mode, Trigger
from collectarr.pages.browse import is_own, lost_account
from collectarr.pages.collection_form import (
    Typed,
    definition_of,
    mode_choices,
    refused,
    server_choices,
)
from collectarr.pages.collection_rules import rules_form
from collectarr.pages.list_cards import list_card
from collectarr.pages.parts import Form
from collectarr.pages.render import show_page
from collectarr.pages.source_troubles import trouble_of
from collectarr.pages.source_views import ListCard, ListPick, NewPage, PickGroup, StarterLine
from collectarr.pages.views import CollectionForm
from collectarr.pages.visit import Note, Visit, see_other
from collectarr.sources import RECONNECT, Shelf, Source
from collectarr.store import servers, summaries
from collectarr.store.collections import Collection, list_collections
from collectarr.store.servers import Server
from collectarr.sync.collection import start_sync
from collectarr.sync.define import ListChoice, define_collection
from collectarr.sync.recognise import the_one
from collectarr.sync.starters import starters

PATIENCE = 3.0
MOST = 50
NO_LIST = "Paste the address of a list, or choose one below."
NO_SERVER = "There is no server yet: add yours under Settings, Servers, then sync it."
NO_PICK = "This is not in your lists any more. Choose another one."


async def show(request: web.Request) -> web.Response:
    return await show_new(Visit.of(request))


async def show_new(visit: Visit, own: Form | None = None, status: int = 200) -> web.Response:
    """`own`: what was sent of the form for a list kept by hand, and not accepted."""
    request = visit.request
    known = await servers.list_servers(visit.db, visit.user.id)
    asked = {name: request.query.get(name, "")[:2000] for name in ("source", "list")}
    fresh = Typed({"mode": Mode.KEEP, **asked}, frozenset(str(server.id) for server in known))
    return await _page(visit, fresh, Form(fresh.values), known, status, own)


async def _page(
    visit: Visit,
    fields: Typed,
    form: Form,
    known: Sequence[Server],
    status: int = 200,
    own: Form | None = None,
) -> web.Response:
    chosen = await _chosen(visit, fields)
    others = await list_collections(visit.db, visit.user.id)
    page = NewPage(
        edit=CollectionForm(
            form=form,
            servers=server_choices(known, fields.servers),
            modes=mode_choices(fields.get("mode")),
            rules=rules_form(fields, others, form.errors),
        ),
        source=fields.get("source") if chosen else "",
        chosen=chosen,
        groups=() if chosen else await _groups(visit, fields.get("pick")),
        starters=() if chosen else _starters(others),
        own=own or Form(),
    )
    return await show_page(visit.request, "collection_new.html", page, active="new", status=status)


async def _chosen(visit: Visit, fields: Typed) -> ListCard | None:
    """The list that was opened before; None where it must be named first."""
    name, text = fields.get("source"), fields.get("list")
    source = visit.outside.sources.get(name)
    reference = source.parse(text) if source is not None else None
    if reference is None:
        return None
    seen = visit.services.browsing.known(visit.user.id, name, reference)
    if seen is not None:
        return list_card(visit, seen.info)
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await visit.services.browsing.describe(visit.user.id, name, reference)
    except (CollectarrError, TimeoutError):
        return list_card(visit, ListInfo(name, reference, reference, public=True))
    return list_card(visit, answer.value)


def _starters(others: Sequence[Collection]) -> tuple[StarterLine, ...]:
    taken = {collection.name.casefold() for collection in others}
    return tuple(
        StarterLine(one.id, one.name, one.description, len(one.titles))
        for one in starters()
        if one.name.casefold() not in taken
    )


async def _groups(visit: Visit, selected: str) -> tuple[PickGroup, ...]:
    """What is the user's own at every source, side by side."""
    ready = [source for source in visit.outside.sources.values() if source.needs is None]
    personal = [source for source in ready if any(shelf.personal for shelf in source.shelves)]
    return tuple(await asyncio.gather(*(_group(visit, one, selected) for one in personal)))


async def _group(visit: Visit, source: Source, selected: str) -> PickGroup:
    label = f"Yours at {source.label}"
    try:
        credential = await visit.outside.credential(visit.user.id, source.name)
    except CollectarrError as error:
        return PickGroup(label, hint=error.message)
    if not is_own(credential):
        lost = await lost_account(visit, source)
        if lost is not None:
            return PickGroup(label, hint=f"{lost.title}. {lost.text}")
        return PickGroup(label, hint=f"Connect {source.label} to choose from what is yours there.")
    shelves = [shelf for shelf in source.shelves if shelf.personal]
    named = [pair for shelf in shelves for pair in _fixed(shelf)]
    told = await asyncio.gather(
        *(_lists(visit, source, shelf) for shelf in shelves if not shelf.references)
    )
    infos = [info for lists in told if not isinstance(lists, str) for info in lists][:MOST]
    hint = next((lists for lists in told if isinstance(lists, str)), "")
    used = await summaries.followers_of(
        visit.db, visit.user.id, source.name, [info.reference for info in infos]
    )
    own = [ListPick(f"{source.name}:{reference}", name) for reference, name in named]
    own += [
        ListPick(
            f"{source.name}:{info.reference}",
            info.name,
            info.item_count,
            info.owner or "",
            used.get(info.reference, ""),
        )
        for info in infos
    ]
    return PickGroup(label, tuple(_select(pick, selected) for pick in own), hint)


def _fixed(shelf: Shelf) -> list[tuple[str, str]]:
    """Lists that everybody has, such as a watchlist: reference and name, known without asking."""
    several = len(shelf.references) > 1
    return [
        (one, f"{shelf.label}, {one.rpartition('/')[2]}" if several else shelf.label)
        for one in shelf.references
    ]


async def _lists(visit: Visit, source: Source, shelf: Shelf) -> Sequence[ListInfo] | str:
    """Words say why they are not to be had now."""
    try:
        async with asyncio.timeout(PATIENCE):
            browsing = visit.services.browsing
            return (await browsing.lists(visit.user.id, source.name, shelf.name)).value
    except CollectarrError as error:
        if error.code in ("key", "quota", RECONNECT):
            trouble = trouble_of(source, error, "")
            return f"{trouble.title}. {trouble.text}"
    except TimeoutError:
        pass
    return f"{source.label} did not tell its lists just now. Paste an address, or try again."


def _select(pick: ListPick, selected: str) -> ListPick:
    return ListPick(
        pick.value, pick.name, pick.items, pick.owner, pick.used_by, pick.value == selected
    )


async def create(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await Typed.of(request)
    known = await servers.list_servers(visit.db, visit.user.id)
    where = "pick" if fields.get("pick") and not fields.get("list") else "list"
    try:
        definition = definition_of(fields, known, (_list_of(visit, fields),))
        collection = await define_collection(visit.db, visit.outside, visit.user.id, definition)
    except (InvalidError, UpstreamError) as error:
        form = refused(fields, error, where, lists=[where])
        return await _page(visit, fields, form, known, 422)
    notes = await _begin(visit, collection)
    return see_other(request, f"/collections/{collection.id}", *notes)


def _list_of(visit: Visit, fields: Typed) -> ListChoice:
    """What was typed wins over what was picked. Raises InvalidError."""
    text, source = fields.get("list"), fields.get("source")
    if text and source in visit.outside.sources:
        return ListChoice(source, text)
    if text:
        try:
            named = the_one(visit.outside.sources, text)
        except InvalidError as error:
            raise InvalidError(error.message, details={"fields": {"list": error.message}}) from None
        return ListChoice(named.source, named.reference)
    picked, _, reference = fields.get("pick").partition(":")
    if not picked:
        raise InvalidError(NO_LIST, details={"fields": {"list": NO_LIST}})
    if picked not in visit.outside.sources:
        raise InvalidError(NO_PICK, details={"fields": {"pick": NO_PICK}})
    return ListChoice(picked, reference)


async def _begin(visit: Visit, collection: Collection) -> tuple[Note, ...]:
    """The first sync, at once. The collection stays, should it not start."""
    try:
        await start_sync(visit.db, visit.outside, visit.runner, collection, Trigger.CREATED)
    except CollectarrError as error:
        return (Note("error", error.message),)
    return (await created_note(visit, collection),)


async def created_note(visit: Visit, collection: Collection) -> Note:
    if await servers.list_servers(visit.db, visit.user.id):
        return Note("ok", f"“{collection.name}” was created and is being synced.")
    text = f"“{collection.name}” was created. {NO_SERVER}"
    return Note("warn", text)


ROUTES = (("GET", "/collections/new", show), ("POST", "/collections/new", create))
