"""Where the picture of a title or a collection comes from."""

import asyncio
import re
import time
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from collectarr.emby.client import EmbyClient
from collectarr.errors import NotFoundError, RejectedError
from collectarr.http import Upstream
from collectarr.models import Kind, Title
from collectarr.posters.cache import Fetch, PosterCache
from collectarr.posters.picture import backdrop
from collectarr.store import collections as stored_collections
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.servers import Server

TMDB_FILE = re.compile(r"^[A-Za-z0-9_-]{1,80}\.(jpg|png|webp)\Z")
WIDTHS = (160, 240, 342, 500)
IN_BACKDROP = 6
ASK_AGAIN = 86_400.0
"""Seconds until a title is asked for anew that had no poster."""
MOST_WITHOUT = 20_000
NO_PICTURE = "There is no such picture."


@runtime_checkable
class FindsPosters(Protocol):
    """Whoever can tell, by a title's ids, which of TMDb's pictures is its poster."""

    @property
    def needs(self) -> str | None:
        """What an administrator has to set before it can be asked; None: nothing."""

    async def poster_of(self, title: Title) -> str | None:
        """The name of the poster's file; None where the title has none."""


def nearest_width(width: int) -> int:
    """One of few widths, so that nobody fills the disk by asking for all of them."""
    return next((known for known in WIDTHS if known >= width), WIDTHS[-1])


class Posters:
    """`images` is the host that TMDb serves its pictures from.

    `finder` knows the posters of titles that came without one; None: nobody does.
    """

    def __init__(
        self, cache: PosterCache, images: Upstream, finder: FindsPosters | None = None
    ) -> None:
        self._cache = cache
        self._images = images
        self._finder = finder if finder is not None and finder.needs is None else None
        self._without: dict[str, float] = {}

    def finds(self, title: Title) -> bool:
        """Whether it is worth asking for the poster of a title that came without one."""
        mark = _mark(title)
        return self._finder is not None and mark is not None and not self._has_none(mark)

    async def of_title(self, title: Title, width: int) -> bytes:
        """The poster of a title by its ids, once found kept as any other.

        Raises NotFoundError where there is none, which is remembered for a day.
        """
        mark, finder = _mark(title), self._finder
        if finder is None or mark is None or self._has_none(mark):
            raise NotFoundError(NO_PICTURE)

        async def fetch() -> bytes:
            file = await finder.poster_of(title)
            if file is None or not TMDB_FILE.match(file):
                self._remember_none(mark)
                raise NotFoundError(NO_PICTURE)
            return await self._picture(file)

        return await self._cache.get(f"title {mark}", width, fetch)

    def _has_none(self, mark: str) -> bool:
        return self._without.get(mark, 0) > time.monotonic()

    def _remember_none(self, mark: str) -> None:
        if len(self._without) >= MOST_WITHOUT:
            self._without.clear()
        self._without[mark] = time.monotonic() + ASK_AGAIN

    async def of_item(self, server: Server, client: EmbyClient, item_id: str, width: int) -> bytes:
        async def fetch() -> bytes:
            return (await client.image(item_id, 500))[0]

        return await self._cache.get(f"emby {server.uid} {server.url} {item_id}", width, fetch)

    async def of_picture(self, name: str, width: int, load: Fetch) -> bytes:
        """A picture that is kept under the hash of its bytes, small."""
        return await self._cache.get(f"picture {name}", width, load)

    async def from_tmdb(self, file: str, width: int) -> bytes:
        """Raises NotFoundError for anything but the plain name of a picture."""
        if not TMDB_FILE.match(file):
            raise NotFoundError(NO_PICTURE)
        return await self._cache.get(f"tmdb {file}", width, lambda: self._picture(file))

    async def _picture(self, file: str) -> bytes:
        answer = await self._images.request(
            "GET", f"/t/p/w500/{file}", headers={"Accept": "image/*"}
        )
        if not answer.ok:
            raise RejectedError("TMDb has no such picture.", upstream=self._images.name)
        return answer.body

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


def _mark(title: Title) -> str | None:
    """What tells its poster from others'; None for a title that cannot be asked for."""
    ids = title.ids
    if title.kind is not Kind.UNKNOWN and ids.tmdb:
        return f"{title.kind} {ids.tmdb}"
    return f"{title.kind} {ids.imdb}" if ids.imdb else None
