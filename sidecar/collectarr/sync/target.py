"""One collection on one server: match, plan, guard, apply."""

from collections.abc import Container, Mapping, Sequence
from typing import Any

from collectarr.emby.client import EmbyClient
from collectarr.models import BoxSet, Item
from collectarr.runner import Report
from collectarr.store import collections as stored_collections
from collectarr.store import servers, targets
from collectarr.store.collections import StoredMatch
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.sync.apply import apply
from collectarr.sync.contents import title_key
from collectarr.sync.create import Found, find_box_set
from collectarr.sync.dress import box_set_name
from collectarr.sync.emptying import delete_resting
from collectarr.sync.hold import judge, mind_scan
from collectarr.sync.match import Match
from collectarr.sync.plan import BoxSetState, Plan, make_plan, make_rest, wanted_items
from collectarr.sync.rests import Before, Rest, rest_of
from collectarr.sync.rules import count_pinned, cut
from collectarr.sync.seasons import in_season
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
    if view.wanted is not None:
        await view.wanted.record(wish.collection.id, made_of(wish), wish.rows)
    result.plan, result.held = planned.plan, planned.held
    if result.held is None or result.held["code"] == "removals":
        planned = await mind_scan(client, planned, result)
        result.plan = planned.plan
        if not await delete_resting(db, client, report, view, planned, result):
            await apply(db, client, report, view, wish, planned, result)
    unfinished = result.held or result.refused or result.problems
    rest = None if result.held else planned.plan.rest
    await targets.finish_target(
        db,
        target.id,
        inputs=None if unfinished else inputs_for(wish, view.server),
        held=result.held,
        owned=sum(bool(found.items) for found in planned.matches),
        resting=rest.words if rest else None,
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
    matches = cut(view.matches(wish.collection, wish.rows), rules, count_pinned(wish.rows, pins))
    rest = _rest(wish, target, matches)
    name = box_set_name(wish.collection, matches)
    found = await find_box_set(
        db, client, target, name, view.box_sets, view.owned, view.marker(target)
    )
    if found.held is not None and (rest or target.resting):
        found = await _not_missed(db, client, view, name, target, found, rest)
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
        rest = _rest(wish, target, matches, vanished)
    if rest is None:
        plan = make_plan(wanted, state, presence, wish.collection.mode)
    else:
        created = found.box_set is not None and target.origin == "created"
        plan = make_rest(wanted, state, presence, rest, ours_to_delete=created)
    held = await judge(db, wish, target, view, state, plan)
    return Planned(target, found.box_set, matches, plan, held, frozenset(state.members))


def _rest(
    wish: Wish, target: Target, matches: Sequence[Match], gone: Container[str] = ()
) -> Rest | None:
    """`gone`: items that have left the library though they were matched."""
    before = Before(
        made=target.box_set_id is not None,
        resting=target.resting is not None,
        owned=target.owned,
        held=bool(target.held and target.held.get("rule") == "least"),
    )
    owned = sum(any(x.id not in gone for x in found.items) for found in matches)
    return rest_of(wish.collection.upkeep, wish.today, owned, wish.suspicions, before)


async def _not_missed(
    db: Database,
    client: EmbyClient,
    view: ServerView,
    name: str,
    target: Target,
    found: Found,
    rest: Rest | None,
) -> Found:
    """A box set that rests may be gone, and one that is not to be made may find its name taken:
    neither is worth a question before there is something to put in.
    """
    if found.held is not None and found.held["code"] == "gone":
        await targets.unbind_box_set(db, target.id)
        again = await targets.get_target(db, target.id) or target
        found = await find_box_set(
            db, client, again, name, view.box_sets, view.owned, view.marker(again)
        )
    return Found() if rest is not None and found.box_set is None else found


def inputs_for(wish: Wish, server: Server) -> str:
    """What a plan is made from, but for the box set. Begins with the generation of the presence,
    which moves on alone where a change of the library is none of the collection's.
    """
    season = wish.collection.upkeep.season
    turned = "" if in_season(season, wish.today) else "|out of season"
    return f"{server.generation}|{made_of(wish)}{turned}"


def made_of(wish: Wish) -> str:
    """What decides the rows of a collection, and how they are taken."""
    return f"{wish.inputs}|{wish.collection.revision}"


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
