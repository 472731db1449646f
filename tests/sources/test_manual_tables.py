"""Exported tables: whose columns are whose, and what each row names."""

import pytest

from collectarr.models import Ids, Kind, Title
from collectarr.sources.manual import Understood, decoded, understand

IMDB = """\
Position,Const,Created,Modified,Description,Title,Original Title,URL,Title Type,IMDb Rating,\
Runtime (mins),Year,Genres,Num Votes,Release Date,Directors,Your Rating,Date Rated
1,tt0133093,2024-01-02,2024-01-02,"Seen twice, at least",The Matrix,The Matrix,\
https://www.imdb.com/title/tt0133093/,Movie,8.7,136,1999,"Action, Sci-Fi",2000000,1999-03-31,\
"Lana Wachowski, Lilly Wachowski",9,2024-01-02
2,tt0903747,2024-01-02,2024-01-02,,Breaking Bad,Breaking Bad,\
https://www.imdb.com/title/tt0903747/,TV Series,9.5,,2008,Drama,2000000,2008-01-20,,,
3,tt0245429,2024-01-02,2024-01-02,"Two
lines",Spirited Away,Sen to Chihiro no kamikakushi,https://www.imdb.com/title/tt0245429/,movie,\
8.6,124,2001,Animation,800000,2001-07-20,Hayao Miyazaki,,
4,tt0959621,2024-01-02,2024-01-02,,Pilot,Pilot,https://www.imdb.com/title/tt0959621/,\
TV Episode,9.0,58,2008,Drama,50000,2008-01-20,,,
5,tt7366338,2024-01-02,2024-01-02,,Chernobyl,Chernobyl,https://www.imdb.com/title/tt7366338/,\
tvMiniSeries,9.3,,2019,Drama,900000,2019-05-06,,,
6,tt0110912,2024-01-02,2024-01-02,,Pulp Fiction,Pulp Fiction,,Video Game,1,,1994,,,,,,
"""
MATRIX = Title(Kind.MOVIE, "The Matrix", 1999, Ids(imdb="tt0133093"))
HEAT = Title(Kind.MOVIE, "Heat", 1995)


def titles(text: str) -> list[Title]:
    return [one.title for one in understand(text).titles]


def reasons(found: Understood) -> list[tuple[int, str]]:
    return [(one.line, one.reason) for one in found.not_understood]


def test_the_export_of_imdb_is_read_with_its_kinds_and_notes() -> None:
    found = understand(IMDB)
    assert [one.title for one in found.titles] == [
        MATRIX,
        Title(Kind.SHOW, "Breaking Bad", 2008, Ids(imdb="tt0903747")),
        Title(
            Kind.MOVIE,
            "Spirited Away",
            2001,
            Ids(imdb="tt0245429"),
            "Sen to Chihiro no kamikakushi",
        ),
        Title(Kind.SHOW, "Chernobyl", 2019, Ids(imdb="tt7366338")),
    ]
    assert [one.note for one in found.titles] == ["Seen twice, at least", None, "Two lines", None]
    assert [one.line for one in found.titles] == [2, 3, 4, 7]
    assert [line for line, _ in reasons(found)] == [6, 8]
    assert found.not_understood[0].text.startswith("4,tt0959621")
    assert "one episode" in reasons(found)[0][1]
    assert "video game" in reasons(found)[1][1]


@pytest.mark.parametrize("word", ["movie", "Movie", "short", "video", "tvMovie", "TV Special"])
def test_what_imdb_calls_a_film(word: str) -> None:
    assert titles(f"Const,Title,Year,Title Type\ntt0133093,The Matrix,1999,{word}") == [MATRIX]


@pytest.mark.parametrize("word", ["tvSeries", "TV Series", "tvMiniSeries", "TV Mini Series"])
def test_what_imdb_calls_a_show(word: str) -> None:
    assert titles(f"Const,Title Type\ntt0133093,{word}")[0].kind is Kind.SHOW


def test_a_list_of_letterboxd_is_read_behind_its_preamble() -> None:
    text = (
        "Letterboxd list export v7\n"
        "Date,Name,Tags,URL,Description\n"
        '2024-01-02,Best of,,https://boxd.it/abc,"About\nthis list"\n'
        "\n"
        "Position,Name,Year,URL,Description\n"
        "1,Heat,1995,https://boxd.it/2a1m,Great\n"
        "2,Unreleased,,https://boxd.it/2a1n,\n"
    )
    found = understand(text)
    assert [(one.title, one.note, one.line) for one in found.titles] == [(HEAT, "Great", 7)]
    assert [line for line, _ in reasons(found)] == [8]
    assert "year" in reasons(found)[0][1]


@pytest.mark.parametrize(
    "text",
    [
        "Date,Name,Year,Letterboxd URI\n2024-01-02,Heat,1995,https://boxd.it/2a1m\n",
        "Date,Name,Year,Letterboxd URI,Rating\n2024-01-02,Heat,1995,https://boxd.it/2a1m,4.5\n",
        'Name,Year,Letterboxd URI,Review\nHeat,1995,https://boxd.it/2a1m,"Long\nreview"\n',
    ],
    ids=["watchlist", "ratings", "reviews"],
)
def test_all_that_letterboxd_exports_are_films(text: str) -> None:
    assert titles(text) == [HEAT]


