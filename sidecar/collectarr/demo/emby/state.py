"""What the Emby stand-in holds: items, box sets, libraries and users, found by their ids."""

import hashlib
import itertools
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from collectarr.demo.emby.profile import EmbyProfile

PROVIDERS = {"imdb": "Imdb", "tmdb": "Tmdb", "tvdb": "Tvdb"}
TYPES = {"movie": "Movie", "show": "Series", "episode": "Episode"}
LIBRARY_OF = {"Movie": "movies", "Series": "tvshows", "Episode": "tvshows"}


def hashed_id(*parts: object) -> str:
    """The id an older server gives: a hash, written the way its platform writes it."""
    text = "".join(map(str, parts))
    digest = hashlib.md5(text.encode("utf-16-le"), usedforsecurity=False).digest()
    return uuid.UUID(bytes_le=digest).hex


def now_to_the_second() -> datetime:
    """Emby keeps the moment of a save to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def stamp(moment: datetime) -> str:
    """ISO with seven digits after the second, as Emby writes it."""
    return moment.isoformat(timespec="microseconds")[:26] + "0Z"


@dataclass(slots=True)
class StoredImage:
    """An image of an item; without a body it is the server's own and drawn when read."""

    tag: str
    body: bytes | None = None
    content_type: str = "image/jpeg"


@dataclass(slots=True, eq=False, kw_only=True)
class StoredItem:
    """A film, show or episode. `details` holds what an update wrote beyond the named fields."""

    id: str
    type: str
    name: str
    path: str
    year: int | None = None
    provider_ids: dict[str, str] = field(default_factory=dict)
    library_id: str | None = None
    series_id: str | None = None
    sort_name: str = ""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    saved: datetime = field(default_factory=now_to_the_second)
    revision: int = 1
    version_key: str | None = None
    damaged: bool = False
    images: dict[str, list[StoredImage]] | None = None
    details: dict[str, Any] | None = None

    @property
    def etag(self) -> str:
        text = f"{self.id}-{self.created}-{self.revision}".encode()
        return hashlib.md5(text, usedforsecurity=False).hexdigest()

    @property
    def is_folder(self) -> bool:
        return self.type in ("Series", "BoxSet", "CollectionFolder")

    def detail(self, key: str, default: Any = None) -> Any:
        return (self.details or {}).get(key, default)

    def image(self, kind: str = "Primary") -> StoredImage | None:
        shown = (self.images or {}).get(kind)
        return shown[0] if shown else None


@dataclass(slots=True, eq=False, kw_only=True)
class StoredBoxSet(StoredItem):
    """Members are counted links: `links` to items that are there, `dead` to those that left."""

    links: dict[str, int] = field(default_factory=dict)
    dead: dict[str, int] = field(default_factory=dict)
    ghosts: list[str] = field(default_factory=list)
    fresh: bool = True


@dataclass(slots=True, eq=False)
class StoredLibrary:
    id: str
    name: str
    kind: str
    location: str
    guid: str
    refreshing: bool = False


@dataclass(slots=True, eq=False)
class StoredUser:
    """`libraries` limits what the user sees; None sees all."""

    id: str
    name: str
    password: str
    admin: bool = False
    libraries: frozenset[str] | None = None

    def sees(self, item: StoredItem) -> bool:
        return self.libraries is None or item.library_id in self.libraries


