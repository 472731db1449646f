"""What TMDb's rows mean: films, shows, lists, and the pages that they come on."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from collectarr.errors import UnexpectedAnswerError
from collectarr.models import Ids, Kind, ListInfo, ListItem, Title, genre_word, number_id
from collectarr.sources.pages import shifted
from collectarr.sources.tmdb.references import Place

NAME, SOURCE = "TMDb", "tmdb"
PICTURES = "https://image.tmdb.org/t/p/w500/"
PER_PAGE, MOST_PAGES = 20, 500
_KINDS = {"movie": Kind.MOVIE, "tv": Kind.SHOW}
_POSTER = re.compile(r"/?([A-Za-z0-9_-]{1,80}\.(?:jpg|png|webp))")
Row = Mapping[str, Any]


@dataclass(slots=True)
class Walk:
    """The pages of a list so far. `distinct` has each row once, `marks` all as they came.

    `again` counts the rows that stand twice on the list, as far as that can be told.
    """

    place: Place
    first: Row = field(default_factory=dict)
    distinct: dict[object, Row] = field(default_factory=dict)
    pages: int = 0
    again: int = 0
    marks: list[object] = field(default_factory=list)
    total: int | None = None
    grew: bool = False
    is_over: bool = False

    def take(self, body: Row) -> None:
        rows, before = rows_of(body), len(self.distinct)
        told = _total(body)
        total = told if told is not None else self.total if self.total is not None else len(rows)
        self.grew = self.grew or (told is not None and self.total not in (None, total))
        self.first, self.total = self.first or body, total
        self.pages += 1
        self._keep({_mark(row): row for row in rows}, [_mark(row) for row in rows])
        last = number_id(body.get("total_pages"))
        self.is_over = (
            len(self.distinct) == before
            or self.pages >= MOST_PAGES
            or (self.place.most is not None and len(self.distinct) >= self.place.most)
            or not (self.pages < (last or 1) or self._may_go_on(body, told, last))
        )

    def _keep(self, rows: Mapping[object, Row], marks: list[object]) -> None:
        before = len(self.distinct)
        for mark, row in rows.items():
            self.distinct.setdefault(mark, row)
        early = shifted(self.marks, marks)
        self.again += len(marks) - early - (len(self.distinct) - before)
        self.marks += marks

    def _may_go_on(self, body: Row, told: int | None, last: int | None) -> bool:
        """Whether there may be more than the count of the pages says."""
        if self.place.most is not None or "parts" in body:
            return False
        if told is None and last is None:
            # Nothing said. A full page may have a successor.
            return len(rows_of(body)) >= PER_PAGE
        return self.rows < (told or 0)

    @property
    def rows(self) -> int:
        """Those that came, without what was only shown again: by a page that began too early, or
        by a chart that moved.
        """
        return len(self.distinct) + (self.again if self.place.most is None else 0)

    @property
    def promised(self) -> int:
        return min(self.total or 0, self.place.most or MOST_PAGES * PER_PAGE)

    @property
    def short_by(self) -> int:
        """Promised rows that did not come."""
        return max(0, self.promised - self.rows)

    @property
    def fits(self) -> bool:
        """Whether the pages are of one state of the list.

        A chart moves all the time. What it pushes from one page to the next is found there, but
        at its end something may be missing.
        """
        twice = len(self.marks) > len(self.distinct)
        if self.place.most is None:
            return not (self.grew or twice)
        return not (twice and self.short_by)

    def info(self) -> ListInfo:
        return list_info(self.place, self.first, self.promised)

    def items(self, genres: Mapping[int, str]) -> tuple[ListItem, ...]:
        rows = list(self.distinct.values())[: self.place.most]
        return tuple(items_of(rows, self.place.kind, genres))


def _mark(row: Row) -> object:
    return row.get("media_type"), "title" in row, row.get("id")


def _total(body: Row) -> int | None:
    """The larger one of the two counts that a page may have of its whole list."""
    counts = [number_id(body.get(key)) for key in ("total_results", "item_count")]
    return max((count for count in counts if count is not None), default=None)


def rows_of(body: Row) -> list[Row]:
    """The rows of a page, whatever they are called in it."""
    rows = _rows_in(body)
    if rows is None:
        raise unexpected("answered something that is no list.")
    return rows


def _rows_in(body: Row) -> list[Row] | None:
    rows = next((body[key] for key in ("results", "items", "parts") if key in body), None)
    good = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    return rows if good else None


def found_rows(body: Row, kind: Kind) -> list[tuple[Kind, Row]]:
    """What was found by another database's id, of that kind (or either, if it is not known)."""
    found = [
        (of, row)
        for word, of in _KINDS.items()
        for row in body.get(f"{word}_results") or ()
        if isinstance(row, dict)
    ]
    return [one for one in found if kind in (Kind.UNKNOWN, one[0])]


