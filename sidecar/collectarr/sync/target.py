"""One collection on one server: match, plan, guard, apply."""

from collections.abc import Mapping, Sequence
from typing import Any

from collectarr.emby.client import EmbyClient
from collectarr.models import BoxSet, Item, Trigger
from collectarr.runner import Report
from collectarr.store import collections as stored_collections
from collectarr.store import runs, servers, targets
from collectarr.store.collections import StoredMatch
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.sync.apply import apply, untold
from collectarr.sync.contents import title_key
from collectarr.sync.create import find_box_set
from collectarr.sync.guard import Limits, review
from collectarr.sync.match import Match, match
from collectarr.sync.plan import BoxSetState, Plan, make_plan, wanted_items
from collectarr.sync.rules import count_pinned, cut
from collectarr.sync.view import Planned, Result, ServerView, Wish, is_settled


async def sync_target(
    db: Database,
    client: EmbyClient,
    report: Report,
    view: ServerView,
    wish: Wish,
    target: Target,
    result: Result,
) -> None:
    """Make one box set equal its list; `result` tells how far it came.

    Raises UpstreamError; then nothing more is done here.
    """
    if target.state == "stopped":
        result.stopped = True
        return
    if nothing_moved(target, wish, view.server, view.box_sets):
        result.skipped = True
        return
    planned = await plan_target(db, client, view, wish, target)
    await _keep_matches(db, wish, view.server.id, planned.matches)
    result.plan, result.held = planned.plan, planned.held
    if result.held is None or result.held["code"] == "removals":
        await apply(db, client, report, view, wish, planned, result)
    unfinished = result.held or result.refused or result.problems
    await targets.finish_target(
        db,
        target.id,
        inputs=None if unfinished else inputs_for(wish, view.server),
        held=result.held,
        owned=sum(bool(found.items) for found in planned.matches),
    )


async def plan_target(
    db: Database, client: EmbyClient, view: ServerView, wish: Wish, target: Target
) -> Planned:
    """What there is to do. Nothing is written to Emby.

    A collection that takes only what the library holds, and only so many, takes the first so many
    that this server holds: cut off after matching. The rows beyond keep their ranks and count as
    not there, so `owned` of a target never exceeds the limit (but for pins), and two servers may
    hold different titles. Of such a collection everything it wants is there: what it wants is
    what at least one server got.
    """
    rules, pins = wish.collection.rules, wish.collection.pins
    matches = cut(match(wish.rows, view.index), rules, count_pinned(wish.rows, pins))
    found = await find_box_set(
        db, client, target, wish.collection.name, view.box_sets, view.owned, view.marker(target)
    )
    if found.held is not None:
        return Planned(target, None, matches, Plan(), found.held)
    target = await targets.get_target(db, target.id) or target
    state = BoxSetState({}, await targets.load_members(db, target.id))
    if found.box_set is not None:
        state = await read_state(db, client, target, found.box_set)
    wanted = wanted_items(matches)
    presence: Mapping[str, Item] = view.items
    vanished = await _vanished(client, wanted, state)
    if vanished:
        wanted = {key: want for key, want in wanted.items() if key not in vanished}
        presence = {key: item for key, item in presence.items() if key not in vanished}
        await servers.remove_items(db, view.server.id, sorted(vanished))
    plan = make_plan(wanted, state, presence, wish.collection.mode)
    held = await _judge(db, wish, target, state, plan)
    return Planned(target, found.box_set, matches, plan, held, frozenset(state.members))


def inputs_for(wish: Wish, server: Server) -> str:
    """What a plan is made from, but for the box set."""
    return f"{wish.inputs}|{wish.collection.revision}|{server.generation}"


def nothing_moved(
    target: Target, wish: Wish, server: Server, box_sets: Mapping[str, BoxSet]
) -> bool:
    """Whether list, library and box set are as they were after the last finished plan."""
    if target.held is not None or target.inputs != inputs_for(wish, server):
        return False
    if target.box_set_id is None:
        return target.intent is None
    box_set = box_sets.get(target.box_set_id)
    return box_set is not None and is_settled(target, box_set)


async def _keep_matches(db: Database, wish: Wish, server_id: int, matches: Sequence[Match]) -> None:
    """Ranks are those of all rows of the collection, also of those that are cut off here."""
    titles = {row.rank: title_key(row.title) for row in wish.rows}
    rows = [
        StoredMatch(
            found.rank,
            server_id,
            tuple(item.id for item in found.items),
            found.by,
            found.why,
            found.near,
            titles[found.rank],
        )
        for found in matches
    ]
    await stored_collections.save_matches(db, wish.collection.id, server_id, rows)


async def read_state(
    db: Database, client: EmbyClient, target: Target, box_set: BoxSet
) -> BoxSetState:
    """Members as remembered where the box set is as it was when it settled, else read."""
    known = await targets.load_members(db, target.id)
    if is_settled(target, box_set):
        members = {key: key for key, m in known.items() if m.state in ("in", "pinned")}
        return BoxSetState(members, known)
    rows = await client.members(box_set.id)
    return BoxSetState({row.id: row.versions or row.id for row in rows}, known)


async def _vanished(client: EmbyClient, wanted: Mapping[str, Any], state: BoxSetState) -> set[str]:
    """Members that are missing because the film itself left the library, unknown to us yet.

    Without this look they would pass for taken out by hand.
    """
    missing = [
        key
        for key, member in state.known.items()
        if member.state == "in" and key in wanted and key not in state.members
    ]
    if not missing:
        return set()
    there = await client.items_by_id(missing, ())
    return set(missing) - {item.id for item in there}


async def _judge(
    db: Database, wish: Wish, target: Target, state: BoxSetState, plan: Plan
) -> dict[str, Any] | None:
    """What has to wait for a person: the plan's removals, or nothing."""
    ours = [
        member
        for member in state.known.values()
        if member.owner == "ours" and member.state in ("in", "adding", "removing")
    ]
    removed = await runs.count_removed(db, wish.collection.id, target.server_id, days=7)
    # Carried out by a run that did not live to tell: they count all the same.
    removed += len(await untold(db, target, state.members.keys(), "removing"))
    asked = (target.held or {}) if wish.trigger == Trigger.APPROVED else {}
    verdict = review(
        plan,
        ours=len(ours),
        removed_this_week=removed,
        suspicions=wish.suspicions,
        approved=asked.get("approved", ()),
        limits=Limits(),
    )
    if not verdict.held:
        return None
    return {
        "code": "removals",
        "reasons": list(verdict.reasons),
        "message": " ".join(verdict.reasons),
        "remove": [
            {"item_id": x.item_id, "title": x.title, "year": x.year, "why": x.why}
            for x in plan.remove
        ],
    }
