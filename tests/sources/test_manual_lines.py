"""One pasted line is one title, or says why it is none."""

import pytest

from collectarr.models import Ids, Kind, Title
from collectarr.sources.manual import understand

MATRIX = "tt0133093"
U, M, S = Kind.UNKNOWN, Kind.MOVIE, Kind.SHOW


def title_of(text: str) -> Title:
    found = understand(text)
    assert found.not_understood == (), found.not_understood
    assert len(found.titles) == 1
    return found.titles[0].title


def reason_of(text: str) -> str:
    found = understand(text)
    assert found.titles == (), found.titles
    assert len(found.not_understood) == 1
    return found.not_understood[0].reason


@pytest.mark.parametrize(
    "text",
    [
        "tt0133093",
        "TT0133093",
        " tt0133093 ",
        "tt133093",
        "imdb:tt0133093",
        "IMDB: tt0133093",
        "imdb=tt0133093",
        "imdbid-tt0133093",
        "tt0133093,",
        '"tt0133093",',
        "'tt0133093'",
        "- tt0133093",
        "* tt0133093",
        "• tt0133093",
        "12. tt0133093",
        "3) tt0133093",
        "tt0133093 # The Matrix",
        "tt0133093\t# The Matrix",
        "https://www.imdb.com/title/tt0133093/",
        "https://www.imdb.com/title/tt0133093",
        "http://imdb.com/title/tt0133093/",
        "imdb.com/title/tt0133093/",
        "www.imdb.com/title/tt0133093/?ref_=nv_sr_1",
        "//www.imdb.com/title/tt0133093/",
        "HTTPS://WWW.IMDB.COM/title/tt0133093/",
        "https://m.imdb.com/title/tt0133093/",
        "https://www.imdb.com/de/title/tt0133093/",
        "https://www.imdb.com/pt-br/title/tt0133093/reviews?sort=a#top",
        "https://www.imdb.com/title/tt0133093/episodes/?season=2",
        "<https://www.imdb.com/title/tt0133093/>",
        "https://www.imdb.com/title/tt0133093/ # The Matrix",
    ],
)
def test_an_imdb_id_is_taken_at_once_and_of_no_kind_yet(text: str) -> None:
    assert title_of(text) == Title(U, "", None, Ids(imdb=MATRIX))


