"""Targets: which box set on which server a collection keeps, and whose its members are."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from collectarr.errors import ConflictError
from collectarr.models import KnownMember, utc_now
from collectarr.store.db import Database, Row, moment, stamp
from collectarr.store.servers import Server


@dataclass(frozen=True, slots=True)
class Target:
    """`etag` and `child_count` are those last seen settled; None until then.

    `intent` is a creation that was begun; `held` is what waits for a person; `resting`: why its
    box set is empty on purpose, in words. `dressed` is its look as we last wrote it, `poster` whose
    picture it has.
    """

    id: int
    collection_id: int
    server_id: int
    box_set_id: str | None
    box_set_name: str | None
    set_name: str | None
    origin: str | None
    state: str
    intent: dict[str, Any] | None
    etag: str | None
    child_count: int | None
    written_at: datetime | None
    inputs: str | None
    held: dict[str, Any] | None
    owned: int | None
    resting: str | None = None
    dressed: dict[str, Any] = field(default_factory=dict)
    poster: dict[str, Any] = field(default_factory=dict)


def _target(row: Row) -> Target:
    return Target(
        id=row["id"],
        collection_id=row["collection_id"],
        server_id=row["server_id"],
        box_set_id=row["box_set_id"],
        box_set_name=row["box_set_name"],
        set_name=row["set_name"],
        origin=row["origin"],
        state=row["state"],
        intent=json.loads(row["intent"]) if row["intent"] else None,
        etag=row["etag"],
        child_count=row["child_count"],
        written_at=moment(row["written_at"]),
        inputs=row["inputs"],
        held=json.loads(row["held"]) if row["held"] else None,
        owned=row["owned"],
        resting=row["resting"],
        dressed=json.loads(row["dressed"] or "{}"),
        poster=json.loads(row["poster"] or "{}"),
    )


async def load_targets(db: Database, collection_ids: Sequence[int]) -> list[Target]:
    rows = await db.rows(
        "SELECT * FROM targets WHERE collection_id IN (SELECT value FROM json_each(?))"
        " ORDER BY collection_id, server_id",
        json.dumps(list(collection_ids)),
    )
    return [_target(row) for row in rows]


async def get_target(db: Database, target_id: int) -> Target | None:
    row = await db.row("SELECT * FROM targets WHERE id = ?", target_id)
    return None if row is None else _target(row)


async def owned_box_sets(
    db: Database, server: Server, marked: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Box sets on one physical server that any target of the installation keeps.

    That two servers gave one id proves nothing: anybody's server may give any. What is kept
    through the same address counts; through another address only what bears the marker of the
    target that keeps it, as `marked` (box set -> target) tells of this very server. Such a marker
    can be made up as well, but whoever makes one up only keeps themselves away.
    """
    rows = await db.rows(
        "SELECT targets.id, box_set_id, url FROM targets JOIN servers ON servers.id = server_id"
        " WHERE uid = ? AND box_set_id IS NOT NULL",
        server.uid,
    )
    seen = marked or {}
    return {
        row["box_set_id"]: row["id"]
        for row in rows
        if row["url"] == server.url or seen.get(row["box_set_id"]) == row["id"]
    }


async def load_members(db: Database, target_id: int) -> dict[str, KnownMember]:
    rows = await db.rows("SELECT item_id, owner, state FROM members WHERE target_id = ?", target_id)
    return {row["item_id"]: KnownMember(*row) for row in rows}


async def set_members(
    db: Database, target_id: int, members: Iterable[KnownMember], run_id: int | None = None
) -> None:
    now = stamp(utc_now())
    async with db.write() as tx:
        await tx.many(
            "INSERT INTO members (target_id, item_id, owner, state, run_id, since)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (target_id, item_id) DO UPDATE SET"
            " owner = excluded.owner, state = excluded.state,"
            " run_id = coalesce(excluded.run_id, run_id), since = excluded.since",
            [(target_id, m.item_id, m.owner, m.state, run_id, now) for m in members],
        )


async def drop_members(db: Database, target_id: int, item_ids: Iterable[str]) -> None:
    async with db.write() as tx:
        await tx.many(
            "DELETE FROM members WHERE target_id = ? AND item_id = ?",
            [(target_id, item_id) for item_id in item_ids],
        )


async def unrecorded(db: Database, target: Target, state: str) -> list[str]:
    """Items in `state` (adding or removing) whose run did not record that it sent them."""
    rows = await db.rows(
        "SELECT item_id FROM members WHERE target_id = ?1 AND state = ?2 AND NOT EXISTS"
        " (SELECT 1 FROM run_changes WHERE run_changes.run_id = members.run_id"
        " AND run_changes.item_id = members.item_id AND run_changes.server_id = ?3"
        " AND op = CASE ?2 WHEN 'adding' THEN 'add' ELSE 'remove' END)",
        *(target.id, state, target.server_id),
    )
    return [row["item_id"] for row in rows]


async def set_intent(db: Database, target_id: int, intent: dict[str, Any] | None) -> None:
    async with db.write() as tx:
        await tx.run(
            "UPDATE targets SET intent = ? WHERE id = ?",
            *(None if intent is None else json.dumps(intent), target_id),
        )


