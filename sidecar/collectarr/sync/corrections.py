"""What people said about single titles, once, for all of their lists. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from operator import itemgetter

from collectarr.models import Item, Kind, Title
from collectarr.sync.index import PresenceIndex, disagreements, shared_id
from collectarr.sync.names import comparable
from collectarr.sync.titles import names_of

Identity = tuple[Kind | None, str, str | int | None]


@dataclass(frozen=True, slots=True)
class Pin:
    """`title` is these items, whatever their ids say, and they are nothing else.

    `known_as`: what they were when it was said; that finds them again under a new id.
    """

    title: Title
    items: tuple[str, ...]
    known_as: tuple[Title, ...] = ()


@dataclass(frozen=True, slots=True)
class Map:
    """Where a list says `title`, it means `to`."""

    title: Title
    to: Title


@dataclass(frozen=True, slots=True)
class Exclude:
    """`title` is never matched."""

    title: Title


Correction = Pin | Map | Exclude
Held = Mapping[Pin, tuple[Item, ...]]


def identities(title: Title) -> tuple[Identity, ...]:
    """All by which a title is known again in another list: its ids, its name with the year.

    Only IMDb numbers films and shows together; there the kind may not be known yet.
    """
    named: list[Identity] = [
        (None if name == "imdb" else title.kind, name, value)
        for name, value in title.ids.as_dict().items()
        if value is not None
    ]
    if title.title and (title.year or not named):
        named.append(_name_of(title))
    return tuple(named)


def _name_of(title: Title) -> Identity:
    return title.kind, comparable(title.title), title.year


def is_about(one: Title, other: Title) -> bool:
    """Whether they are the same title: they share an id and disagree in none.

    Where one of them has no ids, name and year decide.
    """
    if one.ids and other.ids:
        return bool(shared_id(one.ids, other.ids)) and not disagreements(one.ids, other.ids)
    return _name_of(one) == _name_of(other)


@dataclass(frozen=True, slots=True)
class Corrections:
    """All of one user's on one server. Of several for one title the last one counts.

    `years`: of titles without an id, which are looked for by their name even where a row has ids.
    """

    by_identity: Mapping[Identity, list[tuple[int, Correction]]] = field(default_factory=dict)
    pins: tuple[Pin, ...] = ()
    years: frozenset[int | None] = frozenset()
    _held: list[tuple[PresenceIndex, Held]] = field(default_factory=list, compare=False)

    @classmethod
    def of(cls, said: Iterable[Correction]) -> "Corrections":
        said = list(said)
        known: dict[Identity, list[tuple[int, Correction]]] = defaultdict(list)
        for place, one in enumerate(said):
            for identity in identities(one.title):
                known[identity].append((place, one))
        years = frozenset(one.title.year for one in said if not one.title.ids)
        corrections = cls(dict(known), years=years)
        pins = (one for one in said if isinstance(one, Pin) and corrections.about(one.title) is one)
        return cls(corrections.by_identity, tuple(pins), years)

    def __bool__(self) -> bool:
        return bool(self.by_identity)

    def about(self, title: Title) -> Correction | None:
        """What was said of `title`, last."""
        found = self._heard(title)
        return max(found, key=itemgetter(0))[1] if found else None

    def _heard(self, title: Title) -> list[tuple[int, Correction]]:
        by_identity, ids = self.by_identity, title.ids
        found: list[tuple[int, Correction]] = []
        # Spelled out: this is asked of every row of every list.
        if ids.imdb is not None:
            found += by_identity.get((None, "imdb", ids.imdb), ())
        if ids.tmdb is not None:
            found += by_identity.get((title.kind, "tmdb", ids.tmdb), ())
        if ids.tvdb is not None:
            found += by_identity.get((title.kind, "tvdb", ids.tvdb), ())
        if ids.trakt is not None:
            found += by_identity.get((title.kind, "trakt", ids.trakt), ())
        if title.year in self.years or not ids:
            found += by_identity.get(_name_of(title), ())
        return [one for one in found if is_about(one[1].title, title)] if found else found

    def held(self, index: PresenceIndex) -> Held:
        """What the pins hold there; worked out once, however many lists are matched."""
        if not self._held or self._held[0][0] is not index:
            self._held[:] = [(index, {pin: items_of(pin, index) for pin in self.pins})]
        return self._held[0][1]


def items_of(pin: Pin, index: PresenceIndex) -> tuple[Item, ...]:
    """What was pinned. What came back under a new id is known by its own ids, or by its name.

    An id that Emby gave to something else since then is not followed.
    """
    there = index.by_item_id()
    found: dict[str, Item] = {}
    lost = []
    for key, was in zip_longest(pin.items, pin.known_as):
        item = there.get(key) if key is not None else None
        if item is not None and (was is None or is_still(item.title, was)):
            found[item.id] = item
        elif was is not None:
            lost.append(was)
    for was in lost:
        found.update((item.id, item) for item in _again(was, index))
    return tuple(found.values())


def is_still(now: Title, was: Title) -> bool:
    """Whether an item is what it was, though somebody may have corrected its name or ids."""
    if now.kind is not was.kind:
        return False
    if not disagreements(now.ids, was.ids) or shared_id(now.ids, was.ids):
        return True
    return comparable(now.title) == comparable(was.title)


def _again(was: Title, index: PresenceIndex) -> list[Item]:
    if was.ids:
        by_ids = index.by_ids(was).values()
        return [item for item in by_ids if not disagreements(was.ids, item.title.ids)]
    named = [
        item
        for item in index.by_names(was.kind, names_of(was, library=True))
        if _name_of(item.title) == _name_of(was)
    ]
    return named if len(named) == 1 else []
