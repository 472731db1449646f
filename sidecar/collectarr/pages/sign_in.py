"""Signing in and out."""

import re
from functools import partial

from aiohttp import web

from collectarr.access import IDENTITY, public
from collectarr.accounts import sign_in as sign_in_by_name
from collectarr.errors import InvalidError, SignInError, ThrottledError
from collectarr.pages.parts import Form
from collectarr.pages.render import show_page
from collectarr.pages.views import LoginPage
from collectarr.pages.visit import Note, own_path, see_other, typed, wrong
from collectarr.pages.words import duration
from collectarr.services import SERVICES
from collectarr.trail import note

_WAY_BACK = re.compile(r"/api/v1/sources/([a-z]+)/callback\?")


@public
async def show(request: web.Request) -> web.Response:
    wanted = own_path(request.query.get("next", "")) or ""
    if IDENTITY in request:
        return see_other(request, wanted or "/")
    if not await request.app[SERVICES].auth.has_users():
        return see_other(request, "/setup")
    return await _page(request, Form(), wanted)


async def _page(request: web.Request, form: Form, wanted: str, status: int = 200) -> web.Response:
    may_register = request.app[SERVICES].auth.registration == "open"
    page = LoginPage(form, wanted, may_register, _lead(request, wanted))
    return await show_page(request, "login.html", page, status=status)


def _lead(request: web.Request, wanted: str) -> str:
    """For whoever comes back from a source's own page after the session here has ended."""
    back = _WAY_BACK.match(wanted)
    source = request.app[SERVICES].outside.sources.get(back[1]) if back else None
    if source is None:
        return ""
    return (
        "Your session here has ended meanwhile. Sign in again, and connecting"
        f" {source.label} goes on."
    )


@public
async def sign_in(request: web.Request) -> web.Response:
    auth, fields = request.app[SERVICES].auth, await typed(request)
    wanted = own_path(fields.get("next", "")) or ""
    name, password = fields.get("username", "").strip(), fields.get("password", "")
    kept, response = {"username": name}, see_other(request, wanted or "/")
    try:
        _check_filled(name, password)
        client, start = auth.client_of(request), partial(auth.start_browser, request, response)
        await sign_in_by_name(request.app[SERVICES], name, password, client, "browser", start)
    except (InvalidError, SignInError) as error:
        return await _page(request, wrong(kept, error), wanted, 422)
    except ThrottledError as error:
        text = f"Too many attempts. Wait {duration(error.retry_after)}, then try again."
        refusal = await _page(request, Form(kept, {"": text}), wanted, 429)
        refusal.headers["Retry-After"] = str(error.retry_after)
        return refusal
    return response


def _check_filled(name: str, password: str) -> None:
    missing = {
        **({} if name else {"username": "Type your username."}),
        **({} if password else {"password": "Type your password."}),
    }
    if missing:
        raise InvalidError("Something is missing.", details={"fields": missing})


async def sign_out(request: web.Request) -> web.Response:
    await note(request, "sign_out")
    response = see_other(request, "/login", Note("ok", "You are signed out."))
    await request.app[SERVICES].auth.sign_out(request, response)
    return response


ROUTES = (("GET", "/login", show), ("POST", "/login", sign_in), ("POST", "/logout", sign_out))
