"""Settings in a real browser: usable by everybody, on a telephone too, with all tabs in view."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.watch import DESKTOP, PHONE, Home, Watch

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PASSWORD = "three words or more"
BROWSERS = pytest.mark.parametrize(("name", "device"), [("desktop", DESKTOP), ("phone", PHONE)])
TABS = (
    "servers",
    "sources",
    "corrections",
    "keys",
    "api",
    "account",
    "users",
    "installation",
    "audit",
)


@pytest_asyncio.fixture(loop_scope="session")
async def url(chromium: Browser, home: Home) -> AsyncIterator[str]:
    """The address of an installation with one administrator, who has an API key."""
    context = await chromium.new_context()
    page = await context.new_page()
    await page.goto(f"{home.url}/setup")
    await page.get_by_label("Username").fill("anna")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("The same password again").fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await page.goto(f"{home.url}/settings/keys")
    await page.get_by_label("What is it for?").fill("Homepage")
    await page.get_by_role("button", name="Make key").click()
    await expect(page.get_by_text("Your new key")).to_be_visible()
    await context.close()
    yield home.url


async def signed_in(browser: Browser, url: str, name: str, device: Any, guess: str = "") -> Watch:
    watch = await Watch.open(browser, f"settings-{name}", device)
    for password in (guess, PASSWORD):
        if password:
            await watch.page.goto(f"{url}/login")
            await watch.page.get_by_label("Username").fill("anna")
            await watch.page.get_by_label("Password").fill(password)
            await watch.page.get_by_role("button", name="Sign in").click()
    await expect(watch.page.get_by_role("heading", level=1)).to_contain_text("Three steps")
    watch.troubles.clear()
    return watch


@BROWSERS
async def test_the_audit_trail_is_usable_by_everybody(
    chromium: Browser, url: str, name: str, device: Any
) -> None:
    watch = await signed_in(chromium, url, name, device, guess="not the right one")
    page = watch.page
    await page.goto(f"{url}/settings/audit")
    rows = page.locator(".audit tbody tr")
    await expect(rows.filter(has_text="Made an API key")).to_have_count(1)
    await watch.check("audit")
    await page.get_by_label("What was done").select_option("sign_in_refused")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("Not signed in")
    await page.get_by_label("Who, to what, or from where").fill("nobody at all")
    await expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    await expect(page).to_have_url(
        f"{url}/settings/audit?action=sign_in_refused&query=nobody+at+all"
    )
    await watch.check("audit-nothing")
    await page.get_by_role("link", name="Show everything").click()
    await expect(rows.filter(has_text="Made an API key")).to_have_count(1)
    await page.context.close()


@BROWSERS
async def test_forms_for_administrators_are_usable_by_everybody(
    chromium: Browser, url: str, name: str, device: Any
) -> None:
    watch = await signed_in(chromium, url, name, device)
    page = watch.page
    await page.goto(f"{url}/settings/installation")
    await watch.check("installation")
    networks = page.get_by_role("region", name="Where users may have servers")
    await page.get_by_label("Networks, one a line").fill("192.168.0.0/16\nhome")
    await networks.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("'home' is not an address")
    watch.troubles.clear()
    await watch.check("installation-wrong")
    await page.get_by_label("Networks, one a line").fill("192.168.0.0/16")
    await networks.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Users may have servers in 1 network now.")).to_be_visible()
    await page.goto(f"{url}/settings/account")
    await expect(page.get_by_label("Also revoke my API key")).not_to_be_checked()
    await watch.check("account")
    await _type_a_wrong_address(page, url)
    watch.troubles.clear()
    await watch.check("server-wrong")
    await page.context.close()


async def _type_a_wrong_address(page: Page, url: str) -> None:
    await page.goto(f"{url}/settings/servers")
    await page.get_by_label("Address").fill("ftp://nowhere")
    await page.get_by_label("API key").fill("a key of mine")
    await page.get_by_role("button", name="Add server").click()
    await expect(page.get_by_text("Type it once more")).to_be_visible()
    await expect(page.get_by_label("API key")).to_be_empty()


async def test_every_tab_is_in_view_without_a_script(chromium: Browser, url: str) -> None:
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{url}/login")
    await page.get_by_label("Username").fill("anna")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    for tab in (TABS[0], TABS[-1]):
        await page.goto(f"{url}/settings/{tab}")
        current = page.locator(".settings-nav [aria-current]")
        await expect(current).to_have_attribute("href", f"/settings/{tab}")
        for width in (320, 390, 768, 960, 1280):
            await page.set_viewport_size({"width": width, "height": 800})
            await _check_tabs(page, width)
    await context.close()


async def _check_tabs(page: Page, width: int) -> None:
    links = page.get_by_role("navigation", name="Settings").get_by_role("link")
    await expect(links).to_have_count(len(TABS))
    for link in await links.all():
        box, word = await link.bounding_box(), (await link.inner_text()).strip()
        assert word, f"a tab without a word to see at {width}"
        assert box is not None, word
        assert box["x"] >= 0, word
        assert box["x"] + box["width"] <= width, word
