"""What the rows of MDBList's listings mean: lists, and those that it mirrors from elsewhere."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from collectarr.models import Kind, ListInfo
from collectarr.sources.mdblist import references
from collectarr.sources.mdblist.answers import Reply, unexpected
from collectarr.sources.mdblist.fields import Row, count_of, moment_of, word_of

SOURCE = "mdblist"
_KINDS = {"movie": Kind.MOVIE, "show": Kind.SHOW}
_WEB = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of a listing. A films list and a shows list may share one slug: twins."""

    ids: tuple[str, ...]
    owner: str
    slug: str
    name: str
    description: str
    kinds: tuple[Kind, ...]
    items: int | None
    private: bool | None
    updated: str | None

    @property
    def id(self) -> str:
        return "+".join(self.ids)

    @property
    def reference(self) -> str | None:
        return references.parse(f"{self.owner}/{self.slug}") if self.owner else None

    def is_called(self, slug: str) -> bool:
        return self.slug.lower() == slug

    @classmethod
    def of(cls, row: Row) -> "ListRow":
        ids = row.get("ids") if isinstance(row.get("ids"), list) else [row.get("id")]
        kind = _KINDS.get(word_of(row, "mediatype"))
        private = row.get("private")
        return cls(
            ids=tuple(str(one) for one in ids or ()),
            owner=word_of(row, "user_name"),
            slug=word_of(row, "slug"),
            name=word_of(row, "name"),
            description=word_of(row, "description"),
            kinds=(kind,) if kind else (Kind.MOVIE, Kind.SHOW),
            items=count_of(row.get("items")),
            private=private if isinstance(private, bool) else None,
            updated=word_of(row, "last_updated_at") or None,
        )


def list_rows(reply: Reply) -> list[ListRow]:
    """The lists in an answer; a bare object counts as a listing of one."""
    return [ListRow.of(row) for row in _rows(reply)]


def _rows(reply: Reply) -> list[dict[str, Any]]:
    data = reply.data
    if isinstance(data, dict):
        data = data["lists"] if isinstance(data.get("lists"), list) else [data]
    if not isinstance(data, list):
        raise unexpected("answered something that is no list of lists.")
    if not all(isinstance(row, dict) and ("id" in row or "ids" in row) for row in data):
        raise unexpected("answered something that is no list of lists.")
    return data


def list_info(
    rows: Sequence[ListRow], site: str, *, reference: str | None = None, listed: bool = False
) -> ListInfo:
    """One list out of its row, or out of the rows of twins.

    `reference` where it is known better than from the row; `listed`: out of a public listing,
    whose rows do not say that they are public.
    """
    first = rows[0]
    reference = reference or first.reference
    times = [moment for row in rows if (moment := moment_of(row.updated)) is not None]
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
        source_id=_source_id(rows),
        updated_at=max(times, default=None),
    )


def list_infos(rows: Iterable[ListRow], site: str, *, listed: bool = False) -> tuple[ListInfo, ...]:
    """Each list once, in the order of the rows: twins are one list, unless one alone is private."""
    twins: dict[str, list[ListRow]] = {}
    for row in rows:
        twins.setdefault(row.reference or row.id, []).append(row)
    infos: list[ListInfo] = []
    for group in twins.values():
        named = public_of(group)
        infos.append(list_info(named, site, listed=listed))
        infos += [list_info([row], site, reference=row.id) for row in group if row not in named]
    return tuple(infos)


def public_of(rows: list[ListRow]) -> list[ListRow]:
    """Of twins those that are not private, where there are any: these are what the name means."""
    return [row for row in rows if row.private is not True] or rows


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
        named=False,
    )


def external_infos(reply: Reply) -> tuple[ListInfo, ...]:
    """Lists elsewhere that MDBList reads for their owner: nobody is told that they are public."""
    return tuple(_external_info(row) for row in _rows(reply))


def _external_info(row: Row) -> ListInfo:
    reference = references.external(str(row.get("id")))
    if reference is None:
        raise unexpected("answered with an external list without a number.")
    url, items = word_of(row, "url"), count_of(row.get("items"))
    updated = word_of(row, "updated") or None
    counts = {Kind.MOVIE: count_of(row.get("movies")), Kind.SHOW: count_of(row.get("shows"))}
    return ListInfo(
        source=SOURCE,
        reference=reference,
        name=word_of(row, "name") or f"List {row.get('id')}",
        owner=word_of(row, "user_name") or None,
        url=url if url.startswith(_WEB) else None,
        item_count=items,
        version=f"{reference}@{updated}/{items}" if updated else None,
        # Where both counts are nought, or one is not told, it may yet hold either.
        kinds=tuple(kind for kind in counts if counts[kind] != 0) or tuple(counts),
        source_id=reference,
        updated_at=moment_of(updated),
    )


def version_of(rows: Sequence[ListRow]) -> str | None:
    """Moves when any of the rows does. The count helps where the time stands still."""
    if not all(row.updated for row in rows):
        return None
    marks = sorted(f"{row.id}@{row.updated}/{row.items}" for row in rows)
    return " ".join(marks)


def versions_by_slug(owner: str, rows: Iterable[ListRow]) -> dict[str, str | None]:
    """The version of each list of this owner, by its reference."""
    twins: dict[str, list[ListRow]] = {}
    for row in rows:
        twins.setdefault(f"{owner}/{row.slug.lower()}", []).append(row)
    return {reference: version_of(public_of(group)) for reference, group in twins.items()}


def _source_id(rows: Sequence[ListRow]) -> str | None:
    """The numbers of a list and its twin, the lower one first."""
    ids = sorted({one for row in rows for one in row.ids}, key=lambda one: (len(one), one))
    return references.parse("+".join(ids))


def _sum(counts: Iterable[int | None]) -> int | None:
    known = list(counts)
    return None if None in known else sum(count or 0 for count in known)
