"""Acting on what servers tell: gathered until it is quiet, read in one go, followed at once."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from collectarr.emby.client import EmbyClient
from collectarr.emby.rows import Row, item_of
from collectarr.errors import CollectarrError, StoreError
from collectarr.live import Live
from collectarr.models import Item, Trigger, utc_now
from collectarr.runner import Runner
from collectarr.store import deliveries, inbox, servers
from collectarr.store.db import Database
from collectarr.store.delays import record_delay
from collectarr.store.heard import record_heard
from collectarr.store.inbox import Waiting
from collectarr.store.servers import Server
from collectarr.sync.follow import Followed, follow
from collectarr.sync.outside import Outside
from collectarr.sync.presence import Taken, delta_will_do, read_delta, take_in
from collectarr.sync.scan import start_scan

log = structlog.stdlib.get_logger(__name__)

LATE = (5.0, 15.0, 60.0, 300.0, 900.0)
"""Seconds after which an item that came without any id is looked at again."""
PAUSES = (2.0, 5.0, 15.0, 60.0)
"""Seconds until a server that did not answer is asked again; the last one from then on."""
GRACE = timedelta(seconds=60)
"""In which what an event concerns is done here, before the schedule does it."""
PARTS = frozenset(("Episode", "Season"))
_FIELDS = {
    "Recursive": True,
    "Fields": "ProviderIds,ProductionYear,Path,OriginalTitle,PresentationUniqueKey,SeriesId",
    "GroupItemsIntoCollections": False,
    "CollapseBoxSetItems": False,
    "EnableImages": False,
    "EnableUserData": False,
}


class Following:
    """One task for each server with something to do, none for the others. `quiet`: how long
    nothing more must come, `at_most`: after which it is acted upon in any case; in seconds.
    """

    def __init__(
        self,
        db: Database,
        outside: Outside,
        runner: Runner,
        live: Live,
        *,
        quiet: float = 2.0,
        at_most: float = 10.0,
        late: Sequence[float] = LATE,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._db = db
        self._outside = outside
        self._runner = runner
        self._live = live
        self._quiet = quiet
        self._at_most = at_most
        self._late = late
        self._pauses = pauses
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._heard: dict[int, float] = {}
        self._news: dict[int, asyncio.Event] = {}

    async def start(self) -> None:
        """Go on with what an earlier process left."""
        for server_id in await inbox.servers_with_work(self._db):
            self.woken(server_id)

    async def close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def woken(self, server_id: int) -> None:
        """There is something in the inbox of that server, or a reading is due."""
        self._heard[server_id] = asyncio.get_running_loop().time()
        self._news.setdefault(server_id, asyncio.Event()).set()
        if server_id not in self._tasks:
            task = asyncio.create_task(self._serve(server_id), name=f"events of {server_id}")
            self._tasks[server_id] = task
            task.add_done_callback(lambda _: self._tasks.pop(server_id, None))

    async def poll(self, server: Server) -> None:
        """Ask what changed: one request where nothing did."""
        followed = await self._catch_up(server)
        if followed is not None and followed.taken.changes:
            await record_heard(self._db, server.id, "polling")
            self._told(server)

    async def _serve(self, server_id: int) -> None:
        """Until nothing is left to be done."""
        failed = 0
        while True:
            await self._until_quiet(server_id)
            try:
                await self._work(server_id)
                failed = 0
            except CollectarrError as error:
                failed += 1
                log.info("events wait", server=server_id, problem=error.message)
            except Exception:
                failed += 1
                log.exception("events wait", server=server_id)
            wait = await self._wait_for(server_id, failed)
            if wait is None:
                return
            await self._until_news(server_id, wait)

    async def _until_quiet(self, server_id: int) -> None:
        loop = asyncio.get_running_loop()
        began = self._heard.get(server_id, loop.time())
        while True:
            left = min(self._heard[server_id] + self._quiet, began + self._at_most) - loop.time()
            if left <= 0:
                break
            await asyncio.sleep(left)
        self._news[server_id].clear()

    async def _until_news(self, server_id: int, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news[server_id].wait()
        except TimeoutError:
            return

    async def _wait_for(self, server_id: int, failed: int) -> float | None:
        """Seconds until the next look; None: there is nothing to look for."""
        if self._news[server_id].is_set():
            return 0.0
        if failed:
            return self._pauses[min(failed, len(self._pauses)) - 1]
        try:
            at = await inbox.next_due(self._db, server_id)
        except StoreError:
            return self._pauses[-1]
        return None if at is None else max((at - utc_now()).total_seconds(), 0.0)

    async def _work(self, server_id: int) -> None:
        server = await servers.find_server(self._db, server_id)
        if server is None:
            return
        due = await inbox.due(self._db, server_id)
        if due.sweep is not None:
            await self._sweep(server)
        elif due.delta is not None:
            await self._catch_up(server)
        while waiting := await inbox.take(self._db, server_id):
            await self._batch(server, waiting)
        self._told(server)

    def _told(self, server: Server) -> None:
        self._live.publish(server.user_id, "heard", {"server_id": server.id})

    async def _catch_up(self, server: Server) -> Followed | None:
        """None: only a sweep would do, which is a run of its own."""
        if not delta_will_do(server):
            await self._sweep(server)
            return None
        whole = False

        async def read(fresh: Server, client: EmbyClient) -> Taken:
            nonlocal whole
            reading = await read_delta(self._db, fresh, client, self._outside.wanted, grace=GRACE)
            whole = reading is None
            return Taken() if reading is None else reading.taken

        followed = await follow(self._db, self._outside, self._runner, server, read)
        if whole:
            await self._sweep(server)
            return None
        return followed

    async def _sweep(self, server: Server) -> None:
        """What it finds makes the collections concerned due."""
        run = await start_scan(self._db, self._outside, self._runner, server, Trigger.EVENT)
        await self._runner.wait(run.id)

    async def _batch(self, server: Server, waiting: Sequence[Waiting]) -> None:
        late: list[Waiting] = []

        async def read(fresh: Server, client: EmbyClient) -> Taken:
            libraries = await servers.list_libraries(self._db, fresh.id)
            ids = [one.item_id for one in waiting]
            rows = await _rows(self._db, client, fresh, ids)
            items = [item for row in rows.values() if (item := item_of(row, libraries))]
            late.extend(self._late_ones(waiting, items))
            seen = {item.id for item in items}
            return await take_in(
                self._db,
                self._outside.wanted,
                fresh,
                items,
                gone=[key for key in ids if key not in seen],
                grace=GRACE,
            )

        followed = await follow(self._db, self._outside, self._runner, server, read)
        await self._done(server, waiting, late, followed)

    def _late_ones(self, waiting: Sequence[Waiting], items: Sequence[Item]) -> list[Waiting]:
        """Those whose ids Emby does not know yet."""
        nameless = {item.id for item in items if not item.title.ids}
        return [one for one in waiting if one.item_id in nameless and one.tries < len(self._late)]

    async def _done(
        self,
        server: Server,
        waiting: Sequence[Waiting],
        late: Sequence[Waiting],
        followed: Followed,
    ) -> None:
        for one in late:
            at = utc_now() + timedelta(seconds=self._late[one.tries])
            await inbox.later(self._db, [one.id], at)
        again = {one.id for one in late}
        await inbox.done(self._db, [one.id for one in waiting if one.id not in again])
        applied = [one for one in waiting if one.item_id in followed.added]
        for one in applied:
            seconds = (utc_now() - one.received_at).total_seconds()
            await record_delay(self._db, server.id, seconds)
        await deliveries.settle(
            self._db,
            server.id,
            [x.item_id for x in applied],
            "applied",
            "It is in its collections.",
        )
        others = [x.item_id for x in waiting if x.id not in again and x not in applied]
        said = (
            "The collections that it concerns are looked at as a whole."
            if followed.whole
            else "No collection had to change."
        )
        await deliveries.settle(self._db, server.id, others, "seen", said)


async def _rows(
    db: Database, client: EmbyClient, server: Server, ids: Sequence[str]
) -> dict[str, Row]:
    """What these ids are, and the shows of those that are parts of one we do not know yet."""
    rows = await client.rows_by_id(ids, _FIELDS)
    shows = {str(row["SeriesId"]) for row in rows.values() if row.get("SeriesId")}
    shows -= rows.keys()
    if shows:
        shows -= {item.id for item in await servers.items_of(db, server.id, sorted(shows))}
    if shows:
        rows |= await client.rows_by_id(sorted(shows), _FIELDS)
    return rows
