"""What of a plan has to wait: for a person, or for Emby to be done with a scan."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from collectarr.emby.client import EmbyClient, batches
from collectarr.emby.tasks import is_scanning
from collectarr.models import Item, Mode, Trigger
from collectarr.store import installation, runs
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.targets import Target
from collectarr.sync.apply import untold
from collectarr.sync.guard import Limits, limits_of, review
from collectarr.sync.plan import BoxSetState, Plan
from collectarr.sync.view import Planned, Result, ServerView, Wish

OURS = ("in", "adding", "removing")


async def judge(
    db: Database, wish: Wish, target: Target, view: ServerView, state: BoxSetState, plan: Plan
) -> dict[str, Any] | None:
    """What has to wait for a person: the plan's removals, or nothing."""
    if not plan.remove:
        return None
    collection = wish.collection
    # Of what is there now: what a person took out, or Emby lost, does not make removals smaller.
    ours = sum(
        m.owner == "ours" and m.state in OURS and key in state.members
        for key, m in state.known.items()
    )
    removed = await runs.count_removed(db, collection.id, target.server_id, days=7)
    # Carried out by a run that did not live to tell: they count all the same.
    removed += len(await untold(db, target, state.members.keys(), "removing"))
    asked = (target.held or {}) if wish.trigger == Trigger.APPROVED else {}
    verdict = review(
        plan,
        ours=ours,
        removed_this_week=removed,
        suspicions=wish.suspicions,
        approved=asked.get("approved", ()),
        limits=limits_of(collection.upkeep, await usual_limits(db)),
        others=_others(collection, view.items, state),
    )
    if not verdict.held:
        return None
    return {
        "code": "removals",
        "rule": plan.rest.rule if plan.rest else None,
        "reasons": list(verdict.reasons),
        "message": " ".join(verdict.reasons),
        "remove": [
            {"item_id": x.item_id, "title": x.title, "year": x.year, "why": x.why}
            for x in plan.remove
        ],
    }


async def usual_limits(db: Database) -> Limits:
    """What holds for every collection that says nothing else."""
    return replace(Limits(), **await installation.guard_limits(db))


def _others(
    collection: Collection, items: Mapping[str, Item], state: BoxSetState
) -> frozenset[str]:
    """Members of other people that a mirror may take out."""
    if collection.mode is not Mode.MIRROR:
        return frozenset()
    mine = {
        key
        for key, m in state.known.items()
        if m.state == "pinned" or (m.owner == "ours" and m.state in OURS)
    }
    return frozenset(key for key in state.members if key in items and key not in mine)


async def mind_scan(client: EmbyClient, planned: Planned, result: Result) -> Planned:
    """`planned` without what would meddle with a running scan of the libraries.

    Removals wait, and of the titles to add all that do not fit in one call. Costs one read, and
    none where there is nothing of the kind.
    """
    plan = planned.plan
    first = next(batches(change.item_id for change in plan.add), []) if plan.add else []
    removes = not planned.held and bool(plan.remove or plan.delete)
    if not removes and len(first) == len(plan.add):
        return planned
    if not await is_scanning(client):
        return planned
    result.waits = True
    what = "removals wait" if removes else "the rest of the titles waits"
    result.problems.append(f"{result.server.name} is scanning its libraries; {what}.")
    kept = frozenset(first)
    add = tuple(change for change in plan.add if change.item_id in kept)
    return replace(planned, plan=replace(plan, add=add, remove=(), delete=False))
