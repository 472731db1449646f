"""What the rows of MDBList mean: lists, and the films and shows in them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collectarr.models import Ids, Kind, ListInfo, Title, number_id
from collectarr.sources.mdblist import references
from collectarr.sources.mdblist.answers import Reply, unexpected

SOURCE = "mdblist"
Row = Mapping[str, Any]
_KINDS = {"movie": Kind.MOVIE, "show": Kind.SHOW}
# The keys of a split answer, and what stands below them.
_SPLIT = {"movies": "movie", "shows": "show", "seasons": "season", "episodes": "episode"}


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of a listing. A films list and a shows list may share one slug: twins."""

    id: str
    owner: str
    slug: str
    name: str
    description: str
    kinds: tuple[Kind, ...]
    items: int | None
    private: bool | None
    updated: str | None

    @property
    def reference(self) -> str | None:
        return references.parse(f"{self.owner}/{self.slug}") if self.owner else None

    def is_called(self, slug: str) -> bool:
        return self.slug.lower() == slug

    @classmethod
    def of(cls, row: Row) -> "ListRow":
        ids = row.get("ids") if isinstance(row.get("ids"), list) else [row.get("id")]
        kind = _KINDS.get(_word(row, "mediatype"))
        private = row.get("private")
        return cls(
            id="+".join(str(one) for one in ids or ()),
            owner=_word(row, "user_name"),
            slug=_word(row, "slug"),
            name=_word(row, "name"),
            description=_word(row, "description"),
            kinds=(kind,) if kind else (Kind.MOVIE, Kind.SHOW),
            items=count_of(row.get("items")),
            private=private if isinstance(private, bool) else None,
            updated=_word(row, "last_updated_at") or None,
        )


def list_rows(reply: Reply) -> list[ListRow]:
    """The lists in an answer; a bare object counts as a listing of one."""
    data = reply.data
    if isinstance(data, dict):
        data = data["lists"] if isinstance(data.get("lists"), list) else [data]
    if not isinstance(data, list):
        raise unexpected("answered something that is no list of lists.")
    if not all(isinstance(row, dict) and ("id" in row or "ids" in row) for row in data):
        raise unexpected("answered something that is no list of lists.")
    return [ListRow.of(row) for row in data]


def list_info(
    rows: Sequence[ListRow], site: str, *, reference: str | None = None, listed: bool = False
) -> ListInfo:
    """One list out of its row, or out of the rows of twins.

    `reference` where it is known better than from the row; `listed`: out of a public listing,
    whose rows do not say that they are public.
    """
    first = rows[0]
    reference = reference or first.reference
    return ListInfo(
        source=SOURCE,
        reference=reference or first.id,
        name=first.name or first.slug or f"List {first.id}",
        owner=first.owner or None,
        url=f"{site}/lists/{reference}" if reference else None,
        description=first.description or None,
        item_count=_sum(row.items for row in rows),
        version=version_of(rows),
        public=all(row.private is False or (listed and row.private is None) for row in rows),
        kinds=tuple(kind for kind in Kind if any(kind in row.kinds for row in rows)),
    )


def list_infos(rows: Iterable[ListRow], site: str, *, listed: bool = False) -> tuple[ListInfo, ...]:
    """Each list once, in the order of the rows: twins are one list."""
    twins: dict[str, list[ListRow]] = {}
    for row in rows:
        twins.setdefault(row.reference or row.id, []).append(row)
    return tuple(list_info(group, site, listed=listed) for group in twins.values())


def keyless_info(reference: str, site: str, count: int) -> ListInfo:
    """What can be said of a list that was read without a key: it has no name there."""
    owner, _, slug = reference.partition("/")
    return ListInfo(
        source=SOURCE,
        reference=reference,
        name=slug.replace("-", " ").replace("_", " ").strip().title() or slug,
        owner=owner,
        url=f"{site}/lists/{reference}",
        item_count=count,
        public=True,
    )


def version_of(rows: Sequence[ListRow]) -> str | None:
    """Moves when any of the rows does. The count helps where the time stands still."""
    if not all(row.updated for row in rows):
        return None
    marks = sorted(f"{row.id}@{row.updated}/{row.items}" for row in rows)
    return " ".join(marks)


