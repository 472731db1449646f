"""One list before it is taken: what it holds, how much of that is there, and where to put it."""

from collections.abc import Sequence

from aiohttp import web

from collectarr.errors import CollectarrError, InvalidError, NotFoundError, UpstreamError
from collectarr.models import ListItem, Snapshot, Trigger
from collectarr.pages.browse import PATH, answer_of, asked_source, list_path
from collectarr.pages.lines import pager, web_address
from collectarr.pages.list_cards import (
    about_title,
    library_lines,
    list_card,
    listed_poster,
    mosaic,
)
from collectarr.pages.parts import Choice, Poster
from collectarr.pages.render import show_page
from collectarr.pages.source_troubles import not_set_up
from collectarr.pages.source_views import ListTitle, OpenedList, OpenedPage, Trouble
from collectarr.pages.visit import Note, Visit, back, see_other, typed
from collectarr.pages.words import number
from collectarr.sources import Source
from collectarr.store import collections as stored_collections
from collectarr.store.collections import Collection
from collectarr.store.servers import list_servers
from collectarr.store.summaries import followers_of
from collectarr.sync.browse import Answer
from collectarr.sync.collection import start_sync
from collectarr.sync.coverage import places_of_all
from collectarr.sync.define import Definition, ListChoice, redefine_collection

PER_PAGE = 48


async def show(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    source, reference = asked_source(visit), request.match_info["reference"]
    here = list_path(source.name, reference)
    found = await _read(visit, source, reference, here)
    opened = None if isinstance(found, Trouble) else await _opened(visit, found, here)
    page = OpenedPage(
        source=source.name,
        label=source.label,
        reference=reference if isinstance(found, Trouble) else found.value.info.reference,
        name=opened.card.name if opened else reference,
        back=f"{PATH}/{source.name}",
        list=opened,
        trouble=found if isinstance(found, Trouble) else None,
    )
    return await show_page(request, "browse_list.html", page, active="browse")


async def _read(
    visit: Visit, source: Source, reference: str, here: str
) -> Answer[Snapshot] | Trouble:
    if source.needs is not None:
        return not_set_up(source, source.needs)
    asked = visit.services.browsing.read(visit.user.id, source.name, reference)
    about = ("rows", source.parse(reference) or reference)
    return await answer_of(visit, source, asked, about, here)


async def _opened(visit: Visit, answer: Answer[Snapshot], here: str) -> OpenedList:
    snapshot, info = answer.value, answer.value.info
    first = (visit.page_number() - 1) * PER_PAGE
    used = await followers_of(visit.db, visit.user.id, info.source, [info.reference])
    used_by = used.get(info.reference, "")
    return OpenedList(
        card=list_card(
            visit, info, used_by, await mosaic(visit, snapshot.items), len(snapshot.items)
        ),
        description=info.description or "",
        url=web_address(info.url),
        read=visit.when(min(answer.read_at, visit.now)),
        short=_short(snapshot),
        libraries=await library_lines(visit, [item.title for item in snapshot.items]),
        titles=await _titles(visit, snapshot.items, first),
        pager=pager(visit, here, PER_PAGE, len(snapshot.items)),
        collections=await _collections(visit),
        problem=answer.problem,
    )


def _short(snapshot: Snapshot) -> str:
    """What was promised and did not come, in words."""
    came = len(snapshot.items)
    if not snapshot.short_by:
        return ""
    return f"{number(came)} of {number(came + snapshot.short_by)} promised titles came."


async def _titles(visit: Visit, items: Sequence[ListItem], first: int) -> tuple[ListTitle, ...]:
    titles = [item.title for item in items]
    # All of them: what another row claims better is not this one's.
    places = await places_of_all(visit.db, visit.outside, visit.user.id, titles)
    shown = slice(first, first + PER_PAGE)
    # Without a server nothing is missing: nobody has looked.
    looked = bool(await list_servers(visit.db, visit.user.id))
    return tuple(
        ListTitle(
            item.rank,
            Poster(item.title.title, listed_poster(visit, item, place), item.title.year),
            about_title(item.title),
            place is not None if looked else None,
        )
        for item, place in zip(items[shown], places[shown], strict=True)
    )


async def _collections(visit: Visit) -> tuple[Choice, ...]:
    rows = await stored_collections.list_collections(visit.db, visit.user.id)
    return tuple(Choice(str(row.id), row.name) for row in rows)


async def refresh(request: web.Request) -> web.Response:
    """Ask again for the list."""
    visit = Visit.of(request)
    source, reference = asked_source(visit), request.match_info["reference"]
    about = ("rows", source.parse(reference) or reference)
    visit.services.browsing.refresh(visit.user.id, source.name, *about)
    return see_other(request, list_path(source.name, reference))


async def add(request: web.Request) -> web.Response:
    """Append the list to a collection that is there already, and sync it."""
    visit, fields = Visit.of(request), await typed(request)
    choice = ListChoice(fields.get("source", ""), fields.get("list", ""))
    collection = await _asked_collection(visit, fields.get("collection", ""))
    kept = [ListChoice("", op=entry.op, list_id=entry.list_id) for entry in collection.lists]
    definition = Definition(
        None,
        (*kept, choice),
        collection.mode,
        collection.interval_hours,
        collection.enabled,
    )
    otherwise = list_path(choice.source, choice.text)
    try:
        changed = await redefine_collection(visit.db, visit.outside, collection, definition)
    except (InvalidError, UpstreamError) as error:
        return back(request, otherwise, Note("error", error.message))
    return see_other(request, f"/collections/{collection.id}", *await _begin(visit, changed))


async def _asked_collection(visit: Visit, text: str) -> Collection:
    """Raises NotFoundError, also for somebody else's."""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFoundError("There is no such collection.")
    return await stored_collections.get_collection(visit.db, visit.user.id, int(text))


async def _begin(visit: Visit, collection: Collection) -> tuple[Note, ...]:
    said = f"The list was added to “{collection.name}”"
    if not collection.enabled:
        return (Note("ok", f"{said}, which is paused."),)
    try:
        await start_sync(visit.db, visit.outside, visit.runner, collection, Trigger.MANUAL)
    except CollectarrError as error:
        return (Note("ok", f"{said}."), Note("error", error.message))
    return (Note("ok", f"{said}, which is being synced."),)


ROUTES = (
    ("POST", PATH, add),
    ("GET", f"{PATH}/{{source}}/{{reference:.+}}", show),
    ("POST", f"{PATH}/{{source}}/{{reference:.+}}", refresh),
)
