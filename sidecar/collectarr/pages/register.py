"""Making an account of one's own, where registration is open or with an invitation."""

from aiohttp import web

from collectarr import accounts
from collectarr.access import IDENTITY, public
from collectarr.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from collectarr.pages.account_views import RegisterPage
from collectarr.pages.parts import Form
from collectarr.pages.render import show_page
from collectarr.pages.setup import check_twice
from collectarr.pages.visit import Note, see_other, typed, wrong
from collectarr.services import SERVICES
from collectarr.store.accounts import Invite
from collectarr.store.audit import Action
from collectarr.trail import note

PATH = "/register"
KEPT = ("username", "email")


@public
async def show(request: web.Request) -> web.Response:
    token = request.query.get("invite", "")
    invite = await _welcome(request, token)
    if IDENTITY in request:
        text = "You are signed in already. Sign out first to make another account."
        return see_other(request, "/", Note("info", text))
    return await _page(request, Form(), token, invite)


async def _welcome(request: web.Request, token: str) -> Invite | None:
    """The invitation, if there is one. Raises NotFoundError for whoever may not register."""
    services = request.app[SERVICES]
    invite = await accounts.find_invite(services, token) if token else None
    may = services.auth.registration == "open" and await services.auth.has_users()
    if invite is None and (token or not may):
        raise NotFoundError(
            "This invitation is not good any more: it was used, revoked, or is too old. Ask for a"
            " new one."
            if token
            else "New accounts are made by an administrator here. Ask one for an invitation."
        )
    return invite


async def _page(
    request: web.Request, form: Form, token: str, invite: Invite | None, status: int = 200
) -> web.Response:
    page = RegisterPage(
        form,
        token if invite else "",
        (invite.email or "") if invite else "",
        invite is not None and invite.role == "administrator",
    )
    return await show_page(request, "register.html", page, status=status)


@public
async def register(request: web.Request) -> web.Response:
    services, fields = request.app[SERVICES], await typed(request)
    token = fields.get("invite", "")
    invite = await _welcome(request, token)
    try:
        check_twice(fields)
        user = await accounts.register(
            services,
            fields.get("username", ""),
            fields.get("email") or None,
            fields.get("password", ""),
            token,
        )
    except (InvalidError, ConflictError, ForbiddenError) as error:
        kept = {name: fields.get(name, "") for name in KEPT}
        field = "username" if isinstance(error, ConflictError) else ""
        return await _page(request, wrong(kept, error, field), token, invite, 422)
    action: Action = "invite_used" if token else "registered"
    await note(request, action, user.username, actor=user, role=user.role)
    response = see_other(request, "/")
    await services.auth.start_browser(request, response, user)
    return response


ROUTES = (("GET", PATH, show), ("POST", PATH, register))
