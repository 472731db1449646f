"""What people paste to name a list at Trakt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectarr.sources.trakt.references import parse


def parsed(text: str) -> str | None:
    found = parse(text)
    return found.text if found else None


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("users/donxy/lists/marvel-cinematic-universe", None),
        ("donxy/marvel-cinematic-universe", "users/donxy/lists/marvel-cinematic-universe"),
        ("https://trakt.tv/users/Donxy/lists/Best?sort=rank,asc", "users/donxy/lists/best"),
        ("https://app.trakt.tv/users/donxy/lists/best#top", "users/donxy/lists/best"),
        ("http://www.trakt.tv/users/donxy/lists/best/", "users/donxy/lists/best"),
        ("trakt.tv/users/donxy/lists/best", "users/donxy/lists/best"),
        ("https://api.trakt.tv/users/donxy/lists/best/items/movie", "users/donxy/lists/best"),
        ("users/donxy/lists/1248149", None),
        ("https://trakt.tv/lists/1248149", "lists/1248149"),
        ("lists/0041/items", "lists/41"),
        ("41", "lists/41"),
        ("/users/donxy/watchlist", "users/donxy/watchlist"),
        ("https://trakt.tv/users/donxy/watchlist/movies/added", "users/donxy/watchlist"),
        ("donxy/watchlist", "users/donxy/watchlist"),
        ("me/watchlist", "users/me/watchlist"),
        ("users/me/lists/best", None),
        ("users/donxy/favourites", "users/donxy/favorites"),
        ("https://trakt.tv/users/donxy/favorites/movies", "users/donxy/favorites"),
        ("https://trakt.tv/users/donxy/collection", "users/donxy/collection/movies"),
        ("https://trakt.tv/users/donxy/collection/shows/added", "users/donxy/collection/shows"),
        ("users/donxy/recommendations/movies", None),
        ("me/recommendations/shows", "users/me/recommendations/shows"),
        ("https://trakt.tv/movies/trending", "movies/trending"),
        ("shows/popular/100", None),
        ("movies/anticipated/250", "movies/anticipated"),
        ("movies/anticipated/007", "movies/anticipated/7"),
        ("https://trakt.tv/movies/watched", "movies/watched/weekly"),
        ("movies/watched/50", "movies/watched/weekly/50"),
        ("shows/played/monthly/1000", None),
        ("movies/collected/yearly", None),
        ("shows/favorited/all", None),
        ("movies/boxoffice/10", "movies/boxoffice"),
        ("movies/boxoffice/3", None),
        ("  donxy/best \n", "users/donxy/lists/best"),
    ],
)
def test_each_form_has_one_canonical_reference(text: str, reference: str | None) -> None:
    assert parsed(text) == (reference or text)
    assert parsed(parsed(text) or "") == (reference or text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "donxy",
        "me",
        "me/best",
        "lists/0",
        "lists/best",
        "users/donxy",
        "users/donxy/lists",
        "users/donxy/lists/collaborations",
        "users/donxy/history",
        "users/donxy/lists/..",
        "users/../lists/best",
        "donxy/%2e%2e",
        "donxy/a b",
        "donxy/best/../../sync",
        "movies/inception-2010",
        "shows/boxoffice",
        "movies/trending/0",
        "movies/trending/1001",
        "movies/trending/many",
        "movies/trending/5/5",
        "movies/boxoffice/11",
        "movies/watched/daily/weekly",
        "search/list",
        "sync/watchlist",
        "mdblist.com/lists/donxy/best",
        "https://mdblist.com/lists/donxy/best",
        "https://trakt.tv.example.com/users/donxy/lists/best",
        "https://trakt.tv@example.com/users/donxy/lists/best",
        "https://trakt.tv/movies/inception-2010",
        "https://trakt.tv/donxy/best",
        "ftp://trakt.tv/users/donxy/lists/best",
        "javascript://trakt.tv/users/donxy/lists/best",
        "https://[trakt.tv/users/donxy/lists/best",
        "users/donxy/lists/" + "a" * 101,
        "a/" * 5000,
        "donxy/best\x00",
    ],
)
def test_what_is_no_list_of_trakt_has_no_reference(text: str) -> None:
    assert parsed(text) is None


@given(st.text(max_size=80) | st.lists(st.sampled_from(
    ["users", "me", "lists", "ann", "watchlist", "collection", "movies", "watched", "weekly", "5",
     "recommendations", "trending", "boxoffice", "..", "https:", "", "trakt.tv"]
), max_size=8).map("/".join))  # fmt: skip
def test_a_canonical_reference_stays_as_it_is_and_climbs_nowhere(text: str) -> None:
    reference = parsed(text)
    if reference is not None:
        assert parsed(reference) == reference == reference.lower()
        assert ".." not in reference.split("/")
        assert "//" not in reference


def test_a_host_of_ones_own_is_trakt_as_well() -> None:
    hosts = frozenset({"127.0.0.1:7798"})
    found = parse("http://127.0.0.1:7798/users/ann/lists/best", hosts)
    assert found is not None
    assert found.text == "users/ann/lists/best"
    assert parse("http://127.0.0.1:7799/users/ann/lists/best", hosts) is None
