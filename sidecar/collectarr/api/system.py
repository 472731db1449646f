"""What tells how Collectarr itself is: /ping, /health, /system/status, /stats, the API itself."""

from datetime import datetime
from typing import Literal

from aiohttp import web
from pydantic import BaseModel

from collectarr import __version__
from collectarr.api.collection_shapes import percent
from collectarr.api.endpoint import Call, Endpoints
from collectarr.errors import StoreError, UnavailableError
from collectarr.models import RunStatus, utc_now
from collectarr.services import API_DOCUMENT
from collectarr.store import collections, installation, runs, servers, users

probes = Endpoints("health", prefix="")
endpoints = Endpoints("system")
STARTED = utc_now()


class Ping(BaseModel):
    status: Literal["OK"] = "OK"


class SystemStatus(BaseModel):
    name: str
    version: str
    environment: str
    time_zone: str
    base_path: str
    installation: str
    started_at: datetime
    uptime_seconds: int
    database_bytes: int
    servers: int
    warnings: list[str]


class Numbers(BaseModel):
    """Flat, for a widget. `items` counts titles that are wanted, `owned` those that are there."""

    collections: int
    enabled: int
    servers: int
    items: int
    owned: int
    missing: int
    coverage_percent: float
    running: int
    failed: int
    waiting: int
    last_sync: datetime | None
    next_sync: datetime | None


@probes.get("/ping", "Whether it runs and can read its store", access="public")
async def ping(call: Call) -> Ping:
    await users.count_users(call.db)
    return Ping()


@probes.get("/health/ready", "Whether it can do its work", access="public", errors=(503,))
async def ready(call: Call) -> Ping:
    if not call.runner.alive:
        raise UnavailableError("Collectarr is stopping.", code="stopping")
    try:
        await installation.writable(call.db)
    except StoreError as error:
        raise UnavailableError(error.message, code="store") from error
    return Ping()


@endpoints.get("/system/status", "What runs here, and for how long")
async def status(call: Call) -> SystemStatus:
    settings = call.services.settings
    zone, warning = settings.zone()
    return SystemStatus(
        name="Collectarr",
        version=__version__,
        environment=settings.environment,
        time_zone=zone.key,
        base_path=settings.base_path,
        installation=call.outside.installation,
        started_at=STARTED,
        uptime_seconds=int((utc_now() - STARTED).total_seconds()),
        database_bytes=settings.database.stat().st_size,
        servers=len(await servers.list_servers(call.db, call.user.id)),
        warnings=[warning] if warning else [],
    )


@endpoints.get("/stats", "Flat numbers, for a widget")
async def stats(call: Call) -> Numbers:
    rows = await collections.list_collections(call.db, call.user.id)
    last = (await runs.latest_runs(call.db, call.user.id)).values()
    items, owned = sum(row.wanted or 0 for row in rows), sum(row.owned or 0 for row in rows)
    known = len(await servers.list_servers(call.db, call.user.id))
    return Numbers(
        collections=len(rows),
        enabled=sum(row.enabled for row in rows),
        servers=known,
        items=items,
        owned=owned,
        # Nothing is missing where there is no library.
        missing=items - owned if known else 0,
        coverage_percent=percent(owned, items),
        running=len(call.runner.states(call.user.id)),
        failed=sum(run.status is RunStatus.FAILED for run in last),
        waiting=sum(run.status is RunStatus.HELD for run in last),
        last_sync=max((row.last_synced_at for row in rows if row.last_synced_at), default=None),
        next_sync=min((row.due_at for row in rows if row.enabled), default=None),
    )


@endpoints.get("/openapi.json", "This document", media="application/json", etag=True)
async def openapi_document(call: Call) -> web.StreamResponse:
    return web.json_response(call.request.app[API_DOCUMENT]())
