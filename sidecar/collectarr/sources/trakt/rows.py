"""What the rows of Trakt mean: lists, and the films and shows in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from yarl import URL

from collectarr.models import (
    Ids,
    Kind,
    ListInfo,
    ListItem,
    Title,
    genre_word,
    number_id,
)
from collectarr.sources.trakt.answers import unexpected
from collectarr.sources.trakt.references import Reference, parse

SOURCE = "trakt"
SITE = "https://trakt.tv"
Row = Mapping[str, Any]
_KINDS = {"movie": Kind.MOVIE, "show": Kind.SHOW}
_THROUGH_SHOW = ("season", "episode")
_PICTURES = frozenset({"media.trakt.tv", "walter-r2.trakt.tv"})


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One row of a list. `item` is None for what is neither a film nor a show nor part of one.

    `mark` tells rows apart, whatever they are.
    """

    item: ListItem | None
    mark: str
    rank: int | None = None


def item_row(row: object, hint: Kind | None = None) -> ItemRow:
    """`hint`: what bare objects are, which do not say."""
    if not isinstance(row, dict):
        raise unexpected("sent a row that is no film or show.")
    word, media = _media(row, hint)
    rank, number = row.get("rank"), number_id(row.get("id"))
    item = _item(word, media, row) if media is not None else None
    return ItemRow(
        item=item,
        mark=f"#{number}" if number else _mark(word, row, media),
        rank=rank if isinstance(rank, int) and not isinstance(rank, bool) else None,
    )


def _media(row: Row, hint: Kind | None) -> tuple[str, Row | None]:
    """What a row is, and the film or show in it: in a wrapper, or the row itself."""
    word = row.get("type")
    if not isinstance(word, str):
        word = next((key for key in ("episode", "season", "show", "movie") if key in row), "")
    if not word and hint is not None and isinstance(row.get("ids"), dict):
        return hint.value, row
    if not word:
        raise unexpected("sent a row without saying whether it is a film or a show.")
    media = row.get("show" if word in _THROUGH_SHOW else word)
    known = word in _KINDS or word in _THROUGH_SHOW
    return word, media if known and isinstance(media, dict) else None


def _mark(word: str, row: Row, media: Row | None) -> str:
    own = row.get(word)
    part = own if isinstance(own, dict) else media or row
    ids = part.get("ids")
    number = ids.get("trakt") if isinstance(ids, dict) else None
    return f"{word}:{number or (part.get('title') or part.get('name'), part.get('year'))}"


def _item(word: str, media: Row, row: Row) -> ListItem | None:
    kind = _KINDS.get(word, Kind.SHOW)
    title = title_of(media, kind)
    if title is None:
        return None
    listed = row.get("listed_at") or row.get("collected_at") or row.get("last_collected_at")
    return ListItem(
        rank=0,
        title=title,
        poster=_poster(media),
        genres=_genres(media),
        rating=_rating(media),
        released=_day(media.get("released") or media.get("first_aired")),
        added_at=moment(listed),
        via=word if word in _THROUGH_SHOW else None,
    )


def title_of(media: Row, kind: Kind) -> Title | None:
    known = media.get("ids")
    known = known if isinstance(known, dict) else {}
    ids = Ids.of(known.get("imdb"), known.get("tmdb"), known.get("tvdb"), known.get("trakt"))
    name, year = _word(media, "title"), number_id(media.get("year"))
    if not name and not ids:
        return None
    return Title(kind, name or _id_as_name(ids), year if year and year < 10_000 else None, ids)


def _id_as_name(ids: Ids) -> str:
    """For a row without a title. Not empty, and like no title in a library."""
    return next(f"{database}:{number}" for database, number in ids.as_dict().items() if number)


def _poster(media: Row) -> str | None:
    """Trakt writes addresses of pictures without a scheme, and only its own are taken."""
    images = media.get("images")
    posters = images.get("poster") if isinstance(images, dict) else None
    first = posters[0] if isinstance(posters, list) and posters else None
    if not isinstance(first, str):
        return None
    address = first if first.startswith("https://") else f"https://{first.removeprefix('//')}"
    try:
        host = URL(address).host
    except ValueError:
        return None
    return address if host in _PICTURES else None


def _genres(media: Row) -> tuple[str, ...]:
    genres = media.get("genres")
    words = genres if isinstance(genres, list) else []
    return tuple(filter(None, (genre_word(word) for word in words if isinstance(word, str))))


def _rating(media: Row) -> int | None:
    """Trakt counts to ten; nobody voted: no rating."""
    rating = media.get("rating")
    if not isinstance(rating, int | float) or not 0 < rating <= 10 or media.get("votes") == 0:
        return None
    return round(rating * 10)


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def titles_in(rows: Sequence[ItemRow]) -> list[ListItem]:
    """Films and shows, each once, ranked from 1. A show wins over its seasons and episodes."""
    items = [row.item for row in rows if row.item is not None]
    whole = {_key(item) for item in items if item.via is None}
    kept: dict[object, ListItem] = {}
    for item in items:
        if item.via is None or _key(item) not in whole:
            kept.setdefault(_key(item), item)
    return [replace(item, rank=rank) for rank, item in enumerate(kept.values(), 1)]


def _key(item: ListItem) -> object:
    title = item.title
    ids = title.ids.trakt or title.ids
    return (title.kind, ids) if ids else (title.kind, title.title, title.year)


def list_info(row: object) -> ListInfo:
    """A list out of its own object, or out of one that wraps it."""
    if isinstance(row, dict) and isinstance(row.get("list"), dict):
        row = row["list"]
    ids = row.get("ids") if isinstance(row, dict) else None
    number = number_id(ids.get("trakt")) if isinstance(ids, dict) else None
    if not isinstance(row, dict) or not isinstance(ids, dict) or number is None:
        raise unexpected("answered something that is no list.")
    user = row["user"] if isinstance(row.get("user"), dict) else {}
    by_number = Reference("number", str(number))
    reference = _owned(user, ids) or by_number
    return ListInfo(
        source=SOURCE,
        reference=reference.text,
        name=_word(row, "name") or f"List {number}",
        owner=_word(user, "username") or None,
        url=f"{SITE}/{reference.text}",
        description=_word(row, "description") or None,
        item_count=count_of(row.get("item_count")),
        version=version_of(row),
        public=row.get("privacy") == "public" and user.get("private") is not True,
        source_id=by_number.text,
        updated_at=moment(row.get("updated_at")),
    )


def _owned(user: Row, ids: Row) -> Reference | None:
    """None for official lists, whose user has no name in addresses."""
    names = user.get("ids")
    name = _word(names, "slug") if isinstance(names, dict) else ""
    found = parse(f"users/{name}/lists/{_word(ids, 'slug')}") if name else None
    return found if found is not None and found.what == "list" else None


def list_infos(data: object) -> list[ListInfo]:
    if not isinstance(data, list):
        raise unexpected("answered something that is no list of lists.")
    return [list_info(row) for row in data]


def version_of(row: Row) -> str | None:
    """Moves when the list does. The count helps where the time stands still."""
    updated = _word(row, "updated_at")
    return f"{updated}/{count_of(row.get('item_count'))}" if updated else None


def count_of(value: object) -> int | None:
    """A count from a body or a header; None if it is none."""
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def _word(row: Row, key: str) -> str:
    value = row.get(key)
    return value.strip() if isinstance(value, str) else ""
