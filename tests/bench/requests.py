"""How many requests a sync makes to Emby: the first one, and one with nothing changed."""

from datetime import timedelta
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

from collectarr.demo.emby import PROFILE_32, PROFILE_49, EmbyProfile
from collectarr.models import Requests, RunStatus
from tests.bench.figures import Figure
from tests.flows.world import World, film, make_world, own

LIBRARY = 10_000
PAGE = 1_000
ONCE = 10
"""The small constant: who the server is, its libraries, its box sets, proving a delta filter."""
OWNED, LISTED = 100, 120
READS_SETTLED = 2


async def requests() -> list[Figure]:
    found: list[Figure] = []
    for profile in (PROFILE_32, PROFILE_49):
        for count in (1, 20):
            first, second = await _measured(profile, count)
            found += _figures(
                f"{profile.name}, {LIBRARY:,} items, {count} collections", count, first, second
            )
    # `first` is now that of the newer server with twenty collections.
    more, _ = await _measured(PROFILE_49, 40)
    larger, _ = await _measured(PROFILE_49, 20, 2 * LIBRARY)
    return [
        *found,
        Figure("first sync, twice the collections: times the requests", 2.1, _times(more, first)),
        Figure("first sync, twice the library: times the requests", 2.1, _times(larger, first)),
    ]


def _figures(name: str, count: int, first: Requests, second: Requests) -> list[Figure]:
    reads = ceil(LIBRARY / PAGE) + ONCE + 2 * count
    return [
        Figure(f"{name}: first sync, reads", reads, first.reads),
        Figure(f"{name}: first sync, writes", 3 * count, first.writes),
        Figure(f"{name}: nothing changed, reads", READS_SETTLED, second.reads),
        Figure(f"{name}: nothing changed, writes", 0, second.writes),
    ]


def _times(one: Requests, other: Requests) -> float:
    return round((one.reads + one.writes) / (other.reads + other.writes), 2)


async def _measured(
    profile: EmbyProfile, count: int, library: int = LIBRARY
) -> tuple[Requests, Requests]:
    """A first sync of all collections, and one after it."""
    with TemporaryDirectory() as folder:
        async with make_world(Path(folder), profile) as world:
            _fill(world, library)
            await world.connect()
            for number in range(count):
                start = number * OWNED + 1
                titles = [film(n) for n in range(start, start + OWNED)]
                titles += [film(library + n) for n in range(LISTED - OWNED)]
                world.mdblist.add_list("demo", f"list-{number}", f"List {number}", titles)
                await world.define(f"demo/list-{number}", f"List {number}")
            return await _counted(world), await _counted(world)


def _fill(world: World, library: int) -> None:
    """A library that has been there for a day: what is fresh counts as changed."""
    own(world.emby, *[film(number) for number in range(1, library + 1)])
    for item in world.emby.items:
        item.saved -= timedelta(days=1)


async def _counted(world: World) -> Requests:
    run = await world.sync_all()
    assert run.status is RunStatus.SUCCESS, run.message
    return Requests(len(world.reads()), len(world.writes()))
