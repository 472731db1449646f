"""How much of a collection was there at the end of each day, on each server and on any."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from collectarr.store.db import Database

ANYWHERE = 0
"""In place of a server: on at least one of them."""


@dataclass(frozen=True, slots=True)
class CoverageDay:
    """`owned` of `total` titles on one day (UTC); `server_id` 0: on any server."""

    day: date
    server_id: int
    owned: int
    total: int


async def record(
    db: Database, collection_id: int, now: datetime, total: int, owned: Mapping[int, int]
) -> None:
    """The last word of a day stays. `owned` by server id. Nothing for a deleted collection."""
    day = now.date().isoformat()
    async with db.write() as tx:
        await tx.many(
            "INSERT INTO coverage_days (collection_id, server_id, day, owned, total)"
            " SELECT id, ?, ?, ?, ? FROM collections WHERE id = ?"
            " ON CONFLICT (collection_id, server_id, day)"
            " DO UPDATE SET owned = excluded.owned, total = excluded.total"
            " WHERE (owned, total) <> (excluded.owned, excluded.total)",
            [(key, day, amount, total, collection_id) for key, amount in owned.items()],
        )


async def load(db: Database, collection_id: int, today: date, days: int) -> list[CoverageDay]:
    """The last so many days up to `today`, the oldest first; days without a run have none."""
    rows = await db.rows(
        "SELECT day, server_id, owned, total FROM coverage_days"
        " WHERE collection_id = ? AND day > ? AND day <= ? ORDER BY day, server_id",
        *(collection_id, (today - timedelta(days=days)).isoformat(), today.isoformat()),
    )
    return [
        CoverageDay(date.fromisoformat(row["day"]), row["server_id"], row["owned"], row["total"])
        for row in rows
    ]
