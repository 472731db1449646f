"""Pages that do not fit together, and twins of which one is private, up to the collection."""

from tests.flows.neighbours import Street, films
from tests.flows.world import World, own, show


async def test_pages_that_overlap_take_nothing_out(world: World) -> None:
    own(world.emby, *films(1, 40))
    world.mdblist.largest_page = 10
    world.mdblist.add_list("demo", "films", "Films", films(1, 40))
    await world.connect()
    collection = await world.define()
    await world.sync(collection)
    before = world.members()
    assert len(before) == 40
    world.mdblist.paging.overlaps[20] = 3
    run = await world.sync(collection, forced=True)
    assert "keeps changing" in (run.message or "")
    assert world.members() == before


async def test_a_private_twin_reaches_nobody_through_the_public_one(people: Street) -> None:
    world, anna, ben = people
    world.mdblist.add_list("anna", "films", "Films", films(1, 3), mediatype="movie")
    world.mdblist.add_list(
        "anna", "films", "Films", [show(5, "Hidden")], mediatype="show", private=True
    )
    hers, his = await anna.define("anna/films"), await ben.define("anna/films")
    await anna.sync(hers)
    await ben.sync(his)
    assert "Hidden" not in await ben.titles(his)
    assert (await ben.list_of(his)).audience == "public"
    assert len(await anna.titles(hers)) == len(await ben.titles(his)) == 3
