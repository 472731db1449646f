"""Several lists as one, in order."""

from collectarr.models import Ids, Kind, ListItem, Title
from collectarr.sync.combine import combine


def rows(*numbers: int, kind: Kind = Kind.MOVIE) -> list[ListItem]:
    return [
        ListItem(rank, Title(kind, f"T{n}", 2000, Ids(tmdb=n)))
        for rank, n in enumerate(numbers, start=1)
    ]


def numbers(items: list[ListItem]) -> list[int | None]:
    return [item.title.ids.tmdb for item in items]


def test_union_keeps_order_and_each_title_once() -> None:
    made = combine([("union", rows(3, 1, 2)), ("union", rows(2, 5, 3))])
    assert numbers(made) == [3, 1, 2, 5]
    assert [item.rank for item in made] == [1, 2, 3, 4]


def test_intersect_keeps_what_is_in_both() -> None:
    assert numbers(combine([("union", rows(3, 1, 2)), ("intersect", rows(2, 3))])) == [3, 2]


def test_minus_drops() -> None:
    assert numbers(combine([("union", rows(3, 1, 2)), ("minus", rows(1))])) == [3, 2]


def test_a_film_and_a_show_of_one_number_are_two_titles() -> None:
    assert len(combine([("union", rows(1)), ("union", rows(1, kind=Kind.SHOW))])) == 2


def test_any_shared_id_makes_one_title() -> None:
    one = [ListItem(1, Title(Kind.MOVIE, "A", 2000, Ids("tt0000001", 5)))]
    two = [ListItem(1, Title(Kind.MOVIE, "a", 2000, Ids("tt0000001")))]
    assert len(combine([("union", one), ("union", two)])) == 1
