"""A headless Chromium for the browser tests, and an installation of its own for each."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from collectarr.app import create_app, running
from collectarr.demo.catalogue import demo_library
from collectarr.demo.emby import EmbyStandIn
from collectarr.demo.emby import running as emby_running
from collectarr.demo.mdblist import MdbListStandIn
from collectarr.demo.mdblist.lists import demo_lists
from collectarr.demo.tmdb import TmdbStandIn
from collectarr.demo.trakt import DEMO_CLIENT, TraktStandIn
from collectarr.demo.trakt.lists import demo_lists as trakt_lists
from collectarr.settings import load_settings
from tests.browser.watch import Home
from tests.flows.world import served

CHROMIUM = Path("/usr/bin/chromium")
NEEDED = "COLLECTARR_REQUIRE_BROWSER"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Whatever is asked of another machine fails, and with it the test.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def chromium() -> AsyncIterator[Browser]:
    path = CHROMIUM if CHROMIUM.exists() else shutil.which("chromium")
    if path is None:
        if os.environ.get(NEEDED) == "1":
            pytest.fail(f"There is no Chromium, and {NEEDED}=1 asks for it.")
        pytest.skip("There is no Chromium on this machine.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def home(tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[Home]:
    """The real app as it is on the first day, beside an Emby with some films, MDBList and Trakt."""
    emby = EmbyStandIn(settle_seconds=0.3, event_seconds=0.1)
    demo_library(emby)
    mdblist = MdbListStandIn()
    demo_lists(mdblist)
    trakt = TraktStandIn(interval=1)
    trakt_lists(trakt)
    url = f"http://127.0.0.1:{unused_tcp_port}"
    async with AsyncExitStack() as stack:
        emby_url = await stack.enter_async_context(emby_running(emby))
        mdblist_url = await stack.enter_async_context(served(mdblist.app))
        trakt_url = await stack.enter_async_context(served(trakt.app))
        settings = load_settings(
            data_dir=tmp_path / "data",
            environment="test",
            mdblist_url=mdblist_url,
            trakt_url=trakt_url,
            trakt_auth_url=trakt_url,
            trakt_client_id=DEMO_CLIENT,
            trakt_redirect_uri=f"{url}/api/v1/sources/trakt/callback",
            tmdb_image_url=await stack.enter_async_context(served(TmdbStandIn().app)),
            settle_seconds=1.0,
        )
        app = create_app(settings, jobs=False)
        await stack.enter_async_context(running(app, port=unused_tcp_port))
        yield Home(url, emby_url, mdblist_url, emby, trakt)
