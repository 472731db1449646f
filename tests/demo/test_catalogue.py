"""The catalogue, the library made from it, and the drawn posters."""

import io
from collections import Counter
from typing import Any

import pytest
from PIL import Image

from collectarr.demo import catalogue, posters
from collectarr.demo.emby import EmbyStandIn
from collectarr.models import Kind


def test_the_catalogue_holds_films_and_shows_with_their_ids() -> None:
    kinds = Counter(entry.title.kind for entry in catalogue.load())
    assert kinds == {Kind.MOVIE: 1500, Kind.SHOW: 31}
    first = catalogue.load()[0]
    assert (first.title.title, first.title.ids.imdb) == ("Inception", "tt1375666")
    assert "Thriller" in first.genres


def _library() -> Any:
    stand_in = EmbyStandIn()
    catalogue.demo_library(stand_in)
    return stand_in


def test_the_demo_library_is_the_same_each_time() -> None:
    one, two = _library(), _library()
    assert [item.name for item in one.items] == [item.name for item in two.items]


def test_the_demo_library_owns_some_titles_some_without_ids_some_twice() -> None:
    films = [item for item in _library().items if item.type == "Movie"]
    shows = [item for item in _library().items if item.type == "Series"]
    assert len(shows) == catalogue.SHOWS_OWNED
    twice = Counter((film.name, film.year) for film in films)
    assert len(twice) == catalogue.MOVIES_OWNED
    assert len(films) - len(twice) == 12
    missing = Counter(tuple(sorted(film.provider_ids)) for film in films)
    assert {(), ("Imdb",), ("Tmdb",)} < missing.keys()
    assert missing["Imdb", "Tmdb"] > 500


@pytest.mark.parametrize(
    "title",
    [
        "Up",
        "The Lord of the Rings: The Fellowship of the Ring",
        "千と千尋の神隠し",
        "WALL·E",
        "x" * 80,
    ],
)
def test_a_poster_is_two_by_three_whatever_the_title(title: Any) -> None:
    with Image.open(io.BytesIO(posters.poster(title, 2001))) as picture:
        assert (picture.format, picture.size) == ("JPEG", (posters.WIDTH, posters.HEIGHT))


def test_a_poster_is_always_the_same_and_differs_from_others() -> None:
    first = posters.poster("Alien", 1979)
    posters.poster.cache_clear()
    assert posters.poster("Alien", 1979) == first
    assert posters.poster("Aliens", 1986) != first


def test_a_poster_can_be_had_smaller() -> None:
    with Image.open(io.BytesIO(posters.poster("Alien", 1979, 100))) as picture:
        assert picture.size == (100, 150)
