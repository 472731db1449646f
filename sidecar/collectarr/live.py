"""What is happening right now, for every open page: one hub, one bounded queue per listener."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from collectarr.errors import ThrottledError

KEPT = 200
QUEUE = 100
MOST_STREAMS = 20
"""What one user may have open at once: a page has one while it is seen."""
WAIT = 15


@dataclass(frozen=True, slots=True)
class LiveEvent:
    id: int
    user_id: int | None
    name: str
    data: dict[str, Any]

    def encode(self) -> bytes:
        text = json.dumps(self.data, ensure_ascii=False, separators=(",", ":"))
        return f"id: {self.id}\nevent: {self.name}\ndata: {text}\n\n".encode()


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Listener:
    """Whose it is and what let it in. `is_gone`: whether nobody is at its other end any more."""

    user_id: int
    session_id: str
    is_gone: Callable[[], bool]


class Live:
    """Sends states, not differences: whoever joins late or lost some is right again at once."""

    def __init__(self) -> None:
        # Ids go on growing over a restart: what a page saw before it is never taken for newer.
        self._next = time.time_ns() // 1_000_000
        self._kept: deque[LiveEvent] = deque(maxlen=KEPT)
        self._listeners: dict[asyncio.Queue[LiveEvent | None], Listener] = {}
        self._closed = False

    def publish(self, user_id: int | None, name: str, data: dict[str, Any]) -> None:
        """To one user's listeners; to everybody's when `user_id` is None."""
        event = LiveEvent(self._next, user_id, name, data)
        self._next += 1
        self._kept.append(event)
        for queue, listener in self._listeners.items():
            if user_id in (None, listener.user_id):
                _offer(queue, event)

    @asynccontextmanager
    async def listen(
        self,
        user_id: int,
        session_id: str,
        last_id: int = 0,
        is_gone: Callable[[], bool] = _never,
    ) -> AsyncIterator["asyncio.Queue[LiveEvent | None]"]:
        """A queue of events since `last_id`; None in it means: the stream ends here.

        Raises ThrottledError for more than one user may have.
        """
        self._make_room(user_id)
        queue: asyncio.Queue[LiveEvent | None] = asyncio.Queue(QUEUE)
        if last_id:
            for event in self._kept:
                if event.id > last_id and event.user_id in (None, user_id):
                    _offer(queue, event)
        if self._closed:
            _end(queue)
        else:
            self._listeners[queue] = Listener(user_id, session_id, is_gone)
        try:
            yield queue
        finally:
            self._listeners.pop(queue, None)

    def _make_room(self, user_id: int) -> None:
        """A page that was left is heard of late: its stream must not stand in the way till then."""
        own = [queue for queue, one in self._listeners.items() if one.user_id == user_id]
        if len(own) < MOST_STREAMS:
            return
        gone = [queue for queue in own if self._listeners[queue].is_gone()]
        for queue in gone:
            self._drop(queue)
        if len(own) - len(gone) >= MOST_STREAMS:
            raise ThrottledError(
                f"{MOST_STREAMS} event streams are open in your name, which is as many as one user"
                " may have. Close a page or a program that follows along, then try again.",
                retry_after=WAIT,
                code="streams",
            )

    def end_session(self, session_id: str) -> None:
        """A revoked session's streams end with it."""
        for queue, listener in list(self._listeners.items()):
            if listener.session_id == session_id:
                self._drop(queue)

    def end_user(self, user_id: int) -> None:
        """All streams of somebody who is gone, whatever they were opened with."""
        for queue, listener in list(self._listeners.items()):
            if listener.user_id == user_id:
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
