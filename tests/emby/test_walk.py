"""Pages of a library that changes while it is read."""

from collections.abc import Callable
from typing import Any

import pytest

from collectarr.emby.rows import Row
from collectarr.emby.walk import Page, Walk, walk
from collectarr.models import utc_now

Change = Callable[[list[str]], None]


class Shelf:
    """`cap` is the largest page it gives, `after` what happens to it after page n."""

    def __init__(self, count: int, *, cap: int = 10**9, counts: bool = True) -> None:
        self.ids = [str(number) for number in range(1, count + 1)]
        self.cap = cap
        self.counts = counts
        self.after: dict[int, Change] = {}
        self.reads = 0

    async def read(self, start: int, limit: int) -> Page:
        rows = self.ids[start : start + min(limit, self.cap)]
        page = Page([{"Id": i} for i in rows], len(self.ids) if self.counts else 0, utc_now())
        self.reads += 1
        self.after.get(self.reads, lambda ids: None)(self.ids)
        return page

    async def walk(self, **options: Any) -> Walk[Row]:
        return await walk(self.read, lambda row: row, **{"limit": 1100, **options})


@pytest.mark.parametrize("count", [0, 1, 1000, 1099, 1100, 1101, 2000, 2100, 8015, 10_000])
async def test_a_library_costs_a_read_per_thousand_rows(count: int) -> None:
    shelf = Shelf(count)
    done = await shelf.walk()
    assert done.complete
    assert list(done.found) == shelf.ids
    assert shelf.reads <= max(1, -(-count // 1000))


@pytest.mark.parametrize("cap", [1, 2, 50, 100, 500])
async def test_a_server_that_gives_smaller_pages_is_read_whole(cap: int) -> None:
    shelf = Shelf(730, cap=cap)
    done = await shelf.walk()
    assert done.complete
    assert len(done.found) == 730


async def test_without_a_count_a_short_page_is_the_end() -> None:
    shelf = Shelf(2500, counts=False)
    done = await shelf.walk()
    assert done.complete
    assert len(done.found) == 2500


async def test_a_few_rows_that_vanish_between_pages_hide_no_other() -> None:
    shelf = Shelf(3000)
    shelf.after = {1: lambda ids: ids.__delitem__(slice(0, 90))}
    done = await shelf.walk()
    assert done.complete
    assert set(shelf.ids) <= set(done.found)


async def test_more_vanishing_rows_than_the_overlap_make_a_walk_incomplete() -> None:
    shelf = Shelf(3000)
    shelf.after = {1: lambda ids: ids.__delitem__(slice(0, 150))}
    done = await shelf.walk()
    assert not set(shelf.ids) <= set(done.found)
    assert not done.complete


async def test_rows_that_vanish_while_as_many_come_make_a_walk_incomplete() -> None:
    def swap(ids: list[str]) -> None:
        del ids[:150]
        ids.extend(f"new{number}" for number in range(150))

    shelf = Shelf(3000)
    shelf.after = {1: swap}
    assert not (await shelf.walk()).complete


async def test_a_library_that_shrinks_before_the_last_page_is_incomplete() -> None:
    shelf = Shelf(1150)
    shelf.after = {1: lambda ids: ids.__delitem__(slice(0, 200))}
    assert not (await shelf.walk()).complete


async def test_rows_that_come_in_front_during_a_walk_lose_none_that_were_there() -> None:
    shelf = Shelf(3000)
    before = set(shelf.ids)
    shelf.after = {1: lambda ids: ids.insert(0, "new")}
    done = await shelf.walk()
    assert done.complete
    assert before <= set(done.found)


async def test_an_empty_page_that_promises_rows_is_incomplete() -> None:
    async def nothing(start: int, limit: int) -> Page:
        return Page([], 5, utc_now())

    assert not (await walk(nothing, lambda row: row, limit=10)).complete


async def test_a_server_that_ignores_paging_ends_the_walk() -> None:
    rows = [{"Id": str(number)} for number in range(1500)]

    async def everything(start: int, limit: int) -> Page:
        return Page(rows, 3000, utc_now())

    done = await walk(everything, lambda row: row, limit=1100)
    assert len(done.found) == 1500
    assert not done.complete


async def test_two_links_to_one_item_are_one_row_and_no_loss() -> None:
    async def twice(start: int, limit: int) -> Page:
        return Page([{"Id": "1"}, {"Id": "2"}, {"Id": "1"}], 3, utc_now())

    done = await walk(twice, lambda row: row, limit=10)
    assert list(done.found) == ["1", "2"]
    assert done.complete


async def test_a_walk_stops_after_its_pages_and_says_so() -> None:
    shelf = Shelf(20_000)
    done = await shelf.walk(max_pages=5)
    assert shelf.reads == 5
    assert not done.complete


async def test_progress_counts_up_to_the_total() -> None:
    heard: list[tuple[int, int]] = []
    await Shelf(2500).walk(on_page=lambda done, total: heard.append((done, total)))
    assert heard == [(1100, 2500), (2100, 2500), (2500, 2500)]
