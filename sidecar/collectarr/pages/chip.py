"""The line in the top bar: what runs, what waits for a person, or what comes next."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from collectarr.models import RunStatus
from collectarr.pages.parts import Chip, LiveRun
from collectarr.pages.visit import Visit
from collectarr.pages.words import duration, relative
from collectarr.store import summaries


def live_run(state: Mapping[str, Any], now: datetime) -> LiveRun:
    """A run under way, from what the runner tells about it."""
    started = datetime.fromisoformat(state["started_at"])
    waiting = state["status"] == RunStatus.QUEUED
    return LiveRun(
        id=state["id"],
        collection_id=state["collection_id"],
        collection=state["collection"],
        message=state["message"] or ("Waiting its turn" if waiting else "Starting"),
        done=state["done"] or 0,
        total=state["total"] or 0,
        started_at=state["started_at"],
        elapsed=duration(max(0.0, (now - started).total_seconds())),
    )


async def chip_of(visit: Visit) -> Chip | None:
    """None where there is nothing to say: no collection yet."""
    states = visit.runner.states(visit.user.id)
    if states:
        return _running(live_run(states[0], visit.now))
    waiting, upcoming = await summaries.what_comes(visit.db, visit.user.id)
    if waiting:
        need = "needs" if len(waiting) == 1 else "need"
        one = f"/collections/{waiting[0]}"
        href = one if len(waiting) == 1 else "/collections?status=waiting"
        return Chip(f"{len(waiting)} {need} you", "hand", "warn", href)
    if upcoming is None:
        return None
    soon = upcoming <= visit.now
    return Chip(f"Next {'in a moment' if soon else relative(upcoming, visit.now)}")


def _running(run: LiveRun) -> Chip:
    amount = f", {run.done} of {run.total}" if run.total else ""
    return Chip(f"{run.collection}{amount}", "refresh-cw", "info", f"/runs/{run.id}", run)
