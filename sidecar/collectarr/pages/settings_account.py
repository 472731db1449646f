"""Settings of one's own account: look, password, where one is signed in."""

from aiohttp import web

from collectarr import accounts
from collectarr.accounts import AccountChange
from collectarr.errors import CollectarrError, ConflictError, InvalidError, ThrottledError
from collectarr.pages.account_views import AccountPage, SessionLine
from collectarr.pages.parts import Choice, Form
from collectarr.pages.render import show_page
from collectarr.pages.setup import check_twice
from collectarr.pages.visit import Note, Visit, see_other, typed, wrong
from collectarr.pages.words import device_words, duration, revoked_words
from collectarr.store import api_keys, sessions, users
from collectarr.trail import note, note_revoked_keys

PATH = "/settings/account"
THEMES = (("dark", "Dark"), ("light", "Light"), ("system", "As the device"))


async def show(request: web.Request) -> web.Response:
    return await _page(Visit.of(request), Form())


async def _page(
    visit: Visit, form: Form, status: int = 200, *, profile: Form | None = None
) -> web.Response:
    page = AccountPage(
        form=form,
        profile=profile or Form(_profile(visit)),
        themes=tuple(Choice(value, label, visit.user.theme == value) for value, label in THEMES),
        email=visit.user.email or "",
        sessions=await _sessions(visit),
        keys=len(await api_keys.list_keys(visit.db, visit.user.id)),
    )
    return await show_page(
        visit.request, "settings_account.html", page, active="settings", status=status
    )


def _profile(visit: Visit) -> dict[str, str]:
    return {"username": visit.user.username, "email": visit.user.email or ""}


async def _sessions(visit: Visit) -> tuple[SessionLine, ...]:
    own = visit.identity.session
    return tuple(
        SessionLine(
            key=line.id,
            device=device_words(line.agent or "", line.kind),
            client=line.client or "",
            seen=visit.when(line.seen_at),
            current=own is not None and own.id == line.id,
        )
        for line in await sessions.list_sessions(visit.db, visit.user.id)
    )


async def change_profile(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await typed(request)
    change = AccountChange(username=fields.get("username", ""), email=fields.get("email", ""))
    kept = {"username": fields.get("username", ""), "email": fields.get("email", "")}
    try:
        user = await accounts.change_profile(
            visit.services,
            visit.user,
            change,
            fields.get("proof", ""),
            visit.auth.client_of(request),
        )
    except (InvalidError, ConflictError, ThrottledError) as error:
        form = wrong(kept, error, "username" if isinstance(error, ConflictError) else "")
        errors = {"proof" if at == "current" else at: text for at, text in form.errors.items()}
        return await _refused(visit, error, Form(), Form(kept, errors))
    if change.differs(visit.user):
        await note(request, "profile_changed", user.username)
    return see_other(request, PATH, Note("ok", "Saved."))


async def _refused(
    visit: Visit, error: CollectarrError, form: Form, profile: Form | None = None
) -> web.Response:
    if not isinstance(error, ThrottledError):
        return await _page(visit, form, 422, profile=profile)
    text = f"Too many attempts. Wait {duration(error.retry_after)}, then try again."
    if profile is None:
        response = await _page(visit, Form({}, {"": text}), 429)
    else:
        response = await _page(visit, form, 429, profile=Form(profile.values, {"": text}))
    response.headers["Retry-After"] = str(error.retry_after)
    return response


async def change_password(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await typed(request)
    try:
        check_twice(fields)
        session = visit.identity.session
        revoked = await visit.auth.change_password(
            visit.user,
            fields.get("current", ""),
            fields.get("password", ""),
            client=visit.auth.client_of(request),
            keep=session.id if session else "",
            revoke_keys=fields.get("revoke_keys") == "yes",
        )
    except (InvalidError, ThrottledError) as error:
        kept = {"revoke_keys": fields.get("revoke_keys", "")}
        return await _refused(visit, error, wrong(kept, error))
    await note(request, "password_changed")
    await note_revoked_keys(request, visit.user.username, revoked)
    text = "Your password is changed. Everywhere else you were signed out."
    return see_other(request, PATH, Note("ok", text + revoked_words(revoked)))


async def change_theme(request: web.Request) -> web.Response:
    visit, theme = Visit.of(request), (await typed(request)).get("theme", "")
    if theme not in dict(THEMES):
        raise InvalidError("There is no such look. Choose dark, light, or as the device.")
    await users.set_theme(visit.db, visit.user.id, theme)
    return see_other(request, PATH)


async def end_sessions(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    ended = await visit.auth.end_sessions(visit.user.id)
    await note(request, "session_revoked", ended=ended)
    response = see_other(request, "/login", Note("ok", "You are signed out everywhere."))
    await visit.auth.sign_out(request, response)
    return response


async def end_session(request: web.Request) -> web.Response:
    visit, key = Visit.of(request), (await typed(request)).get("session", "")
    known = await sessions.list_sessions(visit.db, visit.user.id)
    if key not in [line.id for line in known]:
        return see_other(request, PATH, Note("info", "That one had ended already."))
    await visit.auth.end_session(key)
    await note(request, "session_revoked", ended=1)
    return see_other(request, PATH, Note("ok", "Signed out there."))


ROUTES = (
    ("GET", PATH, show),
    ("POST", f"{PATH}/profile", change_profile),
    ("POST", f"{PATH}/sessions/end", end_session),
    ("POST", f"{PATH}/password", change_password),
    ("POST", f"{PATH}/theme", change_theme),
    ("POST", f"{PATH}/sessions", end_sessions),
)
