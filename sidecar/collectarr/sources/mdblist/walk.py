"""One walk over the pages of a list: where to go on, when it is over, and what it brought."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from collectarr.models import ListInfo, ListItem, Snapshot, Title
from collectarr.sources.mdblist.answers import unexpected
from collectarr.sources.mdblist.rows import ItemRow, Page
from collectarr.sources.pages import shifted

PAGE_SIZE = 1000
# Ten times MDBList's largest list.
MOST_PAGES = 700


@dataclass(slots=True)
class Walk:
    """What has come so far. `promised` counts rows, seasons and episodes among them.

    `rows` has each row once, whatever pages it came on. `overlaps`: one came on two pages, so
    another may have been missed. `again` counts those of them that just stand twice on the list.
    `marks` has all rows as they came.
    """

    promised: int | None = None
    page_size: int = PAGE_SIZE
    pages: int = 0
    overlaps: bool = False
    split: bool = False
    broken_off: bool = False
    rows: list[ItemRow] = field(default_factory=list)
    counted: int | None = None
    again: int = 0
    marks: list[str] = field(default_factory=list)
    _cursors: set[str] = field(default_factory=set)
    _pages_seen: set[int] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)
    _places: set[tuple[str, int | None]] = field(default_factory=set)

    @property
    def came(self) -> int:
        return len(self.rows) + self.again

    def take(self, page: Page) -> dict[str, Any] | None:
        """Keeps a page. The parameters that ask for the next one; None at the end."""
        self.pages += 1
        if self._is_repeated(page):
            return None
        self._keep(page)
        # Some answers count the page here and some the list: the larger figure is the list's.
        if page.total is not None and page.total > self.came:
            self.counted = max(self.counted or 0, page.total)
            self.promised = max(self.promised or 0, page.total)
        if not page.rows:
            self.broken_off = page.has_more is True
            return None
        return self._next(page) if self._goes_on(page) else None

    def _keep(self, page: Page) -> None:
        # Within one page nothing shifts: what stands there twice is on the list twice.
        fresh = [row for row in page.rows if row.mark not in self._seen]
        if len(fresh) < len(page.rows):
            self.overlaps = True
            early = shifted(self.marks, [row.mark for row in page.rows])
            self.again += sum(self._stands_twice(row, page) for row in page.rows[early:])
        self.rows.extend(fresh)
        self._seen.update(row.mark for row in fresh)
        self._places.update((row.mark, row.rank) for row in page.rows)
        self.marks += [row.mark for row in page.rows]
        self.split = self.split or page.split

    def _stands_twice(self, row: ItemRow, page: Page) -> bool:
        """Whether a row that came before is on the list again, and not only shown again.

        Where films and shows come apart and nothing says where they stand, that cannot be told.
        """
        if row.mark not in self._seen or (row.rank is None and page.split):
            return False
        return row.rank is None or (row.mark, row.rank) not in self._places

    def _is_repeated(self, page: Page) -> bool:
        mark = hash(tuple((row.mark, row.title) for row in page.rows))
        repeated = bool(page.rows) and mark in self._pages_seen
        self._pages_seen.add(mark)
        if repeated and page.has_more:
            raise unexpected("sent the same page of the list twice. Nothing was changed.")
        return repeated

    def _goes_on(self, page: Page) -> bool:
        if page.has_more is not None:
            return page.has_more
        # Nothing said. A full page may have a successor, and so may one that leaves a gap; where no
        # count is known either, only no rows are the end.
        full = len(page.rows) >= self.page_size
        return full or self.promised is None or self.came < self.promised

    def _next(self, page: Page) -> dict[str, Any]:
        if self.pages >= MOST_PAGES:
            raise unexpected(f"sent more than {MOST_PAGES} pages of one list.")
        if page.cursor is None:
            return {"offset": len(self.marks)}
        if page.cursor in self._cursors:
            raise unexpected("sent the same page mark twice. Nothing was changed.")
        self._cursors.add(page.cursor)
        return {"cursor": page.cursor}


@dataclass(slots=True)
class Walks:
    """The walks over a list and its twin, which make one list. `told`: the rows it should have."""

    told: int | None
    walks: list[Walk] = field(default_factory=list)

    def begin(self) -> Walk:
        left = None if self.told is None else max(0, self.told - self.came)
        self.walks.append(Walk(promised=left))
        return self.walks[-1]

    @property
    def came(self) -> int:
        return sum(walk.came for walk in self.walks)

    @property
    def promised(self) -> int | None:
        counts = [walk.counted for walk in self.walks]
        if self.told is None and not any(counts):
            return None
        return max(self.told or 0, sum(count or 0 for count in counts))

    @property
    def is_one_page(self) -> bool:
        """Nothing can slip through between pages."""
        return all(walk.pages == 1 for walk in self.walks)

    @property
    def overlaps(self) -> bool:
        return any(walk.overlaps for walk in self.walks)

    @property
    def marks(self) -> list[list[str]]:
        """All rows, in the order in which they came."""
        return [walk.marks for walk in self.walks]

    @property
    def short_by(self) -> int:
        """Promised rows that did not come."""
        if self.promised is None and any(walk.broken_off for walk in self.walks):
            return 1
        return max(0, (self.promised or 0) - self.came)

    def snapshot(self, info: ListInfo) -> Snapshot:
        rows = [row for walk in self.walks for row in walk.rows]
        if len(self.walks) > 1 or any(walk.split for walk in self.walks):
            rows.sort(key=_rank)
        return Snapshot(info, tuple(_items(rows)), self.short_by)


def _rank(row: ItemRow) -> tuple[bool, int]:
    """Rows without a rank go last, in the order in which they came."""
    return row.rank is None, row.rank or 0


def _items(rows: Sequence[ItemRow]) -> Iterable[ListItem]:
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
