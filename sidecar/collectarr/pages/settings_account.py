"""Settings of one's own account: look, password, where one is signed in."""

from aiohttp import web

from collectarr.errors import InvalidError, ThrottledError
from collectarr.pages.parts import Choice, Form
from collectarr.pages.render import show_page
from collectarr.pages.setup import check_twice
from collectarr.pages.views import AccountPage
from collectarr.pages.visit import Note, Visit, see_other, typed, wrong
from collectarr.pages.words import duration
from collectarr.store import summaries, users

PATH = "/settings/account"
THEMES = (("dark", "Dark"), ("light", "Light"), ("system", "As the device"))


async def show(request: web.Request) -> web.Response:
    return await _page(Visit.of(request), Form())


async def _page(visit: Visit, form: Form, status: int = 200) -> web.Response:
    page = AccountPage(
        form=form,
        themes=tuple(Choice(value, label, visit.user.theme == value) for value, label in THEMES),
        email=visit.user.email or "",
        sessions=max(1, await summaries.count_sessions(visit.db, visit.user.id)),
    )
    return await show_page(
        visit.request, "settings_account.html", page, active="settings", status=status
    )


async def change_password(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await typed(request)
    try:
        check_twice(fields)
        session = visit.identity.session
        await visit.auth.change_password(
            visit.user,
            fields.get("current", ""),
            fields.get("password", ""),
            client=visit.auth.client_of(request),
            keep=session.id if session else "",
        )
    except InvalidError as error:
        return await _page(visit, wrong({}, error), 422)
    except ThrottledError as error:
        text = f"Too many attempts. Wait {duration(error.retry_after)}, then try again."
        response = await _page(visit, Form({}, {"": text}), 429)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    text = "Your password is changed. Everywhere else you were signed out."
    return see_other(request, PATH, Note("ok", text))


async def change_theme(request: web.Request) -> web.Response:
    visit, theme = Visit.of(request), (await typed(request)).get("theme", "")
    if theme not in dict(THEMES):
        raise InvalidError("There is no such look. Choose dark, light, or as the device.")
    await users.set_theme(visit.db, visit.user.id, theme)
    return see_other(request, PATH)


async def end_sessions(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    await visit.auth.end_sessions(visit.user.id)
    response = see_other(request, "/login", Note("ok", "You are signed out everywhere."))
    await visit.auth.sign_out(request, response)
    return response


ROUTES = (
    ("GET", PATH, show),
    ("POST", f"{PATH}/password", change_password),
    ("POST", f"{PATH}/theme", change_theme),
    ("POST", f"{PATH}/sessions", end_sessions),
)
