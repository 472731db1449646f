"""Reading a whole list at Trakt page by page, or not at all."""

from collections.abc import Callable
from json import dumps
from typing import Any

import pytest

from collectarr.demo.faults import Fault
from collectarr.demo.trakt import TraktStandIn
from collectarr.errors import UnavailableError, UnexpectedAnswerError, UpstreamError
from collectarr.models import Snapshot, Title
from collectarr.sources import Credential
from collectarr.sources.trakt import Trakt

Films = Callable[..., list[Title]]
BEST = "users/ann/lists/best"


def names(snapshot: Snapshot) -> list[str]:
    return [item.title.title for item in snapshot.items]


def pages(stand_in: TraktStandIn) -> list[str]:
    """The page numbers asked for, of lists or charts, not of counts."""
    return [seen.query["page"] for seen in stand_in.requests if seen.query.get("limit") == "250"]


async def test_a_list_comes_whole_and_in_order(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(600)[::-1])
    read = await trakt.read(BEST, nobody)
    assert names(read) == [one.title for one in films(600)[::-1]]
    assert [item.rank for item in read.items] == list(range(1, 601))
    assert (read.short_by, read.info.item_count, read.info.public) == (0, 600, True)
    assert pages(stand_in) == ["1", "2", "3"]


async def test_each_page_asks_for_250_by_rank_with_all_details(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    await trakt.read(BEST, nobody)
    [asked] = [seen for seen in stand_in.requests if "items" in seen.path]
    assert asked.path == "/users/ann/lists/best/items/movie,show,season,episode/rank/asc"
    assert asked.query == {"page": "1", "limit": "250", "extended": "full"}


async def test_a_watchlist_of_5000_costs_20_requests_and_a_look_for_changes_one(
    trakt: Trakt, stand_in: TraktStandIn, ben: Credential, films: Films
) -> None:
    stand_in.set_watchlist("ben", films(5000))
    await trakt.account(ben)
    stand_in.requests.clear()
    before = await trakt.changes(["users/ben/watchlist"], ben)
    assert [seen.path for seen in stand_in.requests] == ["/sync/last_activities"]
    read = await trakt.read("users/ben/watchlist", ben)
    assert len(read.items) == 5000
    assert read.info.version == before["users/ben/watchlist"] is not None
    assert len(pages(stand_in)) == 20
    # And one look behind the last page: whether it stood still meanwhile.
    assert [seen.path for seen in stand_in.requests][-1] == "/sync/last_activities"
    assert len(stand_in.requests) == 22


async def test_smaller_pages_than_asked_for_lose_nothing(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.pager.largest = 10
    stand_in.add_list("ann", "best", "The best", films(95))
    assert names(await trakt.read(BEST, nobody)) == [one.title for one in films(95)]


async def test_more_than_250_cannot_be_had_at_once_whatever_is_asked(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.set_chart("movies/popular", films(2000))
    read = await trakt.read("movies/popular/1000", nobody)
    assert names(read) == [one.title for one in films(1000)]
    assert pages(stand_in) == ["1", "2", "3", "4"]


async def test_pages_without_headers_are_read_until_one_is_not_full(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.pager.headerless = True
    stand_in.add_list("ann", "best", "The best", films(510))
    read = await trakt.read(BEST, nobody)
    assert (len(read.items), read.short_by, read.info.item_count) == (510, 0, 510)


async def test_rows_are_sorted_by_their_rank_whatever_order_they_come_in(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    rows = stand_in.world.lists[0].rows
    stand_in.fail("/items/", status=200, body=[rows[2], rows[0], {**rows[1], "rank": None}])
    assert names(await trakt.read(BEST, nobody)) == ["Film 1", "Film 3", "Film 2"]


async def test_each_page_is_reported_with_what_is_promised(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(300))
    seen: list[tuple[int, int | None]] = []
    await trakt.read(BEST, nobody, on_page=lambda *page: seen.append(page))
    assert seen == [(250, 300), (300, 300)]


async def test_a_list_that_gives_less_than_it_promises_says_by_how_much(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(260))
    stand_in.promise("/lists/best", 300)
    read = await trakt.read(BEST, nobody)
    assert (len(read.items), read.short_by, read.info.item_count) == (260, 40, 300)


@pytest.mark.parametrize("page", [1, 2, 3])
async def test_a_short_page_is_not_taken_for_the_whole(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films, page: int
) -> None:
    stand_in.add_list("ann", "best", "The best", films(600))
    rows = stand_in.world.lists[0].rows[(page - 1) * 250 : page * 250]
    answer_page(stand_in, page, rows[: len(rows) // 2])
    read = await trakt.read(BEST, nobody)
    assert read.short_by == len(rows) - len(rows) // 2


async def test_a_page_cut_in_the_middle_is_asked_for_again(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(300))
    stand_in.control.faults.add(Fault(path="items", query="page=2&", cut=True))
    assert len((await trakt.read(BEST, nobody)).items) == 300


@pytest.mark.parametrize("fault", [{"cut": True}, {"short": True}])
async def test_a_page_that_stays_broken_is_an_error_and_no_end(
    trakt: Trakt,
    stand_in: TraktStandIn,
    nobody: Credential,
    films: Films,
    fault: dict[str, Any],
) -> None:
    stand_in.add_list("ann", "best", "The best", films(300))
    stand_in.control.faults.add(Fault(path="items", query="page=2&", times=None, **fault))
    with pytest.raises(UpstreamError):
        await trakt.read(BEST, nobody)


async def test_a_page_that_repeats_once_is_read_again(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(600))
    answer_page(stand_in, 2, stand_in.world.lists[0].rows[:250], times=1)
    read = await trakt.read(BEST, nobody)
    assert (names(read), read.short_by) == ([one.title for one in films(600)], 0)
    assert pages(stand_in) == ["1", "2", "1", "2", "3"]


async def test_a_page_that_keeps_repeating_is_an_error(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(600))
    answer_page(stand_in, 3, stand_in.world.lists[0].rows[:250])
    with pytest.raises(UnavailableError) as caught:
        await trakt.read(BEST, nobody)
    assert caught.value.code == "changing"


@pytest.mark.parametrize("count", [400, 700, 1000])
async def test_a_list_that_shrinks_or_grows_meanwhile_is_read_again(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films, count: int
) -> None:
    stand_in.add_list("ann", "best", "The best", films(600))
    changes = [films(count)]

    def change(_came: int, _promised: int | None) -> None:
        if changes:
            stand_in.set_items("ann", "best", changes.pop())

    read = await trakt.read(BEST, nobody, on_page=change)
    assert names(read) == [one.title for one in films(count)]
    assert (read.short_by, read.info.item_count) == (0, count)


@pytest.mark.parametrize("count", [400, 700])
async def test_a_watchlist_that_shrinks_or_grows_meanwhile_is_read_again(
    trakt: Trakt, stand_in: TraktStandIn, ann: Credential, films: Films, count: int
) -> None:
    stand_in.set_watchlist("ann", films(600))
    after = films(100, 100 + count)
    changes = [after]

    def change(_came: int, _promised: int | None) -> None:
        if changes:
            stand_in.set_watchlist("ann", changes.pop())

    before = await trakt.changes(["users/ann/watchlist"], ann)
    read = await trakt.read("users/ann/watchlist", ann, on_page=change)
    assert names(read) == [one.title for one in after]
    assert (read.short_by, read.info.item_count) == (0, count)
    assert read.info.version != before["users/ann/watchlist"]
    now = await trakt.changes(["users/ann/watchlist"], ann)
    assert read.info.version == now["users/ann/watchlist"]


SWAPPED = {
    "users/ann/watchlist": "set_watchlist",
    "users/ann/favorites": "set_favourites",
    "users/ann/collection/movies": "set_collection",
}


@pytest.mark.parametrize(
    ("reference", "who"),
    [*((reference, "ann") for reference in SWAPPED), ("users/ann/watchlist", "nobody")],
)
async def test_rows_that_leave_while_others_come_hide_none_between_two_pages(
    trakt: Trakt,
    stand_in: TraktStandIn,
    ann: Credential,
    nobody: Credential,
    films: Films,
    reference: str,
    who: str,
) -> None:
    put = getattr(stand_in, SWAPPED[reference])
    put("ann", films(600))
    after = [*films(600)[3:], *films(2000, 2003)]
    changes = [after]

    def change(_came: int, _promised: int | None) -> None:
        if changes:
            put("ann", changes.pop())

    asker = ann if who == "ann" else nobody
    read = await trakt.read(reference, asker, on_page=change)
    assert sorted(names(read)) == sorted(one.title for one in after)
    assert read.short_by == 0


async def test_pages_are_counted_where_rows_are_not(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(20))
    rows = stand_in.world.lists[0].rows
    headers = {"X-Pagination-Page-Count": "2"}
    for part in (rows[:10], rows[10:]):
        stand_in.fail("items", status=200, body=part, headers=headers)
    assert len((await trakt.read(BEST, nobody)).items) == 20


async def test_a_list_that_keeps_changing_is_left_for_later(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(600))
    counts = iter(range(601, 700))

    def change(_came: int, _promised: int | None) -> None:
        stand_in.set_items("ann", "best", films(next(counts)))

    with pytest.raises(UnavailableError, match="keeps changing"):
        await trakt.read(BEST, nobody, on_page=change)


async def test_a_change_that_no_count_shows_is_seen_after_the_last_page(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(600))
    changes = [films(1, 601)]

    def change(came: int, _promised: int | None) -> None:
        if changes:
            stand_in.set_items("ann", "best", changes.pop())

    read = await trakt.read(BEST, nobody, on_page=change)
    assert names(read) == [one.title for one in films(1, 601)]


async def test_a_row_that_comes_on_two_pages_hides_no_other_one(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(500))
    rows = stand_in.world.lists[0].rows
    answer_page(stand_in, 2, rows[249:499])
    read = await trakt.read(BEST, nobody)
    assert (len(read.items), read.short_by) == (499, 1)
    assert len(pages(stand_in)) == 6


async def test_pages_of_another_size_in_the_middle_do_not_fit_together(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(600))

    def shrink(_came: int, _promised: int | None) -> None:
        stand_in.pager.largest = 100

    read = await trakt.read(BEST, nobody, on_page=shrink)
    assert names(read) == [one.title for one in films(600)]


async def test_a_list_without_an_end_is_not_followed_for_ever(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(500))
    stand_in.promise("/lists/best", 10**6)
    with pytest.raises(UnexpectedAnswerError, match="more than 500 pages"):
        await trakt.read(BEST, nobody)
    assert pages(stand_in) == ["1"]


@pytest.mark.parametrize("body", [{"items": []}, [1], ["row"], [{"title": "x"}], "null", ""])
async def test_something_that_is_no_page_is_not_taken_for_one(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films, body: Any
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    stand_in.fail("items", status=200, body=body, times=None)
    with pytest.raises(UnexpectedAnswerError):
        await trakt.read(BEST, nobody)


async def test_a_chart_that_moves_between_its_pages_is_as_long_as_it_is(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.set_chart("movies/trending", films(600))
    moved = [films(599, 600) + films(599)]

    def move(_came: int, _promised: int | None) -> None:
        if moved:
            stand_in.set_chart("movies/trending", moved.pop())

    read = await trakt.read("movies/trending/500", nobody, on_page=move)
    assert (len(read.items), read.short_by) == (500, 0)


async def test_a_chart_cut_short_says_so(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.set_chart("movies/trending", films(80))
    stand_in.promise("/movies/trending", 3000)
    read = await trakt.read("movies/trending", nobody)
    assert (len(read.items), read.short_by, read.info.item_count) == (80, 170, 250)


async def test_a_small_chart_is_not_short(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.set_chart("movies/anticipated", films(80))
    read = await trakt.read("movies/anticipated", nobody)
    assert (len(read.items), read.short_by, read.info.item_count) == (80, 0, 80)


def answer_page(
    stand_in: TraktStandIn, page: int, rows: list[dict[str, Any]], times: int | None = None
) -> None:
    """These rows in place of that page, under the headers of the whole list."""
    count = len(stand_in.world.lists[0].rows)
    order: dict[str, Any] = {
        "query": f"page={page}&",
        "status": 200,
        "body": dumps(rows),
        "content_type": "application/json",
        "headers": {
            "X-Pagination-Limit": "250",
            "X-Pagination-Page-Count": str(-(-count // 250)),
            "X-Pagination-Item-Count": str(count),
        },
    }
    stand_in.control.faults.add(Fault(path="items", times=times, **order))
