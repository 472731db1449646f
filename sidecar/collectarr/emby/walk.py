"""Reading a long answer page by page without losing a row while it changes under us."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from collectarr.emby.rows import Row
from collectarr.models import utc_now

OVERLAP = 100

T = TypeVar("T")
OnPage = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Page:
    """`total` is 0 where the server does not say (Emby 4.10 does so for some queries)."""

    rows: Sequence[Row]
    total: int
    server_time: datetime


@dataclass(frozen=True, slots=True)
class Walk(Generic[T]):
    """`found` by id, in the server's order; `complete` only if no row can have been missed."""

    found: dict[str, T]
    complete: bool
    server_time: datetime


@dataclass(slots=True)
class _Seen(Generic[T]):
    """What a walk has seen so far, and the two signs of a row that slipped through."""

    make: Callable[[Row], T | None]
    found: dict[str, T] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    previous: frozenset[str] = frozenset()
    overlap: int = 0
    repeated: int = 0
    promised: int | None = None
    gap: bool = False

    def take(self, page: Page) -> int:
        """How many rows of the page are new."""
        before = len(self.ids)
        on_page = frozenset(str(row["Id"]) for row in page.rows)
        self.repeated += len(page.rows) - len(on_page)
        # Rows that vanish move all later ones forward. As long as a page still shows some
        # of the one before, nothing has moved past us.
        if self.overlap and not on_page & self.previous:
            self.gap = True
        self.previous = on_page
        if page.total:
            # Rows that came during the walk may be missed: the next delta read has them.
            self.promised = min(page.total, self.promised or page.total)
        for row in page.rows:
            self._keep(str(row["Id"]), row)
        return len(self.ids) - before

    def _keep(self, identity: str, row: Row) -> None:
        if identity not in self.ids:
            self.ids.add(identity)
            made = self.make(row)
            if made is not None:
                self.found[identity] = made

    @property
    def whole(self) -> bool:
        return not self.gap and len(self.ids) + self.repeated >= (self.promised or 0)


async def walk(
    read: Callable[[int, int], Awaitable[Page]],
    make: Callable[[Row], T | None],
    *,
    limit: int,
    max_pages: int | None = None,
    on_page: OnPage | None = None,
) -> Walk[T]:
    """All rows of `read(start, limit)`, each page overlapping the one before.

    A server that gives smaller pages than asked is read to its end all the same. Ends at a
    page that brings nothing new, so a server that ignores StartIndex cannot hold us for ever.
    `on_page` hears how many rows are read, of how many.
    """
    seen: _Seen[T] = _Seen(make)
    began: datetime | None = None
    start, pages = 0, 0
    while True:
        page = await read(start, limit)
        began = began or page.server_time
        new, pages = seen.take(page), pages + 1
        if on_page is not None:
            on_page(len(seen.ids), max(page.total, len(seen.ids)))
        if new == 0 or _is_last(page, start, limit):
            return Walk(seen.found, seen.whole, began or utc_now())
        if pages == max_pages:
            return Walk(seen.found, False, began or utc_now())
        seen.overlap = min(OVERLAP, max(1, limit // 11), len(page.rows) // 2)
        start += len(page.rows) - seen.overlap


def _is_last(page: Page, start: int, limit: int) -> bool:
    got = len(page.rows)
    return got != limit and start + got >= page.total
