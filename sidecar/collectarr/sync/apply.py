"""Carrying a plan out: add before remove, never clear and refill.

What is about to be sent is remembered first, so that a kill at any point leaves a store that
the next run can repair from.
"""

from collections.abc import Collection, Mapping, Sequence

from collectarr.emby.client import EmbyClient
from collectarr.errors import UpstreamError
from collectarr.models import Item, Kind, KnownMember
from collectarr.runner import Report
from collectarr.store import servers, targets
from collectarr.store.db import Database
from collectarr.store.runs import Change
from collectarr.store.targets import Target
from collectarr.sync.create import claim, create
from collectarr.sync.dress import box_set_name, dress
from collectarr.sync.plan import Plan, PlannedChange
from collectarr.sync.poster import hang
from collectarr.sync.view import Planned, Result, ServerView, Wish, is_settled
from collectarr.sync.worn import Worn


async def apply(
    db: Database,
    client: EmbyClient,
    report: Report,
    view: ServerView,
    wish: Wish,
    planned: Planned,
    result: Result,
) -> None:
    """Adds before removes; what is about to be sent is remembered first."""
    target, box_set, plan = planned.target, planned.box_set, planned.plan
    name = box_set_name(wish.collection, planned.matches)
    await tell_untold(db, report, target, planned.members, view.items, result)
    await _remember(db, target, plan)
    if box_set is None:
        if plan.add:
            await _create(db, client, report, view, wish, planned, name, result)
        return
    if box_set.name != target.box_set_name:
        await targets.set_box_set_name(db, target.id, box_set.name)
    if plan.add:
        await report.stage(f"Adding {len(plan.add)} to {wish.collection.name}")
        await add_members(db, client, report, target, box_set.id, plan.add, result)
    if plan.remove and not result.held:
        await report.stage(f"Taking {len(plan.remove)} out of {wish.collection.name}")
        await _remove(db, client, report, target, box_set.id, plan.remove, result)
    if plan.rest is None:
        await dress(db, client, report, view, wish.collection, target, box_set, name, result)
        await hang(
            db, client, report, view, wish.collection, target, box_set, planned.matches, result
        )
    if not result.wrote and not is_settled(target, box_set):
        # Somebody else's change, seen and understood: this is the settled state now.
        await targets.settle_target(db, target, box_set.etag, box_set.child_count)


async def untold(db: Database, target: Target, members: Collection[str], state: str) -> list[str]:
    """What an earlier run sent and did not live to record, and what came of it: `adding` that
    are members now, or `removing` that are none."""
    sent = await targets.unrecorded(db, target, state)
    return [key for key in sent if (key in members) == (state == "adding")]


async def tell_untold(
    db: Database,
    report: Report,
    target: Target,
    members: Collection[str],
    items: Mapping[str, Item],
    result: Result,
) -> None:
    """Every change is in the history, also one whose answer was lost."""
    for state, op in (("adding", "add"), ("removing", "remove")):
        changes = [
            PlannedChange(key, *_called(key, items), "Sent by a run that was cut off before.")
            for key in await untold(db, target, members, state)
        ]
        (result.added if op == "add" else result.removed).extend(changes)
        await _record(report, target.server_id, op, changes)


def _called(key: str, items: Mapping[str, Item]) -> tuple[str, int | None, Kind | None]:
    item = items.get(key)
    if item is None:
        return f"Item {key}", None, None
    return item.title.title, item.title.year, item.title.kind


async def _remember(db: Database, target: Target, plan: Plan) -> None:
    """Bring our memory of the members up to what was just read."""
    rows = [KnownMember(key, "found", "in") for key in plan.found]
    rows += [KnownMember(change.item_id, "ours", "kept_out") for change in plan.kept_out]
    known = await targets.load_members(db, target.id)
    seen = {change.item_id for change in plan.keep} | {c.item_id for c in plan.remove}
    rows += [
        KnownMember(key, member.owner, "in")
        for key, member in known.items()
        if member.state in ("adding", "removing") and key in seen
    ]
    if rows:
        await targets.set_members(db, target.id, rows)
    if plan.forgotten:
        await targets.drop_members(db, target.id, plan.forgotten)


