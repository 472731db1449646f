"""Connecting an account, browsing, and bringing a list, as a person does it."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.browser.anna import prepare, sign_in
from tests.browser.watch import DESKTOP, PHONE, Home, Watch

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

DEVICES = [("desktop", DESKTOP), ("phone", PHONE)]
TRENDING = re.compile(r"^\s*Trending\s*$")


def _decide(home: Home, code: str, decision: str) -> None:
    device = home.trakt.sessions.find(code)
    assert device is not None
    device.decision, device.user = decision, "demo"


@pytest.mark.parametrize(("name", "device"), DEVICES)
async def test_a_code_becomes_a_connection_and_a_list_a_collection(
    chromium: Browser, home: Home, name: str, device: Mapping[str, Any]
) -> None:
    await prepare(home)
    watch = await Watch.open(chromium, f"sources-{name}", device)
    await sign_in(watch.page, home)
    await _connect(watch, home)
    await _browse(watch, home)
    await _bring(watch, home)
    await watch.page.context.close()


async def _connect(watch: Watch, home: Home) -> None:
    page = watch.page
    await page.goto(f"{home.url}/settings/sources")
    await watch.check("nothing-connected")
    await page.get_by_role("button", name="Connect with a code").click()
    await expect(page.locator("#user-code")).to_be_visible()
    await watch.check("code")
    left = await page.locator("[data-until]").inner_text()
    await expect(page.locator("[data-until]")).not_to_have_text(left)
    _decide(home, await page.locator("#user-code").inner_text(), "approve")
    await expect(page.get_by_text("Connected as Demo")).to_be_visible(timeout=20_000)
    await watch.check("connected")
    await page.get_by_role("link", name="Back to Sources").click()
    await expect(page.locator("#trakt")).to_contain_text("Connected")
    await watch.check("one-connected")


async def _browse(watch: Watch, home: Home) -> None:
    page = watch.page
    await page.goto(f"{home.url}/browse/trakt?shelf=lists")
    await expect(page.get_by_role("link", name="Rainy Sunday")).to_be_visible()
    await watch.check("shelf")
    if page.viewport_size == PHONE["viewport"]:
        await page.locator(".shelf-menu summary").click()
        await watch.check("shelves", within=".shelf-menu .menu-list")
    await page.locator("a:visible", has_text=TRENDING).click()
    await expect(page.get_by_role("link", name="Trending films")).to_be_visible()
    await watch.check("chart")
    await page.get_by_label("Search lists at Trakt").fill("nothing like it")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Nothing here")).to_be_visible()
    await watch.check("nothing-found")
    await page.goto(f"{home.url}/browse/mdblist?shelf=mine")
    await expect(page.get_by_text("Connect MDBList first")).to_be_visible()
    await watch.check("connect-first")
    await page.get_by_label("Open a list by its address").fill("demo/rainy-sunday")
    await page.get_by_role("button", name="Open").click()
    await expect(page.get_by_role("heading", name="Which one is it?")).to_be_visible()
    await watch.check("which-one")
    await page.get_by_role("link", name="At Trakt").click()
    await expect(page.get_by_role("heading", name="Rainy Sunday", level=1)).to_be_visible()
    await expect(page.get_by_role("region", name="In your libraries")).to_contain_text("Movies")
    await watch.check("list")


async def _bring(watch: Watch, home: Home) -> None:
    page = watch.page
    await page.get_by_role("link", name="Make a collection").click()
    await expect(page.get_by_text("Another list")).to_be_visible()
    await watch.check("new-chosen")
    await page.get_by_label("Name in Emby").fill("Sundays")
    await page.get_by_role("button", name="Create and sync").click()
    await expect(page.get_by_role("heading", name="Sundays", level=1)).to_be_visible()
    await expect(page.locator(".hero-figure")).to_contain_text("/", timeout=30_000)
    box_set = home.emby.box_set("Sundays")
    assert box_set is not None
    assert home.emby.members(box_set.id)
    await page.goto(f"{home.url}/browse/trakt/users/reel/lists/long-nights")
    await page.get_by_text("Add to a collection").click()
    await watch.check("add-to", within=".menu-list")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_text("was added to “Sundays”")).to_be_visible()
    await page.goto(f"{home.url}/settings/sources")
    await expect(page.get_by_role("table").first).to_contain_text("Long Nights")
    await watch.check("in-use")
    await page.goto(f"{home.url}/collections/new")
    await expect(page.get_by_text("Yours at Trakt")).to_be_visible()
    await watch.check("new")


async def test_a_code_that_was_refused_is_said_by_itself(chromium: Browser, home: Home) -> None:
    await prepare(home)
    watch = await Watch.open(chromium, "sources-refused", DESKTOP)
    page = watch.page
    await sign_in(page, home)
    await page.goto(f"{home.url}/settings/sources")
    await page.get_by_role("button", name="Connect with a code").click()
    _decide(home, await page.locator("#user-code").inner_text(), "deny")
    await expect(page.get_by_text("It was not allowed")).to_be_visible(timeout=20_000)
    await watch.check("refused")
    await page.context.close()


async def test_the_way_through_the_browser_leads_there_and_back(
    chromium: Browser, home: Home
) -> None:
    await prepare(home)
    watch = await Watch.open(chromium, "sources-browser", DESKTOP)
    page = watch.page
    await sign_in(page, home)
    for button, words in (("Deny", "was not allowed there"), ("Allow", "connected as Demo")):
        await page.goto(f"{home.url}/settings/sources")
        await page.get_by_role("button", name="Connect in this browser").click()
        await page.wait_for_url("**/oauth/authorize**")
        await page.get_by_role("button", name=button).click()
        await expect(page.get_by_text(words)).to_be_visible()
        assert page.url == f"{home.url}/settings/sources"
    await page.context.close()


async def test_without_scripts_a_code_connects_as_well(chromium: Browser, home: Home) -> None:
    await prepare(home)
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    await sign_in(page, home)
    await page.goto(f"{home.url}/settings/sources")
    await page.get_by_role("button", name="Connect with a code").click()
    _decide(home, await page.locator("#user-code").inner_text(), "approve")
    connected = page.get_by_text("Connected as Demo")
    for _ in range(200):
        if await connected.is_visible():
            break
        await page.get_by_role("link", name="Check again").click()
        await page.wait_for_load_state("load")
    await expect(connected).to_be_visible()
    await page.get_by_role("link", name="Browse your lists").click()
    await expect(page.get_by_role("heading", name="Browse", level=1)).to_be_visible()
    await context.close()
