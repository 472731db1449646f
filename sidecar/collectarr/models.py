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
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

ITEM_ID = re.compile(r"^(\d+|[0-9a-f]{32})\Z", re.ASCII)
_IMDB = re.compile(r"^(?:tt)?0*(\d{1,10})\Z", re.IGNORECASE | re.ASCII)

_GENRES = {"sci-fi": "science-fiction", "scifi": "science-fiction", "tv-film": "tv-movie"}


def utc_now() -> datetime:
    return datetime.now(UTC)


class Kind(StrEnum):
    """`UNKNOWN`: an IMDb id of which nobody has told yet what it names."""

    MOVIE = "movie"
    SHOW = "show"
    UNKNOWN = "unknown"


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
    UNDO = "undo"


class Mode(StrEnum):
    """How a box set is treated: `keep` leaves what people added."""

    KEEP = "keep"
    MIRROR = "mirror"
    ADD_ONLY = "add_only"


class Copies(StrEnum):
    """Of a title that the library holds more than once: all, or the best one."""

    ALL = "all"
    BEST = "best"


class Otherwise(StrEnum):
    """What becomes of a box set out of its season, or with too few titles."""

    EMPTY = "empty"
    DELETE = "delete"


class PosterFrom(StrEnum):
    """Where a box set's poster comes from; `emby`: whatever Emby has stays."""

    EMBY = "emby"
    UPLOAD = "upload"
    SOURCE = "source"
    MOSAIC = "mosaic"


class Merge(StrEnum):
    """How lists are joined: one after the other, or one title of each in turn."""

    IN_ORDER = "in_order"
    TURNS = "turns"


class Order(StrEnum):
    """What a collection's titles are sorted by; `rank`: as its lists have them."""

    RANK = "rank"
    TITLE = "title"
    YEAR = "year"
    RELEASED = "released"
    RATING = "rating"
    ADDED = "added"


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


def genre_word(text: str) -> str:
    """One spelling for all sources: `Sci-Fi & Fantasy` is `sci-fi-fantasy`."""
    word = "-".join(re.findall(r"[^\W_]+", text.casefold()))
    return _GENRES.get(word, word)


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
    """One row of a list; `rank` counts from 1 in list order.

    `genres` are as `genre_word` writes them, `rating` is of 100. `added_at`: when it was put on
    the list. `via`: the row names a `season` or an `episode` of this show. `key` and `note`
    belong to rows that a person keeps by hand.
    """

    rank: int
    title: Title
    poster: str | None = None
    genres: tuple[str, ...] = ()
    rating: int | None = None
    released: date | None = None
    added_at: datetime | None = None
    via: str | None = None
    key: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """Which titles of its lists a collection takes. What is left as it is here lets all through.

    A rule that asks for a value lets no title through that lacks it: no year, no rating, no
    genre. `rating_from` is of 100; `genres` (any of them) and `without_genres` (none of them) are
    as `genre_word` writes them. `in_library`: on each server only what it holds, and with `limit`
    the first so many of those. `not_in`: ids of other collections, whose titles stay out.
    `episodes`: whether a row that names a season or an episode stands for its `show` or is to be
    skipped (`skip`). What has no value to sort by comes last, in either direction.
    """

    kinds: tuple[Kind, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    rating_from: int | None = None
    genres: tuple[str, ...] = ()
    without_genres: tuple[str, ...] = ()
    in_library: bool = False
    not_in: tuple[int, ...] = ()
    episodes: str = "show"
    order: Order = Order.RANK
    descending: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Season:
    """Days of each year, as (month, day), both counted; over New Year's if it ends before it
    begins.
    """

    begins: tuple[int, int]
    ends: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Upkeep:
    """How a collection keeps its box sets.

    `libraries`: (server id, library id) that it is confined to; of a server without any here all
    that are in use. With fewer than `least` titles on a server, or out of its `season`, the box
    set is not made there, or `otherwise` done to it. `share`, `at_once` and `week_share`: how
    much may be taken out without asking, of 1 and in titles; None: as usual.
    """

    copies: Copies = Copies.ALL
    libraries: tuple[tuple[int, str], ...] = ()
    least: int = 1
    season: Season | None = None
    otherwise: Otherwise = Otherwise.EMPTY
    share: float | None = None
    at_once: int | None = None
    week_share: float | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """How the box sets of a collection look in Emby. None, or no tags: as they are there.

    `name` is a template; None: the collection's own name. `display_order` is a word of Emby's.
    `picture`: the hash of the poster that a person gave, whether it is the one in use or not.
    """

    name: str | None = None
    overview: str | None = None
    sort_name: str | None = None
    display_order: str | None = None
    tags: tuple[str, ...] = ()
    poster: PosterFrom = PosterFrom.EMBY
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class ListInfo:
    """What a source says about a list before it is read.

    `reference` names it at its source;
    `version` changes whenever its content does, None where the source has no such mark;
    `item_count` is what the source promises, None where it does not say. `source_id` is a
    reference too, one that survives a renaming. `named`: False where the source told no name, and
    `name` is made of the reference.
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
    source_id: str | None = None
    updated_at: datetime | None = None
    poster: str | None = None
    named: bool = True


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
    """`used`: whether its user wants what it holds in collections."""

    id: str
    name: str
    kind: str
    locations: tuple[str, ...] = ()
    used: bool = True


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
