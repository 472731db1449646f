"""A page of the browser, and everything that must not happen in it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, ConsoleMessage, Page, Request, Response

from collectarr.demo.emby import EmbyStandIn
from collectarr.demo.trakt import TraktStandIn

DESKTOP: Mapping[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: Mapping[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast"]
"""The one rule that looks at the theme."""
VIOLATIONS = """async ([within, rules]) => {
    const options = { runOnly: rules, resultTypes: ["violations"] };
    const found = await axe.run(within ?? document, options);
    return found.violations.map(one => `${one.id}: ${one.nodes[0].html.slice(0, 200)}`);
}"""
NARROWEST = 320
SHOTS = "COLLECTARR_SHOTS"
"""A folder for screenshots; without it there are none."""


@dataclass(frozen=True)
class Home:
    """One installation and what stands beside it."""

    url: str
    emby_url: str
    mdblist_url: str
    emby: EmbyStandIn
    trakt: TraktStandIn


@dataclass
class Watch:
    """A page under watch. `troubles` is all that a browser complained about."""

    page: Page
    name: str
    troubles: list[str] = field(default_factory=list)
    shots: int = 0

    @classmethod
    async def open(cls, browser: Browser, name: str, device: Mapping[str, Any]) -> "Watch":
        context = await browser.new_context(
            **device,
            color_scheme="dark",
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="Europe/Berlin",
        )
        watch = cls(await context.new_page(), name)
        watch.page.on("console", watch._console)
        watch.page.on("pageerror", lambda error: watch.troubles.append(f"error: {error}"))
        watch.page.on("requestfailed", watch._failed)
        watch.page.on("response", watch._answered)
        return watch

    def _console(self, message: ConsoleMessage) -> None:
        # Also what the content security policy forbade.
        if message.type in ("error", "warning"):
            self.troubles.append(f"console: {message.text} {message.location}")

    def _failed(self, request: Request) -> None:
        # Leaving a page ends what it was still loading, its event stream above all.
        if request.failure != "net::ERR_ABORTED":
            self.troubles.append(f"failed: {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.troubles.append(f"answered {response.status}: {response.url}")

    async def shoot(self, what: str) -> None:
        """A picture of the whole page, if a folder is named for them."""
        folder = os.environ.get(SHOTS)
        if folder:
            # Two frames on, what was below the edge of the screen is drawn too.
            await self.page.evaluate(
                "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
            )
            self.shots += 1
            name = f"{self.name}-{self.shots:02}-{what}.png"
            Path(folder).mkdir(parents=True, exist_ok=True)
            await self.page.screenshot(path=Path(folder) / name, full_page=True)

    async def check(self, what: str, within: str | None = None) -> None:
        """No trouble so far, usable by everybody in both looks, and narrow enough.

        `within` selects what lies on top, where something does: it covers parts of the rest.
        """
        await self.shoot(what)
        look = await self.page.evaluate("document.documentElement.dataset.theme")
        # Colours are the same on every screen: where one is small, the other theme is left out.
        small = self.page.viewport_size == PHONE["viewport"]
        for theme, rules in [("dark", RULES)] if small else [("dark", RULES), ("light", COLOURS)]:
            await self.page.evaluate("t => document.documentElement.dataset.theme = t", theme)
            violations = await self._violations(within, rules)
            assert not violations, f"{what}, {theme}: {violations}"
            if theme == "light":
                await self.shoot(f"{what}-light")
        await self.page.evaluate("t => document.documentElement.dataset.theme = t", look)
        await self._check_narrow(what)
        assert self.troubles == [], what

    async def _violations(self, within: str | None, rules: list[str]) -> list[str]:
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(AXE_SCRIPT)
        found: list[str] = await self.page.evaluate(VIOLATIONS, [within, rules])
        return found

    async def _check_narrow(self, what: str) -> None:
        size = self.page.viewport_size
        assert size is not None
        await self.page.set_viewport_size({"width": NARROWEST, "height": size["height"]})
        widths = await self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        await self.page.set_viewport_size(size)
        assert widths[0] <= widths[1], f"{what} is {widths[0]} px wide on a screen of {widths[1]}"
