"""How much of a list each library holds, by ids."""

import pytest

from collectarr.models import Ids, Item, Kind, Library, Title
from collectarr.store import servers
from collectarr.store.coverage import LibraryCoverage, library_coverage
from collectarr.store.db import Database
from collectarr.store.users import User
from tests.stored import person, server_of

LIBRARIES = [
    Library("l1", "Movies", "movies", ("/films",)),
    Library("l2", "Series", "tvshows", ("/series",)),
    Library("l3", "Mixed", "", ("/mixed",)),
]


def owned(item_id: str, library: str, title: Title) -> Item:
    return Item(id=item_id, title=title, library_id=library)


@pytest.fixture
async def anna(db: Database) -> User:
    return await person(db)


async def hold(db: Database, server_id: int, *items: Item) -> None:
    await servers.save_items(db, server_id, items, whole=True)


async def test_each_library_counts_what_it_holds_of_its_kind(db: Database, anna: User) -> None:
    server = await server_of(db, anna, libraries=LIBRARIES)
    film = Title(Kind.MOVIE, "Film", 1999, Ids(tmdb=1396))
    show = Title(Kind.SHOW, "Show", 2008, Ids(tmdb=1396))
    await hold(db, server.id, owned("1", "l1", film))
    found = await library_coverage(db, anna.id, [film, show])
    assert {one.library: (one.owned, one.total) for one in found} == {
        "Mixed": (0, 2),
        "Movies": (1, 1),
        "Series": (0, 1),
    }


async def test_a_title_counts_once_whichever_of_its_ids_are_known(db: Database, anna: User) -> None:
    server = await server_of(db, anna, libraries=LIBRARIES)
    whole = Title(Kind.MOVIE, "Film", 1999, Ids("tt0000001", 1, 2))
    await hold(db, server.id, owned("1", "l1", whole), owned("2", "l1", whole))
    for ids in (Ids("tt0000001", 1, 2), Ids(imdb="tt0000001"), Ids(tmdb=1), Ids(tvdb=2)):
        found = await library_coverage(db, anna.id, [Title(Kind.MOVIE, "x", None, ids)])
        assert [one.owned for one in found if one.library == "Movies"] == [1], ids


async def test_an_imdb_id_of_no_known_kind_is_found(db: Database, anna: User) -> None:
    server = await server_of(db, anna, libraries=LIBRARIES)
    show = Title(Kind.SHOW, "Show", 2008, Ids("tt0903747"))
    await hold(db, server.id, owned("1", "l2", show))
    unknown = Title(Kind.UNKNOWN, "tt0903747", None, Ids("tt0903747"))
    found = await library_coverage(db, anna.id, [unknown])
    assert {one.library: one.owned for one in found} == {"Mixed": 0, "Movies": 0, "Series": 1}


async def test_only_ones_own_servers_are_looked_at(db: Database, anna: User) -> None:
    ben = await person(db, "ben")
    await server_of(db, ben, libraries=LIBRARIES)
    assert await library_coverage(db, anna.id, []) == []
    server = await server_of(db, anna, libraries=LIBRARIES[:1])
    expected = LibraryCoverage(server.id, "Den", "l1", "Movies", 0, 0)
    assert await library_coverage(db, anna.id, []) == [expected]
