"""The editor of a list kept by hand: with keys alone, and on a phone."""

from collections.abc import Mapping
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.anna import prepare, sign_in
from tests.browser.watch import DESKTOP, PHONE, Home, Watch

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FILMS = ("Alpha", "Beta", "Gamma")


async def _open(chromium: Browser, home: Home, name: str, device: Mapping[str, Any]) -> Watch:
    """Anna, and a list with three films on it."""
    await prepare(home)
    watch = await Watch.open(chromium, name, device)
    page = watch.page
    await sign_in(page, home)
    await page.goto(f"{home.url}/collections/new")
    await page.get_by_label("What is it called?").fill("Mine")
    await page.get_by_role("button", name="Start").click()
    await page.get_by_role("link", name="Paste").click()
    lines = [f"movie: {film} ({1990 + n})" for n, film in enumerate(FILMS)]
    await page.get_by_label("Ids and addresses").fill("\n".join(lines))
    await page.get_by_role("button", name="Add these").click()
    await expect(page.locator(".editor-row")).to_have_count(3)
    return watch


async def _order(page: Page, *names: str) -> None:
    await expect(page.locator(".editor-words strong")).to_have_text(list(names))


async def test_the_focus_stays_with_what_was_done(chromium: Browser, home: Home) -> None:
    watch = await _open(chromium, home, "editor-keys", DESKTOP)
    page = watch.page
    await page.get_by_role("button", name="Move Beta up").press("Enter")
    await _order(page, "Beta", "Alpha", "Gamma")
    # At the top there is no further up.
    await expect(page.get_by_role("button", name="Move Beta down")).to_be_focused()
    await page.keyboard.press("Enter")
    await _order(page, "Alpha", "Beta", "Gamma")
    await expect(page.get_by_role("button", name="Move Beta down")).to_be_focused()
    menu = page.locator(".editor-row").filter(has_text="Alpha").locator("summary")
    await menu.press("Enter")
    await page.locator("details[open] input[name=position]").fill("3")
    await page.keyboard.press("Enter")
    await _order(page, "Beta", "Gamma", "Alpha")
    await expect(menu).to_be_focused()
    await page.locator(".editor-row").filter(has_text="Beta").locator("summary").press("Enter")
    await page.locator("details[open]").get_by_role("button", name="Take off").press("Enter")
    await _order(page, "Gamma", "Alpha")
    gamma = page.locator(".editor-row").filter(has_text="Gamma").locator("summary")
    await expect(gamma).to_be_focused()
    for name in ("Gamma", "Alpha"):
        await page.locator(".editor-row").filter(has_text=name).locator("summary").press("Enter")
        await page.locator("details[open]").get_by_role("button", name="Take off").press("Enter")
        await expect(page.locator(".undo")).to_contain_text(name)
    await expect(page.get_by_role("button", name="Undo")).to_be_focused()
    await page.context.close()


async def test_the_focus_stays_near_what_was_added(chromium: Browser, home: Home) -> None:
    watch = await _open(chromium, home, "editor-adding", DESKTOP)
    page = watch.page
    await page.get_by_role("button", name="Sync now").click()
    await expect(page.get_by_text("Changed since the last sync")).to_be_hidden(timeout=20_000)
    await page.get_by_role("link", name="Search", exact=True).click()
    await page.get_by_label("A title, an id or an address").fill("the")
    add = page.locator(".found").get_by_role("button", name="Add")
    await expect(add.nth(1)).to_be_visible()
    names = await add.all_inner_texts()
    await add.first.press("Enter")
    await expect(page.locator(".editor-row")).to_have_count(4)
    await expect(page.locator(".found-there")).to_have_count(1)
    await expect(add.first).to_be_focused()
    assert (await add.all_inner_texts())[0] == names[1]
    await page.context.close()


async def test_a_phone_moves_rows_in_a_sheet_that_names_them(chromium: Browser, home: Home) -> None:
    watch = await _open(chromium, home, "editor-phone", PHONE)
    page = watch.page
    row = page.locator(".editor-row").filter(has_text="Gamma")
    await row.locator("summary").click()
    sheet = row.locator(".menu-list")
    await expect(sheet.get_by_role("heading", name="Gamma")).to_be_visible()
    await expect(sheet.get_by_role("button", name="Move down")).to_be_disabled()
    await watch.check("sheet", within=".menu-list")
    await sheet.get_by_role("button", name="Move up").click()
    await _order(page, "Alpha", "Gamma", "Beta")
    await page.context.close()
