"""What happens around every handler: log, CORS, errors to answers, identity, limits, access, CSRF,
headers.
"""

import json
import math
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import structlog
from aiohttp import web

from collectarr.access import IDENTITY, Identity, access_of, scope_of
from collectarr.api_keys import Scope, allows
from collectarr.auth import COOKIE
from collectarr.bodies import in_time, room
from collectarr.cors import preflight_answer
from collectarr.errors import (
    CollectarrError,
    ForbiddenError,
    InvalidError,
    SignInError,
    ThrottledError,
    UnavailableError,
)
from collectarr.identify import identify
from collectarr.limits import LIGHT, TURNED_AWAY
from collectarr.passwords import same
from collectarr.services import SERVICES

log = structlog.stdlib.get_logger("collectarr.requests")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
RenderError = Callable[[web.Request, int, str, str], web.Response]
"""Makes the HTML page for a request, a status, a title and a text."""
RENDER_ERROR: web.AppKey[RenderError] = web.AppKey("render_error")
REQUEST_ID = web.RequestKey("request_id", str)

BODY_LIMIT = 1024 * 1024
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Nothing goes to other sites. Not `no-referrer`: with it browsers send `Origin: null` with
    # our own forms, and without TLS that header is all there is to tell them from foreign ones.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_KNOWN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_PROGRAM_PATHS = re.compile(r"/(api|ping|health|metrics)(/|$)")
_ENTRANCES = re.compile(r"(/api/v1/auth)?/(setup|login|register)/?")
_REFRESH = "/api/v1/auth/refresh"
_WAY_BACK = re.compile(r"/api/v1/sources/[a-z]+/callback")
_WEBHOOK = re.compile(r"/api/v1/webhooks/emby/([^/]+)")
_FREE = re.compile(r"/(static/.*|ping|health/ready)")
_PICTURES = "/api/v1/images/"
_MAY: dict[str, str] = {
    "read": "may only read",
    "run": "may read, sync and answer what waits, but not change settings",
}
_TITLES = {
    400: "That did not work",
    403: "This is not for you",
    404: "There is nothing here",
    405: "That cannot be done here",
    409: "That clashes with what is there",
    413: "That is too large",
    429: "Too many requests",
    500: "Something went wrong",
    503: "Try again later",
}
_WORDS = {
    404: "Nothing stands at this address. Check the spelling.",
    405: "This address does not take that kind of request.",
    408: "The request did not arrive in time. Try again.",
    413: f"The request is larger than {BODY_LIMIT >> 20} MB.",
}


def is_for_programs(request: web.Request) -> bool:
    """Whether the answer is JSON, whatever happens; HTML otherwise."""
    return _PROGRAM_PATHS.match(_own_path(request)) is not None


def _own_path(request: web.Request) -> str:
    """Without the base path."""
    return request.path.removeprefix(request.app[SERVICES].settings.base_path)


