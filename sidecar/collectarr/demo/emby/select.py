"""Which items a reading of the Emby stand-in gives: filters, the ignored ones, order."""

import random
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from collectarr.demo.emby.rows import folder_item
from collectarr.demo.emby.state import EmbyState, StoredBoxSet, StoredItem, StoredUser
from collectarr.demo.emby.wire import BAD_GUID, Ask, Refusal

_KEPT = 32
_NUMERIC = re.compile(r"^\d+$")
_GUID = re.compile(r"^[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$")
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
# What decides on the rows of an answer; the rest only shapes them.
_DECIDING = (
    "recursive", "parentid", "includeitemtypes", "excludeitemtypes", "ids", "excludeitemids",
    "years", "hasimdbid", "hastmdbid", "hastvdbid", "searchterm", "namestartswith",
    "anyprovideridequals", "mindatelastsaved", "mindatelastsavedforuser", "listitemids",
    "sortby", "sortorder",
)  # fmt: skip
Test = Callable[[StoredItem], bool]


class Selection:
    """Answers queries, and keeps the answers until something changes: pages are then slices."""

    def __init__(self, state: EmbyState) -> None:
        self._state = state
        self._kept: dict[tuple[str, ...], list[StoredItem]] = {}
        self._generation = -1

    def select(self, ask: Ask) -> list[StoredItem]:
        """All rows that `ask` is about, in its order, before paging."""
        self._check(ask)
        if ask.text("ParentId") in self._state.box_sets or ask.text("SortBy").lower() == "random":
            return self._work_out(ask)
        if self._generation != self._state.generation or len(self._kept) >= _KEPT:
            self._kept.clear()
            self._generation = self._state.generation
        key = (ask.reader.id if ask.reader else "", *(ask.text(name) for name in _DECIDING))
        if key not in self._kept:
            self._kept[key] = self._work_out(ask)
        return self._kept[key]

    def _check(self, ask: Ask) -> None:
        if not self._state.profile.keyless_reads and ask.reader is None:
            raise Refusal(500, "Value cannot be null.\nParameter name: user")
        for name in ("MinDateLastSaved", "MinDateLastSavedForUser"):
            if ask.text(name) and moment(ask.text(name)) is None:
                raise Refusal(500)

    def _work_out(self, ask: Ask) -> list[StoredItem]:
        rows = list(self._candidates(ask))
        for test in self._tests(ask):
            rows = [row for row in rows if test(row)]
        if self._state.profile.merges_versions and ask.reader is not None:
            rows = merge_versions(rows)
        return ordered(rows, ask)

    def _candidates(self, ask: Ask) -> Iterable[StoredItem]:
        ids = self._ids(ask)
        if ids is not None:
            return ids
        if ask.text("AnyProviderIdEquals") and self._state.profile.provider_filter:
            return self._by_provider_ids(ask)
        if ask.text("ListItemIds") and self._state.profile.provider_filter:
            return self._containing(ask.many("ListItemIds"))
        if ask.text("ParentId"):
            return self._children(ask)
        since = self._since(ask)
        if since is not None:
            return self._saved_since(since)
        return self._everything(ask) if ask.flag("Recursive") else self._roots()

    def _ids(self, ask: Ask) -> list[StoredItem] | None:
        """The named items; None where the filter is not there or is dropped."""
        wanted = ask.many("Ids")
        if not wanted:
            return None
        if any(self._malformed(item_id) for item_id in wanted):
            return self._for_bad_ids()
        found = (self._state.find(item_id) for item_id in dict.fromkeys(wanted))
        return [item for item in found if item is not None]

    def _for_bad_ids(self) -> list[StoredItem]:
        match self._state.profile.bad_ids:
            case "everything":
                return [*self._state.items.values(), *self._state.box_sets.values()]
            case "roots":
                return self._roots()
        raise Refusal(500, BAD_GUID)

    def _malformed(self, item_id: str) -> bool:
        numeric = self._state.profile.numeric_ids and _NUMERIC.match(item_id)
        return not (numeric or _GUID.match(item_id))

    def _by_provider_ids(self, ask: Ask) -> list[StoredItem]:
        found: dict[str, StoredItem] = {}
        for pair in ask.many("AnyProviderIdEquals"):
            provider, _, value = pair.partition(".")
            found |= {item.id: item for item in self._state.with_provider_id(provider, value)}
        return list(found.values())

    def _containing(self, item_ids: list[str]) -> list[StoredItem]:
        return [box for item_id in item_ids for box in self._state.box_sets_with(item_id)]

    def _children(self, ask: Ask) -> Iterable[StoredItem]:
        """A parent that is not there is dropped when a key asks, and so gives everything."""
        state, parent = self._state, ask.text("ParentId")
        if parent in state.box_sets:
            return self._members(state.box_sets[parent], ask)
        if parent == state.collections_id:
            return state.box_sets.values()
        if parent in state.libraries:
            return self._of_library(parent, ask)
        if parent in state.items:
            return [item for item in state.items.values() if item.series_id == parent]
        return [] if ask.reader is not None else self._everything(ask)

    def _members(self, box: StoredBoxSet, ask: Ask) -> list[StoredItem]:
        """With a key alone, an older server shows no member unless it is asked to dig."""
        recursive = bool(ask.flag("Recursive"))
        if ask.reader is None and not recursive and not self._state.profile.keyless_members:
            return []
        ghosts, box.ghosts = box.ghosts, []
        ids = dict.fromkeys([*box.links, *ghosts])
        rows = [self._state.items[item_id] for item_id in ids if item_id in self._state.items]
        if recursive:
            shows = {row.id for row in rows if row.type == "Series"}
            rows += self._episodes(shows) if shows else []
        return rows

    def _episodes(self, shows: set[str]) -> list[StoredItem]:
        return [item for item in self._state.items.values() if item.series_id in shows]

    def _of_library(self, library_id: str, ask: Ask) -> Iterable[StoredItem]:
        state = self._state
        if ask.many("IncludeItemTypes") == ["BoxSet"]:
            if not state.profile.delta_filter:
                return state.box_sets.values()
            return [box for box in state.box_sets.values() if self._touches(box, library_id)]
        return [item for item in state.items.values() if item.library_id == library_id]

    def _touches(self, box: StoredBoxSet, library_id: str) -> bool:
        return any(self._state.items[item_id].library_id == library_id for item_id in box.links)

    def _since(self, ask: Ask) -> datetime | None:
        honoured = ["MinDateLastSavedForUser"]
        if self._state.profile.delta_filter:
            honoured.append("MinDateLastSaved")
        moments = [moment(ask.text(name)) for name in honoured if ask.text(name)]
        return max((when for when in moments if when is not None), default=None)

    def _saved_since(self, since: datetime) -> Iterator[StoredItem]:
        for item in reversed(self._state.by_saved.values()):
            if item.saved < since:
                return
            yield item

    def _everything(self, ask: Ask) -> Iterable[StoredItem]:
        if ask.many("IncludeItemTypes") == ["BoxSet"]:
            return self._state.box_sets.values()
        return [*self._state.items.values(), *self._state.box_sets.values()]

    def _roots(self) -> list[StoredItem]:
        return [folder_item(library) for library in self._state.libraries.values()]

    def _tests(self, ask: Ask) -> Iterator[Test]:
        if ask.text("MinDateLastSaved") and not self._state.profile.delta_filter:
            yield lambda _: False
        if types := frozenset(ask.many("IncludeItemTypes")):
            yield lambda item: item.type in types
        if kept_out := frozenset(ask.many("ExcludeItemTypes")):
            yield lambda item: item.type not in kept_out
        if skipped := frozenset(ask.many("ExcludeItemIds")):
            yield lambda item: item.id not in skipped
        if years := frozenset(ask.many("Years")):
            yield lambda item: str(item.year) in years
        yield from self._provider_tests(ask)
        yield from self._text_tests(ask)
        if ask.reader is not None and ask.reader.libraries is not None:
            yield self._visible_to(ask.reader)

    def _provider_tests(self, ask: Ask) -> Iterator[Test]:
        """An older server reads `HasTmdbId=false` as if it said true."""
        for provider in ("Imdb", "Tmdb", "Tvdb"):
            wanted = ask.flag(f"Has{provider}Id")
            if wanted is not None:
                yield self._has_id(provider, wanted or not self._state.profile.honours_has_id_false)

    def _has_id(self, provider: str, wanted: bool) -> Test:
        return lambda item: (provider in item.provider_ids) == wanted

    def _text_tests(self, ask: Ask) -> Iterator[Test]:
        if not self._state.profile.text_filters:
            return
        if term := ask.text("SearchTerm").lower():
            yield lambda item: term in item.name.lower()
        if start := ask.text("NameStartsWith").lower():
            yield lambda item: item.sort_name.startswith(start)

    def _visible_to(self, reader: StoredUser) -> Test:
        def visible(item: StoredItem) -> bool:
            if isinstance(item, StoredBoxSet):
                return any(reader.sees(self._state.items[member]) for member in item.links)
            return reader.sees(item)

        return visible


