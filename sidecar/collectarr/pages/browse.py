"""What there is to bring: the shelves of every source, a search, and lists by their address."""

import asyncio
import contextlib
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import TypeVar
from urllib.parse import quote

from aiohttp import web

from collectarr.errors import CollectarrError, NotFoundError
from collectarr.models import ListInfo
from collectarr.pages.list_cards import list_cards
from collectarr.pages.parts import Choice, Form
from collectarr.pages.render import show_page
from collectarr.pages.source_cards import accounts_of, quota_of
from collectarr.pages.source_troubles import connect_again, connect_first, not_set_up, trouble_of
from collectarr.pages.source_views import BrowsePage, ShelfView, Trouble
from collectarr.pages.visit import Visit, see_other, typed
from collectarr.sources import Credential, Shelf, Source
from collectarr.store.source_accounts import LOST
from collectarr.sync.browse import Answer
from collectarr.sync.recognise import recognise

T = TypeVar("T")
PATH = "/browse"
PATIENCE = 5.0
"""Seconds that a page waits for a source; what it asked for is read on without it."""
SHORT_PATIENCE = 2.0
AHEAD = 2
MOST_CARDS = 60
NO_LIST = "This is no list that we know. Paste its address, as your browser shows it."


async def show(request: web.Request) -> web.Response:
    """Without a source: that of an address, or the first one."""
    visit = Visit.of(request)
    address = request.query.get("address", "").strip()
    source = await _first(visit)
    if not address:
        return await _page(visit, source)
    found = recognise(visit.outside.sources, address)
    if len(found) == 1:
        return see_other(request, list_path(found[0].source, found[0].reference))
    form = Form({"address": address[:2000]}, {} if found else {"address": NO_LIST})
    either = tuple(
        Choice(named.source, named.label, href=list_path(named.source, named.reference))
        for named in found
    )
    return await _page(visit, source, form, either, 200 if found else 422)


async def _first(visit: Visit) -> Source:
    """One with an account, else one that can be used at all."""
    accounts, sources = await accounts_of(visit), list(visit.outside.sources.values())
    ready = [source for source in sources if source.needs is None]
    mine = [source for source in ready if source.name in accounts]
    return (mine or ready or sources)[0]


def asked_source(visit: Visit) -> Source:
    """Raises NotFoundError."""
    return visit.services.browsing.source(visit.request.match_info["source"])


def list_path(source: str, reference: str) -> str:
    return f"{PATH}/{source}/{quote(reference, safe='/+')}"


