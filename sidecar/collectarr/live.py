"""What is happening right now, for every open page: one hub, one bounded queue per listener."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

KEPT = 200
QUEUE = 100


@dataclass(frozen=True, slots=True)
class LiveEvent:
    id: int
    user_id: int | None
    name: str
    data: dict[str, Any]

    def encode(self) -> bytes:
        text = json.dumps(self.data, ensure_ascii=False, separators=(",", ":"))
        return f"id: {self.id}\nevent: {self.name}\ndata: {text}\n\n".encode()


class Live:
    """Sends states, not differences: whoever joins late or lost some is right again at once."""

    def __init__(self) -> None:
        # Ids go on growing over a restart: what a page saw before it is never taken for newer.
        self._next = time.time_ns() // 1_000_000
        self._kept: deque[LiveEvent] = deque(maxlen=KEPT)
        self._listeners: dict[asyncio.Queue[LiveEvent | None], tuple[int, str]] = {}
        self._closed = False

    def publish(self, user_id: int | None, name: str, data: dict[str, Any]) -> None:
        """To one user's listeners; to everybody's when `user_id` is None."""
        event = LiveEvent(self._next, user_id, name, data)
        self._next += 1
        self._kept.append(event)
        for queue, (listener, _session) in self._listeners.items():
            if user_id in (None, listener):
                _offer(queue, event)

    @asynccontextmanager
    async def listen(
        self, user_id: int, session_id: str, last_id: int = 0
    ) -> AsyncIterator["asyncio.Queue[LiveEvent | None]"]:
        """A queue of events since `last_id`; None in it means: the stream ends here."""
        queue: asyncio.Queue[LiveEvent | None] = asyncio.Queue(QUEUE)
        if last_id:
            for event in self._kept:
                if event.id > last_id and event.user_id in (None, user_id):
                    _offer(queue, event)
        if self._closed:
            _end(queue)
        else:
            self._listeners[queue] = (user_id, session_id)
        try:
            yield queue
        finally:
            self._listeners.pop(queue, None)

    def end_session(self, session_id: str) -> None:
        """A revoked session's streams end with it."""
        for queue, (_user, session) in list(self._listeners.items()):
            if session == session_id:
                self._drop(queue)

    def end_user(self, user_id: int) -> None:
        """All streams of somebody who is gone, whatever they were opened with."""
        for queue, (user, _session) in list(self._listeners.items()):
            if user == user_id:
                self._drop(queue)

    def close(self) -> None:
        """Open streams would hold up shutdown: end them all."""
        self._closed = True
        for queue in list(self._listeners):
            self._drop(queue)

    def _drop(self, queue: "asyncio.Queue[LiveEvent | None]") -> None:
        # Nothing may come after the end, or push it out of a full queue.
        del self._listeners[queue]
        _end(queue)


def _offer(queue: "asyncio.Queue[LiveEvent | None]", event: LiveEvent) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(event)


def _end(queue: "asyncio.Queue[LiveEvent | None]") -> None:
    while not queue.empty():
        queue.get_nowait()
    queue.put_nowait(None)