@pytest.mark.parametrize(
    "text",
    [
        "kind,title,year,imdb,tmdb,tvdb,trakt,note\nmovie,Heat,1995,,,,,x\n",
        "KIND;TITLE;YEAR\nFilm;Heat;1995\n",
        "type\tname\tyear\nmovie\tHeat\t1995\n",
        "Year , Name , Media Type\n1995, Heat , movies\n",
        'type,title,year\n"movie","Heat","1995"\n',
        "# mine\n\ntype,title,year\nmovie,Heat,1995\n# the end\n",
        "type,title,year\r\nmovie,Heat,1995\r\n",
        "type,title,released\nmovie,Heat,1995-12-15\n",
    ],
)
def test_any_order_case_and_delimiter_will_do(text: str) -> None:
    assert titles(text) == [HEAT]


@pytest.mark.parametrize(
    ("head", "row", "kind", "ids"),
    [
        ("imdb", "tt0133093", Kind.UNKNOWN, Ids(imdb="tt0133093")),
        ("imdb_id,tmdb_id", "tt0133093,603", Kind.UNKNOWN, Ids(imdb="tt0133093")),
        ("type,imdb_id,tmdb_id", "movie,tt0133093,603", Kind.MOVIE, Ids("tt0133093", 603)),
        ("tmdb", "603", Kind.MOVIE, Ids(tmdb=603)),
        ("tvdb_id", "81189", Kind.SHOW, Ids(tvdb=81189)),
        ("type,tvdb_id", "movie,169", Kind.MOVIE, Ids(tvdb=169)),
        ("type,trakt_id,tmdb_id", "show,1388,1396", Kind.SHOW, Ids(tmdb=1396, trakt=1388)),
        ("imdbID,tmdbID,Title", ",603,", Kind.MOVIE, Ids(tmdb=603)),
        ("name,url", "x,https://www.themoviedb.org/tv/1396", Kind.SHOW, Ids(tmdb=1396)),
        ("type,imdb,tmdb,tvdb", "show,tt0903747,0,", Kind.SHOW, Ids(imdb="tt0903747")),
    ],
)
def test_ids_come_with_the_kind_that_they_can_have(
    head: str, row: str, kind: Kind, ids: Ids
) -> None:
    found = titles(f"{head}\n{row}\n")
    assert [(one.kind, one.ids) for one in found] == [(kind, ids)]


@pytest.mark.parametrize(
    ("head", "row", "said"),
    [
        ("title,year", "Heat,1995", "movie or a show"),
        ("type,title,year", ",Heat,1995", "movie or a show"),
        ("type,title,year", "movie,Heat,", "year"),
        ("type,title,year", "book,Heat,1995", "not a kind"),
        ("type,title,year", "season,Lost,2004", "season"),
        ("type,title,year", "podcast,Lost,2004", "podcast"),
        ("type,title,year,imdb", "movie,,,nonsense", "no id in this row"),
        ("tmdb,tvdb", "603,81189", "movie or a show"),
        ("trakt", "481", "movie or a show"),
        ("url", "https://trakt.tv/shows/heat", "year"),
        ("imdb,other", "8.7,x", "no id in this row"),
        ("imdb,other", "8,x", "no id in this row"),
    ],
)
def test_a_row_that_names_no_title_says_why(head: str, row: str, said: str) -> None:
    found = understand(f"{head}\n{row}\n")
    assert found.titles == ()
    assert reasons(found)[0][0] == 2
    assert said in reasons(found)[0][1]


def test_an_address_without_an_id_tells_what_is_not_in_other_columns() -> None:
    found = understand("url,title\nhttps://trakt.tv/shows/heat-1995,\n").titles[0].title
    assert (found.kind, found.title, found.year) == (Kind.SHOW, "Heat", 1995)


def test_cells_that_look_like_formulas_are_text() -> None:
    text = 'type,title,year,note\nmovie,"=1+1",1995,"=HYPERLINK(""https://x"")"\n'
    found = understand(text).titles[0]
    assert (found.title.title, found.note) == ("=1+1", '=HYPERLINK("https://x")')


def test_a_forgotten_quote_costs_one_line_and_not_the_rest() -> None:
    rows = "".join(f"movie,Film {n},1995\n" for n in range(100))
    found = understand(f'type,title,year\nmovie,"Heat,1995\n{rows}')
    assert len(found.titles) + len(found.not_understood) == 101
    assert len(found.titles) >= 100


def test_rows_that_are_too_short_or_too_long_are_no_error() -> None:
    found = understand("type,title,year\nmovie\nmovie,Heat,1995,more,and more\n\n,,\n")
    assert [one.title for one in found.titles] == [HEAT]
    assert [line for line, _ in reasons(found)] == [2]


@pytest.mark.parametrize(
    "data",
    [
        "type,title,year\nmovie,Amélie,2001\n".encode(),
        "\ufefftype,title,year\nmovie,Amélie,2001\n".encode(),
        "type,title,year\nmovie,Amélie,2001\n".encode("utf-16"),
        "type,title,year\nmovie,Amélie,2001\n".encode("cp1252"),
        "type,title,year\rmovie,Amélie,2001\r".encode(),
        "type,title,year\nmovie,Am\0élie,2001\n".encode(),
    ],
    ids=["utf-8", "mark", "utf-16", "windows", "mac", "nul"],
)
def test_a_file_is_read_in_the_encoding_that_it_has(data: bytes) -> None:
    assert titles(decoded(data)) == [Title(Kind.MOVIE, "Amélie", 2001)]


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"\xfe\xff\xd8", b"\x80\x81\xff", bytes(range(256))]
)
def test_a_file_of_nonsense_is_no_error(data: bytes) -> None:
    assert understand(decoded(data)).titles == ()
