"""Webhooks: delivered once to each configured address, never again, whatever it answers."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import aiohttp

from collectarr.demo.emby.rows import full_row
from collectarr.demo.emby.state import EmbyState, StoredItem, hashed_id, stamp

_TITLES = {
    "library.new": "New {name} on {server}",
    "library.deleted": "{name} removed from {server}",
}
_PLUGIN = "85a7b1d4-fbda-4e85-a0a2-ac303c9946a4"
EVENTS = {
    "library": ("library.new", "library.deleted"),
    "playback": ("playback.start", "playback.stop"),
    "system": ("system.serverstartup", "system.notificationtest"),
}


class Webhooks:
    """The configured notifications by id, as the server's own pages and API write them.

    Without `premiere` they can be set up all the same, and nothing is ever sent.
    """

    def __init__(self, state: EmbyState) -> None:
        self.configured: dict[str, dict[str, Any]] = {}
        self.deliveries: list[dict[str, Any]] = []
        self.running = False
        self.premiere = True
        self._state = state
        self._outbox: asyncio.Queue[tuple[dict[str, Any], dict[str, Any]]] = asyncio.Queue()

    def configure(self, info: dict[str, Any]) -> str:
        """Stores a notification; without an id it is new. Returns its id."""
        info.setdefault("Id", "")
        info["Id"] = info["Id"] or hashed_id(
            "webhook", len(self.configured), str(info.get("Options"))
        )
        self.configured[info["Id"]] = {
            "NotifierKey": "webhooknotifications", "ServiceName": "Webhooks", "PluginId": _PLUGIN,
            "Enabled": True, "UserIds": [], "DeviceIds": [], "LibraryIds": [], **info,
        }  # fmt: skip
        return str(info["Id"])

    def announce(self, event: str, item: StoredItem) -> None:
        """Sends `event` to those who asked for it; before the server runs to nobody."""
        if not self.running or not self.premiere:
            return
        takers = [info for info in self.configured.values() if self._wants(info, event, item)]
        if takers:
            payload = self.payload(event, item)
            for info in takers:
                self._outbox.put_nowait((info, payload))

    def test(self, info: dict[str, Any], user: dict[str, str]) -> None:
        if not self.premiere:
            return
        payload = {
            "Title": "Test Notification",
            "Description": "Test Notification Description",
            **self._envelope("system.notificationtest"),
            "Severity": "Info",
            "User": user,
        }
        self._outbox.put_nowait((info, payload))

    def _wants(self, info: dict[str, Any], event: str, item: StoredItem) -> bool:
        library = self._state.libraries.get(item.library_id or "")
        limited = info.get("LibraryIds") or []
        return (
            bool(info.get("Enabled"))
            and event in (info.get("EventIds") or [])
            and (not limited or (library is not None and library.guid in limited))
        )

    def payload(self, event: str, item: StoredItem) -> dict[str, Any]:
        title = _TITLES[event].format(name=item.name, server=self._state.server_name)
        row = full_row(self._state, None, item)
        return {"Title": title, **self._envelope(event), "Item": row}

    def _envelope(self, event: str) -> dict[str, Any]:
        state = self._state
        return {
            "Date": stamp(datetime.now(UTC)),
            "Event": event,
            "Server": {
                "Name": state.server_name,
                "Id": state.server_id,
                "Version": state.profile.version,
            },
        }

    async def deliver(self) -> None:
        """Sends what is announced, each on its own, for as long as the server lives."""
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as group:
            while True:
                info, payload = await self._outbox.get()
                group.create_task(self._send(session, info, payload))

    async def _send(
        self, session: aiohttp.ClientSession, info: dict[str, Any], payload: dict[str, Any]
    ) -> None:
        options = info.get("Options") or {}
        url = str(options.get("Url", ""))
        delivery: dict[str, Any] = {"url": url, "event": payload["Event"], "status": None}
        try:
            async with session.post(url, **self._body(options, payload)) as response:
                delivery["status"] = response.status
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            delivery["error"] = type(error).__name__
        self.deliveries.append(delivery)

    def _body(self, options: dict[str, Any], payload: dict[str, Any]) -> dict[str, Any]:
        if str(options.get("EnableMultipartFormData", "true")).lower() == "false":
            return {"json": payload}
        form = aiohttp.FormData()
        form.add_field("data", json.dumps(payload), content_type="application/json")
        return {"data": form}
