"""How the Emby stand-in writes items: which fields a row has, and which only when asked."""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from collectarr.demo.emby.state import (
    EmbyState,
    StoredBoxSet,
    StoredItem,
    StoredLibrary,
    StoredUser,
    hashed_id,
    stamp,
)

Getter = Callable[[StoredItem], Any]
_PLAYED = ("Movie", "Episode")


@dataclass(slots=True)
class Rows:
    """Writes rows for one reader. `fields` are the asked ones in lower case, None for all."""

    state: EmbyState
    reader: StoredUser | None = None
    fields: Collection[str] | None = ()
    images: bool = True
    user_data: bool = True
    _columns: dict[str, list[tuple[str, Getter]]] = field(default_factory=dict)

    def row(self, item: StoredItem) -> dict[str, Any]:
        columns = self._columns.get(item.type)
        if columns is None:
            columns = self._columns[item.type] = self._choose(item.type)
        return {key: value for key, get in columns if (value := get(item)) is not None}

    def _choose(self, kind: str) -> list[tuple[str, Getter]]:
        lean = self.state.profile.lean_rows
        chosen: list[tuple[str, Getter]] = []
        for key, get, kinds, always, always_when_rich in self._table():
            wanted = always or (always_when_rich and not lean) or self._asks(key)
            if wanted and (not kinds or kind in kinds):
                chosen.append((key, get))
        return chosen

    def _asks(self, key: str) -> bool:
        return self.fields is None or key.lower() in self.fields

    def _table(self) -> list[tuple[str, Getter, tuple[str, ...], bool, bool]]:
        """Key, getter, types that have it, always there, there unless rows are lean."""
        server_id = self.state.server_id
        table = [
            ("Name", _name, (), True, True),
            ("ServerId", lambda _: server_id, (), True, True),
            ("Id", _id, (), True, True),
            ("Guid", _guid, (), False, False) if self.state.profile.numeric_ids else None,
            ("OriginalTitle", _detail("OriginalTitle"), (), False, False),
            ("Etag", self._etag, (), False, False),
            ("DateCreated", _created, (), False, False),
            ("PresentationUniqueKey", _version_key, (), False, False) if self._merges else None,
            ("Container", lambda _: "mov,mp4,m4a,3gp,3g2,mj2", _PLAYED, False, True),
            ("SortName", _sort_name, (), False, False),
            ("ForcedSortName", _detail("ForcedSortName"), (), False, False),
            ("PremiereDate", _premiere, (), False, False),
            ("Path", _path, (), False, False),
            ("Overview", _detail("Overview"), (), False, False),
            ("RunTimeTicks", lambda _: 20000000, _PLAYED, True, True),
            ("ProductionYear", _year, (), False, True),
            ("ProviderIds", _provider_ids, (), False, False),
            ("IsFolder", _is_folder, (), True, True),
            ("ParentId", self._parent, (), False, False),
            ("Type", _type, (), True, True),
            ("SeriesId", _series, ("Episode",), True, True),
            ("LocalTrailerCount", lambda _: 0, (), False, True),
            ("Genres", _list("Genres"), (), False, False),
            ("Status", lambda _: "Ended", ("Series",), True, False),
            ("DisplayOrder", _display_order, ("BoxSet",), False, True),
            ("CollectionType", _detail("CollectionType"), ("CollectionFolder",), True, True),
            ("MediaType", lambda _: "Video", _PLAYED, True, True),
        ]
        rest = (*self._tag_columns(), *self._counts(), *self._picture_columns())
        return [column for column in (*table, *rest) if column is not None]

    @property
    def _merges(self) -> bool:
        return self.state.profile.merges_versions

    def _tag_columns(self) -> list[tuple[str, Getter, tuple[str, ...], bool, bool]]:
        if not self.state.profile.tag_items:
            return [("Tags", _list("Tags"), (), False, False)]
        wants = self._asks("Tags")
        return [("TagItems", _list("TagItems"), (), wants, False)]

    def _counts(self) -> list[tuple[str, Getter, tuple[str, ...], bool, bool]]:
        columns: list[tuple[str, Getter, tuple[str, ...], bool, bool]] = []
        if self.reader is not None or self.state.profile.keyless_child_count:
            columns.append(("ChildCount", self._child_count, ("BoxSet",), False, False))
        if self.reader is not None and self.user_data:
            columns.append(("UserData", self._user_data, (), True, True))
        return columns

    def _picture_columns(self) -> list[tuple[str, Getter, tuple[str, ...], bool, bool]]:
        rich = not self.state.profile.lean_rows
        columns: list[tuple[str, Getter, tuple[str, ...], bool, bool]] = [
            ("LocationType", _location_type, (), False, True)
        ]
        if self.images:
            columns.append(("ImageTags", image_tags, (), True, True))
            columns.append(("BackdropImageTags", _backdrops, (), True, True))
        if rich:
            columns.append(("VideoType", lambda _: "VideoFile", ("Movie",), True, True))
            columns.append(("AirDays", lambda _: [], ("Series",), True, True))
        return columns

    def _etag(self, item: StoredItem) -> str:
        """Older servers work it out from a date that they load only when asked for it too."""
        if not self.state.profile.etag_needs_date_saved or self._asks("DateLastSaved"):
            return item.etag
        return hashed_id(item.id, "-unsaved")

    def _parent(self, item: StoredItem) -> str | None:
        if isinstance(item, StoredBoxSet):
            return self.state.collections_id
        return item.series_id or item.library_id

    def _child_count(self, item: StoredItem) -> int:
        assert isinstance(item, StoredBoxSet)
        if self.reader is None or self.reader.libraries is None:
            return len(item.links)
        return sum(self.reader.sees(self.state.items[member]) for member in item.links)

    def _user_data(self, item: StoredItem) -> dict[str, Any]:
        data: dict[str, Any] = {
            "PlaybackPositionTicks": 0,
            "PlayCount": 0,
            "IsFavorite": False,
            "Played": False,
        }
        if isinstance(item, StoredBoxSet):
            data["UnplayedItemCount"] = self._child_count(item)
        return data


