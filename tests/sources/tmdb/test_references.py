"""What people paste to name a list at TMDb, and what it names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectarr.models import Kind
from collectarr.sources.tmdb.references import HOSTS, MOST_ASKED, place_of

PAGE = "https://www.themoviedb.org"


def parse(text: str) -> str | None:
    place = place_of(text)
    return place.reference if place else None


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("list/8", "list/8"),
        ("List/0008", "list/8"),
        (f"{PAGE}/list/8-my-list", "list/8"),
        (f"{PAGE}/list/8-top_rated?language=de-DE&page=2", "list/8"),
        ("themoviedb.org/list/8", "list/8"),
        ("https://api.themoviedb.org/3/list/8?api_key=abc", "list/8"),
        ("https://api.themoviedb.org/4/list/8", "list/8"),
        (f"{PAGE}/collection/10-star-wars-collection", "collection/10"),
        ("collection/10", "collection/10"),
        ("movie/top_rated", "movie/top_rated"),
        ("movie/top-rated", "movie/top_rated"),
        ("movie/top_rated/100", "movie/top_rated"),
        ("movie/top_rated/250", "movie/top_rated/250"),
        ("movie/top_rated/0250", "movie/top_rated/250"),
        ("movie/top_rated/9999", f"movie/top_rated/{MOST_ASKED}"),
        (f"{PAGE}/movie", "movie/popular"),
        (f"{PAGE}/tv", "tv/popular"),
        (f"{PAGE}/tv/", "tv/popular"),
        (f"{PAGE}/movie/now-playing", "movie/now_playing"),
        (f"{PAGE}/tv/airing-today?language=de", "tv/airing_today"),
        ("trending/tv/day", "trending/tv/day"),
        ("https://api.themoviedb.org/3/trending/movie/week", "trending/movie/week"),
        ("discover/movie", "discover/movie"),
        (
            "discover/tv/40?with_genres=18,80&sort_by=vote_average.desc",
            "discover/tv/40?sort_by=vote_average.desc&with_genres=18,80",
        ),
        (
            f"{PAGE}/movie?with_genres=27%7C53&certification=&page=3&vote_average.gte=7",
            "discover/movie?vote_average.gte=7&with_genres=27|53",
        ),
        (f"{PAGE}/discover/movie?year=1999#top", "discover/movie?year=1999"),
    ],
)
def test_every_way_to_write_a_list_names_it(text: str, reference: str) -> None:
    assert parse(text) == reference
    assert parse(reference) == reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "8",
        "list",
        "list/0",
        "list/x",
        "list/8/remove",
        "collection/-1",
        "movie",
        "movie/550",
        f"{PAGE}/movie/550-fight-club",
        f"{PAGE}/person/31",
        f"{PAGE}/u/ann/lists",
        f"{PAGE}/movie/top-rated?with_genres=27",
        "movie/airing_today",
        "tv/upcoming",
        "trending/person/day",
        "trending/movie",
        "discover/person",
        "movie/top_rated/0",
        "movie/top_rated/ten",
        "discover/movie?with_magic=1",
        "discover/movie?with_genres=<script>",
        "discover/movie?with_genres=" + "1" * 300,
        "discover/movie?" + "year=1999&" * 300,
        "../list/8",
        "https://evil.example/list/8",
        "https://themoviedb.org.evil.example/list/8",
        "ftp://themoviedb.org/list/8",
        "javascript://themoviedb.org/list/8",
        "http://[/list/8",
    ],
)
def test_what_is_no_list_of_tmdb_is_refused(text: str) -> None:
    assert parse(text) is None


def test_an_address_of_another_host_counts_only_if_it_is_ours() -> None:
    url = "http://127.0.0.1:7799/list/8"
    place = place_of(url, HOSTS | {"127.0.0.1:7799"})
    assert parse(url) is None
    assert place is not None
    assert place.reference == "list/8"


@pytest.mark.parametrize(
    ("text", "kind", "most", "url"),
    [
        ("list/8", None, None, f"{PAGE}/list/8"),
        ("collection/10", Kind.MOVIE, None, f"{PAGE}/collection/10"),
        ("movie/popular/20", Kind.MOVIE, 20, f"{PAGE}/movie"),
        ("tv/on_the_air", Kind.SHOW, 100, f"{PAGE}/tv/on-the-air"),
        ("trending/tv/day", Kind.SHOW, 100, None),
        ("discover/tv?year=1999", Kind.SHOW, 100, f"{PAGE}/discover/tv?year=1999"),
    ],
)
def test_a_reference_tells_what_it_holds(
    text: str, kind: Kind | None, most: int | None, url: str | None
) -> None:
    place = place_of(text)
    assert place is not None
    assert (place.kind, place.most, place.url) == (kind, most, url)
    if url is not None:
        again = place_of(url)
        assert again is not None
        assert (again.path, again.filters) == (place.path, place.filters)


def test_a_search_says_in_words_what_it_looks_for() -> None:
    place = place_of("discover/movie?with_genres=27&vote_average.gte=7&sort_by=title.asc")
    assert place is not None
    assert place.label == "Films: sort by title.asc, vote average from 7, genres 27"


@given(st.text() | st.from_regex(r"(https?://)?[a-z./%\[\]@:?#=&0-9_-]*", fullmatch=True))
def test_no_text_makes_it_raise_and_a_reference_names_itself(text: str) -> None:
    reference = parse(text)
    if reference is not None:
        assert parse(reference) == reference
        assert ".." not in reference.partition("?")[0]
