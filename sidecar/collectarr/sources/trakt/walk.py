"""One walk over the numbered pages of a list: when it is over, and whether it stood still."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from collectarr.models import Kind, ListInfo, Snapshot
from collectarr.sources.trakt.answers import Reply, unexpected
from collectarr.sources.trakt.rows import ItemRow, count_of, item_row, titles_in

# Asking for more is not refused: Trakt gives as many as it likes, and says so.
PAGE_SIZE = 250
MOST_PAGES = 500


@dataclass(frozen=True, slots=True)
class Promise:
    """What the headers of a page say of the whole list; None where they do not."""

    rows: int | None
    pages: int | None
    limit: int | None

    @classmethod
    def in_headers(cls, headers: Mapping[str, str]) -> "Promise":
        words = ("Item-Count", "Page-Count", "Limit")
        return cls(*(count_of(headers.get(f"X-Pagination-{word}")) for word in words))


@dataclass(slots=True)
class Walk:
    """What has come so far.

    `told`: how many rows the list itself says it has. `wanted`: a chart of that many rows, which
    may move while it is read. `hint`: what rows are that do not say. `moved`: the pages do not fit
    together. `overlaps`: some row came on two pages, so another may have been missed.
    """

    wanted: int | None = None
    hint: Kind | None = None
    told: int | None = None
    pages: int = 0
    moved: bool = False
    overlaps: bool = False
    rows: list[ItemRow] = field(default_factory=list)
    _promise: Promise = Promise(None, None, None)
    _seen: set[str] = field(default_factory=set)

    def take(self, reply: Reply) -> bool:
        """Keeps a page. Whether there is another one to ask for."""
        if not isinstance(reply.data, list):
            raise unexpected("answered something that is no list of films and shows.")
        page = [item_row(row, self.hint) for row in reply.data]
        self.pages += 1
        fresh = [row for row in page if row.mark not in self._seen]
        self._compare(Promise.in_headers(reply.headers), repeated=bool(page) and not fresh)
        if self.moved:
            return False
        self.overlaps = self.overlaps or len(fresh) < len(page)
        self.rows.extend(fresh)
        self._seen.update(row.mark for row in fresh)
        more = bool(page) and self._goes_on(len(page))
        if more and max(self.pages + 1, self._promise.pages or 0) > MOST_PAGES:
            raise unexpected(f"has more than {MOST_PAGES} pages of one list.")
        return more

    def _compare(self, promise: Promise, *, repeated: bool) -> None:
        if self.pages == 1:
            self._promise = promise
        else:
            changed = promise != self._promise and self.wanted is None
            self.moved = changed or repeated

    def _goes_on(self, came: int) -> bool:
        promise, rows = self._promise, len(self.rows)
        if self.wanted is not None and rows >= self.wanted:
            return False
        if self.pages < (promise.pages or 0) or rows < max(promise.rows or 0, self.told or 0):
            return True
        if rows == self.told or (promise.pages, promise.rows) == (self.pages, rows):
            return False
        if promise.rows is None and promise.pages is None and self.wanted is None:
            # Nobody says how many there are, nor how many fit on a page: only no rows are the end.
            return True
        # Headers that say half of it, or contradict themselves: a full page may have a successor.
        return came >= (promise.limit or PAGE_SIZE)

    @property
    def lacks_what_is_told(self) -> bool:
        """Whether all came that the pages promise, and yet not as many as the list says it has."""
        return len(self.rows) == self._promise.rows and len(self.rows) < (self.told or 0)

    @property
    def marks(self) -> list[str]:
        """The rows, in the order in which they came."""
        return [row.mark for row in self.rows]

    @property
    def promised(self) -> int | None:
        """How many rows there are to come in all."""
        counts = [count for count in (self._promise.rows, self.told) if count is not None]
        if not counts:
            return None
        return max(counts) if self.wanted is None else min(self.wanted, max(counts))

    def snapshot(self, info: ListInfo) -> Snapshot:
        """In list order. Rows without a rank go last, in the order in which they came."""
        rows = sorted(self.rows, key=lambda row: (row.rank is None, row.rank or 0))
        promised = self.promised
        if self.wanted is not None:
            rows = rows[: self.wanted]
            # A chart is as long as it is: rows that moved between its pages are no loss.
            promised = len(rows) if self.overlaps else promised or len(rows)
        elif promised is None:
            promised = info.item_count
        short_by = max(0, (promised or 0) - len(rows))
        return Snapshot(replace(info, item_count=promised), tuple(titles_in(rows)), short_by)
