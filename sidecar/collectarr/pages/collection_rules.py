"""The fields that say which titles a collection takes, and what was typed into them."""

from collections.abc import Collection as Several
from collections.abc import Iterable, Mapping, Sequence

from collectarr.models import Kind, Merge, Order, Rules, Title
from collectarr.pages.collection_parts import RulesForm, TitleLine
from collectarr.pages.parts import Choice
from collectarr.pages.typed import Typed
from collectarr.store.collections import Collection
from collectarr.sync.contents import title_key
from collectarr.sync.define_rules import LARGEST_LIMIT, YEARS

MARK = "which"
"""A form that has these fields sends this one, whatever else of them is empty."""
MERGES = (
    (Merge.IN_ORDER, "One list after the other"),
    (Merge.TURNS, "In turn, one title of each list"),
)
KINDS = (("", "Both"), (Kind.MOVIE, "Only films"), (Kind.SHOW, "Only shows"))
EPISODES = (("show", "Brings its show"), ("skip", "Is left out"))
ORDERS = (
    (Order.RANK, "Place on the lists"),
    (Order.TITLE, "Title"),
    (Order.YEAR, "Year"),
    (Order.RELEASED, "Day of release"),
    (Order.RATING, "Rating"),
    (Order.ADDED, "Day it was put on the list"),
)
DIRECTIONS = (
    ("up", "First, A, oldest, lowest on top"),
    ("down", "Last, Z, newest, highest on top"),
)
NUMBERS = {
    "year_from": YEARS,
    "year_to": YEARS,
    "rating_from": (0, 100),
    "limit": (1, LARGEST_LIMIT),
}
FIELDS = (*NUMBERS, "genres", "without_genres", "kinds", "episodes", "not_in", "order")


def stored_fields(collection: Collection) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """The rules as they are kept: single fields, and those with several values."""
    rules = collection.rules
    values = {
        name: "" if (value := getattr(rules, name)) is None else str(value) for name in NUMBERS
    }
    values |= {name: ", ".join(getattr(rules, name)) for name in ("genres", "without_genres")}
    values |= {
        "merge": collection.merge.value,
        "episodes": rules.episodes,
        "order": rules.order.value,
        "direction": "down" if rules.descending else "up",
        "in_library": "yes" if rules.in_library else "",
        "kinds": rules.kinds[0].value if rules.kinds else "",
    }
    return values, {"not_in": tuple(map(str, rules.not_in))}


def rules_form(
    fields: Typed,
    others: Sequence[Collection],
    errors: Mapping[str, str],
    collection: Collection | None = None,
) -> RulesForm:
    """`others` are the user's further collections; `collection` is None for a new one."""
    pins = collection.pins if collection else ()
    exclusions = collection.exclusions if collection else ()
    return RulesForm(
        merges=_choices(MERGES, fields.get("merge") or Merge.IN_ORDER),
        kinds=_choices(KINDS, fields.get("kinds")),
        episodes=_choices(EPISODES, fields.get("episodes") or "show"),
        orders=_choices(ORDERS, fields.get("order") or Order.RANK),
        directions=_choices(DIRECTIONS, fields.get("direction") or "up"),
        in_library=fields.get("in_library") == "yes",
        others=_ticked([(str(row.id), row.name) for row in others], fields.all("not_in")),
        pins=_lines(pins, fields.all("unpin")),
        exclusions=_lines(exclusions, fields.all("unexclude")),
        open=bool(pins or exclusions) or _is_set(fields) or not errors.keys().isdisjoint(FIELDS),
    )


def _is_set(fields: Typed) -> bool:
    usual = {"episodes": "show", "order": "rank", "direction": "up"}
    texts = (*NUMBERS, "genres", "without_genres", "in_library", "kinds")
    return (
        any(fields.get(name) for name in texts)
        or any(fields.get(name) not in ("", value) for name, value in usual.items())
        or bool(fields.all("not_in"))
    )


def _choices(known: Iterable[tuple[str, str]], selected: str) -> tuple[Choice, ...]:
    return tuple(Choice(value, label, value == selected) for value, label in known)


def _ticked(known: Iterable[tuple[str, str]], selected: Several[str]) -> tuple[Choice, ...]:
    return tuple(Choice(value, label, value in selected) for value, label in known)


def _lines(titles: Sequence[Title], selected: Several[str]) -> tuple[TitleLine, ...]:
    kinds = {Kind.MOVIE: "film", Kind.SHOW: "show", Kind.UNKNOWN: ""}
    lines = []
    for title in titles:
        value = str(title_key(title))
        about = ", ".join(str(part) for part in (kinds[title.kind], title.year) if part)
        lines.append(TitleLine(value, called(title), about, value in selected))
    return tuple(lines)


def called(title: Title) -> str:
    """A title in words, also one that has ids and no name."""
    ids = (f"{name} {value}" for name, value in title.ids.as_dict().items() if value)
    return title.title or next(ids, "A title")


def typed_merge(fields: Typed) -> Merge | None:
    """None where the form did not ask."""
    return next((merge for merge in Merge if merge == fields.get("merge")), None)


def typed_rules(fields: Typed, problems: dict[str, str]) -> Rules | None:
    """What was typed; None where the form had none of it. What is wrong goes into `problems`."""
    if fields.get(MARK) != "yes":
        return None
    numbers = {name: _number(fields.get(name), name, problems) for name in NUMBERS}
    if fields.get("order") not in tuple(Order):
        problems["order"] = "Choose one of these."
    return Rules(
        kinds=tuple(kind for kind in (Kind.MOVIE, Kind.SHOW) if kind == fields.get("kinds")),
        genres=_words(fields.get("genres")),
        without_genres=_words(fields.get("without_genres")),
        in_library=fields.get("in_library") == "yes",
        not_in=tuple(int(key) for key in fields.all("not_in") if _is_id(key)),
        episodes="skip" if fields.get("episodes") == "skip" else "show",
        order=Order.RANK if "order" in problems else Order(fields.get("order")),
        descending=fields.get("direction") == "down",
        **numbers,
    )


def _number(text: str, name: str, problems: dict[str, str]) -> int | None:
    if not text:
        return None
    least, most = NUMBERS[name]
    if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= most):
        problems[name] = f"Type a number between {least} and {most}, or nothing."
        return None
    return int(text)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for part in text.split(",") if (word := part.strip()))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def kept_titles(fields: Typed, collection: Collection) -> tuple[tuple[Title, ...], ...]:
    """Pins and exclusions without those that are to be taken back."""
    return tuple(
        tuple(title for title in titles if str(title_key(title)) not in fields.all(name))
        for name, titles in (("unpin", collection.pins), ("unexclude", collection.exclusions))
    )
