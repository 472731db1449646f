"""What the pages show at a glance: each a query or two, however many rows there are."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collectarr.errors import NotFoundError
from collectarr.models import RunStatus, Trigger
from collectarr.store.db import Database, Row, moment
from collectarr.store.runs import Change

PAUSED, NEVER, NO_SERVER = "PAUSED", "NEVER", "NO_SERVER"
"""States of a collection beside those of its last run."""
SHOWN_NAMES = 2


@dataclass(frozen=True, slots=True)
class CollectionState:
    """A collection and how it stands. `state`: a RunStatus, PAUSED, NEVER or NO_SERVER.

    `run_id`, `parent_id`, `message` and `error_code` are those of its last run. `resting`: why a
    box set of it is empty on purpose. `changed`: what it holds moved since; `served`: there is a
    server to look for its titles on.
    """

    id: int
    name: str
    enabled: bool
    wanted: int
    owned: int
    due_at: datetime
    last_synced_at: datetime | None
    created_at: datetime
    state: str
    run_id: int | None
    parent_id: int | None
    message: str
    error_code: str | None
    resting: str | None = None
    changed: bool = False
    served: bool = True

    @property
    def missing(self) -> int:
        """Nothing is missing where there is no library."""
        return self.wanted - self.owned if self.served else 0


async def collection_states(
    db: Database, user_id: int, collection_id: int | None = None
) -> list[CollectionState]:
    """All of a user's collections by name, or the one asked for."""
    rows = await db.rows(
        "SELECT c.id, c.name, c.enabled AND c.paused IS NULL AS enabled, c.wanted, c.owned,"
        " c.due_at, c.last_synced_at, c.created_at, c.changed, r.id AS run_id, r.parent_id,"
        " r.status, r.message, r.error_code,"
        " EXISTS (SELECT 1 FROM targets WHERE collection_id = c.id AND held IS NOT NULL) AS held,"
        " EXISTS (SELECT 1 FROM servers WHERE user_id = c.user_id) AS served,"
        " (SELECT max(resting) FROM targets WHERE collection_id = c.id) AS resting"
        " FROM collections AS c LEFT JOIN runs AS r ON r.id ="
        " (SELECT max(id) FROM runs WHERE collection_id = c.id)"
        " WHERE c.user_id = ?1 AND (?2 IS NULL OR c.id = ?2) ORDER BY c.name COLLATE NOCASE, c.id",
        *(user_id, collection_id),
    )
    return [_collection_state(row) for row in rows]


