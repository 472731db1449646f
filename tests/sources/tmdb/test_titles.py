"""Finding titles at TMDb by name and by ids, and their posters."""

from collections.abc import Callable

import pytest

from collectarr.demo.tmdb import TmdbStandIn
from collectarr.demo.tmdb.rows import Known
from collectarr.errors import UnavailableError
from collectarr.models import Ids, Kind, Title
from collectarr.posters.titles import FindsPosters
from collectarr.sources import Credential, Resolves, SearchesTitles
from collectarr.sources.tmdb import Tmdb

Films = Callable[..., list[Title]]
NOBODY = Credential()
ALIEN = Title(Kind.MOVIE, "Alien", 1979, Ids("tt0078748", 348))
DARK = Title(Kind.SHOW, "Dark", 2017, Ids("tt5753856", 70523, 334824))


@pytest.fixture(autouse=True)
def _two(stand_in: TmdbStandIn) -> None:
    stand_in.add_titles([Known(ALIEN, (27,), 8.1, 900), Known(DARK, (10765,), 8.4, 700)])


def asked(ids: Ids, kind: Kind = Kind.MOVIE) -> Title:
    return Title(kind, "?", None, ids)


def test_it_says_what_it_can_do(tmdb: Tmdb) -> None:
    assert isinstance(tmdb, Resolves)
    assert isinstance(tmdb, SearchesTitles)
    assert isinstance(tmdb, FindsPosters)


async def test_titles_are_found_by_their_name_and_people_left_out(
    tmdb: Tmdb, stand_in: TmdbStandIn
) -> None:
    stand_in.add_titles([Title(Kind.SHOW, "The Alienist", 2018, Ids(tmdb=71769))])
    film, show = await tmdb.search_titles("alien", NOBODY)
    assert (film.title.ids.tmdb, film.title.year, film.rank) == (348, 1979, 1)
    assert (film.genres, film.rating) == (("horror",), 81)
    assert film.poster == "https://image.tmdb.org/t/p/w500/demo-348.jpg"
    assert (show.title.kind, show.title.title, show.rank) == (Kind.SHOW, "The Alienist", 2)
    assert await tmdb.search_titles("nothing of that name", NOBODY) == ()


@pytest.mark.parametrize(
    ("title", "found"),
    [
        (asked(Ids(tmdb=348)), ALIEN),
        (asked(Ids(imdb="tt0078748")), ALIEN),
        (asked(Ids(imdb="tt0078748"), Kind.UNKNOWN), ALIEN),
        (asked(Ids(imdb="tt5753856"), Kind.UNKNOWN), DARK),
        (asked(Ids(tvdb=334824), Kind.SHOW), DARK),
        (asked(Ids(tmdb=70523), Kind.SHOW), DARK),
        (asked(Ids(imdb="tt0078748", tmdb=999)), None),
        (asked(Ids(imdb="tt0078749", tmdb=348)), None),
        (asked(Ids(imdb="tt5753856")), None),
        (asked(Ids(tmdb=348), Kind.SHOW), None),
        (asked(Ids(tmdb=348), Kind.UNKNOWN), None),
        (asked(Ids(tvdb=334824), Kind.UNKNOWN), None),
        (asked(Ids(trakt=1)), None),
        (asked(Ids()), None),
    ],
)
async def test_a_title_is_known_by_its_ids_or_not_at_all(
    tmdb: Tmdb, title: Title, found: Title | None
) -> None:
    assert await tmdb.resolve([title], NOBODY) == [found]


async def test_titles_come_back_in_order_and_keep_what_was_known(tmdb: Tmdb) -> None:
    own = Title(Kind.MOVIE, "?", 1980, Ids(tmdb=348, trakt=5), "Nostromo")
    first, missing, second = await tmdb.resolve(
        [own, asked(Ids(tmdb=5)), asked(Ids(tmdb=70523), Kind.SHOW)], NOBODY
    )
    assert first == Title(Kind.MOVIE, "Alien", 1979, Ids("tt0078748", 348, None, 5), "Nostromo")
    assert (missing, second) == (None, DARK)
    assert await tmdb.resolve([], NOBODY) == []


async def test_a_title_costs_one_request_and_another_database_s_id_two(
    tmdb: Tmdb, stand_in: TmdbStandIn
) -> None:
    await tmdb.resolve([asked(Ids(tmdb=348))], NOBODY)
    assert [seen.path for seen in stand_in.requests] == ["/3/movie/348"]
    stand_in.requests.clear()
    await tmdb.resolve([asked(Ids(tvdb=334824), Kind.SHOW)], NOBODY)
    assert [seen.path for seen in stand_in.requests] == ["/3/find/334824", "/3/tv/70523"]


async def test_an_imdb_id_of_an_episode_is_no_title(tmdb: Tmdb, stand_in: TmdbStandIn) -> None:
    body = {"movie_results": [], "tv_results": [], "tv_episode_results": [{"id": 9}]}
    stand_in.fail("/find/", status=200, body=body, times=None)
    assert await tmdb.resolve([asked(Ids("tt0000009"), Kind.UNKNOWN)], NOBODY) == [None]


async def test_one_failure_is_told_instead_of_the_rest(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    stand_in.add_titles(films(30))
    stand_in.fail("/movie/17$", status=503, times=None)
    with pytest.raises(UnavailableError) as caught:
        await tmdb.resolve(films(30), NOBODY)
    assert caught.value.code == "down"


@pytest.mark.parametrize(
    ("title", "file"),
    [
        (asked(Ids(tmdb=348)), "demo-348.jpg"),
        (asked(Ids("tt0078748")), "demo-348.jpg"),
        (asked(Ids("tt5753856"), Kind.UNKNOWN), "demo-70523.jpg"),
        (asked(Ids(tmdb=5)), None),
        (asked(Ids()), None),
    ],
)
async def test_a_poster_is_found_by_the_ids_of_its_title(
    tmdb: Tmdb, stand_in: TmdbStandIn, title: Title, file: str | None
) -> None:
    assert await tmdb.poster_of(title) == file
    assert len(stand_in.requests) <= 1


@pytest.mark.parametrize("path", [None, "", "/../x.jpg", "/a.svg", 7])
async def test_a_poster_that_is_no_plain_file_is_none(
    tmdb: Tmdb, stand_in: TmdbStandIn, path: object
) -> None:
    stand_in.fail("/movie/348$", status=200, body={"id": 348, "poster_path": path})
    assert await tmdb.poster_of(asked(Ids(tmdb=348))) is None
