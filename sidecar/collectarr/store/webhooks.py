"""The address at which a server may tell us things: its token by hash, and sealed."""

from dataclasses import dataclass
from datetime import datetime

from collectarr.errors import NotFoundError
from collectarr.models import utc_now
from collectarr.store.db import Database, stamp


@dataclass(frozen=True, slots=True)
class Teller:
    """The server that an event came from, and whose it is."""

    id: int
    user_id: int
    uid: str


@dataclass(frozen=True, slots=True)
class Webhook:
    """`token` is sealed."""

    token: str
    made_at: datetime


async def find_teller(db: Database, hashed: str) -> Teller | None:
    """Whose token has this hash; None: nobody's, or no longer."""
    row = await db.row("SELECT id, user_id, uid FROM servers WHERE webhook_hash = ?", hashed)
    return None if row is None else Teller(row["id"], row["user_id"], row["uid"])


async def webhook_of(db: Database, server_id: int) -> Webhook | None:
    row = await db.row(
        "SELECT webhook_token, webhook_made_at FROM servers"
        " WHERE id = ? AND webhook_token IS NOT NULL",
        server_id,
    )
    if row is None:
        return None
    return Webhook(row["webhook_token"], datetime.fromisoformat(row["webhook_made_at"]))


async def keep_webhook(db: Database, server_id: int, *, hashed: str, token: str) -> None:
    """In place of the one that was; `token` is sealed. Raises NotFoundError without a server."""
    async with db.write() as tx:
        found = await tx.run(
            "UPDATE servers SET webhook_hash = ?, webhook_token = ?, webhook_made_at = ?,"
            " webhook_heard_at = NULL WHERE id = ?",
            *(hashed, token, stamp(utc_now()), server_id),
        )
        if not found:
            raise NotFoundError("There is no such server.")


async def drop_webhook(db: Database, server_id: int) -> bool:
    """Whether there was one."""
    async with db.write() as tx:
        gone = await tx.run(
            "UPDATE servers SET webhook_hash = NULL, webhook_token = NULL, webhook_made_at = NULL,"
            " webhook_heard_at = NULL WHERE id = ? AND webhook_hash IS NOT NULL",
            server_id,
        )
    return bool(gone)
