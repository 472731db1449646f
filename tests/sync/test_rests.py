"""Seasons, and box sets that rest: which days, until when, and what is never done for it."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from collectarr.models import KnownMember, Otherwise, Season, Upkeep
from collectarr.sync.plan import BoxSetState, Plan, Wanted, make_rest
from collectarr.sync.rests import SUDDENLY, Before, Rest, rest_of
from collectarr.sync.seasons import in_season, next_turn, rests_until
from tests.sync.test_plan import ids, item

ADVENT = Season((12, 1), (12, 24))
WINTER = Season((11, 15), (2, 29))
LEAP = Season((2, 29), (3, 10))
ONE_DAY = Season((10, 31), (10, 31))
WHOLE_YEAR = Season((1, 1), (12, 31))


@pytest.mark.parametrize(
    ("season", "day", "inside"),
    [
        (ADVENT, "2026-11-30", False),
        (ADVENT, "2026-12-01", True),
        (ADVENT, "2026-12-24", True),
        (ADVENT, "2026-12-25", False),
        (WINTER, "2026-11-14", False),
        (WINTER, "2026-12-31", True),
        (WINTER, "2027-01-01", True),
        (WINTER, "2027-02-28", True),
        (WINTER, "2027-03-01", False),
        (WINTER, "2028-02-29", True),
        (WINTER, "2028-03-01", False),
        (LEAP, "2027-02-28", False),
        (LEAP, "2027-03-01", True),
        (LEAP, "2028-02-29", True),
        (ONE_DAY, "2026-10-31", True),
        (ONE_DAY, "2026-11-01", False),
        (WHOLE_YEAR, "2028-02-29", True),
        (None, "2026-07-01", True),
    ],
)
def test_a_season_counts_both_of_its_ends(season: Season | None, day: str, inside: bool) -> None:
    assert in_season(season, date.fromisoformat(day)) is inside


@pytest.mark.parametrize(
    ("season", "now", "turn"),
    [
        (ADVENT, "2026-11-30T22:59", "2026-11-30T23:00"),  # midnight in Berlin
        (ADVENT, "2026-11-30T23:00", "2026-12-24T23:00"),
        (ADVENT, "2026-12-24T23:30", "2027-11-30T23:00"),
        (WINTER, "2026-12-01T00:00", "2027-02-28T23:00"),
        (WINTER, "2027-12-01T00:00", "2028-02-29T23:00"),
        (Season((7, 1), (7, 31)), "2026-07-02T00:00", "2026-07-31T22:00"),  # summer time
        (WHOLE_YEAR, "2026-07-02T00:00", None),
        (None, "2026-07-02T00:00", None),
    ],
)
def test_a_season_turns_at_midnight_where_collectarr_is(
    season: Season | None, now: str, turn: str | None
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    found = next_turn(season, datetime.fromisoformat(now).replace(tzinfo=UTC), berlin)
    assert found == (None if turn is None else datetime.fromisoformat(turn).replace(tzinfo=UTC))


def test_it_is_said_in_words_until_when_a_box_set_rests() -> None:
    assert rests_until(ADVENT, date(2026, 12, 25)) == "Rests until 1 December"
    assert rests_until(LEAP, date(2026, 7, 1)) == "Rests until 1 March"
    assert rests_until(LEAP, date(2027, 7, 1)) == "Rests until 29 February"
    assert rests_until(ADVENT, date(2026, 12, 24)) == ""


JULY = date(2026, 7, 1)
FIVE = Upkeep(least=5)
MADE = Before(made=True, owned=6)


@pytest.mark.parametrize(
    ("upkeep", "owned", "suspicions", "before", "rests", "doubtful"),
    [
        (Upkeep(), 0, (), MADE, None, ""),  # who said nothing wants no rest
        (FIVE, 5, (), MADE, None, ""),
        (FIVE, 4, (), MADE, "least", ""),
        (FIVE, 4, ("The list came short.",), MADE, None, ""),  # goes on as if nothing were
        (FIVE, 0, ("The list is empty.",), MADE, None, ""),
        (FIVE, 4, ("The list came short.",), Before(), "least", ""),  # not made, nothing to lose
        (FIVE, 4, ("x",), Before(made=True, resting=True, owned=4), "least", ""),
        (FIVE, 2, (), MADE, "least", SUDDENLY),
        (FIVE, 4, (), Before(made=True, owned=2, held=True), "least", SUDDENLY),
        (Upkeep(season=ADVENT), 9, ("x",), MADE, "season", ""),
        (Upkeep(season=ADVENT, least=5), 2, (), MADE, "season", ""),
    ],
)
def test_when_a_box_set_rests(
    upkeep: Upkeep,
    owned: int,
    suspicions: tuple[str, ...],
    before: Before,
    rests: str | None,
    doubtful: str,
) -> None:
    rest = rest_of(upkeep, JULY, owned, suspicions, before)
    assert (rest and rest.rule, rest.doubtful if rest else "") == (rests, doubtful)


def test_the_words_say_what_is_lacking() -> None:
    rest = rest_of(FIVE, JULY, 3, (), MADE)
    assert rest is not None
    assert rest.words == "Rests until it has 5 titles; 3 now"


def resting(members: str, ours: str, *, delete: bool = False, made: bool = True, **m: str) -> Plan:
    known = {key: KnownMember(key, "ours", "in") for key in ours}
    for state, keys in m.items():
        owner = "found" if state == "pinned" else "ours"
        known |= {key: KnownMember(key, owner, state) for key in keys}
    everything = {key: item(key) for key in "abcdefghijklmnop"}
    wanted = {key: Wanted(everything[key], 1, "why") for key in "abcdefgh"}
    rest = rest_of(
        Upkeep(season=ADVENT, otherwise=Otherwise.DELETE if delete else Otherwise.EMPTY),
        JULY, 8, (), MADE,
    )  # fmt: skip
    assert rest is not None
    state = BoxSetState({key: key for key in members}, known)
    return make_rest(wanted, state, everything, rest, ours_to_delete=made)


def test_a_resting_box_set_gets_nothing_and_gives_up_only_what_is_ours() -> None:
    plan = resting("abcxy", "abc", pinned="y")
    assert (ids(plan.add), ids(plan.remove)) == ("", "abc")
    assert {change.rule for change in plan.remove} == {"season"}


def test_it_is_deleted_only_if_we_made_it_and_nobody_else_has_anything_in_it() -> None:
    assert resting("abc", "abc", delete=True).delete
    assert resting("", "", delete=True).delete
    assert not resting("abcx", "abc", delete=True).delete
    assert not resting("abc", "abc", delete=True, made=False).delete
    assert not resting("abc", "abc").delete


def test_what_a_person_took_out_is_remembered_over_the_rest() -> None:
    plan = resting("abcdef", "abcdefg", kept_out="h")
    assert ids(plan.kept_out) == "g"
    assert plan.forgotten == ()


def test_a_rest_without_titles_says_nothing_of_rules() -> None:
    assert Rest("season", "Rests until 1 December").why == "Rests until 1 December."
