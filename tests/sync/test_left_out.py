"""What lies only in a library that is left out is missing, and says where it lies."""

from collectarr.models import Item, Library, ListItem
from collectarr.sync.match import PresenceIndex, match, tell_left_out
from tests.flows.world import film

FILMS, KIDS = Library("1", "Films", "movies"), Library("2", "Kids", "movies", used=False)
ROWS = [ListItem(number, film(number)) for number in range(1, 5)]


def told(kids: Library) -> dict[int, str]:
    here = PresenceIndex([Item("11", film(1), "1")])
    there = PresenceIndex([Item("21", film(1), "2"), Item("22", film(2), "2")])
    found = match(ROWS, here)
    tell_left_out(found, there, (FILMS, kids))
    assert [bool(one.items) for one in found] == [True, False, False, False]
    return {one.rank: one.why for one in found}


def test_a_title_in_a_library_that_is_not_in_use_says_so() -> None:
    why = told(KIDS)
    assert why[2] == "It is on the server, but its library (Kids) is not in use."
    assert why[3] == why[4] == "Not in the library."
    assert "IMDb" in why[1]


def test_a_title_in_a_library_that_the_collection_leaves_out_says_so() -> None:
    why = told(Library("2", "Kids", "movies"))
    assert why[2] == "It is on the server, but this collection takes nothing from Kids."


def test_nothing_is_said_where_nothing_is_left_out() -> None:
    found = match(ROWS, PresenceIndex([]))
    tell_left_out(found, None, ())
    assert {one.why for one in found} == {"Not in the library."}
