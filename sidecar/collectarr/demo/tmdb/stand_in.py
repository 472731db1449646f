"""A stand-in for TMDb: its API and its pictures, for `collectarr demo` and tests."""

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from aiohttp import web

from collectarr.demo.catalogue import load
from collectarr.demo.control import Control, Handler, Seen
from collectarr.demo.paging import Paging
from collectarr.demo.posters import poster
from collectarr.demo.tmdb.rows import (
    GENRES,
    MOST_PAGES,
    PER_PAGE,
    Known,
    Row,
    Series,
    StoredList,
    details,
    external_ids,
    known_from,
    page_of,
    row_of,
)
from collectarr.models import Title

DEMO_KEY = "d3300000000000000000000000007db0"
_FILE = re.compile(r"^demo-(\d{1,12})\.jpg$")
_KIND = r"{kind:movie|tv}"
_CHARTS = {
    "movie": {"popular", "top_rated", "now_playing", "upcoming"},
    "tv": {"popular", "top_rated", "on_the_air", "airing_today"},
}
_ERRORS = {
    6: (404, "Invalid id: The pre-requisite id is invalid or not found."),
    7: (401, "Invalid API key: You must be granted a valid key."),
    22: (400, "Invalid page: Pages start at 1 and max at 500."),
    34: (404, "The resource you requested could not be found."),
    39: (401, "This resource is private."),
}
_SORTS: dict[str, Callable[[Known], float | str]] = {
    "vote_average": lambda one: one.average,
    "vote_count": lambda one: one.votes,
    "primary_release_date": lambda one: one.released,
    "first_air_date": lambda one: one.released,
    "title": lambda one: one.title.title,
    "name": lambda one: one.title.title,
}


