"""Pages that do not fit together: they overlap, the list moves between them, headers lie."""

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Paging:
    """What happens at the page that begins with row number `start`, counted from 0.

    `overlaps`: it begins so many rows too early, and its end is missing. `after`: what is done once
    it is cut, and only once: the list may change there. `headers`: what each answer says instead,
    None for not saying it.
    """

    overlaps: dict[int, int] = field(default_factory=dict)
    after: dict[int, Callable[[], None]] = field(default_factory=dict)
    headers: dict[str, Any] = field(default_factory=dict)

    def cut(self, rows: Sequence[T], start: int, limit: int) -> Sequence[T]:
        early = min(start, self.overlaps.get(start, 0))
        return rows[start - early : start - early + limit]

    def tell(self, start: int, headers: MutableMapping[str, Any]) -> None:
        """Puts in what is to be said. Called with the answer at hand, so the list may move now."""
        for name, value in self.headers.items():
            if value is None:
                headers.pop(name, None)
            else:
                headers[name] = value
        happens = self.after.pop(start, None)
        if happens is not None:
            happens()
