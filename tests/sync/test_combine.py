"""Several lists as one, in order or in turn; and which rows are one title."""

import pytest

from collectarr.models import Ids, Kind, ListItem, Merge, Title
from collectarr.sync.combine import combine
from collectarr.sync.same import MOST_NAMESAKES


def rows(*numbers: int, kind: Kind = Kind.MOVIE) -> list[ListItem]:
    return [
        ListItem(rank, Title(kind, f"T{n}", 2000, Ids(tmdb=n)))
        for rank, n in enumerate(numbers, start=1)
    ]


def row(
    kind: Kind = Kind.MOVIE, name: str = "A", year: int | None = 2000, **ids: object
) -> ListItem:
    return ListItem(1, Title(kind, name, year, Ids.of(**ids)))


def numbers(items: list[ListItem]) -> list[int | None]:
    return [item.title.ids.tmdb for item in items]


def joined(*items: ListItem) -> list[ListItem]:
    return combine([("union", [item]) for item in items])


def test_union_keeps_order_and_each_title_once() -> None:
    made = combine([("union", rows(3, 1, 2)), ("union", rows(2, 5, 3))])
    assert numbers(made) == [3, 1, 2, 5]
    assert [item.rank for item in made] == [1, 2, 3, 4]


def test_intersect_keeps_what_is_in_both() -> None:
    assert numbers(combine([("union", rows(3, 1, 2)), ("intersect", rows(2, 3))])) == [3, 2]


def test_minus_drops() -> None:
    assert numbers(combine([("union", rows(3, 1, 2)), ("minus", rows(1))])) == [3, 2]


def test_lists_are_gone_through_in_their_order() -> None:
    taken, kept = ("minus", rows(1, 2)), ("union", rows(2, 4))
    assert numbers(combine([("union", rows(1, 3)), taken, kept])) == [3, 2, 4]
    assert numbers(combine([("union", rows(1, 3)), kept, taken])) == [3, 4]


def test_the_first_list_begins_whatever_it_is_called() -> None:
    assert numbers(combine([("minus", rows(1, 2)), ("intersect", rows(2))])) == [2]


def test_in_turns_each_list_gives_one_title_by_its_rank() -> None:
    lists = [("union", rows(1, 2, 3)), ("union", rows(7)), ("union", rows(2, 9, 8, 6))]
    assert numbers(combine(lists, Merge.TURNS)) == [1, 7, 2, 9, 3, 8, 6]


def test_a_list_that_takes_out_ends_the_taking_of_turns() -> None:
    lists = [
        ("union", rows(1, 2)),
        ("union", rows(5, 6)),
        ("minus", rows(5)),
        ("union", rows(8, 9)),
        ("union", rows(7)),
    ]
    assert numbers(combine(lists, Merge.TURNS)) == [1, 2, 6, 8, 7, 9]


def test_a_film_and_a_show_of_one_number_are_two_titles() -> None:
    assert len(combine([("union", rows(1)), ("union", rows(1, kind=Kind.SHOW))])) == 2


def test_any_shared_id_makes_one_title() -> None:
    assert len(joined(row(imdb="tt1", tmdb=5), row(name="a", imdb="tt1"))) == 1


def test_a_title_gets_the_ids_that_other_lists_know() -> None:
    (made,) = joined(row(name="A", imdb="tt1"), row(name="B", imdb="tt1", tmdb=5, trakt=7))
    assert made.title == Title(Kind.MOVIE, "A", 2000, Ids.of("tt1", 5, None, 7))


def test_ids_that_disagree_fill_nothing() -> None:
    one, other = row(imdb="tt1", tmdb=5), row(name="B", imdb="tt1", tmdb=6, tvdb=9)
    assert joined(one, other) == [one]
    third = row(name="C", tmdb=6)
    assert [item.title.title for item in joined(one, other, third)] == ["A", "C"]


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (2, 1, 0)])
def test_rows_hand_on_their_ids_in_any_order(order: tuple[int, ...]) -> None:
    items = [row(name="A", imdb="tt1"), row(name="B", imdb="tt1", tmdb=2), row(name="C", tmdb=2)]
    (made,) = joined(*(items[place] for place in order))
    assert made.title.ids == Ids.of("tt1", 2)
    assert made.title.title == "ABC"[order[0]]


def test_without_a_common_database_name_and_year_decide() -> None:
    assert len(joined(row(name="The Matrix", imdb="tt1"), row(name="Matrix, The", tmdb=5))) == 1
    assert len(joined(row(name="Matrix", imdb="tt1"), row(name="Matrix", year=2001, tmdb=5))) == 2
    assert len(joined(row(name="Matrix", imdb="tt1"), row(name="Matrix", imdb="tt2"))) == 2
    assert (
        len(joined(row(name="Matrix", year=None, imdb="tt1"), row(year=None, name="Matrix"))) == 2
    )
    assert len(joined(row(name="Matrix", year=None), row(year=None, name="matrix"))) == 1


def test_an_imdb_id_of_no_known_kind_is_a_film_or_a_show() -> None:
    unknown = row(Kind.UNKNOWN, "tt1", None, imdb="tt1")
    for kind in (Kind.MOVIE, Kind.SHOW):
        for items in ((unknown, row(kind, imdb="tt1", tmdb=4)), (row(kind, imdb="tt1"), unknown)):
            (made,) = joined(*items)
            assert (made.title.kind, made.title.title, made.title.year) == (kind, "A", 2000)
    assert numbers(combine([("union", rows(1)), ("minus", [unknown])])) == [1]
    assert combine([("union", [row(imdb="tt1")]), ("minus", [unknown])]) == []


def test_many_titles_of_one_name_take_no_time_to_tell_apart() -> None:
    same = [row(name="Eden", imdb=f"tt{n}") for n in range(1, MOST_NAMESAKES * 300)]
    made = combine([("union", same), ("union", [row(name="Eden", tmdb=1)])])
    assert len(made) == len(same)
