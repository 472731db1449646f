"""A stand-in for Trakt: its API and its OAuth host in one, for `collectarr demo` and tests."""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from aiohttp import web

from collectarr.demo.control import Control, Seen
from collectarr.demo.trakt.front import Pager, guard
from collectarr.demo.trakt.list_routes import ListRoutes
from collectarr.demo.trakt.media_routes import ChartRoutes, PersonRoutes
from collectarr.demo.trakt.rows import Given, Row, collected, ranked, stamp
from collectarr.demo.trakt.sign_in import SignInRoutes
from collectarr.demo.trakt.state import Person, StoredList, World
from collectarr.demo.trakt.tokens import Sessions

DEMO_CLIENT = "demo-trakt-client"
_FIRST_LIST = 4001


class TraktStandIn:
    """Trakt as one `aiohttp` application for both of its hosts.

    `sessions` holds codes and tokens, with how long they are good; `pager` how pages are cut;
    `world` everything else. Somebody approves a device code at /activate or at
    `POST /_control/device {user_code, decision: approve|deny, user}`.
    """

    def __init__(
        self,
        client_id: str = DEMO_CLIENT,
        client_secret: str | None = None,
        *,
        interval: float = 5,
    ) -> None:
        self.client_id = client_id
        self.sessions = Sessions(interval=interval)
        self.world = World()
        self.pager = Pager()
        self._numbers = itertools.count(_FIRST_LIST)
        self.control = Control()
        self.fail = self.control.fail
        self.app = web.Application(
            middlewares=[self.control.middleware(), guard(client_id, self.sessions.user_of)]
        )
        sign_in = SignInRoutes(self.sessions, lambda: self.world.people, client_id, client_secret)
        media = (PersonRoutes(self.world, self.pager), ChartRoutes(self.world, self.pager))
        for part in (self.control, sign_in, ListRoutes(self.world, self.pager), *media):
            self.app.add_routes(part.routes())

    @property
    def requests(self) -> list[Seen]:
        return self.control.requests

    def add_user(
        self, slug: str, username: str | None = None, *, private: bool = False, vip: bool = False
    ) -> Person:
        return self.world.add_person(slug, username or slug.title(), private, vip)

    def sign_in(self, user: str) -> dict[str, Any]:
        """Tokens of `user`, as /oauth/token answers them; without any page."""
        return self.sessions.issue(self.world.people[user].slug)

    def add_list(
        self,
        user: str | None,
        slug: str,
        name: str,
        titles: Iterable[Given] = (),
        *,
        privacy: str = "public",
        description: str = "",
        likes: int = 0,
        helpers: Sequence[str] = (),
    ) -> int:
        """A new list and its number. `user` None: an official one; `helpers` collaborate."""
        now = stamp(self.world.tick())
        made = StoredList(
            id=next(self._numbers),
            owner=self.world.people[user] if user else None,
            slug=slug,
            name=name,
            rows=[],
            privacy=privacy,
            description=description,
            likes=likes,
            created=now,
            updated=now,
            helpers=tuple(helpers),
        )
        self.world.lists.append(made)
        self._fill(made, titles)
        return made.id

    def set_items(self, user: str | None, slug: str, titles: Iterable[Given]) -> None:
        self._fill(self._list(user, slug), titles)

    def set_private(self, user: str, slug: str, privacy: str = "private") -> None:
        found = self._list(user, slug)
        found.privacy = privacy
        self._changed(found)

    def rename_list(self, user: str, slug: str, new_slug: str, name: str) -> None:
        found = self._list(user, slug)
        found.slug, found.name = new_slug, name
        self._changed(found)

    def remove_list(self, user: str, slug: str) -> None:
        found = self._list(user, slug)
        self.world.lists.remove(found)
        self._changed(found)
        for person in self.world.people.values():
            person.likes.pop(found.id, None)

    def promise(self, part_of_path: str, count: int | None) -> None:
        """Pages below such a path claim `count` rows in all; None: the truth."""
        self.pager.claims.pop(part_of_path, None)
        if count is not None:
            self.pager.claims[part_of_path] = count

    def set_watchlist(self, user: str, titles: Iterable[Given]) -> None:
        self._keep(user, "watchlist", titles, "watchlist.updated")

    def set_favourites(self, user: str, titles: Iterable[Given]) -> None:
        self._keep(user, "favorites", titles, "favorites.updated")

    def set_collection(self, user: str, titles: Iterable[Given]) -> None:
        person, now = self.world.people[user], self.world.tick()
        rows = self.world.rows_of(titles)
        for word in ("movie", "show"):
            kept = [collected(row, now) for row in rows if row["type"] == word]
            person.kept[f"collection/{word}s"] = kept
        person.touch(stamp(now), "movies.collected", "episodes.collected")

    def set_recommendations(self, user: str, titles: Iterable[Given]) -> None:
        person, rows = self.world.people[user], self.world.rows_of(titles)
        for word in ("movie", "show"):
            kept = [row[word] for row in rows if row["type"] == word]
            person.kept[f"recommendations/{word}s"] = kept

    def set_chart(self, name: str, titles: Iterable[Given]) -> None:
        """`name` like `movies/trending`; one that counts is the same for all its periods."""
        rows = self.world.rows_of(titles)
        self.world.charts[name] = [row[row["type"]] for row in rows]

    def like(self, user: str, list_id: int) -> None:
        person, now = self.world.people[user], stamp(self.world.tick())
        person.likes[list_id] = now
        person.touch(now, "lists.liked")

    def _keep(self, user: str, shelf: str, titles: Iterable[Given], activity: str) -> None:
        person, now = self.world.people[user], self.world.tick()
        person.kept[shelf] = ranked(f"{user}/{shelf}", self.world.rows_of(titles), now)
        person.touch(stamp(now), activity)

    def _fill(self, found: StoredList, titles: Iterable[Given]) -> None:
        rows: list[Row] = self.world.rows_of(titles)
        found.rows = ranked(f"list/{found.id}", rows, self.world.tick())
        self._changed(found)

    def _changed(self, found: StoredList) -> None:
        found.updated = stamp(self.world.tick())
        if found.owner is not None:
            found.owner.touch(found.updated, "lists.updated")
        for helper in found.helpers:
            self.world.people[helper].touch(found.updated, "collaborations.updated")

    def _list(self, user: str | None, slug: str) -> StoredList:
        for one in self.world.lists:
            if one.slug == slug and (one.owner.slug if one.owner else None) == user:
                return one
        raise KeyError(slug)
