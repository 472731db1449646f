"""How long it takes from an event to the member, debounce apart, in a large installation.

Our side of it is large: items, collections, lists, members. The stand-in holds the box sets and
the films that come, for how long a real Emby takes to look into its own tables is not ours.
"""

import asyncio
import time
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

from collectarr.models import BoxSet, Item, KnownMember, ListInfo, ListItem, Mode, Snapshot
from collectarr.store import collections, inbox, lists, servers, targets
from collectarr.store.collections import CollectionList, StoredMatch
from collectarr.store.inbox import Arrival
from collectarr.store.servers import get_server
from collectarr.store.wanted import save_wanted
from collectarr.sync.contents import title_key
from collectarr.sync.live import Following
from collectarr.sync.wanted import entry_of
from tests.bench.figures import Figure
from tests.flows.world import World, film, make_world, own

ITEMS, COLLECTIONS, ROWS, EVENTS = 100_000, 1_000, 500, 100
REACH = ITEMS + ITEMS // 4
"""What lists name: a fifth of it is not there."""


async def event_to_member() -> list[Figure]:
    with TemporaryDirectory() as folder:
        async with make_world(Path(folder)) as world:
            world.outside.settle_seconds = 0.1
            await _fill(world)
            following = Following(world.db, world.outside, world.runner, world.live, quiet=0.0)
            try:
                taken = sorted([await _event(world, following, n) for n in range(EVENTS + 5)][5:])
            finally:
                await following.close()
    name = f"{ITEMS:,} items, {COLLECTIONS:,} collections, {EVENTS} films: event to member"
    return [
        Figure(f"{name}, p99, ms", 250, round(1000 * taken[ceil(0.99 * EVENTS) - 1], 1)),
        Figure(f"{name}, median, ms", 250, round(1000 * taken[EVENTS // 2], 1)),
    ]


async def _event(world: World, following: Following, number: int) -> float:
    """Until it is in every box set that wants it."""
    wanted = _wanting(ITEMS + 1 + number)
    (item,) = own(world.emby, film(ITEMS + 1 + number))
    world.emby.clear_requests()
    start = time.perf_counter()
    await inbox.put(world.db, [Arrival(world.server.id, item, "added", "webhook")])
    following.woken(world.server.id)
    async with asyncio.timeout(30):
        while len(world.writes()) < wanted:
            await asyncio.sleep(0.001)
        seconds = time.perf_counter() - start
        while world.runner.states(world.user.id):
            await asyncio.sleep(0.005)
    return seconds


def _numbers(collection: int) -> list[int]:
    """Spread over the library and beyond it."""
    return [1 + (7919 * (ROWS * collection + rank)) % REACH for rank in range(1, ROWS + 1)]


def _wanting(number: int) -> int:
    return sum(number in WANTED[collection] for collection in range(COLLECTIONS))


WANTED = [frozenset(_numbers(collection)) for collection in range(COLLECTIONS)]


async def _fill(world: World) -> None:
    await world.connect()
    server = world.server
    items = [Item(str(10_000_000 + n), film(n)) for n in range(1, ITEMS + 1)]
    await servers.save_items(world.db, server.id, items, whole=False)
    for number in range(COLLECTIONS):
        world.emby.hand_create(f"List {number}")
    # Until Emby's own follow-up work has landed.
    await asyncio.sleep(0.2)
    boxes = {box.name: box for box in await world.outside.emby(server).box_sets()}
    generation = (await get_server(world.db, world.user.id, server.id)).generation
    for number in range(COLLECTIONS):
        await _collection(world, number, boxes[f"List {number}"], generation)


async def _collection(world: World, number: int, box: BoxSet, generation: int) -> None:
    db, server, name = world.db, world.server, f"List {number}"
    rows = [ListItem(rank, film(n)) for rank, n in enumerate(_numbers(number), start=1)]
    info = ListInfo("mdblist", f"demo/{number}", name, public=True)
    stored = await lists.save_list(db, world.user.id, info)
    await lists.save_snapshot(db, stored.id, Snapshot(info, tuple(rows)), suspect=None)
    made = await collections.add_collection(
        db, world.user.id, name=name, mode=Mode.KEEP, interval_hours=24, enabled=True,
        lists=[CollectionList(stored.id, "union")], server_ids=[server.id],
    )  # fmt: skip
    target = (await targets.load_targets(db, [made.id]))[0]
    owned = [n for n in _numbers(number) if n <= ITEMS]
    await targets.bind_box_set(db, target.id, box.id, name, "created")
    members = [KnownMember(str(10_000_000 + n), "ours", "in") for n in owned]
    await targets.set_members(db, target.id, members)
    await targets.settle_target(db, target, box.etag, box.child_count)
    of = f"{stored.id}.1|{made.revision}"
    await targets.finish_target(
        db, target.id, inputs=f"{generation}|{of}", held=None, owned=len(owned)
    )
    await collections.save_matches(db, made.id, server.id, [_match(server.id, row) for row in rows])
    await save_wanted(db, made.id, of, entry_of(of, rows).pack())


def _match(server_id: int, row: ListItem) -> StoredMatch:
    number = row.title.ids.tmdb or 0
    there = (str(10_000_000 + number),) if number <= ITEMS else ()
    by = "imdb" if there else None
    return StoredMatch(row.rank, server_id, there, by, "", (), title_key(row.title))
