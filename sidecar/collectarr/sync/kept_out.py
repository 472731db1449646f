"""What people took out of the box sets of a collection by hand, and what it is called."""

from dataclasses import dataclass

from collectarr.store import servers, targets
from collectarr.store.collections import Collection
from collectarr.store.db import Database


@dataclass(frozen=True, slots=True)
class KeptOut:
    server_id: int
    item_id: str
    title: str
    year: int | None = None


async def kept_out(db: Database, collection: Collection) -> list[KeptOut]:
    found = await targets.kept_out(db, collection.id)
    called = {
        (server_id, item.id): item.title
        for server_id in {server_id for server_id, _ in found}
        for item in await servers.items_of(
            db, server_id, [item_id for server, item_id in found if server == server_id]
        )
    }
    rows = []
    for place in found:
        title = called.get(place)
        rows.append(KeptOut(*place, title.title, title.year) if title else KeptOut(*place, UNNAMED))
    return rows


UNNAMED = "A title that is no longer in the library"