def full_row(state: EmbyState, reader: StoredUser | None, item: StoredItem) -> dict[str, Any]:
    """The whole item, as it must be posted back to change it."""
    row = Rows(state, reader, None).row(item)
    row |= {
        "CanDelete": True,
        "CanDownload": item.type in _PLAYED,
        "SupportsSync": True,
        "ExternalUrls": [],
        "Taglines": item.detail("Taglines", []),
        "RemoteTrailers": [],
        "People": item.detail("People", []),
        "Studios": item.detail("Studios", []),
        "GenreItems": [
            {"Name": name, "Id": number} for number, name in enumerate(item.detail("Genres", []), 1)
        ],
        "DisplayPreferencesId": hashed_id("display", item.type),
        "LockedFields": item.detail("LockedFields", []),
        "LockData": item.detail("LockData", False),
    }
    if not state.profile.lean_rows:
        row |= {"PlayAccess": "Full", "ScreenshotImageTags": []}
    return row


def folder_item(library: StoredLibrary) -> StoredItem:
    """A library as a row of its own."""
    return StoredItem(
        id=library.id, type="CollectionFolder", name=library.name, path=library.location,
        sort_name=library.name.lower(), library_id=library.id,
        details={"CollectionType": library.kind},
    )  # fmt: skip


def image_tags(item: StoredItem) -> dict[str, str]:
    if item.images is None and item.type in ("Movie", "Series"):
        return {"Primary": hashed_id(item.id, "poster")}
    return {
        kind: shown[0].tag for kind, shown in (item.images or {}).items() if _single(kind, shown)
    }


def _single(kind: str, shown: list[Any]) -> bool:
    return kind != "Backdrop" and bool(shown)


def _backdrops(item: StoredItem) -> list[str]:
    return [image.tag for image in (item.images or {}).get("Backdrop", [])]


def _name(item: StoredItem) -> str:
    return item.name


def _id(item: StoredItem) -> str:
    return item.id


def _guid(item: StoredItem) -> str:
    return hashed_id("guid", item.path)


def _created(item: StoredItem) -> str:
    return stamp(item.created)


def _version_key(item: StoredItem) -> str | None:
    return item.version_key


def _sort_name(item: StoredItem) -> str:
    return item.sort_name


def _premiere(item: StoredItem) -> str | None:
    return f"{item.year:04d}-01-01T00:00:00.0000000Z" if item.year else None


def _path(item: StoredItem) -> str | None:
    return None if _location_type(item) == "Virtual" else item.path


def _year(item: StoredItem) -> int | None:
    return item.year


def _provider_ids(item: StoredItem) -> dict[str, str]:
    return item.provider_ids


def _is_folder(item: StoredItem) -> bool:
    return item.is_folder


def _type(item: StoredItem) -> str:
    return item.type


def _series(item: StoredItem) -> str | None:
    return item.series_id


def _display_order(item: StoredItem) -> str:
    return str(item.detail("DisplayOrder", "PremiereDate"))


def _location_type(item: StoredItem) -> str:
    return str(item.detail("LocationType", "FileSystem"))


def _detail(key: str) -> Getter:
    return lambda item: item.detail(key)


def _list(key: str) -> Getter:
    return lambda item: item.detail(key, [])


def dashed(item_id: str) -> str:
    """A 32-digit id with dashes, as error messages show it."""
    return str(uuid.UUID(item_id)) if len(item_id) == 32 else item_id
