"""/sources: where lists come from, and what there is to find."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import BaseModel

from collectarr import models
from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.shapes import ListTitle, Page, PageQuery
from collectarr.api.source_shapes import SourceState, source_state
from collectarr.models import Kind
from collectarr.store.coverage import library_coverage

endpoints = Endpoints("sources")
FAILING = (404, 422, 502, 503)
_REFERENCE = r"{reference:[^/]+(?:/[^/]+)*}"


class List(BaseModel):
    """A list at its source, as of `read_at`. `reference` is what `list` takes when a collection
    is made. `item_count` is what the source says, null where it does not.
    """

    source: str
    reference: str
    name: str
    owner: str | None
    url: str | None
    description: str | None
    item_count: int | None
    public: bool
    kinds: list[Kind]
    poster: str | None
    updated_at: datetime | None
    read_at: datetime


class LibraryCoverage(BaseModel):
    """Of `total` titles that such a library can hold, `owned` were found there by their ids."""

    server_id: int
    server: str
    library_id: str
    library: str
    owned: int
    total: int


class OpenedList(List):
    """`short_by`: titles that the source promised and did not give."""

    short_by: int
    coverage: list[LibraryCoverage]


class ShelfQuery(PageQuery):
    kind: Kind | None = None


class OpenQuery(BaseModel):
    """`coverage`: read the whole list and compare it with the user's libraries."""

    coverage: bool = False


@endpoints.get("/sources", "The state of every source")
async def index(call: Call, query: PageQuery) -> Page[SourceState]:
    found = [
        source for source in call.outside.sources.values() if query.finds(source.name, source.label)
    ]
    states = [await source_state(call, source) for source in query.part(found)]
    return Page.of(states, len(found), query)


@endpoints.get(
    "/sources/{source}/search", "Public lists with these words in their name", errors=FAILING
)
async def search(call: Call, source: str, query: PageQuery) -> Page[List]:
    answer = await call.services.browsing.search(call.user.id, source, query.query)
    return _lists(answer.value, answer.read_at, query)


@endpoints.get(
    f"/sources/{{source}}/lists/{_REFERENCE}/items",
    "The titles of a list, in list order",
    errors=(400, *FAILING),
)
async def items(call: Call, source: str, reference: str, query: PageQuery) -> Page[ListTitle]:
    answer = await call.services.browsing.read(call.user.id, source, reference)
    return _titles(answer.value.items, query)


@endpoints.get(
    f"/sources/{{source}}/lists/{_REFERENCE}",
    "A list: what it is called at its source",
    errors=(400, *FAILING),
)
async def show(call: Call, source: str, reference: str, query: OpenQuery) -> OpenedList | List:
    if not query.coverage:
        info = await call.services.browsing.describe(call.user.id, source, reference)
        return _list(info.value, info.read_at)
    answer = await call.services.browsing.read(call.user.id, source, reference)
    snapshot = answer.value
    found = await library_coverage(call.db, call.user.id, [item.title for item in snapshot.items])
    return OpenedList(
        **dict(_list(snapshot.info, answer.read_at)),
        short_by=snapshot.short_by,
        coverage=[
            LibraryCoverage(
                server_id=one.server_id,
                server=one.server,
                library_id=one.library_id,
                library=one.library,
                owned=one.owned,
                total=one.total,
            )
            for one in found
        ],
    )


@endpoints.get(
    "/sources/{source}/{shelf}",
    "One shelf of a source: its lists, or of a chart the titles",
    errors=FAILING,
)
async def shelf(
    call: Call, source: str, shelf: str, query: ShelfQuery
) -> Page[List] | Page[ListTitle]:
    browsing, user_id = call.services.browsing, call.user.id
    found = browsing.shelf(source, shelf)
    if not found.references:
        answer = await browsing.lists(user_id, source, shelf)
        named = [info for info in answer.value if query.finds(info.name, info.owner)]
        return _lists(named, answer.read_at, query)
    rows: list[models.ListItem] = []
    for reference in found.references:
        rows += (await browsing.read(user_id, source, reference)).value.items
    return _titles([row for row in rows if query.kind in (None, row.title.kind)], query)


def _titles(rows: Iterable[models.ListItem], query: PageQuery) -> Page[ListTitle]:
    found = [row for row in rows if query.finds(row.title.title, row.title.original_title)]
    return Page.of((ListTitle.of_item(row) for row in query.part(found)), len(found), query)


def _lists(infos: Sequence[models.ListInfo], read_at: datetime, query: PageQuery) -> Page[List]:
    return Page.of((_list(info, read_at) for info in query.part(infos)), len(infos), query)


def _list(info: models.ListInfo, read_at: datetime) -> List:
    return List(
        source=info.source,
        reference=info.reference,
        name=info.name,
        owner=info.owner,
        url=info.url,
        description=info.description,
        item_count=info.item_count,
        public=info.public,
        kinds=list(info.kinds),
        poster=info.poster,
        updated_at=info.updated_at,
        read_at=read_at,
    )
