"""The part of a server's page that is about its webhook: put in, tried, taken out."""

from dataclasses import dataclass

from aiohttp import web

from collectarr.errors import InvalidError, UpstreamError
from collectarr.pages.visit import Note, Visit, see_other, typed
from collectarr.pages.words import Badge
from collectarr.store.bridge import load_bridge
from collectarr.store.heard import heard_of
from collectarr.store.servers import Server, get_server
from collectarr.store.webhooks import webhook_of
from collectarr.sync.bridge import NOT_SET, Report
from collectarr.sync.bridge_steps import sends_webhooks, steps_by_hand, steps_to_sign_in
from collectarr.sync.ways import Way, way_in_use
from collectarr.trail import note

WAYS = {
    Way.WEBHOOK: Badge("Webhook", "webhook", "ok"),
    Way.SOCKET: Badge("Web socket", "radio", "ok"),
    Way.POLLING: Badge("Asking regularly", "clock", "info"),
}


@dataclass(frozen=True, slots=True)
class BridgePart:
    """`words` say which way is in use, `notes` what keeps better ones from it. `missing` says
    what must be set first. `registered`: we put the webhook into the server. `sends`: it has
    webhooks at all; `steps`: by hand, to those or to what it has in their place.
    """

    server_id: int
    server_name: str
    way: Badge
    words: str
    notes: tuple[str, ...]
    missing: str
    registered: bool
    sends: bool
    steps: tuple[str, ...]


async def bridge_part(visit: Visit, server: Server) -> BridgePart:
    """As it is known here: the server is not asked."""
    heard, kept = await heard_of(visit.db, server.id), await webhook_of(visit.db, server.id)
    listening, minutes = visit.services.listening, visit.settings.poll_minutes
    ear, made_at = listening.ear(server.id), kept.made_at if kept else None
    used = way_in_use(heard, made_at, ear, listening.up_since, minutes)
    sends = sends_webhooks(server)
    steps = steps_by_hand("the address on this page", server.version) if sends else ()
    if not sends and server.user_token is None:
        steps = steps_to_sign_in(server.name)
    return BridgePart(
        server_id=server.id,
        server_name=server.name,
        way=WAYS[used.way],
        words=used.words,
        notes=used.notes,
        missing="" if visit.settings.bridge else NOT_SET,
        registered=kept is not None and await load_bridge(visit.db, server.id) is not None,
        sends=sends,
        steps=steps,
    )


async def act(request: web.Request) -> web.Response:
    """Install, which may take ten seconds, or remove."""
    visit, fields = Visit.of(request), await typed(request)
    server = await get_server(visit.db, visit.user.id, visit.number())
    removes = fields.get("do") == "remove"
    bridge = visit.services.bridge
    try:
        report = await (bridge.remove(server) if removes else bridge.install(server))
    except (InvalidError, UpstreamError) as error:
        return see_other(request, f"/servers/{server.id}", Note("error", error.message))
    if removes:
        await note(request, "bridge_removed", server.name)
    else:
        await note(request, "bridge_installed", server.name)
    return see_other(request, f"/servers/{server.id}", Note(*_told(report)))


def _told(report: Report) -> tuple[str, str]:
    """Steps may hold the address, which goes into no cookie: the page has them."""
    if report.ok:
        return "ok", report.message
    if report.tested is False:
        return "warn", " ".join((report.message, *report.steps))
    return "warn", f"{report.message} How to do it by hand is told below."


ROUTES = (("POST", "/servers/{id}/bridge", act),)
