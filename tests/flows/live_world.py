"""A world in which Collectarr follows what Emby tells, and what it would be with a full sync."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from collectarr.demo.emby import PROFILE_49, EmbyProfile
from collectarr.models import Trigger, utc_now
from collectarr.store import collections, inbox
from collectarr.store.inbox import Arrival
from collectarr.store.servers import get_server
from collectarr.sync.collection import start_sync_some
from collectarr.sync.live import Following
from tests.flows.world import World, film, make_world, own

LISTED = 12


@dataclass
class LiveWorld:
    world: World
    following: Following

    async def begin(self, lists: int = 3, owned: int = 8, **options: Any) -> None:
        """Some collections with a list of twelve films each, of which eight are there."""
        own(self.world.emby, *[film(n) for n in range(1, owned + 1)])
        await self.world.connect()
        for number in range(lists):
            await self.collection(f"list-{number}", **options)
        await self.world.sync_all()
        self.world.emby.clear_requests()

    async def collection(
        self, slug: str, numbers: Any = range(1, LISTED + 1), **options: Any
    ) -> int:
        self.world.mdblist.add_list("demo", slug, slug, [film(n) for n in numbers])
        return (await self.world.define(f"demo/{slug}", slug, **options)).id

    async def tell(self, *item_ids: str, kind: str = "added", way: str = "webhook") -> None:
        server_id = self.world.server.id
        arrivals = [Arrival(server_id, item_id, kind, way) for item_id in item_ids]
        await inbox.put(self.world.db, arrivals)
        self.following.woken(server_id)

    async def done(self) -> None:
        """Nothing waits and nothing runs any more."""
        await until(self._at_rest)

    async def _at_rest(self) -> bool:
        rows = await self.world.db.value("SELECT count(*) FROM inbox WHERE tries = 0")
        return rows == 0 and not self.world.runner.states(self.world.user.id)

    async def poll(self) -> None:
        server = await get_server(self.world.db, self.world.user.id, self.world.server.id)
        await self.following.poll(server)
        await self.done()

    async def due(self) -> None:
        """What the schedule would start now."""
        found = await collections.due_collections(self.world.db, _soon())
        run = await start_sync_some(
            self.world.db, self.world.outside, self.world.runner, self.world.user.id,
            [one.id for one in found], Trigger.SCHEDULE,
        )  # fmt: skip
        if run is not None:
            await self.world.ended(run)

    def held(self) -> dict[str, frozenset[str]]:
        emby = self.world.emby
        return {
            box.name: frozenset(emby.item(key).name for key in emby.members(box.id))
            for box in emby.box_sets
        }

    async def matched(self) -> list[tuple[Any, ...]]:
        """What stands for which row, by which id or name. Where Emby shows one of several
        versions, it is the same whichever of them is known.
        """
        rows = await self.world.db.rows(
            "SELECT collection_id, rank, item_ids, matched_by FROM matches"
            " ORDER BY collection_id, rank"
        )
        merges = self.world.emby.profile.merges_versions
        return [
            (*tuple(row)[:2], bool(ids) if merges else sorted(ids), row["matched_by"])
            for row in rows
            for ids in [json.loads(row["item_ids"])]
        ]

    async def owned(self) -> list[tuple[Any, ...]]:
        rows = await self.world.db.rows(
            "SELECT collections.id, collections.owned, wanted, targets.owned AS there"
            " FROM collections JOIN targets ON collection_id = collections.id ORDER BY 1"
        )
        return [tuple(row) for row in rows]

    async def whole(self) -> None:
        """A full sync of everything, whatever nobody thinks has moved, after a full reading."""
        async with self.world.db.write() as tx:
            await tx.run("UPDATE targets SET inputs = NULL")
            await tx.run("UPDATE servers SET swept_at = '2000-01-01T00:00:00.000+00:00'")
        await self.world.sync_all()


def _soon() -> datetime:
    return utc_now() + timedelta(minutes=5)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await holds():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def live_world(
    folder: Path, profile: EmbyProfile = PROFILE_49, **options: Any
) -> AsyncIterator[LiveWorld]:
    async with make_world(folder, profile, **options) as world:
        world.outside.settle_seconds = 0.1
        world.outside.pause_seconds = 0.001
        following = Following(
            world.db, world.outside, world.runner, world.live,
            quiet=0.02, at_most=0.2, late=(0.05, 0.1), pauses=(0.05,),
        )  # fmt: skip
        try:
            yield LiveWorld(world, following)
        finally:
            await following.close()
