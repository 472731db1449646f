"""The real app with an Emby, an MDBList and a Trakt beside it, over real sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from collectarr.demo.emby import EmbyStandIn, running
from collectarr.demo.mdblist import MdbListStandIn
from collectarr.demo.trakt import DEMO_CLIENT, TraktStandIn
from tests.conftest import MakeClient
from tests.flows.world import SETTLED, film, own, served
from tests.people import Client, Person, services_of, sign_up

EMBY_KEY = "demo-emby-key"
MDBLIST_KEY = "demo-mdblist-key"


@dataclass
class Town:
    """Anna and her service, and the neighbours it speaks to."""

    client: Client
    anna: Person
    emby: EmbyStandIn
    emby_url: str
    mdblist: MdbListStandIn
    trakt: TraktStandIn

    @property
    def address(self) -> dict[str, str]:
        return {"url": self.emby_url, "api_key": EMBY_KEY}

    async def add_server(self, who: Person | None = None) -> Any:
        return await (who or self.anna).post("/servers", self.address, status=201)

    async def add_collection(self, who: Person | None = None, **changes: Any) -> Any:
        lists = [{"source": "mdblist", "list": "demo/films"}]
        body = {"name": "Films", "lists": lists, **changes}
        return await (who or self.anna).post("/collections", body, status=201)

    async def ended(self, run_id: int, who: Person | None = None) -> Any:
        """The run, once it has ended."""
        await services_of(self.client).runner.wait(run_id)
        return await (who or self.anna).get(f"/runs/{run_id}")

    async def synced(self, **changes: Any) -> Any:
        """A server, and a collection whose first sync is over."""
        await self.add_server()
        collection = await self.add_collection(**changes)
        await self.ended(collection["last_run_id"])
        return await self.anna.get(f"/collections/{collection['id']}")


@asynccontextmanager
async def town_of(make_client: MakeClient, **changes: Any) -> AsyncIterator[Town]:
    """MDBList lists ten films, Emby holds the first seven of them."""
    emby, mdblist = EmbyStandIn(settle_seconds=0.05, event_seconds=0.05), MdbListStandIn()
    emby.add_library("Movies", "movies", "/media/Movies")
    own(emby, *(film(number) for number in range(1, 8)))
    mdblist.add_list("demo", "films", "Films", [film(number) for number in range(1, 11)])
    trakt = TraktStandIn(interval=1)
    trakt.add_user("demo", "Demo")
    async with (
        running(emby) as emby_url,
        served(mdblist.app) as mdblist_url,
        served(trakt.app) as trakt_url,
    ):
        named = {
            "mdblist_url": mdblist_url,
            "tmdb_image_url": mdblist_url,  # has no pictures, and says so at once
            "trakt_url": trakt_url,
            "trakt_auth_url": trakt_url,
            "trakt_client_id": DEMO_CLIENT,
            "settle_seconds": SETTLED,
        }
        client = await make_client(**{**named, **changes})
        anna = await sign_up(client, "anna")
        # Where the stand-ins are.
        await anna.call("PATCH", "/settings", {"allowed_networks": ["127.0.0.0/8"]})
        await anna.call("PUT", "/sources/mdblist/account", {"key": MDBLIST_KEY})
        yield Town(client, anna, emby, emby_url, mdblist, trakt)
