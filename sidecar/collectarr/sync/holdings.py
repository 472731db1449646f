"""What servers hold, ready to be compared with titles: kept for a moment, as pages ask in a row."""

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from collectarr.models import ListItem
from collectarr.store.coverage_items import holds_fewer_than
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.sync.corrections import Corrections
from collectarr.sync.stock import Stock, load_stock, stock_for

T = TypeVar("T")
KEPT = 60.0
"""Seconds."""
WHOLE_BELOW = 30_000
"""Items. A larger library takes seconds to load, and more memory than pages may ask for."""
CHUNK = 2_000
"""Titles of a larger library are looked for in groups of so many."""
MOST_ANSWERS = 16


@dataclass(frozen=True, slots=True)
class _Held:
    server_id: int
    generation: int
    stock: Stock
    end: asyncio.TimerHandle


class Holdings:
    """One whole stock in memory at a time, of the last generation of its server.

    And the `answers` that were found last for collections, so that nothing is looked for twice.
    """

    def __init__(self, db: Database, whole_below: int = WHOLE_BELOW) -> None:
        self.answers = Answers()
        self._db = db
        self._whole_below = whole_below
        self._held: _Held | None = None
        self._turn = asyncio.Lock()

    async def is_whole(self, server: Server) -> bool:
        """Whether its library is small enough to be compared with as a sync does.

        Else titles are looked for by their ids, and those with a name alone are not found.
        """
        return await holds_fewer_than(self._db, server.id, self._whole_below)

    async def compare(
        self,
        server: Server,
        rows: Sequence[ListItem],
        corrections: Corrections,
        work: Callable[[Stock, Sequence[ListItem]], Sequence[T]],
    ) -> list[T]:
        """`work` on all rows in order, in a thread: it must not keep the stock."""
        if await self.is_whole(server):
            async with self._turn:
                stock = await self._stock(server)
                return list(await asyncio.to_thread(work, stock, rows))
        found: list[T] = []
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            stock = await stock_for(self._db, server, part, corrections)
            found += await asyncio.to_thread(work, stock, part)
        return found

    async def _stock(self, server: Server) -> Stock:
        held = self._held
        if held is not None:
            held.end.cancel()
        if held is not None and (held.server_id, held.generation) == (server.id, server.generation):
            stock = held.stock
        else:
            # Let go of first: two at once would be too much.
            held = self._held = None
            stock = await load_stock(self._db, server)
        end = asyncio.get_running_loop().call_later(KEPT, self._forget)
        self._held = _Held(server.id, server.generation, stock, end)
        return stock

    def _forget(self) -> None:
        self._held = None


class Answers:
    """What was found last, by whom it was found for: good for as long as `key` is the same."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[Hashable, Mapping[int, Any]]] = {}

    def get(self, whose: Hashable, key: Hashable) -> Mapping[int, Any] | None:
        known = self._known.get(whose)
        return known[1] if known is not None and known[0] == key else None

    def put(self, whose: Hashable, key: Hashable, answer: Mapping[int, Any]) -> None:
        self._known.pop(whose, None)
        self._known[whose] = key, answer
        while len(self._known) > MOST_ANSWERS:
            del self._known[next(iter(self._known))]
