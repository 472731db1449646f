"""Runs: each execution, what it changed, what it asked, and its log."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from collectarr.errors import NotFoundError
from collectarr.models import RunStatus, utc_now
from collectarr.store.db import Database, Row, Transaction, moment, stamp

STOPPED = (
    "Collectarr stopped in the middle of this run. Nothing is lost: the next run completes it."
)
UNDO_STOPPED = "Collectarr stopped while it took this back. Take it back again to complete it."
OPEN = (RunStatus.QUEUED, RunStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing a run did to one box set, in words. `details`: what undoing it needs."""

    server_id: int | None
    op: str
    item_id: str | None
    title: str
    year: int | None
    why: str
    box_set_id: str | None = None
    details: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """`undoes`: the run whose changes it takes back. `stages`: each with its seconds, in order."""

    id: int
    parent_id: int | None
    user_id: int
    collection_id: int | None
    name: str
    trigger: str
    status: RunStatus
    stage: str | None
    message: str | None
    error_code: str | None
    counts: dict[str, int]
    requests: dict[str, dict[str, int]]
    held: dict[str, Any] | None
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    undoes: int | None = None
    stages: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class LogLine:
    at: datetime
    level: str
    message: str


def _run(row: Row) -> Run:
    return Run(
        id=row["id"],
        parent_id=row["parent_id"],
        user_id=row["user_id"],
        collection_id=row["collection_id"],
        name=row["name"],
        trigger=row["trigger"],
        status=RunStatus(row["status"]),
        stage=row["stage"],
        message=row["message"],
        error_code=row["error_code"],
        counts=json.loads(row["counts"]),
        requests=json.loads(row["requests"]),
        held=json.loads(row["held"]) if row["held"] else None,
        queued_at=datetime.fromisoformat(row["queued_at"]),
        started_at=moment(row["started_at"]),
        finished_at=moment(row["finished_at"]),
        undoes=row["undoes"],
        stages=tuple((text, seconds) for text, seconds in json.loads(row["stages"])),
    )


async def add_run(
    db: Database,
    user_id: int,
    name: str,
    trigger: str,
    *,
    collection_id: int | None = None,
    parent_id: int | None = None,
    undoes: int | None = None,
) -> Run:
    async with db.write() as tx:
        run_id = await tx.insert(
            "INSERT INTO runs (parent_id, user_id, collection_id, name, trigger, status,"
            " queued_at, undoes) VALUES (?, ?, ?, ?, ?, 'QUEUED', ?, ?)",
            *(parent_id, user_id, collection_id, name, trigger, stamp(utc_now()), undoes),
        )
    return await get_run(db, user_id, run_id)


async def begin_run(db: Database, run_id: int) -> None:
    async with db.write() as tx:
        await tx.run(
            "UPDATE runs SET status = 'RUNNING', started_at = ? WHERE id = ?",
            *(stamp(utc_now()), run_id),
        )


async def set_stage(db: Database, run_id: int, stage: str) -> None:
    async with db.write() as tx:
        await tx.run("UPDATE runs SET stage = ? WHERE id = ?", stage, run_id)


async def finish_run(
    db: Database,
    run_id: int,
    status: RunStatus,
    message: str,
    *,
    error_code: str | None = None,
    counts: dict[str, int] | None = None,
    requests: dict[str, dict[str, int]] | None = None,
    held: dict[str, Any] | None = None,
    stages: Sequence[tuple[str, float]] = (),
) -> None:
    async with db.write() as tx:
        await tx.run(
            "UPDATE runs SET status = ?, message = ?, error_code = ?, counts = ?, requests = ?,"
            " held = ?, stages = ?, finished_at = ?, stage = NULL WHERE id = ?",
            *(status.value, message, error_code, json.dumps(counts or {})),
            *(json.dumps(requests or {}), json.dumps(held) if held else None),
            *(json.dumps(list(stages)), stamp(utc_now()), run_id),
        )


async def report_interrupted(db: Database) -> list[Run]:
    """Runs that the last process did not finish: say so in their rows.

    Their collections become due at once, so that the next run repairs the rest.
    """
    now = utc_now()
    async with db.write() as tx:
        rows = await tx.rows(
            "UPDATE runs SET status = 'FAILED', error_code = 'interrupted', finished_at = ?,"
            " message = CASE WHEN undoes IS NULL THEN ? ELSE ? END, stage = NULL"
            " WHERE status IN ('QUEUED', 'RUNNING') RETURNING *",
            *(stamp(now), STOPPED, UNDO_STOPPED),
        )
        await _make_due(tx, [row["id"] for row in rows], now)
    return [_run(row) for row in rows]


async def make_due(db: Database, run_id: int) -> None:
    """The collections of a run that was broken off are to be synced as soon as may be."""
    async with db.write() as tx:
        await _make_due(tx, [run_id], utc_now())


async def _make_due(tx: Transaction, run_ids: Sequence[int], now: datetime) -> None:
    await tx.run(
        "UPDATE collections SET due_at = ?1 WHERE due_at > ?1 AND id IN (SELECT collection_id"
        " FROM runs WHERE id IN (SELECT value FROM json_each(?2))"
        " OR parent_id IN (SELECT value FROM json_each(?2)))",
        *(stamp(now), json.dumps(list(run_ids))),
    )


