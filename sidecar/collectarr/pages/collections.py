"""All collections as posters: search, filter, sort."""

from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from aiohttp import web

from collectarr.models import RunStatus
from collectarr.pages.lines import badge_of, pager, posters_of, source_of
from collectarr.pages.own_posters import own_posters
from collectarr.pages.parts import Choice, Coverage
from collectarr.pages.render import show_page
from collectarr.pages.views import CollectionCard, CollectionsPage
from collectarr.pages.visit import Visit
from collectarr.store import summaries, targets
from collectarr.store.summaries import NEVER, NO_SERVER, PAUSED, CollectionState

PER_PAGE = 36
STATUSES: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("", "All", frozenset()),
    ("synced", "Synced", frozenset({RunStatus.SUCCESS})),
    ("waiting", "Waiting for you", frozenset({RunStatus.HELD})),
    ("failed", "Failed", frozenset({RunStatus.FAILED, RunStatus.PARTIAL})),
    ("paused", "Paused", frozenset({PAUSED})),
    ("never", "Not synced yet", frozenset({NEVER})),
    ("unserved", "No server yet", frozenset({NO_SERVER})),
)
Key = Callable[[CollectionState], tuple[float, str]]


def _by_name(row: CollectionState) -> tuple[float, str]:
    return 0, row.name.casefold()


def _by_share(row: CollectionState) -> tuple[float, str]:
    return -(row.owned / row.wanted if row.wanted else -1), row.name.casefold()


def _by_missing(row: CollectionState) -> tuple[float, str]:
    return -row.missing, row.name.casefold()


def _by_sync(row: CollectionState) -> tuple[float, str]:
    moment = row.last_synced_at
    return -(moment.timestamp() if moment else 0), row.name.casefold()


def _by_age(row: CollectionState) -> tuple[float, str]:
    return -row.created_at.timestamp(), row.name.casefold()


SORTS: tuple[tuple[str, str, Key], ...] = (
    ("", "Name", _by_name),
    ("coverage", "Most complete", _by_share),
    ("missing", "Most missing", _by_missing),
    ("synced", "Last synced", _by_sync),
    ("new", "Newest", _by_age),
)


async def show(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    query = request.query.get("query", "").strip()[:100]
    status, sort = request.query.get("status", ""), request.query.get("sort", "")
    states = await summaries.collection_states(visit.db, visit.user.id)
    named = [row for row in states if query.casefold() in row.name.casefold()]
    wanted = next((states for value, _, states in STATUSES if value == status), frozenset())
    found = [row for row in named if not wanted or row.state in wanted]
    found.sort(key=next((key for value, _, key in SORTS if value == sort), _by_name))
    page = CollectionsPage(
        cards=await _cards(visit, _of_page(visit, found)),
        collections=len(states),
        query=query,
        statuses=_statuses(named, query, status, sort),
        sorts=tuple(Choice(value, label, value == sort) for value, label, _ in SORTS),
        pager=pager(visit, _path(query, status, sort), PER_PAGE, len(found)),
    )
    return await show_page(request, "collections.html", page, active="collections")


def _of_page(visit: Visit, found: Sequence[CollectionState]) -> Sequence[CollectionState]:
    start = (visit.page_number() - 1) * PER_PAGE
    return found[start : start + PER_PAGE]


def _path(query: str, status: str, sort: str) -> str:
    given = {"query": query, "status": status, "sort": sort}
    text = urlencode({name: value for name, value in given.items() if value})
    return f"/collections?{text}" if text else "/collections"


def _statuses(
    named: Sequence[CollectionState], query: str, status: str, sort: str
) -> tuple[Choice, ...]:
    """Those that some collection has, and the one that is chosen."""
    choices = []
    for value, label, states in STATUSES:
        amount = sum(not states or row.state in states for row in named)
        if amount or value in ("", status):
            href = _path(query, value, sort)
            choices.append(Choice(value, label, value == status, href=href, count=amount))
    return tuple(choices)


async def _cards(visit: Visit, states: Sequence[CollectionState]) -> tuple[CollectionCard, ...]:
    ids = [row.id for row in states]
    lists = await summaries.lists_of(visit.db, ids)
    items = await summaries.first_items(visit.db, ids, 4)
    found = await targets.load_targets(visit.db, ids)
    own = own_posters(visit.url, found, {row.id: row.name for row in states})
    return tuple(
        CollectionCard(
            id=row.id,
            name=row.name,
            source=source_of(lists.get(row.id, ())),
            coverage=Coverage(row.owned, row.wanted),
            status=badge_of(row),
            enabled=row.enabled,
            served=row.served,
            posters=own.get(row.id) or posters_of(visit, row.name, items.get(row.id, ())),
        )
        for row in states
    )


ROUTES = (("GET", "/collections", show),)
