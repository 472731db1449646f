"""Every column that holds sealed values, for when they are sealed anew."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from collectarr.models import utc_now
from collectarr.store.db import Database, stamp

SEALED = (
    ("servers", "api_key"),
    ("servers", "user_token"),
    ("servers", "webhook_token"),
    ("source_accounts", "secret"),
    ("sessions", "successor"),
)
OF_USE = timedelta(hours=1)
"""Longer than a spent refresh token is honoured."""


async def sealed_value(db: Database) -> str | None:
    """One of them, to try a key on."""
    for table, column in SEALED:
        found = await db.value(
            f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL LIMIT 1"  # noqa: S608
        )
        if found is not None:
            return str(found)
    return None


async def seal_anew(db: Database, change: Callable[[str], str]) -> int:
    """Put `change` of each value in its place, all or none; returns how many there were."""
    count = 0
    async with db.write() as tx:
        # Nobody gets these again, so whether they can still be opened does not matter.
        await tx.run(
            "UPDATE sessions SET successor = NULL WHERE spent_at < ?", stamp(utc_now() - OF_USE)
        )
        for table, column in SEALED:
            rows = await tx.rows(
                f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL"  # noqa: S608
            )
            for row in rows:
                count += await tx.run(
                    f"UPDATE {table} SET {column} = ? WHERE {column} = ?",  # noqa: S608
                    *(change(row[0]), row[0]),
                )
    return count


def forget_what_was(path: Path) -> None:
    """Write the file anew: SQLite keeps what was overwritten in pages that are free now."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
