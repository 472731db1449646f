"""What the pages about corrections take: one frozen dataclass per page, rendered as `page`."""

from dataclasses import dataclass

from collectarr.pages.parts import Choice, Form, Pager, Poster
from collectarr.pages.words import IdLink, When


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item of a library. `fits`: it is of the title's kind; `href` opens it in Emby."""

    item_id: str
    poster: Poster
    about: str
    ids: str
    href: str
    fits: bool
    pinned: bool


@dataclass(frozen=True, slots=True)
class MatchServer:
    """One title on one server: its items, or why it has none, what comes near, what was found.

    `by` is how it was matched in words, "" where it was not; `total` counts all that were found.
    """

    id: int
    name: str
    why: str
    by: str
    conflict: bool
    items: tuple[Candidate, ...]
    near: tuple[Candidate, ...]
    found: tuple[Candidate, ...]
    total: int
    pinned: bool


@dataclass(frozen=True, slots=True)
class SaidLine:
    """One correction in words. `gone`: the items of a pin are not there any more."""

    id: int
    title: str
    act: str
    words: str
    gone: bool
    when: When


@dataclass(frozen=True, slots=True)
class MatchPage:
    """A title as its list has it (`key` tells it), and what it is taken for.

    `form` fields: to. `unsynced`: something was said since the last sync.
    """

    id: int
    collection: str
    rank: int
    key: str
    poster: Poster
    about: str
    ids: tuple[IdLink, ...]
    said: tuple[SaidLine, ...]
    servers: tuple[MatchServer, ...]
    query: str
    form: Form
    excluded: bool
    unsynced: bool


@dataclass(frozen=True, slots=True)
class CorrectionsPage:
    """All that somebody said, the newest first. `filtered`: some are left out."""

    lines: tuple[SaidLine, ...]
    acts: tuple[Choice, ...]
    query: str
    act: str
    filtered: bool
    beyond: bool
    total: int
    pager: Pager
