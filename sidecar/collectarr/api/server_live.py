"""/servers/{id}/webhook and /live: how a server tells us of changes, and what it told."""

from datetime import datetime

from pydantic import BaseModel

from collectarr.api.endpoint import Call, Endpoints
from collectarr.services import Services
from collectarr.store import delays, deliveries, heard, servers, webhooks
from collectarr.sync.intake import new_webhook
from collectarr.trail import note

endpoints = Endpoints("servers")
PATH = "/api/v1/webhooks/emby/"


class Webhook(BaseModel):
    """Where the server sends its events: whoever knows it can pretend to be the server. `url` is
    null as long as BRIDGE_URL does not say how the server reaches us; `path` comes after it,
    and is null where no address was made.
    """

    url: str | None
    path: str | None
    made_at: datetime | None
    heard_at: datetime | None


class Delivery(BaseModel):
    """One thing that the server told. `way`: webhook, socket, polling. `event` is its own word.

    `outcome`: waiting, gathered (one read of all changes stands for it), applied, seen (nothing
    had to change), ignored, refused, unreadable, tested.
    """

    way: str
    event: str
    item_id: str | None
    name: str | None
    outcome: str
    message: str
    received_at: datetime
    settled_at: datetime | None


class Delay(BaseModel):
    """How often it took so long from an event to the collection in Emby; null: longer."""

    up_to_ms: int | None
    times: int


class ServerLive(BaseModel):
    """`webhook_at`, `socket_at`: the last event by each; `polling_at`: the last read that found
    a change. `delta_at`, `swept_at`: the last reads that came through. `waiting`: items that were
    told of and not looked at yet. `deliveries`: the last ones, the newest first.
    """

    webhook: bool
    webhook_at: datetime | None
    socket_at: datetime | None
    polling_at: datetime | None
    delta_at: datetime | None
    swept_at: datetime | None
    delta_due: bool
    waiting: int
    delays: list[Delay]
    deliveries: list[Delivery]


@endpoints.get("/servers/{server_id}/live", "What it told lately, and what became of it")
async def live(call: Call, server_id: int) -> ServerLive:
    server = await servers.get_server(call.db, call.user.id, server_id)
    known = await heard.heard_of(call.db, server.id)
    times = await delays.delays_of(call.db, server.id)
    told = await deliveries.list_deliveries(call.db, server.id)
    return ServerLive(
        webhook=await webhooks.webhook_of(call.db, server.id) is not None,
        webhook_at=known.webhook,
        socket_at=known.socket,
        polling_at=known.polling,
        delta_at=known.delta_at,
        swept_at=known.swept_at,
        delta_due=known.delta_due is not None or known.sweep_due is not None,
        waiting=known.waiting,
        delays=[Delay(up_to_ms=step or None, times=number) for step, number in times],
        deliveries=[_delivery(row) for row in told],
    )


@endpoints.get(
    "/servers/{server_id}/webhook", "The address at which it may tell us things", scope="admin"
)
async def webhook(call: Call, server_id: int) -> Webhook:
    server = await servers.get_server(call.db, call.user.id, server_id)
    return await _webhook(call, server.id)


@endpoints.post(
    "/servers/{server_id}/webhook",
    "Make such an address; the one before it is worth nothing any more",
    status=201,
    replays="secret",
)
async def make_webhook(call: Call, server_id: int) -> Webhook:
    server = await servers.get_server(call.db, call.user.id, server_id)
    await new_webhook(call.db, call.services.vault, server.id)
    await note(call.request, "server_changed", server.name, url=server.url, changed=["webhook"])
    return await _webhook(call, server.id)


@endpoints.delete("/servers/{server_id}/webhook", "Take the address back")
async def remove_webhook(call: Call, server_id: int) -> None:
    server = await servers.get_server(call.db, call.user.id, server_id)
    if await webhooks.drop_webhook(call.db, server.id):
        await note(call.request, "server_changed", server.name, url=server.url, changed=["webhook"])


async def _webhook(call: Call, server_id: int) -> Webhook:
    kept = await webhooks.webhook_of(call.db, server_id)
    if kept is None:
        return Webhook(url=None, path=None, made_at=None, heard_at=None)
    known = await heard.heard_of(call.db, server_id)
    path = _path(call.services, kept)
    bridge = call.services.settings.bridge
    return Webhook(
        url=bridge and bridge + path, path=path, made_at=kept.made_at, heard_at=known.webhook
    )


def _path(services: Services, kept: webhooks.Webhook) -> str:
    return PATH + services.vault.open(kept.token)


def _delivery(row: deliveries.Delivery) -> Delivery:
    return Delivery(
        way=row.way,
        event=row.event,
        item_id=row.item_id,
        name=row.name,
        outcome=row.outcome,
        message=row.said,
        received_at=row.received_at,
        settled_at=row.settled_at,
    )
