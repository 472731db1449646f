"""A whole run: lists, then each server, then each collection on it, then settling.

Each list is read once, each server asked once for what changed and once for its box sets,
however many collections there are. What fails, fails alone: a list, a server, a collection.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from collectarr.errors import (
    CancelledRunError,
    CollectarrError,
    RejectedError,
    UpstreamError,
)
from collectarr.models import RunStatus, Trigger, utc_now
from collectarr.runner import INTERRUPTED, Outcome, Report, Runner
from collectarr.store import collections as stored_collections
from collectarr.store import servers, targets
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.runs import Run
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.sync.contents import inputs_of_others, others_to_read
from collectarr.sync.lists import Lists, combined_rows, refresh_lists
from collectarr.sync.manual import settle_manual
from collectarr.sync.outside import Outside
from collectarr.sync.presence import refresh_presence
from collectarr.sync.settle import Written, settle
from collectarr.sync.target import nothing_moved, sync_target
from collectarr.sync.view import Result, ServerView, Wish, view_of
from collectarr.sync.words import outcome_of, outcome_of_all

RETRY_HOURS = 1
"""A collection that failed is tried again after at most so long."""


@dataclass(slots=True)
class Part:
    """One collection of a run."""

    collection: Collection
    report: Report
    wish: Wish | None = None
    wanted: int = 0
    targets: list[Target] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


async def start_sync(
    db: Database,
    outside: Outside,
    runner: Runner,
    collection: Collection,
    trigger: Trigger,
    *,
    again: bool = False,
    forced: bool = False,
    accept_short: bool = False,
) -> Run:
    """Sync one collection in the background; the run under way if there is one.

    `forced` reads its lists whole even if they did not change.
    """

    async def work(report: Report) -> Outcome:
        return await sync(
            db, outside, report, [collection.id], forced=forced, accept_short=accept_short
        )

    return await runner.start(
        f"collection:{collection.id}",
        work,
        user_id=collection.user_id,
        name=collection.name,
        trigger=trigger,
        collection_id=collection.id,
        again=again,
    )


async def start_refresh(
    db: Database,
    outside: Outside,
    runner: Runner,
    collection: Collection,
    *,
    accept_short: bool = False,
) -> Run:
    """Read the collection's lists anew, then sync it."""
    return await start_sync(
        db,
        outside,
        runner,
        collection,
        Trigger.MANUAL,
        forced=True,
        accept_short=accept_short,
    )


async def start_sync_all(
    db: Database, outside: Outside, runner: Runner, user_id: int, trigger: Trigger
) -> Run | None:
    """Sync all of a user's enabled collections in one run. None when there are none."""
    found = await stored_collections.list_collections(db, user_id)
    ids = [collection.id for collection in found if collection.enabled]
    return await start_sync_some(db, outside, runner, user_id, ids, trigger)


async def start_sync_some(
    db: Database,
    outside: Outside,
    runner: Runner,
    user_id: int,
    ids: Sequence[int],
    trigger: Trigger,
) -> Run | None:
    if not ids:
        return None
    name = "All collections" if len(ids) > 1 else "One collection"

    async def work(report: Report) -> Outcome:
        return await sync(db, outside, report, ids)

    return await runner.start(f"user:{user_id}", work, user_id=user_id, name=name, trigger=trigger)


async def sync(
    db: Database,
    outside: Outside,
    report: Report,
    collection_ids: Sequence[int],
    *,
    forced: bool = False,
    accept_short: bool = False,
) -> Outcome:
    """Bring these collections up to date everywhere. One at a time may work on a collection."""
    locks = [outside.collection(key) for key in sorted(set(collection_ids))]
    await report.stage("Waiting for its turn")
    held: list[asyncio.Lock] = []
    try:
        for lock in locks:
            await lock.acquire()
            held.append(lock)
        return await _sync(
            db, outside, report, collection_ids, forced=forced, accept_short=accept_short
        )
    finally:
        for lock in held:
            lock.release()


