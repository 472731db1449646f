"""One server: how it tells of changes, what it told lately, and the address it tells it to."""

from dataclasses import dataclass

from aiohttp import web

from collectarr.pages.delay_chart import DelayChart, delay_chart
from collectarr.pages.render import show_page
from collectarr.pages.server_bridge import BridgePart, bridge_part
from collectarr.pages.visit import Note, Visit, see_other
from collectarr.pages.words import Badge, When
from collectarr.store import delays, deliveries, heard, servers, webhooks
from collectarr.store.deliveries import Delivery, Outcome
from collectarr.store.servers import Server
from collectarr.sync.intake import new_webhook
from collectarr.trail import note

PATH = "/servers/{id}"
WEBHOOKS = "/api/v1/webhooks/emby/"
OUTCOMES: dict[Outcome, Badge] = {
    "waiting": Badge("Waiting", "clock", "info"),
    "gathered": Badge("Read with the rest", "layers", "info"),
    "applied": Badge("Collections changed", "circle-check", "ok"),
    "seen": Badge("Nothing to change", "check", "quiet"),
    "ignored": Badge("Of no concern", "minus", "quiet"),
    "refused": Badge("Refused", "circle-x", "bad"),
    "unreadable": Badge("Not understood", "circle-alert", "warn"),
    "tested": Badge("A test arrived", "circle-check", "ok"),
}
WAYS = {"webhook": "Webhook", "socket": "Web socket", "polling": "Found by asking"}
FIRST = Badge("Waiting for the first event", "loader", "info")
HEARD = Badge("Events arrive", "circle-check", "ok")


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """`about` names the item, `event` is the server's own word for what happened."""

    outcome: Badge
    way: str
    event: str
    about: str
    said: str
    when: When


@dataclass(frozen=True, slots=True)
class Address:
    """`url` is where the server sends its events. Not `whole`: BRIDGE_URL is to be put before it.
    `heard`: the last event that came to it.
    """

    url: str
    whole: bool
    made: When
    heard: When | None
    state: Badge


@dataclass(frozen=True, slots=True)
class ServerPage:
    """`last` event, `delta` read, `sweep`: when; `due`: a read is owed for what was not kept.

    `problem`: why it could not be reached lately.
    """

    id: int
    name: str
    version: str
    bridge: BridgePart
    address: Address | None
    last: When | None
    delta: When | None
    sweep: When | None
    waiting: int
    due: bool
    chart: DelayChart | None
    deliveries: tuple[DeliveryLine, ...]
    problem: str = ""


async def show(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    server = await _server(visit)
    known = await heard.heard_of(visit.db, server.id)
    told = await deliveries.list_deliveries(visit.db, server.id)
    page = ServerPage(
        id=server.id,
        name=server.name,
        version=f"{server.kind.capitalize()} {server.version}",
        bridge=await bridge_part(visit, server),
        address=await _address(visit, server, known),
        last=visit.when(known.last) if known.last else None,
        delta=visit.when(known.delta_at) if known.delta_at else None,
        sweep=visit.when(known.swept_at) if known.swept_at else None,
        waiting=known.waiting,
        due=known.delta_due is not None or known.sweep_due is not None,
        chart=delay_chart(await delays.delays_of(visit.db, server.id)),
        deliveries=tuple(_line(visit, row) for row in told),
        problem=server.error or "",
    )
    return await show_page(request, "server.html", page, active="settings")


async def _server(visit: Visit) -> Server:
    return await servers.get_server(visit.db, visit.user.id, visit.number())


async def _address(visit: Visit, server: Server, known: heard.Heard) -> Address | None:
    kept = await webhooks.webhook_of(visit.db, server.id)
    if kept is None:
        return None
    bridge = visit.settings.bridge
    return Address(
        url=(bridge or "") + WEBHOOKS + visit.services.vault.open(kept.token),
        whole=bridge is not None,
        # An address just made is a little younger than this visit.
        made=visit.when(min(kept.made_at, visit.now)),
        heard=visit.when(known.webhook) if known.webhook else None,
        state=HEARD if known.webhook else FIRST,
    )


def _line(visit: Visit, row: Delivery) -> DeliveryLine:
    return DeliveryLine(
        outcome=OUTCOMES[row.outcome],
        way=WAYS[row.way],
        event=row.event,
        about=row.name or (f"Item {row.item_id}" if row.item_id else ""),
        said=row.said,
        when=visit.when(min(row.received_at, visit.now)),
    )


async def make_address(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    server = await _server(visit)
    before = await webhooks.webhook_of(visit.db, server.id)
    await new_webhook(visit.db, visit.services.vault, server.id)
    await note(request, "server_changed", server.name, url=server.url, changed=["webhook"])
    text = "The address is made. Give it to the server."
    if before is not None:
        text = "There is a new address. Give it to the server: the old one no longer holds."
    return see_other(request, f"/servers/{server.id}", Note("ok", text))


async def remove_address(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    server = await _server(visit)
    if await webhooks.drop_webhook(visit.db, server.id):
        await note(request, "server_changed", server.name, url=server.url, changed=["webhook"])
    text = "The address no longer holds. What is told to it comes to nothing."
    return see_other(request, f"/servers/{server.id}", Note("ok", text))


ROUTES = (
    ("GET", PATH, show),
    ("POST", f"{PATH}/webhook", make_address),
    ("POST", f"{PATH}/webhook/remove", remove_address),
)