def list_info(place: Place, row: Row, count: int | None = None) -> ListInfo:
    """`row`: the first page of a list, or what a search found of it."""
    of_first = next(map(poster_file, _rows_in(row) or ()), None)
    poster = poster_file(row) or of_first
    return ListInfo(
        source=SOURCE,
        reference=place.reference,
        name=_word(row, "name") or place.label,
        owner=_word(row, "created_by") or None,
        url=place.url,
        description=_word(row, "description") or _word(row, "overview") or None,
        item_count=count,
        public=True,
        kinds=(place.kind,) if place.kind else (Kind.MOVIE, Kind.SHOW),
        source_id=place.reference if place.most is None else None,
        poster=f"{PICTURES}{poster}" if poster else None,
    )


def items_of(
    rows: Sequence[Row], kind: Kind | None, genres: Mapping[int, str]
) -> Iterator[ListItem]:
    """Films and shows, ranked from 1; people and the like are left out."""
    rank = 0
    for row in rows:
        title = title_of(row, kind)
        if title is not None:
            rank += 1
            yield _item(row, rank, title, genres)


def _item(row: Row, rank: int, title: Title, genres: Mapping[int, str]) -> ListItem:
    poster = poster_file(row)
    numbers = row.get("genre_ids")
    return ListItem(
        rank=rank,
        title=title,
        poster=f"{PICTURES}{poster}" if poster else None,
        genres=tuple(
            genres[number]
            for number in (numbers if isinstance(numbers, list) else ())
            if isinstance(number, int) and number in genres
        ),
        rating=_rating(row),
        released=_released(row),
    )


def title_of(row: Row, kind: Kind | None) -> Title | None:
    """A row's title with TMDb's id. `kind`: what a row is that does not say."""
    word, number = row.get("media_type"), number_id(row.get("id"))
    if word is None and kind is None:
        word = "movie" if "title" in row else "tv"
    of = _KINDS.get(str(word)) if word is not None else kind
    if of is None or number is None:
        return None
    end = "title" if of is Kind.MOVIE else "name"
    released, original = _released(row), _word(row, f"original_{end}")
    name = _word(row, end) or original or f"tmdb:{number}"
    year = released.year if released else None
    return Title(of, name, year, Ids(tmdb=number), original if original != name else None)


def known_as(title: Title, kind: Kind, row: Row) -> Title | None:
    """`title` with what the details in `row` tell; None where they are of another title."""
    other = row.get("external_ids")
    other = other if isinstance(other, dict) else {}
    told = title_of({**row, "media_type": None}, kind)
    if told is None:
        return None
    ids = Ids.of(other.get("imdb_id") or row.get("imdb_id"), told.ids.tmdb, other.get("tvdb_id"))
    before, now = title.ids.as_dict(), ids.as_dict()
    if any(before[key] and now[key] and before[key] != now[key] for key in now):
        return None
    joined = Ids.of(**{key: now[key] or before[key] for key in now})
    original = told.original_title or title.original_title
    return Title(kind, told.title, told.year or title.year, joined, original)


def genre_words(body: Row) -> dict[int, str]:
    rows = body.get("genres")
    if not isinstance(rows, list):
        raise unexpected("answered something that tells no genres.")
    named = [(row.get("id"), row.get("name")) for row in rows if isinstance(row, dict)]
    return {key: genre_word(str(name)) for key, name in named if isinstance(key, int)}


def poster_file(row: Row) -> str | None:
    """The name of its poster's file; None where it has none."""
    match = _POSTER.fullmatch(_word(row, "poster_path"))
    return match[1] if match else None


def unexpected(what: str, status: int | None = None) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(f"{NAME} {what}", upstream=NAME, http_status=status)


def _rating(row: Row) -> int | None:
    """Of 100; nobody's vote is none."""
    average, votes = row.get("vote_average"), row.get("vote_count", 1)
    if isinstance(average, bool) or not isinstance(average, int | float) or not votes:
        return None
    return round(average * 10) if 0 < average <= 10 else None


def _released(row: Row) -> date | None:
    text = _word(row, "release_date") or _word(row, "first_air_date")
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _word(row: Row, key: str) -> str:
    value = row.get(key)
    return value.strip() if isinstance(value, str) else ""