async def _sync(
    db: Database,
    outside: Outside,
    report: Report,
    collection_ids: Sequence[int],
    *,
    forced: bool,
    accept_short: bool,
) -> Outcome:
    collections = await stored_collections.load_collections(db, collection_ids)
    await settle_manual(db, outside, collections)
    # What a person accepts or wants read anew are the lists of these collections alone.
    others = [] if forced or accept_short else await others_to_read(db, collections)
    lists = await refresh_lists(
        db, outside, report, [*collections, *others], forced=forced, accept_short=accept_short
    )
    fresh = [collection for collection in lists.collections if collection.id in collection_ids]
    parts = await _parts(db, report, fresh, lists)
    try:
        await _sync_servers(db, outside, report, parts)
    except (CancelledRunError, asyncio.CancelledError):
        await asyncio.shield(_cancel_parts(db, report, parts))
        raise
    return await _finish(db, report, parts)


async def _parts(
    db: Database, report: Report, collections: Sequence[Collection], lists: Lists
) -> list[Part]:
    alone = report.run.collection_id is not None
    stored = await targets.load_targets(db, [collection.id for collection in collections])
    parts = []
    for collection in collections:
        part = Part(
            collection,
            report if alone else await report.part(collection.id, collection.name),
            targets=[target for target in stored if target.collection_id == collection.id],
            problems=lists.problems_of(collection),
        )
        if not lists.never_read(collection):
            part.wanted = collection.wanted or 0
            if collection.wanted is None or not part.targets:
                part.wanted = len(await combined_rows(db, collection))
            part.wish = Wish(
                collection,
                (),
                lists.suspicions_of(collection),
                lists.inputs_of(collection) + await inputs_of_others(db, collection),
                report.run.trigger,
            )
        parts.append(part)
    return parts


async def _sync_servers(
    db: Database, outside: Outside, report: Report, parts: Sequence[Part]
) -> None:
    """Servers side by side: a dead one holds up nobody."""
    needed = {
        target.server_id: part.collection.user_id for part in parts for target in part.targets
    }
    found = [await servers.get_server(db, user, key) for key, user in sorted(needed.items())]
    ended = await asyncio.gather(
        *(_sync_server(db, outside, report, server, parts) for server in found),
        return_exceptions=True,
    )
    for error in ended:
        if isinstance(error, BaseException):
            raise error


async def _sync_server(
    db: Database, outside: Outside, report: Report, server: Server, parts: Sequence[Part]
) -> None:
    here = [
        (part, target)
        for part in parts
        if part.wish is not None
        for target in part.targets
        if target.server_id == server.id
    ]
    if not here:
        return
    try:
        async with outside.reader(server):
            server = await _catch_up(db, outside, report, server)
            async with outside.writer(server):
                view = await _look(db, outside, report, server, here)
                await settle_manual(db, None, [part.collection for part, _ in here])
                written = []
                for part, target in here:
                    result = await _sync_part(db, outside, part, target, view)
                    if result.wrote:
                        written.append(Written(target.id, part.report, result))
        if written:
            client = outside.emby(view.server, report.requests_to(server.id))
            for problem in await settle(db, outside, client, report, view, written):
                await report.log("warning", problem)
    except UpstreamError as error:
        await servers.record_contact(db, server.id, error.message)
        for part, _ in here:
            if all(result.server.id != server.id for result in part.results):
                part.results.append(Result(server, error=error.message, error_code=error.code))
        await report.log("error", f"{server.name}: {error.message}")


async def _catch_up(db: Database, outside: Outside, report: Report, server: Server) -> Server:
    """The first read: what changed in the libraries. Returns the server as it is known then."""
    server = await servers.get_server(db, server.user_id, server.id)
    client = outside.emby(server, report.requests_to(server.id))
    await report.stage(f"Asking {server.name} what changed")
    try:
        await refresh_presence(db, server, client, report)
    except RejectedError as error:
        if error.code not in ("not_found", "administrator"):
            raise
        # Perhaps its administrator is another one now: a sweep looks anew.
        await refresh_presence(db, server, client, report, sweep=True)
    return await servers.get_server(db, server.user_id, server.id)


