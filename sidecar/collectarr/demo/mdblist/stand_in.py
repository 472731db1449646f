"""A stand-in for MDBList: its lists, pages, quota and moods, for `collectarr demo` and tests."""

import base64
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from aiohttp import web

from collectarr.demo.control import CONTROL, Control, Handler, Seen
from collectarr.demo.mdblist.state import (
    ExternalList,
    Row,
    Shelf,
    StoredList,
    appended,
    details,
    keyless,
    merged,
    ranked,
    split,
)
from collectarr.demo.paging import Paging
from collectarr.models import Title

DEMO_KEY = "demo-mdblist-key"
LARGEST_PAGE = 1000
LARGEST_BATCH = 200
_GUARD = "<html><head><title>403 Forbidden</title></head><body>Forbidden</body></html>"
KeyedHandler = Callable[[web.Request, str], Awaitable[web.Response]]


class MdbListStandIn:
    """MDBList as one `aiohttp` application; API and keyless pages on the same host.

    `keys` maps each valid API key to its user. `quota` counts requests per day and key. The
    switches show it in its moods: `honours_unified`, `totals_per_page`, `gives_cursors`,
    `lists_private` (to their owner, where others are shown public ones).
    `paging` may change what is between its pages, see `Paging`.
    """

    def __init__(self, keys: Mapping[str, str] | None = None, *, quota: int = 1000) -> None:
        self.keys = dict(keys or {DEMO_KEY: "demo"})
        self.quota = quota
        self.used = dict.fromkeys(self.keys, 0)
        self.honours_unified = True
        self.totals_per_page = False
        self.gives_cursors = True
        self.lists_private = False
        self.paging = Paging()
        self.largest_page = LARGEST_PAGE
        self.shelf = Shelf()
        self.control = Control()
        self.fail = self.control.fail
        self.app = web.Application(middlewares=[self.control.middleware(), _guard])
        self.app.add_routes(self._routes())

    @property
    def requests(self) -> list[Seen]:
        return self.control.requests

    def add_list(
        self,
        user: str,
        slug: str,
        name: str,
        titles: Iterable[Title | Mapping[str, Any]],
        *,
        private: bool = False,
        mediatype: str | None = None,
        description: str = "",
        likes: int = 0,
    ) -> int:
        """A new list and its id. Twins are two lists of one slug and different `mediatype`."""
        made = StoredList(
            id=len(self.shelf.lists) + 101,
            user=user,
            user_id=self.shelf.user_id(user),
            slug=slug,
            name=name,
            rows=ranked(titles),
            mediatype=mediatype,
            private=private,
            description=description,
            likes=likes,
            updated=self.shelf.tick(),
        )
        self.shelf.lists.append(made)
        return made.id

    def set_items(
        self,
        user: str,
        slug: str,
        titles: Iterable[Title | Mapping[str, Any]],
        *,
        mediatype: str | None = None,
    ) -> None:
        """Replaces the rows of a list, or of that one of the twins with this `mediatype`."""
        for one in self.shelf.called(user, slug):
            if one.mediatype == mediatype or mediatype is None:
                one.rows = ranked(titles)
                one.updated = self.shelf.tick()
                return
        raise KeyError(f"{user}/{slug}")

    def set_private(self, user: str, slug: str, private: bool = True) -> None:
        for one in self.shelf.called(user, slug):
            one.private = private

    def set_watchlist(self, user: str, titles: Iterable[Title | Mapping[str, Any]]) -> None:
        now = self.shelf.tick()
        rows = [
            {"watchlist_at": f"{now:%Y-%m-%d %H:%M:%S}.000000", **one} for one in ranked(titles)
        ]
        self.shelf.watchlists[user] = rows
        self.shelf.watched_at[user] = now

    def add_external(
        self,
        user: str,
        name: str,
        titles: Iterable[Title | Mapping[str, Any]],
        *,
        url: str = "https://www.imdb.com/list/ls123456789/",
        source: str = "imdb",
    ) -> int:
        """A list elsewhere that is read for `user`, and its id here."""
        number = len(self.shelf.externals) + 501
        user_id = self.shelf.user_id(user)
        made = ExternalList(
            number, user, user_id, name, ranked(titles), url, source, self.shelf.tick()
        )
        self.shelf.externals.append(made)
        return number

    def like(self, user: str, *numbers: int) -> None:
        """`user` likes the lists with these ids."""
        self.shelf.liked.setdefault(user, []).extend(numbers)

    def add_titles(self, titles: Iterable[Title | Mapping[str, Any]]) -> None:
        """Known by their ids, though on no list."""
        self.shelf.titles.extend(ranked(titles))

    def promise(self, slug: str, count: int | None) -> None:
        """Lists of this slug claim `count` rows, whatever they hold; None: the truth."""
        for one in self.shelf.lists:
            if one.slug == slug:
                one.promised = count

    def _routes(self) -> list[web.RouteDef]:
        return [
            *self.control.routes(),
            web.get("/user", self._account),
            web.get("/lists/user", self._keyed(self._mine)),
            web.get("/lists/user/{name}", self._keyed(self._listing)),
            web.get("/lists/top", self._keyed(self._top)),
            web.get("/lists/search", self._keyed(self._search)),
            web.get("/lists/liked", self._keyed(self._liked)),
            web.get("/watchlist/items", self._keyed(self._watchlist)),
            web.get("/sync/last_activities", self._keyed(self._activities)),
            web.get("/external/lists/user", self._keyed(self._externals)),
            web.get(r"/external/lists/{id:\d+}", self._keyed(self._external)),
            web.get(r"/external/lists/{id:\d+}/items", self._keyed(self._external_items)),
            web.get("/lists/{user}/{slug}/json", self._keyless),
            web.get(r"/lists/{id:\d+}", self._keyed(self._info)),
            web.get(r"/lists/{id:\d+}/items", self._keyed(self._items)),
            web.get("/lists/{user}/{slug}", self._keyed(self._info)),
            web.get("/lists/{user}/{slug}/items", self._keyed(self._items)),
            web.get("/lists/{user}/{slug}/items/{mediatype}", self._keyed(self._items)),
            web.post("/{provider:imdb|tmdb|tvdb|trakt}/{kind}", self._keyed(self._batch)),
        ]

    def _keyed(self, handler: KeyedHandler) -> Handler:
        """Only with a valid key and quota left; the answer tells how much."""

        async def asked(request: web.Request) -> web.Response:
            key = request.query.get("apikey", "")
            if key not in self.keys:
                return _error(401, "Invalid API key")
            if self.used.setdefault(key, 0) >= self.quota:
                response = _error(429, "Daily API limit exceeded!")
                response.headers["Retry-After"] = str(int(_reset() - _now().timestamp()) + 1)
            else:
                self.used[key] += 1
                response = await handler(request, self.keys[key])
            response.headers["X-RateLimit-Limit"] = str(self.quota)
            response.headers["X-RateLimit-Remaining"] = str(self.quota - self.used[key])
            response.headers["X-RateLimit-Reset"] = str(_reset())
            return response

        return asked

    async def _account(self, request: web.Request) -> web.Response:
        key = request.query.get("apikey", "")
        if key not in self.keys:
            return _error(401, "Invalid API key")
        used = self.used.setdefault(key, 0)
        return web.json_response(
            {
                "api_requests": self.quota,
                "api_requests_count": used,
                "user_id": self.shelf.user_id(self.keys[key]),
                "username": self.keys[key],
                "name": self.keys[key].title(),
                "is_supporter": False,
                "plan": "Free",
                "rate_limit": self.quota,
                "rate_limit_remaining": max(0, self.quota - used),
                "rate_limit_reset": _reset(),
                "auth_method": "apikey",
            }
        )

    async def _mine(self, request: web.Request, user: str) -> web.Response:
        return self._listed(request, self.shelf.of_user(user))

    async def _listing(self, request: web.Request, user: str) -> web.Response:
        lists = self.shelf.of_user(request.match_info["name"])
        if not lists:
            return _error(404, "Not found")
        return self._listed(request, [one for one in lists if self._lists(one, user)])

    def _lists(self, one: StoredList, user: str) -> bool:
        return not one.private or (self.lists_private and one.user == user)

    def _listed(self, request: web.Request, lists: Sequence[StoredList]) -> web.Response:
        if not self._is_unified(request):
            return web.json_response([one.listing_row() for one in lists])
        slugs = dict.fromkeys((one.user, one.slug) for one in lists)
        return web.json_response([_unified_row(self.shelf.called(*slug)) for slug in slugs])

    async def _top(self, _request: web.Request, user: str) -> web.Response:
        found = [one for one in self.shelf.lists if self._lists(one, user)]
        found.sort(key=lambda one: -one.likes)
        return web.json_response([self._short(one) for one in found])

    async def _search(self, request: web.Request, user: str) -> web.Response:
        words = request.query.get("query", "").lower()
        lists = [one for one in self.shelf.lists if self._lists(one, user)]
        found = [one for one in lists if words in one.name.lower()]
        return web.json_response([self._short(one) for one in found])

    def _short(self, one: StoredList) -> Row:
        return one.info_row() if self.lists_private else one.short_row()

    async def _info(self, request: web.Request, user: str) -> web.Response:
        lists = self._wanted(request, user)
        if not lists:
            return _error(404, "Not found")
        return web.json_response([one.info_row() for one in lists])

    async def _items(self, request: web.Request, user: str) -> web.Response:
        lists = self._wanted(request, user)
        if not lists:
            return _error(404, "Not found")
        rows = (
            merged(lists) if self._is_unified(request) else [r for one in lists for r in one.rows]
        )
        mediatype = request.match_info.get("mediatype")
        rows = [row for row in rows if mediatype in (None, row.get("mediatype"))]
        return self._page(request, rows, sum(one.count for one in lists))

    async def _liked(self, _request: web.Request, user: str) -> web.Response:
        numbers = self.shelf.liked.get(user, [])
        lists = [one for one in self.shelf.lists if one.id in numbers and not one.private]
        pagination = {"limit": 100, "offset": 0, "has_more": False}
        rows = [one.short_row() for one in lists]
        return web.json_response({"lists": rows, "pagination": pagination})

    async def _watchlist(self, request: web.Request, user: str) -> web.Response:
        rows = self.shelf.watchlists.get(user, [])
        return self._page(request, rows, len(rows))

    async def _activities(self, _request: web.Request, user: str) -> web.Response:
        return web.json_response(self.shelf.activities(user))

    async def _externals(self, _request: web.Request, user: str) -> web.Response:
        return web.json_response([one.info_row() for one in self.shelf.externals_of(user)])

    async def _external(self, request: web.Request, user: str) -> web.Response:
        found = self.shelf.externals_of(user, request.match_info["id"])
        return web.json_response([found[0].info_row()]) if found else _error(404, "Not found")

    async def _external_items(self, request: web.Request, user: str) -> web.Response:
        found = self.shelf.externals_of(user, request.match_info["id"])
        if not found:
            return _error(404, "Not found")
        return self._page(request, found[0].rows, len(found[0].rows))

    async def _keyless(self, request: web.Request) -> web.Response:
        lists = self.shelf.called(request.match_info["user"], request.match_info["slug"])
        if not lists:
            return web.Response(status=404, text="<html>Not found</html>", content_type="text/html")
        rows = [] if any(one.private for one in lists) else merged(lists)
        if not rows:
            return web.json_response({"error": "empty or private list"})
        return web.json_response(keyless(rows))

    async def _batch(self, request: web.Request, _user: str) -> web.Response:
        """Details of up to 200 titles; ids that nobody knows are missing in the answer."""
        wanted = [str(one) for one in (await request.json()).get("ids", [])]
        if len(wanted) > LARGEST_BATCH:
            return _error(400, f"Maximum {LARGEST_BATCH} ids")
        kind, provider = request.match_info["kind"], request.match_info["provider"]
        known = {
            str(row["ids"].get(provider)): row
            for row in self.shelf.rows()
            if "ids" in row and kind in ("any", row.get("mediatype"))
        }
        # In no order: whoever asks must look at the ids.
        return web.json_response([details(known[one]) for one in sorted(wanted) if one in known])

    def _wanted(self, request: web.Request, user: str) -> list[StoredList]:
        """The lists named by the path, without those that the asker must not see."""
        part = request.match_info
        if "id" in part:
            lists = [one for one in self.shelf.lists if str(one.id) == part["id"]]
        else:
            lists = self.shelf.called(part["user"], part["slug"])
        return [one for one in lists if not one.private or one.user == user]

    def _is_unified(self, request: web.Request) -> bool:
        return self.honours_unified and request.query.get("unified", "").lower() == "true"

    def _page(self, request: web.Request, rows: Sequence[Row], total: int) -> web.Response:
        limit = _number(request, "limit") or self.largest_page
        limit = min(limit, self.largest_page)
        cursor = request.query.get("cursor")
        start = _position(cursor) if cursor else _number(request, "offset") or 0
        part = self.paging.cut(rows, start, limit)
        page = appended(part, request.query.get("append_to_response", ""))
        more = start + limit < len(rows)
        following = _cursor(start + limit) if more and self.gives_cursors else None
        body: Any = page
        if not self._is_unified(request):
            body = {**split(page), "pagination": {"has_more": more, "next_cursor": following}}
        response = web.json_response(body)
        counted = len(page) if self.totals_per_page else total
        response.headers["X-Total-Items"] = str(counted)
        response.headers["X-Matched-Items"] = str(counted)
        response.headers["X-Has-More"] = "true" if more else "false"
        if following is not None:
            response.headers["X-Next-Cursor"] = following
        self.paging.tell(start, response.headers)
        return response


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Stands in front of MDBList: who does not say what he is gets a web page and no answer."""
    if not request.headers.get("User-Agent") and not request.path.startswith(CONTROL):
        return web.Response(status=403, text=_GUARD, content_type="text/html")
    return await handler(request)


def _error(status: int, words: str) -> web.Response:
    return web.json_response({"error": words}, status=status)


def _number(request: web.Request, name: str) -> int | None:
    text = request.query.get(name, "")
    return int(text) if text.isdigit() else None


def _cursor(position: int) -> str:
    text = json.dumps({"r": position}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _position(cursor: str) -> int:
    try:
        return int(json.loads(base64.urlsafe_b64decode(cursor + "==="))["r"])
    except (ValueError, KeyError, TypeError):
        raise web.HTTPBadRequest(
            text=json.dumps({"error": "Invalid cursor"}), content_type="application/json"
        ) from None


def _now() -> datetime:
    return datetime.now(UTC)


def _reset() -> int:
    """When the day's quota starts anew, in Unix seconds."""
    tomorrow = _now().date() + timedelta(days=1)
    return int(datetime.combine(tomorrow, time(), UTC).timestamp())


def _unified_row(lists: Sequence[StoredList]) -> Row:
    row = lists[0].listing_row()
    del row["id"], row["mediatype"]
    newest = max(lists, key=lambda one: one.updated)
    return {
        "ids": [one.id for one in lists],
        **row,
        "items": sum(one.count for one in lists),
        "last_updated_at": newest.listing_row()["last_updated_at"],
    }