@pytest.mark.parametrize(
    ("text", "kind", "ids"),
    [
        ("tmdb:603", M, Ids(tmdb=603)),
        ("TMDB:603", M, Ids(tmdb=603)),
        ("tmdb: 603", M, Ids(tmdb=603)),
        ("tmdb=603", M, Ids(tmdb=603)),
        ("tmdbid-603", M, Ids(tmdb=603)),
        ("tmdb:0603", M, Ids(tmdb=603)),
        ("tmdb:movie:603", M, Ids(tmdb=603)),
        ("tmdb:film:603", M, Ids(tmdb=603)),
        ("tmdb:movie/603", M, Ids(tmdb=603)),
        ("tmdb:show:1396", S, Ids(tmdb=1396)),
        ("tmdb:tv:1396", S, Ids(tmdb=1396)),
        ("tmdb:series:1396", S, Ids(tmdb=1396)),
        ("tmdb:1396", M, Ids(tmdb=1396)),
        ("tvdb:81189", S, Ids(tvdb=81189)),
        ("tvdb:show:81189", S, Ids(tvdb=81189)),
        ("tvdb:series:81189", S, Ids(tvdb=81189)),
        ("tvdb:movie:169", M, Ids(tvdb=169)),
        ("tvdbid=81189", S, Ids(tvdb=81189)),
        ("trakt:movie:481", M, Ids(trakt=481)),
        ("trakt:show:1388", S, Ids(trakt=1388)),
        ("https://www.themoviedb.org/movie/603-the-matrix", M, Ids(tmdb=603)),
        ("https://www.themoviedb.org/movie/603", M, Ids(tmdb=603)),
        ("https://www.themoviedb.org/movie/603-the-matrix/cast?language=de-DE", M, Ids(tmdb=603)),
        ("themoviedb.org/tv/1396-breaking-bad", S, Ids(tmdb=1396)),
        ("https://www.themoviedb.org/tv/1396-breaking-bad/season/2", S, Ids(tmdb=1396)),
        ("https://thetvdb.com/?tab=series&id=81189", S, Ids(tvdb=81189)),
        ("https://www.thetvdb.com/index.php?tab=series&id=81189&lid=7", S, Ids(tvdb=81189)),
        ("https://thetvdb.com/?id=81189", S, Ids(tvdb=81189)),
        ("https://thetvdb.com/?tab=season&seriesid=81189&seasonid=30272", S, Ids(tvdb=81189)),
        ("https://thetvdb.com/dereferrer/series/81189", S, Ids(tvdb=81189)),
        ("https://thetvdb.com/dereferrer/movie/169", M, Ids(tvdb=169)),
        ("https://trakt.tv/movies/123456", M, Ids(trakt=123456)),
        ("https://trakt.tv/shows/123456", S, Ids(trakt=123456)),
    ],
)
def test_a_numbered_id_has_a_kind(text: str, kind: Kind, ids: Ids) -> None:
    assert title_of(text) == Title(kind, "", None, ids)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("movie: Heat (1995)", Title(M, "Heat", 1995)),
        ("Movie:Heat (1995)", Title(M, "Heat", 1995)),
        ("film: Heat (1995)", Title(M, "Heat", 1995)),
        ("show: Lost (2004)", Title(S, "Lost", 2004)),
        ("tv: Lost (2004)", Title(S, "Lost", 2004)),
        ("series: Lost (2004)", Title(S, "Lost", 2004)),
        ("movie: (500) Days of Summer (2009)", Title(M, "(500) Days of Summer", 2009)),
        ("movie: #Alive (2020)", Title(M, "#Alive", 2020)),
        ("movie: 2001: A Space Odyssey (1968)", Title(M, "2001: A Space Odyssey", 1968)),
        ("movie:  Das   Boot  (1981)", Title(M, "Das Boot", 1981)),
        ("movie: 千と千尋の神隠し (2001)", Title(M, "千と千尋の神隠し", 2001)),
    ],
)
def test_a_name_with_its_kind_and_year_is_a_title(text: str, title: Title) -> None:
    assert title_of(text) == title


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("603", "A number alone"),
        ("0133093", "A number alone"),
        ("Heat (1995)", "To add a title by its name"),
        ("movie: Heat", "Put the year behind"),
        ("show: Lost 2004", "Put the year behind"),
        ("Heat", "no id and no address"),
        ("tt", "no id and no address"),
        ("ttabc", "no id and no address"),
        ("tt12345678901", "too long"),
        ("tt0", "has the id 0"),
        ("tmdb:", "no id and no address"),
        ("tmdb:0", "has the id 0"),
        ("tvdb:000", "has the id 0"),
        ("https://www.themoviedb.org/movie/0-nothing", "has the id 0"),
        ("https://thetvdb.com/?tab=series&id=0", "has the id 0"),
        (f"tmdb:{10**30}", "too long"),
        (f"tt{10**30}", "too long"),
        (f"https://thetvdb.com/?tab=series&id={10**30}", "too long"),
        ("film: X (1700)", "1700 is not the year"),
        ("film: X (99999)", "99999 is not the year"),
        ("movie: \u00a0 (1995)", "To add a title by its name"),
        ("show: X (0)", "0 is not the year"),
        ("tmdb:9999999999999999", "too long"),
        ("tmdb:abc", "no id and no address"),
        ("tmdb:collection:10", "list"),
        ("tmdb:person:6384", "person"),
        ("tmdb:episode:62085", "episode"),
        ("tmdb:book:5", "not a kind"),
        ("trakt:481", "trakt:movie:481 or trakt:show:481"),
        ("tmdb:٦٠٣", "no id and no address"),
        ("tt٠١٣٣٠٩٣", "no id and no address"),
        ("nm0000206", "person"),
        ("ls012345678", "list"),
        ("tt0133093 tt0234215", "more than one thing"),
        ("tt0133093, tt0234215", "more than one thing"),
        ("tmdb:603 tmdb:604", "more than one thing"),
        ("tt0133093 The Matrix", "more than one thing"),
        ("https://www.imdb.com/title/tt0133093/ https://x.org/", "more than one thing"),
        ("https://www.imdb.com/name/nm0000206/", "person"),
        ("https://www.imdb.com/list/ls012345678/", "list"),
        ("https://www.imdb.com/user/ur12345/watchlist", "list"),
        ("https://www.imdb.com/chart/top/", "list"),
        ("https://www.imdb.com/", "no film and no show"),
        ("https://www.imdb.com/title/", "no film and no show"),
        ("https://www.imdb.com/title/xyz/", "no film and no show"),
        ("https://www.themoviedb.org/person/6384", "person"),
        ("https://www.themoviedb.org/collection/2344", "list"),
        ("https://www.themoviedb.org/list/10", "list"),
        ("https://www.themoviedb.org/movie/the-matrix", "no film and no show"),
        ("https://www.themoviedb.org/movie", "no film and no show"),
        ("https://thetvdb.com/series/breaking-bad", "address of TheTVDB has no id"),
        ("https://thetvdb.com/movies/the-matrix", "address of TheTVDB has no id"),
        ("https://thetvdb.com/?tab=episode&id=349232", "episode"),
        ("https://thetvdb.com/?tab=series&id=abc", "no film and no show"),
        ("https://trakt.tv/shows/trending", "list"),
        ("https://trakt.tv/movies/watched/weekly", "list"),
        ("https://trakt.tv/shows", "no film and no show"),
        ("https://trakt.tv/shows/%2e%2e", "no film and no show"),
        ("https://trakt.tv/users/anna/lists/best", "list"),
        ("https://letterboxd.com/film/the-matrix/", "address of Letterboxd has no id"),
        ("https://boxd.it/2a1m", "address of Letterboxd has no id"),
        ("https://mdblist.com/lists/anna/best", "list"),
        ("https://www.justwatch.com/us/movie/the-matrix", "Only addresses of IMDb"),
        ("https://notimdb.com/title/tt0133093/", "Only addresses of IMDb"),
        ("https://imdb.com.evil.org/title/tt0133093/", "Only addresses of IMDb"),
        ("https://[x", "no id and no address"),
        ("https://", "Only addresses of IMDb"),
        ("javascript:alert(1)", "no id and no address"),
        ("=HYPERLINK(1)", "no id and no address"),
        ("../../etc/passwd", "no id and no address"),
        ("<script>alert(1)</script>", "no id and no address"),
        ("🎬", "no id and no address"),
    ],
)
def test_what_is_no_title_says_why(text: str, said: str) -> None:
    assert said in reason_of(text)


