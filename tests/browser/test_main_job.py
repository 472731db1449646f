"""From an empty installation to a collection in Emby, as somebody new would do it."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.browser.watch import DESKTOP, PHONE, Home, Watch

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PASSWORD = "three words or more"
SHEET = ".sheet:popover-open"
LIST, NAME = "marquee/space-science-fiction", "Space and beyond"


@pytest.mark.parametrize(("name", "device"), [("desktop", DESKTOP), ("phone", PHONE)])
async def test_a_list_becomes_a_collection_for_somebody_new(
    chromium: Browser, home: Home, name: str, device: Mapping[str, Any]
) -> None:
    watch = await Watch.open(chromium, name, device)
    await _set_up(watch, home)
    await _add_server(watch, home)
    await _bring_list(watch, home)
    await _see_it_sync(watch, home)
    await _look_around(watch)
    await watch.page.context.close()


async def _set_up(watch: Watch, home: Home) -> None:
    page = watch.page
    await page.goto(home.url)
    await expect(page).to_have_url(f"{home.url}/setup")
    await watch.check("setup")
    await page.get_by_label("Username").fill("anna")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("The same password again").fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Three steps")
    await watch.check("first-steps")


async def _add_server(watch: Watch, home: Home) -> None:
    page = watch.page
    await page.get_by_role("link", name="Add server").click()
    await page.get_by_label("Address").fill(home.emby_url)
    await page.get_by_label("API key").fill(home.emby.api_key)
    await page.get_by_label("Name").fill("Living room")
    await page.get_by_role("button", name="Only test it").click()
    await expect(page.get_by_role("list", name="Result of the test")).to_contain_text("2 librar")
    await watch.check("server-tested")
    # A key is not sent back, not even to whoever typed it.
    await expect(page.get_by_label("API key")).to_be_empty()
    await page.get_by_label("API key").fill(home.emby.api_key)
    await page.get_by_role("button", name="Add server").click()
    await expect(page.get_by_text("Living room was added")).to_be_visible()
    await watch.check("server-added")


async def _bring_list(watch: Watch, home: Home) -> None:
    page = watch.page
    await page.goto(f"{home.url}/collections/new")
    await watch.check("new")
    await page.get_by_label("Link to a list").fill(f"{home.mdblist_url}/lists/{LIST}")
    await page.get_by_label("Name in Emby").fill(NAME)
    await page.get_by_role("button", name="Create and sync").click()
    await expect(page.get_by_role("heading", name=NAME, level=1)).to_be_visible()


async def _see_it_sync(watch: Watch, home: Home) -> None:
    """The live panel comes with the page, and goes by itself when the run has ended."""
    page = watch.page
    panel = page.get_by_role("region", name="Sync under way")
    await expect(panel).to_be_visible()
    await watch.shoot("syncing")
    await expect(panel).to_be_hidden(timeout=30_000)
    await expect(page.locator(".hero-figure")).to_contain_text("/")
    box_set = home.emby.box_set(NAME)
    assert box_set is not None
    found = await page.locator(".hero-figure").inner_text()
    owned, _, wanted = found.partition("/")
    assert 0 < int(owned) < int(wanted)
    assert len(home.emby.members(box_set.id)) >= int(owned)


async def _look_around(watch: Watch) -> None:
    page = watch.page
    for group in (".title-card.missing", ".title-card:not(.missing)"):
        await expect(page.locator(group).first).to_be_visible()
    await watch.check("items")
    await _open_a_title(watch)
    await page.get_by_role("link", name=re.compile("^Missing")).click()
    await expect(page).to_have_url(re.compile("show=missing"))
    await watch.shoot("missing")
    for tab, words in (
        ("Preview", "Nothing to change"),
        ("History", "The collection was new"),
        ("Settings", "Delete this collection"),
    ):
        await (
            page.get_by_role("navigation", name="About this collection")
            .get_by_role("link", name=tab)
            .click()
        )
        await expect(page.get_by_text(words).first).to_be_visible()
        await watch.check(tab.lower())
    for path, what in (
        ("/", "dashboard"),
        ("/collections", "collections"),
        ("/runs", "runs"),
        ("/runs/1", "run"),
        ("/settings/sources", "sources"),
        ("/settings/account", "account"),
    ):
        await page.evaluate("path => location.assign(path)", path)
        await page.wait_for_load_state("load")
        await expect(page).to_have_url(re.compile(f"{path}$"))
        await watch.check(what)


async def _open_a_title(watch: Watch) -> None:
    page = watch.page
    await page.locator(".title-open").first.click()
    await expect(page.locator(SHEET)).to_be_visible()
    await watch.check("title", within=SHEET)
    await page.keyboard.press("Escape")
