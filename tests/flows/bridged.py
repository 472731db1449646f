"""The real service on a port of its own, reachable for the Emby beside it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from collectarr.app import create_app, running
from collectarr.commands.bridge import BridgeWish, bridge
from collectarr.demo.emby import PROFILE_49, EmbyProfile, EmbyStandIn
from collectarr.demo.emby import running as emby_running
from collectarr.services import SERVICES, Services
from collectarr.settings import Settings
from collectarr.store.installation import set_allowed_networks
from collectarr.store.servers import Server, get_server
from collectarr.sync.connect import connect_server, sign_in, sign_out


@dataclass
class House:
    """One user, one Emby called Demo Emby, and the running service."""

    settings: Settings
    services: Services
    emby: EmbyStandIn
    emby_url: str
    url: str
    server: Server

    async def run(self, act: str, server: str = "demo emby", **other: Any) -> int:
        """`collectarr bridge …` as typed beside this service."""
        return await bridge(self.settings, BridgeWish(act, server, url=self.url, **other))

    async def sign_in(self) -> None:
        services = self.services
        await sign_in(services.db, services.vault, services.outside, self.server, "emby", "emby")
        services.listening.wake()

    async def sign_out(self) -> None:
        row = await get_server(self.services.db, self.server.user_id, self.server.id)
        await sign_out(self.services.db, self.services.outside, row)
        self.services.listening.wake()


@asynccontextmanager
async def house_of(
    settings: Settings, port: int, profile: EmbyProfile = PROFILE_49, **changes: Any
) -> AsyncIterator[House]:
    """`changes` to the settings; BRIDGE_URL is set rightly unless they say otherwise."""
    url = f"http://127.0.0.1:{port}"
    settings = settings.model_copy(update={"bridge_url": url, "quiet_seconds": 0.05, **changes})
    emby = EmbyStandIn(profile, settle_seconds=0.05, event_seconds=0.05)
    emby.add_library("Movies", "movies", "/media/Movies")
    app = create_app(settings)
    async with emby_running(emby) as emby_url, running(app, port=port):
        services = app[SERVICES]
        user = await services.auth.set_up("anna", None, "three words or more", token="", local=True)
        await set_allowed_networks(services.db, ["127.0.0.0/8"])
        server = await connect_server(
            services.db,
            services.vault,
            services.outside,
            user.id,
            name=None,
            url=emby_url,
            api_key="demo-emby-key",
        )
        yield House(settings, services, emby, emby_url, url, server)