@web.middleware
async def request_log(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One line a request, never with its query, and one id for all that it causes."""
    given = request.headers.get("X-Request-Id", "")
    request[REQUEST_ID] = given if _KNOWN_ID.fullmatch(given) else secrets.token_hex(8)
    began = time.monotonic()
    status = 500
    with structlog.contextvars.bound_contextvars(request=request[REQUEST_ID]):
        try:
            response = await handler(request)
            status = response.status
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            _log_request(request, status, time.monotonic() - began)
    return response


def _log_request(request: web.Request, status: int, seconds: float) -> None:
    resource = request.match_info.route.resource
    identity = request.get(IDENTITY)
    route = resource.canonical if resource is not None else None
    # What a server tells is shown on its page, and may be thousands of lines.
    quiet = route is not None and (
        route.endswith(("/ping", "/ready", "/webhooks/emby/{token}")) or "/static/" in route
    )
    (log.debug if quiet and status < 400 else log.info)(
        "request",
        method=request.method,
        route=route,
        status=status,
        ms=round(seconds * 1000, 1),
        user=identity.user.username if identity else None,
    )


@web.middleware
async def cors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A browser asks whether a page of another site may send a request; no handler knows that."""
    if request.app[SERVICES].auth.cors.is_preflight(request):
        return preflight_answer()
    return await handler(request)


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error becomes one shape of JSON, or a page."""
    try:
        return await handler(request)
    except CollectarrError as error:
        if error.status >= 500:
            log.warning("failed", code=error.code, message=error.message)
        return error_response(request, error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _http_error(request, error)
    except Exception:
        log.exception("bug")
        text = (
            "Something went wrong inside Collectarr. The log has the details, under the number"
            f" {request[REQUEST_ID]}."
        )
        return _answer(request, 500, "bug", text, {"request_id": request[REQUEST_ID]})


def error_response(request: web.Request, error: CollectarrError) -> web.Response:
    response = _answer(request, error.status, error.code, error.message, error.details)
    wait = error.retry_after if isinstance(error, ThrottledError | UnavailableError) else None
    if wait is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(wait)))
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="collectarr"'
    return response


def _http_error(request: web.Request, error: web.HTTPException) -> web.Response:
    phrase = HTTPStatus(error.status).phrase
    code = "too_large" if error.status == 413 else re.sub(r"\W+", "_", phrase.lower())
    response = _answer(request, error.status, code, _WORDS.get(error.status, f"{phrase}."), {})
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def _answer(
    request: web.Request, status: int, code: str, message: str, details: dict[str, Any]
) -> web.Response:
    if is_for_programs(request):
        shape = {"error": {"code": code, "message": message, "details": details}}
        return web.json_response(shape, status=status, dumps=_dumps)
    title = _TITLES.get(status) or ("That did not work" if status < 500 else "Try again later")
    render: RenderError | None = request.app.get(RENDER_ERROR)
    if render is None:
        return web.Response(text=f"{title}\n\n{message}\n", status=status)
    return render(request, status, title, message)


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


@web.middleware
async def identity(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Who is it?"""
    if request.match_info.http_exception is None:
        found = await identify(request)
        if found is not None:
            request[IDENTITY] = found
    return await handler(request)


@web.middleware
async def limit(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Not more than one user, or one address, may send a minute."""
    auth, path = request.app[SERVICES].auth, _own_path(request)
    client, who = auth.client_of(request), request.get(IDENTITY)
    enters = request.method == "POST" and _ENTRANCES.fullmatch(path) is not None
    if enters:
        auth.limits.admit_sign_in(client)
    elif path == _REFRESH:
        auth.limits.admit_refresh(client)
    elif await _tells(request, path):
        pass
    elif who is not None:
        auth.limits.admit_user(who.user.id, _cost(request, path))
    else:
        auth.limits.admit_client(client, _cost(request, path))
    response = await handler(request)
    if enters and response.status < 400:
        auth.limits.signed_in(client)
    return response


async def _tells(request: web.Request, path: str) -> bool:
    """Whether a server of ours tells something: it does so once, and nothing of it may be lost."""
    named = _WEBHOOK.fullmatch(path)
    known = named and await request.app[SERVICES].intake.knows(named[1])
    return known is not None


def _cost(request: web.Request, path: str) -> float:
    if _FREE.fullmatch(path):
        return 0
    nobody = IDENTITY not in request
    if nobody and (
        request.match_info.http_exception is not None
        or access_of(request.match_info.route) != "public"
    ):
        return TURNED_AWAY
    return LIGHT if path.startswith(_PICTURES) else 1


@web.middleware
async def access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """May they? A route without a mark needs somebody who is signed in."""
    wanted = access_of(request.match_info.route)
    if request.match_info.http_exception is not None or wanted == "public":
        return await handler(request)
    who = request.get(IDENTITY)
    if who is None:
        await _turn_away(request)
    elif wanted == "admin" and not who.user.is_administrator:
        raise ForbiddenError("Only administrators may do this.")
    elif who.by_key:
        _check_scope(request, who)
    return await handler(request)


def _check_scope(request: web.Request, who: Identity) -> None:
    if not is_for_programs(request):
        raise ForbiddenError(
            "API keys are for the API alone. Sign in to use the pages.", code="scope"
        )
    otherwise: Scope = "read" if request.method in SAFE_METHODS else "admin"
    needed = scope_of(request.match_info.route) or otherwise
    if who.key is not None and not allows(who.key.scope, needed):
        raise ForbiddenError(
            f"The API key “{who.key.name}” {_MAY[who.key.scope]}. This needs one with the scope"
            f" “{needed}”.",
            code="scope",
            details={"scope": who.key.scope, "needed": needed},
        )


def _comes_back(request: web.Request) -> bool:
    """A person's browser, sent back by another site: the one page among the API's addresses."""
    html = "text/html" in request.headers.get("Accept", "")
    return request.method == "GET" and html and bool(_WAY_BACK.fullmatch(_own_path(request)))


async def _turn_away(request: web.Request) -> None:
    if is_for_programs(request) and not _comes_back(request):
        given = "X-Api-Key" in request.headers or "Authorization" in request.headers
        raise SignInError(
            "These credentials are not valid (any more). Sign in again."
            if given
            else "Sign in first, or send an API key."
        )
    services = request.app[SERVICES]
    base = services.settings.base_path
    if not await services.auth.has_users():
        raise web.HTTPSeeOther(f"{base}/setup")
    wanted = request.path_qs.removeprefix(base) or "/"
    known = request.method in SAFE_METHODS and wanted != "/"
    raise web.HTTPSeeOther(f"{base}/login" + (f"?next={quote(wanted, safe='/')}" if known else ""))


@web.middleware
async def csrf(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Another site must not act in the name of whoever is signed in in this browser."""
    who = request.get(IDENTITY)
    by_header = who is not None and not who.by_browser
    if (
        request.method not in SAFE_METHODS
        and not by_header
        and request.match_info.http_exception is None
        # Such a page was let in on purpose, and no cookie of this browser counts for it.
        and not request.app[SERVICES].auth.cors.is_invited(request)
    ):
        _check_origin(request)
        await _check_token(request, who)
    return await handler(request)


def _check_origin(request: web.Request) -> None:
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        ours = site in ("same-origin", "none")
    else:
        public = request.app[SERVICES].settings.public_url or ""
        hosts = {request.host.casefold(), _host(public)} - {""}
        ours = origin is None or _host(origin) in hosts
    if not ours:
        raise ForbiddenError(
            "This request came from another site, so it was not carried out. If it was you,"
            " open Collectarr and try again there.",
            code="csrf",
        )


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.casefold()
    except ValueError:
        return ""


async def _check_token(request: web.Request, who: Identity | None) -> None:
    given = request.headers.get("X-CSRF-Token")
    if request.content_type in _FORMS:
        fields = await _form(request)
        given = given or str(fields.get("csrf", ""))
    if who is None or who.session is None:
        return
    if not same(given or "", who.session.csrf):
        raise ForbiddenError(
            "This form is out of date. Reload the page and try again.", code="csrf"
        )


async def _form(request: web.Request) -> Any:
    """Read once and kept by aiohttp. Raises InvalidError for bytes that are no form."""
    try:
        return await in_time(request, request.post)
    except (CollectarrError, web.HTTPException, OSError):
        raise
    except Exception:  # noqa: BLE001
        # Its parser stumbles over odd parts in many ways, and there is nothing else in here.
        raise InvalidError("This form cannot be read.") from None


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On every response, also those that aiohttp makes by itself."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "Collectarr"
    auth = request.app[SERVICES].auth
    response.headers.update(auth.cors.headers(request))
    if auth.cors.concerns(request):
        vary = response.headers.get("Vary")
        response.headers["Vary"] = f"{vary}, Origin" if vary else "Origin"
    # Elsewhere browsers ignore this one and complain on their console.
    if auth.is_trustworthy(request):
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if REQUEST_ID in request:
        response.headers["X-Request-Id"] = request[REQUEST_ID]
    if response.content_type == "text/html" or is_for_programs(request):
        response.headers.setdefault("Cache-Control", "no-store")
    who = request.get(IDENTITY)
    if who is not None and who.renewed and COOKIE not in response.cookies:
        auth.renew(request, response, who.renewed)


MIDDLEWARES = (request_log, cors, errors, identity, limit, access, room, csrf)
"""Outermost first."""
