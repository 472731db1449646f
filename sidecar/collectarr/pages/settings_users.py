"""Settings of everybody: who may sign in, and invitations. For administrators."""

from collections.abc import Mapping

from aiohttp import web

from collectarr import accounts
from collectarr.access import admin
from collectarr.accounts import AccountChange
from collectarr.errors import ConflictError, InvalidError
from collectarr.models import utc_now
from collectarr.pages.account_views import InviteLine, UserLine, UserPage, UsersPage
from collectarr.pages.lines import pager
from collectarr.pages.parts import Choice, Form
from collectarr.pages.render import show_page
from collectarr.pages.visit import Note, Visit, see_other, typed, wrong
from collectarr.pages.words import Badge, count, revoked_words
from collectarr.store import accounts as stored
from collectarr.store import users
from collectarr.store.accounts import Invite, Role
from collectarr.store.users import User
from collectarr.trail import note, note_revoked_keys

PATH = "/settings/users"
PER_PAGE, SHOWN_INVITES = 50, 50
OPEN = Badge("Open", "mail", "info")
USED = Badge("Used", "circle-check", "ok")
EXPIRED = Badge("Expired", "clock-alert", "quiet")
_HELP = {
    "user": "Has servers and collections of their own.",
    "administrator": "May also add and remove users, and change settings for everybody.",
}


def _roles(chosen: str) -> tuple[Choice, ...]:
    labels = {"user": "User", "administrator": "Administrator"}
    return tuple(
        Choice(role, label, role == chosen, help=_HELP[role]) for role, label in labels.items()
    )


def _role(text: str, field: str) -> Role:
    """Raises InvalidError for what is no role."""
    if text == "administrator":
        return "administrator"
    if text == "user":
        return "user"
    message = "Choose what they may do."
    raise InvalidError(message, details={"fields": {field: message}})


@admin
async def show(request: web.Request) -> web.Response:
    return await _page(Visit.of(request))


async def _page(
    visit: Visit,
    form: Form | None = None,
    invitation: Form | None = None,
    *,
    link: str = "",
    status: int = 200,
) -> web.Response:
    form, invitation = form or Form(), invitation or Form()
    everybody = await users.list_users(visit.db)
    first = (visit.page_number() - 1) * PER_PAGE
    invites = await stored.list_invites(visit.db)
    page = UsersPage(
        users=tuple(_line(visit, user) for user in everybody[first : first + PER_PAGE]),
        invites=tuple(_invite(visit, row) for row in invites[:SHOWN_INVITES]),
        form=form,
        invitation=invitation,
        roles=_roles(form.value("role", "user")),
        invite_roles=_roles(invitation.value("invite_role", "user")),
        closed=visit.auth.registration == "closed",
        pager=pager(visit, PATH, PER_PAGE, len(everybody)),
        link=link,
    )
    return await show_page(
        visit.request, "settings_users.html", page, active="settings", status=status
    )


def _line(visit: Visit, user: User) -> UserLine:
    return UserLine(
        id=user.id,
        name=user.username,
        email=user.email or "",
        administrator=user.is_administrator,
        oneself=user.id == visit.user.id,
        since=visit.when(user.created_at),
    )


def _invite(visit: Visit, row: Invite) -> InviteLine:
    still = OPEN if row.expires_at > utc_now() else EXPIRED
    state = USED if row.used_at else still
    return InviteLine(
        id=row.id,
        email=row.email or "",
        administrator=row.role == "administrator",
        state=state,
        is_open=state is OPEN,
        until=visit.when(row.expires_at),
        by=row.invited_by,
        used_by=row.used_by or "",
    )


