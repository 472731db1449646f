"""Collections that nothing starts by itself until a person does."""

import json
from collections.abc import Sequence

from collectarr.store.db import Database


async def set_paused(db: Database, collection_ids: Sequence[int], why: str | None) -> None:
    """`why` in words for its owner; None: it goes on. Writes only where that is new."""
    ids = json.dumps(list(collection_ids))
    where = "id IN (SELECT value FROM json_each(?)) AND paused IS NOT ?"
    if not await db.value(f"SELECT count(*) FROM collections WHERE {where}", ids, why):  # noqa: S608
        return
    async with db.write() as tx:
        await tx.run(f"UPDATE collections SET paused = ? WHERE {where}", why, ids, why)  # noqa: S608
