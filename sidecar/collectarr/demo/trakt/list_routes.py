"""Lists at the Trakt stand-in: of people, official ones, liked ones, and those people like."""

from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from collectarr.demo.trakt.front import Pager, asker_of, empty, nobody
from collectarr.demo.trakt.rows import MEDIA, Row
from collectarr.demo.trakt.state import Person, StoredList, World

PersonHandler = Callable[[web.Request, Person], Awaitable[web.Response]]
SORT = ("", "/{type}", "/{type}/{sort_by}/{sort_how}")


def sorted_rows(request: web.Request, rows: Iterable[Row]) -> list[Row]:
    """The rows of the types in the path, by rank or turned round."""
    types = {word.removesuffix("s") for word in request.match_info.get("type", "all").split(",")}
    if types & {"all", "media", ""}:
        types = set(MEDIA)
    found = [row for row in rows if row.get("type") in types]
    found.sort(key=lambda row: int(row.get("rank") or 0))
    return found[::-1] if request.match_info.get("sort_how") == "desc" else found


class Routes:
    """Some of Trakt's addresses, over one world."""

    def __init__(self, world: World, pager: Pager) -> None:
        self._world = world
        self._pager = pager

    def _of(self, handler: PersonHandler) -> Callable[..., Awaitable[web.Response]]:
        """For paths with a `user`: who asks must be somebody where that is `me` or left out."""

        async def asked(request: web.Request) -> web.Response:
            asker, name = asker_of(request), request.match_info.get("user", "me")
            if name == "me" and asker is None:
                return nobody()
            person = self._world.people.get(str(asker) if name == "me" else name.lower())
            if person is None or (person.private and asker != person.slug):
                return empty(404)
            return await handler(request, person)

        return asked


class ListRoutes(Routes):
    def routes(self) -> list[web.RouteDef]:
        of = self._of
        lists = "/users/{user}/lists"
        return [
            web.get("/lists/{chart:trending|popular}", self._popular),
            web.get("/lists/{chart:trending|popular}/{type}", self._popular),
            web.get(r"/lists/{id:\d+}", self._by_number),
            *(web.get(r"/lists/{id:\d+}/items" + end, self._by_number) for end in SORT),
            web.get("/users/likes/lists", of(self._liked)),
            web.get("/users/{user}/likes/lists", of(self._liked)),
            web.get(lists, of(self._index)),
            web.get(f"{lists}/collaborations", of(self._collaborations)),
            web.get(f"{lists}/{{list}}", of(self._show)),
            *(web.get(f"{lists}/{{list}}/items{end}", of(self._show)) for end in SORT),
        ]

    async def _popular(self, request: web.Request) -> web.Response:
        public = [one for one in self._world.lists if one.may_see(None)]
        public.sort(key=lambda one: -one.likes)
        rows = [{"like_count": one.likes, "comment_count": 0, "list": one.row()} for one in public]
        return self._pager.answer(request, rows, usual=10)

    async def _by_number(self, request: web.Request) -> web.Response:
        return self._answer(request, self._world.by_number(request.match_info["id"]))

    async def _show(self, request: web.Request, person: Person) -> web.Response:
        found = self._world.find_list(person.slug, request.match_info["list"].lower())
        return self._answer(request, found)

    def _answer(self, request: web.Request, found: StoredList | None) -> web.Response:
        """The list itself, or a page of its rows."""
        if found is None or not found.may_see(asker_of(request)):
            return empty(404)
        if "/items" not in request.path:
            return web.json_response(found.row())
        rows = sorted_rows(request, found.rows)
        return self._pager.answer(request, rows, sorted_by_rank=True)

    async def _index(self, request: web.Request, person: Person) -> web.Response:
        lists = [one for one in self._world.lists if one.owner is person]
        asker = asker_of(request)
        return self._pager.answer(request, [one.row() for one in lists if one.may_see(asker)])

    async def _collaborations(self, request: web.Request, person: Person) -> web.Response:
        rows = [one.row() for one in self._world.lists if person.slug in one.helpers]
        return self._pager.answer(request, rows)

    async def _liked(self, request: web.Request, person: Person) -> web.Response:
        lists = {one.id: one for one in self._world.lists}
        rows = [
            {"liked_at": when, "type": "list", "list": lists[number].row()}
            for number, when in person.likes.items()
            if lists[number].may_see(person.slug)
        ]
        return self._pager.answer(request, rows)
