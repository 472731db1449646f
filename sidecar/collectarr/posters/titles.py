"""Where the picture of a title or a collection comes from."""

import asyncio
import re
from collections.abc import Sequence

from collectarr.emby.client import EmbyClient
from collectarr.errors import NotFoundError, RejectedError
from collectarr.http import Upstream
from collectarr.posters.cache import PosterCache
from collectarr.posters.picture import backdrop
from collectarr.store import collections as stored_collections
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.servers import Server

TMDB_FILE = re.compile(r"^[A-Za-z0-9_-]{1,80}\.(jpg|png|webp)\Z")
WIDTHS = (160, 240, 342, 500)
IN_BACKDROP = 6


def nearest_width(width: int) -> int:
    """One of few widths, so that nobody fills the disk by asking for all of them."""
    return next((known for known in WIDTHS if known >= width), WIDTHS[-1])


class Posters:
    """`images` is the host that TMDb serves its pictures from."""

    def __init__(self, cache: PosterCache, images: Upstream) -> None:
        self._cache = cache
        self._images = images

    async def of_item(self, server: Server, client: EmbyClient, item_id: str, width: int) -> bytes:
        async def fetch() -> bytes:
            return (await client.image(item_id, 500))[0]

        return await self._cache.get(f"emby {server.uid} {server.url} {item_id}", width, fetch)

    async def from_tmdb(self, file: str, width: int) -> bytes:
        """Raises NotFoundError for anything but the plain name of a picture."""
        if not TMDB_FILE.match(file):
            raise NotFoundError("There is no such picture.")

        async def fetch() -> bytes:
            answer = await self._images.request(
                "GET", f"/t/p/w500/{file}", headers={"Accept": "image/*"}
            )
            if not answer.ok:
                raise RejectedError("TMDb has no such picture.", upstream=self._images.name)
            return answer.body

        return await self._cache.get(f"tmdb {file}", width, fetch)

    async def of_collection(
        self, db: Database, server: Server, client: EmbyClient, collection: Collection
    ) -> bytes:
        """The backdrop of a collection: its first titles on one server, dark and blurred."""
        rows = await stored_collections.load_matches(db, collection.id, server.id)
        ids = [row.item_ids[0] for row in rows if row.item_ids][:IN_BACKDROP]
        if not ids:
            raise NotFoundError("Nothing of this collection is in the library yet.")

        async def build() -> bytes:
            return await asyncio.to_thread(backdrop, await self._some(server, client, ids))

        return await self._cache.make(f"backdrop {server.uid} {server.url} {' '.join(ids)}", build)

    async def _some(self, server: Server, client: EmbyClient, ids: Sequence[str]) -> list[bytes]:
        found = []
        for item_id in ids:
            try:
                found.append(await self.of_item(server, client, item_id, WIDTHS[0]))
            except NotFoundError:
                continue
        if not found:
            raise NotFoundError("No title of this collection has a poster.")
        return found