class EmbyState:
    """Everything stored, with the indexes that keep reads quick at a hundred thousand items.

    `generation` moves with every change, so that an answer worked out once can be reused.
    """

    def __init__(self, profile: EmbyProfile, server_name: str) -> None:
        self.profile = profile
        self.server_name = server_name
        self.server_id = hashed_id("server", server_name, profile.name)
        self.libraries: dict[str, StoredLibrary] = {}
        self.items: dict[str, StoredItem] = {}
        self.box_sets: dict[str, StoredBoxSet] = {}
        self.lost_box_sets: set[str] = set()
        self.users: dict[str, StoredUser] = {}
        self.tokens: dict[str, StoredUser | None] = {}
        self.collections_id = ""
        self.generation = 0
        self.by_saved: dict[str, StoredItem] = {}
        self._by_provider: dict[tuple[str, str], dict[str, None]] = {}
        self._box_sets_of: dict[str, set[str]] = {}
        self._numbers = itertools.count(3)

    def new_id(self, *parts: object) -> str:
        """Newer servers count; older ones hash where the thing lies."""
        return str(next(self._numbers)) if self.profile.numeric_ids else hashed_id(*parts)

    def find(self, item_id: str) -> StoredItem | None:
        return self.items.get(item_id) or self.box_sets.get(item_id)

    def touch(self, item: StoredItem) -> None:
        """The item was saved: its Etag and the moment of its last save move."""
        item.revision += 1
        item.saved = now_to_the_second()
        self.by_saved.pop(item.id, None)
        self.by_saved[item.id] = item
        self.generation += 1

    def put(self, item: StoredItem) -> None:
        self.items[item.id] = item
        self.by_saved[item.id] = item
        self.generation += 1
        self._index(item)

    def take(self, item: StoredItem) -> None:
        """The item left its library; links to it in box sets stay behind, dead."""
        self._unindex(item)
        self.items.pop(item.id, None)
        self.by_saved.pop(item.id, None)
        self.generation += 1
        for box_id in self._box_sets_of.pop(item.id, set()):
            box = self.box_sets.get(box_id)
            if box is not None and item.id in box.links:
                box.dead[item.id] = box.links.pop(item.id)

    def put_box_set(self, box: StoredBoxSet) -> None:
        self.box_sets[box.id] = box
        self.by_saved[box.id] = box
        self.lost_box_sets.discard(box.id)
        self.generation += 1

    def take_box_set(self, box: StoredBoxSet) -> None:
        self.box_sets.pop(box.id, None)
        self.by_saved.pop(box.id, None)
        self.lost_box_sets.add(box.id)
        self.generation += 1

    def link(self, box: StoredBoxSet, item_id: str) -> None:
        """A dead link to an item that came back comes alive beside the new one."""
        revived = box.dead.pop(item_id, 0) if self.profile.dead_links_revive else 0
        box.links[item_id] = box.links.get(item_id, 0) + 1 + revived
        self._box_sets_of.setdefault(item_id, set()).add(box.id)

    def unlink(self, box: StoredBoxSet, item_id: str) -> None:
        """Takes one link out; where there were two, the item stays a member."""
        left = box.links[item_id] - 1
        if left:
            box.links[item_id] = left
        else:
            del box.links[item_id]
            self._box_sets_of.get(item_id, set()).discard(box.id)

    def box_sets_with(self, item_id: str) -> list[StoredBoxSet]:
        ids = self._box_sets_of.get(item_id, set())
        return [self.box_sets[box_id] for box_id in ids if box_id in self.box_sets]

    def with_provider_id(self, provider: str, value: str) -> list[StoredItem]:
        ids = self._by_provider.get((provider.lower(), value.lower()), {})
        return [self.items[item_id] for item_id in ids]

    def reidentify(self, item: StoredItem, provider_ids: dict[str, str]) -> None:
        """The ids of the film or show changed, often only after its file was seen."""
        self._unindex(item)
        item.provider_ids = provider_ids
        self._index(item)

    def _index(self, item: StoredItem) -> None:
        for provider, value in item.provider_ids.items():
            self._by_provider.setdefault((provider.lower(), value.lower()), {})[item.id] = None
        item.version_key = self._version_key(item)

    def _unindex(self, item: StoredItem) -> None:
        for provider, value in item.provider_ids.items():
            self._by_provider.get((provider.lower(), value.lower()), {}).pop(item.id, None)

    def _version_key(self, item: StoredItem) -> str:
        for provider in ("Tmdb", "Imdb"):
            if item.type in ("Movie", "Series") and provider in item.provider_ids:
                value = item.provider_ids[provider]
                return f"p-{provider.lower()}-{item.type}-{value}-{item.library_id}"
        return item.id
