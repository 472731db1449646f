"""One collection on one server: match, plan, guard, apply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collectarr.emby.client import EmbyClient, clean_name
from collectarr.errors import UpstreamError
from collectarr.models import BoxSet, Item, KnownMember, ListItem, Trigger
from collectarr.runner import Report
from collectarr.store import collections as stored_collections
from collectarr.store import runs, servers, targets
from collectarr.store.collections import Collection, StoredMatch
from collectarr.store.db import Database
from collectarr.store.runs import Change
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.sync.create import claim, create, find_box_set, mark
from collectarr.sync.guard import Limits, review
from collectarr.sync.match import Match, PresenceIndex, match
from collectarr.sync.outside import Outside
from collectarr.sync.plan import BoxSetState, Plan, PlannedChange, make_plan, wanted_items


@dataclass(frozen=True, slots=True)
class ServerView:
    """What one run knows of one server, read once for all of its collections."""

    server: Server
    items: Mapping[str, Item]
    index: PresenceIndex
    box_sets: dict[str, BoxSet]
    owned: dict[str, int]
    installation: str

    def marker(self, target: Target) -> str:
        return f"{self.installation}.{target.id}"

    def took(self, target: Target, box_set_id: str, name: str) -> None:
        """A later collection of this run must not create over this one."""
        self.box_sets[box_set_id] = BoxSet(box_set_id, name, clean_name(name))
        self.owned[box_set_id] = target.id


async def view_of(
    db: Database,
    outside: Outside,
    server: Server,
    box_sets: dict[str, BoxSet],
    *,
    with_items: bool = True,
) -> ServerView:
    items = await servers.load_items(db, server.id) if with_items else []
    return ServerView(
        server,
        {item.id: item for item in items},
        PresenceIndex(items),
        box_sets,
        await targets.owned_box_sets(db, server.uid),
        outside.installation,
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """What one collection should be: its rows, and what makes its removals suspicious."""

    collection: Collection
    rows: Sequence[ListItem]
    suspicions: Sequence[str]
    inputs: str
    trigger: str


@dataclass(slots=True)
class Result:
    """What came of one target."""

    server: Server
    plan: Plan = field(default_factory=Plan)
    added: list[PlannedChange] = field(default_factory=list)
    removed: list[PlannedChange] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    held: dict[str, Any] | None = None
    stopped: bool = False
    skipped: bool = False
    wrote: bool = False
    error: str | None = None
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and what it was made for."""

    target: Target
    box_set: BoxSet | None
    matches: Sequence[Match]
    plan: Plan
    held: dict[str, Any] | None


async def sync_target(
    db: Database,
    client: EmbyClient,
    report: Report,
    view: ServerView,
    wish: Wish,
    target: Target,
) -> Result:
    """Make one box set equal its list. Raises UpstreamError; then nothing more is done here."""
    result = Result(view.server)
    if target.state == "stopped":
        result.stopped = True
        return result
    if nothing_moved(target, wish, view.server, view.box_sets):
        result.skipped = True
        return result
    planned = await plan_target(db, client, view, wish, target)
    await _keep_matches(db, wish.collection.id, view.server.id, planned.matches)
    result.plan, result.held = planned.plan, planned.held
    if result.held is None or result.held["code"] == "removals":
        await _apply(db, client, report, view, wish, planned, result)
    await targets.finish_target(
        db,
        target.id,
        inputs=_inputs(wish, view.server) if not (result.held or result.refused) else None,
        held=result.held,
        owned=sum(bool(found.items) for found in planned.matches),
    )
    return result


async def plan_target(
    db: Database, client: EmbyClient, view: ServerView, wish: Wish, target: Target
) -> Planned:
    """What there is to do. Nothing is written to Emby."""
    matches = match(wish.rows, view.index)
    found = await find_box_set(
        db, client, target, wish.collection.name, view.box_sets, view.owned, view.marker(target)
    )
    if found.held is not None:
        return Planned(target, None, matches, Plan(), found.held)
    target = await targets.get_target(db, target.id) or target
    state = BoxSetState()
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
    return Planned(target, found.box_set, matches, plan, held)


def _inputs(wish: Wish, server: Server) -> str:
    """What a plan is made from, but for the box set."""
    return f"{wish.inputs}|{wish.collection.revision}|{server.generation}"


def nothing_moved(
    target: Target, wish: Wish, server: Server, box_sets: Mapping[str, BoxSet]
) -> bool:
    """Whether list, library and box set are as they were after the last finished plan."""
    if target.held is not None or target.inputs != _inputs(wish, server):
        return False
    if target.box_set_id is None:
        return target.intent is None
    box_set = box_sets.get(target.box_set_id)
    return box_set is not None and is_settled(target, box_set)


def is_settled(target: Target, box_set: BoxSet) -> bool:
    """Whether nobody, neither we nor a person, touched the box set since it was remembered."""
    return (
        target.etag is not None
        and target.etag == box_set.etag
        and target.child_count == box_set.child_count
    )


async def _keep_matches(
    db: Database, collection_id: int, server_id: int, matches: Sequence[Match]
) -> None:
    rows = [
        StoredMatch(
            found.rank,
            server_id,
            tuple(item.id for item in found.items),
            found.by,
            found.why,
            found.near,
        )
        for found in matches
    ]
    await stored_collections.save_matches(db, collection_id, server_id, rows)


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
    asked = (target.held or {}) if wish.trigger == Trigger.APPROVED else {}
    verdict = review(
        plan,
        ours=len(ours),
        removed_this_week=await runs.count_removed(
            db, wish.collection.id, target.server_id, days=7
        ),
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


async def _apply(
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
    await _remember(db, target, plan)
    if box_set is None:
        if plan.add:
            await _create(db, client, report, view, wish, target, result)
        return
    if box_set.name != target.box_set_name:
        await targets.set_box_set_name(db, target.id, box_set.name)
    if plan.add:
        await report.stage(f"Adding {len(plan.add)} to {wish.collection.name}")
        await _add(db, client, report, target, box_set.id, plan.add, result)
    if plan.remove and not result.held:
        await report.stage(f"Taking {len(plan.remove)} out of {wish.collection.name}")
        await _remove(db, client, report, target, box_set.id, plan.remove, result)
    if not result.wrote and not is_settled(target, box_set):
        # Somebody else's change, seen and understood: this is the settled state now.
        await targets.settle_target(db, target, box_set.etag, box_set.child_count)


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
