"""Which rows that no id settled stand for which items, by name and year, one to one. Pure.

A wrong film in a collection is worse than a missing one: what is not plain is nobody's.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from collectarr.models import Item, Title
from collectarr.sync.index import PresenceIndex, disagreements, shared_id, values_of
from collectarr.sync.names import article_of
from collectarr.sync.titles import Names, names_of

TWO_NAMES, FIRM, GUESSED = 3, 2, 1
NEIGHBOURS = 2
"""Years between two rows that may both mean an item which is a year from each."""
CROWD = 200
"""A name that more items have than this tells nothing."""


@dataclass(frozen=True, slots=True)
class Settled:
    items: tuple[Item, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that may be what a row means; `apart` in years, None where one is not known."""

    item: Item
    strength: int
    apart: int | None


@dataclass(slots=True)
class _Row:
    title: Title
    names: Names
    namesakes: int
    candidates: list[Candidate] = field(default_factory=list)

    def apart(self, years: int | None) -> list[Candidate]:
        return [one for one in self.candidates if one.apart == years]


def strength(row: Names, item: Names) -> int:
    """How well two sets of names agree; 0: only well enough to be shown as near."""
    if row.title & item.title:
        return TWO_NAMES if (row.other & item.other) else FIRM
    if row.title & item.other and row.other & item.title:
        return TWO_NAMES
    if row.firm & item.firm:
        return FIRM
    return GUESSED if (row.short & item.firm or row.firm & item.short) else 0


def contradict(row: Names, item: Names, *, strictly: bool = False) -> bool:
    """Both are known by an original title, in the same script, and it is not the same.

    Some lists repeat the title as the original one; only `strictly` is that believed.
    """
    if row.original is None or item.original is None or row.original == item.original:
        return False
    if not strictly and (row.original in row.title or item.original in item.title):
        return False
    if row.other & item.other:
        return False
    if row.title & item.other and row.other & item.title:
        return False
    script = _script(row.original)
    return script is not None and script == _script(item.original)


def articles_clash(one: Title, other: Title) -> bool:
    """ "The Prophet" and "A Prophet" are two; where one has none, it may have been left out."""
    first, second = article_of(one.title), article_of(other.title)
    return bool(first and second and first != second)


def years_apart(row: Names, item: Names) -> int | None:
    return None if row.year is None or item.year is None else abs(row.year - item.year)


def settle(
    rows: Mapping[int, Title], index: PresenceIndex, taken: Collection[str]
) -> dict[int, Settled]:
    """By position in the list. `taken`: items that stand for other rows already."""
    heard = _listen(rows, index, taken)
    results = _settle_exact(heard)
    results.update(_settle_close(heard, results))
    results.update(_settle_undated(heard, results))
    return results


def _listen(
    rows: Mapping[int, Title], index: PresenceIndex, taken: Collection[str]
) -> dict[int, _Row]:
    """The rows whose name the library knows at all, with what they may mean."""
    known: dict[str, Names] = {}
    heard: dict[int, _Row] = {}
    for position, title in rows.items():
        names = names_of(title, library=False)
        there = index.by_names(title.kind, names)
        if not there:
            continue
        row = heard[position] = _Row(title, names, len(there))
        for item in there if len(there) <= CROWD else ():
            if item.id in taken or disagreements(title.ids, item.title.ids):
                continue
            theirs = known.get(item.id)
            if theirs is None:
                theirs = known[item.id] = names_of(item.title, library=True)
            agree = strength(names, theirs)
            by_title = agree == FIRM and names.title & theirs.title
            if by_title and articles_clash(title, item.title):
                continue
            if agree and not contradict(names, theirs):
                row.candidates.append(Candidate(item, agree, years_apart(names, theirs)))
    return heard


def _settle_exact(heard: Mapping[int, _Row]) -> dict[int, Settled]:
    """Same name and year. An item goes to the only best claim on it, or to nobody."""
    claims: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for position, row in heard.items():
        for one in row.apart(0):
            claims[one.item.id].append((one.strength, position))
    owner = {key: _only_best(made) for key, made in claims.items()}
    results: dict[int, Settled] = {}
    for position, row in heard.items():
        won = [one for one in row.apart(0) if owner[one.item.id] == position]
        firm = [one for one in won if one.strength >= FIRM]
        items = [one.item for one in firm or won]
        if items and one_film(items):
            results[position] = Settled(tuple(items), _why_exact(row, bool(firm)))
    return results


