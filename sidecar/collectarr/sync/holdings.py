"""What servers hold, ready to be compared with titles: kept for a moment, as pages ask in a row."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from collectarr.store import servers
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.sync.match import PresenceIndex

T = TypeVar("T")
KEPT = 60.0
"""Seconds. A large library takes a second to load, and more memory than may be kept for good."""


@dataclass(frozen=True, slots=True)
class _Held:
    generation: int
    index: PresenceIndex
    end: asyncio.TimerHandle


class Holdings:
    """One index a server, of its last generation. Who compares with it does so alone."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._held: dict[int, _Held] = {}
        self._turns: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def compare(self, server: Server, work: Callable[[PresenceIndex], T]) -> T:
        """`work` is done in a thread: it may take a while, and must not keep the index."""
        async with self._turns[server.id]:
            index = await self._index(server)
            return await asyncio.to_thread(work, index)

    async def _index(self, server: Server) -> PresenceIndex:
        held = self._held.get(server.id)
        if held is not None:
            held.end.cancel()
        if held is not None and held.generation == server.generation:
            index = held.index
        else:
            self._held.pop(server.id, None)
            items = await servers.load_items(self._db, server.id)
            index = await asyncio.to_thread(PresenceIndex, items)
        end = asyncio.get_running_loop().call_later(KEPT, self._held.pop, server.id, None)
        self._held[server.id] = _Held(server.generation, index, end)
        return index
