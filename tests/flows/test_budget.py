"""The first sync of a long list against a large library, counted at the stand-in."""

import math

from collectarr.models import RunStatus
from tests.flows.world import World, film, own

LIBRARY, LIST = 10_000, 1_000
CONSTANT = 12
"""Check (4 or 5), proving the delta filter (up to 4), box sets twice, the whole object once."""


async def test_a_first_sync_keeps_within_the_request_budget(world: World) -> None:
    own(world.emby, *[film(n) for n in range(1, LIBRARY + 1)])
    titles = [film(n * 7) for n in range(1, LIST + 1)]
    world.mdblist.add_list("demo", "films", "Films", titles)
    await world.connect()
    collection = await world.define()
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS, run.message
    assert len(world.members()) == LIST
    counted = {"reads": len(world.reads()), "writes": len(world.writes())}
    assert run.requests == {str(world.server.id): counted}
    assert counted["reads"] <= math.ceil(LIBRARY / 1000) + CONSTANT, world.reads()
    characters = sum(len(item.id) + 1 for item in world.emby.items[:LIST])
    assert counted["writes"] <= 3 + math.ceil(characters / 3_500), world.writes()
