"""What Emby really holds, read from the stand-ins themselves: no product code looks for us."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from collectarr.demo.emby import EmbyStandIn
from collectarr.demo.emby.state import StoredBoxSet, StoredItem

Key = str
"""An item; where Emby merges the versions of a film, all of them together."""
Place = tuple[int, str]
"""Number of the Emby, id of the box set."""
Spot = tuple[int, int]
"""Number of the collection, number of the Emby: one target."""


@dataclass(frozen=True)
class BoxSeen:
    name: str
    overview: str
    poster: bytes | None
    members: frozenset[Key]


Seen = Mapping[Place, BoxSeen]


def key_of(emby: EmbyStandIn, item: StoredItem) -> Key:
    if emby.profile.merges_versions and item.version_key:
        return item.version_key
    return item.id


def keys_of(emby: EmbyStandIn, item_ids: Iterable[str]) -> frozenset[Key]:
    there = emby.core.state.items
    return frozenset(key_of(emby, there[key]) for key in item_ids if key in there)


def box_seen(emby: EmbyStandIn, box: StoredBoxSet) -> BoxSeen:
    image = box.image("Primary")
    return BoxSeen(
        box.name,
        box.detail("Overview") or "",
        image.body if image else None,
        keys_of(emby, box.links),
    )


def seen(embys: Iterable[EmbyStandIn]) -> Seen:
    return {
        (s, box.id): box_seen(emby, box) for s, emby in enumerate(embys) for box in emby.box_sets
    }


def number_of(item: StoredItem) -> int | None:
    """Which film it is, by its ids; None before Emby knows."""
    number = item.provider_ids.get("Tmdb")
    return int(number) if number else None