def _sum(counts: Iterable[int | None]) -> int | None:
    known = list(counts)
    return None if None in known else sum(count or 0 for count in known)


def count_of(value: object) -> int | None:
    """A count from a body or a header; None if it is none."""
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def _word(row: Row, key: str) -> str:
    value = row.get(key)
    return value.strip() if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One row of a list. `title` is None for what is neither a film nor a show.

    `mark` tells rows apart, whatever they are.
    """

    title: Title | None
    mark: str
    rank: int | None = None
    poster: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One answer with rows of a list. `split`: films and shows apart, so not in list order.

    `has_more` is None where the answer does not say.
    """

    rows: tuple[ItemRow, ...]
    split: bool = False
    has_more: bool | None = None
    cursor: str | None = None
    total: int | None = None


def page_of(reply: Reply, hint: Kind | None = None) -> Page:
    """The rows in an answer, whichever form it has. `hint`: the kind of rows that do not say."""
    body = reply.data if isinstance(reply.data, dict) else {"items": reply.data}
    split = {key: body[key] for key in _SPLIT if isinstance(body.get(key), list)}
    named: list[tuple[object, str]]
    if split:
        named = [(row, _SPLIT[key]) for key, rows in split.items() for row in rows]
    elif isinstance(body.get("items"), list):
        named = [(row, "") for row in body["items"]]
    else:
        raise unexpected("answered something that is no list of films and shows.")
    pagination = body["pagination"] if isinstance(body.get("pagination"), dict) else {}
    return Page(
        rows=tuple(item_row(row, word, hint) for row, word in named),
        split=bool(split),
        has_more=_has_more(reply.headers, pagination),
        cursor=_cursor(reply.headers, pagination),
        total=count_of(reply.headers.get("X-Total-Items")),
    )


def _has_more(headers: Mapping[str, str], pagination: Row) -> bool | None:
    said = headers.get("X-Has-More", pagination.get("has_more"))
    word = str(said).strip().lower()
    if word in {"true", "false"}:
        return word == "true"
    return True if _cursor(headers, pagination) else None


def _cursor(headers: Mapping[str, str], pagination: Row) -> str | None:
    cursor = headers.get("X-Next-Cursor") or pagination.get("next_cursor")
    return str(cursor) if cursor else None


def item_row(row: object, word: str, hint: Kind | None) -> ItemRow:
    """A row of a list; `word` says what it is in a split answer, else the row itself."""
    if not isinstance(row, dict):
        raise unexpected("sent a row that is no film or show.")
    word = word or _word(row, "mediatype").lower()
    kind = _KINDS.get(word) if word else hint
    if not word and kind is None:
        raise unexpected("sent a row without saying whether it is a film or a show.")
    rank, poster = row.get("rank"), _word(row, "poster")
    return ItemRow(
        title=_title(row, kind) if kind else None,
        mark=f"{word}:{row.get('id')}",
        rank=rank if isinstance(rank, int) else None,
        poster=poster if poster.startswith(("https://", "http://")) else None,
    )


def _title(row: Row, kind: Kind) -> Title | None:
    known = row.get("ids")
    known = known if isinstance(known, dict) else {}
    ids = Ids.of(
        imdb=known.get("imdb") or row.get("imdb_id"),
        # MDBList's `id` of a row is TMDb's.
        tmdb=known.get("tmdb") or row.get("id"),
        tvdb=known.get("tvdb") or row.get("tvdb_id") or row.get("tvdbid"),
        trakt=known.get("trakt"),
    )
    name = _word(row, "title")
    if not name and not ids:
        return None
    year = number_id(row.get("release_year"))
    return Title(kind, name or _id_as_name(ids), year if year and year < 10_000 else None, ids)


def _id_as_name(ids: Ids) -> str:
    """For a row without a title. Not empty, and like no title in a library."""
    database, number = next((key, value) for key, value in ids.as_dict().items() if value)
    return f"{database}:{number}"
