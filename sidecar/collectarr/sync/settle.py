"""Some seconds after the last write: see that it held, and remember the settled state.

Emby's own follow-up work moves a box set's Etag once more, and can undo an add that came
right after a create (measured on Emby 3.2). One list of box sets per server tells.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from collectarr.emby.client import EmbyClient
from collectarr.models import BoxSet, KnownMember
from collectarr.runner import Report
from collectarr.store import targets
from collectarr.store.db import Database
from collectarr.store.targets import Target
from collectarr.sync.apply import tell_untold
from collectarr.sync.create import mark
from collectarr.sync.outside import Outside
from collectarr.sync.view import Result, ServerView

ROUNDS = 2
STAYING = ("in", "adding", "pinned")


@dataclass(frozen=True, slots=True)
class Written:
    """A target that was written to, and where to tell what came of it."""

    target_id: int
    report: Report
    result: Result


async def settle(
    db: Database,
    outside: Outside,
    client: EmbyClient,
    report: Report,
    view: ServerView,
    written: Sequence[Written],
) -> list[str]:
    """Returns what did not hold, in words."""
    pending = list(written)
    problems: list[str] = []
    for _ in range(ROUNDS):
        if not pending:
            break
        await report.stage(f"Waiting for {view.server.name} to settle")
        await _wait(outside.settle_seconds, report)
        async with outside.writer(view.server):
            box_sets = {box_set.id: box_set for box_set in await client.box_sets()}
            again: list[Written] = []
            problems = []
            for one in pending:
                problem = await _settle_one(db, client, view, one, box_sets)
                if problem is not None:
                    problems.append(problem)
                    again.append(one)
        pending = again
    return problems


async def _wait(seconds: float, report: Report) -> None:
    """Until that long has passed, or the run is cancelled."""
    try:
        async with asyncio.timeout(seconds):
            await report.cancelled.wait()
    except TimeoutError:
        return
    report.checkpoint()


async def _settle_one(
    db: Database,
    client: EmbyClient,
    view: ServerView,
    one: Written,
    box_sets: dict[str, BoxSet],
) -> str | None:
    """None once all that was sent is there; otherwise it was sent again."""
    target = await targets.get_target(db, one.target_id)
    if target is None or target.box_set_id is None:
        return None
    box_set = box_sets.get(target.box_set_id)
    if box_set is None:
        return f"{view.server.name} no longer lists the collection {target.box_set_name!r}."
    known = await targets.load_members(db, target.id)
    wrote = False
    if target.origin == "created" and box_set.marker != view.marker(target):
        await targets.touch_target(db, target.id)
        await mark(client, box_set.id, view.marker(target))
        wrote = True
    if box_set.child_count != _expected(known):
        wrote = await _repair(db, client, target, box_set, known) or wrote
    if wrote:
        return f"Emby had undone a change to {target.box_set_name!r}; it was made again."
    here = {key for key, member in known.items() if member.state in STAYING}
    await tell_untold(db, one.report, target, here, view.items, one.result)
    await _confirm(db, target, box_set, known)
    return None


def _expected(known: dict[str, KnownMember]) -> int:
    return sum(member.state in STAYING for member in known.values())


async def _repair(
    db: Database,
    client: EmbyClient,
    target: Target,
    box_set: BoxSet,
    known: dict[str, KnownMember],
) -> bool:
    """Read the members; send again what did not hold. Whether anything had to be sent."""
    members = await client.members(box_set.id)
    here = {member.id for member in members}
    groups = {member.versions for member in members if member.versions}
    lost = [key for key, m in known.items() if m.state == "adding" and key not in here]
    left = [key for key, m in known.items() if m.state == "removing" and key in here]
    if lost and groups:
        items = await client.items_by_id(lost, ())
        merged = {item.id for item in items if item.versions in groups}
        lost = [key for key in lost if key not in merged]
    if lost or left:
        await targets.touch_target(db, target.id)
    if lost:
        refused = await client.add(box_set.id, lost)
        await targets.drop_members(db, target.id, refused)
    if left:
        await client.remove(box_set.id, left)
    strangers = [KnownMember(key, "found", "in") for key in here if key not in known]
    await targets.set_members(db, target.id, strangers)
    return bool(lost or left)


async def _confirm(
    db: Database, target: Target, box_set: BoxSet, known: dict[str, KnownMember]
) -> None:
    if not await targets.settle_target(db, target, box_set.etag, box_set.child_count):
        return
    sent = [KnownMember(m.item_id, m.owner, "in") for m in known.values() if m.state == "adding"]
    await targets.set_members(db, target.id, sent)
    taken = [key for key, member in known.items() if member.state == "removing"]
    await targets.drop_members(db, target.id, taken)
