"""What rows of Trakt become: titles with what filters need, and lists."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from collectarr.demo.trakt import TraktStandIn
from collectarr.demo.trakt.rows import Row, episode_row, person_row, season_row
from collectarr.errors import UnexpectedAnswerError
from collectarr.models import Ids, Kind, ListItem, Title
from collectarr.sources import Credential
from collectarr.sources.trakt import Trakt
from collectarr.sources.trakt.rows import item_row, list_info, titles_in

Shows = Callable[[int], list[Title]]
MOVIE = {
    "title": "TRON: Legacy",
    "year": 2010,
    "ids": {"trakt": 1, "slug": "tron-legacy-2010", "imdb": "tt1104001", "tmdb": 20526},
    "released": "2010-12-17",
    "rating": 6.87,
    "votes": 20000,
    "genres": ["action", "Science Fiction", "Sci-Fi", None, ""],
    "images": {"poster": ["media.trakt.tv/images/movies/000/000/001/posters/medium/9.jpg.webp"]},
}
SHOW = {"title": "Agent", "year": 2015, "ids": {"trakt": 7, "tvdb": 281, "imdb": None, "tmdb": 6}}
LISTED = "2015-07-16T15:01:36.000Z"


def listed(movie: dict[str, Any] | None = None, **row: Any) -> ListItem | None:
    wrapped = {"rank": 3, "id": 9, "listed_at": LISTED, "type": "movie", "movie": movie or MOVIE}
    return item_row({**wrapped, **row}).item


def of_movie(**changes: Any) -> ListItem:
    found = listed({**MOVIE, **changes})
    assert found is not None
    return found


def test_a_row_carries_all_that_filters_and_orders_need() -> None:
    assert listed() == ListItem(
        rank=0,
        title=Title(Kind.MOVIE, "TRON: Legacy", 2010, Ids("tt1104001", 20526, None, 1)),
        poster="https://media.trakt.tv/images/movies/000/000/001/posters/medium/9.jpg.webp",
        genres=("action", "science-fiction", "science-fiction"),
        rating=69,
        released=date(2010, 12, 17),
        added_at=datetime(2015, 7, 16, 15, 1, 36, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"images": {"poster": []}}, "poster"),
        ({"images": None}, "poster"),
        ({"images": {"poster": ["example.com/a.jpg"]}}, "poster"),
        ({"images": {"poster": ["media.trakt.tv@example.com/a.jpg"]}}, "poster"),
        ({"images": {"poster": ["http://media.trakt.tv/a.jpg"]}}, "poster"),
        ({"images": {"poster": [None]}}, "poster"),
        ({"rating": 0.0}, "rating"),
        ({"rating": 6.9, "votes": 0}, "rating"),
        ({"rating": "6.9"}, "rating"),
        ({"rating": 11}, "rating"),
        ({"released": None}, "released"),
        ({"released": "soon"}, "released"),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_none(change: dict[str, Any], field: str) -> None:
    assert getattr(of_movie(**change), field) is None


def test_a_picture_may_come_with_its_scheme_or_from_the_other_host() -> None:
    images = {"poster": ["https://walter-r2.trakt.tv/a.webp"]}
    assert of_movie(images=images).poster == "https://walter-r2.trakt.tv/a.webp"


def test_any_id_and_the_year_may_be_missing() -> None:
    found = of_movie(year=None, ids={"trakt": 460195, "slug": None, "imdb": None, "tmdb": None})
    assert found.title == Title(Kind.MOVIE, "TRON: Legacy", None, Ids(trakt=460195))
    assert of_movie(ids=None).title.ids == Ids()
    assert of_movie(title=None).title.title == "imdb:tt1104001"
    assert listed({**MOVIE, "title": "", "ids": {}}) is None


def test_a_show_is_released_when_it_is_first_aired() -> None:
    show = {**SHOW, "first_aired": "2015-01-07T02:00:00.000Z"}
    found = item_row({"watchers": 5, "show": show}).item
    assert found is not None
    assert (found.released, found.title.kind) == (date(2015, 1, 7), Kind.SHOW)
    assert found.title.ids == Ids(None, 6, 281, 7)


@pytest.mark.parametrize("key", ["collected_at", "last_collected_at", "listed_at"])
def test_when_it_was_put_on_the_list_has_several_names(key: str) -> None:
    found = item_row({key: LISTED, "movie": MOVIE}).item
    assert found is not None
    assert found.added_at == datetime(2015, 7, 16, 15, 1, 36, tzinfo=UTC)


def test_bare_objects_are_what_was_asked_for() -> None:
    assert item_row(MOVIE, Kind.MOVIE).item == item_row({"movie": MOVIE}).item
    with pytest.raises(UnexpectedAnswerError):
        item_row(MOVIE)


@pytest.mark.parametrize("word", ["season", "episode"])
def test_seasons_and_episodes_are_their_show(word: str) -> None:
    part = {"number": 1, "ids": {"trakt": 11, "imdb": None, "tmdb": None}}
    found = item_row({"id": 5, "type": word, word: part, "show": SHOW}).item
    assert found is not None
    assert (found.via, found.title.kind, found.title.title) == (word, Kind.SHOW, "Agent")


@pytest.mark.parametrize(
    "row",
    [
        {"type": "person", "person": {"name": "Robin", "ids": {"trakt": 4}}},
        {"type": "hologram", "hologram": {"ids": {"trakt": 4}}},
        {"type": "movie", "movie": None},
        {"type": "episode", "episode": {"ids": {}}, "show": None},
    ],
)
def test_what_is_no_title_is_a_row_all_the_same(row: Row) -> None:
    assert item_row({"id": 5, **row}).item is None
    assert item_row({"id": 5, **row}).mark != item_row({"id": 6, **row}).mark


def test_a_show_wins_over_its_seasons_and_is_there_once() -> None:
    season = {"id": 1, "type": "season", "season": {"ids": {"trakt": 70}}, "show": SHOW}
    episode = {"id": 2, "type": "episode", "episode": {"ids": {"trakt": 71}}, "show": SHOW}
    show = {"id": 4, "type": "show", "show": SHOW}
    film = {"id": 3, "type": "movie", "movie": MOVIE}
    rows = [item_row(row) for row in (season, episode, film, show, film)]
    kept = titles_in(rows)
    assert [(item.rank, item.title.title, item.via) for item in kept] == [
        (1, "TRON: Legacy", None),
        (2, "Agent", None),
    ]
    [only, _] = titles_in(rows[:3])
    assert (only.rank, only.via) == (1, "season")


async def test_a_mixed_list_is_read_without_a_loss(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, shows: Shows
) -> None:
    first, second = (stand_in.world.row_of(show) for show in shows(2))
    rows = [
        season_row(first["show"]),
        second,
        episode_row(second["show"], 1, 3),
        person_row("Robin", 77),
        first,
        season_row(first["show"], 2),
    ]
    stand_in.add_list("ann", "mixed", "Mixed", rows)
    read = await trakt.read("users/ann/lists/mixed", nobody)
    assert [(item.title.title, item.via) for item in read.items] == [
        ("Show 2", None),
        ("Show 1", None),
    ]
    # The person is left out at Trakt already.
    assert (read.short_by, read.info.item_count) == (0, 5)


@pytest.mark.parametrize("slug", [None, ""])
def test_an_official_list_is_known_by_its_number(slug: str | None) -> None:
    user = {"username": "Trakt", "private": False, "ids": {"slug": slug}}
    info = list_info({"name": "Best", "privacy": "public", "user": user, "ids": {"trakt": 41}})
    assert (info.reference, info.source_id, info.public) == ("lists/41", "lists/41", True)
    assert (info.owner, info.url) == ("Trakt", "https://trakt.tv/lists/41")


@pytest.mark.parametrize(
    ("privacy", "private", "public"),
    [
        ("public", False, True),
        ("public", True, False),
        ("link", False, False),
        ("friends", False, False),
        ("private", False, False),
        (None, False, False),
    ],
)
def test_a_list_is_public_only_if_trakt_says_so(
    privacy: str | None, private: bool, public: bool
) -> None:
    user = {"private": private, "ids": {"slug": "ann"}}
    row = {"privacy": privacy, "user": user, "ids": {"trakt": 41, "slug": "best"}}
    assert list_info(row).public is public


@pytest.mark.parametrize("row", [None, [], {}, {"ids": {}}, {"ids": {"trakt": "x"}}, {"list": 5}])
def test_something_that_is_no_list_is_an_error(row: Any) -> None:
    with pytest.raises(UnexpectedAnswerError):
        list_info(row)
