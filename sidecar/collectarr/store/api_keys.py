"""Keys that programs send instead of signing in: whose they are and what they may, never they
themselves.
"""

from dataclasses import dataclass
from datetime import datetime

from collectarr.errors import ConflictError, NotFoundError, SignInError
from collectarr.models import utc_now
from collectarr.store.db import Database, Row, moment, stamp
from collectarr.store.users import User, get_user

MOST_KEYS = 100


@dataclass(frozen=True, slots=True)
class ApiKey:
    """`prefix` is how people recognise it; `scope` is read, run or admin."""

    id: int
    user_id: int
    name: str
    prefix: str
    scope: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


def _key(row: Row) -> ApiKey:
    return ApiKey(
        id=row["id"],
        user_id=row["user_id"],
        name=row["name"],
        prefix=row["prefix"],
        scope=row["scope"],
        created_at=datetime.fromisoformat(row["created_at"]),
        expires_at=moment(row["expires_at"]),
        used_at=moment(row["used_at"]),
    )


async def add_key(
    db: Database,
    user_id: int,
    name: str,
    scope: str,
    *,
    prefix: str,
    hashed: str,
    expires_at: datetime | None,
    session_id: str | None = None,
) -> ApiKey:
    """Raises ConflictError when the user has as many keys as anybody may have.

    `session_id`: whose request it is, SignInError if that has ended. Else a key could still be
    made by whoever has just been signed out.
    """
    async with db.write() as tx:
        if session_id is not None and not await tx.row(
            "SELECT 1 FROM sessions WHERE id = ?", session_id
        ):
            raise SignInError("This session has ended. Sign in again.")
        kept = await tx.row("SELECT count(*) FROM api_keys WHERE user_id = ?", user_id)
        if kept is not None and kept[0] >= MOST_KEYS:
            raise ConflictError(
                f"There are {MOST_KEYS} keys already. Revoke one that is not used any more.",
                code="too_many_keys",
            )
        key_id = await tx.insert(
            "INSERT INTO api_keys (user_id, name, prefix, hash, scope, created_at, expires_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(user_id, name, prefix, hashed, scope, stamp(utc_now())),
            None if expires_at is None else stamp(expires_at),
        )
    return await get_key(db, user_id, key_id)


async def list_keys(db: Database, user_id: int) -> list[ApiKey]:
    """A user's keys, the newest first; those that have expired too."""
    sql = "SELECT * FROM api_keys WHERE user_id = ? ORDER BY id DESC"
    return [_key(row) for row in await db.rows(sql, user_id)]


async def get_key(db: Database, user_id: int, key_id: int) -> ApiKey:
    """Raises NotFoundError for a key that is not there, or somebody else's."""
    sql = "SELECT * FROM api_keys WHERE id = ? AND user_id = ?"
    row = await db.row(sql, key_id, user_id)
    if row is None:
        raise NotFoundError("There is no such API key.")
    return _key(row)


async def find_key(db: Database, hashed: str) -> tuple[ApiKey, User] | None:
    """A key that is still good, by its hash, and whose it is."""
    row = await db.row(
        "SELECT * FROM api_keys WHERE hash = ? AND (expires_at IS NULL OR expires_at > ?)",
        *(hashed, stamp(utc_now())),
    )
    if row is None:
        return None
    try:
        return _key(row), await get_user(db, row["user_id"])
    except NotFoundError:
        # The user went between the two reads, and the key with them.
        return None


async def is_good(db: Database, key_id: int) -> bool:
    """Whether the key is neither revoked nor expired."""
    sql = "SELECT 1 FROM api_keys WHERE id = ? AND (expires_at IS NULL OR expires_at > ?)"
    return await db.row(sql, key_id, stamp(utc_now())) is not None


async def mark_used(db: Database, key_id: int) -> None:
    async with db.write() as tx:
        await tx.run("UPDATE api_keys SET used_at = ? WHERE id = ?", stamp(utc_now()), key_id)


async def delete_key(db: Database, user_id: int, key_id: int) -> ApiKey:
    """Returns what it was. Raises NotFoundError for one that is not there, or somebody else's."""
    key = await get_key(db, user_id, key_id)
    async with db.write() as tx:
        gone = await tx.run("DELETE FROM api_keys WHERE id = ? AND user_id = ?", key_id, user_id)
    if not gone:
        raise NotFoundError("There is no such API key.")
    return key


async def delete_keys(db: Database, user_id: int) -> list[int]:
    """All of a user's; returns which there were."""
    async with db.write() as tx:
        rows = await tx.rows("DELETE FROM api_keys WHERE user_id = ? RETURNING id", user_id)
    return [row["id"] for row in rows]
