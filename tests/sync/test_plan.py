"""The plan: what is added, what is taken out, and what is left alone."""

from dataclasses import replace

import pytest

from collectarr.models import Ids, Item, Kind, KnownMember, Mode, Title, Upkeep
from collectarr.sync.guard import Limits, limits_of, review
from collectarr.sync.plan import BoxSetState, Plan, Wanted, make_plan
from collectarr.sync.rests import Rest


def item(key: str, versions: str | None = None) -> Item:
    return Item(key, Title(Kind.MOVIE, f"Film {key}", 2000, Ids()), "lib", versions)


def plan(
    wanted: str = "",
    members: str = "",
    ours: str = "",
    *,
    presence: str = "abcdefghijklmnopqrstuvwxyz",
    mode: Mode = Mode.KEEP,
    **states: str,
) -> Plan:
    """Each letter is an item; `ours` are confirmed members of ours; states: letters by state."""
    known = {key: KnownMember(key, "ours", "in") for key in ours}
    for state, keys in states.items():
        owner = "found" if state == "found" else "ours"
        known |= {key: KnownMember(key, owner, "in" if state == "found" else state) for key in keys}
    return make_plan(
        {key: Wanted(item(key), rank, "why") for rank, key in enumerate(wanted, start=1)},
        BoxSetState({key: key for key in members}, known),
        {key: item(key) for key in presence},
        mode,
    )


def ids(changes: tuple) -> str:  # type: ignore[type-arg]
    return "".join(change.item_id for change in changes)


def test_what_is_wanted_and_not_there_is_added_in_list_order() -> None:
    assert ids(plan("cab", "a").add) == "cb"


def test_what_we_put_in_and_is_no_longer_wanted_is_taken_out() -> None:
    assert ids(plan("a", "ab", "ab").remove) == "b"


def test_what_a_person_put_in_stays() -> None:
    made = plan("a", "abz", "a", found="b")
    assert ids(made.remove) == ""
    assert made.found == ("z",)


def test_mirror_takes_out_what_a_person_put_in() -> None:
    assert ids(plan("a", "abz", "a", found="b", mode=Mode.MIRROR).remove) == "bz"


def test_add_only_takes_out_nothing() -> None:
    assert ids(plan("a", "ab", "ab", mode=Mode.ADD_ONLY).remove) == ""


def test_what_the_library_does_not_show_is_never_taken_out() -> None:
    assert ids(plan("a", "ab", "ab", presence="a").remove) == ""


def test_what_a_person_took_out_stays_out_now_and_later() -> None:
    made = plan("abc", "ab", "abc")
    assert (ids(made.kept_out), ids(made.add)) == ("c", "")
    assert ids(plan("abc", "ab", "ab", kept_out="c").add) == ""


def test_what_a_person_put_back_is_theirs() -> None:
    assert plan("abc", "abc", "ab", kept_out="c").found == ("c",)


def test_members_never_confirmed_are_simply_added_again() -> None:
    made = plan("abc", "ab", "ab", adding="c")
    assert (ids(made.add), ids(made.kept_out)) == ("c", "")


def test_many_missing_at_once_are_emby_s_loss_and_put_back() -> None:
    made = plan("abcdefghij", "abc", "abcdefghij")
    assert ids(made.add) == "defghij"
    assert made.lost == tuple("defghij")
    assert made.kept_out == ()


def test_an_emptied_box_set_is_filled_again() -> None:
    assert ids(plan("ab", "", "ab").add) == "ab"


def test_five_missing_of_many_are_by_hand() -> None:
    letters = "abcdefghijklmnopqrst"
    assert ids(plan(letters, letters[5:], letters).kept_out) == "abcde"


def test_pinned_members_stay_in_every_mode() -> None:
    for mode in Mode:
        assert ids(plan("a", "ab", "a", pinned="b", mode=mode).remove) == ""


def test_a_merged_version_counts_as_the_member() -> None:
    wanted = {"a": Wanted(item("a", "k1"), 1, "why")}
    state = BoxSetState({"b": "k1"}, {"b": KnownMember("b", "ours", "in")})
    made = make_plan(wanted, state, {"a": item("a", "k1"), "b": item("b", "k1")}, Mode.KEEP)
    assert (ids(made.add), ids(made.remove)) == ("", "")


