"""Pages of Trakt that do not fit together, and headers that lie, hide no title."""

from collections.abc import Callable

import pytest

from collectarr.demo.trakt import TraktStandIn
from collectarr.models import Snapshot, Title
from collectarr.sources import Credential
from collectarr.sources.trakt import Trakt
from tests.changes import changed

Films = Callable[..., list[Title]]
BEST, WATCHLIST = "users/ann/lists/best", "users/ann/watchlist"
COUNT, PAGES, LIMIT = (f"X-Pagination-{word}" for word in ("Item-Count", "Page-Count", "Limit"))


@pytest.fixture
def pages(stand_in: TraktStandIn, films: Films) -> TraktStandIn:
    """A list and a watchlist of fifty films, on five pages each."""
    stand_in.pager.largest = 10
    stand_in.add_list("ann", "best", "The best", films(50))
    stand_in.set_watchlist("ann", films(50))
    return stand_in


def titles_of(read: Snapshot) -> list[str]:
    return [item.title.title for item in read.items]


def become(stand_in: TraktStandIn, reference: str, titles: list[Title]) -> None:
    if reference == BEST:
        stand_in.set_items("ann", "best", titles)
    else:
        stand_in.set_watchlist("ann", titles)


@pytest.mark.parametrize("reference", [BEST, WATCHLIST])
@pytest.mark.parametrize("who", ["ann", "ben", "nobody"])
@pytest.mark.parametrize("what", ["swap", "remove", "insert", "append", "move"])
async def test_a_list_that_changes_at_any_page_comes_as_it_was_or_is(
    trakt: Trakt,
    pages: TraktStandIn,
    ann: Credential,
    ben: Credential,
    nobody: Credential,
    films: Films,
    reference: str,
    who: str,
    what: str,
) -> None:
    asker = {"ann": ann, "ben": ben, "nobody": nobody}[who]
    titles = films(51)
    before, after = titles[:50], changed(what, titles[:50], titles[50])
    states = [[title.title for title in state] for state in (before, after)]
    for start in range(0, 50, 10):
        become(pages, reference, before)
        pages.pager.paging.after = {start: lambda: become(pages, reference, after)}
        read = await trakt.read(reference, asker)
        assert (titles_of(read) in states, read.short_by) == (True, 0)


LIES = {
    "too few rows": {COUNT: "20"},
    "too few pages": {PAGES: "2"},
    "no pages": {PAGES: None},
    "too few pages and no rows": {PAGES: "1", COUNT: None},
    "too few rows and no pages": {PAGES: None, COUNT: "20"},
    "nonsense": {PAGES: "many", COUNT: "-1"},
    "nothing": {PAGES: None, COUNT: None},
    "nothing at all": {PAGES: None, COUNT: None, LIMIT: None},
}


@pytest.mark.parametrize("reference", [BEST, WATCHLIST])
@pytest.mark.parametrize("lie", LIES)
async def test_headers_that_contradict_themselves_or_say_nothing_hide_no_title(
    trakt: Trakt,
    pages: TraktStandIn,
    ann: Credential,
    films: Films,
    reference: str,
    lie: str,
) -> None:
    pages.pager.paging.headers = dict(LIES[lie])
    read = await trakt.read(reference, ann)
    assert (titles_of(read), read.short_by) == ([one.title for one in films(50)], 0)


async def test_a_list_that_says_to_be_longer_than_its_pages_do_is_read_on(
    trakt: Trakt, pages: TraktStandIn, nobody: Credential, films: Films
) -> None:
    pages.promise("lists/best/items", 40)
    read = await trakt.read(BEST, nobody)
    assert (titles_of(read), read.short_by) == ([one.title for one in films(50)], 0)


async def test_a_list_that_says_to_be_longer_than_what_comes_is_short(
    trakt: Trakt, pages: TraktStandIn, nobody: Credential
) -> None:
    pages.world.lists[0].promised = 60
    read = await trakt.read(BEST, nobody)
    assert (len(read.items), read.short_by, read.info.item_count) == (50, 10, 60)


async def test_people_on_a_list_do_not_make_it_short(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    people = [{"type": "person", "person": {"name": "Ada", "ids": {"trakt": 9}}}]
    stand_in.add_list("ann", "best", "The best", [*films(4), *people])
    read = await trakt.read(BEST, nobody)
    assert (len(read.items), read.short_by) == (4, 0)


async def test_a_list_whose_length_is_a_multiple_of_its_pages_costs_no_page_more(
    trakt: Trakt, pages: TraktStandIn, ann: Credential
) -> None:
    for reference, path in ((BEST, "/lists/best/items"), (WATCHLIST, "/ann/watchlist")):
        pages.requests.clear()
        await trakt.read(reference, ann)
        assert sum(path in seen.path for seen in pages.requests) == 5


async def test_somebody_elses_watchlist_is_read_twice_only_if_something_differs(
    trakt: Trakt, pages: TraktStandIn, nobody: Credential, films: Films
) -> None:
    counts = []
    for titles in (films(50), films(50), films(49)):
        pages.set_watchlist("ann", titles)
        pages.requests.clear()
        read = await trakt.read(WATCHLIST, nobody)
        assert titles_of(read) == [one.title for one in titles]
        counts.append(sum("/ann/watchlist" in seen.path for seen in pages.requests))
    assert counts == [10, 5, 10]
