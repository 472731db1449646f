"""The words of the product.

title       a film or show known by its ids; TMDb and TVDB number the two kinds apart
list        one list at one source, kept as its last good snapshot
server      one Emby server of one user; item: one row of its libraries
presence    which titles a server holds
collection  what a user defines; box set: the Emby collection it keeps
plan        what to add and remove in one box set; run: one execution
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

ITEM_ID = re.compile(r"^(\d+|[0-9a-f]{32})\Z", re.ASCII)
_IMDB = re.compile(r"^(?:tt)?0*(\d{1,10})\Z", re.IGNORECASE | re.ASCII)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Kind(StrEnum):
    MOVIE = "movie"
    SHOW = "show"


class RunStatus(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    HELD = "HELD"
    CANCELLED = "CANCELLED"


class Trigger(StrEnum):
    MANUAL = "manual"
    SCHEDULE = "schedule"
    CREATED = "created"
    APPROVED = "approved"
    COMMAND = "command"
    EVENT = "event"


class Mode(StrEnum):
    """How a box set is treated: `keep` leaves what people added."""

    KEEP = "keep"
    MIRROR = "mirror"
    ADD_ONLY = "add_only"


def imdb_id(value: object) -> str | None:
    """`tt` + at least seven digits, also from `0133093` or `TT133093`; else None."""
    match = _IMDB.match(str(value).strip()) if value is not None else None
    if match is None or not int(match[1]):
        return None
    return f"tt{int(match[1]):07d}"


def number_id(value: object) -> int | None:
    """A positive integer, also from text; sources write 0 or "" for "none"."""
    text = str(value).strip() if value is not None else ""
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        return None
    return int(text) or None


@dataclass(frozen=True, slots=True)
class Ids:
    """What the databases call a title. Only meaningful together with its kind."""

    imdb: str | None = None
    tmdb: int | None = None
    tvdb: int | None = None
    trakt: int | None = None

    @classmethod
    def of(
        cls, imdb: object = None, tmdb: object = None, tvdb: object = None, trakt: object = None
    ) -> "Ids":
        """From whatever a source wrote; what is not an id becomes None."""
        return cls(imdb_id(imdb), number_id(tmdb), number_id(tvdb), number_id(trakt))

    def as_dict(self) -> dict[str, str | int | None]:
        return {"imdb": self.imdb, "tmdb": self.tmdb, "tvdb": self.tvdb, "trakt": self.trakt}

    def __bool__(self) -> bool:
        return any((self.imdb, self.tmdb, self.tvdb, self.trakt))


@dataclass(frozen=True, slots=True)
class Title:
    kind: Kind
    title: str
    year: int | None = None
    ids: Ids = field(default_factory=Ids)
    original_title: str | None = None


@dataclass(frozen=True, slots=True)
class ListItem:
    """One row of a list; `rank` counts from 1 in list order."""

    rank: int
    title: Title
    poster: str | None = None


@dataclass(frozen=True, slots=True)
class ListInfo:
    """What a source says about a list before it is read.

    `reference` names it at its source for good (it survives a rename there);
    `version` changes whenever its content does, None where the source has no such mark;
    `item_count` is what the source promises, None where it does not say.
    """

    source: str
    reference: str
    name: str
    owner: str | None = None
    url: str | None = None
    description: str | None = None
    item_count: int | None = None
    version: str | None = None
    public: bool = False
    kinds: tuple[Kind, ...] = (Kind.MOVIE, Kind.SHOW)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A list as read whole, in list order. `short_by` counts promised rows that did not come."""

    info: ListInfo
    items: tuple[ListItem, ...]
    short_by: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One film or show in a library of a server. `versions` groups rows that Emby merges."""

    id: str
    title: Title
    library_id: str | None = None
    versions: str | None = None


@dataclass(frozen=True, slots=True)
class Library:
    id: str
    name: str
    kind: str
    locations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BoxSet:
    """An Emby collection as its server lists it; `folder` is the last part of its path."""

    id: str
    name: str
    folder: str | None = None
    etag: str | None = None
    child_count: int | None = None
    marker: str | None = None
    image_tag: str | None = None
    overview: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    id: str
    name: str
    kind: Kind | None = None
    year: int | None = None
    versions: str | None = None


@dataclass(frozen=True, slots=True)
class KnownMember:
    """What we remember of one item of a box set.

    owner: `ours` only if it was proven absent when we added it, else `found`.
    state: `adding` and `removing` were sent but not yet seen settled, `in` was;
    `kept_out` was taken out by a person; `pinned` stays because a person said so.
    """

    item_id: str
    owner: str
    state: str


@dataclass(slots=True)
class Requests:
    """Requests made to one server, retries included."""

    reads: int = 0
    writes: int = 0

    def count(self, method: str) -> None:
        if method in ("GET", "HEAD"):
            self.reads += 1
        else:
            self.writes += 1

    def as_dict(self) -> dict[str, Any]:
        return {"reads": self.reads, "writes": self.writes}
