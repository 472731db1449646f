"""Texts that are meant to run: from a source, from Emby, from a person; in a real browser.

Each text carries a mark of its field. It must be seen as it was written, and nothing of it may
become an element, run, or be stopped only by the content security policy.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from collectarr.app import create_app, running
from collectarr.demo.emby import EmbyStandIn
from collectarr.demo.emby import running as emby_running
from collectarr.demo.mdblist import MdbListStandIn
from collectarr.models import Ids, Kind, Title
from collectarr.settings import load_settings
from tests.browser.watch import DESKTOP, PHONE, Watch
from tests.flows.world import own, served
from tests.people import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MARK = "data-planted"
PLANTED = f"[{MARK}], img[src='x']"
EMAIL = f"<img/src=x/{MARK}/onerror=hit()>@example.org"


def hostile(field: str) -> str:
    """Leaves attributes and elements of every kind, then tries to run."""
    return (
        f"{field}\"'><img src=x {MARK} onerror=hit()></script></title></textarea>"
        f"<script {MARK}>hit()</script><a {MARK} href=javascript:hit()>{{{{7*7}}}}"
    )


PAGES = [
    "/",
    "/collections",
    "/collections/1",
    "/collections/1?show=missing",
    "/collections/1?tab=preview",
    "/collections/1?tab=history",
    "/collections/1?tab=settings",
    "/collections/new",
    "/collections/new?source=mdblist&list=anna/hostile",
    "/browse",
    "/browse/mdblist?shelf=top",
    "/browse/mdblist/anna/hostile",
    "/runs",
    "/runs/1",
    "/settings/servers",
    "/settings/sources",
    "/settings/keys",
    "/settings/account",
    "/settings/users",
    "/settings/users/1",
    "/settings/installation",
    "/settings/audit",
    f"/collections?query={quote(hostile('query'))}",
    f"/collections?sort={quote(hostile('sort'))}&status={quote(hostile('status'))}",
    f"/collections/new?url={quote(hostile('url'))}",
    f"/collections/new?source=mdblist&list={quote(hostile('named list'))}",
    f"/browse?address={quote(hostile('address'))}",
    f"/browse/mdblist?query={quote(hostile('search'))}",
    f"/browse/mdblist/{quote(hostile('reference'), safe='')}",
    f"/runs?status={quote(hostile('status'))}&page={quote(hostile('page'))}",
    f"/settings/api?tag={quote(hostile('tag'))}",
    f"/settings/audit?query={quote(hostile('words'))}&action={quote(hostile('action'))}",
    f"/nothing/{quote(hostile('path'), safe='')}",
]
SHOWN = {
    *("title", "missing title", "collection", "server", "library", "api key", "agent"),
    *("list", "description", "address", "search"),
}
"""Fields that must be seen somewhere, so that the test has looked at them."""


def _title(number: int, text: str) -> Title:
    return Title(Kind.MOVIE, text, 2000, Ids(imdb=f"tt{number:07d}", tmdb=number))


@pytest_asyncio.fixture(loop_scope="session")
async def site(tmp_path: Path) -> AsyncIterator[str]:
    """The address of an installation where every text is hostile."""
    emby = EmbyStandIn(settle_seconds=0.05, event_seconds=0.05, server_name=hostile("Emby's name"))
    emby.add_library(hostile("library"), "movies", "/media/Movies")
    titles = [_title(1, hostile("title")), _title(2, hostile("missing title"))]
    own(emby, titles[0])
    emby.hand_create(hostile("box set"), [emby.items[0].id])
    mdblist = MdbListStandIn()
    mdblist.add_list("anna", "hostile", hostile("list"), titles, description=hostile("description"))
    async with AsyncExitStack() as stack:
        settings = load_settings(
            data_dir=tmp_path / "data",
            environment="test",
            mdblist_url=await stack.enter_async_context(served(mdblist.app)),
            settle_seconds=0,
            rate_limit_per_minute=0,
            registration="invite",
        )
        emby_url = await stack.enter_async_context(emby_running(emby))
        port = await stack.enter_async_context(running(create_app(settings, jobs=False)))
        url = f"http://127.0.0.1:{port}"
        await _fill(url, emby_url)
        yield url


async def _fill(url: str, emby_url: str) -> None:
    agent = {"User-Agent": hostile("agent")}
    async with aiohttp.ClientSession(f"{url}/api/v1/", headers=agent) as http:

        async def ask(method: str, path: str, body: Any) -> Any:
            async with http.request(method, path, json=body) as response:
                assert response.status in (200, 201, 202, 204), await response.text()
                return await response.json() if response.status != 204 else None

        tokens = await ask(
            "POST", "auth/setup", {"username": "anna", "password": PASSWORD, "email": EMAIL}
        )
        http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        await ask("PUT", "sources/mdblist/account", {"key": "demo-mdblist-key"})
        body = {"url": emby_url, "api_key": "demo-emby-key", "name": hostile("server")[:80]}
        await ask("POST", "servers", body)
        key = {"name": hostile("api key")[:100], "scope": "read"}
        await ask("POST", "api-keys", key)
        await ask("POST", "invites", {"email": f"b{EMAIL}", "role": "user"})
        lists = [{"source": "mdblist", "list": "anna/hostile"}]
        made = await ask(
            "POST", "collections", {"name": hostile("collection")[:120], "lists": lists}
        )
        await _until_ended(ask, made["last_run_id"])


async def _until_ended(ask: Any, run_id: int) -> None:
    for _ in range(200):
        run = await ask("GET", f"runs/{run_id}", None)
        if run["finished_at"]:
            return
    raise AssertionError("the run did not end")


async def _sign_in(page: Page, url: str) -> None:
    await page.add_init_script("window.hits = 0; window.hit = () => { window.hits += 1; };")
    await page.goto(f"{url}/login")
    await page.fill("[name=username]", "anna")
    await page.fill("[name=password]", PASSWORD)
    await page.press("[name=password]", "Enter")
    await page.wait_for_url(lambda address: "/login" not in address)


async def _check(watch: Watch, where: str) -> str:
    """Nothing planted, nothing run, nothing stopped; gives all that the page says."""
    page = watch.page
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for hidden in await page.locator("[popovertarget]").all():
        await hidden.evaluate(
            "one => document.getElementById(one.getAttribute('popovertarget'))?.showPopover()"
        )
    assert await page.locator(PLANTED).count() == 0, where
    assert await page.evaluate("window.hits") == 0, where
    handlers = "[...document.querySelectorAll('*')].some(e => e.getAttributeNames().some("
    assert not await page.evaluate(f"{handlers}n => n.startsWith('on')))"), where
    assert await page.locator("a[href^='javascript:' i]").count() == 0, where
    troubles = [one for one in watch.troubles if not one.startswith("answered ")]
    troubles = [one for one in troubles if "status of 4" not in one]
    assert troubles == [], where
    whole = "document.documentElement.textContent + [...document.querySelectorAll('input')]"
    return str(await page.evaluate(f"{whole}.map(one => one.value).join(' ')"))


@pytest.mark.parametrize(("name", "device"), [("desktop", DESKTOP), ("phone", PHONE)])
async def test_no_text_runs_wherever_it_comes_from(
    chromium: Browser, site: str, name: str, device: Any
) -> None:
    watch = await Watch.open(chromium, name, device)
    dialogs: list[str] = []
    watch.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    await _sign_in(watch.page, site)
    seen = ""
    for path in PAGES:
        await watch.page.goto(site + path)
        await watch.page.wait_for_load_state("load")
        seen += await _check(watch, path)
    assert dialogs == []
    assert "{{7*7}}" in seen
    assert {field for field in SHOWN if f"{field}\"'><img" not in seen} == set()
    await watch.page.context.close()


async def test_what_a_form_gives_back_does_not_run_either(chromium: Browser, site: str) -> None:
    watch = await Watch.open(chromium, "forms", DESKTOP)
    page = watch.page
    await _sign_in(page, site)
    forms = (
        ("/collections/new", {"list": "Link to a list", "name": "Name in Emby"}, "Create and sync"),
        (
            "/settings/servers",
            {"url": "Address", "api_key": "API key", "name": "Name"},
            "Add server",
        ),
        ("/settings/sources", {"key": "API key"}, "Replace key"),
        ("/settings/installation", {"networks": "Networks"}, "Save"),
    )
    for path, fields, button in forms:
        await page.goto(site + path)
        await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        for field in fields:
            await page.locator(f"main [name={field}]").first.fill(hostile(field))
        await page.get_by_role("button", name=button).first.click()
        await page.wait_for_load_state("load")
        await _check(watch, path)
    await page.context.close()


async def test_the_api_page_is_usable_by_everybody(chromium: Browser, site: str) -> None:
    for name, device in (("api-desktop", DESKTOP), ("api-phone", PHONE)):
        watch = await Watch.open(chromium, name, device)
        await _sign_in(watch.page, site)
        await watch.page.goto(f"{site}/settings/api?tag=servers")
        watch.troubles.clear()
        await watch.check("closed")
        # By the keyboard: a click waits for so long a page to stand still.
        await watch.page.locator("details.api-part summary").nth(1).focus()
        await watch.page.keyboard.press("Enter")
        await watch.page.locator("details.api-part[open] pre").first.wait_for()
        # What the bar at the top half covers would count as too small to hit.
        await watch.page.evaluate("scrollTo(0, 0)")
        await watch.check("open")
        await watch.page.context.close()
