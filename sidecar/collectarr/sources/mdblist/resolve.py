"""Titles by their ids at MDBList: two hundred with each request, all of one kind and database."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any

from collectarr.models import Ids, Kind, Title, imdb_id, number_id
from collectarr.sources.mdblist.answers import unexpected
from collectarr.sources.mdblist.fields import Row, block_of, word_of

MOST_IDS = 200
_TYPES = {Kind.MOVIE: "movie", Kind.SHOW: "show", Kind.UNKNOWN: "any"}
_KINDS = {"movie": Kind.MOVIE, "show": Kind.SHOW}
Batch = Callable[[str, str, Sequence[str]], Awaitable[Any]]
"""Asks for the titles with these ids, by the names of the database and of the kind."""


async def resolve(batch: Batch, titles: Sequence[Title]) -> list[Title | None]:
    """Each title with all that is known of it, or None where nothing is, or something else is.

    A title whose first id is not known is asked for by its next one.
    """
    found: list[Title | None] = [None] * len(titles)
    waiting = {place: _ways(title) for place, title in enumerate(titles)}
    while waiting := {place: ways for place, ways in waiting.items() if ways}:
        for (database, kind), places in _grouped(waiting, titles).items():
            for number, row in await _rows(batch, database, kind, list(places)):
                for place in places.get(number, ()):
                    # Found, be it as something else: other ids would not tell better.
                    waiting[place] = []
                    found[place] = found[place] or known_as(titles[place], row)
    return found


def _ways(title: Title) -> list[tuple[str, str]]:
    """The databases that know it, and as what, the most exact one first."""
    ways = [(database, str(number)) for database, number in title.ids.as_dict().items() if number]
    # Only IMDb numbers films and shows together.
    return ways if title.kind is not Kind.UNKNOWN else [way for way in ways if way[0] == "imdb"]


def _grouped(
    waiting: dict[int, list[tuple[str, str]]], titles: Sequence[Title]
) -> dict[tuple[str, str], dict[str, list[int]]]:
    """Takes the next way of each title: (database, kind) -> id -> places of its titles."""
    groups: dict[tuple[str, str], dict[str, list[int]]] = {}
    for place, ways in waiting.items():
        database, number = ways.pop(0)
        group = groups.setdefault((database, _TYPES[titles[place].kind]), {})
        group.setdefault(number, []).append(place)
    return groups


async def _rows(
    batch: Batch, database: str, kind: str, numbers: Sequence[str]
) -> list[tuple[str, Row]]:
    rows: list[tuple[str, Row]] = []
    for start in range(0, len(numbers), MOST_IDS):
        data = await batch(database, kind, numbers[start : start + MOST_IDS])
        if not isinstance(data, list):
            raise unexpected("answered something that is no list of titles.")
        rows.extend(_named(data, database))
    return rows


def _named(data: Iterable[object], database: str) -> Iterator[tuple[str, Row]]:
    """Each row by the id that it was asked by. They come in any order."""
    for row in data:
        if isinstance(row, dict):
            value = block_of(row, "ids").get(database)
            number = imdb_id(value) if database == "imdb" else number_id(value)
            if number is not None:
                yield str(number), row


def known_as(title: Title, row: Row) -> Title | None:
    """`title` with what MDBList knows; None where that is of another title."""
    kind = _KINDS.get(word_of(row, "type"), title.kind)
    told = block_of(row, "ids")
    ids = Ids.of(told.get("imdb"), told.get("tmdb"), told.get("tvdb"), told.get("trakt"))
    if kind is Kind.UNKNOWN or title.kind not in (Kind.UNKNOWN, kind):
        return None
    before, now = title.ids.as_dict(), ids.as_dict()
    if any(before[key] and now[key] and before[key] != now[key] for key in now):
        return None
    return Title(
        kind,
        word_of(row, "title") or title.title,
        number_id(row.get("year")) or title.year,
        Ids.of(**{key: now[key] or before[key] for key in now}),
        title.original_title,
    )
