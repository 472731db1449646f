"""What the MDBList stand-in holds: the lists of its users, in the rows that MDBList writes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from collectarr.models import Title

Row = dict[str, Any]
POSTER = "https://image.tmdb.org/t/p/w500/demo-{}.jpg"
_EXTRAS = ("genres", "poster", "ratings")
_ACTIVITIES = (
    *("watched_at", "season_watched_at", "episode_watched_at", "rated_at", "collected_at"),
    *("dropped_at", "paused_at", "episode_paused_at"),
)
_KEYLESS = ("id", "rank", "adult", "title", "imdb_id", "tvdb_id", "mediatype", "release_year")
_GROUPS = {"movie": "movies", "show": "shows", "season": "seasons", "episode": "episodes"}


def row_of(title: Title, genres: Iterable[str] = ()) -> Row:
    """A film or show as a row of a list, without its rank."""
    ids = title.ids
    return {
        "id": ids.tmdb,
        "adult": 0,
        "title": title.title,
        "imdb_id": ids.imdb,
        "tvdb_id": ids.tvdb,
        "ids": {
            "mdblist": f"{title.kind[0]}{ids.tmdb}",
            "imdb": ids.imdb,
            "tmdb": ids.tmdb,
            "tvdb": ids.tvdb,
            **({"trakt": ids.trakt} if ids.trakt else {}),
        },
        "language": "en",
        "mediatype": title.kind.value,
        "release_year": title.year,
        "spoken_language": "en",
        "country": "us",
        "genres": [genre.lower() for genre in genres],
        "poster": POSTER.format(ids.tmdb) if ids.tmdb else None,
        "ratings": _ratings(ids.tmdb) if ids.tmdb else [],
    }


def _ratings(number: int) -> list[Row]:
    """Scores between 40 and 95, always the same for the same title."""
    score = 40 + number * 7 % 56
    told = (("imdb", score - 2), ("tmdb", score + 2), ("metacritic", None), ("mdblist", score))
    return [
        {
            "source": source,
            "value": value / 10 if source == "imdb" and value else None,
            "score": value,
            "votes": value * 1000 if value and source != "mdblist" else None,
        }
        for source, value in told
    ]


def details(row: Row) -> Row:
    """A title as the look-up by its ids shows it."""
    scores = [one["score"] for one in row.get("ratings", ()) if one["source"] == "mdblist"]
    year = row.get("release_year")
    return {
        "title": row["title"],
        "year": year,
        "released": f"{year}-06-20" if year else None,
        "released_digital": None,
        "description": "",
        "runtime": 124,
        "score": scores[0] if scores else None,
        "score_average": scores[0] if scores else None,
        "ids": {
            "imdb": row["ids"]["imdb"],
            "trakt": row["ids"].get("trakt"),
            "tmdb": row["ids"]["tmdb"],
            "tvdb": row["ids"]["tvdb"],
            "mal": None,
            "mdblist": row["ids"].get("mdblist"),
        },
        "type": row.get("mediatype"),
        "updated": "2026-01-05T14:23:45Z",
        "ratings": [{**one, "url": None} for one in row.get("ratings", ())],
        "streams": [],
        "watch_providers": [],
        "language": "en",
        "spoken_language": "en",
        "country": "us",
        "certification": "PG",
        "commonsense": False,
        "age_rating": 13,
        "status": "released",
        "trailer": None,
        "poster": row.get("poster"),
        "backdrop": None,
    }


def ranked(titles: Iterable[Title | Mapping[str, Any]]) -> list[Row]:
    """Rows in the given order; what is no Title is taken as the row that it is."""
    rows = [row_of(title) if isinstance(title, Title) else dict(title) for title in titles]
    return [{"rank": rank, **row} for rank, row in enumerate(rows, 1)]


def appended(rows: Iterable[Row], extras: str) -> list[Row]:
    """The rows with the extras that were asked for, as `append_to_response` does."""
    unwanted = set(_EXTRAS) - set(extras.split(","))
    return [{key: row[key] for key in row if key not in unwanted} for row in rows]


def keyless(rows: Iterable[Row]) -> list[Row]:
    """The rows with the few fields that everybody may see."""
    return [{key: row[key] for key in _KEYLESS if key in row} for row in rows]


def split(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Films and shows apart; seasons and episodes only where the list has some."""
    groups: dict[str, list[Row]] = {"movies": [], "shows": []}
    for row in rows:
        groups.setdefault(_GROUPS.get(str(row.get("mediatype")), "movies"), []).append(row)
    return groups


