"""What the Trakt stand-in holds: people, their lists, charts, and all titles it ever heard of."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from collectarr.demo.trakt.rows import Given, Row, media_of, stamp
from collectarr.models import Kind, Title

_ACTIVITIES = {
    "movies": "watched collected rated watchlisted favorited commented paused hidden",
    "episodes": "watched collected rated watchlisted commented paused",
    "shows": "rated watchlisted favorited commented hidden dropped",
    "seasons": "rated watchlisted commented hidden",
    "comments": "liked reacted blocked",
    "lists": "liked reacted updated commented",
    "watchlist": "updated",
    "favorites": "updated",
    "collaborations": "updated",
    "account": "settings followed following pending requested",
    "saved_filters": "updated",
    "notes": "updated",
}


@dataclass(slots=True)
class Person:
    """A user; `kept` holds rows of watchlist, favorites, collection/movies and /shows."""

    slug: str
    username: str
    private: bool
    vip: bool
    joined: str
    kept: dict[str, list[Row]] = field(default_factory=dict)
    likes: dict[int, str] = field(default_factory=dict)
    activities: dict[str, dict[str, str]] = field(default_factory=dict)
    last: str = ""

    def touch(self, when: str, *names: str) -> None:
        """`names` like `lists.updated`: those times are `when` from now on."""
        self.last = when
        for name in names:
            group, _, what = name.partition(".")
            self.activities[group][f"{what}_at"] = when

    def row(self) -> Row:
        return {
            "username": self.username,
            "private": self.private,
            "name": self.username,
            "vip": self.vip,
            "vip_ep": False,
            "ids": {"slug": self.slug},
        }


@dataclass(slots=True)
class StoredList:
    """A list; `owner` None: an official one. `promised`: how many rows it claims to have."""

    id: int
    owner: Person | None
    slug: str
    name: str
    rows: list[Row]
    privacy: str
    description: str
    likes: int
    created: str
    updated: str
    helpers: tuple[str, ...] = ()
    promised: int | None = None

    @property
    def path(self) -> str:
        return f"users/{self.owner.slug}/lists/{self.slug}" if self.owner else f"lists/{self.id}"

    @property
    def count(self) -> int:
        return len(self.rows) if self.promised is None else self.promised

    def may_see(self, asker: str | None) -> bool:
        if self.owner is None:
            return True
        mine = asker is not None and asker in (self.owner.slug, *self.helpers)
        return mine or (self.privacy == "public" and not self.owner.private)

    def row(self) -> Row:
        nobody = {"username": "Trakt", "private": False, "name": None, "vip": False}
        official = {**nobody, "vip_ep": False, "ids": {"slug": None}}
        return {
            "name": self.name,
            "description": self.description,
            "privacy": self.privacy,
            "share_link": f"https://trakt.tv/lists/{self.id}",
            "type": "personal" if self.owner else "official",
            "display_numbers": True,
            "allow_comments": True,
            "sort_by": "rank",
            "sort_how": "asc",
            "created_at": self.created,
            "updated_at": self.updated,
            "item_count": self.count,
            "comment_count": 0,
            "likes": self.likes,
            "ids": {"trakt": self.id, "slug": self.slug},
            "user": self.owner.row() if self.owner else official,
        }


@dataclass(slots=True)
class World:
    """All of it. A change moves its time by a millisecond at least."""

    people: dict[str, Person] = field(default_factory=dict)
    lists: list[StoredList] = field(default_factory=list)
    charts: dict[str, list[Row]] = field(default_factory=dict)
    media: dict[tuple[Kind, int], Row] = field(default_factory=dict)
    _numbers: dict[Any, int] = field(default_factory=dict)
    _clock: datetime = datetime(2000, 1, 1, tzinfo=UTC)

    def tick(self) -> datetime:
        now = datetime.now(UTC)
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self._clock = max(now, self._clock + timedelta(milliseconds=1))
        return self._clock

    def add_person(self, slug: str, username: str, private: bool, vip: bool) -> Person:
        now = stamp(self.tick())
        person = Person(slug, username, private, vip, now)
        for group, words in _ACTIVITIES.items():
            person.activities[group] = {f"{word}_at": now for word in words.split()}
        person.touch(now)
        self.people[slug] = person
        return person

    def row_of(self, given: Given, genres: Iterable[str] = ()) -> Row:
        """What was given, with its `type`: `{"type": "movie", "movie": …}`."""
        if not isinstance(given, Title):
            return dict(given)
        trakt = given.ids.trakt or self._number(given)
        known = self.media.get((given.kind, trakt))
        if known is None:
            known = self.media[given.kind, trakt] = media_of(given, trakt, genres)
        return {"type": given.kind.value, given.kind.value: known}

    def rows_of(self, given: Iterable[Given]) -> list[Row]:
        return [self.row_of(one) for one in given]

    def _number(self, title: Title) -> int:
        mark = (title.kind, title.ids or (title.title, title.year))
        return self._numbers.setdefault(mark, len(self._numbers) + 1001)

    def find_list(self, owner: str, name: str) -> StoredList | None:
        """By its slug or its number."""
        for one in self.lists:
            if one.owner and one.owner.slug == owner and name in (one.slug, str(one.id)):
                return one
        return None

    def by_number(self, number: str) -> StoredList | None:
        return next((one for one in self.lists if str(one.id) == number), None)
