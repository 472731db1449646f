"""How many titles a collection has and how many are there, as far as is known between two syncs."""

import json
from collections.abc import Mapping
from dataclasses import replace

from collectarr.store.collections import Collection
from collectarr.store.db import Database, stamp


async def record_counts(
    db: Database,
    collection: Collection,
    *,
    wanted: int,
    owned: int,
    by_server: Mapping[int, int],
    changed: bool,
    seen: Mapping[int, str | None],
) -> Collection | None:
    """What it comes to now, as far as that can be told without a sync.

    None: nothing was noted, since it was edited or synced after `collection` was loaded. `seen`:
    by server, the inputs of the plans that were the last ones then.
    """
    synced = collection.last_synced_at and stamp(collection.last_synced_at)
    async with db.write() as tx:
        noted = await tx.run(
            "UPDATE collections SET wanted = ?, owned = ?, changed = ?"
            " WHERE id = ? AND revision = ? AND last_synced_at IS ? AND NOT EXISTS"
            " (SELECT 1 FROM targets JOIN json_each(?) ON key = server_id"
            " WHERE collection_id = collections.id AND inputs IS NOT atom)",
            *(wanted, owned, int(changed), collection.id, collection.revision, synced),
            json.dumps(dict(seen)),
        )
        if not noted:
            return None
        await tx.many(
            "UPDATE targets SET owned = ? WHERE collection_id = ? AND server_id = ?",
            [(count, collection.id, server_id) for server_id, count in by_server.items()],
        )
    return replace(collection, wanted=wanted, owned=owned, changed=changed)