async def bind_box_set(
    db: Database, target_id: int, box_set_id: str, name: str, origin: str
) -> None:
    """From now on this target keeps that box set.

    Raises ConflictError when another one does, be it another user's at the same address.
    """
    async with db.write() as tx:
        taken = await tx.row(
            "SELECT 1 FROM targets AS other JOIN servers ON servers.id = other.server_id"
            " WHERE other.box_set_id = ?1 AND other.id <> ?2 AND (uid, url) = (SELECT uid, url"
            " FROM servers JOIN targets ON targets.server_id = servers.id WHERE targets.id = ?2)",
            *(box_set_id, target_id),
        )
        if taken:
            raise ConflictError(
                "Another collection keeps that Emby collection already.", code="box_set_taken"
            )
        await tx.run(
            "UPDATE targets SET box_set_id = ?1, box_set_name = ?2, set_name = ?2, origin = ?3,"
            " intent = NULL, held = NULL, etag = NULL, child_count = NULL WHERE id = ?4",
            *(box_set_id, name, origin, target_id),
        )


async def unbind_box_set(db: Database, target_id: int) -> None:
    """The box set is gone. What a person had taken out of it stays out of the next one."""
    async with db.write() as tx:
        await tx.run("DELETE FROM members WHERE target_id = ? AND state <> 'kept_out'", target_id)
        await tx.run(
            "UPDATE targets SET box_set_id = NULL, box_set_name = NULL, origin = NULL,"
            " intent = NULL, held = NULL, etag = NULL, child_count = NULL, inputs = NULL,"
            " dressed = NULL, poster = NULL"
            " WHERE id = ?",
            target_id,
        )


async def set_box_set_name(db: Database, target_id: int, name: str, *, by_us: bool = False) -> None:
    """What the box set is called in Emby now."""
    async with db.write() as tx:
        if by_us:
            await tx.run("UPDATE targets SET set_name = ? WHERE id = ?", name, target_id)
        await tx.run("UPDATE targets SET box_set_name = ? WHERE id = ?", name, target_id)


async def touch_target(db: Database, target_id: int) -> None:
    """About to write: what was settled is so no longer."""
    async with db.write() as tx:
        await tx.run(
            "UPDATE targets SET etag = NULL, child_count = NULL, written_at = ? WHERE id = ?",
            *(stamp(utc_now()), target_id),
        )


async def settle_target(
    db: Database, target: Target, etag: str | None, child_count: int | None
) -> bool:
    """Remember the settled state, unless somebody wrote since `target` was loaded."""
    async with db.write() as tx:
        changed = await tx.run(
            "UPDATE targets SET etag = ?, child_count = ? WHERE id = ? AND written_at IS ?",
            *(etag, child_count, target.id),
            stamp(target.written_at) if target.written_at else None,
        )
    return bool(changed)


async def finish_target(
    db: Database,
    target_id: int,
    *,
    inputs: str | None,
    held: dict[str, Any] | None,
    owned: int | None,
    resting: str | None = None,
) -> None:
    async with db.write() as tx:
        await tx.run(
            "UPDATE targets SET inputs = ?, held = ?, owned = coalesce(?, owned), resting = ?"
            " WHERE id = ?",
            *(inputs, json.dumps(held) if held else None, owned, resting, target_id),
        )


async def set_held(db: Database, target_id: int, held: dict[str, Any] | None) -> None:
    async with db.write() as tx:
        await tx.run(
            "UPDATE targets SET held = ?, inputs = NULL WHERE id = ?",
            *(json.dumps(held) if held else None, target_id),
        )


async def bring_back(db: Database, target_id: int, item_id: str) -> bool:
    """Forget that a person took this out; False where nobody knows of that."""
    async with db.write() as tx:
        known = await tx.run(
            "DELETE FROM members WHERE target_id = ? AND item_id = ? AND state = 'kept_out'",
            *(target_id, item_id),
        )
        if known:
            await tx.run("UPDATE targets SET inputs = NULL WHERE id = ?", target_id)
    return bool(known)


async def kept_out(db: Database, collection_id: int) -> list[tuple[int, str]]:
    """(server id, item id) of what people took out of its box sets by hand, the latest last."""
    rows = await db.rows(
        "SELECT server_id, item_id FROM members JOIN targets ON targets.id = target_id"
        " WHERE collection_id = ? AND members.state = 'kept_out' ORDER BY since, item_id",
        collection_id,
    )
    return [(row["server_id"], row["item_id"]) for row in rows]


async def set_dressed(db: Database, target_id: int, dressed: dict[str, Any]) -> None:
    async with db.write() as tx:
        await tx.run("UPDATE targets SET dressed = ? WHERE id = ?", json.dumps(dressed), target_id)


async def set_poster(db: Database, target_id: int, poster: dict[str, Any]) -> None:
    async with db.write() as tx:
        await tx.run("UPDATE targets SET poster = ? WHERE id = ?", json.dumps(poster), target_id)


async def plan_anew(db: Database, target_id: int) -> None:
    """The next run looks at this target, whatever has not changed."""
    async with db.write() as tx:
        await tx.run("UPDATE targets SET inputs = NULL WHERE id = ?", target_id)


async def set_state(db: Database, target_id: int, state: str) -> None:
    async with db.write() as tx:
        await tx.run(
            "UPDATE targets SET state = ?, held = NULL, inputs = NULL WHERE id = ?",
            *(state, target_id),
        )
