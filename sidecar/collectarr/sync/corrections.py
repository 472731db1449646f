"""What people said about single titles, once, for all of their lists. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from collectarr.models import Kind, Title
from collectarr.sync.index import disagreements
from collectarr.sync.names import comparable

Identity = tuple[Kind, str, str | int | None]


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


def identities(title: Title) -> tuple[Identity, ...]:
    """All by which a title is known again in another list: its ids, or else name and year."""
    named: tuple[Identity, ...] = tuple(
        (title.kind, name, value)
        for name, value in title.ids.as_dict().items()
        if value is not None
    )
    return named or ((title.kind, comparable(title.title), title.year),)


@dataclass(frozen=True, slots=True)
class Corrections:
    """All of one user's. Of several for one title the last one counts."""

    by_identity: Mapping[Identity, list[Correction]] = field(default_factory=dict)
    pins: tuple[Pin, ...] = ()

    @classmethod
    def of(cls, said: Iterable[Correction]) -> "Corrections":
        said = list(said)
        known: dict[Identity, list[Correction]] = defaultdict(list)
        for one in said:
            for identity in identities(one.title):
                known[identity].append(one)
        corrections = cls(dict(known))
        pins = (one for one in said if isinstance(one, Pin) and corrections.about(one.title) is one)
        return cls(corrections.by_identity, tuple(pins))

    def __bool__(self) -> bool:
        return bool(self.by_identity)

    def about(self, title: Title) -> Correction | None:
        """What was said of `title`: of one that shares an id with it and disagrees in none."""
        said = (one for identity in identities(title) for one in self.by_identity.get(identity, ()))
        fitting = [one for one in said if not disagreements(one.title.ids, title.ids)]
        return fitting[-1] if fitting else None
