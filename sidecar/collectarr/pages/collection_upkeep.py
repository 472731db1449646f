"""The fields that say how a collection keeps its box sets, and what was typed into them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from collectarr.models import Copies, Otherwise, Season, Upkeep
from collectarr.pages.parts import Choice
from collectarr.pages.typed import Typed
from collectarr.store.servers import Server
from collectarr.sync.define_upkeep import AT_ONCE, MOST_TITLES, is_day
from collectarr.sync.guard import Limits
from collectarr.sync.seasons import MONTHS

MARK = "upkeep"
"""A form that has these fields sends this one, whatever else of them is empty."""
COPIES = (
    (Copies.ALL, "All of them", ""),
    (Copies.BEST, "Only the best one", "The one with the highest resolution."),
)
OTHERWISE = (
    (
        Otherwise.EMPTY,
        "Take out what Collectarr put in",
        "The collection stays in Emby; what people added stays in it.",
    ),
    (
        Otherwise.DELETE,
        "Delete it",
        "Only if Collectarr made it and nobody added anything; else its own titles are taken out.",
    ),
)
LIMITS = {"share": (1, 100), "at_once": AT_ONCE, "week_share": (1, 100)}
"""Field and range; shares in per cent."""
ENDS = ("begins", "ends")


@dataclass(frozen=True, slots=True)
class LibraryBoxes:
    """The libraries of one server, each with a box to tick."""

    server: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class UpkeepForm:
    """Further fields: least, share, at_once, week_share, season_begins_day and the like.

    `usual`: what holds where a limit is left empty, by field, in words.
    """

    copies: tuple[Choice, ...]
    otherwise: tuple[Choice, ...]
    seasonal: bool
    months: Mapping[str, tuple[Choice, ...]]
    libraries: tuple[LibraryBoxes, ...] = ()
    usual: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """A server with the libraries of it that are in use, as (id, name)."""

    server: Server
    libraries: Sequence[tuple[str, str]]


def stored_upkeep_fields(
    upkeep: Upkeep, known: Sequence[Kept]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The fields as they are kept, and the boxes of libraries that are ticked."""
    values = {
        "copies": upkeep.copies.value,
        "otherwise": upkeep.otherwise.value,
        "least": "" if upkeep.least == 1 else str(upkeep.least),
        "seasonal": "yes" if upkeep.season else "",
        "at_once": "" if upkeep.at_once is None else str(upkeep.at_once),
        "share": per_cent(upkeep.share),
        "week_share": per_cent(upkeep.week_share),
    }
    if upkeep.season is not None:
        for name in ENDS:
            month, day = getattr(upkeep.season, name)
            values |= {f"season_{name}_month": str(month), f"season_{name}_day": str(day)}
    return values, tuple(_box(one.server.id, key) for one in known for key in _ticked(upkeep, one))


def _ticked(upkeep: Upkeep, one: Kept) -> list[str]:
    confined = {key for server, key in upkeep.libraries if server == one.server.id}
    return [key for key, _ in one.libraries if not confined or key in confined]


def _box(server_id: int, library_id: str) -> str:
    return f"{server_id}:{library_id}"


def per_cent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:g}"


def upkeep_form(fields: Typed, known: Sequence[Kept], usual: Limits) -> UpkeepForm:
    boxes = fields.all("libraries")
    return UpkeepForm(
        copies=_choices(COPIES, fields.get("copies") or Copies.ALL),
        otherwise=_choices(OTHERWISE, fields.get("otherwise") or Otherwise.EMPTY),
        seasonal=fields.get("seasonal") == "yes",
        months={name: _months(fields.get(f"season_{name}_month")) for name in ENDS},
        libraries=tuple(
            LibraryBoxes(
                one.server.name,
                tuple(
                    Choice(box, name, box in boxes)
                    for key, name in one.libraries
                    for box in (_box(one.server.id, key),)
                ),
            )
            for one in known
            if len(one.libraries) > 1
        ),
        usual={
            "share": f"{per_cent(usual.share)} %",
            "at_once": f"{usual.at_once} titles",
            "week_share": f"{per_cent(usual.week_share)} %",
        },
    )


def _choices(known: Sequence[tuple[str, str, str]], selected: str) -> tuple[Choice, ...]:
    return tuple(Choice(value, label, value == selected, text) for value, label, text in known)


def _months(selected: str) -> tuple[Choice, ...]:
    named = enumerate(MONTHS, start=1)
    return tuple(Choice(str(number), name, str(number) == selected) for number, name in named)


def typed_upkeep(fields: Typed, known: Sequence[Kept], problems: dict[str, str]) -> Upkeep | None:
    """What was typed; None where the form had none of it. What is wrong goes into `problems`."""
    if fields.get(MARK) != "yes":
        return None
    limits = typed_limits(fields, problems)
    copies, otherwise = fields.get("copies"), fields.get("otherwise")
    return Upkeep(
        copies=Copies(copies) if copies in tuple(Copies) else Copies.ALL,
        libraries=_typed_libraries(fields, known, problems),
        least=int(typed_number(fields, "least", (1, MOST_TITLES), problems) or 1),
        season=_typed_season(fields, problems),
        otherwise=Otherwise(otherwise) if otherwise in tuple(Otherwise) else Otherwise.EMPTY,
        share=limits["share"],
        at_once=None if limits["at_once"] is None else int(limits["at_once"]),
        week_share=limits["week_share"],
    )


def typed_limits(fields: Typed, problems: dict[str, str]) -> dict[str, float | None]:
    """Shares of 1 and a number of titles; None where the field was left empty."""
    found: dict[str, float | None] = {}
    for name, among in LIMITS.items():
        number = typed_number(fields, name, among, problems)
        found[name] = number / 100 if number is not None and name != "at_once" else number
    return found


def typed_number(
    fields: Typed, name: str, among: tuple[int, int], problems: dict[str, str]
) -> float | None:
    text, (least, most) = fields.get(name), among
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= most):
        problems[name] = f"Type a number between {least} and {most}, or nothing."
        return None
    return float(text)


def _typed_season(fields: Typed, problems: dict[str, str]) -> Season | None:
    if fields.get("seasonal") != "yes":
        return None
    days = {name: _typed_day(fields, f"season_{name}") for name in ENDS}
    for name, day in days.items():
        if day is None:
            problems[f"season_{name}_day"] = "There is no such day."
    begins, ends = days["begins"], days["ends"]
    return None if begins is None or ends is None else Season(begins, ends)


def _typed_day(fields: Typed, name: str) -> tuple[int, int] | None:
    texts = [fields.get(f"{name}_{part}") for part in ("month", "day")]
    if not all(text.isascii() and text.isdigit() and len(text) < 3 for text in texts):
        return None
    month, day = map(int, texts)
    return (month, day) if is_day(month, day) else None


def _typed_libraries(
    fields: Typed, known: Sequence[Kept], problems: dict[str, str]
) -> tuple[tuple[int, str], ...]:
    """All of a server ticked: nothing is kept, so that libraries that come later count too."""
    boxes, found = fields.all("libraries"), []
    for one in known:
        keys = [key for key, _ in one.libraries]
        ticked = [key for key in keys if _box(one.server.id, key) in boxes]
        if len(keys) < 2 or len(ticked) == len(keys):
            continue
        if not ticked and str(one.server.id) in fields.servers:
            problems["libraries"] = f"Choose at least one library of {one.server.name}."
        found += [(one.server.id, key) for key in ticked]
    return tuple(found)
