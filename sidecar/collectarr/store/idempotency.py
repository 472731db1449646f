"""Answers given to creates, so that a retried one makes nothing twice."""

from dataclasses import dataclass
from datetime import timedelta

from collectarr.models import utc_now
from collectarr.store.db import Database, stamp

KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """`asked` stands for the request that it answered, and tells nothing of it."""

    asked: str
    status: int
    answer: str


async def find_answer(db: Database, user_id: int, key: str) -> StoredAnswer | None:
    row = await db.row(
        "SELECT asked, status, answer FROM idempotency"
        " WHERE user_id = ? AND key = ? AND created_at > ?",
        *(user_id, key, stamp(utc_now() - KEPT)),
    )
    return None if row is None else StoredAnswer(*row)


async def save_answer(db: Database, user_id: int, key: str, answer: StoredAnswer) -> None:
    now = utc_now()
    async with db.write() as tx:
        await tx.run("DELETE FROM idempotency WHERE created_at <= ?", stamp(now - KEPT))
        await tx.run(
            "INSERT OR REPLACE INTO idempotency (user_id, key, asked, status, answer, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            *(user_id, key, answer.asked, answer.status, answer.answer, stamp(now)),
        )
