"""Films and shows at Trakt by their name, and by one of their ids."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from collectarr.errors import RejectedError
from collectarr.models import Kind, ListItem, Title
from collectarr.sources.trakt.answers import Reply, unexpected
from collectarr.sources.trakt.rows import item_row, titles_in
from collectarr.sources.trakt.visit import Visit

MOST_RESOLVED = 50
"""Each id costs a request of its own, so only so many are looked up at a time."""
_AT_ONCE = 4
_FOUND_AT_ONCE = 30
_IDS = ("imdb", "tmdb", "tvdb", "trakt")


async def search_titles(visit: Visit, query: str) -> list[ListItem]:
    asks = {"query": query, "extended": "full", "page": 1, "limit": _FOUND_AT_ONCE}
    reply = await visit.get("/search/movie,show", "the search for titles", **asks)
    return _found(reply)


async def title_called(visit: Visit, kind: Kind, slug: str) -> Title | None:
    """By the name that Trakt gives its page."""
    try:
        reply = await visit.get(f"/{kind}s/{slug}", f"the {kind} “{slug}”", extended="full")
    except RejectedError as error:
        if error.code != "not_found":
            raise
        return None
    found = item_row(reply.data, kind).item
    return found.title if found is not None else None


async def resolve(visit: Visit, titles: Sequence[Title]) -> list[Title | None]:
    """For each title the same with all that Trakt knows; None beyond the first `MOST_RESOLVED`."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def look_up(title: Title) -> Title | None:
        async with slots:
            return await _look_up(visit, title)

    chosen = [place for place, title in enumerate(titles) if title.ids][:MOST_RESOLVED]
    answers = await asyncio.gather(*(look_up(titles[place]) for place in chosen))
    known = dict(zip(chosen, answers, strict=True))
    return [known.get(place) for place in range(len(titles))]


async def _look_up(visit: Visit, title: Title) -> Title | None:
    ids = title.ids.as_dict()
    database = next(name for name in _IDS if ids[name])
    kinds = (Kind.MOVIE, Kind.SHOW) if title.kind is Kind.UNKNOWN else (title.kind,)
    path, asks = f"/search/{database}/{ids[database]}", {"type": ",".join(kinds)}
    try:
        reply = await visit.get(path, f"the title {database}:{ids[database]}", **asks)
    except RejectedError as error:
        if error.code != "not_found":
            raise
        return None
    found = [item.title for item in _found(reply) if item.title.kind in kinds]
    return replace(found[0], original_title=title.original_title) if found else None


def _found(reply: Reply) -> list[ListItem]:
    if not isinstance(reply.data, list):
        raise unexpected("answered something that is no list of titles.")
    rows = [item_row(row) for row in reply.data]
    return titles_in([row for row in rows if row.item is not None and row.item.via is None])
