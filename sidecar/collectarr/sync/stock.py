"""What one server holds, ready to be compared with the titles of collections."""

from collections.abc import Iterable, Sequence

from collectarr.models import Item, Library, ListItem, Title, Upkeep
from collectarr.store import servers
from collectarr.store.coverage_items import items_sharing_ids
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.sync.corrections import Corrections, Map
from collectarr.sync.match import Match, PresenceIndex, match, tell_left_out


class Stock:
    """The items of a server by their libraries; an index is made where one is asked for.

    A collection takes what lies in the libraries in use, of those that it is confined to. Items of
    which nobody knows the library count as in every one. Not `whole`: only what ids lead to.
    """

    def __init__(
        self,
        server_id: int,
        items: Iterable[Item] = (),
        libraries: Sequence[Library] = (),
        *,
        whole: bool = True,
    ) -> None:
        self.items = {item.id: item for item in items}
        self.whole = whole
        self.libraries = libraries
        self._server_id = server_id
        self._without: dict[frozenset[str], PresenceIndex] = {}
        self._only: dict[frozenset[str], PresenceIndex] = {}

    def matches(
        self, rows: Sequence[ListItem], upkeep: Upkeep, corrections: Corrections
    ) -> list[Match]:
        """One for each row; of a title that lies only in a library left out, that is said."""
        left_out = left_out_libraries(self.libraries, upkeep, self._server_id)
        if left_out not in self._without:
            index = PresenceIndex(
                item for item in self.items.values() if item.library_id not in left_out
            )
            if not self.whole:
                # Nobody knows this of the items that are not looked at.
                index.all_have_imdb.clear()
            self._without[left_out] = index
        found = match(rows, self._without[left_out], corrections=corrections, copies=upkeep.copies)
        if left_out:
            if left_out not in self._only:
                self._only[left_out] = PresenceIndex(
                    item for item in self.items.values() if item.library_id in left_out
                )
            tell_left_out(found, self._only[left_out], self.libraries)
        return found

    def led_to(self, title: Title, upkeep: Upkeep) -> bool:
        """Whether an id of it leads anywhere, be it to what is something else."""
        left_out = left_out_libraries(self.libraries, upkeep, self._server_id)
        return left_out in self._without and bool(self._without[left_out].by_ids(title))

    def usable(self, item_ids: Iterable[str], upkeep: Upkeep) -> list[Item]:
        """Those of these items that are there, and not in a library that is left out."""
        left_out = left_out_libraries(self.libraries, upkeep, self._server_id)
        there = (self.items[key] for key in item_ids if key in self.items)
        return [item for item in there if item.library_id not in left_out]


def left_out_libraries(
    libraries: Sequence[Library], upkeep: Upkeep, server_id: int
) -> frozenset[str]:
    """The libraries of a server from which a collection takes nothing."""
    confined = {library for server, library in upkeep.libraries if server == server_id}
    return frozenset(
        library.id
        for library in libraries
        if not library.used or (confined and library.id not in confined)
    )


async def load_stock(db: Database, server: Server) -> Stock:
    items = await servers.load_items(db, server.id)
    return Stock(server.id, items, await servers.list_libraries(db, server.id))


async def stock_for(
    db: Database,
    server: Server,
    rows: Sequence[ListItem],
    corrections: Corrections,
    item_ids: Iterable[str] = (),
) -> Stock:
    """As much of it as some rows can lead to by ids or corrections, and these items.

    What matches there by an id matches so in the whole library. What a name leads to cannot be
    told from it.
    """
    titles = [row.title for row in rows]
    if corrections:
        meant = (corrections.about(row.title) for row in rows)
        titles += [said.to for said in meant if isinstance(said, Map)]
        titles += [was for pin in corrections.pins for was in pin.known_as]
    pinned = [key for pin in corrections.pins for key in pin.items]
    named = await servers.items_of(db, server.id, list(dict.fromkeys((*item_ids, *pinned))))
    items = await items_sharing_ids(db, server.id, titles, named)
    libraries = await servers.list_libraries(db, server.id)
    return Stock(server.id, items, libraries, whole=False)
