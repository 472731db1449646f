"""The one way in for what servers tell, however it came: stored, shown, and handed on.

Nothing is asked of a server here. What comes at the same moment is stored in one go, so that ten
thousand events are not ten thousand writes, and whoever else writes gets a turn in between.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from collectarr.emby.events import Event, EventKind
from collectarr.live import Live
from collectarr.store import deliveries, inbox
from collectarr.store.db import Database
from collectarr.store.deliveries import NewDelivery, Outcome
from collectarr.store.heard import heard_in
from collectarr.store.inbox import Arrival
from collectarr.store.webhooks import Teller, find_teller, keep_webhook
from collectarr.vault import Vault, fingerprint

AT_ONCE = 500
MOST_LINES = 10
"""A message that names more items is shown as one line."""
PAUSE_SECONDS = 0.5
"""Between two words to the pages about one server."""
TITLES = frozenset({"movie", "series", "season", "episode", "video"})
"""What may be a title or a part of one, as Emby calls it. Not box sets: those we write."""
FOLDER, LIBRARY = "folder", "collectionfolder"
GATHERED = "One read of all that changed stands for it."


@dataclass(frozen=True, slots=True)
class _Told:
    """Each line with its arrival, if anything is to be done; a line may stand for many."""

    teller: Teller
    way: str
    lines: tuple[tuple[NewDelivery, Arrival | None], ...]
    arrivals: tuple[Arrival, ...] = ()
    counts: bool = False


def _to_nobody(_server_id: int) -> None:
    pass


class Intake:
    """`woken` is called with the id of a server for which there is work now."""

    def __init__(self, db: Database, live: Live) -> None:
        self.woken: Callable[[int], None] = _to_nobody
        self._db = db
        self._live = live
        self._waiting: list[tuple[_Told, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._silent: dict[int, bool] = {}

    async def knows(self, token: str) -> Teller | None:
        """Which server's token this is."""
        return await find_teller(self._db, fingerprint(token))

    async def take(self, teller: Teller, events: Sequence[Event], way: str) -> bool:
        """When this returns, the events outlive the process. False: they are another server's,
        and nothing came of them.
        """
        if not all(event.is_from(teller.uid) for event in events):
            said = "It came from another server than the one this address was made for."
            line = _line(teller, way, events[0], "refused", said)
            await self._store(_Told(teller, way, ((line, None),)))
            return False
        entries = [_entry(teller, way, event) for event in events]
        arrivals = tuple(arrival for _, arrival in entries if arrival is not None)
        if len(entries) > MOST_LINES:
            said = f"{len(entries)} items in one message."
            entries = [(NewDelivery(teller.id, way, events[0].said, "gathered", said=said), None)]
        await self._store(_Told(teller, way, tuple(entries), arrivals, counts=True))
        return True

    async def unreadable(self, teller: Teller, way: str, said: str) -> None:
        """What came was no event; `said` tells people why."""
        line = NewDelivery(teller.id, way, "", "unreadable", said=said)
        await self._store(_Told(teller, way, ((line, None),)))

    async def close(self) -> None:
        if self._writer is not None:
            await asyncio.gather(self._writer, return_exceptions=True)

    async def _store(self, told: _Told) -> None:
        done = asyncio.get_running_loop().create_future()
        # Whoever asked may have hung up: then nobody else looks at how it went.
        done.add_done_callback(lambda one: one.cancelled() or one.exception())
        self._waiting.append((told, done))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all())
        await asyncio.shield(done)

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
                await self._write([told for told, _ in batch], [done for _, done in batch])
        finally:
            self._writer = None

    async def _write(self, batch: list[_Told], done: list[asyncio.Future[None]]) -> None:
        arrivals = [one for told in batch for one in told.arrivals]
        try:
            async with self._db.write() as tx:
                kept = dict(zip(arrivals, await inbox.put_in(tx, arrivals), strict=True))
                lines = [_settled(*entry, kept) for told in batch for entry in told.lines]
                await deliveries.add_in(tx, lines)
                await heard_in(tx, {(told.teller.id, told.way) for told in batch if told.counts})
        except Exception as error:  # noqa: BLE001
            for one in done:
                one.set_exception(error)
            return
        for one in done:
            one.set_result(None)
        for server_id in {told.teller.id for told in batch if told.arrivals}:
            self.woken(server_id)
        for teller in {told.teller for told in batch}:
            self._tell(teller)

    def _tell(self, teller: Teller) -> None:
        """The pages, at once and then not more often than they can follow."""
        if teller.id in self._silent:
            self._silent[teller.id] = True
            return
        self._silent[teller.id] = False
        self._live.publish(teller.user_id, "heard", {"server_id": teller.id})
        asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._tell_again, teller)

    def _tell_again(self, teller: Teller) -> None:
        if self._silent.pop(teller.id, False):
            self._tell(teller)


async def new_webhook(db: Database, vault: Vault, server_id: int) -> str:
    """The token of a new address for a server; the one before it is worth nothing any more."""
    token = secrets.token_urlsafe(32)
    await keep_webhook(db, server_id, hashed=fingerprint(token), token=vault.seal(token))
    return token


def _entry(teller: Teller, way: str, event: Event) -> tuple[NewDelivery, Arrival | None]:
    """How it is shown, and what is to be looked at."""
    if event.kind is EventKind.TEST:
        return _line(teller, way, event, "tested"), None
    if event.kind is EventKind.UNKNOWN:
        said = "This kind of event changes no collection."
        return _line(teller, way, event, "ignored", said), None
    arrival = _arrival(teller, way, event)
    if arrival is None:
        said = "Only films and shows are in collections."
        return _line(teller, way, event, "ignored", said), None
    return _line(teller, way, event, "waiting", item_id=arrival.item_id), arrival


def _arrival(teller: Teller, way: str, event: Event) -> Arrival | None:
    """Of a part of a show the show itself, once for a whole season; without an item where
    anything may have changed; None for what is in no collection.
    """
    kind, item_type = event.kind.value, (event.item_type or "").casefold()
    if event.kind is EventKind.SCAN or item_type == FOLDER:
        return Arrival(teller.id, None, EventKind.SCAN.value, way)
    if item_type == LIBRARY:
        return Arrival(teller.id, None, kind, way)
    if item_type and item_type not in TITLES:
        return None
    if event.series_id is not None:
        return Arrival(teller.id, event.series_id, EventKind.UPDATED.value, way, "Series")
    return Arrival(teller.id, event.item_id, kind, way, event.item_type)


def _line(
    teller: Teller,
    way: str,
    event: Event,
    outcome: Outcome,
    said: str = "",
    item_id: str | None = None,
) -> NewDelivery:
    shown = item_id or event.item_id
    return NewDelivery(teller.id, way, event.said, outcome, shown, event.name, said)


def _settled(
    line: NewDelivery, arrival: Arrival | None, kept: Mapping[Arrival, bool]
) -> NewDelivery:
    if arrival is None or kept[arrival]:
        return line
    return replace(line, outcome="gathered", said=GATHERED)
