"""Who did what that matters for safety, and from where: kept for administrators to read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from collectarr.models import utc_now
from collectarr.store.db import Database, Row, Transaction, stamp
from collectarr.store.users import User

Action = Literal[
    "set_up",
    "registered",
    "sign_in",
    "sign_in_refused",
    "sign_out",
    "refresh_reused",
    "password_changed",
    "password_reset",
    "profile_changed",
    "role_changed",
    "user_created",
    "user_changed",
    "user_deleted",
    "invite_created",
    "invite_used",
    "invite_revoked",
    "session_revoked",
    "server_added",
    "server_changed",
    "server_removed",
    "source_key_set",
    "source_key_removed",
    "collection_deleted",
    "box_set_adopted",
    "question_answered",
    "removals_approved",
    "removals_rejected",
    "api_key_created",
    "api_key_revoked",
    "settings_changed",
]
ACTIONS: tuple[Action, ...] = get_args(Action)
MOST_LINES, MOST_REFUSED, PRUNE_EVERY = 20_000, 5_000, 100
"""Refused sign-ins are counted apart: whoever guesses must not push out what they did before."""


@dataclass(frozen=True, slots=True)
class Entry:
    """`actor` None: nobody who was signed in. `subject` names what it was done to."""

    id: int
    at: datetime
    actor: str | None
    action: Action
    subject: str
    client: str | None
    details: dict[str, Any]


async def record(
    db: Database,
    *,
    actor: User | None,
    action: Action,
    subject: str = "",
    client: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write one line. Nothing secret belongs into it: no password, key, token or link."""
    async with db.write() as tx:
        # Whoever ended their own account is no user any more, only a name.
        entry_id = await tx.insert(
            "INSERT INTO audit (at, user_id, actor, action, subject, client, details)"
            " VALUES (?, (SELECT id FROM users WHERE id = ?), ?, ?, ?, ?, ?)",
            stamp(utc_now()),
            actor.id if actor else None,
            actor.username if actor else None,
            action,
            subject[:300],
            client,
            json.dumps(dict(details or {}), ensure_ascii=False),
        )
        if entry_id % PRUNE_EVERY == 0:
            await _prune(tx)


async def _prune(tx: Transaction) -> None:
    for refused, most in ((1, MOST_REFUSED), (0, MOST_LINES)):
        await tx.run(
            "DELETE FROM audit WHERE (action = 'sign_in_refused') = ?1 AND id <= (SELECT id FROM"
            " audit WHERE (action = 'sign_in_refused') = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            *(refused, most),
        )


async def list_entries(
    db: Database,
    *,
    user: str = "",
    action: Action | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    words: str = "",
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[Entry], int]:
    """The newest first, and how many there are. `user`: who did it, or whom it was done to.

    `words` stand in who did it, in what it was done to, or in the address that it came from.
    """
    where = (
        " FROM audit WHERE (?1 = '' OR actor = ?1 COLLATE NOCASE OR subject = ?1 COLLATE NOCASE)"
        " AND (?2 IS NULL OR action = ?2) AND (?3 IS NULL OR at >= ?3) AND (?4 IS NULL OR at < ?4)"
        " AND (?5 = '' OR instr(lower(coalesce(actor, '') || ' ' || subject || ' '"
        " || coalesce(client, '')), lower(?5)))"
    )
    values = (user, action, stamp(since) if since else None, stamp(until) if until else None, words)
    rows = await db.rows(
        f"SELECT *{where} ORDER BY id DESC LIMIT ?6 OFFSET ?7",
        *(*values, limit, offset),
    )
    total = await db.value(f"SELECT count(*){where}", *values)
    return [_entry(row) for row in rows], int(total)


def _entry(row: Row) -> Entry:
    return Entry(
        id=row["id"],
        at=datetime.fromisoformat(row["at"]),
        actor=row["actor"],
        action=row["action"],
        subject=row["subject"],
        client=row["client"],
        details=json.loads(row["details"]),
    )
