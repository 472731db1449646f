"""Some seconds after the last write: see that it held, and remember the settled state.

Emby's own follow-up work moves a box set's Etag once more, and can undo an add that came
right after a create (measured on Emby 3.2). One list of box sets per server tells.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from collectarr.emby.client import EmbyClient
from collectarr.models import BoxSet, KnownMember, Member
from collectarr.runner import Report
from collectarr.store import targets
from collectarr.store.db import Database
from collectarr.store.targets import Target
from collectarr.sync.apply import tell_untold
from collectarr.sync.create import mark
from collectarr.sync.outside import Outside
from collectarr.sync.poster import settle_poster
from collectarr.sync.view import Result, ServerView, learn_from

ROUNDS = 2
GLANCE = 1_000
"""So many members are looked over in one read; more are read with care at once."""
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
    *,
    closely: bool = False,
) -> list[str]:
    """Returns what did not hold, in words. `closely`: see also that the members are those we
    know of, not only as many; one read for each box set.
    """
    pending = list(written)
    problems: list[str] = []
    for turn in range(1, ROUNDS + 1):
        if not pending:
            break
        await report.stage(f"Waiting for {view.server.name} to settle")
        await pause(outside.settle_seconds, report)
        async with outside.writer(view.server):
            box_sets = {box_set.id: box_set for box_set in await client.box_sets()}
            await learn_from(db, view.server, box_sets.values())
            again: list[Written] = []
            problems = []
            for one in pending:
                last = turn == ROUNDS
                problem = await _settle_one(
                    db, client, view, one, box_sets, last=last, closely=closely
                )
                if problem is not None:
                    problems.append(problem)
                    again.append(one)
        pending = again
    return problems


async def pause(seconds: float, report: Report) -> None:
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
    *,
    last: bool,
    closely: bool,
) -> str | None:
    """None once all that was sent is there; otherwise it was sent again."""
    target = await targets.get_target(db, one.target_id)
    if target is None or target.box_set_id is None:
        return None
    box_set = box_sets.get(target.box_set_id)
    if box_set is None:
        return f"{view.server.name} no longer lists the collection {target.box_set_name!r}."
    known = await targets.load_members(db, target.id)
    wrote, as_known = False, True
    if target.origin == "created" and box_set.marker != view.marker(target):
        await targets.touch_target(db, target.id)
        await mark(client, box_set.id, view.marker(target))
        wrote = True
    differs = box_set.child_count != _expected(known)
    if differs or (closely and await _are_others(client, box_set, known)):
        sent, as_known = await _repair(db, client, target, box_set, known)
        wrote = wrote or sent
    if await settle_poster(db, client, view.pictures, target, box_set, one.result, last=last):
        wrote = True
    if wrote:
        return f"Emby had undone a change to {target.box_set_name!r}; it was made again."
    here = {key for key, member in known.items() if member.state in STAYING}
    await tell_untold(db, one.report, target, here, view.items, one.result)
    if target.origin == "created" and not target.dressed.get("marked"):
        await targets.set_dressed(db, target.id, {**target.dressed, "marked": True})
    if as_known:
        # Else it is no settled state: the next run looks at what a person did.
        await _confirm(db, target, box_set, known)
    return None


def _expected(known: dict[str, KnownMember]) -> int:
    return sum(member.state in STAYING for member in known.values())


async def _are_others(client: EmbyClient, box_set: BoxSet, known: dict[str, KnownMember]) -> bool:
    """As many as there should be may still be others: one taken out and one put in by hand.

    One read tells. Without an Etag nothing counts as settled, and every run reads them anyway.
    """
    expected = {key for key, member in known.items() if member.state in STAYING}
    if box_set.etag is None or not expected:
        return False
    if len(expected) > GLANCE:
        return True
    query = {
        "ParentId": box_set.id,
        "UserId": await client.user(),
        "Fields": "PresentationUniqueKey",
        "EnableImages": False,
        "EnableUserData": False,
    }
    page = await client.page(query, 0, len(expected) + 1)
    return {row["Id"] for row in page.rows} != expected


async def _repair(
    db: Database,
    client: EmbyClient,
    target: Target,
    box_set: BoxSet,
    known: dict[str, KnownMember],
) -> tuple[bool, bool]:
    """Read the members; send again what did not hold. Whether anything had to be sent, and
    whether what is there else is what we know of.
    """
    members = await client.members(box_set.id)
    here = {member.id for member in members}
    away = [key for key, m in known.items() if m.state in STAYING and key not in here]
    left = [key for key, m in known.items() if m.state == "removing" and key in here]
    merged = await _merged(client, away, members)
    lost = [key for key in away if known[key].state == "adding" and key not in merged]
    if lost or left:
        await targets.touch_target(db, target.id)
    if lost:
        refused = await client.add(box_set.id, lost)
        await targets.drop_members(db, target.id, refused)
    if left:
        await client.remove(box_set.id, left)
    strangers = [KnownMember(key, "found", "in") for key in here if key not in known]
    await targets.set_members(db, target.id, strangers)
    twins = set(merged.values())
    strange = any(m.id not in known and m.versions not in twins for m in members)
    gone = any(known[key].state != "adding" and key not in merged for key in away)
    return bool(lost or left), not (strange or gone)


async def _merged(
    client: EmbyClient, away: Sequence[str], members: Sequence[Member]
) -> dict[str, str]:
    """Those that are not members because another version of the same film is; by which group."""
    groups = {member.versions for member in members if member.versions}
    if not away or not groups:
        return {}
    items = await client.items_by_id(away, ())
    return {item.id: item.versions for item in items if item.versions in groups}


async def _confirm(
    db: Database, target: Target, box_set: BoxSet, known: dict[str, KnownMember]
) -> None:
    if not await targets.settle_target(db, target, box_set.etag, box_set.child_count):
        return
    sent = [KnownMember(m.item_id, m.owner, "in") for m in known.values() if m.state == "adding"]
    await targets.set_members(db, target.id, sent)
    taken = [key for key, member in known.items() if member.state == "removing"]
    await targets.drop_members(db, target.id, taken)
