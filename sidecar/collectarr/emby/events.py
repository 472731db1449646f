"""What a server tells of itself, by webhook or web socket, as one kind of event.

An event is a nudge, never a fact: what the item is, and whether it is gone, is read afterwards.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from collectarr.errors import InvalidError
from collectarr.models import ITEM_ID

LONGEST_NAME = 200
MOST_IDS = 2_000
"""Of one socket message; a message that names more stands for a look at everything."""


class EventKind(StrEnum):
    """`scan`: something may have changed that the event does not name. `unknown`: of no concern."""

    ADDED = "added"
    UPDATED = "updated"
    REMOVED = "removed"
    SCAN = "scan"
    TEST = "test"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Event:
    """`said` is the server's own word for it, `item_type` its word for the item. A socket names
    ids alone. `server_uid` None: it did not say whose event it is.
    """

    kind: EventKind
    said: str
    item_id: str | None = None
    item_type: str | None = None
    series_id: str | None = None
    server_uid: str | None = None
    name: str | None = None

    def is_from(self, uid: str) -> bool:
        """Whether it may be that server's: it says so, or does not say whose it is."""
        return self.server_uid is None or self.server_uid == _uid(uid)


_KINDS = {
    "library.new": EventKind.ADDED,
    "library.deleted": EventKind.REMOVED,
    # Whatever happened while it was down was told to nobody.
    "system.serverstartup": EventKind.SCAN,
    "system.notificationtest": EventKind.TEST,
    "system.webhooktest": EventKind.TEST,
}
_OF_ITEMS = (EventKind.ADDED, EventKind.UPDATED, EventKind.REMOVED)
_LISTS = (
    ("ItemsAdded", EventKind.ADDED),
    ("ItemsUpdated", EventKind.UPDATED),
    ("ItemsRemoved", EventKind.REMOVED),
)


def webhook_event(payload: object) -> Event:
    """Raises InvalidError for what is no message of a server. Events that we do not know are
    `unknown`, and so are known ones without a usable item.
    """
    said = _text(payload.get("Event")) if isinstance(payload, Mapping) else None
    if not isinstance(payload, Mapping) or said is None:
        raise InvalidError("This is no event: there is no “Event” in it.", code="no_event")
    item, server = _mapping(payload.get("Item")), _mapping(payload.get("Server"))
    item_id = _id(item.get("Id"))
    kind = _KINDS.get(said.casefold(), EventKind.UNKNOWN)
    if kind in _OF_ITEMS and item_id is None:
        kind = EventKind.UNKNOWN
    return Event(
        kind,
        said,
        item_id,
        _text(item.get("Type")),
        _id(item.get("SeriesId")),
        _uid(server.get("Id")) or _uid(item.get("ServerId")),
        _name(item),
    )


def socket_events(message: str) -> list[Event]:
    """One event for each item that a `LibraryChanged` names; none for other messages or for what
    cannot be read.
    """
    envelope = _loaded(message)
    if not isinstance(envelope, Mapping) or envelope.get("MessageType") != "LibraryChanged":
        return []
    data = envelope.get("Data")
    # Older servers send it as text inside the text.
    changed = _mapping(_loaded(data) if isinstance(data, str) else data)
    events = list(_changed(changed))
    if 0 < len(events) <= MOST_IDS:
        return events
    # Nothing named, as after a scan (measured on Emby 3.2), or more than is worth asking one
    # by one.
    return [Event(EventKind.SCAN, "LibraryChanged")]


def _changed(data: Mapping[str, Any]) -> Iterator[Event]:
    for name, kind in _LISTS:
        ids = data.get(name)
        for value in ids if isinstance(ids, list) else ():
            item_id = _id(value)
            if item_id is not None:
                yield Event(kind, "LibraryChanged", item_id)


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str | None:
    """Printable and of one line, as long as anybody wants to read; None for nothing."""
    if not isinstance(value, str):
        return None
    # The first part only: a message may be all name.
    words = "".join(x if x.isprintable() else " " for x in value[: 4 * LONGEST_NAME]).split()
    return " ".join(words)[:LONGEST_NAME] or None


def _name(item: Mapping[str, Any]) -> str | None:
    name, series = _text(item.get("Name")), _text(item.get("SeriesName"))
    return f"{series}: {name}"[:LONGEST_NAME] if series and name else name or series


def _id(value: object) -> str | None:
    found = _uid(value)
    return found if found is not None and ITEM_ID.match(found) and len(found) <= 32 else None


def _uid(value: object) -> str | None:
    """An id however it is written: as a number, in capitals, with the dashes of a GUID."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        text = str(value)
    except ValueError:
        # More digits than Python prints.
        return None
    return text[:80].strip().replace("-", "").casefold() or None
