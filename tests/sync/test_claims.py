"""Matching by name: who gets an item, and when nobody does."""

from typing import Any

import pytest

from collectarr.models import Copies, Ids, Item, Kind, ListItem, Title
from collectarr.sync.match import Match, PresenceIndex, best_copy, match


def film(name: str, year: int | None = 2000, original: str | None = None, **ids: object) -> Title:
    return Title(Kind.MOVIE, name, year, Ids.of(**ids), original)


def matched(rows: list[Title], library: list[Title]) -> list[Match]:
    """Items are called a, b, c…"""
    items = [Item(chr(97 + number), title) for number, title in enumerate(library)]
    return match(
        [ListItem(rank, row) for rank, row in enumerate(rows, start=1)], PresenceIndex(items)
    )


def who(rows: list[Title], library: list[Title]) -> list[str]:
    return ["".join(sorted(item.id for item in one.items)) for one in matched(rows, library)]


def test_the_claim_with_two_names_beats_the_one_with_one() -> None:
    rows = [film("Mother", 2009), film("Mother", 2009, "Madeo")]
    assert who(rows, [film("Mother", 2009, "Madeo")]) == ["", "a"]


def test_a_guess_never_takes_what_somebody_claims_by_name() -> None:
    rows = [film("Dune: Part One", 2021), film("Dune", 2021)]
    assert who(rows, [film("Dune", 2021)]) == ["", "a"]


def test_a_guess_takes_what_nobody_else_claims() -> None:
    (found,) = matched([film("Dune: Part One", 2021)], [film("Dune", 2021)])
    assert [item.id for item in found.items] == ["a"]
    assert found.why.startswith("Almost the same title")


def test_a_guess_needs_the_very_year() -> None:
    assert who([film("Dune: Part One", 2021)], [film("Dune", 2022)]) == [""]


def test_two_guesses_never_meet() -> None:
    rows = [film("I Am Curious (Yellow)", 1967)]
    assert who(rows, [film("I Am Curious (Blue)", 1967)]) == [""]


def test_originals_that_differ_are_two_films() -> None:
    rows = [film("Cold War", 2018, "Zimna wojna")]
    assert who(rows, [film("Cold War", 2018, "Kalter Krieg")]) == [""]
    assert who(rows, [film("Cold War", 2018, "冷戰")]) == ["a"]
    assert who(rows, [film("Cold War", 2018)]) == ["a"]


def test_two_articles_are_two_films_and_none_may_be_missing() -> None:
    assert who([film("A Prophet")], [film("The Prophet")]) == [""]
    assert who([film("Prophet")], [film("The Prophet")]) == ["a"]


def test_a_year_apart_needs_the_same_article() -> None:
    assert who([film("Prophet", 2001)], [film("The Prophet", 2000)]) == [""]
    assert who([film("Prophet, The", 2001)], [film("The Prophet", 2000)]) == ["a"]


def test_a_year_apart_is_not_given_where_the_list_has_that_name_again_near_it() -> None:
    for other in (2007, 2010, 2011, None):
        assert who([film("Home", 2009), film("Home", other)], [film("Home", 2008)]) == ["", ""]


def test_a_year_apart_is_given_beside_a_namesake_of_another_time() -> None:
    assert who([film("Home", 2009), film("Home", 1990)], [film("Home", 2008)]) == ["a", ""]


def test_a_year_apart_is_given_where_the_others_of_that_name_have_their_own() -> None:
    rows = [film("Home", 2009), film("Home", 1990)]
    assert who(rows, [film("Home", 2008), film("Home", 1990)]) == ["a", "b"]


def test_a_year_apart_is_not_given_to_who_has_a_rival_in_the_right_year() -> None:
    rows = [film("Home", 2009), film("Home", 2009), film("Home", 2010)]
    assert who(rows, [film("Home", 2009)]) == ["", "", ""]


def test_who_lost_an_item_of_its_own_year_takes_none_of_another() -> None:
    rows = [film("Home", 2009), film("Home", 2009, "Casa")]
    assert who(rows, [film("Home", 2009, "Casa"), film("Home", 2008)]) == ["", "a"]


def test_two_years_apart_are_too_many() -> None:
    assert who([film("Home", 2010)], [film("Home", 2008)]) == [""]


def test_without_a_year_two_names_must_agree() -> None:
    library = [film("Amelie", 2001, "Le Fabuleux Destin")]
    assert who([film("Amelie", None, "Le fabuleux destin")], library) == ["a"]
    assert who([film("Amelie", None)], library) == [""]
    rows = [film("Amelie", None, "Le fabuleux destin")] * 2
    assert who(rows, library) == ["", ""]


