"""Posters on disk: each fetched once however many pages ask for it at the same time."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from collectarr.errors import CollectarrError, NotFoundError
from collectarr.posters.picture import small_webp

Fetch = Callable[[], Awaitable[bytes]]
FORGET_FAILURE = 300.0
MOST_FAILURES = 5000


class PosterCache:
    """Small WebP files under one folder, by the hash of what they show."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._under_way: dict[Path, asyncio.Task[bytes]] = {}
        self._failed: dict[Path, float] = {}

    async def get(self, key: str, width: int, fetch: Fetch) -> bytes:
        """The picture called `key` as WebP of at most `width` pixels.

        Raises NotFoundError when there is none; a failure is remembered for five minutes.
        """
        path = self._path(f"{key}@{width}")
        kept = await asyncio.to_thread(_read, path)
        if kept is not None:
            return kept
        if self._failed.get(path, 0) > time.monotonic():
            raise NotFoundError("There is no such picture.")
        task = self._under_way.get(path)
        if task is None:
            task = asyncio.create_task(self._make(path, width, fetch))
            self._under_way[path] = task
            task.add_done_callback(lambda _: self._under_way.pop(path, None))
        # Whoever asked first may leave; the others still want it.
        return await asyncio.shield(task)

    async def make(self, key: str, build: Fetch) -> bytes:
        """Like `get`, for a picture that is made here and is WebP already."""
        path = self._path(key)
        kept = await asyncio.to_thread(_read, path)
        if kept is None:
            kept = await build()
            await asyncio.to_thread(_write, path, kept)
        return kept

    async def _make(self, path: Path, width: int, fetch: Fetch) -> bytes:
        try:
            picture = await asyncio.to_thread(small_webp, await fetch(), width)
        except CollectarrError as error:
            if len(self._failed) > MOST_FAILURES:
                self._failed.clear()
            self._failed[path] = time.monotonic() + FORGET_FAILURE
            raise NotFoundError("There is no such picture.") from error
        await asyncio.to_thread(_write, path, picture)
        return picture

    def _path(self, key: str) -> Path:
        name = hashlib.sha256(key.encode()).hexdigest()
        return self._folder / name[:2] / f"{name}.webp"


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _write(path: Path, picture: bytes) -> None:
    """Never half a file under its name. A full disk costs the cache, not the page."""
    temporary = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(picture)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
