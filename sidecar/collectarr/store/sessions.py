"""Where a user is signed in, to be shown and ended."""

from dataclasses import dataclass
from datetime import datetime

from collectarr.models import utc_now
from collectarr.store.db import Database, stamp
from collectarr.store.users import Session


@dataclass(frozen=True, slots=True)
class SessionLine:
    """`kind` is browser or api; `client` the address it was started from."""

    id: str
    kind: str
    agent: str | None
    client: str | None
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


async def list_sessions(db: Database, user_id: int) -> list[SessionLine]:
    """Those that have not expired, the one seen last first."""
    rows = await db.rows(
        "SELECT id, kind, agent, client, created_at, seen_at, expires_at FROM sessions"
        " WHERE user_id = ? AND expires_at > ? ORDER BY seen_at DESC, id",
        *(user_id, stamp(utc_now())),
    )
    return [
        SessionLine(
            id=row["id"],
            kind=row["kind"],
            agent=row["agent"],
            client=row["client"],
            created_at=datetime.fromisoformat(row["created_at"]),
            seen_at=datetime.fromisoformat(row["seen_at"]),
            expires_at=datetime.fromisoformat(row["expires_at"]),
        )
        for row in rows
    ]


async def keep_session(db: Database, session: Session, *, agent: str, client: str) -> None:
    """Keep a session whose id is known beforehand; the one that is there already stays."""
    now = stamp(utc_now())
    async with db.write() as tx:
        await tx.run("DELETE FROM sessions WHERE id = ? AND expires_at <= ?", session.id, now)
        # Nothing for a user who is gone by now.
        await tx.run(
            "INSERT INTO sessions (id, user_id, kind, csrf, agent, client, created_at, seen_at,"
            " expires_at) SELECT ?1, id, ?2, ?3, ?4, ?5, ?6, ?6, ?7 FROM users WHERE id = ?8"
            " ON CONFLICT (id) DO NOTHING",
            *(session.id, session.kind, session.csrf, agent, client, now),
            *(stamp(session.expires_at), session.user_id),
        )
