"""Collections of several lists, with rules, over real sockets."""

from collectarr.demo.emby import PROFILE_32, EmbyStandIn, running
from collectarr.models import Merge, Order, Rules, RunStatus, Title
from collectarr.store import collections as stored
from collectarr.store.collections import Collection, get_collection
from collectarr.sync.define import Definition, ListChoice, define_collection, redefine_collection
from collectarr.sync.show import titles_and_rest
from tests.flows.world import World, film, own, show


async def define(
    world: World, name: str, *lists: tuple[str, str], rules: Rules | None = None, **options: object
) -> Collection:
    choices = tuple(ListChoice("mdblist", f"demo/{slug}", op) for slug, op in lists)
    definition = Definition(name, choices, rules=rules, **options)  # type: ignore[arg-type]
    return await define_collection(world.db, world.outside, world.user.id, definition)


async def change(world: World, collection: Collection, **options: object) -> Collection:
    collection = await get_collection(world.db, world.user.id, collection.id)
    definition = Definition(None, (), **options)  # type: ignore[arg-type]
    return await redefine_collection(world.db, world.outside, collection, definition)


def listed(world: World, slug: str, *titles: Title) -> None:
    world.mdblist.add_list("demo", slug, slug.capitalize(), list(titles))


async def shown(world: World, collection: Collection) -> list[tuple[str, bool]]:
    """Names in the order of our pages, and whether some server has them there."""
    collection = await get_collection(world.db, world.user.id, collection.id)
    rows = (await titles_and_rest(world.db, world.outside, collection)).rows
    return [(row.title.title, row.in_library) for row in rows]


async def test_rules_make_exactly_the_members_that_they_say(world: World) -> None:
    own(world.emby, *(film(n, year=1990 + n) for n in range(1, 13)), show(1))
    listed(world, "best", *(film(n, year=1990 + n) for n in (5, 3, 4, 1, 30)), show(1))
    listed(world, "new", *(film(n, year=1990 + n) for n in (9, 3, 8, 7)))
    listed(world, "seen", film(7, year=1997))
    await world.connect()
    collection = await define(
        world, "Films", ("best", "union"), ("new", "union"), ("seen", "minus"),
        merge=Merge.TURNS,
        rules=Rules(year_from=1993, order=Order.YEAR, descending=True, limit=4),
        pins=(film(1, year=1991),),
        exclusions=(film(9, year=1999),),
    )  # fmt: skip
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS, run.message
    assert world.members() == {"Film 1", "Show 1", "Film 8"}
    assert await shown(world, collection) == [
        ("Film 1", True),
        ("Film 30", False),
        ("Show 1", True),
        ("Film 8", True),
    ]


async def test_an_unchanged_collection_with_rules_costs_two_reads(world: World) -> None:
    own(world.emby, film(1), film(2))
    listed(world, "films", film(1), film(2), film(3))
    listed(world, "others", film(2))
    await world.connect()
    others = await define(world, "Others", ("others", "union"))
    collection = await define(world, "Films", ("films", "union"), rules=Rules(not_in=(others.id,)))
    await world.sync_all()
    await world.sync_all()
    run = await world.sync_all()
    assert run.status is RunStatus.SUCCESS, run.message
    assert (len(world.reads()) <= 2, world.writes()) == (True, [])
    assert world.members() == {"Film 1"}
    assert await shown(world, collection) == [("Film 1", True), ("Film 3", False)]


async def test_a_lower_limit_takes_out_what_the_guard_allows(world: World) -> None:
    own(world.emby, *(film(n) for n in range(1, 21)))
    listed(world, "films", *(film(n) for n in range(1, 21)))
    await world.connect()
    collection = await define(world, "Films", ("films", "union"))
    await world.sync(collection)
    assert len(world.members()) == 20
    await change(world, collection, rules=Rules(limit=17))
    run = await world.sync(collection)
    assert (run.status, run.counts["removed"]) == (RunStatus.SUCCESS, 3), run.message
    assert world.members() == {f"Film {n}" for n in range(1, 18)}
    await change(world, collection, rules=Rules(limit=5))
    run = await world.sync(collection)
    assert (run.status, run.counts["waiting"]) == (RunStatus.HELD, 12), run.message
    assert len(world.members()) == 17


async def test_what_is_shown_after_a_new_order_is_still_what_was_found(world: World) -> None:
    own(world.emby, film(1, "Brazil"), film(2, "Alien"))
    listed(world, "films", film(1, "Brazil"), film(3, "Casablanca"), film(2, "Alien"))
    await world.connect()
    collection = await define(world, "Films", ("films", "union"))
    await world.sync(collection)
    await change(world, collection, rules=Rules(order=Order.TITLE, descending=True))
    by_title = [("Casablanca", False), ("Brazil", True), ("Alien", True)]
    assert await shown(world, collection) == by_title
    await world.sync(collection)
    assert await shown(world, collection) == by_title


