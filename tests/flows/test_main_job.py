"""A list becomes an Emby collection and stays it."""

from collectarr.models import RunStatus
from tests.flows.world import World, film, own, show


async def test_a_list_becomes_a_collection_with_exactly_the_owned_titles(world: World) -> None:
    wanted = [film(n) for n in range(1, 9)] + [show(1)]
    own(world.emby, *wanted[:4], wanted[8], film(100), show(2))
    world.mdblist.add_list("demo", "films", "Films", wanted)
    await world.connect()
    run = await world.sync(await world.define())
    assert (run.status, run.message) == (RunStatus.SUCCESS, "Added 5 titles.")
    assert world.members() == {"Film 1", "Film 2", "Film 3", "Film 4", "Show 1"}


async def test_synced_again_after_settling_it_writes_nothing_and_reads_twice(
    world: World,
) -> None:
    own(world.emby, *[film(n) for n in range(1, 9)])
    world.mdblist.add_list("demo", "films", "Films", [film(n) for n in range(1, 20)])
    await world.connect()
    collection = await world.define()
    await world.sync(collection)
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS
    assert world.writes() == []
    if world.server.version.startswith("3.2"):
        assert len(world.reads()) == 2, world.reads()
    else:
        assert len(world.reads()) == 2, world.reads()
    assert run.requests == {str(world.server.id): {"reads": 2, "writes": 0}}
