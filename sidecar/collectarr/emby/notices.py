"""The notifications that a server sends to an address: Emby's webhooks, set up by its own calls.

Emby 4.8 and newer have them, undocumented: its own pages use them. A server without them says so
by its status, and is set up by hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collectarr.emby.wire import Params, Wire
from collectarr.errors import UnavailableError, UnexpectedAnswerError
from collectarr.http import Answer

NOTIFIER = "webhooknotifications"
PLUGIN = "85a7b1d4-fbda-4e85-a0a2-ac303c9946a4"
EVENTS = ("library.new", "library.deleted")
CONFIGURED = "/Notifications/Services/Configured"
_NOT_THERE = frozenset({400, 404, 405, 500, 501})


@dataclass(frozen=True, slots=True)
class Notice:
    """One configured notification, and all that the server says of it."""

    id: str
    name: str
    url: str
    enabled: bool
    events: tuple[str, ...]
    whole: Mapping[str, Any]

    @property
    def tells_enough(self) -> bool:
        """Whether it is switched on, for all that concerns us, in all libraries."""
        limited = any(self.whole.get(name) for name in ("UserIds", "DeviceIds", "LibraryIds"))
        return self.enabled and not limited and set(EVENTS[:1]) <= set(self.events)


def definition(name: str, url: str) -> dict[str, Any]:
    """A notification as Emby takes it. Its options are text, even those that say yes or no."""
    return {
        "NotifierKey": NOTIFIER,
        "ServiceName": "Webhooks",
        "PluginId": PLUGIN,
        "FriendlyName": name,
        "Enabled": True,
        "UserIds": [],
        "DeviceIds": [],
        "LibraryIds": [],
        "EventIds": list(EVENTS),
        "GroupItems": True,
        "IsSelfNotification": False,
        "Options": {"Url": url, "EnableMultipartFormData": "false"},
    }


class Notices:
    """The notifications of one server, kept under its administrator. Calls are made with the key;
    where the server wants a person for it, as whoever is signed in.
    """

    def __init__(self, wire: Wire, user_id: str, user_token: str | None = None) -> None:
        self._wire = wire
        self._user = {"UserId": user_id}
        self._token = user_token

    async def configured(self) -> list[Notice] | None:
        """Those that send webhooks; None: this server has no such call."""
        try:
            answer = await self._wire.ask(CONFIGURED, self._user)
        except UnavailableError as error:
            if error.http_status not in _NOT_THERE:
                raise
            return None
        if answer.status in _NOT_THERE:
            return None
        rows = self._wire.accepted(answer).json()
        if not isinstance(rows, list):
            raise self._strange()
        found = [_notice(row) for row in rows if isinstance(row, dict)]
        return [one for one in found if one.whole.get("NotifierKey") == NOTIFIER]

    async def known_events(self) -> frozenset[str]:
        """The names of the events that the server can send; none where it does not say."""
        answer = await self._wire.ask("/Notifications/Types", self._user)
        groups = answer.json() if answer.ok else []
        events = [
            event
            for group in (groups if isinstance(groups, list) else [])
            if isinstance(group, dict)
            for event in group.get("Events") or [group]
        ]
        return frozenset(str(event.get("Id")) for event in events if isinstance(event, dict))

    async def save(self, body: Mapping[str, Any]) -> None:
        """A new one, or in place of the one whose `Id` is in it."""
        self._wire.accepted(await self._write("POST", CONFIGURED, self._user, dict(body)))

    async def test(self, body: Mapping[str, Any]) -> None:
        """Ask the server to send one test message. Whether it arrives shows at the other end."""
        path = "/Notifications/Services/Test"
        self._wire.accepted(await self._write("POST", path, self._user, dict(body)))

    async def remove(self, notice_id: str) -> None:
        params = {**self._user, "Id": notice_id}
        answer = await self._write("DELETE", CONFIGURED, params)
        self._wire.accepted(answer)

    async def _write(self, method: str, path: str, params: Params, body: Any = None) -> Answer:
        if self._token is None:
            return await self._wire.write(method, path, params=params, json=body)
        answer = await self._wire.write(method, path, params=params, json=body, token=self._token)
        if answer.status in (401, 403):
            return await self._wire.write(method, path, params=params, json=body)
        return answer

    def _strange(self) -> UnexpectedAnswerError:
        return UnexpectedAnswerError(
            f"{self._wire.name} answered something other than its notifications.",
            upstream=self._wire.name,
        )


def _notice(row: Mapping[str, Any]) -> Notice:
    options, events = row.get("Options"), row.get("EventIds")
    return Notice(
        str(row.get("Id") or ""),
        str(row.get("FriendlyName") or ""),
        str(options.get("Url") or "") if isinstance(options, dict) else "",
        row.get("Enabled") is not False,
        tuple(str(event) for event in events) if isinstance(events, list) else (),
        row,
    )


def wanted_events(known: Sequence[str] | frozenset[str]) -> list[str]:
    """Those of ours that the server knows; all where it does not say which it knows."""
    return [event for event in EVENTS if event in known] or list(EVENTS)
