"""Carrying a plan out: add before remove, never clear and refill.

What is about to be sent is remembered first, so that a kill at any point leaves a store that
the next run can repair from.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from collectarr.emby.client import EmbyClient
from collectarr.errors import UpstreamError
from collectarr.models import BoxSet, Item, Kind, KnownMember
from collectarr.runner import Report
from collectarr.store import servers, targets
from collectarr.store.db import Database
from collectarr.store.runs import Change
from collectarr.store.targets import Target
from collectarr.sync.create import claim, create, mark, name_taken
from collectarr.sync.plan import Plan, PlannedChange
from collectarr.sync.view import Planned, Result, ServerView, Wish, is_settled


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
    await tell_untold(db, report, target, planned.members, view.items, result)
    await _remember(db, target, plan)
    if box_set is None:
        if plan.add:
            await _create(db, client, report, view, wish, target, result)
        return
    if box_set.name != target.box_set_name:
        await targets.set_box_set_name(db, target.id, box_set.name)
    await _rename(db, client, report, view, wish, target, box_set, result)
    if plan.add:
        await report.stage(f"Adding {len(plan.add)} to {wish.collection.name}")
        await _add(db, client, report, target, box_set.id, plan.add, result)
    if plan.remove and not result.held:
        await report.stage(f"Taking {len(plan.remove)} out of {wish.collection.name}")
        await _remove(db, client, report, target, box_set.id, plan.remove, result)
    if not result.wrote and not is_settled(target, box_set):
        # Somebody else's change, seen and understood: this is the settled state now.
        await targets.settle_target(db, target, box_set.etag, box_set.child_count)


async def _rename(
    db: Database,
    client: EmbyClient,
    report: Report,
    view: ServerView,
    wish: Wish,
    target: Target,
    box_set: BoxSet,
    result: Result,
) -> None:
    """Call our box set as its collection is called now, unless a person named it otherwise."""
    name = wish.collection.name
    if target.origin != "created" or target.set_name == name or box_set.name != target.set_name:
        return
    others = {key: other for key, other in view.box_sets.items() if key != box_set.id}
    if name_taken(name, others, view.owned):
        result.problems.append(
            f"Emby already has a collection called {name!r}: there this one is still called"
            f" {box_set.name!r}."
        )
        return

    def change(whole: dict[str, Any]) -> None:
        whole["Name"] = name

    result.wrote = True
    await targets.touch_target(db, target.id)
    await client.update_box_set(box_set.id, change)
    await targets.set_box_set_name(db, target.id, name, by_us=True)
    result.renamed = True
    why = f"It was called {box_set.name!r}."
    await report.changed([Change(target.server_id, "rename", None, name, None, why)])


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
    target: Target,
    result: Result,
) -> None:
    plan = result.plan
    await report.stage(f"Creating {wish.collection.name} with {len(plan.add)} titles")
    result.wrote = True
    name = wish.collection.name
    ids = [change.item_id for change in plan.add]
    try:
        box_set_id, rest = await create(db, client, target, name, ids, view.box_sets, report.run.id)
    except UpstreamError as error:
        box_set_id, rest = await _look_again(db, client, view, target, ids, error)
    view.took(target, box_set_id, name)
    later = set(rest)
    first = [change for change in plan.add if change.item_id not in later]
    result.added += first
    await _record(report, view.server.id, "add", first)
    await mark(client, box_set_id, view.marker(target))
    if rest:
        more = [change for change in plan.add if change.item_id in later]
        await _add(db, client, report, target, box_set_id, more, result)


async def _look_again(
    db: Database,
    client: EmbyClient,
    view: ServerView,
    target: Target,
    ids: Sequence[str],
    error: UpstreamError,
) -> tuple[str, list[str]]:
    """A creation failed, or seemed to: go on with what it left, else raise its error."""
    begun = await targets.get_target(db, target.id)
    if begun is None or begun.intent is None:
        raise error
    box_sets = {box_set.id: box_set for box_set in await client.box_sets()}
    box_set = await claim(db, client, begun, box_sets, view.owned)
    if box_set is None:
        raise error
    known = await targets.load_members(db, target.id)
    return box_set.id, [item_id for item_id in ids if item_id not in known]


async def _add(
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
    await _record(report, target.server_id, "remove", changes)


async def _record(
    report: Report, server_id: int, op: str, changes: Sequence[PlannedChange]
) -> None:
    await report.changed(
        [Change(server_id, op, x.item_id, x.title, x.year, x.why) for x in changes]
    )
