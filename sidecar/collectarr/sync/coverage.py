"""How much of some titles the libraries hold, found as a sync would find it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from collectarr.models import Item, Kind, Library, ListItem, Title
from collectarr.store import servers
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.sync.match import PresenceIndex, match
from collectarr.sync.outside import Outside

_KINDS = {"movies": Kind.MOVIE, "tvshows": Kind.SHOW}
Held = Sequence[Sequence[Item]]
"""For each title what stands for it on one server."""


@dataclass(frozen=True, slots=True)
class LibraryCoverage:
    """`owned` of `total` titles; `total` counts those that such a library can hold."""

    server_id: int
    server: str
    library_id: str
    library: str
    owned: int
    total: int


async def library_coverage(
    db: Database, outside: Outside, user_id: int, titles: Sequence[Title]
) -> list[LibraryCoverage]:
    """Of each library of each of the user's servers."""
    found: list[LibraryCoverage] = []
    for server in sorted(await servers.list_servers(db, user_id), key=_by_name):
        counts: Counter[str | None] = Counter()
        for items in await _held(outside, server, titles):
            counts.update({item.library_id for item in items})
        found += [
            LibraryCoverage(
                server.id, server.name, one.id, one.name, counts[one.id], _fitting(titles, one)
            )
            for one in await servers.list_libraries(db, server.id)
        ]
    return found


async def places_of_all(
    db: Database, outside: Outside, user_id: int, titles: Sequence[Title]
) -> list[tuple[int, str] | None]:
    """For each title a server and an item that the user has it as; None: nowhere."""
    places: list[tuple[int, str] | None] = [None] * len(titles)
    for server in await servers.list_servers(db, user_id):
        for number, items in enumerate(await _held(outside, server, titles)):
            if items and places[number] is None:
                places[number] = (server.id, items[0].id)
    return places


async def _held(outside: Outside, server: Server, titles: Sequence[Title]) -> Held:
    return await outside.holdings.compare(server, partial(_matched, titles)) if titles else []


def _matched(titles: Sequence[Title], index: PresenceIndex) -> Held:
    rows = [ListItem(rank, title) for rank, title in enumerate(titles, start=1)]
    return [found.items for found in match(rows, index)]


def _by_name(server: Server) -> tuple[str, int]:
    return server.name, server.id


def _fitting(titles: Sequence[Title], library: Library) -> int:
    kind = _KINDS.get(library.kind)
    if kind is None:
        return len(titles)
    return sum(title.kind in (kind, Kind.UNKNOWN) for title in titles)
