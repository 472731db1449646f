"""collectarr bridge install|status|remove SERVER: the webhook that Emby tells Collectarr by."""

from dataclasses import dataclass
from typing import Any

from collectarr.commands.output import note, result
from collectarr.commands.service import find_named, find_service
from collectarr.settings import Settings


@dataclass(frozen=True, slots=True)
class BridgeWish:
    """What was typed. `act`: install, status, remove; `server` is a name, or an id."""

    act: str
    server: str
    user: str | None = None
    url: str | None = None
    api_key: str | None = None


async def bridge(settings: Settings, wish: BridgeWish) -> int:
    """0 only if it was done; of `status`, if it could be told."""
    async with find_service(
        settings, url=wish.url, api_key=wish.api_key, user=wish.user
    ) as service:
        server = await find_named(service, "/servers", "server", wish.server)
        path = f"/servers/{server['id']}/bridge"
        ask = {"install": service.post, "remove": service.delete, "status": service.get}
        state: dict[str, Any] = await ask[wish.act](path)
        _show(state)
        return 0 if state["ok"] or wish.act == "status" else 1


def _show(state: dict[str, Any]) -> None:
    result(state["message"])
    for number, step in enumerate(state["steps"], 1):
        result(f"  {number}. {step}")
    result(f"In use: {state['way']}. {state['way_message']}")
    if state["last_event_at"]:
        result(f"Last heard: {state['last_event_at']}")
    for text in state["notes"]:
        note(text)
