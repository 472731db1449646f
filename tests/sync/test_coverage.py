"""How much of a list each library holds, as a sync would find it."""

import pytest

from collectarr.models import Ids, Item, Kind, Library, Title
from collectarr.store import servers
from collectarr.store.db import Database
from collectarr.store.users import User
from collectarr.sync.coverage import LibraryCoverage, library_coverage, places_of_all
from collectarr.sync.holdings import Holdings
from tests.flows.world import World
from tests.stored import person, server_of

LIBRARIES = [
    Library("l1", "Movies", "movies", ("/films",)),
    Library("l2", "Series", "tvshows", ("/series",)),
    Library("l3", "Mixed", "", ("/mixed",)),
]


def owned(item_id: str, library: str, title: Title) -> Item:
    return Item(id=item_id, title=title, library_id=library)


@pytest.fixture
async def db(world: World) -> Database:
    return world.db


@pytest.fixture
async def anna(db: Database) -> User:
    return await person(db, "anna")


async def hold(db: Database, server_id: int, *items: Item) -> None:
    await servers.save_items(db, server_id, items, whole=True)


async def test_each_library_counts_what_it_holds_of_its_kind(
    world: World, db: Database, anna: User
) -> None:
    server = await server_of(db, anna, libraries=LIBRARIES)
    film = Title(Kind.MOVIE, "Film", 1999, Ids(tmdb=1396))
    show = Title(Kind.SHOW, "Show", 2008, Ids(tmdb=1396))
    await hold(db, server.id, owned("1", "l1", film))
    found = await library_coverage(db, world.outside, anna.id, [film, show])
    assert {one.library: (one.owned, one.total) for one in found} == {
        "Mixed": (0, 2),
        "Movies": (1, 1),
        "Series": (0, 1),
    }


async def test_a_title_counts_once_whichever_of_its_ids_are_known(
    world: World, db: Database, anna: User
) -> None:
    server = await server_of(db, anna, libraries=LIBRARIES)
    whole = Title(Kind.MOVIE, "Film", 1999, Ids("tt0000001", 1, 2))
    await hold(db, server.id, owned("1", "l1", whole), owned("2", "l1", whole))
    for ids in (Ids("tt0000001", 1, 2), Ids(imdb="tt0000001"), Ids(tmdb=1), Ids(tvdb=2)):
        found = await library_coverage(
            db, world.outside, anna.id, [Title(Kind.MOVIE, "x", None, ids)]
        )
        assert [one.owned for one in found if one.library == "Movies"] == [1], ids


async def test_an_imdb_id_of_no_known_kind_is_found(world: World, db: Database, anna: User) -> None:
    server = await server_of(db, anna, libraries=LIBRARIES)
    show = Title(Kind.SHOW, "Show", 2008, Ids("tt0903747"))
    await hold(db, server.id, owned("1", "l2", show))
    unknown = Title(Kind.UNKNOWN, "tt0903747", None, Ids("tt0903747"))
    found = await library_coverage(db, world.outside, anna.id, [unknown])
    assert {one.library: one.owned for one in found} == {"Mixed": 0, "Movies": 0, "Series": 1}


async def test_only_ones_own_servers_are_looked_at(world: World, db: Database, anna: User) -> None:
    ben = await person(db, "ben")
    await server_of(db, ben, libraries=LIBRARIES)
    assert await library_coverage(db, world.outside, anna.id, []) == []
    server = await server_of(db, anna, libraries=LIBRARIES[:1])
    expected = LibraryCoverage(server.id, "Den", "l1", "Movies", 0, 0)
    assert await library_coverage(db, world.outside, anna.id, []) == [expected]


async def test_a_title_is_found_by_its_name_as_a_sync_finds_it(
    world: World, db: Database, anna: User
) -> None:
    server = await server_of(db, anna, libraries=LIBRARIES)
    await hold(db, server.id, owned("1", "l1", Title(Kind.MOVIE, "The Martian", 2015, Ids())))
    listed = [
        Title(Kind.MOVIE, "The Martian", 2015, Ids("tt3659388", 286217)),
        Title(Kind.MOVIE, "Heat", 1995, Ids("tt0113277")),
    ]
    found = await library_coverage(db, world.outside, anna.id, listed)
    assert [(one.owned, one.total) for one in found if one.library == "Movies"] == [(1, 2)]
    places = await places_of_all(db, world.outside, anna.id, listed)
    assert places == [(server.id, "1"), None]


async def test_what_came_to_the_library_since_counts_at_once(
    world: World, db: Database, anna: User
) -> None:
    server = await server_of(db, anna, libraries=LIBRARIES)
    heat = Title(Kind.MOVIE, "Heat", 1995, Ids("tt0113277"))
    assert await places_of_all(db, world.outside, anna.id, [heat]) == [None]
    await hold(db, server.id, owned("7", "l1", heat))
    assert await places_of_all(db, world.outside, anna.id, [heat]) == [(server.id, "7")]


async def test_a_library_looked_into_by_ids_alone_holds_at_least_so_many(
    world: World, db: Database, anna: User
) -> None:
    server = await server_of(db, anna, libraries=LIBRARIES[:1])
    heat = Title(Kind.MOVIE, "Heat", 1995, Ids("tt0113277"))
    await hold(db, server.id, owned("7", "l1", heat))
    for whole_below, at_least in ((2, False), (1, True)):
        world.outside.holdings = Holdings(db, whole_below)
        (found,) = await library_coverage(db, world.outside, anna.id, [heat])
        assert (found.owned, found.at_least) == (1, at_least)
