"""`LibraryChanged`: what changed, gathered until it is quiet, for those signed in as a user."""

import asyncio
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from collectarr.demo.emby.agenda import Agenda
from collectarr.demo.emby.state import EmbyState, StoredBoxSet, StoredItem, StoredUser

FLUSH = "feed"


@dataclass(slots=True, eq=False)
class Listener:
    """One open socket. Without a user it is open and hears nothing of the library."""

    user: StoredUser | None
    messages: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)


@dataclass(slots=True)
class Changes:
    """Ids with the library they lie in; None for what every user sees."""

    added: dict[str, str | None] = field(default_factory=dict)
    updated: dict[str, str | None] = field(default_factory=dict)
    removed: dict[str, str | None] = field(default_factory=dict)
    folders_added_to: set[str] = field(default_factory=set)
    folders_removed_from: set[str] = field(default_factory=set)
    scanned: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.updated or self.removed or self.scanned)


class Feed:
    """Every change starts the wait of `seconds` anew. Before the server runs nothing is told."""

    def __init__(self, state: EmbyState, agenda: Agenda, seconds: float) -> None:
        self.listeners: list[Listener] = []
        self.running = False
        self._state = state
        self._agenda = agenda
        self._seconds = seconds
        self._changes = Changes()

    def added(self, item: StoredItem) -> None:
        self._changes.folders_added_to.add(self._folder(item))
        self._note(self._changes.added, item)

    def updated(self, item: StoredItem) -> None:
        if item.id not in self._changes.added:
            self._note(self._changes.updated, item)

    def removed(self, item: StoredItem) -> None:
        if isinstance(item, StoredBoxSet):
            self._changes.folders_removed_from.add(self._folder(item))
        self._note(self._changes.removed, item)

    def scanned(self) -> None:
        """Older servers tell of a scan even when it changed nothing."""
        if self._state.profile.empty_event_after_scan:
            self._changes.scanned = True
            self._wait()

    def flush(self) -> None:
        """Tells now what has been gathered."""
        self._agenda.cancel(FLUSH)
        changes, self._changes = self._changes, Changes()
        if not changes:
            return
        for listener in self.listeners:
            if listener.user is not None:
                data = self._data(changes, listener.user)
                listener.messages.put_nowait(self.message("LibraryChanged", data))

    def deafen(self, user: StoredUser) -> None:
        """Whoever listens as this user hears nothing any more."""
        for listener in self.listeners:
            if listener.user is user:
                listener.user = None

    def progress(self, item_id: str, percent: str) -> None:
        message = self.message("RefreshProgress", {"ItemId": item_id, "Progress": percent})
        for listener in self.listeners:
            if listener.user is not None and listener.user.admin:
                listener.messages.put_nowait(message)

    def message(self, kind: str, data: Any) -> str:
        envelope: dict[str, Any] = {"MessageType": kind, "Data": data}
        if self._state.profile.message_ids:
            envelope["MessageId"] = uuid.uuid4().hex
        return json.dumps(envelope)

    def _note(self, ids: dict[str, str | None], item: StoredItem) -> None:
        ids[item.id] = item.library_id
        self._wait()

    def _wait(self) -> None:
        if self.running:
            self._agenda.later(FLUSH, self._seconds, self.flush)
        else:
            self._changes = Changes()

    def _folder(self, item: StoredItem) -> str:
        return item.library_id or self._state.collections_id

    def _data(self, changes: Changes, user: StoredUser) -> dict[str, Any]:
        groups = (changes.added, changes.updated, changes.removed)
        added, updated, removed = (_seen(group, user) for group in groups)
        data: dict[str, Any] = {
            "FoldersAddedTo": sorted(changes.folders_added_to),
            "FoldersRemovedFrom": sorted(changes.folders_removed_from),
            "ItemsAdded": added,
            "ItemsRemoved": removed,
            "ItemsUpdated": updated,
        }
        if self._state.profile.message_ids:
            folders = {library for group in groups for library in group.values() if library}
            data["CollectionFolders"] = sorted(folders)
            data["IsEmpty"] = not (added or updated or removed)
        return data


def _seen(ids: dict[str, str | None], user: StoredUser) -> list[str]:
    return [item_id for item_id, library in ids.items() if _sees(user, library)]


def _sees(user: StoredUser, library: str | None) -> bool:
    return library is None or user.libraries is None or library in user.libraries


def close_all(listeners: Iterable[Listener]) -> None:
    for listener in listeners:
        listener.messages.put_nowait(None)