@pytest.mark.parametrize(
    ("slug", "name", "year"),
    [
        ("the-matrix-1999", "The Matrix", 1999),
        ("blade-runner-2049-2017", "Blade Runner 2049", 2017),
        ("1917-2019", "1917", 2019),
    ],
)
def test_an_address_of_a_film_at_trakt_is_read_by_its_name_and_year(
    slug: str, name: str, year: int
) -> None:
    found = title_of(f"https://trakt.tv/movies/{slug}")
    assert (found.kind, found.title, found.year) == (Kind.MOVIE, name, year)


@pytest.mark.parametrize("name", ["24", "300", "1883", "1917", "1923"])
def test_a_short_number_in_an_address_of_trakt_is_a_name(name: str) -> None:
    """`trakt.tv/shows/24` is the show called 24, and not what Trakt numbers 24."""
    found = title_of(f"https://trakt.tv/shows/{name}")
    assert (found.kind, found.title, found.year, found.ids) == (Kind.SHOW, name, None, Ids())


@pytest.mark.parametrize(
    ("path", "kind", "name", "year"),
    [
        ("trakt.tv/shows/breaking-bad", Kind.SHOW, "Breaking Bad", None),
        ("app.trakt.tv/shows/breaking-bad?mode=media", Kind.SHOW, "Breaking Bad", None),
        ("trakt.tv/shows/breaking-bad/seasons/5/episodes/14", Kind.SHOW, "Breaking Bad", None),
        ("trakt.tv/shows/ghosts-2021/seasons/1", Kind.SHOW, "Ghosts", 2021),
        ("app.trakt.tv/movies/heat-1995", Kind.MOVIE, "Heat", 1995),
        ("trakt.tv/movies/the-matrix", Kind.MOVIE, "The Matrix", None),
    ],
)
def test_an_address_at_trakt_says_a_name_and_where_to_learn_more(
    path: str, kind: Kind, name: str, year: int | None
) -> None:
    (entry,) = understand(f"- https://{path}").titles
    assert (entry.title.kind, entry.title.title, entry.title.year) == (kind, name, year)
    assert entry.address == f"https://{path}"
    assert [one.address for one in understand("tt0133093\nshow: Heat (1995)").titles] == ["", ""]


def test_a_movie_and_a_show_of_one_number_are_two_titles() -> None:
    movie, show = understand("tmdb:1396\ntmdb:show:1396").titles
    assert movie.title.ids == show.title.ids
    assert movie.title.kind is not show.title.kind


def test_comments_and_blank_lines_are_skipped_and_lines_are_counted_with_them() -> None:
    found = understand("# mine\n\n  \ntt0133093\n   # more\nnonsense\n\ntmdb:603\n")
    assert [one.line for one in found.titles] == [4, 8]
    assert [(one.line, one.text) for one in found.not_understood] == [(6, "nonsense")]
