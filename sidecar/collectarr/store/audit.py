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
    "set_up_refused",
    "registered",
    "sign_in",
    "sign_in_refused",
    "sign_in_throttled",
    "sign_out",
    "refresh_reused",
    "password_changed",
    "password_refused",
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
    "server_change_refused",
    "server_removed",
    "server_signed_in",
    "server_signed_out",
    "bridge_installed",
    "bridge_removed",
    "source_key_set",
    "source_key_removed",
    "collection_deleted",
    "box_set_adopted",
    "question_answered",
    "removals_approved",
    "removals_rejected",
    "run_undone",
    "correction_made",
    "correction_removed",
    "api_key_created",
    "api_key_revoked",
    "settings_changed",
    "key_rotated",
]
ACTIONS: tuple[Action, ...] = get_args(Action)
PRUNE_EVERY = 100


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that are pruned together, so that one kind never pushes out another.

    `of_one`: how many may be of one kind about one person, so that nobody pushes out what others
    did, nor easily what they did themselves.
    """

    actions: frozenset[Action]
    most: int
    of_one: int


REFUSED = Group(
    frozenset({"sign_in_refused", "sign_in_throttled", "password_refused", "set_up_refused"}),
    5_000,
    500,
)
COMING_AND_GOING = Group(
    frozenset({"sign_in", "sign_out", "session_revoked", "refresh_reused", "registered"}),
    20_000,
    500,
)
OWN = Group(
    frozenset(
        {
            *("password_changed", "profile_changed", "api_key_created", "api_key_revoked"),
            *("server_added", "server_changed", "server_change_refused", "server_removed"),
            *("server_signed_in", "server_signed_out", "bridge_installed", "bridge_removed"),
            *("source_key_set", "source_key_removed", "collection_deleted", "box_set_adopted"),
            *("question_answered", "removals_approved", "removals_rejected"),
            "run_undone",
            *("correction_made", "correction_removed"),
        }
    ),
    50_000,
    500,
)
EVERYBODY = Group(
    frozenset(ACTIONS) - REFUSED.actions - COMING_AND_GOING.actions - OWN.actions, 10_000, 10_000
)
"""What only administrators do, or the command line: accounts, roles, invitations, settings."""
GROUPS = (REFUSED, COMING_AND_GOING, OWN, EVERYBODY)


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


_OF_ONE = "PARTITION BY action, coalesce('user ' || user_id, actor, subject)"


async def _prune(tx: Transaction) -> None:
    for group in GROUPS:
        actions = json.dumps(sorted(group.actions))
        # First what is too much of one: only what is left then counts for all together.
        for by, most in ((_OF_ONE, group.of_one), ("", group.most)):
            await tx.run(
                f"DELETE FROM audit WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER ({by}"  # noqa: S608
                " ORDER BY id DESC) AS nth FROM audit WHERE action IN"
                " (SELECT value FROM json_each(?))) WHERE nth > ?)",
                *(actions, most),
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
