"""A site with Trakt beside it, and what people do there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from collectarr.demo.trakt import DEMO_CLIENT, TraktStandIn
from tests.flows.world import film, served, show
from tests.pages.conftest import MakeSite
from tests.pages.site import Site

CODE = "/settings/sources/trakt/code"


@asynccontextmanager
async def trakt_beside(
    make_site: MakeSite, **changes: Any
) -> AsyncIterator[tuple[Site, TraktStandIn]]:
    """Trakt knows `demo`, who has a watchlist of nine and a list of three."""
    trakt = TraktStandIn(interval=1)
    trakt.add_user("demo", "Demo")
    trakt.set_watchlist("demo", [film(number) for number in range(1, 9)] + [show(1)])
    trakt.add_list("demo", "evening", "Evening", [film(1), film(2), film(30)])
    trakt.set_chart("movies/trending", [film(1), film(40)])
    trakt.set_chart("shows/trending", [show(1)])
    async with served(trakt.app) as url:
        named = {"trakt_url": url, "trakt_auth_url": url, "trakt_client_id": DEMO_CLIENT}
        yield await make_site(**{**named, **changes}), trakt


async def connect_trakt(site: Site, trakt: TraktStandIn, decision: str = "approve") -> None:
    """By a code, up to the moment in which the installation knows how it ended."""
    seen = await site.post(CODE)
    assert seen.location.endswith(CODE), seen.text
    device = next(iter(reversed(trakt.sessions.devices.values())))
    device.decision, device.user = decision, "demo"
    one = site.services.sign_ins.latest(site.users["anna"].id, "trakt")
    assert one is not None
    async with asyncio.timeout(20):
        await site.services.sign_ins.wait(one.id)
