"""What a collection leaves out of its lists, and why."""

from typing import Any

import pytest

from collectarr.models import Ids, Kind, ListItem, Merge, Order, Rules, Title
from collectarr.sync.rules import EXCLUDED, ONLY_A_PART, LeftOut, choose, choose_and_tell, pinned


def title(number: int, kind: Kind = Kind.MOVIE, year: int | None = 2000) -> Title:
    return Title(kind, f"T{number}", year, Ids(tmdb=number))


def row(number: int, kind: Kind = Kind.MOVIE, year: int | None = 2000, **facts: Any) -> ListItem:
    return ListItem(number, title(number, kind, year), **facts)


ITEMS = [
    row(1, year=1999, rating=80, genres=("action",)),
    row(2, Kind.SHOW, year=2005, rating=60, genres=("drama", "comedy")),
    row(3, year=None),
]


def told(items: list[ListItem], rules: Rules | None = None, **options: Any) -> dict[Any, str]:
    """The reason of each title left out; what is taken is the same as without reasons."""
    rules = rules or Rules()
    rows, out = choose_and_tell([("union", items)], Merge.IN_ORDER, rules, **options)
    options["left_out"] = [row for _, rows in options.pop("others", ()) for row in rows]
    assert rows == choose([("union", items)], Merge.IN_ORDER, rules, **options)
    return {one.item.title.ids.tmdb: one.why for one in out}


@pytest.mark.parametrize(
    ("rules", "reasons"),
    [
        (Rules(), {}),
        (Rules(kinds=(Kind.MOVIE,)), {2: "This collection takes only films."}),
        (
            Rules(year_from=2000),
            {
                1: "It is from 1999; this collection begins with 2000.",
                3: "This collection goes by the year, and its year is not known.",
            },
        ),
        (Rules(rating_from=0), {3: "This collection goes by the rating, and its rating is not"}),
        (
            Rules(rating_from=70),
            {2: "It is rated 60; this collection takes 70 and above.", 3: "This collection goes"},
        ),
        (Rules(without_genres=("drama",)), {2: "This collection leaves out its genre: drama."}),
        (
            Rules(genres=("action",)),
            {2: "It has none of the genres that this collection takes: action.", 3: "It has none"},
        ),
        (Rules(limit=2), {3: "It comes after the first 2 that this collection takes."}),
        (Rules(limit=2, in_library=True), {}),
        (
            Rules(limit=1, order=Order.YEAR, descending=True),
            dict.fromkeys((1, 3), "It comes after the first 1 that"),
        ),
    ],
)
def test_each_rule_says_what_it_keeps_out(rules: Rules, reasons: dict[int, str]) -> None:
    found = told(ITEMS, rules)
    assert found.keys() == reasons.keys()
    for number, why in reasons.items():
        assert found[number].startswith(why)


def test_an_exclusion_is_named_with_the_title_that_takes_it_back() -> None:
    without_kind = Title(Kind.UNKNOWN, "", None, Ids("tt0000007"))
    item = ListItem(1, Title(Kind.MOVIE, "Seven", 1995, Ids("tt0000007", 7)))
    rows, out = choose_and_tell(
        [("union", [item, *ITEMS])], Merge.IN_ORDER, Rules(), exclusions=[without_kind]
    )
    assert out == [LeftOut(item, EXCLUDED, without_kind)]
    assert len(rows) == 3


def test_another_collection_is_called_by_its_name_and_a_pin_overrules_it() -> None:
    others = (("Classics", [row(1), row(3, year=None)]),)
    why = "It is in your collection “Classics”, whose titles stay out of this one."
    assert told(ITEMS, others=others) == {1: why, 3: why}
    assert told(ITEMS, others=others, pins=[title(1, year=1999)]) == {3: why}
    assert told(ITEMS, others=others, exclusions=[title(1, year=1999)])[1] == EXCLUDED


def test_a_show_of_which_only_parts_are_listed_is_told_once() -> None:
    part = row(5, Kind.SHOW, via="season")
    rules = Rules(episodes="skip")
    assert told([part, part, row(2, Kind.SHOW, via="episode"), *ITEMS], rules) == {5: ONLY_A_PART}
    assert told([part, *ITEMS]) == {}


def test_pinned_rows_lead_back_to_their_pins() -> None:
    pins = [title(3, year=None), Title(Kind.MOVIE, "T9", 1990, Ids(tmdb=9))]
    rows = choose([("union", ITEMS)], pins=pins)
    assert pinned(rows, pins) == {1: pins[0], 2: pins[1]}
    assert pinned(rows, ()) == {}
