"""What people said comes before what ids and titles say."""

from collectarr.models import Ids, Item, Kind, ListItem, Title
from collectarr.sync.corrections import Correction, Corrections, Exclude, Map, Pin
from collectarr.sync.match import PINNED, Match, PresenceIndex, match


def film(name: str, year: int | None = 2000, **ids: object) -> Title:
    return Title(Kind.MOVIE, name, year, Ids.of(**ids))


HEAT, ALIEN = film("Heat", 1995, imdb=1, tmdb=11), film("Alien", 1979, imdb=2, tmdb=22)


def matched(rows: list[Title], library: dict[str, Title], *said: Correction) -> list[Match]:
    return match(
        [ListItem(rank, row) for rank, row in enumerate(rows, start=1)],
        PresenceIndex([Item(key, title) for key, title in library.items()]),
        corrections=Corrections.of(said),
    )


def who(found: list[Match]) -> list[str]:
    return ["".join(item.id for item in one.items) for one in found]


def test_a_pin_holds_whatever_the_ids_say() -> None:
    library = {"a": film("Wrongly named", 1901, imdb=2)}
    found = matched([HEAT, ALIEN], library, Pin(HEAT, ("a",)))
    assert who(found) == ["a", ""]
    assert (found[0].by, found[0].why) == ("pin", "You said so.")


def test_a_pinned_item_is_nothing_else_even_where_its_title_is_not_listed() -> None:
    assert who(matched([ALIEN], {"a": film("Alien", 1979, imdb=2)}, Pin(HEAT, ("a",)))) == [""]
    assert who(matched([film("Alien", 1979)], {"a": film("Alien", 1979)}, Pin(HEAT, ("a",)))) == [
        ""
    ]


def test_a_pin_serves_other_lists_that_know_the_title_by_another_id() -> None:
    library = {"a": film("Nameless", None)}
    for row in (film("Heat", imdb=1), film("Hitze", tmdb=11), film("H", imdb=1, tmdb=11, tvdb=5)):
        assert who(matched([row], library, Pin(HEAT, ("a",)))) == ["a"]
    assert who(matched([film("Heat", imdb=1, tmdb=99)], library, Pin(HEAT, ("a",)))) == [""]


def test_a_pinned_item_that_came_back_under_a_new_id_is_known_again() -> None:
    was = film("Wrongly named", 1901, imdb=2)
    assert who(matched([HEAT], {"new": was}, Pin(HEAT, ("old",), (was,)))) == ["new"]


def test_a_pin_on_what_is_gone_leaves_the_row_to_its_ids() -> None:
    assert who(matched([HEAT], {"b": HEAT}, Pin(HEAT, ("gone",)))) == ["b"]


def test_a_map_matches_what_the_list_means() -> None:
    wrong = film("Heat", 1995, tmdb=404)
    found = matched([wrong], {"a": HEAT}, Map(wrong, HEAT))
    assert who(found) == ["a"]
    assert found[0].why == "You said that it is 'Heat (1995)': same IMDb id (tt0000001)."


def test_a_map_without_ids_goes_by_title() -> None:
    row = film("Wärme", 1995)
    found = matched([row], {"a": film("Heat", 1995)}, Map(row, film("Heat", 1995)))
    assert (who(found), found[0].by) == (["a"], "title")


def test_what_is_excluded_matches_nothing_and_says_so() -> None:
    (found,) = matched([HEAT], {"a": HEAT}, Exclude(HEAT))
    assert (found.items, found.by, found.why) == ((), None, "Left out, as you said.")


def test_the_last_thing_that_was_said_counts() -> None:
    said = (Exclude(HEAT), Pin(HEAT, ("b",)), Pin(HEAT, ("a",)))
    assert who(matched([HEAT], {"a": film("A"), "b": film("B")}, *said)) == ["a"]
    assert who(matched([HEAT], {"a": HEAT}, Pin(HEAT, ("a",)), Exclude(HEAT))) == [""]


def test_a_title_without_ids_is_known_by_name_and_year() -> None:
    library = {"a": film("Heat", 1995)}
    assert who(matched([film("HEAT", 1995)], library, Exclude(film("Heat", 1995)))) == [""]
    assert who(matched([film("Heat", 1995)], library, Exclude(film("Heat", 1986)))) == ["a"]


def test_a_correction_of_a_film_says_nothing_of_a_show_with_that_number() -> None:
    show = Title(Kind.SHOW, "Show", 2000, Ids.of(tmdb=11))
    assert who(matched([show], {"a": show}, Exclude(HEAT))) == ["a"]


def test_a_row_whose_item_was_pinned_to_another_title_says_so_and_is_no_conflict() -> None:
    first, second = matched([HEAT, ALIEN], {"1": HEAT}, Pin(ALIEN, ("1",)))
    assert (first.items, first.why) == ((), PINNED)
    assert [item.id for item in second.items] == ["1"]
