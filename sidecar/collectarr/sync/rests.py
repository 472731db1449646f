"""Whether a box set is to rest: out of its season, or with fewer titles than it needs. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from collectarr.models import Otherwise, Upkeep
from collectarr.sync.seasons import rests_until

SUDDEN = 0.5
"""A loss of more than this share at once is looked at by a person before `least` goes by it."""
SUDDENLY = "Most of its titles went at once, and now it has fewer than it needs."


@dataclass(frozen=True, slots=True)
class Rest:
    """Why a box set is to be empty. `rule`: season or least; `words` say it to people.

    `doubtful`: nothing may be taken out for it unasked, in words.
    """

    rule: str
    words: str
    delete: bool = False
    doubtful: str = ""

    @property
    def why(self) -> str:
        """As a sentence."""
        return f"{self.words}."


@dataclass(frozen=True, slots=True)
class Before:
    """How the last plan left it. `held`: its emptying waits for a person already."""

    made: bool = False
    resting: bool = False
    owned: int | None = None
    held: bool = False


def rest_of(
    upkeep: Upkeep, today: date, owned: int, suspicions: Sequence[str], before: Before
) -> Rest | None:
    """`owned`: titles of it that the server holds now; None: it does not rest.

    A list that came short is no reason to empty a box set, and a library that lost much at once
    is one only if a person says so. What rests already goes on resting.
    """
    delete = upkeep.otherwise is Otherwise.DELETE
    if words := rests_until(upkeep.season, today):
        return Rest("season", words, delete)
    if upkeep.least <= 1 or owned >= upkeep.least:
        return None
    words = f"Rests until it has {upkeep.least} titles; {owned} now"
    if before.resting or not before.made:
        return Rest("least", words, delete)
    if suspicions:
        return None
    sudden = before.held or bool(before.owned and owned < SUDDEN * before.owned)
    return Rest("least", words, delete, SUDDENLY if sudden else "")
