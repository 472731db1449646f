"""What of a run can still be taken back: its own changes, but for those that a later one met."""

import json
from dataclasses import dataclass, replace
from typing import Any

from collectarr.store.db import Database
from collectarr.store.runs import Change, list_changes

MEMBER_OPS = ("add", "remove")
BOX_SET_OPS = ("create", "delete")


@dataclass(frozen=True, slots=True)
class OwnChange:
    """`later`: a later change of the same thing is in the history of its collection."""

    change: Change
    later: bool


def _subjects(op: str, item_id: str | None, details: dict[str, Any]) -> list[tuple[str, str]]:
    """What a change is about: an item, whether there is a box set, a field of its look."""
    if op in MEMBER_OPS:
        return [("item", item_id or "")]
    if op == "look":
        return [("look", name) for name in details.get("after") or {}]
    return [("box set" if op in BOX_SET_OPS else op, "")]


def _of_fields(change: Change, names: set[str]) -> Change:
    """Only these fields of a change of the look."""
    kept = {
        when: {key: value for key, value in values.items() if key in names}
        for when, values in (change.details or {}).items()
        if isinstance(values, dict)
    }
    return replace(change, details={**(change.details or {}), **kept})


async def own_changes(db: Database, run_id: int) -> list[OwnChange]:
    """Of one run of one collection, not of its parts; of each subject the last one.

    A change that the run itself met again (added, then removed) counts as met. Of a look the
    fields that no later change met are left.
    """
    changes = iter(await list_changes(db, run_id))
    rows = await db.rows(
        "SELECT c.run_id, c.server_id, c.op, c.item_id, CASE op WHEN 'look' THEN c.details END"
        " AS details FROM runs CROSS JOIN run_changes AS c"
        " ON c.run_id = runs.id WHERE runs.id >= ?1 AND collection_id ="
        " (SELECT collection_id FROM runs WHERE id = ?1) ORDER BY c.id",
        run_id,
    )
    last: dict[tuple[int | None, str, str], int] = {}
    about: dict[int, list[tuple[int | None, str, str]]] = {}
    for number, row in enumerate(rows):
        subjects = _subjects(row["op"], row["item_id"], json.loads(row["details"] or "{}"))
        keys = [(row["server_id"], *subject) for subject in subjects]
        last |= dict.fromkeys(keys, number)
        if row["run_id"] == run_id:
            about[number] = keys
    own_last = {key: number for number, keys in about.items() for key in keys}
    found = []
    for (number, keys), change in zip(about.items(), changes, strict=False):
        mine = [key for key in keys if own_last[key] == number]
        free = {name for server, kind, name in mine if last[server, kind, name] == number}
        if not mine:
            continue
        if change.op == "look" and free:
            found.append(OwnChange(_of_fields(change, free), later=False))
            continue
        found.append(OwnChange(change, not free))
    return found


async def begun(db: Database, target_id: int) -> frozenset[str]:
    """Items that an undo was about to send, and did not live to record that it had."""
    rows = await db.rows(
        "SELECT item_id FROM members JOIN runs ON runs.id = members.run_id"
        " JOIN targets ON targets.id = target_id WHERE target_id = ?1 AND runs.undoes IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM run_changes WHERE run_changes.run_id = members.run_id"
        " AND run_changes.item_id = members.item_id"
        " AND run_changes.server_id = targets.server_id)",
        target_id,
    )
    return frozenset(row["item_id"] for row in rows)
