"""The last things that each server told us and what became of them, for people to read."""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from collectarr.models import utc_now
from collectarr.store.db import Database, Transaction, moment, stamp

KEPT = 50
Outcome = Literal[
    "waiting", "gathered", "applied", "seen", "ignored", "refused", "unreadable", "tested"
]
"""waiting: its item is in the inbox. gathered: one read of all that changed stands for it.
applied: a box set changed. seen: read, and no box set had to. ignored: of no concern.
refused: another server's. unreadable: no event at all. tested: a test arrived."""


@dataclass(frozen=True, slots=True)
class NewDelivery:
    server_id: int
    way: str
    event: str
    outcome: Outcome
    item_id: str | None = None
    name: str | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """`event` is the server's own word, `said` a sentence for people, `item_id` the item that was
    looked at: of an episode its show.
    """

    id: int
    way: str
    event: str
    outcome: Outcome
    item_id: str | None
    name: str | None
    said: str
    received_at: datetime
    settled_at: datetime | None


async def add_in(tx: Transaction, fresh: Sequence[NewDelivery]) -> None:
    """Keeps the last ones of each server. Servers that are gone have none."""
    by_server: dict[int, list[NewDelivery]] = defaultdict(list)
    for one in fresh:
        by_server[one.server_id].append(one)
    now = stamp(utc_now())
    for server_id, rows in by_server.items():
        await tx.many(
            "INSERT INTO deliveries"
            " (server_id, way, event, item_id, name, outcome, said, received_at)"
            " SELECT id, ?, ?, ?, ?, ?, ?, ? FROM servers WHERE id = ?",
            [
                (x.way, x.event, x.item_id, x.name, x.outcome, x.said, now, server_id)
                for x in rows[-KEPT:]
            ],
        )
        await tx.run(
            "DELETE FROM deliveries WHERE server_id = ?1 AND id <= (SELECT id FROM deliveries"
            " WHERE server_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            *(server_id, KEPT),
        )


async def settle(
    db: Database, server_id: int, item_ids: Collection[str], outcome: Outcome, said: str
) -> None:
    """What became of the items that waited: `said` is a sentence for people."""
    async with db.write() as tx:
        await tx.run(
            "UPDATE deliveries SET outcome = ?, said = ?, settled_at = ? WHERE server_id = ?"
            " AND outcome = 'waiting' AND item_id IN (SELECT value FROM json_each(?))",
            *(outcome, said, stamp(utc_now()), server_id, json.dumps(list(item_ids))),
        )


async def list_deliveries(db: Database, server_id: int) -> list[Delivery]:
    """The newest first."""
    rows = await db.rows("SELECT * FROM deliveries WHERE server_id = ? ORDER BY id DESC", server_id)
    return [
        Delivery(
            id=row["id"],
            way=row["way"],
            event=row["event"],
            outcome=row["outcome"],
            item_id=row["item_id"],
            name=row["name"],
            said=row["said"],
            received_at=datetime.fromisoformat(row["received_at"]),
            settled_at=moment(row["settled_at"]),
        )
        for row in rows
    ]
