"""`make screenshots`: pictures of the running demo for the documentation."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]
PORT = 7895
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
PICTURES = (
    ("dashboard", "/", DESKTOP),
    ("collections", "/collections", DESKTOP),
    ("collection", "/collections/1", DESKTOP),
    ("phone", "/collections/1", PHONE),
)


@contextlib.asynccontextmanager
async def demo(port: int) -> AsyncIterator[tuple[str, str, str]]:
    """The demo as a process of its own: its address, user and password."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "collectarr", "demo", "--port", str(port),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(120):
            while not (line := (await process.stdout.readline()).decode()).startswith("ready "):
                assert line, "the demo did not come up"
        _, address, name, password = line.split()
        yield address, name, password
    finally:
        process.terminate()
        await process.wait()


async def sign_in(page: Page, address: str, name: str, password: str) -> None:
    await page.goto(f"{address}/login")
    await page.fill("[name=username]", name)
    await page.fill("[name=password]", password)
    await page.press("[name=password]", "Enter")
    await page.wait_for_url(lambda url: "/login" not in url)


async def picture(browser: Browser, name: str, path: str, options: dict, who: tuple) -> None:  # type: ignore[type-arg]
    context = await browser.new_context(color_scheme="dark", reduced_motion="reduce", **options)
    page = await context.new_page()
    await sign_in(page, *who)
    await page.goto(who[0] + path)
    await page.wait_for_timeout(1500)  # lazy posters come when they are seen
    await page.screenshot(path=FOLDER / f"{name}.png")
    await context.close()


async def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with demo(PORT) as who, async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, path, options in PICTURES:
            await picture(browser, name, path, options, who)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
