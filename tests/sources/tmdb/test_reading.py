"""Reading lists, film series, charts and searches from the stand-in, whole or not at all."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import aiohttp
import pytest

from collectarr.demo.tmdb import TmdbStandIn
from collectarr.demo.tmdb.rows import Known, StoredList
from collectarr.errors import RejectedError, UnavailableError, UpstreamError
from collectarr.models import Ids, Kind, Snapshot, Title
from collectarr.sources import Credential
from collectarr.sources.tmdb import Tmdb

from .conftest import client_of

Films = Callable[..., list[Title]]
NOBODY = Credential()


def pages(stand_in: TmdbStandIn) -> list[str]:
    """The numbers of the pages that were asked for."""
    return [seen.query["page"] for seen in stand_in.requests if "page" in seen.query]


def numbers(snapshot: Snapshot) -> list[int | None]:
    return [item.title.ids.tmdb for item in snapshot.items]


def known(titles: list[Title]) -> list[Known]:
    return [Known(title) for title in titles]


def listed(stand_in: TmdbStandIn, number: int, titles: list[Title]) -> StoredList:
    """The list, with these titles instead of its own."""
    stand_in.lists[number].titles = known(titles)
    return stand_in.lists[number]


async def test_a_list_comes_whole_and_in_order(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films, shows: Films
) -> None:
    number = stand_in.add_list("Both", [*reversed(films(30)), *shows(15)], description="Of both.")
    read = await tmdb.read(f"list/{number}", NOBODY)
    titles = [(item.title.kind, item.title.ids.tmdb) for item in read.items]
    assert titles == [
        *((Kind.MOVIE, n) for n in range(30, 0, -1)),
        *((Kind.SHOW, n) for n in range(1, 16)),
    ]
    assert [item.rank for item in read.items] == list(range(1, 46))
    assert (read.short_by, read.info.item_count, read.info.public) == (0, 45, True)
    assert (read.info.name, read.info.owner, read.info.description) == ("Both", "demo", "Of both.")
    assert read.info.kinds == (Kind.MOVIE, Kind.SHOW)
    # Nothing tells that it stood still meanwhile, but the same rows once more.
    assert pages(stand_in) == ["1", "2", "3"] * 2


async def test_a_row_brings_all_that_filters_need(tmdb: Tmdb, stand_in: TmdbStandIn) -> None:
    film = Known(
        Title(Kind.MOVIE, "Alien", 1979, Ids(tmdb=348), "Alien²"), (27, 878, 4711), 8.14, 900
    )
    show = Known(Title(Kind.SHOW, "Dark", None, Ids(tmdb=70523)), (10765,), 8.4, 0, False)
    number = stand_in.add_list("Two", [film, show])
    first, second = (await tmdb.read(f"list/{number}", NOBODY)).items
    assert first.title == film.title
    assert first.poster == "https://image.tmdb.org/t/p/w500/demo-348.jpg"
    assert (first.genres, first.rating) == (("horror", "science-fiction"), 81)
    assert first.released == date(1979, 6, 20)
    assert second.title == show.title
    assert (second.poster, second.rating, second.released) == (None, None, None)
    assert second.genres == ("sci-fi-fantasy",)


async def test_a_list_is_described_in_one_request(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    number = stand_in.add_list("Films", films(45))
    info = await tmdb.describe(f"https://www.themoviedb.org/list/{number}-films", NOBODY)
    assert (info.source, info.reference, info.name) == ("tmdb", f"list/{number}", "Films")
    assert (info.item_count, info.version, info.source_id) == (45, None, f"list/{number}")
    assert info.poster == "https://image.tmdb.org/t/p/w500/demo-1.jpg"
    assert info.url is not None
    assert tmdb.parse(info.url) == info.reference
    assert len(stand_in.requests) == 1


async def test_each_page_is_reported(tmdb: Tmdb, stand_in: TmdbStandIn, films: Films) -> None:
    number = stand_in.add_list("Films", films(45))
    told: list[tuple[int, int | None]] = []
    await tmdb.read(f"list/{number}", NOBODY, on_page=lambda rows, of: told.append((rows, of)))
    assert told == [(20, 45), (40, 45), (45, 45)]


async def test_an_empty_list_is_empty(tmdb: Tmdb, stand_in: TmdbStandIn) -> None:
    read = await tmdb.read(f"list/{stand_in.add_list('None', [])}", NOBODY)
    assert (read.items, read.short_by, read.info.item_count) == ((), 0, 0)


async def test_rows_that_were_promised_and_did_not_come_are_counted(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    number = stand_in.add_list("Films", films(25))
    stand_in.lists[number].promised = 70
    read = await tmdb.read(f"list/{number}", NOBODY)
    assert (len(read.items), read.short_by) == (25, 45)
    assert pages(stand_in) == ["1", "2", "3"] * 2


async def test_a_list_that_changes_between_pages_is_read_once_more(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    number = stand_in.add_list("Films", films(45))
    shifted = films(1, 50)

    def edited(rows: int, promised: int | None) -> None:
        if len(pages(stand_in)) == 1:
            listed(stand_in, number, shifted)

    read = await tmdb.read(f"list/{number}", NOBODY, on_page=edited)
    assert numbers(read) == list(range(2, 51))
    assert (read.short_by, read.info.item_count) == (0, 49)


async def test_a_list_that_only_shifts_between_pages_is_read_once_more(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    number = stand_in.add_list("Films", films(45))
    turned = films(45)[-1:] + films(45)[:-1]

    def edited(rows: int, promised: int | None) -> None:
        if len(pages(stand_in)) == 1:
            listed(stand_in, number, turned)

    read = await tmdb.read(f"list/{number}", NOBODY, on_page=edited)
    assert numbers(read) == [45, *range(1, 45)]
    assert read.short_by == 0


async def test_a_list_that_never_stands_still_is_not_read(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    number = stand_in.add_list("Films", films(45))

    def edited(rows: int, promised: int | None) -> None:
        listed(stand_in, number, films(45 + len(stand_in.requests)))

    with pytest.raises(UnavailableError, match="keeps changing") as caught:
        await tmdb.read(f"list/{number}", NOBODY, on_page=edited)
    assert caught.value.code == "changing"


async def test_a_page_that_comes_again_and_again_is_no_whole_list(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    number = stand_in.add_list("Films", films(45))
    stuck = listed(stand_in, number, films(45)).page(1, 20)
    stand_in.fail(f"/list/{number}$", status=200, body=stuck, times=None)
    read = await tmdb.read(f"list/{number}", NOBODY)
    assert (len(read.items), read.short_by) == (20, 25)


@pytest.mark.parametrize("status", [404, 429, 500, 503])
async def test_a_failure_on_a_later_page_fails_the_whole_read(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films, status: int
) -> None:
    number = stand_in.add_list("Films", films(45))

    def broken(rows: int, promised: int | None) -> None:
        stand_in.fail("/list/", status=status, body={"status_code": 34}, times=None)

    with pytest.raises(UpstreamError):
        await tmdb.read(f"list/{number}", NOBODY, on_page=broken)


async def test_a_cut_connection_is_tried_again(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    number = stand_in.add_list("Films", films(3))
    stand_in.fail("/list/", cut=True)
    assert len((await tmdb.read(f"list/{number}", NOBODY)).items) == 3


async def test_a_private_list_and_an_unknown_one_are_told_apart(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    number = stand_in.add_list("Mine", films(3), private=True)
    for reference, code in ((f"list/{number}", "private"), ("list/1", "not_found")):
        with pytest.raises(RejectedError, match=reference) as caught:
            await tmdb.read(reference, NOBODY)
        assert caught.value.code == code


async def test_a_film_series_is_one_request(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    number = stand_in.add_series("Film Collection", films(8))
    read = await tmdb.read(f"collection/{number}", NOBODY)
    assert numbers(read) == list(range(1, 9))
    assert (read.info.name, read.info.kinds) == ("Film Collection", (Kind.MOVIE,))
    assert (read.info.item_count, read.short_by) == (8, 0)
    assert read.info.description == "All of Film Collection."
    assert [seen.path for seen in stand_in.requests if "genre" not in seen.path] == [
        f"/3/collection/{number}"
    ]


@pytest.mark.parametrize(
    ("reference", "count", "asked"),
    [("movie/popular", 100, 5), ("movie/popular/30", 30, 2), ("movie/top_rated/500", 130, 7)],
)
async def test_a_chart_is_read_as_far_as_it_was_asked_for(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films, reference: str, count: int, asked: int
) -> None:
    stand_in.add_titles(films(130))
    read = await tmdb.read(reference, NOBODY)
    assert numbers(read) == list(range(1, count + 1))
    assert (read.short_by, read.info.item_count, read.info.version) == (0, count, None)
    assert len(pages(stand_in)) == asked
    assert read.info.kinds == (Kind.MOVIE,)
    assert await tmdb.changes([reference], NOBODY) == {reference: None}


async def test_a_chart_that_moves_while_it_is_read_loses_nothing(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    stand_in.charts["tv/popular"] = known(films(60))

    def moved(rows: int, promised: int | None) -> None:
        if rows == 20:
            # Three new ones on top push the last three of the first page to the second.
            stand_in.charts["tv/popular"] = known([*films(60, 63), *films(60)])

    read = await tmdb.read("tv/popular/40", NOBODY, on_page=moved)
    assert numbers(read) == list(range(1, 41))
    assert (read.short_by, pages(stand_in)) == (0, ["1", "2", "3"])


async def test_a_chart_whose_end_slips_away_is_read_once_more(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    stand_in.charts["movie/popular"] = known(films(30))
    turned = films(30)[-1:] + films(30)[:-1]

    def moved(rows: int, promised: int | None) -> None:
        if len(pages(stand_in)) == 1:
            stand_in.charts["movie/popular"] = known(turned)

    read = await tmdb.read("movie/popular", NOBODY, on_page=moved)
    assert numbers(read) == [30, *range(1, 30)]
    assert (read.short_by, len(pages(stand_in))) == (0, 4)


async def test_a_chart_that_never_shows_its_end_is_taken_as_short(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    stand_in.charts["movie/popular"] = known([*films(25), *films(5)])
    read = await tmdb.read("movie/popular", NOBODY)
    assert (len(read.items), read.short_by) == (25, 5)


async def test_no_page_is_asked_for_that_tmdb_does_not_give(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    number = stand_in.add_list("Long", films(505))
    stand_in.per_page = 1
    read = await tmdb.read(f"list/{number}", NOBODY)
    assert (len(read.items), read.short_by) == (500, 5)


async def test_a_chart_cut_short_says_how_much_is_missing(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    stand_in.add_titles(films(60))
    empty = {"page": 2, "results": [], "total_pages": 3, "total_results": 60}

    def cut(rows: int, promised: int | None) -> None:
        stand_in.fail("/movie/popular$", status=200, body=empty)

    read = await tmdb.read("movie/popular", NOBODY, on_page=cut)
    assert (len(read.items), read.short_by) == (20, 40)


async def test_titles_beyond_the_last_page_are_not_promised(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    number = stand_in.add_list("Endless", films(3))
    stand_in.lists[number].promised = 12_000
    assert (await tmdb.describe(f"list/{number}", NOBODY)).item_count == 10_000


async def test_a_search_is_a_list(tmdb: Tmdb, stand_in: TmdbStandIn, films: Films) -> None:
    horror = [Known(title, (27,), 6 + n, 100) for n, title in enumerate(films(3))]
    stand_in.add_titles([*horror, *films(3, 9)])
    reference = "discover/movie?with_genres=27&vote_average.gte=7&sort_by=vote_average.desc"
    read = await tmdb.read(reference, NOBODY)
    assert numbers(read) == [3, 2]
    assert read.info.name == "Films: sort by vote_average.desc, vote average from 7, genres 27"
    asked = stand_in.requests[-1].query
    assert {"with_genres": "27", "vote_average.gte": "7"}.items() <= asked.items()


async def test_trends_are_of_films_or_of_shows(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films, shows: Films
) -> None:
    stand_in.add_titles([*films(3), *shows(2)])
    read = await tmdb.read("trending/tv/day", NOBODY)
    assert [item.title.kind for item in read.items] == [Kind.SHOW, Kind.SHOW]
    assert (read.info.name, read.info.url) == ("Shows trending today", None)


async def test_genres_are_asked_for_once(tmdb: Tmdb, stand_in: TmdbStandIn, films: Films) -> None:
    number = stand_in.add_list("Films", films(3))
    for _ in range(3):
        await tmdb.read(f"list/{number}", NOBODY)
    asked = [seen.path for seen in stand_in.requests if "genre" in seen.path]
    assert asked == ["/3/genre/movie/list", "/3/genre/tv/list"]


async def test_without_genres_nothing_is_read_rather_than_filtered_out(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    number = stand_in.add_list("Films", films(3))
    stand_in.fail("/genre/", status=500, times=None)
    with pytest.raises(UnavailableError):
        await tmdb.read(f"list/{number}", NOBODY)


async def test_genres_of_yesterday_will_do_where_no_new_ones_can_be_had(
    session: aiohttp.ClientSession, tmdb_url: str, stand_in: TmdbStandIn
) -> None:
    number = stand_in.add_list("One", [Known(Title(Kind.MOVIE, "Alien", ids=Ids(tmdb=1)), (27,))])
    forgetful = client_of(session, tmdb_url, genres_good_for=0)
    await forgetful.read(f"list/{number}", NOBODY)
    stand_in.fail("/genre/", status=500, times=None)
    (item,) = (await forgetful.read(f"list/{number}", NOBODY)).items
    assert item.genres == ("horror",)


async def test_every_shelf_holds_what_it_says(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films, shows: Films
) -> None:
    stand_in.add_titles([*films(3), *shows(2)])
    for shelf in tmdb.shelves:
        infos = await tmdb.shelf(shelf.name, NOBODY)
        assert tuple(info.reference for info in infos) == shelf.references
        assert all(info.item_count and info.poster and info.public for info in infos)
        assert not shelf.personal
    with pytest.raises(RejectedError):
        await tmdb.shelf("cellar", NOBODY)


async def test_film_series_are_found_by_their_name(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    number = stand_in.add_series("Alien Collection", films(4))
    stand_in.add_series("Predator Collection", films(2))
    (info,) = await tmdb.search("alien", NOBODY)
    assert (info.reference, info.name) == (f"collection/{number}", "Alien Collection")
    assert (info.item_count, info.poster is not None) == (None, True)
    assert (await tmdb.describe(info.reference, NOBODY)).item_count == 4


async def test_a_title_that_says_nothing_of_its_kind_is_told_by_its_fields(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films, shows: Films
) -> None:
    number = stand_in.add_list("Both", [*films(1), *shows(1)])
    page = stand_in.lists[number].page(1, 20)
    for row in page["items"]:
        del row["media_type"]
    page["items"].append({"id": 31, "name": "Tom Hanks", "media_type": "person"})
    page["total_results"] = 3
    stand_in.fail("/list/", status=200, body=page, times=None)
    read = await tmdb.read(f"list/{number}", NOBODY)
    assert [(item.rank, item.title.kind) for item in read.items] == [
        (1, Kind.MOVIE),
        (2, Kind.SHOW),
    ]
    assert read.short_by == 0


async def test_an_info_of_before_names_the_list_to_read(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    number = stand_in.add_list("Films", films(3))
    info = replace(await tmdb.describe(f"list/{number}", NOBODY), item_count=99)
    read = await tmdb.read("list/1", NOBODY, info)
    assert (len(read.items), read.info.item_count) == (3, 3)
