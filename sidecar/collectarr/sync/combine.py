"""Several lists as one. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from collectarr.models import ListItem, Merge
from collectarr.sync.same import Known, SameTitles, filled

Named = tuple[Known, ListItem]
"""A row and the title that it stands for."""


def combine(
    lists: Sequence[tuple[str, Sequence[ListItem]]], merge: Merge = Merge.IN_ORDER
) -> list[ListItem]:
    """(operation, rows) of each list, joined as `join` says; ranks are numbered anew from 1."""
    same = SameTitles([rows for _, rows in lists])
    groups = [
        (op, list(zip(same.of_group(group), rows, strict=True)))
        for group, (op, rows) in enumerate(lists)
    ]
    return ranked(filled(row, known) for known, row in join(groups, merge))


def ranked(rows: Iterable[ListItem]) -> list[ListItem]:
    return [replace(row, rank=rank) for rank, row in enumerate(rows, start=1)]


def join(groups: Sequence[tuple[str, Sequence[Named]]], merge: Merge) -> list[Named]:
    """The lists are taken in their order, each applied to what those before it came to.

    `union` appends what is not there yet, `intersect` keeps of what is there only what this list
    has too, `minus` takes out what it has. The first list begins, whatever its operation.
    `Merge.TURNS` is for unions that follow one another directly: of these lists the first title
    of each is appended, then the second of each, and so on; a title that is there already gives
    its turn away. A list that intersects or takes out ends such a row of lists.
    Each title is there once, as the row that brought it in.
    """
    result: dict[Known, ListItem] = {}
    waiting: list[Sequence[Named]] = []
    for position, (op, rows) in enumerate(groups):
        if position == 0 or op == "union":
            waiting.append(rows)
            continue
        _append(result, waiting, merge)
        waiting = []
        others = {known for known, _ in rows}
        keep = op == "intersect"
        result = {known: row for known, row in result.items() if (known in others) is keep}
    _append(result, waiting, merge)
    return list(result.items())


def _append(result: dict[Known, ListItem], lists: Sequence[Sequence[Named]], merge: Merge) -> None:
    for known, row in _in_turn(lists) if merge is Merge.TURNS else _in_order(lists):
        result.setdefault(known, row)


def _in_order(lists: Sequence[Sequence[Named]]) -> Iterator[Named]:
    return (named for rows in lists for named in rows)


def _in_turn(lists: Sequence[Sequence[Named]]) -> Iterator[Named]:
    return (named for turn in zip_longest(*lists) for named in turn if named is not None)
