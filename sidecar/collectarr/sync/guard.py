"""Is this plan safe to carry out without asking? Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from collectarr.sync.plan import Plan


@dataclass(frozen=True, slots=True)
class Limits:
    """Removals beyond both `share` and `at_once` wait; `week_share` bounds seven days."""

    share: float = 0.25
    at_once: int = 5
    week_share: float = 0.25


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reasons` in words: why the removals wait. Empty: go on."""

    reasons: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        return bool(self.reasons)


def review(
    plan: Plan,
    *,
    ours: int,
    removed_this_week: int,
    suspicions: Sequence[str],
    approved: Collection[str],
    limits: Limits,
) -> Verdict:
    """Whether the plan's removals may be done now. Adding never waits.

    `ours`: how many members we put in. `approved`: ids that a person agreed to take out;
    if every removal is among them, nothing is held.
    """
    count = len(plan.remove)
    if not count or all(change.item_id in approved for change in plan.remove):
        return Verdict()
    reasons = list(suspicions)
    if count > limits.at_once and count > limits.share * max(ours, 1):
        reasons.append(f"It would take out {count} of the {ours} titles that Collectarr added.")
    elif ours and count >= ours:
        reasons.append("It would take out everything that Collectarr added.")
    week = count + removed_this_week
    if not reasons and week > limits.at_once and week > limits.week_share * max(ours, 1):
        reasons.append(
            f"With this, {week} titles would have gone within seven days, of {ours} that"
            " Collectarr added."
        )
    return Verdict(tuple(reasons))
