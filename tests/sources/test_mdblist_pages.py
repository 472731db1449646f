"""Pages of MDBList that do not fit together are never taken for a whole list."""

from collections.abc import Callable
from typing import Any

import pytest

from collectarr.demo.mdblist import MdbListStandIn
from collectarr.demo.mdblist.state import ranked
from collectarr.errors import UnavailableError
from collectarr.models import Title
from collectarr.sources import Credential
from collectarr.sources.mdblist import MdbList
from tests.changes import changed

Films = Callable[..., list[Title]]
REFERENCES = {"demo/long": "list", "watchlist": "watchlist", "external/501": "external"}


@pytest.fixture
def pages(stand_in: MdbListStandIn, films: Films) -> MdbListStandIn:
    """A list, a watchlist and an external list of fifty films, on five pages each."""
    stand_in.largest_page = 10
    stand_in.add_list("demo", "long", "Long", films(50))
    stand_in.set_watchlist("demo", films(50))
    stand_in.add_external("demo", "Long", films(50))
    return stand_in


def become(stand_in: MdbListStandIn, reference: str, titles: list[Title], *, quietly: bool) -> None:
    """The list has these titles now. `quietly`: without a mark of the change."""
    match REFERENCES[reference]:
        case "list" if quietly:
            stand_in.shelf.lists[0].rows = ranked(titles)
        case "list":
            stand_in.set_items("demo", "long", titles)
        case "watchlist":
            stand_in.set_watchlist("demo", titles)
        case _:
            stand_in.shelf.externals[0].rows = ranked(titles)


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize("start", [10, 40])
@pytest.mark.parametrize("ranks", [True, False])
async def test_a_list_whose_pages_always_overlap_is_short(
    mdblist: MdbList,
    pages: MdbListStandIn,
    key: Credential,
    reference: str,
    start: int,
    ranks: bool,
) -> None:
    for one in (*pages.shelf.lists, *pages.shelf.externals):
        one.rows = [row if ranks else {**row, "rank": None} for row in one.rows]
    pages.paging.overlaps[start] = 3
    read = await mdblist.read(reference, key)
    assert (len(read.items), read.short_by) == (47, 3)


async def test_pages_that_show_rows_again_out_of_order_are_short(
    mdblist: MdbList, pages: MdbListStandIn, key: Credential
) -> None:
    rows = pages.shelf.lists[0].rows
    pages.shelf.lists[0].rows = [*rows[:20], rows[3], *rows[21:31], rows[5], *rows[32:]]
    read = await mdblist.read("demo/long", key)
    assert (len(read.items), read.short_by) == (48, 2)


async def test_a_list_whose_overlaps_are_others_each_time_is_not_read(
    mdblist: MdbList, pages: MdbListStandIn, key: Credential
) -> None:
    def move() -> None:
        pages.paging.overlaps[20] = pages.paging.overlaps.get(20, 0) % 9 + 1
        pages.paging.after[0] = move

    pages.paging.after[0] = move
    with pytest.raises(UnavailableError, match="keeps changing"):
        await mdblist.read("demo/long", key)


@pytest.mark.parametrize("reference", REFERENCES)
async def test_a_row_that_stands_on_two_pages_is_no_loss(
    mdblist: MdbList, pages: MdbListStandIn, key: Credential, films: Films, reference: str
) -> None:
    titles = films(50)
    become(pages, reference, [*titles[:35], titles[2], *titles[35:]], quietly=False)
    for _ in range(2):
        pages.requests.clear()
        read = await mdblist.read(reference, key)
        assert ([item.title for item in read.items], read.short_by) == (titles, 0)
    # Six pages, once.
    assert sum("items" in seen.path for seen in pages.requests) == 6


