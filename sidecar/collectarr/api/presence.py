"""/servers/{id}/presence and /search: what a server holds, as Collectarr knows it."""

import re

from pydantic import Field

from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.shapes import Page, PageQuery, Title, title_fields
from collectarr.models import ITEM_ID, Item, Kind, imdb_id
from collectarr.store.presence import list_presence, search_presence
from collectarr.store.servers import get_server

endpoints = Endpoints("servers")
_NAMED_ID = re.compile(r"(imdb|tmdb|tvdb|item):(\S{1,40})", re.ASCII)
_NUMBER = re.compile(r"\d{1,15}", re.ASCII)


class PresenceQuery(PageQuery):
    """`query` keeps what has these words in its title."""

    kind: Kind | None = None
    library: str | None = Field(None, max_length=100)


class SearchQuery(PageQuery):
    """`query`: words of the title, or an id: `tt0133093`, `tmdb:603`, `tvdb:81189`, `item:12`."""

    query: str = Field(min_length=1, max_length=200)


class PresentTitle(Title):
    """A title as one item of a library. Where a server has several copies, each is one."""

    item_id: str
    library_id: str | None
    poster: str


def _present(call: Call, server_id: int, item: Item) -> PresentTitle:
    base = call.services.settings.base_path
    return PresentTitle(
        item_id=item.id,
        library_id=item.library_id,
        poster=f"{base}/api/v1/images/servers/{server_id}/items/{item.id}",
        **title_fields(item.title),
    )


@endpoints.get("/servers/{server_id}/presence", "What it holds, as it was last read", etag=True)
async def presence(call: Call, server_id: int, query: PresenceQuery) -> Page[PresentTitle]:
    server = await get_server(call.db, call.user.id, server_id)
    items, total = await list_presence(
        call.db,
        server.id,
        query.query.lower().split(),
        kind=query.kind,
        library_id=query.library,
        limit=query.per_page,
        offset=query.offset,
    )
    return Page.of((_present(call, server.id, item) for item in items), total, query)


@endpoints.get("/servers/{server_id}/search", "Search what it holds, by title or id")
async def search(call: Call, server_id: int, query: SearchQuery) -> Page[PresentTitle]:
    server = await get_server(call.db, call.user.id, server_id)
    imdb, number, id_of = _ids(query.query.strip())
    words = [] if id_of else query.query.lower().split()
    items, total = await search_presence(
        call.db,
        server.id,
        words,
        imdb=imdb,
        number=number,
        id_of=id_of,
        limit=query.per_page,
        offset=query.offset,
    )
    return Page.of((_present(call, server.id, item) for item in items), total, query)


def _ids(text: str) -> tuple[str | None, str | None, str | None]:
    """The IMDb id, the number, and what the number is said to be."""
    named = _NAMED_ID.fullmatch(text)
    if named is None:
        imdb = imdb_id(text) if text[:2].lower() == "tt" else None
        plain = _NUMBER.fullmatch(text) or ITEM_ID.match(text)
        return imdb, text if plain else None, None
    kind, value = named.groups()
    if kind == "imdb":
        return imdb_id(value), None, "imdb"
    return None, value, kind
