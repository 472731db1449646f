"""Filters, order, limit, pins and exclusions; and the cut that each server makes."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from collectarr.models import Ids, Item, Kind, ListItem, Order, Rules, Title
from collectarr.sync.match import Match, PresenceIndex, match
from collectarr.sync.rules import choose, count_pinned, cut


def title(number: int, kind: Kind = Kind.MOVIE, year: int | None = 2000) -> Title:
    return Title(kind, f"T{number}", year, Ids(tmdb=number))


def row(number: int, kind: Kind = Kind.MOVIE, year: int | None = 2000, **facts: Any) -> ListItem:
    return ListItem(number, title(number, kind, year), **facts)


def chosen(items: list[ListItem], rules: Rules | None = None, **options: Any) -> list[int | None]:
    made = choose([("union", items)], rules=rules, **options)
    assert [item.rank for item in made] == list(range(1, len(made) + 1))
    return [item.title.ids.tmdb for item in made]


ITEMS = [
    row(1, year=1999, rating=80, genres=("action",)),
    row(2, Kind.SHOW, year=2005, rating=60, genres=("drama", "comedy")),
    row(3, year=None),
]


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        (Rules(), [1, 2, 3]),
        (Rules(kinds=(Kind.MOVIE,)), [1, 3]),
        (Rules(kinds=(Kind.SHOW, Kind.MOVIE)), [1, 2, 3]),
        (Rules(year_from=2000), [2]),
        (Rules(year_to=1999), [1]),
        (Rules(year_from=1999, year_to=2005), [1, 2]),
        (Rules(rating_from=61), [1]),
        (Rules(rating_from=0), [1, 2]),
        (Rules(genres=("comedy", "action")), [1, 2]),
        (Rules(without_genres=("drama",)), [1, 3]),
        (Rules(limit=2), [1, 2]),
        (Rules(descending=True), [3, 2, 1]),
        (Rules(order=Order.YEAR), [1, 2, 3]),
        (Rules(order=Order.YEAR, descending=True), [2, 1, 3]),
        (Rules(order=Order.RATING), [2, 1, 3]),
        (Rules(order=Order.RATING, descending=True, limit=1), [1]),
    ],
)
def test_what_is_asked_for_is_what_stays(rules: Rules, found: list[int]) -> None:
    assert chosen(ITEMS, rules) == found


def test_days_and_names_sort_too_and_what_is_equal_stays_as_it_was() -> None:
    items = [
        row(4, released=date(2001, 2, 3), added_at=datetime(2026, 1, 2, tzinfo=UTC)),
        row(2, released=date(2001, 2, 1)),
        row(3, released=date(2001, 2, 3), added_at=datetime(2026, 1, 1, tzinfo=UTC)),
    ]
    assert chosen(items, Rules(order=Order.RELEASED)) == [2, 4, 3]
    assert chosen(items, Rules(order=Order.RELEASED, descending=True)) == [4, 3, 2]
    assert chosen(items, Rules(order=Order.ADDED)) == [3, 4, 2]
    assert chosen(items, Rules(order=Order.TITLE)) == [2, 3, 4]


def test_a_season_brings_its_show_unless_it_is_skipped() -> None:
    items = [row(1, Kind.SHOW, via="season"), row(2, Kind.SHOW)]
    assert chosen(items) == [1, 2]
    assert chosen(items, Rules(episodes="skip")) == [2]


def test_an_id_of_no_known_kind_passes_no_filter_by_kind() -> None:
    unknown = ListItem(1, Title(Kind.UNKNOWN, "tt0000009", None, Ids("tt0000009")))
    assert len(choose([("union", [unknown])])) == 1
    assert choose([("union", [unknown])], rules=Rules(kinds=(Kind.MOVIE,))) == []


def test_a_fact_that_one_list_lacks_another_list_tells() -> None:
    lists = [("union", [row(1)]), ("minus", [row(9)]), ("union", [row(1, rating=70)])]
    (made,) = choose(lists, rules=Rules(rating_from=70))
    assert made.rating == 70


def test_pins_come_first_pass_every_filter_and_count_towards_the_limit() -> None:
    rules = Rules(year_from=2020, order=Order.TITLE, limit=2)
    items = [row(5, year=2021), row(4, year=2022), row(3, year=1980)]
    assert chosen(items, rules, pins=[title(3), title(8)]) == [3, 8]
    assert chosen(items, rules, pins=[title(8)]) == [8, 4]
    assert chosen(items, rules, pins=[title(n) for n in (8, 3, 7, 8)]) == [8, 3, 7]


def test_what_is_left_out_stays_out_but_for_pins() -> None:
    items = [row(1), row(2), row(3)]
    assert chosen(items, exclusions=[title(2)]) == [1, 3]
    assert chosen(items, left_out=[row(1), row(2)], pins=[title(2)]) == [2, 3]
    assert chosen(items, pins=[title(2)], exclusions=[title(2)]) == [1, 3]


def test_pinned_rows_are_counted_at_the_beginning() -> None:
    pins = [title(3), title(8), Title(Kind.MOVIE, "t3", 2000)]
    made = choose([("union", [row(1), row(3)])], pins=pins)
    assert count_pinned(made, pins) == 2
    assert count_pinned(made, []) == 0


def matches(*held: int, of: int = 5) -> list[Match]:
    items = {n: (Item(str(n), title(n)),) for n in held}
    return [
        Match(ListItem(n, title(n)), items.get(n, ()), "tmdb" if n in held else None, ("", ()))
        for n in range(1, of + 1)
    ]


def left(found: list[Match]) -> list[int]:
    assert [one.rank for one in found] == [1, 2, 3, 4, 5]
    return [one.rank for one in found if one.items]


def test_each_server_gets_the_first_so_many_that_it_holds() -> None:
    rules = Rules(in_library=True, limit=2)
    assert left(cut(matches(2, 4, 5), rules, 0)) == [2, 4]
    assert left(cut(matches(5), rules, 0)) == [5]
    assert "beyond the first 2" in cut(matches(1, 2, 3), rules, 0)[2].why


def test_no_cut_takes_a_pin() -> None:
    rules = Rules(in_library=True, limit=1)
    assert left(cut(matches(1, 2, 3, 4), rules, 3)) == [1, 2, 3]
    assert left(cut(matches(3, 4), rules, 2)) == [3]


def test_without_both_rules_nothing_is_cut() -> None:
    for rules in (Rules(limit=1), Rules(in_library=True)):
        assert left(cut(matches(1, 2, 3), rules, 0)) == [1, 2, 3]


def test_with_in_library_the_limit_waits_for_the_servers() -> None:
    assert chosen([row(1), row(2)], Rules(in_library=True, limit=1)) == [1, 2]


def test_an_imdb_id_of_no_known_kind_is_found_in_a_library() -> None:
    unknown = ListItem(1, Title(Kind.UNKNOWN, "tt0000009", None, Ids("tt0000009", tmdb=4)))
    film = Item("a", Title(Kind.MOVIE, "A", 2000, Ids(tmdb=4)))
    show = Item("b", Title(Kind.SHOW, "B", 2000, Ids("tt0000009")))
    (found,) = match([unknown], PresenceIndex([film, show]))
    assert [item.id for item in found.items] == ["b"]