async def _look(
    db: Database,
    outside: Outside,
    report: Report,
    server: Server,
    here: Sequence[tuple[Part, Target]],
) -> ServerView:
    """The second read: all box sets.

    The items themselves are loaded only if some collection has something to match.
    """
    client = outside.emby(server, report.requests_to(server.id))
    box_sets = {box_set.id: box_set for box_set in await client.box_sets()}
    moved = any(
        part.wish is not None and not nothing_moved(target, part.wish, server, box_sets)
        for part, target in here
    )
    return await view_of(db, outside, server, box_sets, with_items=moved)


async def _sync_part(
    db: Database, outside: Outside, part: Part, target: Target, view: ServerView
) -> Result:
    """An error stays with this collection on this server; what was done until then counts."""
    assert part.wish is not None
    part.report.checkpoint()
    client = outside.emby(view.server, part.report.requests_to(view.server.id))
    wish, result = part.wish, Result(view.server)
    if not nothing_moved(target, wish, view.server, view.box_sets):
        # Loaded one collection at a time: all of them would not fit in a small machine.
        wish = replace(wish, rows=await combined_rows(db, part.collection))
        part.wanted = len(wish.rows)
    part.results.append(result)
    try:
        await sync_target(db, client, part.report, view, wish, target, result)
    except CancelledRunError:
        raise
    except CollectarrError as error:
        result.error, result.error_code = error.message, error.code
        await part.report.log("error", f"{view.server.name}: {error.message}")
    return result


async def _finish(db: Database, report: Report, parts: Sequence[Part]) -> Outcome:
    now = utc_now()
    outcomes = []
    for part in parts:
        owned = await _owned(db, part)
        part.wanted = _wanted(part, owned)
        outcome = outcome_of(part.collection, part.wanted, owned, part.results, part.problems)
        await _record(db, part, outcome, owned, now)
        if part.report is not report:
            await part.report.finish(outcome)
            _add_requests(report, part.report)
        outcomes.append(outcome)
    if len(parts) == 1 and parts[0].report is report:
        return outcomes[0]
    return outcome_of_all(outcomes)


async def _record(db: Database, part: Part, outcome: Outcome, owned: int, now: datetime) -> None:
    if outcome.status is RunStatus.FAILED:
        soon = timedelta(hours=min(part.collection.interval_hours, RETRY_HOURS))
        await stored_collections.postpone(db, part.collection.id, now + soon)
    else:
        await stored_collections.record_sync(
            db, part.collection, now, wanted=part.wanted, owned=owned
        )


async def _owned(db: Database, part: Part) -> int:
    """Titles on at least one server, also by what servers said that did not answer now."""
    matches = await stored_collections.load_matches(db, part.collection.id)
    return len({found.rank for found in matches if found.item_ids})


def _wanted(part: Part, owned: int) -> int:
    """Nothing is missing from a collection that asks only for what the library holds."""
    return owned if part.collection.rules.in_library else part.wanted


def _add_requests(whole: Report, part: Report) -> None:
    for server_id, requests in part.requests.items():
        total = whole.requests_to(server_id)
        total.reads += requests.reads
        total.writes += requests.writes


async def _cancel_parts(db: Database, report: Report, parts: Sequence[Part]) -> None:
    for part in parts:
        if part.report is not report:
            owned = await _owned(db, part)
            wanted = _wanted(part, owned)
            outcome = outcome_of(part.collection, wanted, owned, part.results, part.problems)
            words = f" {outcome.message}" if part.results else ""
            ended = (
                Outcome(RunStatus.CANCELLED, f"Cancelled.{words}", "cancelled", outcome.counts)
                if report.cancelled.is_set()
                else Outcome(RunStatus.FAILED, INTERRUPTED, "interrupted", outcome.counts)
            )
            await part.report.finish(ended)
