"""Reading a whole list from the stand-in, page by page, or not at all."""

from collections.abc import Callable

import pytest

from collectarr.demo.mdblist import MdbListStandIn
from collectarr.errors import UnavailableError, UnexpectedAnswerError, UpstreamError
from collectarr.models import Kind, Snapshot, Title
from collectarr.sources import Credential
from collectarr.sources.mdblist import MdbList

Films = Callable[..., list[Title]]
ITEMS = "/items"
LAST = {"X-Has-More": "false"}


def names(snapshot: Snapshot) -> list[str]:
    return [item.title.title for item in snapshot.items]


def item_requests(stand_in: MdbListStandIn) -> list[dict[str, str]]:
    return [seen.query for seen in stand_in.requests if seen.path.endswith(ITEMS)]


async def test_a_list_comes_whole_and_in_order(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    titles = list(reversed(films(30)))
    stand_in.add_list("ann", "best", "The best", titles)
    read = await mdblist.read("ann/best", key)
    assert [item.title for item in read.items] == titles
    assert [item.rank for item in read.items] == list(range(1, 31))
    assert read.items[0].poster == "https://image.tmdb.org/t/p/w500/demo-30.jpg"
    assert (read.short_by, read.info.name, read.info.public) == (0, "The best", True)


async def test_a_known_list_of_one_page_costs_one_request(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    info = await mdblist.describe("ann/best", key)
    stand_in.requests.clear()
    await mdblist.read("ann/best", key, info)
    assert [seen.path for seen in stand_in.requests] == ["/lists/101/items"]


@pytest.mark.parametrize("unified", [True, False])
@pytest.mark.parametrize("cursors", [True, False])
@pytest.mark.parametrize("per_page", [True, False])
async def test_many_pages_come_whole_in_each_mood_of_mdblist(
    mdblist: MdbList,
    stand_in: MdbListStandIn,
    key: Credential,
    films: Films,
    unified: bool,
    cursors: bool,
    per_page: bool,
) -> None:
    stand_in.add_list("ann", "long", "Long", films(2500))
    stand_in.honours_unified, stand_in.gives_cursors = unified, cursors
    stand_in.totals_per_page = per_page
    read = await mdblist.read("ann/long", key)
    assert [item.title for item in read.items] == films(2500)
    assert read.short_by == 0
    asked = item_requests(stand_in)
    assert len(asked) == 3
    assert ["cursor" in one for one in asked] == [False, cursors, cursors]


async def test_smaller_pages_than_asked_for_lose_nothing(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.largest_page = 100
    stand_in.add_list("ann", "long", "Long", films(350))
    assert names(await mdblist.read("ann/long", key)) == [one.title for one in films(350)]


async def test_each_page_is_reported_with_what_is_promised(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "long", "Long", films(2500))
    pages: list[tuple[int, int | None]] = []
    await mdblist.read("ann/long", key, on_page=lambda rows, of: pages.append((rows, of)))
    assert pages == [(1000, 2500), (2000, 2500), (2500, 2500)]


@pytest.mark.parametrize("unified", [True, False])
async def test_twins_are_read_as_one_list(
    mdblist: MdbList,
    stand_in: MdbListStandIn,
    key: Credential,
    films: Films,
    shows: Films,
    unified: bool,
) -> None:
    stand_in.honours_unified = unified
    stand_in.add_list("ann", "mix", "Mix", films(3), mediatype="movie")
    stand_in.add_list("ann", "mix", "Mix", shows(2), mediatype="show")
    read = await mdblist.read("ann/mix", key)
    assert names(read) == ["Film 1", "Show 1", "Film 2", "Show 2", "Film 3"]
    assert (read.info.item_count, read.short_by) == (5, 0)


async def test_seasons_count_for_paging_but_are_left_out(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    seasons = [{"id": n, "title": f"Season {n}", "mediatype": "season"} for n in range(1, 1001)]
    stand_in.add_list("ann", "mix", "Mix", [*seasons, *films(5)])
    read = await mdblist.read("ann/mix", key)
    assert (len(read.items), read.short_by) == (5, 0)


async def test_fewer_rows_than_the_listing_promises_make_it_short(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(6))
    stand_in.promise("best", 10)
    assert (await mdblist.read("ann/best", key)).short_by == 4


async def test_an_empty_answer_for_a_list_that_promised_rows_is_short_by_all(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential
) -> None:
    stand_in.add_list("ann", "best", "The best", [])
    stand_in.promise("best", 75)
    read = await mdblist.read("ann/best", key)
    assert (read.items, read.short_by) == ((), 75)


async def test_fewer_rows_than_the_page_header_promises_make_it_short(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(6))
    body = [{"id": 1, "title": "Film 1", "mediatype": "movie"}]
    stand_in.fail(ITEMS, status=200, body=body, headers={"X-Total-Items": "40", **LAST})
    assert (await mdblist.read("ann/best", key)).short_by == 39


async def test_more_rows_than_promised_are_not_short(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(6))
    stand_in.promise("best", 2)
    read = await mdblist.read("ann/best", key)
    assert (len(read.items), read.short_by) == (6, 0)


async def test_an_empty_page_ends_the_walk_and_leaves_a_gap(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.largest_page = 2
    stand_in.add_list("ann", "best", "The best", films(6))
    info = await mdblist.describe("ann/best", key)
    page = [{"id": n, "title": f"Film {n}", "mediatype": "movie"} for n in (1, 2)]
    stand_in.fail(ITEMS, status=200, body=page, headers={"X-Has-More": "true"})
    stand_in.fail(ITEMS, status=200, body=[], headers={"X-Has-More": "true"})
    read = await mdblist.read("ann/best", key, info)
    assert (len(read.items), read.short_by) == (2, 4)
    assert len(item_requests(stand_in)) == 2


@pytest.mark.parametrize(
    "headers",
    [{"X-Has-More": "true", "X-Next-Cursor": "again"}, {"X-Has-More": "true"}],
    ids=["cursor", "offset"],
)
async def test_a_walk_that_turns_in_circles_is_an_error(
    mdblist: MdbList,
    stand_in: MdbListStandIn,
    key: Credential,
    films: Films,
    headers: dict[str, str],
) -> None:
    stand_in.add_list("ann", "best", "The best", films(6))
    body = [{"id": 1, "title": "Film 1", "mediatype": "movie"}]
    stand_in.fail(ITEMS, status=200, body=body, headers=headers, times=None)
    with pytest.raises(UnexpectedAnswerError, match="twice"):
        await mdblist.read("ann/best", key)
    assert len(item_requests(stand_in)) == 2


async def test_a_repeated_cursor_is_an_error_even_with_new_rows(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(6))
    for number in (1, 2):
        body = [{"id": number, "title": f"Film {number}", "mediatype": "movie"}]
        headers = {"X-Has-More": "true", "X-Next-Cursor": "again"}
        stand_in.fail(ITEMS, status=200, body=body, headers=headers)
    with pytest.raises(UnexpectedAnswerError, match="mark twice"):
        await mdblist.read("ann/best", key)


async def test_a_server_that_says_nothing_of_pages_is_asked_on_while_rows_are_missing(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    body = [{"id": 1, "title": "Film 1", "mediatype": "movie"}]
    stand_in.fail(ITEMS, status=200, body=body)
    assert len((await mdblist.read("ann/best", key)).items) == 3
    assert item_requests(stand_in)[1]["offset"] == "1"


@pytest.mark.parametrize("status", [200, 404, 500])
async def test_a_failure_on_a_later_page_fails_the_whole_read(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films, status: int
) -> None:
    stand_in.add_list("ann", "long", "Long", films(2500))
    pages: list[int] = []

    def broken_after_the_first(rows: int, promised: int | None) -> None:
        pages.append(rows)
        stand_in.fail(ITEMS, status=status, body={"error": "An error occurred"}, times=None)

    with pytest.raises(UpstreamError):
        await mdblist.read("ann/long", key, on_page=broken_after_the_first)
    assert pages == [1000]


async def test_a_connection_cut_in_the_middle_of_a_page_fails_the_read(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    stand_in.fail(ITEMS, cut=True, times=None)
    with pytest.raises(UnavailableError) as caught:
        await mdblist.read("ann/best", key)
    assert caught.value.code == "down"


async def test_one_cut_connection_is_tried_again(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    stand_in.fail(ITEMS, cut=True)
    assert len((await mdblist.read("ann/best", key)).items) == 3
    assert [seen.status for seen in stand_in.requests][-2:] == [0, 200]


async def test_a_list_that_changes_between_pages_is_read_once_more(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "long", "Long", films(1500))
    shifted = films(1, 1600)

    def edited(rows: int, promised: int | None) -> None:
        if len(item_requests(stand_in)) == 1:
            stand_in.set_items("ann", "long", shifted)

    read = await mdblist.read("ann/long", key, on_page=edited)
    assert [item.title for item in read.items] == shifted
    assert (read.short_by, read.info.item_count) == (0, 1599)


async def test_a_list_that_never_stands_still_is_not_read(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "long", "Long", films(1500))

    def edited(rows: int, promised: int | None) -> None:
        stand_in.set_items("ann", "long", films(1500))

    with pytest.raises(UnavailableError, match="keeps changing"):
        await mdblist.read("ann/long", key, on_page=edited)


async def test_a_list_of_one_page_is_not_described_again(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(1000))
    await mdblist.read("ann/best", key)
    assert [seen.path for seen in stand_in.requests] == ["/lists/user/ann", "/lists/101/items"]


async def test_a_list_of_one_kind_says_so(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, shows: Films
) -> None:
    stand_in.add_list("ann", "tv", "TV", shows(2), mediatype="show")
    assert (await mdblist.describe("ann/tv", key)).kinds == (Kind.SHOW,)
