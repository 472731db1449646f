"""Rows that come on two pages, and walks that have come twice the same before."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence

_MOST_REMEMBERED = 5000


def shifted(before: Sequence[object], page: Sequence[object]) -> int:
    """How many rows a page begins too early: its first ones are the last ones before it.

    As many are hidden somewhere behind. A row that merely stands twice on a list looks otherwise.
    """
    most = min(len(before), len(page))
    return next((n for n in range(most, 0, -1) if before[-n:] == page[:n]), 0)


class Confirmed:
    """What each list brought when it last came twice the same: if it does again, once will do."""

    def __init__(self) -> None:
        self._digests: OrderedDict[str, bytes] = OrderedDict()

    def has(self, reference: str, marks: Iterable[object]) -> bool:
        return self._digests.get(reference) == _digest(marks)

    def keep(self, reference: str, marks: Iterable[object]) -> None:
        self._digests[reference] = _digest(marks)
        self._digests.move_to_end(reference)
        while len(self._digests) > _MOST_REMEMBERED:
            self._digests.popitem(last=False)


def _digest(marks: Iterable[object]) -> bytes:
    digest = hashlib.sha256()
    for mark in marks:
        digest.update(repr(mark).encode() + b"\n")
    return digest.digest()
