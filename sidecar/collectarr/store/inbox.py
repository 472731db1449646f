"""Items that a server named and nobody has looked at yet: each once, and only so many."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from collectarr.models import utc_now
from collectarr.store.db import Database, Transaction, moment, stamp

MOST = 5_000
"""Waiting for one server. Whatever else comes is one read of all that changed."""
BATCH = 500


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a server said, by which `way` (webhook, socket, polling).

    `kind`: added, updated, removed. Without an item: anything may have changed.
    """

    server_id: int
    item_id: str | None
    kind: str
    way: str
    item_type: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """One item to look at. `received_at`: since when; `tries`: how often it had no ids yet."""

    id: int
    server_id: int
    item_id: str
    kind: str
    item_type: str | None
    way: str
    received_at: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class Due:
    """Since when events were not kept one by one. `sweep`: removals were among them, which a
    delta read does not find.
    """

    delta: datetime | None = None
    sweep: datetime | None = None


async def put(db: Database, arrivals: Sequence[Arrival], *, most: int = MOST) -> list[bool]:
    """Of each whether it waits by itself; else it made a delta read due, or a sweep.

    An item that waits already is taken anew: it keeps its `received_at`. A server that is gone
    by now takes nothing. When this returns, all of it survives the process.
    """
    async with db.write() as tx:
        return await put_in(tx, arrivals, most=most)


async def put_in(tx: Transaction, arrivals: Sequence[Arrival], *, most: int = MOST) -> list[bool]:
    """As `put`, inside a transaction of somebody else's."""
    waiting: set[tuple[int, str | None]] = set()
    for server_id in {one.server_id for one in arrivals}:
        own = [one for one in arrivals if one.server_id == server_id]
        taken = await _put(tx, server_id, own, most)
        waiting |= {(server_id, item_id) for item_id in taken}
        left = [one.kind for one in own if one.item_id not in taken]
        if left:
            now = stamp(utc_now())
            await _mark_due(tx, server_id, now, sweep="removed" in left)
    return [(one.server_id, one.item_id) in waiting for one in arrivals]


async def _put(tx: Transaction, server_id: int, arrivals: Sequence[Arrival], most: int) -> set[str]:
    """The items that wait now. In few statements: a flood must not hold up who else writes."""
    fresh = {one.item_id: one for one in arrivals if one.item_id is not None}
    ids = json.dumps(list(fresh))
    rows = await tx.rows(
        "SELECT item_id, received_at FROM inbox WHERE server_id = ?"
        " AND item_id IN (SELECT value FROM json_each(?))",
        *(server_id, ids),
    )
    since = {row["item_id"]: row["received_at"] for row in rows}
    new = [item_id for item_id in fresh if item_id not in since]
    taken = {*since, *new[: await _room(tx, server_id, most)]}
    await tx.run(
        "DELETE FROM inbox WHERE server_id = ? AND item_id IN (SELECT value FROM json_each(?))",
        *(server_id, ids),
    )
    now = stamp(utc_now())
    await tx.many(
        "INSERT INTO inbox (server_id, item_id, kind, item_type, way, received_at, due_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (server_id, key, one.kind, one.item_type, one.way, since.get(key, now), now)
            for key, one in fresh.items()
            if key in taken
        ],
    )
    return taken


async def _room(tx: Transaction, server_id: int, most: int) -> int:
    """How many more may wait; none for a server that is gone."""
    row = await tx.row(
        "SELECT (SELECT count(*) FROM inbox WHERE server_id = servers.id) FROM servers"
        " WHERE id = ?",
        server_id,
    )
    return 0 if row is None else max(0, most - int(row[0]))


async def mark_due(db: Database, server_id: int, *, sweep: bool = False) -> None:
    """A delta read is owed, or a sweep as well: events may have been missed."""
    async with db.write() as tx:
        await _mark_due(tx, server_id, stamp(utc_now()), sweep=sweep)


async def _mark_due(tx: Transaction, server_id: int, now: str, *, sweep: bool) -> None:
    # The newest moment: a read that began before it has not seen it.
    await tx.run(
        "UPDATE servers SET delta_due = ?1, sweep_due = CASE WHEN ?2 THEN ?1 ELSE sweep_due END"
        " WHERE id = ?3",
        *(now, sweep, server_id),
    )


async def due(db: Database, server_id: int) -> Due:
    row = await db.row("SELECT delta_due, sweep_due FROM servers WHERE id = ?", server_id)
    return Due() if row is None else Due(moment(row["delta_due"]), moment(row["sweep_due"]))


async def read_since(db: Database, server_id: int, began: datetime, *, swept: bool) -> None:
    """A delta read, or a sweep, that began then came through: what was due before is done."""
    at = stamp(began)
    async with db.write() as tx:
        await tx.run(
            "UPDATE servers SET delta_at = ?1,"
            " delta_due = CASE WHEN delta_due >= ?1 THEN delta_due END,"
            " sweep_due = CASE WHEN ?2 AND sweep_due < ?1 THEN NULL ELSE sweep_due END"
            " WHERE id = ?3",
            *(at, swept, server_id),
        )


async def take(db: Database, server_id: int, limit: int = BATCH) -> list[Waiting]:
    """The next items that may be read now, the longest waiting first. They stay until `done`."""
    rows = await db.rows(
        "SELECT * FROM inbox WHERE server_id = ? AND due_at <= ? ORDER BY id LIMIT ?",
        *(server_id, stamp(utc_now()), limit),
    )
    return [
        Waiting(
            id=row["id"],
            server_id=row["server_id"],
            item_id=row["item_id"],
            kind=row["kind"],
            item_type=row["item_type"],
            way=row["way"],
            received_at=datetime.fromisoformat(row["received_at"]),
            tries=row["tries"],
        )
        for row in rows
    ]


async def done(db: Database, ids: Collection[int]) -> None:
    """These have had their effect. An item that was named again meanwhile waits on."""
    async with db.write() as tx:
        await tx.run(
            "DELETE FROM inbox WHERE id IN (SELECT value FROM json_each(?))", json.dumps(list(ids))
        )


async def later(db: Database, ids: Collection[int], due_at: datetime) -> None:
    """These had no ids yet: to be read once more, not before `due_at`."""
    async with db.write() as tx:
        await tx.run(
            "UPDATE inbox SET tries = tries + 1, due_at = ?"
            " WHERE id IN (SELECT value FROM json_each(?))",
            *(stamp(due_at), json.dumps(list(ids))),
        )


async def next_due(db: Database, server_id: int) -> datetime | None:
    """When the next waiting item may be read; None: none waits."""
    return moment(await db.value("SELECT min(due_at) FROM inbox WHERE server_id = ?", server_id))


async def servers_with_work(db: Database) -> list[int]:
    """Servers with something waiting or due: what an earlier process left behind."""
    rows = await db.rows(
        "SELECT DISTINCT server_id AS id FROM inbox UNION"
        " SELECT id FROM servers WHERE delta_due IS NOT NULL OR sweep_due IS NOT NULL"
    )
    return [row["id"] for row in rows]
