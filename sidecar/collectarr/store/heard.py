"""When a server was last heard of, and by which way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from collectarr.models import utc_now
from collectarr.store.db import Database, Transaction, moment, stamp

_COLUMNS = {
    "webhook": "webhook_heard_at",
    "socket": "socket_heard_at",
    "polling": "polling_heard_at",
}
WAYS = tuple(_COLUMNS)


@dataclass(frozen=True, slots=True)
class Heard:
    """The last event by each way (`polling`: a read that found a change), the last delta read and
    the last sweep that came through, and since when a read is owed for events not kept. `waiting`
    counts items told of and not looked at.
    """

    webhook: datetime | None
    socket: datetime | None
    polling: datetime | None
    delta_at: datetime | None
    swept_at: datetime | None
    delta_due: datetime | None
    sweep_due: datetime | None
    waiting: int = 0

    @property
    def last(self) -> datetime | None:
        return max((x for x in (self.webhook, self.socket, self.polling) if x), default=None)


async def heard_of(db: Database, server_id: int) -> Heard:
    row = await db.row(
        "SELECT webhook_heard_at, socket_heard_at, polling_heard_at, delta_at, swept_at,"
        " delta_due, sweep_due FROM servers WHERE id = ?",
        server_id,
    )
    waiting = await db.value("SELECT count(*) FROM inbox WHERE server_id = ?", server_id)
    webhook, socket, polling, delta, swept, delta_due, sweep_due = (
        moment(value) for value in (row or (None,) * 7)
    )
    return Heard(webhook, socket, polling, delta, swept, delta_due, sweep_due, int(waiting))


async def record_heard(db: Database, server_id: int, way: str) -> None:
    async with db.write() as tx:
        await heard_in(tx, {(server_id, way)})


async def heard_in(tx: Transaction, who: Iterable[tuple[int, str]]) -> None:
    """Servers and the ways that they were just heard by."""
    now = stamp(utc_now())
    for server_id, way in who:
        await tx.run(
            f"UPDATE servers SET {_COLUMNS[way]} = ? WHERE id = ?",  # noqa: S608
            *(now, server_id),
        )
