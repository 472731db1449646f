"""The notification that was made in a server for its webhook."""

import json
from collections.abc import Mapping
from typing import Any

from collectarr.store.db import Database


async def load_bridge(db: Database, server_id: int) -> dict[str, Any] | None:
    """What was last written by `save_bridge`."""
    text = await db.value("SELECT bridge FROM servers WHERE id = ?", server_id)
    return None if text is None else dict(json.loads(text))


async def save_bridge(db: Database, server_id: int, facts: Mapping[str, Any] | None) -> None:
    """None: there is none of ours any more."""
    text = None if facts is None else json.dumps(facts)
    async with db.write() as tx:
        await tx.run("UPDATE servers SET bridge = ? WHERE id = ?", text, server_id)
