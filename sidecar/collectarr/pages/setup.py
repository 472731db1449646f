"""The very first page: making the first account."""

from collections.abc import Mapping

from aiohttp import web

from collectarr.access import public
from collectarr.errors import ConflictError, ForbiddenError, InvalidError
from collectarr.pages.parts import Form
from collectarr.pages.render import show_page
from collectarr.pages.views import SetupPage
from collectarr.pages.visit import see_other, typed, wrong
from collectarr.services import SERVICES
from collectarr.trail import note

KEPT = ("token", "username", "email")
DIFFERENT = "The two passwords differ. Type the same one twice."


@public
async def show(request: web.Request) -> web.Response:
    if await request.app[SERVICES].auth.has_users():
        return see_other(request, "/login")
    return await _page(request, Form())


async def _page(request: web.Request, form: Form, status: int = 200) -> web.Response:
    page = SetupPage(form, request.app[SERVICES].auth.needs_setup_token(request))
    return await show_page(request, "setup.html", page, status=status)


@public
async def make_first_user(request: web.Request) -> web.Response:
    auth, fields = request.app[SERVICES].auth, await typed(request)
    if await auth.has_users():
        return see_other(request, "/login")
    kept = {name: fields.get(name, "") for name in KEPT}
    try:
        check_twice(fields)
        user = await auth.set_up(
            fields.get("username", ""),
            fields.get("email") or None,
            fields.get("password", ""),
            token=fields.get("token", ""),
            local=not auth.needs_setup_token(request),
            client=auth.client_of(request),
        )
    except (InvalidError, ForbiddenError, ConflictError) as error:
        return await _page(request, wrong(kept, error), 422)
    await note(request, "set_up", user.username, actor=user)
    response = see_other(request, "/")
    await auth.start_browser(request, response, user)
    return response


def check_twice(fields: Mapping[str, str]) -> None:
    """Raises InvalidError unless the new password was typed the same twice."""
    if fields.get("password", "") != fields.get("confirm", ""):
        raise InvalidError(DIFFERENT, details={"fields": {"confirm": DIFFERENT}})


ROUTES = (("GET", "/setup", show), ("POST", "/setup", make_first_user))