async def test_episodes_of_one_show_on_two_pages_are_no_loss(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.largest_page = 10
    show = {"ids": {"tmdb": 1396}, "title": "Breaking Bad"}
    part = {"id": 1396, "title": "Breaking Bad", "mediatype": "episode", "show": show}
    titles = films(30)
    stand_in.add_list("demo", "parts", "Parts", [part, *titles[:15], part, *titles[15:]])
    read = await mdblist.read("demo/parts", key)
    assert (len(read.items), read.short_by) == (31, 0)


async def test_a_long_list_that_dates_no_changes_is_read_twice_only_if_something_differs(
    mdblist: MdbList, pages: MdbListStandIn, key: Credential, films: Films
) -> None:
    counts = []
    for titles in (films(50), films(50), films(49)):
        become(pages, "external/501", titles, quietly=False)
        pages.requests.clear()
        read = await mdblist.read("external/501", key)
        assert [item.title for item in read.items] == titles
        counts.append(sum("items" in seen.path for seen in pages.requests))
    assert counts == [10, 5, 10]


async def test_pages_that_overlap_once_are_read_once_more(
    mdblist: MdbList, pages: MdbListStandIn, key: Credential, films: Films
) -> None:
    pages.paging.overlaps[20] = 3
    pages.paging.after[40] = pages.paging.overlaps.clear
    read = await mdblist.read("demo/long", key)
    assert ([item.title for item in read.items], read.short_by) == (films(50), 0)


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize("what", ["swap", "remove", "insert", "append", "move"])
@pytest.mark.parametrize("cursors", [True, False])
async def test_a_list_that_changes_at_any_page_comes_as_it_was_or_is(
    mdblist: MdbList,
    pages: MdbListStandIn,
    key: Credential,
    films: Films,
    reference: str,
    what: str,
    cursors: bool,
) -> None:
    pages.gives_cursors = cursors
    titles = films(51)
    before, after = titles[:50], changed(what, titles[:50], titles[50])
    for start in range(0, 50, 10):
        become(pages, reference, before, quietly=False)
        pages.paging.after = {start: lambda: become(pages, reference, after, quietly=False)}
        read = await mdblist.read(reference, key)
        assert [item.title for item in read.items] in (before, after)
        assert read.short_by == 0


@pytest.mark.parametrize("what", ["swap", "move"])
async def test_a_list_that_dates_no_changes_is_read_twice(
    mdblist: MdbList, pages: MdbListStandIn, key: Credential, films: Films, what: str
) -> None:
    pages.shelf.lists[0].dated = False
    titles = films(51)
    after = changed(what, titles[:50], titles[50])
    pages.paging.after[10] = lambda: become(pages, "demo/long", after, quietly=True)
    read = await mdblist.read("demo/long", key)
    assert [item.title for item in read.items] == after


async def test_a_list_of_one_page_that_dates_no_changes_is_read_once(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("demo", "short", "Short", films(5))
    stand_in.shelf.lists[0].dated = False
    await mdblist.read("demo/short", key)
    assert len(stand_in.requests) == 2


def _season(number: int, **more: Any) -> dict[str, Any]:
    return {"title": f"Season {number}", "mediatype": "season", "season": number, **more}


@pytest.mark.parametrize("ids", [{}, {"id": 1396}], ids=["no number", "that of the show"])
async def test_seasons_on_several_pages_are_told_apart(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, ids: dict[str, int], films: Films
) -> None:
    stand_in.largest_page = 10
    seasons = [_season(number, **ids) for number in range(1, 31)]
    stand_in.add_list("demo", "mix", "Mix", [*seasons, *films(5)])
    read = await mdblist.read("demo/mix", key)
    assert (len(read.items), read.short_by) == (5, 0)


async def test_a_film_that_stands_twice_on_one_page_is_no_overlap(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.largest_page = 10
    stand_in.add_list("demo", "long", "Long", [films(1)[0], *films(14)])
    read = await mdblist.read("demo/long", key)
    assert ([item.title for item in read.items], read.short_by) == (films(14), 0)


async def test_a_total_that_is_too_low_loses_nothing(
    mdblist: MdbList, pages: MdbListStandIn, key: Credential
) -> None:
    pages.paging.headers = {"X-Total-Items": "5", "X-Has-More": None, "X-Next-Cursor": None}
    read = await mdblist.read("demo/long", key)
    assert (len(read.items), read.short_by) == (50, 0)
