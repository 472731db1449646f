"""Taking out of Emby what we put in: a whole box set where nobody else has anything in it."""

from collections.abc import Collection, Mapping
from enum import Enum

from collectarr.emby.client import EmbyClient
from collectarr.errors import RejectedError
from collectarr.models import BoxSet, KnownMember
from collectarr.runner import Report
from collectarr.store import targets
from collectarr.store.db import Database
from collectarr.store.runs import Change
from collectarr.store.targets import Target
from collectarr.sync.create import as_it_is, is_still_ours
from collectarr.sync.undress import looks_of
from collectarr.sync.view import Planned, Result, ServerView

NOT_LET = frozenset({"delete_refused", "signed_out"})

DOUBTED = (
    "Emby shows nothing in it, though Collectarr had put titles there: it is not deleted without"
    " being sure. Delete it there yourself."
)


class Left(Enum):
    """What there is of a box set after we took our own out of it."""

    NOTHING = "nothing"
    EMPTY = "empty"
    OTHERS = "others"


async def delete_resting(
    db: Database,
    client: EmbyClient,
    report: Report,
    view: ServerView,
    planned: Planned,
    result: Result,
) -> bool:
    """Delete a box set that rests, where its plan says so. False: it has to be emptied instead.

    Not emptied first: a box set that is deleted right after a change of its members can spoil
    its name for Emby (seen on Emby 4.10).
    """
    target, box_set, plan = planned.target, planned.box_set, planned.plan
    if box_set is None or not plan.delete or result.held:
        return False
    if not await _as_planned(db, client, view, planned, box_set):
        result.problems.append(
            f"{box_set.name!r} is not deleted: somebody changed it meanwhile. The next sync"
            " looks again."
        )
        return True
    await report.stage(f"Deleting {box_set.name}: {plan.rest.words if plan.rest else ''}")
    looks = await looks_of(client, view.pictures, target, box_set) if view.pictures else None
    await targets.touch_target(db, target.id)
    try:
        await client.delete_box_set(box_set.id)
    except RejectedError as error:
        if error.code not in NOT_LET:
            raise
        await report.log("warning", f"{box_set.name!r} is emptied, not deleted. {error.message}")
        return False
    removed = [
        Change(
            target.server_id, "remove", x.item_id, x.title, x.year, x.why,
            box_set.id, {"rule": x.rule},
        )
        for x in plan.remove
    ]  # fmt: skip
    why = plan.rest.words if plan.rest else ""
    gone = Change(target.server_id, "delete", None, box_set.name, None, why, box_set.id, looks)
    await report.changed([*removed, gone])
    result.removed += plan.remove
    kept_out = [KnownMember(x.item_id, "ours", "kept_out") for x in plan.kept_out]
    await targets.set_members(db, target.id, kept_out)
    await targets.unbind_box_set(db, target.id)
    view.box_sets.pop(box_set.id, None)
    view.owned.pop(box_set.id, None)
    return True


async def _as_planned(
    db: Database, client: EmbyClient, view: ServerView, planned: Planned, box_set: BoxSet
) -> bool:
    """Whether it is still ours and holds nothing but what the plan saw: a run can be long."""
    target = planned.target
    now = await as_it_is(client, box_set)
    if not await is_still_ours(db, client, target, now, view.marker(target)):
        return False
    here = {member.id for member in await client.members(now.id)}
    return here <= planned.members and (bool(here) or not planned.members)


async def take_out(
    db: Database,
    client: EmbyClient,
    target: Target,
    known: Mapping[str, KnownMember],
    here: Collection[str],
) -> tuple[Left, str]:
    """Our members out of the box set, and it with them if we made it and nothing else is in it.

    `known`: what we remember of it; `here`: its members now. Returns what is
    left of it, and why it could not be deleted, if so.
    """
    assert target.box_set_id is not None
    ours = {
        key
        for key, member in known.items()
        if member.owner == "ours" and member.state != "kept_out" and key in here
    }
    refused = ""
    alone = target.origin == "created" and ours >= set(here)
    if alone and not here and any(member.state != "kept_out" for member in known.values()):
        return Left.EMPTY, DOUBTED
    if alone:
        try:
            await client.delete_box_set(target.box_set_id)
        except RejectedError as error:
            if error.code not in NOT_LET:
                raise
            refused = error.message
        else:
            return Left.NOTHING, ""
    if ours:
        await targets.touch_target(db, target.id)
        await client.remove(target.box_set_id, sorted(ours))
    return (Left.EMPTY if ours >= set(here) else Left.OTHERS), refused
