"""One walk over the pages of a list: where to go on, when it is over, and what it brought."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from collectarr.models import ListInfo, ListItem, Snapshot, Title
from collectarr.sources.mdblist.answers import unexpected
from collectarr.sources.mdblist.rows import ItemRow, Page

PAGE_SIZE = 1000
# Ten times MDBList's largest list.
MOST_PAGES = 700


@dataclass(slots=True)
class Walk:
    """What has come so far. `promised` counts rows, seasons and episodes among them."""

    promised: int | None = None
    page_size: int = PAGE_SIZE
    pages: int = 0
    rows: list[ItemRow] = field(default_factory=list)
    _split: bool = False
    _broken_off: bool = False
    _cursors: set[str] = field(default_factory=set)
    _seen: set[int] = field(default_factory=set)

    def take(self, page: Page) -> dict[str, Any] | None:
        """Keeps a page. The parameters that ask for the next one; None at the end."""
        self.pages += 1
        if self._is_repeated(page):
            return None
        self.rows.extend(page.rows)
        self._split = self._split or page.split
        # Some answers count the page here and some the list: the larger figure is the list's.
        if page.total is not None and page.total > len(self.rows):
            self.promised = max(self.promised or 0, page.total)
        if not page.rows:
            self._broken_off = page.has_more is True
            return None
        return self._next(page) if self._goes_on(page) else None

    def _is_repeated(self, page: Page) -> bool:
        mark = hash(tuple((row.mark, row.title) for row in page.rows))
        repeated = bool(page.rows) and mark in self._seen
        self._seen.add(mark)
        if repeated and page.has_more:
            raise unexpected("sent the same page of the list twice. Nothing was changed.")
        return repeated

    def _goes_on(self, page: Page) -> bool:
        if page.has_more is not None:
            return page.has_more
        # Nothing said. A full page may have a successor, and so may one that leaves a gap.
        return len(page.rows) >= self.page_size or len(self.rows) < (self.promised or 0)

    def _next(self, page: Page) -> dict[str, Any]:
        if self.pages >= MOST_PAGES:
            raise unexpected(f"sent more than {MOST_PAGES} pages of one list.")
        if page.cursor is None:
            return {"offset": len(self.rows)}
        if page.cursor in self._cursors:
            raise unexpected("sent the same page mark twice. Nothing was changed.")
        self._cursors.add(page.cursor)
        return {"cursor": page.cursor}

    @property
    def short_by(self) -> int:
        """Promised rows that did not come."""
        if self._broken_off and self.promised is None:
            return 1
        return max(0, (self.promised or 0) - len(self.rows))

    def snapshot(self, info: ListInfo) -> Snapshot:
        rows = sorted(self.rows, key=_rank) if self._split else self.rows
        return Snapshot(info, tuple(_items(rows)), self.short_by)


def _rank(row: ItemRow) -> tuple[bool, int]:
    """Rows without a rank go last, in the order in which they came."""
    return row.rank is None, row.rank or 0


def _items(rows: Iterable[ItemRow]) -> Iterable[ListItem]:
    """Films and shows, each once, ranked from 1.

    A show with a row of its own stands there, wherever its seasons and episodes do.
    """
    kept: dict[object, ItemRow] = {}
    for row in rows:
        if row.title is None:
            continue
        key = _key(row.title)
        if key in kept and kept[key].via is not None and row.via is None:
            del kept[key]
        kept.setdefault(key, row)
    for rank, row in enumerate(kept.values(), 1):
        if row.title is not None:
            yield _item(rank, row.title, row)


def _item(rank: int, title: Title, row: ItemRow) -> ListItem:
    return ListItem(
        rank,
        title,
        row.poster,
        genres=row.genres,
        rating=row.rating,
        released=row.released,
        added_at=row.added_at,
        via=row.via,
    )


def _key(title: Title) -> object:
    return (title.kind, title.ids) if title.ids else (title.kind, title.title, title.year)
