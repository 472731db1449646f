"""Is this plan safe to carry out without asking? Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from collectarr.models import Upkeep
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


def limits_of(upkeep: Upkeep, usual: Limits) -> Limits:
    """Those of one collection; what it does not say is as usual."""
    return Limits(
        usual.share if upkeep.share is None else upkeep.share,
        usual.at_once if upkeep.at_once is None else upkeep.at_once,
        usual.week_share if upkeep.week_share is None else upkeep.week_share,
    )


def review(
    plan: Plan,
    *,
    ours: int,
    removed_this_week: int,
    suspicions: Sequence[str],
    approved: Collection[str],
    limits: Limits,
    others: Collection[str] = (),
) -> Verdict:
    """Whether the plan's removals may be done now. Adding never waits.

    `ours`: how many members we put in. `others`: members that people put in and that a mirror
    may take out; they count as well. `approved`: ids that a person agreed to take out; if every
    removal is among them, nothing is held. What follows from a rule of the person's own is not
    held, unless there is doubt about it.
    """
    removed = [change.item_id for change in plan.remove]
    if not removed or all(item_id in approved for item_id in removed):
        return Verdict()
    if plan.rest is not None:
        return Verdict((plan.rest.doubtful,) if plan.rest.doubtful else ())
    reasons = [*suspicions, *_at_once(removed, ours, others, limits)]
    week, total = len(removed) + removed_this_week, ours + len(others)
    if not reasons and week > limits.at_once and week > limits.week_share * max(total, 1):
        reasons.append(
            f"With this, {week} titles would have gone within seven days, of {total} that"
            f" {'are in it' if others else 'Collectarr added'}."
        )
    return Verdict(tuple(reasons))


def _at_once(
    removed: Sequence[str], ours: int, others: Collection[str], limits: Limits
) -> list[str]:
    """Ours by themselves, for they must not drown among many others; then all together."""
    mine = sum(item_id not in others for item_id in removed)
    total = ours + len(others)
    if mine > limits.at_once and mine > limits.share * max(ours, 1):
        return [f"It would take out {mine} of the {ours} titles that Collectarr added."]
    if ours and mine >= ours:
        return ["It would take out everything that Collectarr added."]
    if len(removed) > limits.at_once and len(removed) > limits.share * max(total, 1):
        theirs = len(removed) - mine
        words = f"It would take out {len(removed)} of the {total} titles in it"
        return [f"{words}, {theirs} of which people put there."]
    if others and len(removed) >= total:
        return ["It would take out everything that is in it."]
    return []