async def show_source(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    return await _page(visit, asked_source(visit))


async def _page(
    visit: Visit,
    source: Source,
    form: Form | None = None,
    either: tuple[Choice, ...] = (),
    status: int = 200,
) -> web.Response:
    query = " ".join(visit.request.query.get("query", "").split())[:200]
    credential = await _credential(visit, source)
    shelf = _asked_shelf(visit, source, credential)
    own = (await accounts_of(visit)).get(source.name)
    page = BrowsePage(
        source=source.name,
        label=source.label,
        form=form or Form(),
        tabs=tuple(
            Choice(one.name, one.label, one.name == source.name, href=f"{PATH}/{one.name}")
            for one in visit.outside.sources.values()
        ),
        own=_shelves(source, shelf if not query else None, personal=True),
        shelves=_shelves(source, shelf if not query else None, personal=False),
        shelf=await _look(visit, source, shelf, query, credential),
        shelf_name="" if query else shelf.name,
        query=query,
        can_search=source.needs is None,
        quota=quota_of(visit, own) if own else None,
        either=either,
    )
    return await show_page(visit.request, "browse.html", page, active="browse", status=status)


async def _credential(visit: Visit, source: Source) -> Credential:
    try:
        return await visit.outside.credential(visit.user.id, source.name)
    except CollectarrError:
        return Credential(None, visit.user.id)


def is_own(credential: Credential) -> bool:
    """Whether what is personal can be asked for: not with a key that others share."""
    return credential.secret is not None and not credential.shared


def _asked_shelf(visit: Visit, source: Source, credential: Credential) -> Shelf:
    """The one of the address, else the first that can be seen. Raises NotFoundError."""
    name = visit.request.query.get("shelf", "")
    if name and "source" in visit.request.match_info:
        return visit.services.browsing.shelf(source.name, name)
    several = [one for one in source.shelves if len(one.references) != 1]
    open_ones = [one for one in several if is_own(credential) or not one.personal]
    shelves = [*open_ones, *source.shelves]
    if not shelves:
        raise NotFoundError("There is nothing to browse at this source.")
    return shelves[0]


def _shelves(source: Source, shelf: Shelf | None, *, personal: bool) -> tuple[Choice, ...]:
    return tuple(
        Choice(one.name, _short(one), one == shelf, href=_shelf_path(source, one))
        for one in source.shelves
        if one.personal == personal
    )


def _short(shelf: Shelf) -> str:
    """Below the word “Yours” it need not be said again."""
    own = shelf.label.removeprefix("Your ")
    return own[:1].upper() + own[1:]


def _shelf_path(source: Source, shelf: Shelf) -> str:
    """A shelf that is one list leads straight to it."""
    if len(shelf.references) == 1:
        return list_path(source.name, shelf.references[0])
    return f"{PATH}/{source.name}?shelf={shelf.name}"


async def _look(
    visit: Visit, source: Source, shelf: Shelf, query: str, credential: Credential
) -> ShelfView:
    """The lists on a shelf or of a search, or why there are none."""
    label = f"Lists with “{query}” in their name" if query else shelf.label
    if source.needs is not None:
        return ShelfView(label, trouble=not_set_up(source, source.needs))
    if shelf.personal and not query and not is_own(credential):
        lost = await lost_account(visit, source)
        return ShelfView(label, trouble=lost or connect_first(source))
    browsing, user_id = visit.services.browsing, visit.user.id
    asked: Awaitable[Answer[Sequence[ListInfo]]]
    if query:
        asked, about = browsing.search(user_id, source.name, query), ("search", query)
    else:
        asked, about = browsing.lists(user_id, source.name, shelf.name), ("shelf", shelf.name)
    here = f"{PATH}/{source.name}?{'query' if query else 'shelf'}={quote(about[1])}"
    answer = await answer_of(visit, source, asked, about, here)
    if isinstance(answer, Trouble):
        return ShelfView(label, trouble=answer)
    if shelf.references and not query:
        await _open_ahead(visit, source, answer.value)
    cards = await list_cards(visit, source.name, answer.value[:MOST_CARDS])
    read = visit.when(min(answer.read_at, visit.now))
    return ShelfView(label, cards, len(answer.value), read, problem=answer.problem)


async def answer_of(
    visit: Visit, source: Source, asked: Awaitable[Answer[T]], about: tuple[str, str], here: str
) -> Answer[T] | Trouble:
    """What a source says, with some patience; else what it said before it was to say it anew."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await asked
    except TimeoutError as error:
        before = visit.services.browsing.before(visit.user.id, source.name, *about)
        if before is None:
            return trouble_of(source, error, here)
        return replace(before, problem=f"{source.label} takes its time. Look again in a moment.")
    except CollectarrError as error:
        lost = await lost_account(visit, source) if error.code == "key_needed" else None
        return lost or trouble_of(source, error, here)


async def lost_account(visit: Visit, source: Source) -> Trouble | None:
    """There is an account, but nothing can be asked with it until its owner connects again."""
    own = (await accounts_of(visit)).get(source.name)
    return connect_again(source, own.error) if own is not None and own.state == LOST else None


async def _open_ahead(visit: Visit, source: Source, infos: Sequence[ListInfo]) -> None:
    """Of the few lists that a shelf itself is, one will be opened next: it gets its pictures."""
    browsing, user_id = visit.services.browsing, visit.user.id
    looks = [browsing.read(user_id, source.name, info.reference) for info in infos[:AHEAD]]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SHORT_PATIENCE):
            await asyncio.gather(*looks, return_exceptions=True)


async def refresh(request: web.Request) -> web.Response:
    """Ask again for a shelf or a search."""
    visit, fields = Visit.of(request), await typed(request)
    source = asked_source(visit)
    query = " ".join(fields.get("query", "").split())[:200]
    if query:
        visit.services.browsing.refresh(visit.user.id, source.name, "search", query)
        return see_other(request, f"{PATH}/{source.name}?query={quote(query)}")
    shelf = visit.services.browsing.shelf(source.name, fields.get("shelf", ""))
    visit.services.browsing.refresh(visit.user.id, source.name, "shelf", shelf.name)
    return see_other(request, f"{PATH}/{source.name}?shelf={shelf.name}")


ROUTES = (
    ("GET", PATH, show),
    ("GET", f"{PATH}/{{source}}", show_source),
    ("POST", f"{PATH}/{{source}}", refresh),
)