async def test_each_server_gets_the_first_so_many_that_it_holds(world: World) -> None:
    own(world.emby, film(2), film(4), film(5))
    listed(world, "films", *(film(n) for n in range(1, 9)))
    other = EmbyStandIn(PROFILE_32, server_name="Cabin", settle_seconds=0.05, event_seconds=0.05)
    other.add_library("Movies", "movies", "/media/Movies")
    own(other, film(1), film(5), film(6), film(7))
    async with running(other) as url:
        await world.connect()
        await world.connect(url)
        collection = await define(
            world, "Films", ("films", "union"), rules=Rules(in_library=True, limit=2)
        )
        run = await world.sync(collection)
        assert run.status is RunStatus.SUCCESS, run.message
        assert (run.counts["wanted"], run.counts["owned"]) == (4, 4)
        assert world.members() == {"Film 2", "Film 4"}
        box = other.box_set("Films")
        assert box is not None
        assert {other.item(key).name for key in other.members(box.id)} == {"Film 1", "Film 5"}
        assert await shown(world, collection) == [(f"Film {n}", True) for n in (1, 2, 4, 5)]
        # One more at the top: what is now beyond the limit goes, on that server alone.
        own(world.emby, film(1))
        run = await world.sync(collection)
        assert world.members() == {"Film 1", "Film 2"}
        assert {other.item(key).name for key in other.members(box.id)} == {"Film 1", "Film 5"}
        assert (run.counts["added"], run.counts["removed"]) == (1, 1)


async def test_what_another_collection_takes_is_left_out_and_followed(world: World) -> None:
    own(world.emby, *(film(n) for n in range(1, 9)))
    listed(world, "films", *(film(n) for n in range(1, 9)))
    listed(world, "best", film(1), film(2), film(3))
    await world.connect()
    best = await define(world, "Best", ("best", "union"), rules=Rules(limit=2))
    rest = await define(world, "Rest", ("films", "union"), rules=Rules(not_in=(best.id,)))
    await world.sync(rest)
    assert world.members("Rest") == {f"Film {n}" for n in range(3, 9)}
    # Its rules count ...
    await change(world, best, rules=Rules(limit=3))
    await world.sync(rest)
    assert world.members("Rest") == {f"Film {n}" for n in range(4, 9)}
    # ... and its lists, which are read along ...
    world.mdblist.set_items("demo", "best", [film(1), film(2), film(4)])
    await world.sync(rest)
    assert world.members("Rest") == {"Film 3", *(f"Film {n}" for n in range(5, 9))}
    # ... unless it is paused.
    await change(world, best, enabled=False)
    world.mdblist.set_items("demo", "best", [film(5)])
    await world.sync(rest)
    assert "Film 5" in world.members("Rest")
    await stored.delete_collection(world.db, best.id)
    await world.sync(rest)
    assert world.members("Rest") == {f"Film {n}" for n in range(1, 9)}


async def test_of_two_that_leave_out_each_other_neither_takes_what_both_list(world: World) -> None:
    own(world.emby, *(film(n) for n in range(1, 5)))
    listed(world, "one", film(1), film(2))
    listed(world, "two", film(2), film(3))
    await world.connect()
    one = await define(world, "One", ("one", "union"))
    two = await define(world, "Two", ("two", "union"), rules=Rules(not_in=(one.id,)))
    await world.sync_all()
    assert (world.members("One"), world.members("Two")) == ({"Film 1", "Film 2"}, {"Film 3"})
    await change(world, one, rules=Rules(not_in=(two.id,)))
    await world.sync_all()
    assert (world.members("One"), world.members("Two")) == ({"Film 1"}, {"Film 3"})


async def test_what_leaves_out_a_collection_that_leaves_out_a_third_goes_by_its_outcome(
    world: World,
) -> None:
    own(world.emby, *(film(n) for n in range(1, 7)))
    for slug, numbers in (("top", (1, 2)), ("good", (1, 2, 3, 4)), ("all", (2, 3, 4, 5, 6))):
        listed(world, slug, *(film(n) for n in numbers))
    await world.connect()
    top = await define(world, "Top", ("top", "union"))
    good = await define(world, "Good", ("good", "union"), rules=Rules(not_in=(top.id,), limit=1))
    rest = await define(world, "Rest", ("all", "union"), rules=Rules(not_in=(good.id,)))
    await world.sync(rest)
    assert world.members("Rest") == {"Film 2", "Film 4", "Film 5", "Film 6"}


async def test_of_one_that_takes_what_the_library_holds_only_that_is_left_out(world: World) -> None:
    own(world.emby, *(film(n) for n in range(2, 6)))
    listed(world, "films", *(film(n) for n in range(1, 6)))
    await world.connect()
    first = await define(world, "First", ("films", "union"), rules=Rules(in_library=True, limit=2))
    rest = await define(world, "Rest", ("films", "union"), rules=Rules(not_in=(first.id,)))
    await world.sync(first)
    await world.sync(rest)
    assert world.members("First") == {"Film 2", "Film 3"}
    assert world.members("Rest") == {"Film 4", "Film 5"}
    assert await shown(world, rest) == [("Film 1", False), ("Film 4", True), ("Film 5", True)]
    own(world.emby, film(1))
    await world.sync(first)
    await world.sync(rest)
    assert world.members("First") == {"Film 1", "Film 2"}
    assert world.members("Rest") == {"Film 3", "Film 4", "Film 5"}