def test_a_year_in_the_title_serves() -> None:
    assert who([film("Heat (1995)", None)], [film("Heat", 1995)]) == ["a"]
    assert who([film("Heat", 1995)], [film("Heat [1995]", None)]) == ["a"]


def test_copies_of_one_film_all_match() -> None:
    assert who([film("Heat")], [film("Heat"), film("Heat (4K)"), film("HEAT")]) == ["abc"]


def test_two_films_of_one_name_and_year_are_nobodys() -> None:
    assert who([film("Heat")], [film("Heat", imdb=1), film("Heat", imdb=2)]) == [""]


def test_a_copy_without_the_shared_id_is_found_through_the_others() -> None:
    library = [film("Heat", imdb=1, tmdb=2), film("Hitze", 1901, tmdb=2)]
    assert who([film("Heat", imdb=1)], library) == ["ab"]


def test_ids_that_lead_to_two_films_are_a_conflict() -> None:
    (found,) = matched(
        [film("Heat", imdb=1, tmdb=2)], [film("Alien", 1979, imdb=1), film("Bambi", 1942, tmdb=2)]
    )
    assert found.items == ()
    assert "nothing in common" in found.why
    assert found.near == ("Alien (1979)", "Bambi (1942)")


def test_trakt_ids_match_where_a_library_has_them() -> None:
    (found,) = matched([film("One", trakt=5)], [film("Other", 1950, trakt=5)])
    assert (found.by, found.why) == ("trakt", "Same Trakt id (5).")


def test_the_best_copy_has_most_ids_and_then_is_the_oldest() -> None:
    one, two = Item("9", film("Heat", imdb=1)), Item("10", film("Heat", imdb=1))
    most = Item("11", film("Heat", imdb=1, tmdb=2))
    assert best_copy([two, one]) is one
    assert best_copy([one, two, most]) is most
    found = match(
        [ListItem(1, film("Heat", imdb=1))], PresenceIndex([one, two]), copies=Copies.BEST
    )
    assert [item.id for item in found[0].items] == ["9"]


@pytest.mark.parametrize(
    ("row", "item", "why"),
    [
        (film("Heat"), film("Cold"), "Not in the library."),
        (film("Heat", 1980), film("Heat"), "of another year"),
        (film("Heat", None), film("Heat"), "no id and no year"),
        (film("Heat"), film("Heat", None), "without a year"),
        (film("Heat", imdb=1), film("Heat", imdb=2), "other ids"),
        (
            film("Heat", original="Hitze"),
            film("Heat", original="Varme"),
            "original title is another",
        ),
        (film("Rogue"), film("Rogue: A Story"), "not in the library under this title"),
    ],
)
def test_what_is_missing_says_why(row: Title, item: Title, why: str) -> None:
    (found,) = matched([row], [item])
    assert found.items == ()
    assert why.casefold() in found.why.casefold()
    assert found.near == (() if item.title == "Cold" else found.near)
    assert len(found.near) == (item.title != "Cold")


def test_a_show_of_that_name_is_pointed_out() -> None:
    show = Title(Kind.SHOW, "Shogun", 1980)
    (found,) = matched([film("Shogun", 1980)], [show])
    assert (found.why, found.near) == (
        "The library has this title only as a show.",
        ("Shogun (1980)",),
    )


def test_a_name_that_too_many_items_have_tells_nothing() -> None:
    crowd = [Item(str(number), film("Untitled")) for number in range(300)]
    (found,) = match([ListItem(1, film("Untitled"))], PresenceIndex(crowd))
    assert (found.items, len(found.near)) == ((), 1)


def test_a_title_of_no_known_kind_is_found_by_its_imdb_id_alone() -> None:
    """IMDb numbers films and shows together, the others do not."""
    nobody_knows: Any = "unknown"
    library = [Title(Kind.SHOW, "Dark", 2017, Ids.of(imdb=7, tmdb=8)), film("Heat", imdb=1)]
    rows = [
        Title(nobody_knows, "", None, Ids.of(imdb=7)),
        Title(nobody_knows, "Dark", 2017, Ids.of(tmdb=8)),
        Title(nobody_knows, "Heat", 2000, Ids.of(imdb=9)),
    ]
    found = matched(rows, library)
    assert ["".join(item.id for item in one.items) for one in found] == ["a", "", ""]
    assert "not known yet" in found[1].why
