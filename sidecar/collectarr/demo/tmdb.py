"""A stand-in for TMDb: for now its pictures, drawn from the titles of the catalogue."""

import asyncio
import functools
import re

from aiohttp import web

from collectarr.demo.catalogue import load
from collectarr.demo.posters import poster
from collectarr.models import Title

_FILE = re.compile(r"^demo-(\d{1,12})\.jpg$")


class TmdbStandIn:
    """Serves /t/p/{size}/demo-{tmdb}.jpg."""

    def __init__(self) -> None:
        self.app = web.Application()
        self.app.router.add_get("/t/p/{size}/{file}", self._picture)

    async def _picture(self, request: web.Request) -> web.Response:
        match = _FILE.match(request.match_info["file"])
        title = _by_tmdb().get(int(match[1])) if match else None
        if title is None:
            raise web.HTTPNotFound(text="not found")
        picture = await asyncio.to_thread(poster, title.title, title.year)
        return web.Response(body=picture, content_type="image/jpeg")


@functools.cache
def _by_tmdb() -> dict[int, Title]:
    return {entry.title.ids.tmdb: entry.title for entry in load() if entry.title.ids.tmdb}
