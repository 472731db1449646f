"""Corrections where lists and libraries move under them."""

from collectarr.models import Copies, Ids, Item, Kind, ListItem, Title
from collectarr.sync.corrections import Correction, Corrections, Exclude, Map, Pin, is_about
from collectarr.sync.match import Match, PresenceIndex, match
from collectarr.sync.reasons import is_conflict


def film(name: str, year: int | None = 2000, **ids: object) -> Title:
    return Title(Kind.MOVIE, name, year, Ids.of(**ids))


HEAT, ALIEN = film("Heat", 1995, imdb=1, tmdb=11), film("Alien", 1979, imdb=2, tmdb=22)
HOME = film("Our summer", 2011)


def matched(
    rows: list[Title], library: dict[str, Title], *said: Correction, copies: Copies = Copies.ALL
) -> list[Match]:
    return match(
        [ListItem(rank, row) for rank, row in enumerate(rows, start=1)],
        PresenceIndex([Item(key, title) for key, title in library.items()]),
        corrections=Corrections.of(said),
        copies=copies,
    )


def who(found: list[Match]) -> list[str]:
    return ["".join(item.id for item in one.items) for one in found]


def test_a_pinned_item_without_ids_is_known_again_by_name_and_year() -> None:
    assert who(matched([HEAT], {"new": HOME}, Pin(HEAT, ("old",), (HOME,)))) == ["new"]
    # Two of that name: nobody knows which.
    two = {"a": HOME, "b": HOME}
    assert who(matched([HEAT], two, Pin(HEAT, ("old",), (HOME,)))) == [""]
    assert who(matched([HEAT], {"a": film("Our summer", 2012)}, Pin(HEAT, ("x",), (HOME,)))) == [""]


def test_of_two_pinned_items_the_one_that_moved_is_found_again() -> None:
    pin = Pin(HEAT, ("a", "old"), (film("A", imdb=5), film("B", imdb=6)))
    library = {"a": film("A", imdb=5), "new": film("B", imdb=6)}
    assert who(matched([HEAT], library, pin)) == ["anew"]


def test_an_item_id_that_emby_gave_to_another_film_is_not_followed() -> None:
    pin = Pin(HEAT, ("7",), (film("Hitze", 1995, imdb=9),))
    assert who(matched([HEAT], {"7": ALIEN}, pin)) == [""]
    assert who(matched([HEAT], {"7": ALIEN, "8": film("H", imdb=9)}, pin)) == ["8"]
    # Its ids or its name were corrected in Emby: still the same item.
    assert who(matched([HEAT], {"7": film("Hitze", 1995, imdb=77)}, pin)) == ["7"]
    assert who(matched([HEAT], {"7": film("Heat", 1995, imdb=9, tmdb=4)}, pin)) == ["7"]


def test_a_pin_whose_items_are_gone_says_so() -> None:
    pin = Pin(HEAT, ("gone",), (film("Hitze", 1995, imdb=9),))
    (missing,) = matched([HEAT], {}, pin)
    assert missing.why == ("You said that it is 'Hitze (1995)', which is gone. Not in the library.")
    (found,) = matched([HEAT], {"b": HEAT}, pin)
    assert (who([found]), found.by) == (["b"], "imdb")
    assert found.why.startswith("You said that it is 'Hitze (1995)', which is gone. Same IMDb id")


def test_a_correction_holds_where_another_list_names_the_title_without_ids() -> None:
    library = {"a": film("Nameless", None)}
    assert who(matched([film("HEAT", 1995)], library, Pin(HEAT, ("a",)))) == ["a"]
    assert who(matched([film("Heat", 1986)], library, Pin(HEAT, ("a",)))) == [""]
    assert who(matched([HEAT], library, Pin(film("Heat", 1995), ("a",)))) == ["a"]


def test_two_titles_of_one_name_with_ids_are_told_apart_by_these() -> None:
    other = film("Heat", 1995, imdb=500)
    assert not is_about(HEAT, other)
    assert who(matched([other], {"a": other}, Exclude(HEAT))) == ["a"]


def test_a_title_whose_kind_nobody_knew_yet_is_known_by_its_imdb_id() -> None:
    early = Title(Kind.UNKNOWN, "tt0000001", None, Ids.of(imdb=1))
    assert who(matched([HEAT], {"a": HEAT}, Exclude(early))) == [""]
    assert who(matched([early], {"a": HEAT}, Exclude(HEAT))) == [""]


def test_a_row_beside_a_corrected_one_is_matched_as_ever() -> None:
    library = {"a": HEAT, "b": ALIEN, "c": film("C", imdb=3)}
    assert who(matched([HEAT, ALIEN], library, Pin(film("Third", imdb=7), ("b",)))) == ["a", ""]
    assert who(matched([ALIEN, HEAT, ALIEN], library, Exclude(HEAT))) == ["b", "", "b"]


def test_what_a_mapped_title_lacks_is_told_of_the_title_that_is_meant() -> None:
    row = film("Wrong", 1990, imdb=40)
    (found,) = matched([row], {"a": film("Heat", 1986)}, Map(row, film("Heat", 1995)))
    assert found.why.startswith("You said that it is 'Heat (1995)'. The library has this title, ")
    (found,) = matched([row], {"a": HEAT}, Map(row, film("", None, tmdb=4)))
    assert found.why == "You said that it is 'tmdb:4'. Not in the library."
    (found,) = matched([row], {"a": film("Heat", 1995)}, Map(row, film("Heat", 1995)))
    assert found.why.startswith("You said that it is 'Heat (1995)'. Same title and year")


def test_the_best_copy_is_one_but_what_was_pinned_is_all() -> None:
    library = {"10": HEAT, "9": HEAT, "1": film("Heat", 1995, imdb=1)}
    (all_of_them,) = who(matched([HEAT], library, copies=Copies.ALL))
    assert sorted(all_of_them) == ["0", "1", "1", "9"]
    assert who(matched([HEAT], library, copies=Copies.BEST)) == ["9"]
    pin = Pin(HEAT, ("10", "1"))
    assert who(matched([HEAT], library, pin, copies=Copies.BEST)) == ["101"]


def test_only_a_conflict_is_told_as_one() -> None:
    library = {"a": film("Heat", 1995, imdb=1, tmdb=99)}
    (conflict,) = matched([HEAT], library)
    (missing,) = matched([ALIEN], library)
    assert (conflict.items, is_conflict(conflict.why)) == ((), True)
    assert not is_conflict(missing.why)
