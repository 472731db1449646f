"""What the templates about sources take: accounts, lists in use, and what there is to browse.

settings_sources.html   regions alerts, sources, lists        SourcesPage
settings_code.html      region code                           CodePage
settings_leave.html                                           LeavePage
browse.html             regions tabs, shelf                   BrowsePage
browse_list.html        region list                           OpenedPage
collection_new.html                                           NewPage

Forms post to /settings/sources/{source} (field key) and /settings/sources/{source}/{disconnect,
code,stop,leave}; to /browse/{source} and /browse/{source}/{reference} (ask again), and to
/browse (fields source, list, collection).
"""

from dataclasses import dataclass, field

from collectarr.pages.parts import Choice, Coverage, Form, Pager, Poster
from collectarr.pages.views import Attention, CollectionForm
from collectarr.pages.words import Badge, When


@dataclass(frozen=True, slots=True)
class Quota:
    """Requests that are left. `low`: soon there are none."""

    left: int
    limit: int
    resets: When | None = None
    low: bool = False


@dataclass(frozen=True, slots=True)
class SourceCard:
    """A source and the account there. `needs`: what has to be set first; `by_code` and
    `by_browser`: ways to connect beside a key; `waiting`: a code was not typed yet; `lost`: only
    its owner can bring the account back; `leaving`: what becomes of what uses it without it.
    """

    name: str
    label: str
    about: str
    state: Badge
    form: Form
    own: bool = False
    lost: bool = False
    who: str = ""
    facts: tuple[tuple[str, When, str], ...] = ()
    quota: Quota | None = None
    problem: str = ""
    needs: str = ""
    by_key: bool = False
    key_help: str = ""
    by_code: bool = False
    by_browser: bool = False
    waiting: bool = False
    leaving: str = ""


@dataclass(frozen=True, slots=True)
class ListLine:
    """A list that collections follow. `titles`: how many came, and of how many if not all."""

    name: str
    owner: str
    href: str
    state: Badge
    problem: str
    read: When | None
    titles: str
    short: bool
    collections: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ListsOfSource:
    source: str
    lines: tuple[ListLine, ...]


@dataclass(frozen=True, slots=True)
class SourcesPage:
    cards: tuple[SourceCard, ...]
    alerts: tuple[Attention, ...]
    in_use: tuple[ListsOfSource, ...]


@dataclass(frozen=True, slots=True)
class CodePage:
    """A sign-in with a code. `state`: pending, connected, or how else it ended; `left` in words,
    `until` for machines.
    """

    source: str
    label: str
    state: str
    code: str
    address: str
    until: str
    left: str
    message: str = ""
    username: str = ""


@dataclass(frozen=True, slots=True)
class LeavePage:
    """On the way to the source's own page."""

    label: str
    address: str


@dataclass(frozen=True, slots=True)
class LibraryLine:
    """`at_least`: titles were looked for by their ids alone, so there may be more."""

    server: str
    library: str
    coverage: Coverage
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class ListCard:
    """A list to open. `used_by`: the collections that follow it, in words; `updated`: by its owner.

    `libraries`: how much of it each holds, the fullest first, where its titles are known; `as_of`
    says of when, if that is not now. `unread`: nobody has looked, so nothing can be said.
    """

    href: str
    name: str
    owner: str
    size: str
    private: bool
    updated: When | None = None
    used_by: str = ""
    posters: tuple[Poster, ...] = ()
    libraries: tuple[LibraryLine, ...] = ()
    as_of: str = ""
    unread: bool = False

    @property
    def drawn(self) -> Poster:
        return Poster(self.name)

    @property
    def many_servers(self) -> bool:
        return len({line.server for line in self.libraries}) > 1


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is nothing to see, and the one link that helps. `wait`: it is being read."""

    title: str
    text: str
    href: str = ""
    action: str = ""
    wait: bool = False
    art: str = "server"


@dataclass(frozen=True, slots=True)
class ShelfView:
    """One look at a source; `read` is when it answered, `total` may be more than the cards.
    `problem`: why that was not just now, though it was wanted.
    """

    label: str
    cards: tuple[ListCard, ...] = ()
    total: int = 0
    read: When | None = None
    trouble: Trouble | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class BrowsePage:
    """`form` fields: address. `own`: shelves of what is the user's; `either`: sources where an
    address could be meant.
    """

    source: str
    label: str
    form: Form
    tabs: tuple[Choice, ...]
    own: tuple[Choice, ...]
    shelves: tuple[Choice, ...]
    shelf: ShelfView
    shelf_name: str = ""
    query: str = ""
    can_search: bool = True
    quota: Quota | None = None
    either: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class ListTitle:
    """`in_library` is None where there is no server to look at."""

    rank: int
    poster: Poster
    about: str
    in_library: bool | None


@dataclass(frozen=True, slots=True)
class OpenedList:
    """A list with its titles. `short`: what was promised and did not come, in words; `problem`:
    why it was not read anew, though that was wanted.
    """

    card: ListCard
    description: str
    url: str
    read: When
    short: str
    libraries: tuple[LibraryLine, ...]
    titles: tuple[ListTitle, ...]
    pager: Pager
    collections: tuple[Choice, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class OpenedPage:
    """`list` None: `trouble` says why."""

    source: str
    label: str
    reference: str
    name: str
    back: str
    list: OpenedList | None = None
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class ListPick:
    """A list that the account can choose from; `value` is what the form sends as `pick`."""

    value: str
    name: str
    items: int | None = None
    owner: str = ""
    used_by: str = ""
    selected: bool = False


@dataclass(frozen=True, slots=True)
class PickGroup:
    """Lists to choose from; `hint` tells why there are none, or not all."""

    label: str
    lists: tuple[ListPick, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class StarterLine:
    """A list that comes with the product."""

    id: str
    name: str
    about: str
    titles: int


@dataclass(frozen=True, slots=True)
class NewPage:
    """`chosen`: the list that it is to be made of, at `source`; None: it has to be named. `own`:
    the form of a list to keep by hand, field name.
    """

    edit: CollectionForm
    source: str = ""
    chosen: ListCard | None = None
    groups: tuple[PickGroup, ...] = ()
    starters: tuple[StarterLine, ...] = ()
    own: Form = field(default_factory=Form)
