"""Presence: the local index of what a server holds, kept true by deltas and sweeps."""

from dataclasses import dataclass
from datetime import timedelta

from collectarr.emby.client import DeltaFilter, EmbyClient
from collectarr.errors import RejectedError
from collectarr.models import utc_now
from collectarr.runner import Report
from collectarr.store import servers
from collectarr.store.db import Database
from collectarr.store.servers import Server

SWEEP_EVERY = timedelta(hours=26)
"""A little over a day, so that the nightly sweep comes first where it runs."""
OVERLAP = timedelta(seconds=1)
"""Emby's `Date` header and its stamps are whole seconds. More would read again what a scan
just before the sweep had saved, and a quiet run must stay at one delta read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a presence was brought up to date. `how` is `delta` or `sweep`."""

    how: str
    changed: int
    gone: int
    complete: bool


async def refresh_presence(
    db: Database, server: Server, client: EmbyClient, report: Report, *, sweep: bool = False
) -> Reading:
    """One delta read where a delta filter is proven, else a sweep.

    An incomplete sweep adds and changes rows but lets none go.
    """
    if not sweep and _delta_will_do(server):
        reading = await _read_delta(db, server, client)
        if reading is not None:
            return reading
    return await _sweep(db, server, client, report)


def _delta_will_do(server: Server) -> bool:
    return (
        server.delta_filter not in (None, DeltaFilter.NONE.value)
        and server.delta_since is not None
        and server.swept_at is not None
        and utc_now() - server.swept_at < SWEEP_EVERY
    )


async def _read_delta(db: Database, server: Server, client: EmbyClient) -> Reading | None:
    """None when the answer was as large as its limit: then only a sweep will do."""
    assert server.delta_filter is not None
    assert server.delta_since is not None
    libraries = await servers.list_libraries(db, server.id)
    delta = await client.delta(DeltaFilter(server.delta_filter), server.delta_since, libraries)
    if not delta.complete:
        return None
    changed, _ = await servers.save_items(db, server.id, delta.items, whole=False)
    await servers.record_reading(db, server.id, delta.server_time - OVERLAP, swept=False)
    return Reading("delta", changed, 0, complete=True)


async def _sweep(db: Database, server: Server, client: EmbyClient, report: Report) -> Reading:
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

    def on_page(done: int, total: int) -> None:
        report.progress(f"Reading the libraries of {server.name}", done, total)

    sweep = await client.sweep(check.libraries, on_page)
    changed, gone = await servers.save_items(db, server.id, sweep.items, whole=sweep.complete)
    if not sweep.complete:
        await report.log(
            "warning",
            f"The libraries of {server.name} changed while they were read; what was not seen is"
            " kept until the next reading.",
        )
    await servers.record_reading(db, server.id, sweep.server_time - OVERLAP, swept=sweep.complete)
    if (server.delta_filter is None or version_moved) and sweep.items:
        proven = await client.prove_delta_filter()
        await servers.record_delta_filter(db, server.id, proven.value)
        if proven is DeltaFilter.NONE:
            await report.log(
                "info",
                f"{server.name} cannot tell what changed since the last reading: its libraries"
                " are read whole each time.",
            )
    return Reading("sweep", changed, gone, sweep.complete)
