"""Settings of the places that lists come from."""

import asyncio
from datetime import timedelta

from aiohttp import web

from collectarr.errors import CollectarrError, InvalidError, UnavailableError, UpstreamError
from collectarr.pages.parts import Form
from collectarr.pages.render import show_page
from collectarr.pages.views import SourcesPage
from collectarr.pages.visit import Note, Visit, see_other, typed, wrong
from collectarr.store import lists
from collectarr.store.lists import StoredAccount
from collectarr.sync.connect import connect_source
from collectarr.trail import note

PATH = "/settings/sources"
SOURCE = "mdblist"
STALE = timedelta(minutes=10)
PATIENCE = 3.0


async def show(request: web.Request) -> web.Response:
    return await _page(Visit.of(request), Form())


async def _page(visit: Visit, form: Form, status: int = 200) -> web.Response:
    account = await lists.find_account(visit.db, visit.user.id, SOURCE)
    problem = ""
    if account is not None:
        account, problem = await _looked_at(visit, account)
    page = SourcesPage(form=form) if account is None else _connected(visit, form, account, problem)
    if account is None and visit.settings.mdblist_api_key is not None:
        page = SourcesPage(form=form, connected=True, account="For everybody here", locked=True)
    return await show_page(
        visit.request, "settings_sources.html", page, active="settings", status=status
    )


def _connected(visit: Visit, form: Form, account: StoredAccount, problem: str) -> SourcesPage:
    plan = f"{account.plan} plan" if account.plan else ""
    limit = account.quota_limit or 0
    left = limit if account.quota_left is None else account.quota_left
    resets = account.quota_resets_at
    return SourcesPage(
        form=form,
        connected=True,
        account=", ".join(text for text in (account.username, plan) if text),
        used=max(0, limit - left),
        limit=limit,
        resets=visit.when(resets) if resets else None,
        problem=problem or account.error or "",
    )


async def _looked_at(visit: Visit, account: StoredAccount) -> tuple[StoredAccount, str]:
    """With the quota of some minutes ago at most, and what is wrong with the key, if anything."""
    if account.checked_at is not None and visit.now - account.checked_at < STALE:
        return account, ""
    secret = (await visit.outside.credential(visit.user.id, SOURCE)).secret or ""
    try:
        async with asyncio.timeout(PATIENCE):
            await connect_source(
                visit.db, visit.services.vault, visit.outside, visit.user.id, SOURCE, secret
            )
    except (TimeoutError, UnavailableError):
        return account, ""
    except CollectarrError as error:
        return account, error.message
    return await lists.find_account(visit.db, visit.user.id, SOURCE) or account, ""


async def connect(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await typed(request)
    try:
        account = await connect_source(
            visit.db,
            visit.services.vault,
            visit.outside,
            visit.user.id,
            SOURCE,
            fields.get("key", ""),
        )
    except (InvalidError, UpstreamError) as error:
        return await _page(visit, wrong({}, error, "key"), 422)
    await note(request, "source_key_set", SOURCE)
    whose = f" as {account.username}" if account.username else ""
    return see_other(request, PATH, Note("ok", f"MDBList is connected{whose}."))


async def disconnect(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    await lists.delete_account(visit.db, visit.user.id, SOURCE)
    await note(request, "source_key_removed", SOURCE)
    text = "MDBList is disconnected. Nothing in Emby was changed."
    return see_other(request, PATH, Note("ok", text))


ROUTES = (
    ("GET", PATH, show),
    ("POST", f"{PATH}/{SOURCE}", connect),
    ("POST", f"{PATH}/{SOURCE}/disconnect", disconnect),
)
