"""What the look tab of a collection takes."""

from dataclasses import dataclass

from collectarr.pages.parts import Choice, Form, Id


@dataclass(frozen=True, slots=True)
class PosterChoice:
    """Where the poster comes from. `url` shows how it would be, None where that cannot be told."""

    value: str
    label: str
    help: str
    selected: bool
    url: str | None = None


@dataclass(frozen=True, slots=True)
class KeptField:
    """Something that somebody changed in Emby; `field` is sent to take ours again."""

    field: str
    words: str
    action: str


@dataclass(frozen=True, slots=True)
class ServerLook:
    """`poster`: whose picture is there, in words; `tone`: ok, warn or quiet."""

    id: Id
    name: str
    poster: str
    tone: str = "quiet"
    kept: tuple[KeptField, ...] = ()


@dataclass(frozen=True, slots=True)
class LookTab:
    """Fields: look_name, overview, sort_name, display_order, tags, poster; picture (a file).

    `called` is the name as it would be now; `name`, `count` and `total` are what it is made of.
    """

    form: Form
    posters: tuple[PosterChoice, ...]
    orders: tuple[Choice, ...]
    called: str
    name: str
    count: int
    total: int
    servers: tuple[ServerLook, ...] = ()
    more: bool = False
