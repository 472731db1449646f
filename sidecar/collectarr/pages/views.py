"""What each template takes: one frozen dataclass per page, rendered as `page`.

Times are `When`, statuses `Badge`: `words` makes both; what pages share is in `parts`. Paths are
without the base path, the templates put it on. Regions that live.js and swap.js reload (each a
block of the same name; the header `X-Fragment` names those wanted, with commas):

dashboard.html            live, stats, additions, runs, side
collections.html          results
collection.html           header, attention, live, panel
runs.html                 results            run.html             run
settings_servers.html     servers            settings_audit.html    results
every page                chip, flash
A fragment comes as `<div data-region="name">block</div>`, one after the other. Every template also
takes the globals url, static, icon, version and csrf, user, theme, flash, active, live (a `Chip`).

Forms post to (every one with `csrf`; answer 303 back, or 422 with the page and its `Form`):
/setup /login /logout /register /sync /collections/new /settings/account/{password,theme,sessions}
/collections/{id}/{sync,pause,resume,settings,delete,box-set} /runs/{id}/{approve,reject,cancel}
/settings/servers (button `do`: test or add) /settings/servers/{id}/{test,remove}
/settings/installation

What is about sources is in source_views.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from collectarr.pages.collection_parts import ListLine, RulesForm
from collectarr.pages.collection_upkeep import UpkeepForm
from collectarr.pages.coverage_line import CoverageLine
from collectarr.pages.look_views import LookTab
from collectarr.pages.parts import (
    Choice,
    Coverage,
    Diff,
    Form,
    Id,
    LiveRun,
    Pager,
    Poster,
    RunLine,
    Source,
)
from collectarr.pages.words import Badge, IdLink, When


@dataclass(frozen=True, slots=True)
class SetupPage:
    form: Form
    token_needed: bool


@dataclass(frozen=True, slots=True)
class LoginPage:
    """`next` is the same-origin path asked for; may_register shows the link to /register; `lead`
    tells why somebody in the middle of something is here.
    """

    form: Form
    next: str = ""
    may_register: bool = False
    lead: str = ""


@dataclass(frozen=True, slots=True)
class ErrorPage:
    status: int
    title: str
    text: str
    action: str = "Go to the dashboard"
    href: str = "/"
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the first-run checklist."""

    title: str
    text: str
    href: str
    action: str
    done: bool


@dataclass(frozen=True, slots=True)
class ServerLine:
    id: Id
    name: str
    version: str
    state: Badge
    libraries: int
    items: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that waits for a person, with the one link that mends it."""

    tone: str
    icon: str
    title: str
    text: str
    href: str
    action: str


@dataclass(frozen=True, slots=True)
class DashboardPage:
    """`steps` not empty = the checklist is shown instead of everything else."""

    steps: tuple[Step, ...] = ()
    active: int = 0
    collections: int = 0
    coverage: Coverage = field(default_factory=Coverage)
    last_run: RunLine | None = None
    next_run: When | None = None
    next_what: str = ""
    live: LiveRun | None = None
    queued: int = 0
    servers: tuple[ServerLine, ...] = ()
    runs: tuple[RunLine, ...] = ()
    attention: tuple[Attention, ...] = ()
    newest: tuple[Poster, ...] = ()


@dataclass(frozen=True, slots=True)
class CollectionCard:
    """`posters`: four make a mosaic, otherwise the first is shown, none = a drawn tile. `served`:
    there is a library to compare it with.
    """

    id: Id
    name: str
    source: Source
    coverage: Coverage
    status: Badge
    enabled: bool
    posters: tuple[Poster, ...] = ()
    served: bool = True

    @property
    def drawn(self) -> Poster:
        return Poster(self.name)


@dataclass(frozen=True, slots=True)
class CollectionsPage:
    """`collections` counts all of them, whatever the filter. 36 cards a page fit the budget."""

    cards: tuple[CollectionCard, ...]
    collections: int
    query: str
    statuses: tuple[Choice, ...]
    sorts: tuple[Choice, ...]
    pager: Pager


@dataclass(frozen=True, slots=True)
class CollectionForm:
    """Fields: list, pick, name, interval_hours, mode, servers (many).

    `list` as typed wins over `pick`. For an existing collection `source` is given, neither is
    asked, and `lists` are its own (fields: lists, op-ID, act, add_list, add_op); `moved`: not as
    they are kept. `unknown`: by field, the genres that no title of the user's lists has, in words.
    """

    form: Form
    servers: tuple[Choice, ...]
    modes: tuple[Choice, ...]
    source: Source | None = None
    rules: RulesForm | None = None
    lists: tuple[ListLine, ...] = ()
    add_ops: tuple[Choice, ...] = ()
    moved: bool = False
    upkeep: UpkeepForm | None = None
    unknown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Presence:
    """An item on one server; `matched_by` in words, "" = not there; `href` opens it in Emby."""

    server: str
    matched_by: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class TitleChoice:
    """What can be decided about a title: its fields go to the collection's address `verb`."""

    verb: str
    label: str
    icon: str


