"""Which servers are to be asked what changed, and which are to be read whole."""

from datetime import datetime

from collectarr.store.db import Database, stamp
from collectarr.store.servers import Server, find_server


async def servers_to_poll(db: Database, before: datetime, unproven: datetime) -> list[Server]:
    """Those that somebody syncs to and that were last read before; `unproven`: the same for those
    that cannot tell what changed.
    """
    return await _found(
        db,
        "SELECT id FROM servers WHERE swept_at IS NOT NULL AND coalesce(delta_at, swept_at)"
        " <= CASE WHEN coalesce(delta_filter, 'none') = 'none' THEN ?2 ELSE ?1 END"
        " AND EXISTS (SELECT 1 FROM targets WHERE server_id = servers.id) ORDER BY id",
        *(stamp(before), stamp(unproven)),
    )


async def servers_to_sweep(db: Database, before: datetime) -> list[Server]:
    """Those that somebody syncs to and that were last read whole before then."""
    return await _found(
        db,
        "SELECT id FROM servers WHERE swept_at <= ? AND EXISTS"
        " (SELECT 1 FROM targets WHERE server_id = servers.id) ORDER BY id",
        stamp(before),
    )


async def _found(db: Database, sql: str, *values: object) -> list[Server]:
    rows = await db.rows(sql, *values)
    found = [await find_server(db, row["id"]) for row in rows]
    return [server for server in found if server is not None]
