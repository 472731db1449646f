"""Lists kept by hand, all the way to Emby."""

from collectarr.models import Kind, RunStatus
from collectarr.store import collections, lists
from collectarr.store.collections import Collection
from collectarr.sync.define import Definition, ListChoice, define_collection
from collectarr.sync.manual import add_text, edit, remove, restore
from collectarr.sync.show import TitleRow, titles_and_rest
from collectarr.sync.starters import apply_starter, starter
from tests.flows.world import World, film, own, show


async def by_hand(world: World, name: str = "Mine") -> Collection:
    definition = Definition(name, (ListChoice("manual"),))
    return await define_collection(world.db, world.outside, world.user.id, definition)


async def rows(world: World, collection: Collection) -> list[TitleRow]:
    return (await titles_and_rest(world.db, world.outside, collection)).rows


async def test_pasted_ids_become_a_box_set(world: World) -> None:
    own(world.emby, film(1), film(2), film(3), show(4), film(5))
    await world.connect()
    collection = await by_hand(world)
    added = await add_text(
        world.db,
        collection,
        "tt0000001\ntmdb:2\nhttps://www.imdb.com/title/tt9000004/\nmovie: Film 5 (2000)\n"
        "tmdb:2\nnonsense\ntmdb:77",
    )
    assert (added.added, added.duplicate) == (5, 1)
    assert [line.line for line in added.not_understood] == [6]
    run = await world.sync(collection)
    assert (run.status, run.message) == (RunStatus.SUCCESS, "Added 4 titles.")
    assert world.members("Mine") == {"Film 1", "Film 2", "Show 4", "Film 5"}


async def test_an_imdb_id_is_settled_by_the_library_that_has_it(world: World) -> None:
    own(world.emby, film(1), show(4))
    await world.connect()
    collection = await by_hand(world)
    await add_text(world.db, collection, "tt9000004\ntt0000001\ntmdb:1\ntt0000099")
    before = await rows(world, collection)
    assert [row.title.kind for row in before[:2]] == [Kind.UNKNOWN, Kind.UNKNOWN]
    assert [row.title.title for row in before] == ["tt9000004", "tt0000001", "tmdb:1", "tt0000099"]
    await world.sync(collection)
    settled = await rows(world, collection)
    assert [(row.title.kind, row.title.title, row.title.year) for row in settled[:2]] == [
        (Kind.SHOW, "Show 4", 2000),
        (Kind.MOVIE, "Film 1", 2000),
    ]
    assert [row.in_library for row in settled[:2]] == [True, True]
    assert (settled[-1].title.title, settled[-1].title.kind) == ("tt0000099", Kind.UNKNOWN)
    assert not settled[-1].in_library
    assert world.members("Mine") == {"Film 1", "Show 4"}
    later = await add_text(world.db, collection, "tt9000004\ntmdb:show:4\ntvdb:50004\ntmdb:1")
    assert (later.added, later.duplicate) == (0, 4)


async def test_what_no_library_has_is_settled_by_a_source(world: World) -> None:
    own(world.emby, film(9))
    world.mdblist.add_list("demo", "films", "Films", [film(1), film(2), show(4)])
    await world.connect()
    collection = await by_hand(world)
    await add_text(world.db, collection, "tt0000001\ntmdb:2\ntmdb:show:4\ntmdb:77")
    await world.sync(collection)
    assert [(row.title.kind, row.title.title) for row in await rows(world, collection)] == [
        (Kind.MOVIE, "Film 1"),
        (Kind.MOVIE, "Film 2"),
        (Kind.SHOW, "Show 4"),
        (Kind.MOVIE, "tmdb:77"),
    ]
    own(world.emby, film(2))
    await world.sync(collection)
    assert world.members("Mine") == {"Film 2"}


async def test_film_1396_is_not_show_1396(world: World) -> None:
    own(world.emby, film(1396), show(1396))
    await world.connect()
    films, shows = await by_hand(world, "Films"), await by_hand(world, "Shows")
    await add_text(world.db, films, "tmdb:1396")
    await add_text(world.db, shows, "tmdb:show:1396")
    await world.sync(films)
    await world.sync(shows)
    assert world.members("Films") == {"Film 1396"}
    assert world.members("Shows") == {"Show 1396"}
    assert [row.title.title for row in await rows(world, films)] == ["Film 1396"]
    both = await add_text(world.db, films, "tmdb:show:1396")
    assert (both.added, both.duplicate) == (1, 0)


async def test_what_is_taken_off_leaves_emby_and_comes_back(world: World) -> None:
    own(world.emby, film(1), film(2), film(3))
    await world.connect()
    collection = await by_hand(world)
    await add_text(world.db, collection, "tmdb:1\ntmdb:2\ntmdb:3")
    await world.sync(collection)
    second = (await rows(world, collection))[1]
    token = await remove(world.db, collection, second.key or "")
    await world.sync(collection)
    assert world.members("Mine") == {"Film 1", "Film 3"}
    await restore(world.db, collection, token)
    await world.sync(collection)
    assert world.members("Mine") == {"Film 1", "Film 2", "Film 3"}
    assert [row.key for row in await rows(world, collection)][1] == second.key


async def test_a_moved_title_takes_what_is_known_of_it_along(world: World) -> None:
    own(world.emby, film(1), film(3))
    await world.connect()
    collection = await by_hand(world)
    await add_text(world.db, collection, "tmdb:1\ntmdb:2\ntmdb:3")
    await world.sync(collection)
    last = (await rows(world, collection))[-1]
    await edit(world.db, collection, last.key or "", position=1, note="first of all")
    shown = await rows(world, collection)
    assert [(row.title.ids.tmdb, row.in_library) for row in shown] == [
        (3, True),
        (1, True),
        (2, False),
    ]
    assert shown[0].note == "first of all"
    run = await world.sync(collection)
    assert (run.status, world.writes()) == (RunStatus.SUCCESS, [])


async def test_once_settled_a_sync_asks_and_writes_nothing_more(world: World) -> None:
    own(world.emby, film(1), show(4))
    await world.connect()
    collection = await by_hand(world)
    await add_text(world.db, collection, "tt0000001\ntt9000004")
    await world.sync(collection)
    await world.sync(collection)
    known = await lists.get_lists(world.db, [collection.lists[0].list_id])
    run = await world.sync(collection)
    assert (run.status, world.writes(), len(world.reads())) == (RunStatus.SUCCESS, [], 2)
    assert await lists.get_lists(world.db, [collection.lists[0].list_id]) == known


async def test_a_list_by_hand_goes_beside_a_list_from_a_source(world: World) -> None:
    own(world.emby, film(1), film(2), film(3))
    world.mdblist.add_list("demo", "films", "Films", [film(1), film(2)])
    await world.connect()
    collection = await world.define()
    await add_text(world.db, collection, "tmdb:2\ntmdb:3")
    fresh = await collections.get_collection(world.db, world.user.id, collection.id)
    assert len(fresh.lists) == 2
    await world.sync(fresh)
    assert world.members() == {"Film 1", "Film 2", "Film 3"}


async def test_a_starter_works_without_any_key(world: World) -> None:
    first = starter("westerns").titles[:3]
    own(world.emby, *first, film(1))
    await world.connect()
    collection = await apply_starter(world.db, world.outside, world.user.id, "westerns")
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS
    assert world.members("Westerns") == {title.title for title in first}
    assert len(await rows(world, collection)) == len(starter("westerns").titles)