def test_memory_of_what_is_nowhere_is_dropped() -> None:
    assert plan("a", "a", "ab", presence="a").forgotten == ("b",)
    assert plan("ab", "a", "a", presence="a", kept_out="b").forgotten == ("b",)


def removing(count: int) -> Plan:
    letters = "abcdefghijklmnopqrstuvwxyz"[:count]
    return plan("", letters, letters)


@pytest.mark.parametrize(
    ("count", "ours", "held"),
    [
        (1, 20, False),
        (5, 12, False),  # not more than five
        (6, 24, False),  # not more than a quarter
        (6, 23, True),
        (3, 3, True),  # all of ours
        (20, 100, False),
        (26, 100, True),
    ],
)
def test_large_removals_wait(count: int, ours: int, held: bool) -> None:
    verdict = review(
        removing(count), ours=ours, removed_this_week=0, suspicions=(), approved=(), limits=Limits()
    )
    assert verdict.held is held


def test_small_removals_that_add_up_within_a_week_wait() -> None:
    made = removing(3)
    quiet = {"suspicions": (), "approved": (), "limits": Limits()}
    assert not review(made, ours=20, removed_this_week=2, **quiet).held
    assert review(made, ours=20, removed_this_week=3, **quiet).held


def test_any_removal_on_a_suspicious_list_waits() -> None:
    verdict = review(
        removing(1), ours=50, removed_this_week=0, suspicions=["The list shrank."],
        approved=(), limits=Limits(),
    )  # fmt: skip
    assert verdict.reasons == ("The list shrank.",)


def test_an_approval_covers_only_what_was_approved() -> None:
    made = removing(10)
    rules = {"ours": 10, "removed_this_week": 0, "suspicions": ["x"], "limits": Limits()}
    assert not review(made, approved=set("abcdefghij"), **rules).held
    assert review(made, approved=set("abcdefghi"), **rules).held


def test_adding_alone_never_waits() -> None:
    verdict = review(
        plan("abc", ""), ours=0, removed_this_week=99, suspicions=["x"], approved=(),
        limits=Limits(),
    )  # fmt: skip
    assert not verdict.held


def judged(removed: str, ours: str, others: str, limits: Limits | None = None) -> tuple[str, ...]:
    made = plan("", removed, removed)
    verdict = review(
        made, ours=len(ours), removed_this_week=0, suspicions=(), approved=(),
        limits=limits or Limits(), others=set(others),
    )  # fmt: skip
    return verdict.reasons


TWENTY = "abcdefghijklmnopqrst"


@pytest.mark.parametrize(
    ("removed", "ours", "others", "words"),
    [
        ("uvw", TWENTY, "uvwxyz", ""),
        ("uvwxy", TWENTY, "uvwxyz", ""),
        ("uvwxyza", TWENTY, "uvwxyz", "7 of the 26 titles in it, 6 of which people put there"),
        ("abcdef", TWENTY, "uvwxyz", "6 of the 20 titles that Collectarr added"),
        ("abc", "abc", TWENTY[3:], "everything that Collectarr added"),
        ("xy", "", "xy", "everything that is in it"),
        ("x", "", "xyz", ""),
    ],
)
def test_what_a_mirror_takes_from_people_counts_as_well(
    removed: str, ours: str, others: str, words: str
) -> None:
    reasons = judged(removed, ours, others)
    assert bool(reasons) is bool(words)
    assert words in " ".join(reasons)


def test_limits_are_those_of_the_collection_where_it_has_some() -> None:
    usual = Limits(0.5, 10, 0.4)
    assert limits_of(Upkeep(), usual) == usual
    assert limits_of(Upkeep(share=0.1, at_once=2), usual) == Limits(0.1, 2, 0.4)
    assert judged("abc", TWENTY, "", Limits(0.1, 2))
    assert not judged("abcdef", TWENTY, "", Limits(0.5, 5, 0.5))


def test_what_a_person_s_own_rule_takes_out_does_not_wait_unless_in_doubt() -> None:
    out = removing(20)
    quiet = {"ours": 20, "removed_this_week": 9, "approved": (), "limits": Limits()}
    for rest, held in ((Rest("season", "x"), False), (Rest("least", "x", False, "Why?"), True)):
        made = replace(out, rest=rest)
        assert review(made, suspicions=["The list shrank."], **quiet).held is held