def _only_best(claims: Sequence[tuple[int, int]]) -> int | None:
    """The position of the strongest claim; None where two are as strong."""
    best = max(claims)
    return best[1] if sum(claim[0] == best[0] for claim in claims) == 1 else None


def _why_exact(row: _Row, firm: bool) -> str:
    if firm:
        return f"Same title and year ({row.names.year}); no id was there to compare."
    return (
        f"Almost the same title and the same year ({row.names.year}); no other title of the list"
        " or the library fits as well."
    )


def _settle_close(heard: Mapping[int, _Row], results: Mapping[int, Settled]) -> dict[int, Settled]:
    """A year off: one row and one item are left of that name and time, articles and all."""
    wanted = {one.item.id for row in heard.values() for one in row.apart(0)}
    left = {
        position: [one.item for one in row.apart(1) if one.strength >= FIRM]
        for position, row in heard.items()
        if position not in results and not row.apart(0)
    }
    claims = Counter(item.id for items in left.values() for item in items)
    years = _years_of_names(row for position, row in heard.items() if position not in results)
    found: dict[int, Settled] = {}
    for position, items in left.items():
        free = [item for item in items if item.id not in wanted]
        row = heard[position]
        if not free or not _surely_one(free) or not _plainly_the_same(row, free):
            continue
        if _alone(row, years) and all(claims[item.id] == 1 for item in free):
            found[position] = Settled(tuple(free), _why_close(row, free[0]))
    return found


def _years_of_names(rows: Iterable[_Row]) -> Mapping[str, Sequence[int | None]]:
    years: dict[str, list[int | None]] = defaultdict(list)
    for row in rows:
        for name in row.names.firm:
            years[name].append(row.names.year)
    return years


def _alone(row: _Row, years: Mapping[str, Sequence[int | None]]) -> bool:
    """Whether no other row of its name may be of the year between, or next to it.

    A namesake of another decade has no claim; one whose year is not known may have.
    """
    mine = row.names.year
    return mine is not None and all(
        sum(year is None or abs(year - mine) <= NEIGHBOURS for year in years[name]) == 1
        for name in row.names.firm
    )


def _surely_one(items: Sequence[Item]) -> bool:
    """One candidate, or copies that an id proves to be one film."""
    first = items[0].title.ids
    return all(shared_id(first, item.title.ids) for item in items[1:]) and one_film(items)


def _plainly_the_same(row: _Row, items: Sequence[Item]) -> bool:
    """With the same article, and no original title that speaks against it."""
    spoken = names_of(row.title, library=False, articles=True).firm
    return all(
        names_of(item.title, library=True, articles=True).firm & spoken
        and not contradict(row.names, names_of(item.title, library=True), strictly=True)
        for item in items
    )


def _why_close(row: _Row, item: Item) -> str:
    theirs = names_of(item.title, library=True).year
    return f"Same title, a year apart ({row.names.year} here, {theirs} in Emby)."


def _settle_undated(
    heard: Mapping[int, _Row], results: Mapping[int, Settled]
) -> dict[int, Settled]:
    """Where a year is not known: one row, one item, and two names that agree."""
    rows_of_name = Counter(name for row in heard.values() for name in row.names.firm)
    found: dict[int, Settled] = {}
    for position, row in heard.items():
        if position in results or row.namesakes != 1 or not row.candidates:
            continue
        one, names = row.candidates[0], row.names.firm
        alone = all(rows_of_name[name] == 1 for name in names)
        if one.apart is None and one.strength == TWO_NAMES and alone:
            why = "Same title and original title; the year is not known on both sides."
            found[position] = Settled((one.item,), why)
    return found


def one_film(items: Sequence[Item]) -> bool:
    """Whether several items can be copies of one: no two have ids or originals that disagree."""
    if len(items) == 1:
        return True
    for values in zip(*(values_of(item.title.ids) for item in items), strict=True):
        if len({value for value in values if value is not None}) > 1:
            return False
    originals = {names_of(item.title, library=True).original for item in items} - {None}
    scripts = Counter(_script(name) for name in originals if name is not None)
    return all(script is None or count == 1 for script, count in scripts.items())


def _script(name: str) -> str | None:
    """The alphabet a name is in; None where one film may be written in several ways."""
    letter = next((letter for letter in name if letter.isalpha()), "")
    if letter.isascii():
        return "Latin"
    if "\u0370" <= letter < "\u0530":
        return "Greek" if letter < "\u0400" else "Cyrillic"
    return "Hangul" if "\uac00" <= letter <= "\ud7a3" else None
