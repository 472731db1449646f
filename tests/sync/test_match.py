"""Matching: by kind and id, then by title and year, one to one, with a reason each."""

import pytest

from collectarr.models import Ids, Item, Kind, ListItem, Title
from collectarr.sync.match import Match, PresenceIndex, match
from collectarr.sync.names import comparable


def title(name: str, year: int | None = 2000, kind: str = "movie", **ids: object) -> Title:
    return Title(Kind(kind), name, year, Ids.of(**ids))


def matched(rows: list[Title], library: dict[str, Title]) -> list[Match]:
    items = [Item(key, value) for key, value in library.items()]
    return match(
        [ListItem(rank, row) for rank, row in enumerate(rows, start=1)], PresenceIndex(items)
    )


def ids_of(found: Match) -> list[str]:
    return [item.id for item in found.items]


@pytest.mark.parametrize("ids", [{"imdb": "tt0000001"}, {"tmdb": 5}, {"tvdb": 6}])
def test_any_shared_id_matches_whatever_the_names(ids: dict[str, object]) -> None:
    (found,) = matched([title("One", **ids)], {"a": title("Another name", 1950, **ids)})
    assert ids_of(found) == ["a"]
    assert found.by == next(iter(ids))


def test_a_movie_never_matches_a_show_of_the_same_number() -> None:
    (found,) = matched(
        [title("Breaking Bad", 2008, "show", tmdb=1396)],
        {"a": title("Mirror", 1975, tmdb=1396)},
    )
    assert ids_of(found) == []


def test_all_copies_of_a_title_match() -> None:
    (found,) = matched(
        [title("Heat", imdb="tt0113277", tmdb=949)],
        {"a": title("Heat", tmdb=949), "b": title("Heat (4K)", imdb="tt0113277")},
    )
    assert ids_of(found) == ["a", "b"] or ids_of(found) == ["b", "a"]


def test_ids_that_disagree_are_a_conflict_and_not_guessed() -> None:
    (found,) = matched(
        [title("Heat", imdb="tt0113277", tmdb=949)],
        {"a": title("Heat", imdb="tt0113277", tmdb=950)},
    )
    assert ids_of(found) == []
    assert "TMDb" in found.why
    assert found.near == ("Heat (2000)",)


def test_a_clean_copy_is_taken_beside_a_conflicting_one() -> None:
    (found,) = matched(
        [title("Heat", imdb="tt0113277", tmdb=949)],
        {
            "a": title("Heat", imdb="tt0113277", tmdb=950),
            "b": title("Heat", imdb="tt0113277", tmdb=949),
        },
    )
    assert ids_of(found) == ["b"]


def test_title_and_year_match_where_no_id_speaks_against_it() -> None:
    (found,) = matched([title("Amélie", 2001)], {"a": title("Amelie", 2001, imdb="tt0211915")})
    assert ids_of(found) == ["a"]
    assert found.by == "title"


def test_the_same_title_with_another_id_is_another_film() -> None:
    (found,) = matched([title("Heat", 1995, tmdb=949)], {"a": title("Heat", 1995, tmdb=1)})
    assert ids_of(found) == []
    assert "another film" in found.why


def test_the_same_title_of_another_year_is_a_remake() -> None:
    (found,) = matched([title("Dune", 2021)], {"a": title("Dune", 1984)})
    assert ids_of(found) == []
    assert found.near == ("Dune (1984)",)


def test_a_year_apart_matches_only_the_one_candidate_left() -> None:
    (found,) = matched([title("Heat", 1996)], {"a": title("Heat", 1995)})
    assert ids_of(found) == ["a"]
    (found,) = matched([title("Heat", 1996)], {"a": title("Heat", 1995), "b": title("Heat", 1997)})
    assert ids_of(found) == []


def test_the_exact_claim_wins_over_the_one_a_year_apart() -> None:
    near, exact = matched([title("Heat", 1996), title("Heat", 1995)], {"a": title("Heat", 1995)})
    assert ids_of(exact) == ["a"]
    assert ids_of(near) == []


def test_an_item_claimed_by_two_rows_alike_belongs_to_neither() -> None:
    one, two = matched(
        [title("Heat", 1995, tmdb=1), title("The Heat", 1995, tmdb=2)],
        {"a": title("Heat", 1995)},
    )
    assert ids_of(one) == ids_of(two) == []


def test_two_rows_never_share_an_item_by_title_when_an_id_holds_it() -> None:
    by_id, by_title = matched(
        [title("Heat", 1995, tmdb=949), title("Heat", 1995)], {"a": title("Heat", 1995, tmdb=949)}
    )
    assert ids_of(by_id) == ["a"]
    assert ids_of(by_title) == []
    assert "row 1" in by_title.why


def test_without_id_and_year_nothing_is_sure() -> None:
    (found,) = matched([title("Heat", None)], {"a": title("Heat", 1995)})
    assert ids_of(found) == []
    assert "too little" in found.why


def test_original_titles_count() -> None:
    library = {"a": Title(Kind.MOVIE, "Amelie", 2001, Ids(), "Le Fabuleux Destin d'Amélie Poulain")}
    (found,) = matched([title("Le fabuleux destin d’Amélie Poulain", 2001)], library)
    assert ids_of(found) == ["a"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Matrix", "Matrix, The"),
        ("Rocky II", "Rocky 2"),
        ("Fast & Furious", "Fast and Furious"),
        ("Ocean's Eleven", "Oceans Eleven"),
        ("WALL·E", "Wall E"),
        ("Léon", "LEON"),
        ("Spider-Man: Homecoming", "Spider Man Homecoming"),
        ("Die Welle", "Welle, Die"),
    ],
)
def test_spellings_of_one_title_compare_equal(one: str, other: str) -> None:
    assert comparable(one) == comparable(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alien", "Aliens"),
        ("Rocky", "Rocky II"),
        ("X", "10"),
        ("V", "5"),
        ("It", "It Follows"),
        ("Malcolm X", "Malcolm"),
    ],
)
def test_different_titles_compare_different(one: str, other: str) -> None:
    assert comparable(one) != comparable(other)


def test_every_row_gets_an_answer_with_a_reason_in_order() -> None:
    rows = [title(f"T{n}", 1990 + n, tmdb=n + 1) for n in range(50)]
    found = matched(rows, {str(n): rows[n] for n in range(0, 50, 2)})
    assert [x.rank for x in found] == list(range(1, 51))
    assert all(x.why for x in found)
    assert [bool(x.items) for x in found] == [n % 2 == 0 for n in range(50)]
