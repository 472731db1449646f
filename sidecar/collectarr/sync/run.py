"""A whole run: lists, then each server, then each collection on it, then settling.

Each list is read once, each server asked once for what changed and once for its box sets,
however many collections there are. What fails, fails alone: a list, a server, a collection.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from collectarr.errors import (
    CancelledRunError,
    CollectarrError,
    NotFoundError,
    RejectedError,
    UpstreamError,
)
from collectarr.models import RunStatus, Trigger, utc_now
from collectarr.runner import INTERRUPTED, Outcome, Report
from collectarr.store import collections as stored_collections
from collectarr.store import coverage_days, schedule, servers, targets
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.sync.contents import inputs_of_others, others_to_read
from collectarr.sync.correct import inputs_of_corrections
from collectarr.sync.lists import Lists, combined_rows, refresh_lists
from collectarr.sync.manual import settle_manual
from collectarr.sync.outside import Outside
from collectarr.sync.presence import refresh_presence
from collectarr.sync.seasons import day_of, next_turn
from collectarr.sync.settle import Written, settle
from collectarr.sync.target import nothing_moved, sync_target
from collectarr.sync.view import Result, ServerView, Wish, view_of
from collectarr.sync.words import outcome_of, outcome_of_all

RETRY_HOURS = 1
"""A collection that failed is tried again after at most so long."""
WAIT = timedelta(minutes=5)
"""One that waits for Emby to be done with a scan is looked at again after so long."""
DELETED = "Nothing was done: what it was to sync has been deleted."
PAUSED = "Nothing was done: it was paused, or turned off, before this had its turn."
UNASKED = frozenset((Trigger.SCHEDULE, Trigger.EVENT))
"""What starts runs by itself: never for a collection that is paused or turned off."""
SERVER_GONE = "A server was taken away while this ran; the rest went on without it."


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


@asynccontextmanager
async def turn(outside: Outside, report: Report, ids: Sequence[int]) -> AsyncIterator[None]:
    """One run at a time may work on a collection."""
    await report.stage("Waiting for its turn")
    held: list[asyncio.Lock] = []
    try:
        for lock in [outside.collection(key) for key in sorted(set(ids))]:
            await lock.acquire()
            held.append(lock)
        report.checkpoint()
        yield
    finally:
        for lock in held:
            lock.release()


async def sync(
    db: Database,
    outside: Outside,
    report: Report,
    collection_ids: Sequence[int],
    *,
    forced: bool = False,
    accept_short: bool = False,
    servers: AbstractSet[int] | None = None,
    first: Callable[[], Awaitable[None]] | None = None,
) -> Outcome:
    """Bring these collections up to date everywhere, or on some `servers`. `first`: at its turn."""
    async with turn(outside, report, collection_ids):
        if first is not None:
            await first()
        return await _sync(
            db, outside, report, collection_ids,
            forced=forced, accept_short=accept_short, only=servers,
        )  # fmt: skip


async def _sync(
    db: Database,
    outside: Outside,
    report: Report,
    collection_ids: Sequence[int],
    *,
    forced: bool,
    accept_short: bool,
    only: AbstractSet[int] | None,
) -> Outcome:
    known = await stored_collections.load_collections(db, collection_ids)
    asked = report.run.trigger not in UNASKED
    # Taking a run back pauses, and this may have waited for that.
    collections = [one for one in known if asked or (one.enabled and one.paused is None)]
    if not collections:
        words, code = (PAUSED, "paused") if known else (DELETED, "deleted")
        return Outcome(RunStatus.CANCELLED, words, code)
    ids = {one.id for one in collections}
    await settle_manual(db, outside, collections)
    # What a person accepts or wants read anew are the lists of these collections alone.
    others = [] if forced or accept_short else await others_to_read(db, collections)
    lists = await refresh_lists(
        db, outside, report, [*collections, *others], forced=forced, accept_short=accept_short
    )
    fresh = [collection for collection in lists.collections if collection.id in ids]
    parts = await _parts(db, outside, report, fresh, lists, only)
    try:
        await _sync_servers(db, outside, report, parts)
    except (CancelledRunError, asyncio.CancelledError):
        await asyncio.shield(_cancel_parts(db, report, parts))
        raise
    return await _finish(db, outside, report, parts, everywhere=only is None)


async def _parts(
    db: Database,
    outside: Outside,
    report: Report,
    collections: Sequence[Collection],
    lists: Lists,
    only: AbstractSet[int] | None,
) -> list[Part]:
    alone = report.run.collection_id is not None
    stored = await targets.load_targets(db, [collection.id for collection in collections])
    parts = []
    for collection in collections:
        part = Part(
            collection,
            report if alone else await report.part(collection.id, collection.name),
            targets=[
                target
                for target in stored
                if target.collection_id == collection.id
                and (only is None or target.server_id in only)
            ],
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
                lists.inputs_of(collection)
                + await inputs_of_others(db, collection)
                + await inputs_of_corrections(db, collection.user_id),
                report.run.trigger,
                day_of(utc_now(), outside.zone),
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
    found = {
        server.id: server
        for user in set(needed.values())
        for server in await servers.list_servers(db, user)
    }
    ended = await asyncio.gather(
        *(
            _sync_server(db, outside, report, found[key], parts)
            for key in sorted(needed)
            if key in found
        ),
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
                here = await _as_they_are(db, here)
                view = await _look(db, outside, report, server, here)
                await settle_manual(db, None, [part.collection for part, _ in here])
                written = []
                for part, target in here:
                    result = await _sync_part(db, outside, part, target, view)
                    if result.wrote:
                        written.append(Written(target.id, part.report, result))
        if written:
            client = outside.emby(view.server, report.requests_to(server.id))
            for problem in await settle(db, outside, client, report, view, written, closely=True):
                await report.log("warning", problem)
    except NotFoundError:
        await report.log("warning", SERVER_GONE)
    except UpstreamError as error:
        await servers.record_contact(db, server.id, error.message)
        for part, _ in here:
            _tell_failed(part, server, error)
        await report.log("error", f"{server.name}: {error.message}")


def _tell_failed(part: Part, server: Server, error: UpstreamError) -> None:
    """Nothing was done there, or nobody knows whether what was done held."""
    results = [result for result in part.results if result.server.id == server.id]
    if not results:
        part.results.append(Result(server, error=error.message, error_code=error.code))
    for result in results:
        if result.wrote and not result.error:
            words = "what was written there could not be looked at again"
            result.problems.append(f"{server.name}: {words}. {error.message}")


async def _as_they_are(
    db: Database, here: Sequence[tuple[Part, Target]]
) -> list[tuple[Part, Target]]:
    """An event may have had its effect on them while this run waited for its turn."""
    stored = await targets.load_targets(db, [part.collection.id for part, _ in here])
    now = {target.id: target for target in stored}
    return [(part, now[target.id]) for part, target in here if target.id in now]


async def _catch_up(db: Database, outside: Outside, report: Report, server: Server) -> Server:
    """The first read: what changed in the libraries. Returns the server as it is known then."""
    server = await servers.get_server(db, server.user_id, server.id)
    client = outside.emby(server, report.requests_to(server.id))
    await report.stage(f"Asking {server.name} what changed")
    try:
        await refresh_presence(db, server, client, report, outside.wanted)
    except RejectedError as error:
        if error.code not in ("not_found", "administrator"):
            raise
        # Perhaps its administrator is another one now: a sweep looks anew.
        await refresh_presence(db, server, client, report, outside.wanted, sweep=True)
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
    wishes = [(part.wish, target) for part, target in here if part.wish is not None]
    moved = any(not nothing_moved(target, wish, server, box_sets) for wish, target in wishes)
    return await view_of(db, outside, server, box_sets, with_items=moved)


async def _sync_part(
    db: Database, outside: Outside, part: Part, target: Target, view: ServerView
) -> Result:
    """An error stays with this collection on this server; what was done until then counts.

    Raises NotFoundError when the server was taken away: nothing more is done there.
    """
    assert part.wish is not None
    part.report.checkpoint()
    client = outside.emby(view.server, part.report.requests_to(view.server.id))
    wish, result = part.wish, Result(view.server)
    if not nothing_moved(target, wish, view.server, view.box_sets):
        await servers.get_server(db, view.server.user_id, view.server.id)
        # Loaded one collection at a time: all of them would not fit in a small machine.
        wish = replace(wish, rows=await combined_rows(db, part.collection))
        part.wanted = len(wish.rows)
    part.results.append(result)
    try:
        await sync_target(db, client, part.report, view, wish, target, result)
    except CancelledRunError:
        raise
    except CollectarrError as error:
        await servers.get_server(db, view.server.user_id, view.server.id)
        result.error, result.error_code = error.message, error.code
        await part.report.log("error", f"{view.server.name}: {error.message}")
    return result


async def _finish(
    db: Database, outside: Outside, report: Report, parts: Sequence[Part], *, everywhere: bool
) -> Outcome:
    now = utc_now()
    outcomes = []
    for part in parts:
        owned = await _owned(db, part)
        part.wanted = _wanted(part, owned)
        outcome = outcome_of(part.collection, part.wanted, owned, part.results, part.problems)
        await _record(db, part, outcome, owned, now, _due_by(outside, part, now))
        if not everywhere:
            # The other servers are not up to date for it.
            await schedule.postpone(db, part.collection.id, part.collection.due_at)
        if part.report is not report:
            await part.report.finish(outcome)
            _add_requests(report, part.report)
        outcomes.append(outcome)
    if len(parts) == 1 and parts[0].report is report:
        return outcomes[0]
    failed = [result for part in parts for result in part.results if result.error]
    return outcome_of_all(outcomes, [f"{x.server.name}: {x.error}" for x in failed])


def _due_by(outside: Outside, part: Part, now: datetime) -> datetime | None:
    """When its season turns, or soon where something waits that passes by itself."""
    turn = next_turn(part.collection.upkeep.season, now, outside.zone)
    soon = now + WAIT if any(result.waits for result in part.results) else None
    return min((moment for moment in (turn, soon) if moment is not None), default=None)


async def _record(
    db: Database, part: Part, outcome: Outcome, owned: int, now: datetime, by: datetime | None
) -> None:
    if outcome.status is RunStatus.FAILED:
        soon = timedelta(hours=min(part.collection.interval_hours, RETRY_HOURS))
        await schedule.postpone(db, part.collection.id, now + soon)
    else:
        await stored_collections.record_sync(
            db, part.collection, now, wanted=part.wanted, owned=owned, by=by
        )
        by_server = {
            target.server_id: target.owned or 0
            for target in await targets.load_targets(db, [part.collection.id])
        }
        await coverage_days.record(
            db, part.collection.id, now, part.wanted, {coverage_days.ANYWHERE: owned, **by_server}
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