async def _create(
    db: Database,
    client: EmbyClient,
    report: Report,
    view: ServerView,
    wish: Wish,
    planned: Planned,
    name: str,
    result: Result,
) -> None:
    plan, target = result.plan, planned.target
    await report.stage(f"Creating {name} with {len(plan.add)} titles")
    result.wrote = True
    ids = [change.item_id for change in plan.add]
    try:
        box_set_id, rest = await create(db, client, target, name, ids, view.box_sets, report.run.id)
    except UpstreamError as error:
        box_set_id, rest = await _look_again(db, client, view, target, ids, error, report.run.id)
    view.took(target, box_set_id, name)
    made = Change(view.server.id, "create", None, name, None, "It was not in Emby.", box_set_id)
    await report.changed([made])
    later = set(rest)
    first = [change for change in plan.add if change.item_id not in later]
    result.added += first
    await _record(report, view.server.id, "add", first)
    await targets.set_poster(db, target.id, Worn(fresh=True).stored())
    target = await targets.get_target(db, target.id) or target
    collection, box_set = wish.collection, view.box_sets[box_set_id]
    await dress(db, client, report, view, collection, target, box_set, name, result)
    if rest:
        more = [change for change in plan.add if change.item_id in later]
        await add_members(db, client, report, target, box_set_id, more, result)
    await hang(
        db, client, report, view, collection, target, box_set, planned.matches, result, made=True
    )


async def _look_again(
    db: Database,
    client: EmbyClient,
    view: ServerView,
    target: Target,
    ids: Sequence[str],
    error: UpstreamError,
    run_id: int,
) -> tuple[str, list[str]]:
    """A creation failed, or seemed to: go on with what it left, else raise its error."""
    begun = await targets.get_target(db, target.id)
    if begun is None or begun.intent is None:
        raise error
    box_sets = {box_set.id: box_set for box_set in await client.box_sets()}
    box_set = await claim(db, client, begun, box_sets, view.owned, run_id)
    if box_set is None:
        raise error
    known = await targets.load_members(db, target.id)
    return box_set.id, [item_id for item_id in ids if item_id not in known]


async def add_members(
    db: Database,
    client: EmbyClient,
    report: Report,
    target: Target,
    box_set_id: str,
    changes: Sequence[PlannedChange],
    result: Result,
) -> None:
    result.wrote = True
    ids = [change.item_id for change in changes]
    await targets.touch_target(db, target.id)
    await targets.set_members(
        db, target.id, [KnownMember(key, "ours", "adding") for key in ids], report.run.id
    )
    refused = set(await client.add(box_set_id, ids))
    if refused:
        await targets.drop_members(db, target.id, refused)
        await servers.remove_items(db, target.server_id, sorted(refused))
        await report.log(
            "warning", f"Emby no longer knows {len(refused)} of the titles to be added."
        )
    result.refused += sorted(refused)
    added = [change for change in changes if change.item_id not in refused]
    result.added += added
    await _record(report, target.server_id, "add", added)


async def _remove(
    db: Database,
    client: EmbyClient,
    report: Report,
    target: Target,
    box_set_id: str,
    changes: Sequence[PlannedChange],
    result: Result,
) -> None:
    result.wrote = True
    known = await targets.load_members(db, target.id)
    ids = [change.item_id for change in changes]
    await targets.touch_target(db, target.id)
    await targets.set_members(
        db,
        target.id,
        [
            KnownMember(key, known[key].owner if key in known else "found", "removing")
            for key in ids
        ],
        report.run.id,
    )
    await client.remove(box_set_id, ids)
    result.removed += changes
    theirs = {key for key in ids if key not in known or known[key].owner != "ours"}
    await _record(report, target.server_id, "remove", changes, theirs)


async def _record(
    report: Report,
    server_id: int,
    op: str,
    changes: Sequence[PlannedChange],
    theirs: Collection[str] = (),
) -> None:
    """`theirs`: what we had not put there; an undo must not make it ours."""
    await report.changed(
        [
            Change(
                *(server_id, op, x.item_id, x.title, x.year, x.why),
                details={"owner": "found"} if x.item_id in theirs else None,
            )
            for x in changes
        ]
    )
