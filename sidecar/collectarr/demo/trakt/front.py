"""What stands before every answer of the Trakt stand-in: the guard, the key, the token, pages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Middleware

from collectarr.demo.control import CONTROL, Handler
from collectarr.demo.paging import Paging
from collectarr.demo.trakt.rows import Row, shown

ASKER = web.RequestKey("asker", str)
_BLOCKED = (
    "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head>"
    "<body>Sorry, you have been blocked</body></html>"
)
_OPEN = ("/oauth/", "/activate", CONTROL)
_SORTED = {"X-Sort-By": "rank", "X-Sort-How": "asc"}


def empty(status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=status, content_type="application/json", headers=headers)


def guard(client_id: str, user_of: Callable[[str], str | None]) -> Middleware:
    """No User-Agent: a web page. No key: 403. A token that is not good: 401."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(CONTROL):
            return await handler(request)
        if not request.headers.get("User-Agent"):
            headers = {"Server": "cloudflare", "CF-RAY": "8f0000000000abcd-FRA"}
            return web.Response(
                status=403, text=_BLOCKED, content_type="text/html", headers=headers
            )
        if not request.path.startswith(_OPEN):
            if request.headers.get("trakt-api-key") != client_id:
                return web.json_response({"error": "invalid_client"}, status=403)
            word, _, token = request.headers.get("Authorization", "").partition(" ")
            user = user_of(token)
            if word and user is None:
                return nobody()
            if user is not None:
                request[ASKER] = user
        try:
            return await handler(request)
        except web.HTTPNotFound:
            return empty(404)

    return guarded


def nobody() -> web.Response:
    """The answer to somebody who is not signed in."""
    return empty(401, {"WWW-Authenticate": "Bearer"})


def asker_of(request: web.Request) -> str | None:
    return request.get(ASKER)


@dataclass(slots=True)
class Pager:
    """Cuts rows into pages. Larger limits than `largest` become it, without a word.

    `claims` maps a part of a path to how many rows are claimed for it, whatever there is;
    `headerless` leaves the paging headers out. `paging` may change what is between the pages of
    lists of titles.
    """

    largest: int = 250
    headerless: bool = False
    claims: dict[str, int] = field(default_factory=dict)
    paging: Paging = field(default_factory=Paging)

    def answer(
        self,
        request: web.Request,
        rows: Sequence[Row],
        *,
        usual: int = 100,
        largest: int | None = None,
        sorted_by_rank: bool = False,
    ) -> web.Response:
        limit = min(_number(request, "limit", usual), largest or self.largest, self.largest)
        page = _number(request, "page", 1)
        start = (page - 1) * limit
        part = self.paging.cut(rows, start, limit)
        response = web.json_response(
            [shown(row, request.query.get("extended", "")) for row in part]
        )
        if not self.headerless:
            total = self._claimed(request.path, len(rows))
            response.headers["X-Pagination-Page"] = str(page)
            response.headers["X-Pagination-Limit"] = str(limit)
            response.headers["X-Pagination-Page-Count"] = str(-(-total // limit))
            response.headers["X-Pagination-Item-Count"] = str(total)
        if sorted_by_rank:
            response.headers.update(_SORTED)
        if limit > 1:
            self.paging.tell(start, response.headers)
        return response

    def _claimed(self, path: str, count: int) -> int:
        return next((claim for part, claim in self.claims.items() if part in path), count)


def _number(request: web.Request, name: str, usual: int) -> int:
    text = request.query.get(name, "")
    return int(text) or usual if text.isdigit() else usual