def _collection_state(row: Row) -> CollectionState:
    return CollectionState(
        id=row["id"],
        name=row["name"],
        enabled=bool(row["enabled"]),
        wanted=row["wanted"] or 0,
        owned=row["owned"] or 0,
        due_at=datetime.fromisoformat(row["due_at"]),
        last_synced_at=moment(row["last_synced_at"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        state=_state(row),
        run_id=row["run_id"],
        parent_id=row["parent_id"],
        message=row["message"] or "",
        error_code=row["error_code"],
        resting=row["resting"],
        changed=bool(row["changed"]),
        served=bool(row["served"]),
    )


def _state(row: Row) -> str:
    last: str | None = row["status"]
    if last in ("QUEUED", "RUNNING"):
        return last
    if not row["enabled"]:
        return PAUSED
    if row["held"]:
        return RunStatus.HELD
    # What a held run asked was answered since, where nothing is held any more.
    last = RunStatus.SUCCESS if last == RunStatus.HELD else last
    if last == RunStatus.SUCCESS and not row["served"]:
        return NO_SERVER
    return last or NEVER


async def what_comes(db: Database, user_id: int) -> tuple[list[int], datetime | None]:
    """Collections that wait for a person, and when the next one is due."""
    row = await db.row(
        "SELECT (SELECT min(due_at) FROM collections WHERE user_id = ?1 AND enabled = 1"
        " AND paused IS NULL) AS due,"
        " (SELECT json_group_array(DISTINCT c.id) FROM targets JOIN collections AS c"
        " ON c.id = collection_id WHERE c.user_id = ?1 AND held IS NOT NULL) AS waiting",
        user_id,
    )
    assert row is not None
    return json.loads(row["waiting"]), moment(row["due"])


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list that a collection follows."""

    source: str
    name: str
    owner: str | None
    url: str | None


async def lists_of(db: Database, collection_ids: Sequence[int]) -> dict[int, list[ListOf]]:
    rows = await db.rows(
        "SELECT collection_id, source, name, owner, url FROM collection_lists"
        " JOIN lists ON lists.id = list_id"
        " WHERE collection_id IN (SELECT value FROM json_each(?)) ORDER BY collection_id, position",
        json.dumps(list(collection_ids)),
    )
    found: dict[int, list[ListOf]] = {}
    for key, *values in rows:
        found.setdefault(key, []).append(ListOf(*values))
    return found


async def followers_of(
    db: Database, user_id: int, source: str, references: Sequence[str]
) -> dict[str, str]:
    """Which collections of the user follow each list, in words, by reference."""
    rows = await db.rows(
        "SELECT reference, json_group_array(DISTINCT collections.name) AS names FROM lists"
        " JOIN collection_lists ON list_id = lists.id"
        " JOIN collections ON collections.id = collection_id"
        " WHERE user_id = ? AND source = ? AND reference IN (SELECT value FROM json_each(?))"
        " GROUP BY reference",
        *(user_id, source, json.dumps(list(references))),
    )
    return {row["reference"]: _several(sorted(json.loads(row["names"]))) for row in rows}


def _several(names: Sequence[str]) -> str:
    """`A`, `A and B`, `A, B and 2 more`."""
    if len(names) > SHOWN_NAMES:
        return f"{', '.join(names[:SHOWN_NAMES])} and {len(names) - SHOWN_NAMES} more"
    return " and ".join(names)


async def first_items(
    db: Database, collection_ids: Sequence[int], amount: int
) -> dict[int, list[tuple[int, str]]]:
    """Of each collection its first owned titles, as (server id, item id)."""
    rows = await db.rows(
        "SELECT value AS id, (SELECT json_group_array(json_array(server_id,"
        " json_extract(item_ids, '$[0]'))) FROM (SELECT min(server_id) AS server_id, item_ids"
        " FROM matches WHERE collection_id = value AND item_ids <> '[]'"
        " GROUP BY rank ORDER BY rank LIMIT ?2)) AS items FROM json_each(?1)",
        *(json.dumps(list(collection_ids)), amount),
    )
    return {row["id"]: [(pair[0], pair[1]) for pair in json.loads(row["items"])] for row in rows}


@dataclass(frozen=True, slots=True)
class Addition:
    """A title that was put into a collection."""

    server_id: int
    item_id: str
    title: str
    year: int | None
    collection_id: int
    collection: str


async def newest_additions(db: Database, user_id: int, limit: int) -> list[Addition]:
    """The last titles put into a user's collections, newest first, each item once."""
    # CROSS JOIN keeps the order: from the newest change back, until there are enough.
    rows = await db.rows(
        "SELECT run_changes.server_id, item_id, title, year, runs.collection_id, runs.name"
        " FROM run_changes CROSS JOIN runs ON runs.id = run_id"
        " WHERE runs.user_id = ? AND op = 'add' AND item_id IS NOT NULL"
        " AND run_changes.server_id IS NOT NULL AND runs.collection_id IS NOT NULL"
        " ORDER BY run_changes.id DESC LIMIT ?",
        *(user_id, limit * 3),
    )
    found: dict[tuple[int, str], Addition] = {}
    for row in rows:
        found.setdefault((row["server_id"], row["item_id"]), Addition(*row))
    return list(found.values())[:limit]


async def count_members(db: Database, collection_id: int) -> dict[int, int]:
    """How many titles each box set of a collection is known to hold, by target."""
    rows = await db.rows(
        "SELECT target_id, count(*) FROM members JOIN targets ON targets.id = target_id"
        " WHERE collection_id = ? AND members.state IN ('adding', 'in', 'removing', 'pinned')"
        " GROUP BY target_id",
        collection_id,
    )
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run as a row of a list. `requests` are by server id; `seconds` None: not ended."""

    id: int
    parent_id: int | None
    collection_id: int | None
    name: str
    trigger: Trigger
    status: RunStatus
    message: str
    error_code: str | None
    counts: dict[str, int]
    requests: dict[str, dict[str, int]]
    began: datetime
    seconds: float | None


def _summary(row: Row) -> RunSummary:
    began = datetime.fromisoformat(row["started_at"] or row["queued_at"])
    ended = moment(row["finished_at"])
    return RunSummary(
        id=row["id"],
        parent_id=row["parent_id"],
        collection_id=row["collection_id"],
        name=row["name"],
        trigger=Trigger(row["trigger"]),
        status=RunStatus(row["status"]),
        message=row["message"] or row["stage"] or "",
        error_code=row["error_code"],
        counts=json.loads(row["counts"]),
        requests=json.loads(row["requests"]),
        began=began,
        seconds=None if ended is None else max(0.0, (ended - began).total_seconds()),
    )


async def _summaries(db: Database, where: str, *values: Any) -> list[RunSummary]:
    rows = await db.rows(f"SELECT * FROM runs WHERE {where}", *values)  # noqa: S608
    return [_summary(row) for row in rows]


async def run_summary(db: Database, user_id: int, run_id: int) -> RunSummary:
    found = await _summaries(db, "id = ? AND user_id = ?", run_id, user_id)
    if not found:
        raise NotFoundError("There is no such run.")
    return found[0]


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Of one collection also what larger runs did for it; else without the parts of these."""

    collection_id: int | None = None
    trigger: str | None = None

    @property
    def where(self) -> str:
        whose = "parent_id IS NULL" if self.collection_id is None else "collection_id = ?2"
        return f"user_id = ?1 AND {whose} AND (?3 IS NULL OR trigger = ?3)"


async def top_runs(
    db: Database,
    user_id: int,
    status: str | None,
    *,
    limit: int,
    offset: int = 0,
    only: RunFilter = RunFilter(),
) -> list[RunSummary]:
    """Newest first."""
    return await _summaries(
        db,
        f"{only.where} AND (?4 IS NULL OR status = ?4) ORDER BY id DESC LIMIT ?5 OFFSET ?6",
        *(user_id, only.collection_id, only.trigger, status, limit, offset),
    )


async def count_top_runs(
    db: Database, user_id: int, only: RunFilter = RunFilter()
) -> dict[str, int]:
    """How many there are of each status."""
    rows = await db.rows(
        f"SELECT status, count(*) FROM runs WHERE {only.where} GROUP BY status",  # noqa: S608
        *(user_id, only.collection_id, only.trigger),
    )
    return {row[0]: row[1] for row in rows}


async def collection_runs(
    db: Database, collection_id: int, *, limit: int, offset: int = 0
) -> tuple[list[RunSummary], int]:
    """Newest first, parts of larger runs too, and how many there are."""
    found = await _summaries(
        db,
        "collection_id = ? ORDER BY id DESC LIMIT ? OFFSET ?",
        *(collection_id, limit, offset),
    )
    total = await db.value("SELECT count(*) FROM runs WHERE collection_id = ?", collection_id)
    return found, int(total)


async def run_parts(db: Database, run: RunSummary, user_id: int, limit: int) -> list[RunSummary]:
    """What a run of several collections did for each."""
    # Parts are younger than their whole: the index of a user's runs finds them.
    return await _summaries(
        db,
        "user_id = ?1 AND id > ?2 AND parent_id = ?2 ORDER BY id LIMIT ?3",
        *(user_id, run.id, limit),
    )


async def held_run(db: Database, user_id: int, collection_id: int) -> int | None:
    """The run whose question about this collection can still be answered: its last, if held."""
    row = await db.row(
        "SELECT id, status FROM runs WHERE user_id = ? AND collection_id = ?"
        " AND finished_at IS NOT NULL ORDER BY id DESC LIMIT 1",
        *(user_id, collection_id),
    )
    return row["id"] if row is not None and row["status"] == RunStatus.HELD else None


async def changes_of(
    db: Database, user_id: int, run_ids: Sequence[int], per_run: int
) -> dict[int, list[Change]]:
    """The first changes of each run, those of its parts included."""
    if not run_ids:
        return {}
    # CROSS JOIN walks the parts in order, so that LIMIT ends the walk early.
    rows = await db.rows(
        "WITH parts AS MATERIALIZED (SELECT id, iif(parent_id IN (SELECT value FROM"
        " json_each(?2)), parent_id, id) AS top FROM runs WHERE user_id = ?1 AND id >= ?3"
        " AND (id IN (SELECT value FROM json_each(?2)) OR parent_id IN (SELECT value FROM"
        " json_each(?2)))) SELECT value AS top, (SELECT json_group_array(json_array(server_id, op,"
        " item_id, title, year, why)) FROM (SELECT c.* FROM parts CROSS JOIN run_changes AS c"
        " ON c.run_id = parts.id WHERE parts.top = value LIMIT ?4)) AS changes FROM json_each(?2)",
        *(user_id, json.dumps(list(run_ids)), min(run_ids), per_run),
    )
    return {row["top"]: [Change(*values) for values in json.loads(row["changes"])] for row in rows}