class TmdbStandIn:
    """TMDb as one `aiohttp` application; API (below /3) and pictures on the same host.

    `key` is the API key, or with `bearer` the read access token. It knows the titles of the
    catalogue, or `titles`. `charts` maps the path of a chart to what stands in it. `paging` may
    change what is between the pages of lists; its `headers` are fields of the body here.
    """

    def __init__(
        self,
        key: str = DEMO_KEY,
        *,
        bearer: bool = False,
        titles: Iterable[Title | Known] | None = None,
    ) -> None:
        self.key = key
        self.bearer = bearer
        self.per_page = PER_PAGE
        self.paging = Paging()
        self._titles: dict[tuple[str, int], Known] = {}
        self.lists: dict[int, StoredList] = {}
        self.series: dict[int, Series] = {}
        self.charts: dict[str, list[Known]] = {}
        self.control = Control()
        self.fail = self.control.fail
        self._by_catalogue = titles is None
        self.add_titles([] if titles is None else titles)
        self.app = web.Application(middlewares=[self.control.middleware()])
        self.app.add_routes(self._routes())

    @property
    def requests(self) -> list[Seen]:
        return self.control.requests

    def add_titles(self, titles: Iterable[Title | Known]) -> list[Known]:
        """Knows these titles too, and gives them as it knows them."""
        known = [one if isinstance(one, Known) else Known(one) for one in titles]
        self._titles |= {(one.word, one.id): one for one in known}
        return known

    def add_list(
        self,
        name: str,
        titles: Iterable[Title | Known],
        *,
        description: str = "",
        private: bool = False,
    ) -> int:
        """A new list and its id."""
        number = len(self.lists) + 8101
        known = self.add_titles(titles)
        self.lists[number] = StoredList(
            number, name, known, description=description, private=private
        )
        return number

    def add_series(self, name: str, titles: Iterable[Title | Known]) -> int:
        """Films that belong together, and their number."""
        number = len(self.series) + 131_201
        self.series[number] = Series(number, name, self.add_titles(titles))
        return number

    def _routes(self) -> list[web.RouteDef]:
        def get(path: str, handler: Handler) -> web.RouteDef:
            return web.get(f"/3/{path}", self._keyed(handler))

        return [
            *self.control.routes(),
            web.get("/t/p/{size}/{file}", self._picture),
            get("authentication", self._authentication),
            get("configuration", self._configuration),
            get(f"genre/{_KIND}/list", self._genres),
            get("find/{id}", self._find),
            get(r"list/{id:\d+}", self._list),
            get(r"collection/{id:\d+}", self._collection),
            get(f"discover/{_KIND}", self._discover),
            get(f"trending/{_KIND}/{{window:day|week}}", self._chart),
            get("search/multi", self._search),
            get(f"search/{_KIND}", self._search),
            get("search/collection", self._search_series),
            get(f"{_KIND}/{{id}}/external_ids", self._external_ids),
            get(f"{_KIND}/{{id}}", self._title),
            web.get("/3/{rest:.*}", self._keyed(self._nothing)),
        ]

    def _keyed(self, handler: Handler) -> Handler:
        async def asked(request: web.Request) -> web.StreamResponse:
            if self.bearer:
                given = request.headers.get("Authorization", "").removeprefix("Bearer ")
            else:
                given = request.query.get("api_key", "")
            page = request.query.get("page", "1")
            if given != self.key:
                return error(7)
            if not page.isdigit() or not 0 < int(page) <= MOST_PAGES:
                return error(22)
            return await handler(request)

        return asked

    @property
    def known(self) -> list[Known]:
        """Each title once, the best known first."""
        if self._by_catalogue:
            self._by_catalogue = False
            ours, self._titles = self._titles, {}
            self.add_titles(map(known_from, load()))
            self._titles |= ours
        return list(self._titles.values())

    def _of(self, request: web.Request) -> list[Known]:
        return [one for one in self.known if one.word == request.match_info["kind"]]

    def _paged(self, request: web.Request, titles: Sequence[Known]) -> web.Response:
        number = int(request.query.get("page", "1"))
        return web.json_response(page_of(list(titles), number, self.per_page))

    async def _picture(self, request: web.Request) -> web.Response:
        match = _FILE.match(request.match_info["file"])
        titles = [one.title for one in self.known if match and one.id == int(match[1])]
        if not titles:
            raise web.HTTPNotFound(text="not found")
        picture = await asyncio.to_thread(poster, titles[0].title, titles[0].year)
        return web.Response(body=picture, content_type="image/jpeg")

    async def _authentication(self, _request: web.Request) -> web.Response:
        words = {"success": True, "status_code": 1, "status_message": "Success."}
        return web.json_response(words)

    async def _configuration(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {
                "images": {
                    "base_url": "http://image.tmdb.org/t/p/",
                    "secure_base_url": "https://image.tmdb.org/t/p/",
                    "backdrop_sizes": ["w300", "w780", "w1280", "original"],
                    "logo_sizes": ["w45", "w92", "w154", "w185", "w300", "w500", "original"],
                    "poster_sizes": ["w92", "w154", "w185", "w342", "w500", "w780", "original"],
                    "profile_sizes": ["w45", "w185", "h632", "original"],
                    "still_sizes": ["w92", "w185", "w300", "original"],
                },
                "change_keys": ["images", "title"],
            }
        )

    async def _genres(self, request: web.Request) -> web.Response:
        table = GENRES[request.match_info["kind"]]
        return web.json_response({"genres": [{"id": k, "name": name} for k, name in table.items()]})

    async def _find(self, request: web.Request) -> web.Response:
        source, number = request.query.get("external_source"), request.match_info["id"]
        if source not in ("imdb_id", "tvdb_id"):
            return error(6)
        found: Row = {f"{word}_results": [] for word in ("movie", "person", "tv")}
        found |= {"tv_episode_results": [], "tv_season_results": []}
        for one in self.known:
            ids = one.title.ids
            if number == str(ids.imdb if source == "imdb_id" else ids.tvdb):
                found[f"{one.word}_results"] = [row_of(one, with_media_type=True)]
        return web.json_response(found)

    async def _title(self, request: web.Request) -> web.Response:
        number = request.match_info["id"]
        if number in _CHARTS[request.match_info["kind"]]:
            return await self._chart(request)
        found = self._one(request)
        appended = request.query.get("append_to_response", "").split(",")
        return web.json_response(details(found, appended)) if found else error(34)

    async def _external_ids(self, request: web.Request) -> web.Response:
        found = self._one(request)
        row = {"id": found.id, **external_ids(found)} if found else None
        return web.json_response(row) if row else error(34)

    def _one(self, request: web.Request) -> Known | None:
        number = request.match_info["id"]
        return next((one for one in self._of(request) if str(one.id) == number), None)

    async def _chart(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix("/3/")
        titles = self.charts.get(path)
        if titles is None:
            titles = self._of(request)
            if path.endswith("top_rated"):
                titles = sorted(titles, key=lambda one: -one.average)
        return self._paged(request, titles)

    async def _list(self, request: web.Request) -> web.Response:
        found = self.lists.get(int(request.match_info["id"]))
        if found is None:
            return error(34)
        if found.private:
            return error(39)
        number = int(request.query.get("page", "1"))
        body = found.page(number, self.per_page)
        start = (number - 1) * self.per_page
        early = min(start, self.paging.overlaps.get(start, 0))
        if early:
            before = found.page(number - 1, self.per_page)["items"]
            body["items"] = (before[-early:] + body["items"])[: self.per_page]
        self.paging.tell(start, body)
        return web.json_response(body)

    async def _collection(self, request: web.Request) -> web.Response:
        found = self.series.get(int(request.match_info["id"]))
        return web.json_response(found.details()) if found else error(34)

    async def _discover(self, request: web.Request) -> web.Response:
        titles = [one for one in self._of(request) if _passes(one, request.query)]
        name, _, how = request.query.get("sort_by", "popularity.desc").rpartition(".")
        if name in _SORTS:
            titles.sort(key=_SORTS[name], reverse=how == "desc")
        return self._paged(request, titles)

    async def _search(self, request: web.Request) -> web.Response:
        words = request.query.get("query", "").casefold()
        word = request.match_info.get("kind")
        found = [
            one
            for one in self.known
            if words and words in one.title.title.casefold() and word in (None, one.word)
        ]
        shown = page_of(found, int(request.query.get("page", "1")), with_media_type=word is None)
        if word is None:
            shown["results"].append({"id": 31, "name": "Tom Hanks", "media_type": "person"})
        return web.json_response(shown)

    async def _search_series(self, request: web.Request) -> web.Response:
        words = request.query.get("query", "").casefold()
        found = [one.found_row() for one in self.series.values() if words in one.name.casefold()]
        page = {"page": 1, "results": found, "total_pages": 1, "total_results": len(found)}
        return web.json_response(page)

    async def _nothing(self, _request: web.Request) -> web.Response:
        return error(34)


def error(code: int) -> web.Response:
    """One of TMDb's refusals, by its own number."""
    status, words = _ERRORS[code]
    body = {"success": False, "status_code": code, "status_message": words}
    return web.Response(text=json.dumps(body), status=status, content_type="application/json")


def _passes(one: Known, query: Mapping[str, str]) -> bool:
    wanted = [int(number) for number in re.findall(r"\d+", query.get("with_genres", ""))]
    # A comma asks for all of them, a bar for any.
    fits = any if "|" in query.get("with_genres", "") else all
    year = query.get("primary_release_year") or query.get("first_air_date_year")
    lowest, votes = query.get("vote_average.gte", "0"), query.get("vote_count.gte", "0")
    return (
        (not wanted or fits(number in one.genres for number in wanted))
        and year in (None, str(one.title.year))
        and one.average >= float(lowest)
        and one.votes >= int(votes)
    )
