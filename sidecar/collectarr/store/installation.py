"""Facts about this installation itself: its id, and settings made on the pages."""

import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

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


async def allowed_networks(db: Database) -> tuple[str, ...] | None:
    """Where users who are no administrators may have servers; None: nobody has said."""
    value = await db.value("SELECT value FROM settings WHERE name = 'allowed_networks'")
    return None if value is None else tuple(json.loads(value))


async def set_allowed_networks(db: Database, networks: Iterable[str]) -> None:
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO settings (name, value) VALUES ('allowed_networks', ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            json.dumps(list(networks)),
        )


async def guard_limits(db: Database) -> dict[str, Any]:
    """What administrators set of `share`, `at_once` and `week_share`; {}: as they come."""
    value = await db.value("SELECT value FROM settings WHERE name = 'guard'")
    return {} if value is None else dict(json.loads(value))


async def set_guard_limits(db: Database, limits: Mapping[str, Any]) -> None:
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO settings (name, value) VALUES ('guard', ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            json.dumps(dict(limits)),
        )