@dataclass(slots=True)
class StoredList:
    """A list; `promised` is how many rows it claims, None for as many as it has.

    Not `dated`: its listing does not say when it changed.
    """

    id: int
    user: str
    user_id: int
    slug: str
    name: str
    rows: list[Row]
    mediatype: str | None
    private: bool
    description: str
    likes: int
    updated: datetime
    promised: int | None = None
    dated: bool = True

    @property
    def count(self) -> int:
        return len(self.rows) if self.promised is None else self.promised

    def short_row(self) -> Row:
        """As charts and the search show it."""
        return {
            "id": self.id,
            "user_id": self.user_id,
            "user_name": self.user,
            "name": self.name,
            "slug": self.slug,
            "description": self.description,
            "mediatype": self.mediatype,
            "items": self.count,
            "likes": self.likes,
        }

    def info_row(self) -> Row:
        """As it shows itself: without the time of its last change."""
        return {
            **self.short_row(),
            "type": "static",
            "dynamic": False,
            "private": self.private,
        }

    def listing_row(self) -> Row:
        """As the listing of its owner shows it."""
        when = f"{self.updated:%Y-%m-%dT%H:%M:%SZ}" if self.dated else None
        return {**self.info_row(), "last_updated_at": when}


@dataclass(slots=True)
class ExternalList:
    """A list elsewhere that is read for `user` alone; `source` is where."""

    id: int
    user: str
    user_id: int
    name: str
    rows: list[Row]
    url: str
    source: str
    updated: datetime

    def info_row(self) -> Row:
        shows = sum(row.get("mediatype") == "show" for row in self.rows)
        return {
            "id": self.id,
            "user_id": self.user_id,
            "user_name": self.user,
            "name": self.name,
            "updated": f"{self.updated:%Y-%m-%dT%H:%M:%SZ}",
            "items": len(self.rows),
            "movies": len(self.rows) - shows,
            "shows": shows,
            "url": self.url,
            "source": self.source,
        }


@dataclass(slots=True)
class Shelf:
    """All lists of all users. A change of a list moves its time by a second at least.

    `titles`: what is known though it is on no list.
    """

    lists: list[StoredList] = field(default_factory=list)
    watchlists: dict[str, list[Row]] = field(default_factory=dict)
    watched_at: dict[str, datetime] = field(default_factory=dict)
    externals: list[ExternalList] = field(default_factory=list)
    liked: dict[str, list[int]] = field(default_factory=dict)
    titles: list[Row] = field(default_factory=list)
    _users: list[str] = field(default_factory=list)
    _clock: datetime = datetime(2000, 1, 1, tzinfo=UTC)

    def user_id(self, user: str) -> int:
        if user not in self._users:
            self._users.append(user)
        return self._users.index(user) + 1

    def tick(self) -> datetime:
        now = datetime.now(UTC).replace(microsecond=0)
        self._clock = max(now, self._clock + timedelta(seconds=1))
        return self._clock

    def called(self, user: str, slug: str) -> list[StoredList]:
        """The list of this name, or its twins."""
        return [one for one in self.lists if (one.user, one.slug) == (user, slug)]

    def of_user(self, name: str) -> list[StoredList]:
        return [one for one in self.lists if name in (one.user, str(one.user_id))]

    def externals_of(self, user: str, number: str | None = None) -> list[ExternalList]:
        """Those of a user, or only that with this id."""
        return [one for one in self.externals if one.user == user and number in (None, str(one.id))]

    def activities(self, user: str) -> Row:
        """When which of a user's things changed last."""
        lists = [one.updated for one in self.of_user(user)]
        times = {
            "watchlisted_at": self.watched_at.get(user),
            **dict.fromkeys(_ACTIVITIES),
            "list_updated_at": max(lists, default=None),
        }
        return {key: f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else None for key, at in times.items()}

    def rows(self) -> Iterable[Row]:
        yield from self.titles
        for one in self.lists:
            yield from one.rows


def merged(lists: Sequence[StoredList]) -> list[Row]:
    """The rows of twins as one list, in the order of their ranks."""
    if len(lists) == 1:
        return lists[0].rows
    rows = sorted((row for one in lists for row in one.rows), key=lambda row: row["rank"])
    return [{**row, "rank": rank} for rank, row in enumerate(rows, 1)]
