"""What collection_editor.html takes, rendered as `page`.

Regions: head, undo, found, rows. Forms post to /collections/{id}/edit/{add,paste,upload,row,
undo,sync}, with the page's `state` as their query: where to come back to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from collectarr.pages.parts import Choice, Form, Id, Poster


@dataclass(frozen=True, slots=True)
class EditorRow:
    """`place` counts from 1. `has` None: it is not known what the id means."""

    key: str
    place: int
    poster: Poster
    about: str
    has: bool | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A title to add; `fields` are what its form sends. `place` 0: it is not on the list."""

    poster: Poster
    about: str
    told_by: str
    in_library: bool
    listed: bool
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Search:
    """`hint` says what to connect where only the own libraries can be searched."""

    query: str = ""
    found: tuple[FoundRow, ...] = ()
    problems: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class BadLine:
    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class PasteReport:
    """What came of a paste or a file. `more` counts lines not understood beyond `lines`."""

    words: str
    lines: tuple[BadLine, ...] = ()
    more: int = 0

    @property
    def count(self) -> int:
        return len(self.lines) + self.more


@dataclass(frozen=True, slots=True)
class Undo:
    token: str
    words: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where in the list one is. Pages count from 1; the links are "" where they lead nowhere."""

    page: int
    pages: int
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class EditorPage:
    """`way` of adding: search, paste or file. `total` counts the list, `found` what is filtered.

    `kept` are the hidden fields that a form by GET takes along; `unsynced`: it was changed since
    its last sync.
    """

    id: Id
    name: str
    total: int
    found: int
    rows: tuple[EditorRow, ...]
    leaf: Leaf
    query: str
    way: str
    ways: tuple[Choice, ...]
    state: str
    kept: Mapping[str, str]
    search: Search = field(default_factory=Search)
    form: Form = field(default_factory=Form)
    report: PasteReport | None = None
    undo: Undo | None = None
    unsynced: bool = False
