"""Style sheets, scripts and icons: read once, named by their content, kept by browsers for good."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from collectarr.access import public

PACKAGE = Path(__file__).resolve().parents[1]
FOR_GOOD = "public, max-age=31536000, immutable"


def web_folder() -> Path:
    """Inside the installed package, or beside it in the repository."""
    shipped = PACKAGE / "web"
    return shipped if shipped.is_dir() else PACKAGE.parents[1] / "web"


@dataclass(frozen=True, slots=True)
class StaticFile:
    body: bytes
    packed: bytes
    content_type: str
    mark: str


def _read(path: Path) -> StaticFile:
    body = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    # Some systems have it as the obsolete application/javascript, or as plain text.
    kind = "text/javascript" if path.suffix == ".js" else kind
    mark = hashlib.sha256(body).hexdigest()[:12]
    return StaticFile(body, gzip.compress(body, mtime=0), kind, mark)


class StaticFiles:
    """All files of a folder, in memory: a few kilobytes each."""

    def __init__(self, folder: Path) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): _read(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }

    def address(self, name: str) -> str:
        """Where `name` stands, with a mark of its content. Raises KeyError if there is none."""
        return f"/static/{name}?v={self._files[name].mark}"

    def routes(self, base: str) -> list[web.RouteDef]:
        @public
        async def serve(request: web.Request) -> web.Response:
            file = self._files.get(request.match_info["name"])
            if file is None:
                raise web.HTTPNotFound
            return _answer(request, file)

        return [web.get(base + "/static/{name:.+}", serve)]


def _answer(request: web.Request, file: StaticFile) -> web.Response:
    headers = {
        "ETag": f'"{file.mark}"',
        "Vary": "Accept-Encoding",
        "Cache-Control": FOR_GOOD if request.query.get("v") == file.mark else "no-cache",
    }
    if any(tag.value == file.mark for tag in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    packed = "gzip" in request.headers.get("Accept-Encoding", "").casefold()
    if packed:
        headers["Content-Encoding"] = "gzip"
    body = file.packed if packed else file.body
    return web.Response(body=body, content_type=file.content_type, headers=headers)
