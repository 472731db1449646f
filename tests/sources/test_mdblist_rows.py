"""What recorded rows mean."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from collectarr.errors import UnexpectedAnswerError
from collectarr.models import Ids, Kind, ListInfo, Snapshot, Title
from collectarr.sources.mdblist.answers import Reply
from collectarr.sources.mdblist.rows import page_of
from collectarr.sources.mdblist.walk import MOST_PAGES, Walk, Walks

INFO = ListInfo("mdblist", "user/slug", "A list")
Recorded = Callable[[str], Reply]


def snapshot_of(*replies: Reply, promised: int | None = None) -> Snapshot:
    walks = Walks(promised)
    walk = walks.begin()
    for reply in replies:
        walk.take(page_of(reply))
    return walks.snapshot(INFO)


def reply(data: Any, **headers: str) -> Reply:
    return Reply(data, {name.replace("_", "-"): value for name, value in headers.items()})


def film(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "title": f"Film {number}", "mediatype": "movie", **more}


def test_a_unified_page_keeps_its_order_and_tells_films_from_shows(recorded: Recorded) -> None:
    first, second = snapshot_of(recorded("items_unified")).items
    assert first.title == Title(
        Kind.MOVIE, "Beetlejuice Beetlejuice", 2024, Ids("tt2049403", 917496)
    )
    assert first.poster == "https://image.tmdb.org/t/p/w500/kKgQzkUCnQmeTPkyIwHly2t6ZFI.jpg"
    assert second.title == Title(
        Kind.SHOW, "Breaking Bad", 2008, Ids("tt0903747", tmdb=1396, tvdb=81189)
    )
    assert (first.rank, second.rank, second.poster) == (1, 2, None)


def test_a_row_tells_genres_rating_and_poster(recorded: Recorded) -> None:
    first, second = snapshot_of(recorded("items_unified")).items
    assert (first.genres, first.rating) == (("comedy", "fantasy", "horror"), 68)
    assert (second.genres, second.rating) == (("crime", "drama"), None)


@pytest.mark.parametrize(
    ("more", "rating"),
    [
        ({"score": 86, "ratings": [{"source": "mdblist", "score": 12}]}, 86),
        ({"score": 0, "score_average": 77.6}, 78),
        ({"ratings": [{"source": "imdb", "score": 70}, {"source": "mdblist", "score": 68}]}, 68),
        ({"ratings": [{"source": "imdb", "score": 70}, {"source": "tmdb", "score": 73}]}, 72),
        ({"ratings": [{"source": "imdb", "score": None, "value": 7}]}, None),
        ({"ratings": [7, None, {}, {"score": 101}, {"score": True}, {"score": "70"}]}, None),
        ({"ratings": {"imdb": 70}}, None),
        ({}, None),
    ],
)
def test_the_rating_is_mdblists_own_or_the_mean_of_the_others(
    more: dict[str, Any], rating: int | None
) -> None:
    assert snapshot_of(reply([film(1, **more)])).items[0].rating == rating


@pytest.mark.parametrize(
    ("genres", "words"),
    [
        (["Science Fiction", "sci-fi", "Drama"], ("science-fiction", "drama")),
        (["", None, 7], ()),
        ("drama", ()),
        (None, ()),
    ],
)
def test_genres_are_written_in_one_way(genres: object, words: tuple[str, ...]) -> None:
    assert snapshot_of(reply([film(1, genres=genres)])).items[0].genres == words


@pytest.mark.parametrize(
    ("value", "day"),
    [("1975-06-20", date(1975, 6, 20)), ("2024-01-02T00:00:00Z", date(2024, 1, 2)), ("soon", None)],
)
def test_a_day_of_release_is_read(value: str, day: date | None) -> None:
    assert snapshot_of(reply([film(1, released=value)])).items[0].released == day


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2025-02-02 17:28:22.000000", datetime(2025, 2, 2, 17, 28, 22, tzinfo=UTC)),
        ("2025-02-02T17:28:22Z", datetime(2025, 2, 2, 17, 28, 22, tzinfo=UTC)),
        ("2025-02-02T17:28:22+02:00", datetime(2025, 2, 2, 15, 28, 22, tzinfo=UTC)),
        ("yesterday", None),
        (7, None),
    ],
)
def test_when_a_row_was_put_on_a_watchlist_is_read(value: object, moment: datetime | None) -> None:
    assert snapshot_of(reply([film(1, watchlist_at=value)])).items[0].added_at == moment


def test_a_split_watchlist_is_in_the_order_of_its_ranks() -> None:
    rows = {"movies": [film(2, rank=3), film(1, rank=0)], "shows": [film(9, rank=1)]}
    assert [item.title.ids.tmdb for item in snapshot_of(reply(rows)).items] == [1, 9, 2]


def part(number: int, show: object, word: str = "episode") -> dict[str, Any]:
    return {"id": number, "mediatype": word, "title": f"Part {number}", "show": show}


SHOW = {"title": "Dark", "year": 2017, "ids": {"tmdb": 70523, "imdb": "tt5753856"}}
DARK = Title(Kind.SHOW, "Dark", 2017, Ids("tt5753856", 70523))


def test_a_season_or_an_episode_that_names_its_show_stands_for_it_once() -> None:
    read = snapshot_of(
        reply([part(7, SHOW, "season"), film(1), part(8, SHOW), part(9, SHOW)]), promised=4
    )
    assert [(item.title.title, item.via) for item in read.items] == [
        ("Dark", "season"),
        ("Film 1", None),
    ]
    assert read.items[0].title == DARK
    assert read.short_by == 0


@pytest.mark.parametrize("show", [None, {}, 7, {"title": "Dark"}, {"title": "Dark", "ids": {}}])
def test_an_episode_of_an_unknown_show_is_left_out_but_counted(show: object) -> None:
    read = snapshot_of(reply([part(7, show), film(1)]), promised=2)
    assert [item.title.title for item in read.items] == ["Film 1"]
    assert read.short_by == 0


def test_a_show_with_a_row_of_its_own_stands_there() -> None:
    own = {"id": 70523, "imdb_id": "tt5753856", "title": "Dark", "mediatype": "show"}
    read = snapshot_of(reply([part(7, SHOW), film(1), own, part(8, SHOW)]))
    assert [(item.title.title, item.via) for item in read.items] == [
        ("Film 1", None),
        ("Dark", None),
    ]


def test_split_pages_are_put_in_the_order_of_their_ranks(recorded: Recorded) -> None:
    read = snapshot_of(recorded("items_split_1"), recorded("items_split_2"))
    assert [(item.rank, item.title.title) for item in read.items] == [
        (1, "Beetlejuice Beetlejuice"),
        (2, "Rebel Ridge"),
        (3, "Between the Temples"),
        (4, "Breaking Bad"),
        (5, "Moon Knight"),
    ]
    assert read.short_by == 0


def test_a_total_that_counts_only_the_last_page_promises_nothing(recorded: Recorded) -> None:
    read = snapshot_of(recorded("items_split_1"), recorded("items_offset_2"), promised=5)
    assert (len(read.items), read.short_by) == (5, 0)


def test_a_split_page_with_mixed_ranks_is_interleaved() -> None:
    read = snapshot_of(
        reply(
            {
                "movies": [film(1, rank=1), film(2, rank=4)],
                "shows": [film(1, rank=2, mediatype=None), film(9)],
            }
        )
    )
    kinds_and_ids = [(item.title.kind, item.title.ids.tmdb) for item in read.items]
    assert kinds_and_ids == [
        (Kind.MOVIE, 1),
        (Kind.SHOW, 1),
        (Kind.MOVIE, 2),
        (Kind.SHOW, 9),
    ]


def test_a_row_without_ids_block_uses_its_flat_ids(recorded: Recorded) -> None:
    third = snapshot_of(recorded("items_split_1")).items[2]
    assert third.title.ids == Ids("tt27722375", 1125073)


@pytest.mark.parametrize(
    ("row", "ids"),
    [
        (film(5, tvdb_id=0), Ids(tmdb=5)),
        (film(5, tvdbid=77), Ids(tmdb=5, tvdb=77)),
        (film(5, ids={"tmdb": 6, "imdb": "tt0000009"}), Ids("tt0000009", 6)),
        (film(5, ids=None, imdb_id=""), Ids(tmdb=5)),
        (film(0, imdb_id="tt0133093"), Ids("tt0133093")),
    ],
)
def test_ids_are_read_from_wherever_they_stand(row: dict[str, Any], ids: Ids) -> None:
    assert snapshot_of(reply([row])).items[0].title.ids == ids


def test_seasons_and_episodes_are_counted_but_are_no_members() -> None:
    season = film(2, mediatype="season")
    read = snapshot_of(reply([film(1), season, film(3, mediatype="episode"), film(4)]), promised=4)
    assert [item.rank for item in read.items] == [1, 2]
    assert read.short_by == 0


def test_season_groups_of_a_split_page_are_counted_too() -> None:
    read = snapshot_of(reply({"movies": [film(1)], "shows": [], "seasons": [{}, {}]}), promised=3)
    assert (len(read.items), read.short_by) == (1, 0)


def test_the_same_title_twice_is_one_member_and_no_gap() -> None:
    read = snapshot_of(reply([film(1), film(1), film(1, mediatype="show")]), promised=3)
    assert [item.title.kind for item in read.items] == [Kind.MOVIE, Kind.SHOW]
    assert read.short_by == 0


def test_a_row_with_neither_id_nor_title_is_dropped() -> None:
    read = snapshot_of(reply([film(1), {"id": None, "title": " ", "mediatype": "movie"}]))
    assert len(read.items) == 1


def test_a_row_without_a_title_is_named_by_its_id() -> None:
    assert snapshot_of(reply([film(1, title=None)])).items[0].title.title == "tmdb:1"


@pytest.mark.parametrize("year", [None, 0, "", "soon", 20_000])
def test_a_year_that_is_none_is_not_known(year: object) -> None:
    assert snapshot_of(reply([film(1, release_year=year)])).items[0].title.year is None


def test_a_poster_that_is_no_address_is_left_out() -> None:
    assert snapshot_of(reply([film(1, poster="javascript:1")])).items[0].poster is None


@pytest.mark.parametrize(
    "data",
    ["words", 7, None, {"something": []}, {"items": 7}, [7], [None], [{"id": 1, "title": "?"}]],
)
def test_what_is_no_list_of_titles_is_an_unexpected_answer(data: object) -> None:
    with pytest.raises(UnexpectedAnswerError):
        page_of(reply(data))


def test_a_list_of_one_kind_lends_its_kind_to_rows_that_do_not_say() -> None:
    page = page_of(reply([{"id": 1, "title": "?"}]), Kind.SHOW)
    title = page.rows[0].title
    assert title is not None
    assert title.kind == Kind.SHOW


def test_items_may_stand_in_an_object_with_its_own_paging() -> None:
    page = page_of(
        reply({"items": [film(1)], "pagination": {"has_more": True, "next_cursor": "x"}})
    )
    assert (len(page.rows), page.has_more, page.cursor, page.split) == (1, True, "x", False)


def test_headers_win_over_the_paging_in_the_body() -> None:
    body = {"movies": [film(1)], "shows": [], "pagination": {"has_more": True}}
    assert page_of(reply(body, X_Has_More="false")).has_more is False


def test_a_mark_of_the_next_page_means_that_there_is_one() -> None:
    assert page_of(reply([film(1)], X_Next_Cursor="x")).has_more is True
    assert page_of(reply([film(1)])).has_more is None


def test_paging_that_is_none_is_ignored() -> None:
    assert page_of(reply({"items": [film(1)], "pagination": ["?"]})).has_more is None


def test_a_full_page_that_says_nothing_is_followed_by_another() -> None:
    walk = Walk(promised=2, page_size=2)
    assert walk.take(page_of(reply([film(1), film(2)]))) == {"offset": 2}
    assert walk.take(page_of(reply([film(3)]))) is None
    assert len(walk.rows) == 3


def test_where_nothing_is_known_of_the_length_only_no_rows_are_the_end() -> None:
    walk = Walk()
    assert walk.take(page_of(reply([film(1)]))) == {"offset": 1}
    assert walk.take(page_of(reply([]))) is None
    assert (len(walk.rows), walk.broken_off) == (1, False)


@pytest.mark.parametrize("total", [{}, {"X_Total_Items": "1"}])
def test_a_walk_that_breaks_off_is_short_even_if_nothing_was_promised(
    total: dict[str, str],
) -> None:
    read = snapshot_of(reply([film(1)], X_Has_More="true", **total), reply([], X_Has_More="true"))
    assert (len(read.items), read.short_by) == (1, 1)


def test_a_list_without_end_is_given_up() -> None:
    walk = Walk(pages=MOST_PAGES - 1)
    with pytest.raises(UnexpectedAnswerError, match="pages"):
        walk.take(page_of(reply([film(1)], X_Next_Cursor="more")))