def moment(text: str) -> datetime | None:
    """A date, or a time with or without zone and with any fraction; None if it is neither."""
    match = re.match(
        r"^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$", text
    )
    if match is None:
        return None
    try:
        zone = "+00:00" if match[3] in (None, "Z") else match[3]
        return datetime.fromisoformat(f"{match[1]}T{match[2] or '00:00:00'}{zone}")
    except ValueError:
        return None


def merge_versions(rows: list[StoredItem]) -> list[StoredItem]:
    """One row for all files of one film in one library: the first stands for the others."""
    seen: dict[str, StoredItem] = {}
    for row in rows:
        seen.setdefault(row.version_key or row.id, row)
    return list(seen.values())


_ORDERS: dict[str, Callable[[StoredItem], object]] = {
    "sortname": lambda item: item.sort_name,
    "name": lambda item: item.sort_name,
    "datecreated": lambda item: item.created,
    "datelastsaved": lambda item: item.saved,
    "productionyear": lambda item: item.year or 0,
    "premieredate": lambda item: item.year or 0,
}


def ordered(rows: list[StoredItem], ask: Ask) -> list[StoredItem]:
    keys = [key.lower() for key in ask.many("SortBy")]
    directions = [way.lower() for way in ask.many("SortOrder")] or ["ascending"]
    if keys == ["random"]:
        return random.sample(rows, len(rows))
    for place in reversed(range(len(keys))):
        order = _ORDERS.get(keys[place])
        way = directions[min(place, len(directions) - 1)]
        if order is not None:
            rows = sorted(rows, key=order, reverse=way.startswith("desc"))  # type: ignore[arg-type]
    return rows
