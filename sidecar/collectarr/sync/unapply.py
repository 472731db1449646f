"""Carrying an undo out on one box set. What is about to be sent is remembered first."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from collectarr.emby.client import EmbyClient
from collectarr.errors import RejectedError, UpstreamError
from collectarr.models import BoxSet, KnownMember
from collectarr.runner import Report
from collectarr.store import servers, targets, undoing
from collectarr.store.collections import Collection, load_matches
from collectarr.store.db import Database
from collectarr.store.runs import Change
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.store.undoing import OwnChange
from collectarr.sync.create import create, is_still_ours, mark, name_taken
from collectarr.sync.outside import Outside
from collectarr.sync.poster import settle_poster
from collectarr.sync.settle import pause
from collectarr.sync.undress import dress_again, looks_of, undo_poster, undress
from collectarr.sync.unplan import BACK, Step, There, Unplan, not_ours, unplan, was
from collectarr.sync.view import Result

OUT_WHY = "You took back the run that had added it."
BACK_WHY = "You took back the run that had taken it out."
NOT_LET = frozenset({"delete_refused", "signed_out"})


@dataclass(frozen=True, slots=True)
class Seen:
    """A box set as it is now, what there is to do to it, and all box sets of its server.

    `theirs`: there is one under the id of ours, and a person made it.
    """

    box_set: BoxSet | None
    there: There
    plan: Unplan
    box_sets: dict[str, BoxSet]
    theirs: BoxSet | None = None


@dataclass(slots=True)
class Undone:
    """What came of it on one server. `lost`: titles that could not be put back, and why."""

    server: str
    taken_out: int = 0
    put_back: int = 0
    lost: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)
    incomplete: bool = False
    error: str | None = None


async def look(
    db: Database, client: EmbyClient, target: Target, own: Sequence[OwnChange], marker: str
) -> Seen:
    """Two reads, one more where titles are to come back, and one where they seem to be there."""
    box_sets = {box_set.id: box_set for box_set in await client.box_sets()}
    box_set = box_sets.get(target.box_set_id or "")
    if box_set is not None and not await is_still_ours(db, client, target, box_set, marker):
        return Seen(None, There(), not_ours(own), box_sets, theirs=box_set)
    members = [] if box_set is None else await client.members(box_set.id)
    wanted = await load_matches(db, target.collection_id, target.server_id)
    there = There(
        frozenset(member.id for member in members),
        await targets.load_members(db, target.id),
        {item.id: item for item in await servers.load_items(db, target.server_id)},
        frozenset(key for row in wanted for key in row.item_ids),
        await undoing.begun(db, target.id),
    )
    plan = unplan(own, there)
    if box_set is not None and (plan.back or any(left.why == BACK for left in plan.left)):
        # What was just taken out is listed once more (measured on Emby 3.2).
        members = await client.members(box_set.id)
        there = replace(there, members=frozenset(member.id for member in members))
        plan = unplan(own, there)
    if plan.put_back:
        # What left the library is noticed late: a sweep tells, no delta does.
        ids = [step.item_id for step in plan.put_back]
        found = {item.id for item in await client.items_by_id(ids, ())}
        gone = set(ids) - found
        items = {key: item for key, item in there.items.items() if key not in gone}
        there = replace(there, items=items)
        plan = unplan(own, there)
    return Seen(box_set, there, plan, box_sets)


@dataclass(frozen=True, slots=True)
class Work:
    """All that the steps of one undo on one server share."""

    db: Database
    outside: Outside
    client: EmbyClient
    report: Report
    server: Server
    target: Target
    seen: Seen
    done: Undone

    @property
    def sent(self) -> bool:
        return bool(self.done.put_back or self.done.taken_out)

    async def record(self, op: str, step: Step, why: str) -> None:
        row = self.seen.there.known.get(step.item_id)
        await self.report.changed(
            [
                Change(
                    *(self.server.id, op, step.item_id, step.title, step.year, why),
                    details=was(row),
                )
            ]
        )


async def undo_target(
    db: Database,
    outside: Outside,
    client: EmbyClient,
    report: Report,
    collection: Collection,
    server: Server,
    target: Target,
    own: Sequence[OwnChange],
    done: Undone,
) -> Work:
    """Adds before removals. Raises UpstreamError; what was done until then is recorded."""
    seen = await look(db, client, target, own, f"{outside.installation}.{target.id}")
    plan = seen.plan
    done.lost += [f"{left.title}: {left.why}" for left in plan.left if left.lost]
    work = Work(db, outside, client, report, server, target, seen, done)
    if seen.theirs is not None:
        await _let_go(work, seen.theirs)
        return work
    await _done(work, "remove", plan.gone, OUT_WHY)
    await _done(work, "add", plan.back, BACK_WHY)
    await targets.set_members(db, target.id, plan.again)
    box_set = seen.box_set
    if box_set is None:
        if plan.put_back:
            await _make_again(work, collection)
        elif plan.take_out or plan.others:
            done.words.append(f"On {server.name} there is no such collection any more.")
        return work
    if _is_all_ours(work) and await _delete(work, box_set):
        return work
    done.words += await undress(db, client, report, target, box_set, seen.box_sets, plan.others)
    done.words += await undo_poster(
        db, client, outside.pictures, report, target, box_set, collection.look, plan.others
    )
    await _put_back(work, box_set.id, plan.put_back)
    await _take_out(work, box_set.id, plan.take_out)
    return work


async def _let_go(work: Work, box_set: BoxSet) -> None:
    """Emby derives the id from the folder: a person made another one where ours had been."""
    await targets.unbind_box_set(work.db, work.target.id)
    work.done.incomplete = True
    work.done.words.append(
        f"“{box_set.name}” on {work.server.name} is not the collection that Collectarr had made:"
        " somebody made it anew. It was not touched."
    )


async def _put_back(work: Work, box_set_id: str, steps: Sequence[Step]) -> None:
    if not steps:
        return
    await _sending(work, steps, "adding")
    try:
        refused = set(await work.client.add(box_set_id, [step.item_id for step in steps]))
    except UpstreamError as error:
        await _look_again(work, box_set_id, "add", steps, BACK_WHY, error)
        return
    await _done(work, "add", [step for step in steps if step.item_id not in refused], BACK_WHY)
    await targets.drop_members(work.db, work.target.id, refused)
    work.done.refused |= refused
    work.done.lost += [
        f"{step.called}: Emby does not know it any more"
        for step in steps
        if step.item_id in refused
    ]


def _is_all_ours(work: Work) -> bool:
    """Whether the run made the box set, and nothing that it did not put there is in it."""
    plan = work.seen.plan
    made = any(change.op == "create" for change in plan.others)
    staying = work.seen.there.members - {step.item_id for step in plan.take_out}
    if made and (staying or plan.put_back):
        work.done.words.append("It stays in Emby: other titles are in it.")
    return made and not staying and not plan.put_back and work.target.origin == "created"


async def _take_out(work: Work, box_set_id: str, steps: Sequence[Step]) -> None:
    if steps:
        await _sending(work, steps, "removing")
        try:
            await work.client.remove(box_set_id, [step.item_id for step in steps])
        except UpstreamError as error:
            await _look_again(work, box_set_id, "remove", steps, OUT_WHY, error)
        else:
            await _done(work, "remove", steps, OUT_WHY)


async def _look_again(
    work: Work, box_set_id: str, op: str, steps: Sequence[Step], why: str, error: UpstreamError
) -> None:
    """It failed, or seemed to: keep what came of it, and raise `error` unless all did."""
    try:
        await work.client.members(box_set_id)
        # What was just taken out is listed once more (measured on Emby 3.2): the second counts.
        here = {member.id for member in await work.client.members(box_set_id)}
    except UpstreamError:
        raise error from None
    came = [step for step in steps if (step.item_id in here) == (op == "add")]
    await _done(work, op, came, why)
    missing = {step.item_id for step in steps} - {step.item_id for step in came}
    if missing:
        known = work.seen.there.known
        before = [known[key] for key in missing if key in known]
        await targets.set_members(work.db, work.target.id, before)
        await targets.drop_members(work.db, work.target.id, missing - known.keys())
        raise error


async def _delete(work: Work, box_set: BoxSet) -> bool:
    """The box set that the run had made, now that nobody has anything else in it.

    Not emptied first: a box set that is deleted right after its members changed can spoil its
    name for Emby (seen on Emby 4.10).
    """
    await _sending(work, work.seen.plan.take_out, "removing")
    looks = await looks_of(work.client, work.outside.pictures, work.target, box_set)
    try:
        await work.client.delete_box_set(box_set.id)
    except UpstreamError as error:
        if not isinstance(error, RejectedError):
            if box_set.id in {one.id for one in await work.client.box_sets()}:
                raise
            return await _deleted(work, box_set, looks)
        if error.code not in NOT_LET:
            raise
        work.done.incomplete = True
        work.done.words.append(f"“{box_set.name}” is left empty. {error.message}")
        return False
    return await _deleted(work, box_set, looks)


async def _deleted(work: Work, box_set: BoxSet, looks: dict[str, Any]) -> bool:
    await _done(work, "remove", work.seen.plan.take_out, OUT_WHY)
    gone = Change(
        *(work.server.id, "delete", None, box_set.name, None),
        "You took back the run that had made it.",
        box_set.id,
        looks,
    )
    await work.report.changed([gone])
    await targets.unbind_box_set(work.db, work.target.id)
    work.done.words.append(f"“{box_set.name}” was deleted in Emby.")
    return True


async def _make_again(work: Work, collection: Collection) -> None:
    """The box set is not there any more: what comes back needs one."""
    deleted = next((x for x in work.seen.plan.others if x.op == "delete"), None)
    name = collection.name if deleted is None else deleted.title
    steps = work.seen.plan.put_back
    taken = name_taken(name, work.seen.box_sets, {})
    if taken is not None or work.target.box_set_id is not None:
        why = str(taken["message"]) if taken else "Its collection is gone from Emby."
        work.done.lost += [f"{step.called}: {why}" for step in steps]
        return
    ids = [step.item_id for step in steps]
    made, rest = await create(
        work.db, work.client, work.target, name, ids, work.seen.box_sets, work.report.run.id
    )
    change = Change(work.server.id, "create", None, name, None, "It comes back.", made)
    await work.report.changed([change])
    await mark(work.client, made, f"{work.outside.installation}.{work.target.id}")
    later = set(rest)
    await _done(work, "add", [step for step in steps if step.item_id not in later], BACK_WHY)
    await _put_back(work, made, [step for step in steps if step.item_id in later])
    if deleted is not None:
        await _as_before(work, made, collection, deleted)


async def _as_before(work: Work, made: str, collection: Collection, deleted: Change) -> None:
    """The looks of the box set that was deleted; what of them cannot come back is named."""
    lost = ["how it looked was not kept when it was deleted"]
    box_set = {one.id: one for one in await work.client.box_sets()}.get(made)
    target = await targets.get_target(work.db, work.target.id)
    if deleted.details and box_set is not None and target is not None:
        pictures = work.outside.pictures
        lost = await dress_again(
            *(work.db, work.client, pictures, target, box_set, collection.look, deleted.details)
        )
    if lost:
        work.done.incomplete = True
        words = f"Of how “{deleted.title}” looked not all is back: {'; '.join(lost)}"
        work.done.words.append(words.rstrip(".") + ".")


async def _sending(work: Work, steps: Sequence[Step], state: str) -> None:
    """As it will be, where that is safe: a run after a kill then leaves it so.

    What the next plan wants in the box set, it must not take for taken out by hand before it was
    in there.
    """
    known, wanted = work.seen.there.known, work.seen.there.wanted
    rows = []
    for step in steps:
        owner = known[step.item_id].owner if step.item_id in known else "ours"
        safe = step.row is not None and (state == "removing" or step.item_id not in wanted)
        rows.append(step.row if safe and step.row else KnownMember(step.item_id, owner, state))
    await targets.touch_target(work.db, work.target.id)
    await targets.set_members(work.db, work.target.id, rows, work.report.run.id)


async def _done(work: Work, op: str, steps: Sequence[Step], why: str) -> None:
    """In the history, and remembered so that the next plan leaves it as it is now."""
    for step in steps:
        await work.record(op, step, why)
    rows = [step.row for step in steps if step.row is not None]
    await targets.set_members(work.db, work.target.id, rows, work.report.run.id)
    forgotten = [step.item_id for step in steps if step.row is None]
    await targets.drop_members(work.db, work.target.id, forgotten)
    if op == "add":
        work.done.put_back += len(steps)
    else:
        work.done.taken_out += len(steps)


async def verify(work: Work) -> None:
    """Once it has settled, look whether it held, and send once more what did not."""
    target = await targets.get_target(work.db, work.target.id)
    hung = any(change.op in ("poster", "delete") for change in work.seen.plan.others)
    if target is None or target.box_set_id is None or not (work.sent or hung):
        return
    await work.report.stage(f"Waiting for {work.server.name} to settle")
    await pause(work.outside.settle_seconds, work.report)
    async with work.outside.writer(work.server):
        here = {member.id for member in await work.client.members(target.box_set_id)}
        back = {step.item_id for step in work.seen.plan.put_back} - work.done.refused
        left = {step.item_id for step in work.seen.plan.take_out} & here
        if back - here:
            await work.client.add(target.box_set_id, sorted(back - here))
        if left:
            await work.client.remove(target.box_set_id, sorted(left))
        if hung:
            box_set = {x.id: x for x in await work.client.box_sets()}.get(target.box_set_id)
            seen = Result(work.server)
            pictures = work.outside.pictures
            if box_set is not None:
                await settle_poster(
                    work.db, work.client, pictures, target, box_set, seen, last=True
                )