@admin
async def add(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await typed(request)
    try:
        user = await visit.auth.add_user(
            fields.get("username", ""),
            fields.get("email") or None,
            fields.get("password", ""),
            _role(fields.get("role", ""), "role"),
            by=visit.user.id,
        )
    except (InvalidError, ConflictError) as error:
        field = "username" if isinstance(error, ConflictError) else ""
        kept = {name: fields.get(name, "") for name in ("username", "email", "role")}
        return await _page(visit, wrong(kept, error, field), status=422)
    await note(request, "user_created", user.username, role=user.role)
    return see_other(request, PATH, Note("ok", f"{user.username} can sign in now."))


@admin
async def invite(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await typed(request)
    kept = {name: fields.get(name, "") for name in ("invite_email", "invite_role")}
    try:
        role = _role(kept["invite_role"], "invite_role")
        row, token = await accounts.invite(
            visit.services, visit.user, role, kept["invite_email"] or None
        )
    except (InvalidError, ConflictError) as error:
        form = wrong(kept, error, "invite_email")
        errors = {"invite_email" if at == "email" else at: said for at, said in form.errors.items()}
        return await _page(visit, invitation=Form(kept, errors), status=422)
    await note(request, "invite_created", row.email or "", role=row.role, invite=row.id)
    # Not after a redirect: the link would have to be kept somewhere until then.
    return await _page(visit, link=accounts.invite_url(visit.services, request, token), status=201)


@admin
async def revoke(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    row = await stored.delete_invite(visit.db, visit.number())
    await note(request, "invite_revoked", row.email or "", invite=row.id)
    return see_other(request, PATH, Note("ok", "The invitation is gone; its link opens nothing."))


@admin
async def show_one(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    return await _user_page(visit, await users.get_user(visit.db, visit.number()))


async def _user_page(
    visit: Visit,
    user: User,
    *,
    details: Form | None = None,
    reset: Form | None = None,
    removal: Form | None = None,
    status: int = 200,
) -> web.Response:
    known = Form({"username": user.username, "email": user.email or "", "role": user.role})
    shown = details or known
    page = UserPage(
        user=_line(visit, user),
        roles=_roles(shown.value("role", user.role)),
        details=shown,
        reset=reset or Form(),
        removal=removal or Form(),
    )
    return await show_page(
        visit.request, "settings_user.html", page, active="settings", status=status
    )


@admin
async def change(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await typed(request)
    before = await users.get_user(visit.db, visit.number())
    kept = {name: fields.get(name, "") for name in ("username", "email", "role")}
    try:
        role = _role(kept["role"], "role")
        oneself = before.id == visit.user.id
        name, address = (None, None) if oneself else (kept["username"], kept["email"])
        wish = AccountChange(username=name, email=address, role=role)
        after = (await accounts.change_user(visit.services, visit.user, before.id, wish)).user
    except (InvalidError, ConflictError) as error:
        field = "role" if error.code == "last_administrator" else "username"
        return await _user_page(visit, before, details=wrong(kept, error, field), status=422)
    if after.role != before.role:
        await note(request, "role_changed", after.username, role=after.role)
    if (after.username, after.email) != (before.username, before.email):
        await note(request, "user_changed", after.username, before=before.username)
    still = after.is_administrator or after.id != visit.user.id
    return see_other(request, PATH if still else "/", Note("ok", f"{after.username} was changed."))


@admin
async def reset_password(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await typed(request)
    user = await users.get_user(visit.db, visit.number())
    try:
        wish = AccountChange(password=fields.get("password", ""))
        changed = await accounts.change_user(visit.services, visit.user, user.id, wish)
    except InvalidError as error:
        return await _user_page(visit, user, reset=wrong({}, error, "password"), status=422)
    await note(request, "password_reset", user.username)
    await note_revoked_keys(request, user.username, changed.revoked_keys)
    text = f"{user.username} has a new password, and was signed out everywhere."
    return see_other(request, PATH, Note("ok", text + revoked_words(changed.revoked_keys)))


@admin
async def end_all(request: web.Request) -> web.Response:
    """Whatever somebody is signed in with, keys of programs included."""
    visit = Visit.of(request)
    user = await users.get_user(visit.db, visit.number())
    ended = await visit.auth.end_sessions(user.id)
    revoked = await visit.auth.keys.revoke_all(user.id)
    await note(request, "session_revoked", user.username, ended=ended)
    await note(request, "api_key_revoked", user.username, count=revoked)
    where, keys = count(ended, "place"), count(revoked, "API key")
    text = f"{user.username} was signed out in {where}, and {keys} revoked."
    return see_other(request, f"{PATH}/{user.id}", Note("ok", text))


@admin
async def remove(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await typed(request)
    user = await users.get_user(visit.db, visit.number())
    try:
        _check_sure(fields)
        await accounts.remove_user(visit.services, user.id, visit.user)
    except (InvalidError, ConflictError) as error:
        return await _user_page(visit, user, removal=wrong({}, error), status=422)
    await note(request, "user_deleted", user.username)
    text = f"{user.username} was removed. Their collections in Emby stay as they are."
    return see_other(request, "/login" if user.id == visit.user.id else PATH, Note("ok", text))


def _check_sure(fields: Mapping[str, str]) -> None:
    if fields.get("sure") != "yes":
        raise InvalidError("Tick the box if you are sure.")


ROUTES = (
    ("GET", PATH, show),
    ("POST", PATH, add),
    ("POST", f"{PATH}/invites", invite),
    ("POST", f"{PATH}/invites/{{id}}/revoke", revoke),
    ("GET", f"{PATH}/{{id}}", show_one),
    ("POST", f"{PATH}/{{id}}", change),
    ("POST", f"{PATH}/{{id}}/password", reset_password),
    ("POST", f"{PATH}/{{id}}/end", end_all),
    ("POST", f"{PATH}/{{id}}/remove", remove),
)
