"""/servers/{id}/bridge: the webhook that is set up in the server itself."""

from datetime import datetime

from pydantic import BaseModel

from collectarr.api.endpoint import Call, Endpoints
from collectarr.store.heard import heard_of
from collectarr.store.servers import Server, get_server
from collectarr.store.webhooks import webhook_of
from collectarr.sync.bridge import Report
from collectarr.sync.ways import way_in_use
from collectarr.trail import note

endpoints = Endpoints("servers")


class BridgeState(BaseModel):
    """`ok`: what was asked for is so. `registered`: whether the server has the webhook, null: it
    has no call for that; `current`: with the address that holds now; `tested`: whether its test
    came through. `steps`: what is left to do by hand. `way` (webhook, socket, polling) is how the
    server tells of changes now, `notes` what keeps a better one from being used.
    """

    ok: bool
    message: str
    registered: bool | None
    current: bool | None
    tested: bool | None
    steps: list[str]
    way: str
    way_message: str
    notes: list[str]
    socket: str
    last_event_at: datetime | None


@endpoints.get(
    "/servers/{server_id}/bridge",
    "Whether the server has our webhook, and which way is in use",
    errors=(422, 502, 503),
)
async def show_bridge(call: Call, server_id: int) -> BridgeState:
    server = await get_server(call.db, call.user.id, server_id)
    return await _state(call, server, await call.services.bridge.status(server))


@endpoints.post(
    "/servers/{server_id}/bridge",
    "Put the webhook into the server, and see a test come through",
    errors=(422, 502, 503),
)
async def install_bridge(call: Call, server_id: int) -> BridgeState:
    """May take ten seconds. Where the server has no call for it, `steps` say what to do by hand:
    the address in them is a secret.
    """
    server = await get_server(call.db, call.user.id, server_id)
    report = await call.services.bridge.install(server)
    await note(call.request, "bridge_installed", server.name)
    return await _state(call, server, report)


@endpoints.delete(
    "/servers/{server_id}/bridge",
    "Take the webhook out of the server; its address is worth nothing then",
    errors=(422, 502, 503),
)
async def remove_bridge(call: Call, server_id: int) -> BridgeState:
    server = await get_server(call.db, call.user.id, server_id)
    report = await call.services.bridge.remove(server)
    await note(call.request, "bridge_removed", server.name)
    return await _state(call, server, report)


async def _state(call: Call, server: Server, report: Report) -> BridgeState:
    heard, kept = await heard_of(call.db, server.id), await webhook_of(call.db, server.id)
    listening = call.services.listening
    ear = listening.ear(server.id)
    minutes = call.services.settings.poll_minutes
    made_at = kept.made_at if kept else None
    used = way_in_use(heard, made_at, ear, listening.up_since, minutes)
    return BridgeState(
        ok=report.ok,
        message=report.message,
        registered=report.registered,
        current=report.current,
        tested=report.tested,
        steps=list(report.steps),
        way=used.way.value,
        way_message=used.words,
        notes=list(used.notes),
        socket=ear.state.value,
        last_event_at=heard.last,
    )
