"""Pages of other sites that may use the API: those named in CORS_ORIGINS, and no others."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohttp import web

from collectarr.errors import InvalidError

METHODS = "GET, POST, PUT, PATCH, DELETE"
# Credentials are among them, since they come in headers: cookies are never let through.
REQUEST_HEADERS = (
    "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, X-Api-Key,"
    " X-Request-Id"
)
ANSWER_HEADERS = "ETag, Location, Retry-After, WWW-Authenticate, X-Request-Id"
PREFLIGHT_SECONDS = 600
_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?")


def origins(text: str) -> frozenset[str]:
    """CORS_ORIGINS: exact origins with commas or spaces between them.

    Raises InvalidError that names the one that is none; a `*` is none.
    """
    found = [part.casefold() for part in text.replace(",", " ").split()]
    for part in found:
        if _ORIGIN.fullmatch(part) is None:
            raise InvalidError(
                f"CORS_ORIGINS: {part!r} is not an origin such as https://dash.example.org"
                " (no path, no star)."
            )
    return frozenset(found)


class Cors:
    """Decides by the `Origin` header alone, which no page can choose for itself."""

    def __init__(self, text: str, base_path: str, public_url: str | None) -> None:
        self._origins = origins(text)
        self._api = f"{base_path}/api/v1/"
        self._public = urlsplit(public_url or "").netloc.casefold()

    def concerns(self, request: web.Request) -> bool:
        """Whether the answer depends on the origin."""
        return bool(self._origins) and request.path.startswith(self._api)

    def is_invited(self, request: web.Request) -> bool:
        """Whether a page of another site, one that is named, sent this to the API."""
        origin = request.headers.get("Origin", "").casefold()
        if not self.concerns(request) or origin not in self._origins:
            return False
        # Our own address may be named too; its pages go on using their cookies.
        return urlsplit(origin).netloc not in (request.host.casefold(), self._public)

    def is_preflight(self, request: web.Request) -> bool:
        """Whether a browser asks if it may send what comes next."""
        asked = "Access-Control-Request-Method" in request.headers
        return request.method == "OPTIONS" and asked and self.is_invited(request)

    def headers(self, request: web.Request) -> Mapping[str, str]:
        """What lets that page read the answer. Never `Allow-Credentials`."""
        if not self.is_invited(request):
            return {}
        return {
            "Access-Control-Allow-Origin": request.headers["Origin"].casefold(),
            "Access-Control-Expose-Headers": ANSWER_HEADERS,
        }


def preflight_answer() -> web.Response:
    return web.Response(
        status=204,
        headers={
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": REQUEST_HEADERS,
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        },
    )