@dataclass(frozen=True, slots=True)
class TitleCard:
    """One title of a list. `why`: a sentence on how it matched, or why it is missing or left out.

    `in_library` is None where nobody has looked, or where it does not matter. `match` leads to
    where its match is corrected; `conflict`: ids that disagree keep it out.
    """

    rank: int
    poster: Poster
    kind: str
    in_library: bool | None
    why: str
    ids: tuple[IdLink, ...] = ()
    servers: tuple[Presence, ...] = ()
    pinned: bool = False
    left_out: bool = False
    conflict: bool = False
    match: str = ""
    choices: tuple[TitleChoice, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ItemsTab:
    """`show` filters by all, owned, missing or left out. 48 titles a page fit the budget."""

    titles: tuple[TitleCard, ...]
    show: tuple[Choice, ...]
    pager: Pager
    note: str = ""
    filled: bool = False


@dataclass(frozen=True, slots=True)
class PreviewTab:
    diffs: tuple[Diff, ...]


@dataclass(frozen=True, slots=True)
class HistoryTab:
    """`line`: how its coverage went; None with less than two days to draw."""

    runs: tuple[RunLine, ...]
    pager: Pager
    line: CoverageLine | None = None


@dataclass(frozen=True, slots=True)
class SettingsTab:
    """`adopted` asks for the name to be typed (`confirm`) before Emby's box set is deleted."""

    edit: CollectionForm
    adopted: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """Why a collection waits. `kind`: removals, name_taken, gone, problem.

    removals: `run_id` and `diffs`; name_taken and gone: `server_id`, `server`, `name` of the box
    set, and `form` (fields choice: adopt, rename, leave / recreate, stop; name); problem: `href`
    and `action` of the one fix.
    """

    kind: str
    title: str
    text: str
    run_id: Id = ""
    diffs: tuple[Diff, ...] = ()
    server_id: Id = ""
    server: str = ""
    name: str = ""
    href: str = ""
    action: str = ""
    adoptable: bool = True
    form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True)
class KeptOutLine:
    """A title that a person took out in Emby; `server` where there are several."""

    server_id: Id
    item_id: str
    title: str
    year: int | None
    server: str


@dataclass(frozen=True, slots=True)
class CollectionPage:
    """`tab` is items, preview, history, look or settings, and exactly that one is given.

    `backdrop` is the mosaic as the server blurred and darkened it, None where there is none.
    `by_hand`: it has a list that is kept by hand, with an editor of its own. `resting`: why its
    box sets are empty on purpose; `kept_out`: what people took out of them in Emby. `changed`:
    since its last sync. `served`: there is a server at all; `looked`: one was looked at for its
    titles.
    """

    id: Id
    name: str
    source: Source
    coverage: Coverage
    status: Badge
    enabled: bool
    schedule: str
    posters: tuple[Poster, ...]
    tab: str
    backdrop: str | None = None
    synced: When | None = None
    servers: tuple[str, ...] = ()
    held: tuple[Held, ...] = ()
    resting: tuple[str, ...] = ()
    kept_out: tuple[KeptOutLine, ...] = ()
    live: LiveRun | None = None
    items: ItemsTab | None = None
    preview: PreviewTab | None = None
    history: HistoryTab | None = None
    settings: SettingsTab | None = None
    look: LookTab | None = None
    by_hand: bool = False
    paused: str = ""
    changed: bool = False
    served: bool = True
    looked: bool = True

    @property
    def drawn(self) -> Poster:
        return Poster(self.name)


@dataclass(frozen=True, slots=True)
class Check:
    """One of the four steps of a server test; `ok` None = not reached."""

    name: str
    ok: bool | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class LibraryLine:
    id: str
    name: str
    items: int
    used: bool = True


@dataclass(frozen=True, slots=True)
class ServerCard:
    """`delta`, `live` and `box_sets` say in words how changes are noticed, `deletes` what it takes
    to delete, `account` who is signed in. `sign_in` fields: username, password; `edit` fields:
    name, url, api_key.
    """

    id: Id
    name: str
    url: str
    version: str
    state: Badge
    libraries: tuple[LibraryLine, ...] = ()
    delta: str = ""
    live: str = ""
    seen: When | None = None
    problem: str = ""
    collections: int = 0
    checks: tuple[Check, ...] = ()
    box_sets: str = ""
    deletes: str = ""
    account: str = ""
    signed_in: bool = False
    sign_in: Form | None = None
    edit: Form | None = None


@dataclass(frozen=True, slots=True)
class ServersPage:
    """`form` fields: name, url, api_key. `checks` is the result of a test before saving."""

    servers: tuple[ServerCard, ...]
    form: Form
    checks: tuple[Check, ...] = ()
