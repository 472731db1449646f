"""What of a look is written, and what is a person's."""

from typing import Any

import pytest

from collectarr.errors import InvalidError
from collectarr.models import Look, PosterFrom
from collectarr.sync.define_look import checked_look
from collectarr.sync.dress import Dressed, due, filled, judge
from collectarr.sync.whole import read, same, with_tags, write
from collectarr.sync.worn import Worn


def whole(**parts: Any) -> dict[str, Any]:
    """As Emby 4 tells it: ids are numbers, tags are in `TagItems`."""
    return {"Id": "12", "Name": "Films", "TagItems": [], "LockedFields": [], **parts}


def old(**parts: Any) -> dict[str, Any]:
    """As Emby 3.2 and Jellyfin tell it."""
    return {"Id": "a" * 32, "Name": "Films", "Tags": [], "LockedFields": [], **parts}


def fields_of(look: Look) -> set[str]:
    with pytest.raises(InvalidError) as caught:
        checked_look(look)
    return set(caught.value.details["fields"])


def test_a_look_is_kept_tidy() -> None:
    look = checked_look(Look("  {name}   now ", " A\r\nB \n", "", "", (" a ", "A", "", "b")))
    assert look == Look("{name} now", "A\nB", None, None, ("a", "b"))
    assert checked_look(None) is None


@pytest.mark.parametrize(
    "name",
    ["{year}", "{name", "name}", "{name.x}", "{name[0]}", "{name!r}", "{name:>9}", "{}", "{count}"],
)
def test_a_template_takes_nothing_but_its_placeholders(name: str) -> None:
    assert fields_of(Look(name)) == {"look.name"}


def test_each_error_is_at_its_field() -> None:
    look = Look("x" * 121, "y" * 4001, "z" * 201, "Random", ("t" * 61,), PosterFrom.UPLOAD)
    parts = ("name", "overview", "sort_name", "display_order", "tags", "poster")
    assert fields_of(look) == {f"look.{part}" for part in parts}


def test_a_filled_template_is_never_too_long_or_empty() -> None:
    assert filled("{name} ({count}/{total})", "Films", 3, 9) == "Films (3/9)"
    assert len(filled("{name} {name} {name}", "F" * 119, 3, 9)) <= 120


@pytest.mark.parametrize("make", [whole, old])
def test_what_is_written_is_read_again(make: Any) -> None:
    there = make()
    values = {
        "name": "Best", "overview": "Words", "sort_name": "!b", "display_order": "SortName",
        "tags": ["a", "b"],
    }  # fmt: skip
    for key, value in values.items():
        write(there, key, value)
        assert same(read(there, key), value)
    for key in ("overview", "sort_name"):
        write(there, key, "")
        assert read(there, key) == ""
    assert there["LockedFields"] == []


def test_a_sort_name_is_locked_where_emby_drops_it_otherwise() -> None:
    new, before = whole(ForcedSortName="films"), old()
    assert read(new, "sort_name") == ""
    for there in (new, before):
        write(there, "sort_name", "!films")
    assert new["LockedFields"] == ["SortName"]
    # These do not know such a field, and Jellyfin refuses what it does not know.
    assert before["LockedFields"] == []


def test_tags_of_people_stay_and_one_that_they_took_out_stays_out() -> None:
    assert with_tags(["Theirs"], ["ours"], []) == ["Theirs", "ours"]
    assert with_tags(["Theirs", "OURS"], ["ours"], []) == ["Theirs", "OURS"]
    assert with_tags(["Theirs"], ["ours", "more"], ["ours"]) == ["Theirs", "more"]
    assert with_tags(["Theirs", "ours"], [], ["ours"]) == ["Theirs"]


def test_nothing_is_due_once_it_is_written_or_left_to_a_person() -> None:
    wanted = {"overview": "Ours"}
    assert due(wanted, Dressed()) == ["overview"]
    assert due(wanted, Dressed(wrote=wanted)) == []
    assert due(wanted, Dressed(kept=wanted)) == []
    assert due(wanted, Dressed(wrote=wanted, again=["overview"])) == ["overview"]


def test_an_overview_is_a_persons_if_it_is_not_the_one_we_wrote() -> None:
    theirs, wanted = whole(Overview="Theirs"), {"overview": "New"}
    known = Dressed(wrote={"overview": "Old"})
    assert judge(theirs, ["overview"], wanted, known, "created").theirs == ["overview"]
    assert judge(theirs, ["overview"], wanted, Dressed(), "created").theirs == ["overview"]
    # Taken over, and then wished otherwise.
    assert judge(theirs, ["overview"], wanted, Dressed(), "adopted").write == wanted
    ours = whole(Overview="Old ")
    assert judge(ours, ["overview"], wanted, known, "created").write == wanted
    cut_off = Dressed(wrote={"overview": "Older"}, sending={"overview": "Old"})
    assert judge(ours, ["overview"], wanted, cut_off, "created").write == wanted
    there = whole(Overview="New")
    assert judge(there, ["overview"], wanted, known, "created").there == {"overview": "New"}
    again = Dressed(again=["overview"])
    assert judge(theirs, ["overview"], wanted, again, "created").write == wanted


def test_a_tag_of_a_picture_tells_whose_it_is() -> None:
    worn = Worn(tag="a", emby="b")
    assert [worn.whose(tag) for tag in ("a", "b", "c", None)] == ["ours", "emby", "theirs", "none"]
    assert Worn().whose("a") == "theirs"
