"""Which titles a collection takes of what its lists come to, in what order, how many. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from collectarr.models import Kind, ListItem, Merge, Order, Rules, Title
from collectarr.sync.combine import Named, combine, join, ranked
from collectarr.sync.match import Match
from collectarr.sync.names import comparable
from collectarr.sync.same import Known, SameTitles, filled

Lists = Sequence[tuple[str, Sequence[ListItem]]]
EXCLUDED = "You left it out."
ONLY_A_PART = "The lists have only a season or an episode of it, and these do not count here."


class LeftOut(NamedTuple):
    """A title of the lists that the collection does not take; `by`: the exclusion, if one did."""

    item: ListItem
    why: str
    by: Title | None = None


def choose(
    lists: Lists,
    merge: Merge = Merge.IN_ORDER,
    rules: Rules | None = None,
    *,
    pins: Sequence[Title] = (),
    exclusions: Sequence[Title] = (),
    left_out: Sequence[ListItem] = (),
) -> list[ListItem]:
    """The rows of a collection, ranked from 1.

    The lists are joined, `exclusions` and what the filters do not let through taken out, the rest
    sorted. `pins` come first, in their own order: no filter keeps them out, nor `left_out` (the
    titles of the collections that the rules name), and they count towards the limit, but it
    takes none of them out. An exclusion keeps out even a pin.
    With `in_library` nothing is cut off here: `cut` does it for each server.
    """
    named = (("", left_out),) if left_out else ()
    return ranked(_sift(lists, merge, rules or Rules(), pins, exclusions, named).rows)


def choose_and_tell(
    lists: Lists,
    merge: Merge,
    rules: Rules,
    *,
    pins: Sequence[Title] = (),
    exclusions: Sequence[Title] = (),
    others: Sequence[tuple[str, Sequence[ListItem]]] = (),
) -> tuple[list[ListItem], list[LeftOut]]:
    """What `choose` gives, and the titles of the lists that it keeps out, in their order.

    `others`: the collections whose titles stay out, each with its name.
    """
    sifted = _sift(lists, merge, rules, pins, exclusions, others)
    told: dict[Known, tuple[str, Title | None]] = {
        known: (f"It is in your collection “{name}”, whose titles stay out of this one.", None)
        for known, name in sifted.elsewhere.items()
    }
    told |= {known: (EXCLUDED, by) for known, by in sifted.excluded.items()}
    over = {id(row) for row in sifted.over}
    out = []
    for known, row in sifted.refused:
        why, by = told.get(known, ("", None))
        if not why:
            why = refusal(row, rules) if id(row) not in over else _beyond(rules)
        out.append(LeftOut(row, why, by))
    return ranked(sifted.rows), out + [LeftOut(row, ONLY_A_PART) for row in sifted.parts]


def _beyond(rules: Rules) -> str:
    return f"It comes after the first {rules.limit} that this collection takes."


@dataclass(frozen=True, slots=True)
class _Sifted:
    """The rows taken, and all others; `over`: those of `refused` that the limit cut off.

    `excluded` and `elsewhere`: by which exclusion, and in which other collection. `parts`: shows
    of which the lists have only seasons or episodes, where these do not count.
    """

    rows: list[ListItem]
    refused: list[Named]
    over: list[ListItem]
    excluded: dict[Known, Title]
    elsewhere: dict[Known, str]
    parts: list[ListItem]


def _sift(
    lists: Lists,
    merge: Merge,
    rules: Rules,
    pins: Sequence[Title],
    exclusions: Sequence[Title],
    others: Sequence[tuple[str, Sequence[ListItem]]],
) -> _Sifted:
    whole = [(op, _standing(rows, rules)) for op, rows in lists]
    groups = [_rows(pins), _rows(exclusions), *(rows for _, rows in whole)]
    parts = _parts(lists, rules)
    same = SameTitles(groups, asked=[*(row for _, rows in others for row in rows), *parts])
    joined = join(
        [
            (op, list(zip(same.of_group(group), rows, strict=True)))
            for group, (op, rows) in enumerate(whole, start=2)
        ],
        merge,
    )
    found = dict(joined)
    excluded = dict(zip(same.of_group(1), exclusions, strict=True))
    first = {
        known: found.get(known, row)
        for known, row in zip(same.of_group(0), groups[0], strict=True)
        if known not in excluded
    }
    elsewhere = {known: name for name, rows in others for known in same.named_by(rows)}
    named = [(known, filled(row, known)) for known, row in joined if known not in first]
    barred = excluded.keys() | elsewhere.keys()
    passing = [row for known, row in named if known not in barred and passes(row, rules)]
    rest = _sorted(passing, rules)
    most = len(rest)
    if rules.limit is not None and not rules.in_library:
        most = max(rules.limit - len(first), 0)
    taken = {id(row) for row in rest[:most]}
    return _Sifted(
        rows=[filled(row, known) for known, row in first.items()] + rest[:most],
        refused=[pair for pair in named if id(pair[1]) not in taken],
        over=rest[most:],
        excluded=excluded,
        elsewhere=elsewhere,
        parts=[row for row in parts if not same.named_by([row])],
    )


def _parts(lists: Lists, rules: Rules) -> list[ListItem]:
    if rules.episodes == "show":
        return []
    rows = [("union", [row for row in rows if row.via]) for op, rows in lists if op == "union"]
    return combine(rows)


def _standing(rows: Sequence[ListItem], rules: Rules) -> Sequence[ListItem]:
    return rows if rules.episodes == "show" else [row for row in rows if row.via is None]


def _rows(titles: Sequence[Title]) -> list[ListItem]:
    return [ListItem(rank, title) for rank, title in enumerate(titles, start=1)]


def passes(row: ListItem, rules: Rules) -> bool:
    """Whether the filters that look at one title alone let it through."""
    return not refusal(row, rules)


def refusal(row: ListItem, rules: Rules) -> str:
    """Which of these filters keeps it out, in a sentence; "" for none of them."""
    tests = (_refused_kind, _refused_year, _refused_rating, _refused_genre)
    return next((why for test in tests if (why := test(row, rules))), "")


def _refused_kind(row: ListItem, rules: Rules) -> str:
    kind = row.title.kind
    if not rules.kinds or kind in rules.kinds or set(rules.kinds) >= _EITHER:
        return ""
    wanted = "films" if Kind.MOVIE in rules.kinds else "shows"
    unknown = " Nobody knows yet which it is." if kind is Kind.UNKNOWN else ""
    return f"This collection takes only {wanted}.{unknown}"


def _refused_year(row: ListItem, rules: Rules) -> str:
    year = row.title.year
    if _at_least(year, rules.year_from) and _at_most(year, rules.year_to):
        return ""
    if year is None:
        return "This collection goes by the year, and its year is not known."
    if not _at_least(year, rules.year_from):
        return f"It is from {year}; this collection begins with {rules.year_from}."
    return f"It is from {year}; this collection ends with {rules.year_to}."


def _refused_rating(row: ListItem, rules: Rules) -> str:
    if _at_least(row.rating, rules.rating_from):
        return ""
    if row.rating is None:
        return "This collection goes by the rating, and its rating is not known."
    return f"It is rated {row.rating:g}; this collection takes {rules.rating_from} and above."


def _refused_genre(row: ListItem, rules: Rules) -> str:
    genres = set(row.genres)
    unwanted = [word for word in rules.without_genres if word in genres]
    if unwanted:
        return f"This collection leaves out its genre: {', '.join(unwanted)}."
    if rules.genres and genres.isdisjoint(rules.genres):
        return f"It has none of the genres that this collection takes: {', '.join(rules.genres)}."
    return ""


_EITHER = {Kind.MOVIE, Kind.SHOW}


def _at_least(value: int | None, least: int | None) -> bool:
    return least is None or (value is not None and value >= least)


def _at_most(value: int | None, most: int | None) -> bool:
    return most is None or (value is not None and value <= most)


_BY: dict[Order, Callable[[ListItem], Any]] = {
    Order.TITLE: lambda row: comparable(row.title.title) or row.title.title.casefold() or None,
    Order.YEAR: lambda row: row.title.year,
    Order.RELEASED: lambda row: row.released,
    Order.RATING: lambda row: row.rating,
    Order.ADDED: lambda row: row.added_at,
}


def _sorted(rows: list[ListItem], rules: Rules) -> list[ListItem]:
    """What is equal stays in the order of the lists; what has no such value comes last."""
    key = _BY.get(rules.order)
    if key is None:
        return rows[::-1] if rules.descending else rows
    known = [row for row in rows if key(row) is not None]
    unknown = [row for row in rows if key(row) is None]
    return sorted(known, key=key, reverse=rules.descending) + unknown


def count_pinned(rows: Sequence[ListItem], pins: Sequence[Title]) -> int:
    """How many of a collection's rows are there because they are pinned: its first ones."""
    return len(pinned(rows, pins))


def pinned(rows: Sequence[ListItem], pins: Sequence[Title]) -> dict[int, Title]:
    """The pins that some of a collection's rows stand for, by their rank."""
    if not pins:
        return {}
    first = rows[: len(pins)]
    same = SameTitles([_rows(pins), first])
    known = dict(zip(same.of_group(0), pins, strict=True))
    return {
        row.rank: known[title]
        for row, title in zip(first, same.of_group(1), strict=True)
        if title in known
    }


def cut(matches: Sequence[Match], rules: Rules, pinned: int) -> list[Match]:
    """With `in_library` and a limit: of one server's matches the first so many that it holds.

    `pinned` rows at the beginning stay and count. Ranks are kept: the rows cut off stay where they
    are, without items.
    """
    if rules.limit is None or not rules.in_library:
        return list(matches)
    taken, result = 0, []
    for found in matches:
        if found.items and taken >= rules.limit and found.rank > pinned:
            why = f"It is there, but beyond the first {rules.limit} that this collection takes."
            result.append(replace(found, items=(), by=None, told=(why, ())))
        else:
            taken += bool(found.items)
            result.append(found)
    return result
