"""/sources: where lists come from, and what there is to find."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from collectarr import models
from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.shapes import ListTitle, Page, PageQuery
from collectarr.api.source_shapes import SourceState, source_state
from collectarr.errors import NotFoundError, RejectedError
from collectarr.models import Kind
from collectarr.sync.browse import Answer
from collectarr.sync.coverage import library_coverage

endpoints = Endpoints("sources")
FAILING = (404, 422, 502, 503)
_REFERENCE = r"{reference:[^/]+(?:/[^/]+)*}"


class List(BaseModel):
    """A list at its source, as of `read_at`. `reference` is what `list` takes when a collection
    is made. `item_count` is what the source says, null where it does not; `problem` why it was not
    read anew just now, though that was wanted.
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
    problem: str | None


class TitlePage(Page[ListTitle]):
    """As of `read_at`. `short_by`: titles that the source promised and did not give; `problem`: why
    they were not read anew just now, though that was wanted.
    """

    read_at: datetime
    short_by: int
    problem: str | None


class LibraryCoverage(BaseModel):
    """Of `total` titles that such a library can hold, `owned` are there, as a sync finds them.

    `at_least`: titles were looked for by their ids alone, a sync may find more by their names.
    """

    server_id: int
    server: str
    library_id: str
    library: str
    owned: int
    total: int
    at_least: bool


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
    return _lists(answer, answer.value, query)


@endpoints.get(
    f"/sources/{{source}}/lists/{_REFERENCE}/items",
    "The titles of a list, in list order",
    errors=(400, *FAILING),
)
async def items(call: Call, source: str, reference: str, query: PageQuery) -> TitlePage:
    with _no_such_list():
        answer = await call.services.browsing.read(call.user.id, source, reference)
    return _titles([answer], answer.value.items, query)


@endpoints.get(
    f"/sources/{{source}}/lists/{_REFERENCE}",
    "A list: what it is called at its source",
    errors=(400, *FAILING),
)
async def show(call: Call, source: str, reference: str, query: OpenQuery) -> OpenedList | List:
    if not query.coverage:
        with _no_such_list():
            info = await call.services.browsing.describe(call.user.id, source, reference)
        return _list(info, info.value)
    with _no_such_list():
        answer = await call.services.browsing.read(call.user.id, source, reference)
    snapshot = answer.value
    titles = [item.title for item in snapshot.items]
    found = await library_coverage(call.db, call.outside, call.user.id, titles)
    return OpenedList(
        **dict(_list(answer, snapshot.info)),
        short_by=snapshot.short_by,
        coverage=[
            LibraryCoverage(
                server_id=one.server_id,
                server=one.server,
                library_id=one.library_id,
                library=one.library,
                owned=one.owned,
                total=one.total,
                at_least=one.at_least,
            )
            for one in found
        ],
    )


@endpoints.get(
    "/sources/{source}/{shelf}",
    "One shelf of a source: its lists, or of a chart the titles",
    errors=FAILING,
)
async def shelf(call: Call, source: str, shelf: str, query: ShelfQuery) -> Page[List] | TitlePage:
    browsing, user_id = call.services.browsing, call.user.id
    found = browsing.shelf(source, shelf)
    if not found.references:
        answer = await browsing.lists(user_id, source, shelf)
        named = [info for info in answer.value if query.finds(info.name, info.owner)]
        return _lists(answer, named, query)
    answers = [await browsing.read(user_id, source, one) for one in found.references]
    rows = [row for one in answers for row in one.value.items]
    return _titles(answers, [row for row in rows if query.kind in (None, row.title.kind)], query)


@contextmanager
def _no_such_list() -> Iterator[None]:
    """What is not there is answered as anything else that is not there."""
    try:
        yield
    except RejectedError as error:
        if error.code != "not_found":
            raise
        raise NotFoundError(error.message) from None


def _titles(
    answers: Sequence[Answer[models.Snapshot]], rows: Iterable[models.ListItem], query: PageQuery
) -> TitlePage:
    found = [row for row in rows if query.finds(row.title.title, row.title.original_title)]
    return TitlePage(
        items=[ListTitle.of_item(row) for row in query.part(found)],
        total=len(found),
        page=query.page,
        per_page=query.per_page,
        read_at=min(one.read_at for one in answers),
        short_by=sum(one.value.short_by for one in answers),
        problem=next((one.problem for one in answers if one.problem), None),
    )


def _lists(answer: Answer[Any], infos: Sequence[models.ListInfo], query: PageQuery) -> Page[List]:
    return Page.of((_list(answer, info) for info in query.part(infos)), len(infos), query)


def _list(answer: Answer[Any], info: models.ListInfo) -> List:
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
        read_at=answer.read_at,
        problem=answer.problem or None,
    )
