"""Films and shows by name or id: in the user's libraries, and at every source that can tell."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest

from collectarr.errors import CollectarrError, UpstreamError
from collectarr.models import Item, ListItem, Title
from collectarr.sources import SearchesTitles, Source
from collectarr.sources.manual import understand
from collectarr.store import servers
from collectarr.store.db import Database
from collectarr.store.presence import search_presence, titles_of_libraries
from collectarr.sync.addresses import looked_up
from collectarr.sync.browse import Browsing
from collectarr.sync.manual import told_by_libraries
from collectarr.sync.outside import Outside
from collectarr.sync.resolve import complete_titles
from collectarr.sync.same import Known, SameTitles, filled

LIBRARY = "library"
"""The `source` of what only the user's own libraries told."""
PATIENCE = 6.0
MOST = 60
"""Of each source, and of each library."""

Place = tuple[int, str]
"""Server id and item id."""


@dataclass(frozen=True, slots=True)
class FoundTitle:
    """`source` told it first; `place` is where the user has it already."""

    title: Title
    poster: str | None
    source: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """`asked`: labels of the sources that could be asked; `problems`: of those that failed.
    `named`: the one title that was asked for by an id.
    """

    titles: tuple[FoundTitle, ...] = ()
    asked: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    named: bool = False


async def find_titles(
    db: Database,
    outside: Outside,
    browsing: Browsing,
    user_id: int,
    query: str,
    *,
    patience: float = PATIENCE,
) -> Found:
    """What has these words in its name, each title once; what a source cannot tell now is said.
    Of an id, or an address, the title itself.

    No source is waited for longer than `patience`, in seconds.
    """
    named = await title_named(db, outside, user_id, query, patience=patience)
    if isinstance(named, Title):
        place = _place(await _places(db, user_id, [named]), named)
        return Found((FoundTitle(named, None, LIBRARY if place else "", place),), named=True)
    query = named
    words = query.split()
    if not words:
        return Found()
    sources = [one for one in outside.sources.values() if await _can_ask(outside, user_id, one)]
    answers = await asyncio.gather(
        *(_ask(browsing, user_id, one, query, patience) for one in sources)
    )
    told = {
        source.name: rows
        for source, rows in zip(sources, answers, strict=True)
        if not isinstance(rows, str)
    }
    told[LIBRARY] = await _libraries(db, user_id, words)
    merged = list(_each_once(told))
    places = await _places(db, user_id, [item.title for _, item in merged])
    return Found(
        tuple(
            FoundTitle(item.title, item.poster, source, _place(places, item.title))
            for source, item in merged
        ),
        tuple(source.label for source in sources),
        tuple(answer for answer in answers if isinstance(answer, str)),
    )


async def title_named(
    db: Database, outside: Outside, user_id: int, text: str, *, patience: float = PATIENCE
) -> Title | str:
    """The title that `text` is an id or the address of, with what libraries and sources know of
    it; else the words to search for.
    """
    understood = understand(text)
    if len(understood.titles) != 1:
        return text
    said = understood.titles[0].title
    with suppress(TimeoutError):
        async with asyncio.timeout(patience):
            understood = await looked_up(outside, user_id, understood)
            said = understood.titles[0].title if understood.titles else said
            if said.ids:
                said = (await told_by_libraries(db, user_id, [said]))[0]
                said = (await complete_titles(db, outside, user_id, [said]))[0]
    return said if said.ids else " ".join(filter(None, (said.title, str(said.year or ""))))


async def _can_ask(outside: Outside, user_id: int, source: Source) -> bool:
    if not isinstance(source, SearchesTitles) or source.needs:
        return False
    try:
        credential = await outside.credential(user_id, source.name)
    except UpstreamError:
        return False
    return source.sign_in != "key" or credential.secret is not None


async def _ask(
    browsing: Browsing, user_id: int, source: Source, query: str, patience: float
) -> Sequence[ListItem] | str:
    """The rows, or what went wrong."""
    try:
        async with asyncio.timeout(patience):
            return (await browsing.titles(user_id, source.name, query)).value[:MOST]
    except TimeoutError:
        return f"{source.label} did not answer in time."
    except CollectarrError as error:
        return f"{source.label}: {error.message}"


async def _libraries(db: Database, user_id: int, words: Sequence[str]) -> list[ListItem]:
    """A year among the words is the year."""
    years = {int(word) for word in words if len(word) == 4 and word.isascii() and word.isdigit()}
    names = [word.lower() for word in words if not (years and word.isdigit())] or list(words)
    found: list[Item] = []
    for server in await servers.list_servers(db, user_id):
        found += (await search_presence(db, server.id, names, limit=MOST))[0]
    return [
        ListItem(0, item.title)
        for item in found
        if not years or names == list(words) or item.title.year in years
    ]


def _each_once(told: Mapping[str, Sequence[ListItem]]) -> Iterator[tuple[str, ListItem]]:
    """The best of each first, then the second best of each."""
    same = SameTitles(list(told.values()))
    groups = [
        [(name, row, known) for row, known in zip(rows, same.of_group(place), strict=True)]
        for place, (name, rows) in enumerate(told.items())
    ]
    seen: set[Known] = set()
    for turn in zip_longest(*groups):
        for one in turn:
            if one is not None and one[2] not in seen:
                name, row, known = one
                seen.add(known)
                yield name, filled(row, known)


async def _places(
    db: Database, user_id: int, titles: Sequence[Title]
) -> dict[tuple[object, ...], Place]:
    places: dict[tuple[object, ...], Place] = {}
    for server_id, item in await titles_of_libraries(db, user_id, titles):
        for key in _keys(item.title):
            places.setdefault(key, (server_id, item.id))
    return places


def _place(places: Mapping[tuple[object, ...], Place], title: Title) -> Place | None:
    return next((places[key] for key in _keys(title) if key in places), None)


def _keys(title: Title) -> list[tuple[object, ...]]:
    return [(title.kind, name, value) for name, value in title.ids.as_dict().items() if value]
