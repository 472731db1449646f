"""What taking a run back would do, as pure data."""

from dataclasses import replace

import pytest

from collectarr.models import Ids, Item, Kind, KnownMember, Title
from collectarr.store.runs import Change
from collectarr.store.undoing import OwnChange
from collectarr.sync import unplan as words
from collectarr.sync.unplan import There, unplan


def own(op: str, key: str = "1", *, later: bool = False, **details: object) -> OwnChange:
    change = Change(1, op, key, f"Film {key}", 2000, "", details=dict(details) or None)
    return OwnChange(change, later)


def there(*members: KnownMember, inside: str = "", library: str = "1") -> There:
    return There(
        frozenset(inside.split()),
        {member.item_id: member for member in members},
        {key: Item(key, Title(Kind.MOVIE, f"Film {key}", 2000, Ids())) for key in library.split()},
    )


OURS = KnownMember("1", "ours", "in")


def test_what_it_added_goes_and_stays_out() -> None:
    (step,) = unplan([own("add")], there(OURS, inside="1")).take_out
    assert step.row == KnownMember("1", "ours", "kept_out")


@pytest.mark.parametrize(
    ("one", "now", "why"),
    [
        (own("add", later=True), there(OURS, inside="1"), words.MET),
        (own("add"), there(OURS), words.GONE),
        (own("add"), there(replace(OURS, owner="found"), inside="1"), words.THEIRS),
        (own("add"), there(replace(OURS, state="kept_out"), inside="1"), words.THEIRS),
        (own("add"), there(inside="1"), words.THEIRS),
        (own("remove"), there(inside="1"), words.BACK),
        (own("remove"), there(replace(OURS, state="kept_out")), words.KEPT_OUT),
    ],
)
def test_what_has_changed_since_is_left(one: OwnChange, now: There, why: str) -> None:
    plan = unplan([one], now)
    assert plan.nothing
    assert [(left.why, left.lost) for left in plan.left] == [(why, False)]


def test_what_it_took_out_comes_back_and_stays_whoever_had_put_it_there() -> None:
    (step,) = unplan([own("remove")], there()).put_back
    assert step.row == KnownMember("1", "ours", "pinned")
    (step,) = unplan([own("remove", owner="found")], there()).put_back
    assert step.row == KnownMember("1", "found", "pinned")


def test_a_title_that_came_back_under_another_id_is_found_by_name_and_year() -> None:
    again = Item("7", Title(Kind.MOVIE, "FILM 1", 2000, Ids()))
    other = Item("8", Title(Kind.MOVIE, "Film 1", 2001, Ids()))
    (step,) = unplan([own("remove")], There(items={"7": again, "8": other})).put_back
    assert step.item_id == "7"
    twice = There(items={"7": again, "9": replace(again, id="9")})
    for library, why in ((twice, words.NOT_SURE), (There(), words.NOT_FOUND)):
        (left,) = unplan([own("remove")], library).left
        assert (left.why, left.lost) == (why, True)


def test_an_undo_taken_back_leaves_what_was_before() -> None:
    kept_out = there(replace(OURS, state="kept_out"))
    undo = own("remove", was=["ours", "in"])
    (step,) = unplan([undo], replace(kept_out, wanted=frozenset("1"))).put_back
    assert step.row == OURS
    (step,) = unplan([undo], kept_out).put_back
    assert step.row == replace(OURS, state="pinned"), "the list has it no more"
    pinned = there(replace(OURS, state="pinned"), inside="1")
    (step,) = unplan([own("add", was=None)], pinned).take_out
    assert step.row is None
    (step,) = unplan([own("add", was=None)], replace(pinned, wanted=frozenset("1"))).take_out
    assert step.row == replace(OURS, state="kept_out"), "else the next plan would add it"


def test_what_an_interrupted_undo_had_sent_is_only_told() -> None:
    kept_out = replace(there(replace(OURS, state="kept_out")), begun=frozenset("1"))
    plan = unplan([own("add")], kept_out)
    assert [step.row for step in plan.gone] == [replace(OURS, state="kept_out")]
    (step,) = unplan([own("add")], replace(kept_out, members=frozenset("1"))).take_out
    assert step.row == replace(OURS, state="kept_out"), "it had not been sent"
    pinned = there(replace(OURS, state="pinned"), inside="1")
    plan = unplan([own("remove")], replace(pinned, begun=frozenset("1")))
    assert [step.row for step in plan.back] == [replace(OURS, state="pinned")]


def test_what_is_as_it_should_be_stays_so() -> None:
    plan = unplan([own("add")], there(OURS))
    assert plan.again == (replace(OURS, state="kept_out"),)
    plan = unplan([own("remove")], there(inside="1"))
    assert plan.again == (KnownMember("1", "found", "pinned"),)


def test_in_a_box_set_made_anew_nothing_is_done() -> None:
    plan = words.not_ours([own("add"), own("remove", "2"), own("create")])
    assert plan.nothing
    assert [(left.why, left.lost) for left in plan.left] == [
        (words.NOT_OURS, False),
        (words.NOT_OURS, True),
    ]
