"""Presence: the local index of what a server holds, kept true by deltas and sweeps."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from collectarr.emby.client import DeltaFilter, EmbyClient
from collectarr.errors import RejectedError
from collectarr.models import Item, utc_now
from collectarr.runner import Report
from collectarr.store import inbox, servers
from collectarr.store.abilities import record_abilities
from collectarr.store.changes import Changes, compare, take_changes
from collectarr.store.corrections import Correction, list_corrections
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.sync.wanted import Keys, Touched, Wanted, keys_of, keys_of_rows

SWEEP_EVERY = timedelta(hours=26)
"""A little over a day, so that the nightly sweep comes first where it runs."""
OVERLAP = timedelta(seconds=1)
"""Emby's `Date` header and its stamps are whole seconds. More would read again what a scan
just before the sweep had saved, and a quiet run must stay at one delta read."""
MANY = 1_000
"""More changes than this, and every collection looks for itself."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What moved in a presence, whom it concerns, and when these were due before. `full`: of them
    those that have to look at everything. `before`, `generation`: of the presence.
    """

    changes: Changes = field(default_factory=Changes)
    touched: Sequence[Touched] = ()
    full: frozenset[int] = frozenset()
    before: int = 0
    generation: int = 0
    due: Mapping[int, datetime] = field(default_factory=dict)
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How a presence was brought up to date. `how` is `delta` or `sweep`."""

    how: str
    changed: int
    gone: int
    complete: bool
    taken: Taken = field(default_factory=Taken)


async def take_in(
    db: Database,
    wanted: Wanted,
    server: Server,
    items: Iterable[Item],
    *,
    gone: Collection[str] = (),
    whole: bool = False,
    grace: timedelta = timedelta(),
) -> Taken:
    """Bring the presence up to date with what was read. Only while nobody else reads the server.

    The collections that this may concern are due from then on, after `grace`; all others that were
    in step with the library stay so.
    """
    changes = await compare(db, server.id, items, gone=gone, whole=whole)
    if not changes:
        return Taken()
    said = await list_corrections(db, server.user_id)
    many = len(changes.came) + len(changes.was) > MANY
    hit = [] if many else [one for one in said if _speaks_of(one, changes)]
    if many:
        touched = await wanted.all_of(server.id)
    else:
        touched = await wanted.touched(server.id, keys_of(changes.items))
    full = {one.collection_id for one in touched if one.unknown}
    if hit:
        # What a person said of these items may concern rows that look quite different.
        named = await wanted.touched(server.id, keys_of_rows(one.title for one in hit))
        full |= {one.collection_id for one in named}
        known = {one.collection_id for one in touched}
        touched += [one for one in named if one.collection_id not in known]
    due_at = utc_now() + grace
    taken = await take_changes(
        db,
        server.id,
        changes,
        touched=[one.collection_id for one in touched],
        untouched_stay=not many,
        due_at=due_at,
    )
    return Taken(
        changes, touched, frozenset(full), taken.before, taken.generation, taken.due, due_at
    )


def _speaks_of(one: Correction, changes: Changes) -> bool:
    """Whether a correction may hold otherwise, now that these items changed."""
    if any(key in changes.came or key in changes.was for key, _ in one.items):
        return True
    ours = keys_of_rows([one.title, *(was for _, was in one.items), *([one.to] if one.to else [])])
    theirs: Keys = keys_of(changes.items)
    return bool(ours.ids & theirs.ids or ours.names & theirs.names)


async def refresh_presence(
    db: Database,
    server: Server,
    client: EmbyClient,
    report: Report,
    wanted: Wanted,
    *,
    sweep: bool = False,
) -> Reading:
    """One delta read where a delta filter is proven, else a sweep.

    An incomplete sweep adds and changes rows but lets none go.
    """
    if not sweep and delta_will_do(server):
        reading = await read_delta(db, server, client, wanted)
        if reading is not None:
            return reading
    return await _sweep(db, server, client, report, wanted)


def delta_will_do(server: Server) -> bool:
    return (
        server.delta_filter not in (None, DeltaFilter.NONE.value)
        and server.delta_since is not None
        and server.swept_at is not None
        and utc_now() - server.swept_at < SWEEP_EVERY
    )


async def read_delta(
    db: Database,
    server: Server,
    client: EmbyClient,
    wanted: Wanted,
    *,
    grace: timedelta = timedelta(),
) -> Reading | None:
    """None when the answer was as large as its limit: then only a sweep will do."""
    assert server.delta_filter is not None
    assert server.delta_since is not None
    began = utc_now()
    libraries = await servers.list_libraries(db, server.id)
    delta = await client.delta(DeltaFilter(server.delta_filter), server.delta_since, libraries)
    if not delta.complete:
        return None
    taken = await take_in(db, wanted, server, delta.items, grace=grace)
    await servers.record_reading(db, server.id, delta.server_time - OVERLAP, swept=False)
    await inbox.read_since(db, server.id, began, swept=False)
    return Reading("delta", len(taken.changes.came), 0, complete=True, taken=taken)


async def _sweep(
    db: Database, server: Server, client: EmbyClient, report: Report, wanted: Wanted
) -> Reading:
    began = utc_now()
    await report.stage(f"Checking {server.name}")
    check = await client.check()
    if check.facts.uid != server.uid:
        raise RejectedError(
            f"At the address of {server.name} another server answers now"
            f" ({check.facts.name}). Nothing is done there; correct the address or add it anew.",
            upstream=server.name,
            code="server_changed",
        )
    await servers.save_libraries(db, server.id, check.libraries)
    version_moved = check.facts.version != server.version
    await servers.record_check(
        db, server.id, version=check.facts.version, admin_user_id=check.admin_user_id
    )
    await record_abilities(db, server.id, {"libraries_call": check.libraries_call})

    def on_page(done: int, total: int) -> None:
        report.progress(f"Reading the libraries of {server.name}", done, total)

    sweep = await client.sweep(check.libraries, on_page)
    taken = await take_in(db, wanted, server, sweep.items, whole=sweep.complete)
    if not sweep.complete:
        await report.log(
            "warning",
            f"The libraries of {server.name} changed while they were read; what was not seen is"
            " kept until the next reading.",
        )
    await servers.record_reading(db, server.id, sweep.server_time - OVERLAP, swept=sweep.complete)
    await inbox.read_since(db, server.id, began, swept=sweep.complete)
    if (server.delta_filter is None or version_moved) and sweep.items:
        proven = await client.prove_delta_filter()
        await servers.record_delta_filter(db, server.id, proven.value)
        if proven is DeltaFilter.NONE:
            await report.log(
                "info",
                f"{server.name} cannot tell what changed since the last reading: its libraries"
                " are read whole each time.",
            )
    changed, gone = len(taken.changes.came), len(taken.changes.gone)
    return Reading("sweep", changed, gone, sweep.complete, taken)
