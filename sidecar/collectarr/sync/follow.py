"""Making the collections of one server follow a change of its library, at once.

Read, take in, decide what ids decide, add it, and have the rest planned as a whole. The locks of
the server are held until all is sent; how it settles is waited for without them.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from collectarr.emby.client import EmbyClient
from collectarr.errors import CollectarrError, NotFoundError
from collectarr.models import Requests, RunStatus, Trigger, utc_now
from collectarr.runner import Outcome, Report, Runner
from collectarr.store import collections as stored_collections
from collectarr.store import coverage_days, servers, targets
from collectarr.store.changes import record_done, record_owned
from collectarr.store.collections import StoredMatch
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.store.wanted import put_matches
from collectarr.sync.apply import add_members
from collectarr.sync.collection import start_sync_some
from collectarr.sync.contents import title_key
from collectarr.sync.hold import mind_scan
from collectarr.sync.limited import Case, cases_of, decide, items_for
from collectarr.sync.outside import Outside
from collectarr.sync.presence import Taken
from collectarr.sync.settle import Written, settle
from collectarr.sync.stock import Stock
from collectarr.sync.target import inputs_for
from collectarr.sync.view import Planned, Result, ServerView
from collectarr.sync.words import outcome_of, outcome_of_all

MEANWHILE = "Nothing was done: what this was about was paused, or changed, before it had its turn."
Read = Callable[[Server, EmbyClient], Awaitable[Taken]]
_numbers: Iterator[int] = count(1)


@dataclass(frozen=True, slots=True)
class Followed:
    """What moved; the items that were added to box sets; the run that did it, if one had to."""

    taken: Taken = field(default_factory=Taken)
    added: frozenset[str] = frozenset()
    run_id: int | None = None
    whole: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Work:
    """One batch on its way."""

    server: Server
    view: ServerView
    taken: Taken
    cases: Sequence[Case]
    whole: set[int]
    requests: Requests
    sent: asyncio.Event = field(default_factory=asyncio.Event)
    results: list[tuple[Case, Result]] = field(default_factory=list)


async def follow(
    db: Database, outside: Outside, runner: Runner, server: Server, read: Read
) -> Followed:
    """`read` takes in what a server has. Raises UpstreamError if it does not answer; what was
    taken in by then is planned by the next scheduled run, which is due.
    """
    requests = Requests()
    async with outside.reader(server):
        fresh = await servers.find_server(db, server.id)
        if fresh is None:
            return Followed()
        taken = await read(fresh, outside.emby(fresh, requests))
        if not taken.touched:
            return Followed(taken)
        work = await _decided(db, outside, fresh, taken, requests)
        run_id = await _send(db, outside, runner, work)
    if work.whole:
        await start_sync_some(
            db, outside, runner, server.user_id, sorted(work.whole), Trigger.EVENT
        )
    added = {change.item_id for _, result in work.results for change in result.added}
    return Followed(taken, frozenset(added), run_id, frozenset(work.whole))


async def _decided(
    db: Database, outside: Outside, server: Server, taken: Taken, requests: Requests
) -> _Work:
    server = await servers.get_server(db, server.user_id, server.id)
    cases, whole = await cases_of(db, outside, server, taken)
    items = await items_for(db, server, cases, taken) if cases else {}
    client = outside.emby(server, requests)
    async with _writing(outside, server, cases):
        # Those that matter alone: there may be very many.
        ids = [case.target.box_set_id for case in cases if case.target.box_set_id]
        box_sets = await client.box_sets_by_id(ids) if ids else ()
        view = ServerView(
            server,
            Stock(
                server.id, items.values(), await servers.list_libraries(db, server.id), whole=False
            ),
            {one.id: one for one in box_sets},
            {},
            outside.installation,
            pictures=outside.pictures,
            wanted=outside.wanted,
        )
        for case in cases:
            await decide(db, client, view, case)
    whole |= {case.collection.id for case in cases if case.whole}
    whole |= await _those_who_leave_out(db, server, cases)
    return _Work(server, view, taken, cases, whole, requests)


@asynccontextmanager
async def _writing(outside: Outside, server: Server, cases: Sequence[Case]) -> AsyncIterator[None]:
    if not cases:
        yield
        return
    async with outside.writer(server):
        yield


async def _those_who_leave_out(db: Database, server: Server, cases: Sequence[Case]) -> set[int]:
    """What a collection of only what the library holds gained, others that leave it out lose."""
    if not any(case.collection.rules.in_library and case.matches for case in cases):
        return set()
    found = await stored_collections.list_collections(db, server.user_id)
    return {one.id for one in found if one.rules.not_in and one.enabled and one.paused is None}


async def _send(db: Database, outside: Outside, runner: Runner, work: _Work) -> int | None:
    """Add what is to be added, as a run of its own; without anything to add there is none."""
    adding = [case for case in work.cases if case.plan.add]
    for case in work.cases:
        if not case.plan.add and await _stands(db, work, case):
            await _finish(db, work, case, Result(work.server))
    if not adding:
        return None

    async def carry_out(report: Report) -> Outcome:
        return await _carry_out(db, outside, report, work, adding)

    alone = adding[0].collection if len(adding) == 1 else None
    run = await runner.start(
        f"live:{work.server.id}:{next(_numbers)}",
        carry_out,
        user_id=work.server.user_id,
        name=alone.name if alone else f"New on {work.server.name}",
        trigger=Trigger.EVENT,
        collection_id=alone.id if alone else None,
    )
    ended = asyncio.ensure_future(runner.wait(run.id))
    sent = asyncio.ensure_future(work.sent.wait())
    await asyncio.wait([ended, sent], return_when=asyncio.FIRST_COMPLETED)
    sent.cancel()
    return run.id


async def _carry_out(
    db: Database, outside: Outside, report: Report, work: _Work, adding: Sequence[Case]
) -> Outcome:
    server, written, outcomes = work.server, [], []
    total = report.requests_to(server.id)
    total.reads += work.requests.reads
    parts: list[tuple[Report, Case, Result]] = []
    try:
        async with outside.writer(server):
            # A run that was taken back meanwhile stays taken back.
            adding = [case for case in adding if await _stands(db, work, case)]
            for case in adding:
                part = report
                if report.run.collection_id is None:
                    part = await report.part(case.collection.id, case.collection.name)
                result = await _add(db, outside, part, work, case)
                parts.append((part, case, result))
                work.results.append((case, result))
                if result.wrote:
                    written.append(Written(case.target.id, part, result))
    finally:
        work.sent.set()
    if not adding:
        return Outcome(RunStatus.CANCELLED, MEANWHILE, "paused")
    if written:
        client = outside.emby(server, total)
        for problem in await settle(db, outside, client, report, work.view, written):
            await report.log("warning", problem)
    for part, case, result in parts:
        wanted, owned = await record_owned(db, case.collection.id)
        outcome = outcome_of(case.collection, wanted, owned, [result], [])
        if part is not report:
            await part.finish(outcome)
            total.writes += part.requests_to(server.id).writes
        outcomes.append(outcome)
    return outcomes[0] if report.run.collection_id is not None else outcome_of_all(outcomes)


async def _stands(db: Database, work: _Work, case: Case) -> bool:
    """Whether all is as it was when this was decided; if not, and it is not paused, all of the
    collection is planned anew. Whoever writes to its box set holds the writer lock.
    """
    found = await stored_collections.load_collections(db, [case.collection.id])
    target = await targets.get_target(db, case.target.id)
    going = [one for one in found if one.enabled and one.paused is None]
    same = any(one.revision == case.collection.revision for one in going)
    if same and target is not None and _facts(target) == _facts(case.target):
        return True
    work.whole.discard(case.collection.id)
    if going and target is not None:
        work.whole.add(case.collection.id)
    return False


def _facts(target: Target) -> tuple[object, ...]:
    """What a decision rests on, but for how the box set settles."""
    return target.box_set_id, target.state, target.held, target.resting, target.written_at


async def _add(db: Database, outside: Outside, part: Report, work: _Work, case: Case) -> Result:
    """An error stays with this collection: then it is planned as a whole."""
    result = Result(work.server, plan=case.plan)
    client = outside.emby(work.server, part.requests_to(work.server.id))
    assert case.box_set is not None
    planned = Planned(case.target, case.box_set, case.matches, case.plan, None, case.members)
    try:
        planned = await mind_scan(client, planned, result)
        await add_members(db, client, part, case.target, case.box_set.id, planned.plan.add, result)
    except NotFoundError:
        # Deleted meanwhile.
        return result
    except CollectarrError as error:
        result.error, result.error_code = error.message, error.code
        await part.log("error", f"{work.server.name}: {error.message}")
    await _finish(db, work, case, result)
    return result


async def _finish(db: Database, work: _Work, case: Case, result: Result) -> None:
    """In step again, unless something is left to do."""
    collection = case.collection
    if result.error or result.refused or result.problems:
        case.whole = True
        work.whole.add(collection.id)
    refused = set(result.refused)
    rows = [
        StoredMatch(
            found.rank,
            work.server.id,
            tuple(item.id for item in found.items),
            found.by,
            found.why,
            found.near,
            title_key(found.row.title),
        )
        for found in case.matches
        if not refused & {item.id for item in found.items}
    ]
    if not result.error:
        await put_matches(db, collection.id, rows)
    if not case.whole:
        await targets.finish_target(
            db,
            case.target.id,
            inputs=inputs_for(case.wish, work.server),
            held=None,
            owned=(case.target.owned or 0) + case.newly_owned,
        )
        await _end(db, work, case)


async def _end(db: Database, work: _Work, case: Case) -> None:
    collection, taken = case.collection, work.taken
    if case.newly_owned:
        total, owned = await record_owned(db, collection.id)
        by_server = {work.server.id: (case.target.owned or 0) + case.newly_owned}
        await coverage_days.record(
            db, collection.id, utc_now(), total, {coverage_days.ANYWHERE: owned, **by_server}
        )
    was_due = taken.due.get(collection.id)
    if was_due is not None and taken.due_at is not None and collection.id not in work.whole:
        await record_done(db, collection.id, was_due=was_due, set_due=taken.due_at)
