from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from collectarr.app import create_app
from collectarr.demo.emby import EmbyStandIn
from collectarr.demo.emby import running as emby_running
from collectarr.demo.mdblist import MdbListStandIn
from collectarr.middleware import RENDER_ERROR
from collectarr.pages import setup_pages
from collectarr.settings import Settings
from collectarr.store.users import User
from tests.flows.world import served
from tests.pages.site import Site

MakeSite = Callable[..., Awaitable[Site]]


@pytest.fixture
async def make_site(settings: Settings, aiohttp_client: Any) -> AsyncIterator[MakeSite]:
    async with AsyncExitStack() as stack:

        async def make(**changes: Any) -> Site:
            emby = EmbyStandIn(settle_seconds=0.02, event_seconds=0.02)
            emby.add_library("Movies", "movies", "/media/Movies")
            emby.add_library("Series", "tvshows", "/media/Series")
            mdblist = MdbListStandIn()
            emby_url = await stack.enter_async_context(emby_running(emby))
            mdblist_url = await stack.enter_async_context(served(mdblist.app))
            used = settings.model_copy(
                update={"mdblist_url": mdblist_url, "settle_seconds": 0.05, **changes}
            )
            app = create_app(used, jobs=False)
            if RENDER_ERROR not in app:
                setup_pages(app, used)
            client = await aiohttp_client(app)
            return Site(client, emby, emby_url, mdblist, used.base_path)

        yield make


@pytest.fixture
async def site(make_site: MakeSite) -> Site:
    return await make_site()


@pytest.fixture
async def anna(site: Site) -> User:
    """Signed in at `site`; the administrator."""
    return await site.sign_up("anna")
