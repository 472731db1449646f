"""Watchlists, collections, charts and the search at the Trakt stand-in."""

from aiohttp import web

from collectarr.demo.trakt.front import asker_of, nobody
from collectarr.demo.trakt.list_routes import SORT, Routes, sorted_rows
from collectarr.demo.trakt.rows import Row, slug_of
from collectarr.demo.trakt.state import Person

_COUNTED = "watched|played|collected|favorited"
_PERIODS = "daily|weekly|monthly|yearly|all"


class PersonRoutes(Routes):
    def routes(self) -> list[web.RouteDef]:
        of = self._of
        shelf, kinds = "/{shelf:watchlist|favorites}", "/{kind:movies|shows}"
        return [
            web.get("/users/settings", of(self._settings)),
            *(web.get(f"/users/{{user}}{shelf}{end}", of(self._shelf)) for end in SORT),
            *(web.get(f"/sync{shelf}{end}", of(self._shelf)) for end in SORT),
            web.get(f"/users/{{user}}/collection{kinds}", of(self._collection)),
            web.get(f"/sync/collection{kinds}", of(self._collection)),
            web.get("/sync/last_activities", of(self._activities)),
            web.get(f"/recommendations{kinds}", of(self._recommendations)),
        ]

    async def _settings(self, _request: web.Request, person: Person) -> web.Response:
        most = 5000 if person.vip else 250
        user = person.row()
        user["ids"] = {**user["ids"], "trakt": 1, "uuid": f"demo-{person.slug}"}
        body = {
            "user": {**user, "joined_at": person.joined, "location": None, "about": None},
            "permissions": {"commenting": True, "liking": True, "following": True},
            "account": {"timezone": "Europe/Berlin", "date_format": "dmy", "time_24hr": True},
            "limits": {
                "list": {"count": 100 if person.vip else 5, "item_count": most},
                "watchlist": {"item_count": most},
                "favorites": {"item_count": 100},
            },
        }
        return web.json_response(body)

    async def _shelf(self, request: web.Request, person: Person) -> web.Response:
        name = request.match_info["shelf"]
        if name == "favorites" and asker_of(request) is None:
            return nobody()
        rows = sorted_rows(request, person.kept.get(name, []))
        return self._pager.answer(request, rows, usual=10, sorted_by_rank=True)

    async def _collection(self, request: web.Request, person: Person) -> web.Response:
        rows = person.kept.get(f"collection/{request.match_info['kind']}", [])
        return self._pager.answer(request, rows)

    async def _activities(self, _request: web.Request, person: Person) -> web.Response:
        return web.json_response({"all": person.last, **person.activities})

    async def _recommendations(self, request: web.Request, person: Person) -> web.Response:
        rows = person.kept.get(f"recommendations/{request.match_info['kind']}", [])
        return self._pager.answer(request, rows, usual=10, largest=100)


class ChartRoutes(Routes):
    def routes(self) -> list[web.RouteDef]:
        kinds = "/{kind:movies|shows}"
        return [
            web.get("/movies/boxoffice", self._box_office),
            web.get(f"{kinds}/{{chart:trending|popular|anticipated}}", self._chart),
            web.get(f"{kinds}/{{chart:{_COUNTED}}}/{{period:{_PERIODS}}}", self._chart),
            web.get(f"{kinds}/{{slug}}", self._title),
            web.get("/search/{types}", self._search),
            web.get("/search/{ids:imdb|tmdb|tvdb|trakt}/{id}", self._look_up),
        ]

    def _rows(self, name: str) -> list[Row]:
        return self._world.charts.get(name, [])

    async def _box_office(self, _request: web.Request) -> web.Response:
        rows = self._rows("movies/boxoffice")[:10]
        return web.json_response(
            [{"revenue": 48_000_000 - place, "movie": row} for place, row in enumerate(rows)]
        )

    async def _chart(self, request: web.Request) -> web.Response:
        part = request.match_info
        media = self._rows(f"{part['kind']}/{part['chart']}")
        word = part["kind"].removesuffix("s")
        rows = [_counted(part["chart"], word, row, len(media) - n) for n, row in enumerate(media)]
        return self._pager.answer(request, rows, usual=10)

    async def _search(self, request: web.Request) -> web.Response:
        words = request.query.get("query", "").lower()
        types = request.match_info["types"].split(",")
        found: list[Row] = [
            {"type": kind.value, "score": 100.5, kind.value: row}
            for (kind, _), row in self._world.media.items()
            if kind.value in types and words in row["title"].lower()
        ]
        if "list" in types:
            lists = [one for one in self._world.lists if one.may_see(None)]
            found += [
                {"type": "list", "score": 1000.5, "list": one.row()}
                for one in lists
                if words in one.name.lower()
            ]
        return self._pager.answer(request, found, usual=50)

    async def _title(self, request: web.Request) -> web.Response:
        kind, slug = request.match_info["kind"].removesuffix("s"), request.match_info["slug"]
        for (other, _), row in self._world.media.items():
            # Trakt writes the year behind the names of films; behind those of shows only at need.
            if other.value == kind and slug in (row["ids"]["slug"], slug_of(row["title"])):
                return web.json_response(row)
        return web.Response(status=404)

    async def _look_up(self, request: web.Request) -> web.Response:
        """An id that nobody knows finds nothing; that is no error."""
        name, wanted = request.match_info["ids"], request.match_info["id"]
        types = request.query.get("type", "movie,show").split(",")
        rows: list[Row] = [
            {"type": kind.value, "score": 1000, kind.value: row}
            for (kind, _), row in self._world.media.items()
            if kind.value in types and str(row["ids"].get(name)) == wanted
        ]
        return self._pager.answer(request, rows, usual=10)


def _counted(chart: str, word: str, row: Row, count: int) -> Row:
    """A row of a chart with its figures; popular titles come bare."""
    match chart:
        case "popular":
            return row
        case "trending":
            return {"watchers": count, word: row}
        case "anticipated":
            return {"list_count": count, word: row}
        case "favorited":
            return {"user_count": count, word: row}
    figures = {"watcher_count": count, "play_count": 2 * count, "collected_count": count}
    return {**figures, word: row}
