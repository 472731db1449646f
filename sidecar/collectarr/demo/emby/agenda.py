"""What a server does by itself some time later: refreshes, scans, events that wait for quiet."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable

Action = Callable[[], None]


class Agenda:
    """Planned actions by key. They land when due, or at the next read after that."""

    def __init__(self) -> None:
        self._queue: list[tuple[float, int, str]] = []
        self._planned: dict[str, tuple[int, Action]] = {}
        self._numbers = itertools.count()
        self._changed = asyncio.Event()

    def later(self, key: str, seconds: float, action: Action) -> None:
        """Plans `action` in `seconds`; it replaces what was planned under the same key."""
        number = next(self._numbers)
        self._planned[key] = (number, action)
        heapq.heappush(self._queue, (time.monotonic() + seconds, number, key))
        self._changed.set()

    def planned(self, key: str) -> bool:
        return key in self._planned

    def cancel(self, key: str) -> None:
        self._planned.pop(key, None)

    def run_due(self) -> None:
        now = time.monotonic()
        while self._queue and self._queue[0][0] <= now:
            _, number, key = heapq.heappop(self._queue)
            if self._planned.get(key, (None, None))[0] == number:
                self.run(key)

    def run(self, key: str) -> None:
        """Does now what is planned under `key`, if anything."""
        planned = self._planned.pop(key, None)
        if planned is not None:
            planned[1]()

    def run_all(self, prefix: str = "") -> None:
        """Does now everything planned whose key starts with `prefix`."""
        for key in [key for key in self._planned if key.startswith(prefix)]:
            self.run(key)

    async def watch(self) -> None:
        """Runs what is due, for as long as the server lives."""
        while True:
            self._changed.clear()
            self.run_due()
            wait = self._queue[0][0] - time.monotonic() if self._queue else None
            try:
                await asyncio.wait_for(self._changed.wait(), wait)
            except TimeoutError:
                continue
