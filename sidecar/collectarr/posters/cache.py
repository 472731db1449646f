"""Posters on disk: each fetched once however many pages ask for it at the same time."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from collectarr.errors import CollectarrError, NotFoundError
from collectarr.posters.picture import small_webp

Fetch = Callable[[], Awaitable[bytes]]
FORGET_FAILURE = 300.0
MOST_FAILURES = 5000
NONE = "There is no such picture."


class PosterCache:
    """Small WebP files under one folder, by the hash of what they show."""

    def __init__(
        self,
        folder: Path,
        *,
        forget_failure: float = FORGET_FAILURE,
        most_failures: int = MOST_FAILURES,
    ) -> None:
        self._folder = folder
        self._most_failures = most_failures
        self._forget_failure = forget_failure
        self._under_way: dict[Path, asyncio.Task[bytes]] = {}
        self._failed: dict[Path, float] = {}

    async def get(self, key: str, width: int, fetch: Fetch) -> bytes:
        """The picture called `key` as WebP of at most `width` pixels.

        Raises NotFoundError when there is none; a failure is remembered for five minutes.
        """
        path = self._path(f"{key}@{width}")

        async def build() -> bytes:
            return await asyncio.to_thread(small_webp, await fetch(), width)

        return await self._once(path, build)

    async def make(self, key: str, build: Fetch) -> bytes:
        """Like `get`, for a picture that is made here and is WebP already."""
        return await self._once(self._path(key), build)

    async def _once(self, path: Path, build: Fetch) -> bytes:
        kept = await asyncio.to_thread(_read, path)
        if kept is not None:
            return kept
        if self._failed.get(path, 0) > time.monotonic():
            raise NotFoundError(NONE)
        task = self._under_way.get(path)
        if task is None:
            task = asyncio.create_task(self._make(path, build))
            self._under_way[path] = task
            task.add_done_callback(lambda _: self._under_way.pop(path, None))
        # Whoever asked first may leave; the others still want it.
        return await asyncio.shield(task)

    async def _make(self, path: Path, build: Fetch) -> bytes:
        try:
            picture = await build()
        except CollectarrError as error:
            if len(self._failed) >= self._most_failures:
                self._failed.clear()
            self._failed[path] = time.monotonic() + self._forget_failure
            raise NotFoundError(NONE) from error
        await asyncio.to_thread(_write, path, picture)
        return picture

    def _path(self, key: str) -> Path:
        name = hashlib.sha256(key.encode()).hexdigest()
        return self._folder / name[:2] / f"{name}.webp"


def _read(path: Path) -> bytes | None:
    """None too for a file that lost its end, as after a power cut."""
    try:
        kept = path.read_bytes()
    except OSError:
        return None
    # A WebP says its own length.
    whole = kept[:4] == b"RIFF" and int.from_bytes(kept[4:8], "little") + 8 == len(kept)
    return kept if whole else None


def _write(path: Path, picture: bytes) -> None:
    """Never half a file under its name. A full disk costs the cache, not the page."""
    temporary = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(picture)
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
