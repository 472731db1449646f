"""What the rows of a list at MDBList mean: films and shows, and seasons that name theirs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from collectarr.models import Ids, Kind, Title, genre_word, number_id
from collectarr.sources.mdblist.answers import Reply, unexpected
from collectarr.sources.mdblist.fields import (
    Row,
    block_of,
    count_of,
    day_of,
    moment_of,
    score_of,
    word_of,
)

_KINDS = {"movie": Kind.MOVIE, "show": Kind.SHOW}
_PARTS = frozenset({"season", "episode"})
_UNSTEADY = frozenset({"rank", "ratings", "score", "score_average", "poster", "genres"})
# The keys of a split answer, and what stands below them.
_SPLIT = {"movies": "movie", "shows": "show", "seasons": "season", "episodes": "episode"}


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One row of a list. `title` is None for what is neither a film nor a show, nor names one.

    `mark` tells rows apart, whatever they are.
    """

    title: Title | None
    mark: str
    rank: int | None = None
    poster: str | None = None
    genres: tuple[str, ...] = ()
    rating: int | None = None
    released: date | None = None
    added_at: datetime | None = None
    via: str | None = None


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
    pagination = block_of(body, "pagination")
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
    word = word or word_of(row, "mediatype").lower()
    mark, rank = _mark(word, row), row.get("rank")
    rank = rank if isinstance(rank, int) else None
    if word in _PARTS:
        return ItemRow(_show_of(row), mark, rank, added_at=_added_at(row), via=word)
    kind = _KINDS.get(word) if word else hint
    if not word and kind is None:
        raise unexpected("sent a row without saying whether it is a film or a show.")
    poster = word_of(row, "poster")
    return ItemRow(
        title=_title(row, kind) if kind else None,
        mark=mark,
        rank=rank,
        poster=poster if poster.startswith(("https://", "http://")) else None,
        genres=_genres(row),
        rating=rating_of(row),
        released=day_of(row.get("released") or row.get("release_date")),
        added_at=_added_at(row),
    )


def _mark(word: str, row: Row) -> str:
    """The same wherever the row stands. Only of films and shows the number is known to be theirs:
    a season may have that of its show, or none.
    """
    number = row.get("id")
    if number and word not in _PARTS:
        return f"{word}:{number}"
    told = {key: value for key, value in row.items() if key not in _UNSTEADY}
    return f"{word}:{json.dumps(told, sort_keys=True)}"


def _title(row: Row, kind: Kind) -> Title | None:
    known = block_of(row, "ids")
    ids = Ids.of(
        imdb=known.get("imdb") or row.get("imdb_id"),
        # MDBList's `id` of a row is TMDb's.
        tmdb=known.get("tmdb") or row.get("id"),
        tvdb=known.get("tvdb") or row.get("tvdb_id") or row.get("tvdbid"),
        trakt=known.get("trakt"),
    )
    return _named(kind, word_of(row, "title"), row.get("release_year"), ids)


def _show_of(row: Row) -> Title | None:
    """The show that a season or an episode is of, where its row tells the ids of that."""
    show = block_of(row, "show")
    known = block_of(show, "ids")
    ids = Ids.of(known.get("imdb"), known.get("tmdb"), known.get("tvdb"), known.get("trakt"))
    year = show.get("release_year") or show.get("year")
    return _named(Kind.SHOW, word_of(show, "title"), year, ids) if ids else None


def _named(kind: Kind, name: str, year: object, ids: Ids) -> Title | None:
    if not name and not ids:
        return None
    number = number_id(year)
    return Title(
        kind, name or _id_as_name(ids), number if number and number < 10_000 else None, ids
    )


def _id_as_name(ids: Ids) -> str:
    """For a row without a title. Not empty, and like no title in a library."""
    database, number = next((key, value) for key, value in ids.as_dict().items() if value)
    return f"{database}:{number}"


def _genres(row: Row) -> tuple[str, ...]:
    genres = row.get("genres")
    named = genres if isinstance(genres, list) else ()
    words = [genre_word(one) for one in named if isinstance(one, str)]
    return tuple(dict.fromkeys(filter(None, words)))


def rating_of(row: Row) -> int | None:
    """Of 100: MDBList's own score, in the row or among its ratings, else the mean of the others'.

    Their `score` is of 100 everywhere; their `value` is in each one's own measure.
    """
    own = score_of(row.get("score")) or score_of(row.get("score_average"))
    scores = dict(_scores(row))
    mean = sum(scores.values()) / len(scores) if scores else None
    return own or scores.get("mdblist") or (round(mean) if mean else None)


def _scores(row: Row) -> Iterator[tuple[str, int]]:
    ratings = row.get("ratings")
    for rating in ratings if isinstance(ratings, list) else ():
        score = score_of(rating.get("score")) if isinstance(rating, dict) else None
        if score is not None:
            yield word_of(rating, "source"), score


def _added_at(row: Row) -> datetime | None:
    return moment_of(row.get("watchlist_at") or row.get("added_at"))