async def get_run(db: Database, user_id: int, run_id: int) -> Run:
    row = await db.row("SELECT * FROM runs WHERE id = ? AND user_id = ?", run_id, user_id)
    if row is None:
        raise NotFoundError("There is no such run.")
    return _run(row)


async def run_before(db: Database, run_id: int) -> int | None:
    """The last run of the same collection before this one."""
    found = await db.value(
        "SELECT max(id) FROM runs WHERE id < ?1 AND finished_at IS NOT NULL AND collection_id ="
        " (SELECT collection_id FROM runs WHERE id = ?1)",
        run_id,
    )
    return None if found is None else int(found)


async def list_runs(
    db: Database,
    user_id: int,
    *,
    collection_id: int | None = None,
    parent_id: int | None = None,
    status: str | None = None,
    trigger: str | None = None,
    words: Sequence[str] = (),
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[Run], int]:
    """Newest first, and how many there are in all. `words`, in small letters, of the name."""
    where = (
        "WHERE user_id = ?1 AND (?2 IS NULL OR collection_id = ?2)"
        " AND (?3 IS NULL OR parent_id = ?3) AND (?4 IS NULL OR status = ?4)"
        " AND (?5 IS NULL OR trigger = ?5) AND NOT EXISTS"
        " (SELECT 1 FROM json_each(?6) WHERE instr(lower(name), value) = 0)"
    )
    values = (user_id, collection_id, parent_id, status, trigger, json.dumps(list(words)))
    rows = await db.rows(
        f"SELECT * FROM runs {where} ORDER BY id DESC LIMIT ?7 OFFSET ?8",  # noqa: S608
        *values,
        *(limit, offset),
    )
    total = await db.value(f"SELECT count(*) FROM runs {where}", *values)  # noqa: S608
    return [_run(row) for row in rows], int(total)


async def latest_runs(db: Database, user_id: int) -> dict[int, Run]:
    """The last finished run of each collection."""
    rows = await db.rows(
        "SELECT * FROM runs WHERE id IN (SELECT max(id) FROM runs WHERE user_id = ?"
        " AND collection_id IS NOT NULL AND finished_at IS NOT NULL GROUP BY collection_id)",
        user_id,
    )
    return {row["collection_id"]: _run(row) for row in rows}


async def add_changes(db: Database, run_id: int, changes: Sequence[Change]) -> None:
    async with db.write() as tx:
        await tx.many(
            "INSERT INTO run_changes (run_id, server_id, op, item_id, title, year, why,"
            " box_set_id, details) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(run_id, *_change_values(c)) for c in changes],
        )


async def list_changes(db: Database, run_id: int) -> list[Change]:
    """Of the run and, for a run of several collections, of its parts."""
    rows = await db.rows(
        "SELECT server_id, op, item_id, title, year, why, box_set_id, details FROM run_changes"
        " WHERE run_id IN (SELECT id FROM runs WHERE id = ?1 OR parent_id = ?1) ORDER BY id",
        run_id,
    )
    return [_change(row) for row in rows]


async def changes_until(db: Database, collection_id: int, run_id: int) -> list[tuple[int, Change]]:
    """All changes of a collection up to a run, the oldest first, each with its run."""
    rows = await db.rows(
        "SELECT c.run_id, c.server_id, c.op, c.item_id, c.title, c.year, c.why, c.box_set_id,"
        " c.details FROM runs CROSS JOIN run_changes AS c ON c.run_id = runs.id"
        " WHERE collection_id = ? AND runs.id <= ? ORDER BY c.id",
        *(collection_id, run_id),
    )
    return [(row[0], _change(row, 1)) for row in rows]


def _change(row: Row, first: int = 0) -> Change:
    values: list[Any] = list(row)[first:]
    values[-1] = json.loads(values[-1]) if values[-1] else None
    return Change(*values)


def _change_values(c: Change) -> tuple[Any, ...]:
    details = json.dumps(c.details) if c.details else None
    return c.server_id, c.op, c.item_id, c.title, c.year, c.why, c.box_set_id, details


async def count_removed(db: Database, collection_id: int, server_id: int, days: int) -> int:
    """Members taken out of one box set within the last `days`: neither approved by a person, nor
    following from a rule that one gave.
    """
    return int(
        await db.value(
            "SELECT count(*) FROM run_changes JOIN runs ON runs.id = run_id WHERE"
            " collection_id = ? AND run_changes.server_id = ? AND op = 'remove' AND queued_at > ?"
            " AND trigger <> 'approved' AND json_extract(details, '$.rule') IS NULL",
            *(collection_id, server_id, stamp(utc_now() - timedelta(days=days))),
        )
    )


async def add_log(db: Database, run_id: int, level: str, message: str) -> None:
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO run_log (run_id, at, level, message) VALUES (?, ?, ?, ?)",
            *(run_id, stamp(utc_now()), level, message),
        )


async def list_log(db: Database, run_id: int) -> list[LogLine]:
    rows = await db.rows(
        "SELECT at, level, message FROM run_log WHERE run_id = ? ORDER BY id", run_id
    )
    return [
        LogLine(datetime.fromisoformat(row["at"]), row["level"], row["message"]) for row in rows
    ]


async def was_undone(db: Database, run_id: int) -> bool:
    """Whether a run took back all that this one did."""
    undone = "SELECT 1 FROM runs WHERE undoes = ? AND status = 'SUCCESS'"
    return await db.row(undone, run_id) is not None
