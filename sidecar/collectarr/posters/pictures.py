"""Posters of collections: kept by what is in them, and drawn from posters of titles."""

import asyncio
import hashlib
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from collectarr.emby.client import EmbyClient
from collectarr.errors import NotFoundError, StoreError, UpstreamError
from collectarr.models import Look, PosterFrom
from collectarr.posters.mosaic import mosaic, shown
from collectarr.posters.titles import Posters
from collectarr.posters.upload import digest, poster_of
from collectarr.store.servers import Server

WIDTH = 500
CANDIDATES = 14
"""So many titles are looked at for the up to nine posters of a mosaic."""
_DIGEST = re.compile(r"^[0-9a-f]{64}\Z")
_LISTED = re.compile(r"/t/p/\w+/([A-Za-z0-9_-]+\.(?:jpg|png|webp))$")


@dataclass(frozen=True, slots=True)
class Face:
    """A title that a poster may show: its item in Emby, its picture as its list has it."""

    item_id: str | None = None
    listed: str | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """`made_of` changes with what it was to be drawn from."""

    picture: bytes
    made_of: str


class Pictures:
    """`folder`: one file per picture, named by the hash of its bytes, never overwritten.

    `posters` finds those of titles; None: there are none to be had.
    """

    def __init__(self, folder: Path, posters: Posters | None = None) -> None:
        self._folder = folder
        self._posters = posters

    async def keep(self, picture: bytes) -> str:
        """Its hash, under which it is found again. Raises StoreError where it cannot be kept."""
        name = digest(picture)
        await asyncio.to_thread(_write, self._folder / name[:2] / name, picture)
        return name

    async def load(self, name: str) -> bytes | None:
        """None for what is not there, or not whole any more."""
        if not _DIGEST.match(name):
            return None
        return await asyncio.to_thread(_read, self._folder / name[:2] / name, name)

    async def mosaic(
        self, name: str, faces: Sequence[Face], server: Server | None, client: EmbyClient | None
    ) -> Drawn:
        """Of the first of these titles that have a poster, in their order."""
        found: list[bytes] = []
        for face in faces[:CANDIDATES]:
            if len(found) == 9:
                break
            with suppress(NotFoundError, UpstreamError):
                found.append(await self._face(face, server, client))
        drawn = await asyncio.to_thread(mosaic, name, found)
        return Drawn(drawn, mosaic_of(name, faces))

    async def of_source(
        self,
        listed: str | None,
        faces: Sequence[Face],
        server: Server | None,
        client: EmbyClient | None,
    ) -> Drawn:
        """The list's own picture, else that of its first title that has one.

        Raises NotFoundError where there is none.
        """
        for face in (Face(None, listed), *faces[:CANDIDATES]):
            with suppress(NotFoundError, UpstreamError):
                raw = await self._face(face, server, client)
                picture = await asyncio.to_thread(poster_of, raw)
                return Drawn(picture, source_of(listed, faces))
        raise NotFoundError("Neither the list nor one of its titles has a poster.")

    async def _face(self, face: Face, server: Server | None, client: EmbyClient | None) -> bytes:
        """From TMDb where the list names it, else from Emby; through the cache."""
        if self._posters is None:
            raise NotFoundError("No posters can be had.")
        found = _LISTED.search(face.listed or "")
        if found is not None:
            with suppress(NotFoundError, UpstreamError):
                return await self._posters.from_tmdb(found[1], WIDTH)
        if face.item_id is None or server is None or client is None:
            raise NotFoundError("This title has no poster.")
        return await self._posters.of_item(server, client, face.item_id, WIDTH)


def wish_of(look: Look) -> str:
    """Tells whether another poster is wished than before."""
    picture = look.picture if look.poster is PosterFrom.UPLOAD else None
    return f"{look.poster}:{picture or ''}"


def mosaic_of(name: str, faces: Sequence[Face]) -> str:
    """Tells whether a mosaic would show anything else than the last one."""
    return _mark("mosaic", name, faces[: shown(len(faces))])


def source_of(listed: str | None, faces: Sequence[Face]) -> str:
    return _mark("source", listed or "", faces[:1])


def _mark(kind: str, text: str, faces: Sequence[Face]) -> str:
    told = json.dumps([kind, text, [face.item_id or face.listed for face in faces]])
    return hashlib.sha256(told.encode()).hexdigest()


def _read(path: Path, name: str) -> bytes | None:
    try:
        kept = path.read_bytes()
    except OSError:
        return None
    return kept if digest(kept) == name else None


def _write(path: Path, picture: bytes) -> None:
    if _read(path, path.name) is not None:
        return
    temporary = path.with_suffix(".new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.write_bytes(picture)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise StoreError(
            f"The poster cannot be kept in the data folder ({error.strerror}).", code="poster"
        ) from error
