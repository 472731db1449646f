"""Pages of TMDb that do not fit together, and counts that lie, hide no title."""

from collections.abc import Callable
from typing import Any

import pytest

from collectarr.demo.tmdb import TmdbStandIn
from collectarr.demo.tmdb.rows import Known
from collectarr.errors import UnavailableError
from collectarr.models import Title
from collectarr.sources import Credential
from collectarr.sources.tmdb import Tmdb

Films = Callable[..., list[Title]]
NOBODY = Credential()
FIFTY, MORE = list(range(1, 51)), 51
CHANGES = {
    "swap": [*FIFTY[:2], *FIFTY[3:], MORE],
    "remove": [*FIFTY[:2], *FIFTY[3:]],
    "insert": [MORE, *FIFTY],
    "append": [*FIFTY, MORE],
    "move": [FIFTY[-1], *FIFTY[:-1]],
}


@pytest.fixture
def number(stand_in: TmdbStandIn, films: Films) -> int:
    """A list of fifty films on five pages."""
    stand_in.per_page = 10
    return stand_in.add_list("Films", films(50))


async def read_numbers(tmdb: Tmdb, number: int) -> tuple[list[int | None], int]:
    read = await tmdb.read(f"list/{number}", NOBODY)
    return [item.title.ids.tmdb for item in read.items], read.short_by


@pytest.mark.parametrize("what", CHANGES)
async def test_a_list_that_changes_at_any_page_comes_as_it_was_or_is(
    tmdb: Tmdb, stand_in: TmdbStandIn, number: int, films: Films, what: str
) -> None:
    known = {title.ids.tmdb: Known(title) for title in films(MORE)}

    def become(numbers: list[int]) -> None:
        stand_in.lists[number].titles = [known[one] for one in numbers]

    for start in range(0, 50, 10):
        become(FIFTY)
        stand_in.paging.after = {start: lambda: become(CHANGES[what])}
        came, short_by = await read_numbers(tmdb, number)
        assert came in (FIFTY, CHANGES[what])
        assert short_by == 0


async def test_pages_that_overlap_once_are_read_again(
    tmdb: Tmdb, stand_in: TmdbStandIn, number: int
) -> None:
    stand_in.paging.overlaps[20] = 3
    stand_in.paging.after[40] = stand_in.paging.overlaps.clear
    assert await read_numbers(tmdb, number) == (FIFTY, 0)


async def test_pages_that_always_overlap_are_no_whole_list(
    tmdb: Tmdb, stand_in: TmdbStandIn, number: int
) -> None:
    stand_in.paging.overlaps[20] = 3
    came, short_by = await read_numbers(tmdb, number)
    assert (len(came), short_by) == (47, 3)


async def test_a_list_that_is_another_one_each_time_is_left_for_later(
    tmdb: Tmdb, stand_in: TmdbStandIn, number: int
) -> None:
    titles = stand_in.lists[number].titles

    def turn() -> None:
        titles.append(titles.pop(0))
        stand_in.paging.after[0] = turn

    stand_in.paging.after[0] = turn
    with pytest.raises(UnavailableError, match="keeps changing"):
        await read_numbers(tmdb, number)


@pytest.mark.parametrize(
    "lie",
    [
        {"total_pages": 2, "total_results": 20},
        {"total_pages": 1, "item_count": 10},
        {"total_pages": None},
        {"total_pages": 2, "total_results": None},
        {"total_results": 0},
    ],
)
async def test_a_count_that_is_too_low_hides_no_title(
    tmdb: Tmdb, stand_in: TmdbStandIn, number: int, lie: dict[str, Any]
) -> None:
    stand_in.paging.headers = lie
    assert await read_numbers(tmdb, number) == (FIFTY, 0)


async def test_a_list_that_counts_nothing_is_read_until_a_page_is_not_full(
    tmdb: Tmdb, stand_in: TmdbStandIn, films: Films
) -> None:
    number = stand_in.add_list("Films", films(50))
    stand_in.paging.headers = dict.fromkeys(("total_pages", "total_results", "item_count"))
    assert await read_numbers(tmdb, number) == (FIFTY, 0)


async def test_a_film_that_stands_on_two_pages_is_no_loss(
    tmdb: Tmdb, stand_in: TmdbStandIn, number: int
) -> None:
    titles = stand_in.lists[number].titles
    titles.insert(35, titles[2])
    assert await read_numbers(tmdb, number) == (FIFTY, 0)


async def test_a_list_is_read_twice_only_if_something_differs(
    tmdb: Tmdb, stand_in: TmdbStandIn, number: int
) -> None:
    counts = []
    for gone in (0, 0, 1):
        del stand_in.lists[number].titles[:gone]
        stand_in.requests.clear()
        assert await read_numbers(tmdb, number) == (FIFTY[gone:], 0)
        counts.append(sum(seen.path == f"/3/list/{number}" for seen in stand_in.requests))
    assert counts == [10, 5, 10]
