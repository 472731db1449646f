"""When a collection is to be synced next, where it is not its interval that says so."""

import json
from collections.abc import Sequence
from datetime import datetime

from collectarr.store.db import Database, stamp


async def postpone(db: Database, collection_id: int, until: datetime) -> None:
    async with db.write() as tx:
        await tx.run("UPDATE collections SET due_at = ? WHERE id = ?", stamp(until), collection_id)


async def postpone_due(db: Database, ids: Sequence[int], now: datetime, until: datetime) -> None:
    """Those of `ids` that are due wait until then, unless their sync says otherwise."""
    async with db.write() as tx:
        await tx.run(
            "UPDATE collections SET due_at = ? WHERE due_at <= ?"
            " AND id IN (SELECT value FROM json_each(?))",
            *(stamp(until), stamp(now), json.dumps(list(ids))),
        )
