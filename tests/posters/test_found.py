"""Posters of titles that came without one: found by their ids, once, and only where asked."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from PIL import Image
from pytest_aiohttp import AiohttpServer

from collectarr.demo.tmdb import DEMO_KEY, TmdbStandIn
from collectarr.errors import NotFoundError
from collectarr.http import Upstream
from collectarr.models import Ids, Kind, Title
from collectarr.posters.cache import PosterCache
from collectarr.posters.titles import FindsPosters, Posters
from collectarr.sources.tmdb import NEEDS, Tmdb

ALIEN = Title(Kind.MOVIE, "Alien", 1979, Ids("tt0078748", 348))
DARK = Title(Kind.SHOW, "Dark", 2017, Ids("tt5753856", 70523))
BY_IMDB = Title(Kind.UNKNOWN, "?", ids=Ids("tt0078748"))
UNKNOWN_THERE = Title(Kind.MOVIE, "Nobody's", ids=Ids(tmdb=999))


@pytest.fixture
def stand_in() -> TmdbStandIn:
    return TmdbStandIn(titles=[ALIEN, DARK])


@pytest.fixture
async def url(aiohttp_server: AiohttpServer, stand_in: TmdbStandIn) -> str:
    return str((await aiohttp_server(stand_in.app)).make_url("")).rstrip("/")


@pytest.fixture
async def upstream(url: str) -> AsyncIterator[Upstream]:
    async with aiohttp.ClientSession() as session:
        yield Upstream(session, "TMDb", url, per_second=1000, pause=0.001)


@pytest.fixture
def posters(tmp_path: Path, upstream: Upstream) -> Posters:
    return posters_of(tmp_path, upstream, Tmdb(upstream, {"api_key": DEMO_KEY}, needs=None))


def posters_of(folder: Path, upstream: Upstream, finder: FindsPosters | None) -> Posters:
    return Posters(PosterCache(folder / "cache", forget_failure=0), upstream, finder)


def paths(stand_in: TmdbStandIn) -> list[str]:
    return [seen.path for seen in stand_in.requests]


@pytest.mark.parametrize("title", [ALIEN, DARK, BY_IMDB])
async def test_a_poster_is_found_by_ids(
    posters: Posters, stand_in: TmdbStandIn, title: Title
) -> None:
    assert posters.finds(title)
    picture = Image.open(io.BytesIO(await posters.of_title(title, 160)))
    assert (picture.format, picture.width) == ("WEBP", 160)
    assert len(paths(stand_in)) == 2


async def test_it_is_fetched_once_however_many_ask_and_kept_for_good(
    posters: Posters, stand_in: TmdbStandIn, tmp_path: Path, upstream: Upstream
) -> None:
    await asyncio.gather(*(posters.of_title(ALIEN, 160) for _ in range(20)))
    assert paths(stand_in) == ["/3/movie/348", "/t/p/w500/demo-348.jpg"]
    later = posters_of(tmp_path, upstream, Tmdb(upstream, {"api_key": DEMO_KEY}, needs=None))
    assert await later.of_title(ALIEN, 160)
    assert len(stand_in.requests) == 2


async def test_a_title_without_a_poster_is_asked_for_once(
    posters: Posters, stand_in: TmdbStandIn
) -> None:
    for _ in range(3):
        with pytest.raises(NotFoundError):
            await posters.of_title(UNKNOWN_THERE, 160)
    assert paths(stand_in) == ["/3/movie/999"]
    assert not posters.finds(UNKNOWN_THERE)
    assert posters.finds(ALIEN)


async def test_a_failure_is_not_taken_for_no_poster(
    posters: Posters, stand_in: TmdbStandIn
) -> None:
    stand_in.fail("/movie/348$", status=500, times=3)
    with pytest.raises(NotFoundError):
        await posters.of_title(ALIEN, 160)
    assert posters.finds(ALIEN)
    assert await posters.of_title(ALIEN, 160)


async def test_a_film_and_a_show_of_one_number_are_two_titles(
    posters: Posters, stand_in: TmdbStandIn
) -> None:
    with pytest.raises(NotFoundError):
        await posters.of_title(Title(Kind.SHOW, "?", ids=Ids(tmdb=348)), 160)
    assert await posters.of_title(ALIEN, 160)
    assert paths(stand_in)[:2] == ["/3/tv/348", "/3/movie/348"]


@pytest.mark.parametrize("title", [Title(Kind.MOVIE, "?"), Title(Kind.MOVIE, "?", ids=Ids(tvdb=5))])
async def test_a_title_without_a_number_that_is_known_is_not_asked_for(
    posters: Posters, stand_in: TmdbStandIn, title: Title
) -> None:
    assert not posters.finds(title)
    with pytest.raises(NotFoundError):
        await posters.of_title(title, 160)
    assert not stand_in.requests


@pytest.mark.parametrize("has_finder", [True, False])
async def test_without_a_key_nothing_is_asked(
    stand_in: TmdbStandIn, tmp_path: Path, upstream: Upstream, has_finder: bool
) -> None:
    finder = Tmdb(upstream, {}, needs=NEEDS) if has_finder else None
    posters = posters_of(tmp_path, upstream, finder)
    assert not posters.finds(ALIEN)
    with pytest.raises(NotFoundError):
        await posters.of_title(ALIEN, 160)
    assert not stand_in.requests
