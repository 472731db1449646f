"""Libraries and what lies in them: films and shows come, change, leave; a scan takes time."""

from collections.abc import Mapping
from typing import Any

from collectarr.demo.emby.agenda import Agenda
from collectarr.demo.emby.feed import Feed
from collectarr.demo.emby.state import (
    LIBRARY_OF,
    PROVIDERS,
    TYPES,
    EmbyState,
    StoredItem,
    StoredLibrary,
    hashed_id,
)
from collectarr.demo.emby.text import file_path, sort_name
from collectarr.demo.emby.webhooks import Webhooks

SCAN = "scan"


class Shelf:
    """What a person does with files, and what the server makes of it."""

    def __init__(
        self, state: EmbyState, agenda: Agenda, feed: Feed, webhooks: Webhooks, scan_seconds: float
    ) -> None:
        self._state = state
        self._agenda = agenda
        self._feed = feed
        self._webhooks = webhooks
        self._scan_seconds = scan_seconds
        self._by_path: dict[str, str] = {}

    def add_library(self, name: str, kind: str, location: str) -> StoredLibrary:
        guid = hashed_id(
            "MediaBrowser.Controller.Entities.CollectionFolder", "root\\default\\", name
        )
        library_id = self._state.new_id(
            "MediaBrowser.Controller.Entities.CollectionFolder", "root\\default\\", name
        )
        library = StoredLibrary(library_id, name, kind, location.rstrip("/"), guid)
        self._state.libraries[library.id] = library
        return library

    def library_for(self, kind: str) -> StoredLibrary:
        """The first library that takes films or shows. Raises LookupError without one."""
        wanted = LIBRARY_OF[TYPES[kind]]
        for library in self._state.libraries.values():
            if library.kind == wanted:
                return library
        raise LookupError(f"There is no library for a {kind}: add one first.")

    def add(
        self, kind: str, title: str, year: int | None, provider_ids: Mapping[str, str],
        library: StoredLibrary, extra: dict[str, Any],
    ) -> StoredItem:  # fmt: skip
        """A new file is seen. `extra`: path, announce, episodes, or fields as Emby names them."""
        announce = extra.pop("announce", True)
        episodes = extra.pop("episodes", 0)
        path = extra.pop("path", None) or self._free_path(kind, title, year, library)
        item = StoredItem(
            id=self._state.new_id(kind, path), type=TYPES[kind], name=title, year=year, path=path,
            provider_ids=dict(provider_ids), library_id=library.id, sort_name=sort_name(title),
            details=extra or None,
        )  # fmt: skip
        self._put(item, announce)
        for number in range(1, episodes + 1):
            self.add_episode(item, f"Episode {number}", number, announce=announce)
        return item

    def add_episode(
        self, show: StoredItem, title: str, number: int, *, announce: bool = True
    ) -> StoredItem:
        path = f"{show.path}/Season 01/{show.name} - S01E{number:02d}.mkv"
        item = StoredItem(
            id=self._state.new_id("episode", path), type="Episode", name=title, path=path,
            year=show.year, library_id=show.library_id, series_id=show.id,
            sort_name=sort_name(title),
        )  # fmt: skip
        self._put(item, announce)
        return item

    def update(self, item: StoredItem, changes: dict[str, Any]) -> None:
        """Ids that arrive late, a corrected title. Only signed-in sockets hear of it."""
        ids = dict(item.provider_ids)
        for key, provider in PROVIDERS.items():
            if key in changes:
                value = changes.pop(key)
                ids = {name: known for name, known in ids.items() if name != provider}
                ids |= {provider: str(value)} if value else {}
        ids = changes.pop("provider_ids", ids)
        self._state.reidentify(item, dict(ids))
        item.name = changes.pop("title", item.name)
        item.year = changes.pop("year", item.year)
        item.sort_name = sort_name(item.name)
        item.details = {**(item.details or {}), **changes} or None
        self._state.touch(item)
        self._feed.updated(item)

    def remove(self, item: StoredItem) -> None:
        """The file is gone. What is left of it in box sets keeps their Etags."""
        if item.type == "Series":
            rows = self._state.items.values()
            for episode in [row for row in rows if row.series_id == item.id]:
                self._drop(episode)
        self._drop(item)
        self._webhooks.announce("library.deleted", item)

    def _drop(self, item: StoredItem) -> None:
        self._by_path.pop(item.path, None)
        self._state.take(item)
        self._feed.removed(item)

    def _put(self, item: StoredItem, announce: bool) -> None:
        self._by_path[item.path] = item.id
        self._state.put(item)
        if announce:
            self._feed.added(item)
            self._webhooks.announce("library.new", item)

    def _free_path(self, kind: str, title: str, year: int | None, library: StoredLibrary) -> str:
        copy = 1
        while True:
            path = file_path(library.location, title, year, copy, folder=kind == "show")
            if path not in self._by_path:
                return path
            copy += 1

    @property
    def scanning(self) -> bool:
        return self._agenda.planned(SCAN)

    def scan(self) -> None:
        """Looks at every library; it shows as a running task until it is through."""
        if self.scanning:
            return
        for library_id in self._state.libraries:
            self._feed.progress(library_id, "0")
        self._agenda.later(SCAN, self._scan_seconds, self._scanned)

    def _scanned(self) -> None:
        for library_id in self._state.libraries:
            self._feed.progress(library_id, "100")
        self._feed.scanned()

    def refresh(self, library: StoredLibrary) -> None:
        """A scan of one library shows on the library alone, not as a task."""
        library.refreshing = True
        self._agenda.later(f"library:{library.id}", self._scan_seconds, lambda: _rest(library))


def _rest(library: StoredLibrary) -> None:
    library.refreshing = False
