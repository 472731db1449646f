"""Facts about this installation itself: its id, and settings made on the pages."""

import secrets

from collectarr.store.db import Database


async def installation_id(db: Database) -> str:
    """A random id made once; it marks our box sets in Emby."""
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO settings (name, value) VALUES ('installation', ?)"
            " ON CONFLICT (name) DO NOTHING",
            secrets.token_hex(8),
        )
        row = await tx.row("SELECT value FROM settings WHERE name = 'installation'")
    assert row is not None
    return str(row["value"])


async def writable(db: Database) -> None:
    """Raises StoreError unless the store takes a write."""
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO settings (name, value) VALUES ('touched', datetime('now'))"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        )
