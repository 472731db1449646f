"""Several lists as one. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from collectarr.models import Kind, ListItem, Title


def combine(lists: Sequence[tuple[str, Sequence[ListItem]]]) -> list[ListItem]:
    """(operation, rows) in order: union appends, intersect keeps what is in both, minus drops.

    Rows are the same title when they share a kind and any id (or, without ids, title and year).
    Ranks are numbered anew from 1.
    """
    result: list[ListItem] = []
    for position, (op, rows) in enumerate(lists):
        if position == 0 or op == "union":
            seen = _keys(result)
            for row in rows:
                keys = _identities(row.title)
                if keys.isdisjoint(seen):
                    result.append(row)
                seen |= keys
        elif op == "intersect":
            other = _keys(rows)
            result = [row for row in result if not _identities(row.title).isdisjoint(other)]
        else:
            other = _keys(rows)
            result = [row for row in result if _identities(row.title).isdisjoint(other)]
    return [replace(row, rank=rank) for rank, row in enumerate(result, start=1)]


Identity = tuple[Kind, str, str | int | None]


def _identities(title: Title) -> set[Identity]:
    named: set[Identity] = {
        (title.kind, name, value)
        for name, value in title.ids.as_dict().items()
        if value is not None
    }
    return named or {(title.kind, title.title.casefold(), title.year)}


def _keys(rows: Sequence[ListItem]) -> set[Identity]:
    return {key for row in rows for key in _identities(row.title)}
