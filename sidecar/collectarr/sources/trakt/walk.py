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

    `wanted`: a chart of that many rows, which may move while it is read. `hint`: what rows
    are that do not say. `moved`: the pages do not fit together. `overlaps`: some row came on two
    pages, so another may have been missed.
    """

    wanted: int | None = None
    hint: Kind | None = None
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
        promise = self._promise
        if self.wanted is not None and len(self.rows) >= self.wanted:
            return False
        if promise.rows is None and promise.pages is None:
            # Nothing said. A full page may have a successor.
            return came >= (promise.limit or PAGE_SIZE)
        return self.pages < (promise.pages or 0) or len(self.rows) < (promise.rows or 0)

    @property
    def marks(self) -> list[str]:
        """The rows, in the order in which they came."""
        return [row.mark for row in self.rows]

    @property
    def promised(self) -> int | None:
        """How many rows there are to come in all."""
        if self.wanted is None or self._promise.rows is None:
            return self._promise.rows
        return min(self.wanted, self._promise.rows)

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
