"""How much of some titles the libraries hold, found as a sync would find it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from collectarr.models import Item, Kind, Library, ListItem, Title, Upkeep
from collectarr.store import servers
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.sync.correct import load_corrections
from collectarr.sync.corrections import Corrections
from collectarr.sync.outside import Outside
from collectarr.sync.stock import Stock

_KINDS = {"movies": Kind.MOVIE, "tvshows": Kind.SHOW}
Held = Sequence[Sequence[Item]]
"""For each title what stands for it on one server."""


@dataclass(frozen=True, slots=True)
class LibraryCoverage:
    """`owned` of `total` titles; `total` counts those that such a library can hold.

    `at_least`: the library is so large that titles were looked for by their ids alone.
    """

    server_id: int
    server: str
    library_id: str
    library: str
    owned: int
    total: int
    at_least: bool = False


async def library_coverage(
    db: Database, outside: Outside, user_id: int, titles: Sequence[Title]
) -> list[LibraryCoverage]:
    """Of each library of each of the user's servers."""
    found: list[LibraryCoverage] = []
    for server in sorted(await servers.list_servers(db, user_id), key=_by_name):
        counts: Counter[str | None] = Counter()
        for items in await _held(db, outside, server, titles):
            counts.update({item.library_id for item in items})
        at_least = not await outside.holdings.is_whole(server)
        found += [
            LibraryCoverage(
                *(server.id, server.name, one.id, one.name),
                *(counts[one.id], _fitting(titles, one), at_least),
            )
            for one in await servers.list_libraries(db, server.id)
            if one.used
        ]
    return found


async def places_of_all(
    db: Database, outside: Outside, user_id: int, titles: Sequence[Title]
) -> list[tuple[int, str] | None]:
    """For each title a server and an item that the user has it as; None: nowhere."""
    places: list[tuple[int, str] | None] = [None] * len(titles)
    for server in await servers.list_servers(db, user_id):
        for number, items in enumerate(await _held(db, outside, server, titles)):
            if items and places[number] is None:
                places[number] = (server.id, items[0].id)
    return places


async def _held(db: Database, outside: Outside, server: Server, titles: Sequence[Title]) -> Held:
    if not titles:
        return []
    said = await load_corrections(db, server)
    rows = [ListItem(rank, title) for rank, title in enumerate(titles, start=1)]
    return await outside.holdings.compare(server, rows, said, partial(_matched, said))


def _matched(said: Corrections, stock: Stock, rows: Sequence[ListItem]) -> Held:
    return [
        found.items if stock.whole or found.by != "title" else ()
        for found in stock.matches(rows, Upkeep(), said)
    ]


def _by_name(server: Server) -> tuple[str, int]:
    return server.name, server.id


def _fitting(titles: Sequence[Title], library: Library) -> int:
    kind = _KINDS.get(library.kind)
    if kind is None:
        return len(titles)
    return sum(title.kind in (kind, Kind.UNKNOWN) for title in titles)
