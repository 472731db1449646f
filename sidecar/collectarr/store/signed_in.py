"""The servers where somebody is signed in, whoever's they are."""

from collectarr.errors import NotFoundError
from collectarr.store.db import Database
from collectarr.store.servers import Server, get_server


async def signed_in_servers(db: Database) -> list[Server]:
    rows = await db.rows("SELECT id, user_id FROM servers WHERE user_token IS NOT NULL ORDER BY id")
    found = []
    for row in rows:
        try:
            found.append(await get_server(db, row["user_id"], row["id"]))
        except NotFoundError:
            continue  # It went meanwhile.
    return found
