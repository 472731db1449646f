"""Anna, her server, and her way in."""

import aiohttp
from playwright.async_api import Page

from tests.browser.watch import Home
from tests.people import PASSWORD


async def prepare(home: Home) -> None:
    """Anna and her server."""
    async with aiohttp.ClientSession(f"{home.url}/api/v1/") as http:
        body = {"username": "anna", "password": PASSWORD}
        async with http.post("auth/setup", json=body) as response:
            tokens = await response.json()
        http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        server = {"url": home.emby_url, "api_key": home.emby.api_key, "name": "Living room"}
        async with http.post("servers", json=server) as response:
            assert response.status == 201, await response.text()


async def sign_in(page: Page, home: Home) -> None:
    await page.goto(f"{home.url}/login")
    await page.get_by_label("Username").fill("anna")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(lambda address: "/login" not in address)
