"""The real app with its pages, stand-ins beside it, and a browser without scripts."""

import re
from dataclasses import dataclass, field
from html import unescape

from aiohttp import ClientResponse

from collectarr.demo.emby import EmbyStandIn
from collectarr.demo.mdblist import MdbListStandIn
from collectarr.models import Trigger
from collectarr.services import Services
from collectarr.store import collections, servers
from collectarr.store.collections import Collection
from collectarr.store.servers import Server
from collectarr.store.users import User, list_users
from collectarr.sync.collection import start_sync
from collectarr.sync.connect import connect_server
from collectarr.sync.define import Definition, ListChoice, define_collection
from tests.flows.world import film, own
from tests.people import PASSWORD, Client, services_of

EMBY_KEY, MDBLIST_KEY = "demo-emby-key", "demo-mdblist-key"


@dataclass(frozen=True)
class Seen:
    """A page as it came."""

    status: int
    html: str
    response: ClientResponse

    @property
    def text(self) -> str:
        """Without markup, on one line."""
        return unescape(" ".join(re.sub(r"<[^>]*>", " ", self.html).split()))

    @property
    def location(self) -> str:
        return self.response.headers.get("Location", "")

    def value(self, name: str) -> str | None:
        """What stands in the input of that name."""
        tag = re.search(rf'<input[^>]*\bname="{name}"[^>]*>', self.html)
        found = re.search(r'\bvalue="([^"]*)"', tag[0]) if tag else None
        return unescape(found[1]) if found else None

    def error(self, name: str) -> str | None:
        """What is said to be wrong beside that field."""
        found = re.search(rf'id="{name}-error".*?<span>(.*?)</span>', self.html, re.DOTALL)
        return unescape(found[1]) if found else None

    @property
    def summary(self) -> str:
        """What the box above the form says."""
        found = re.search(r'<div class="problems".*?</div>', self.html, re.DOTALL)
        return Seen(0, found[0], self.response).text if found else ""

    @property
    def notes(self) -> str:
        """The sentences shown once."""
        found = re.findall(r'<div class="flash".*?</div>', self.html, re.DOTALL)
        return Seen(0, " ".join(found), self.response).text


@dataclass
class Site:
    """One installation; `client` keeps cookies as a browser does."""

    client: Client
    emby: EmbyStandIn
    emby_url: str
    mdblist: MdbListStandIn
    base: str = ""
    users: dict[str, User] = field(default_factory=dict)

    @property
    def services(self) -> Services:
        return services_of(self.client)

    async def get(self, path: str, **headers: str) -> Seen:
        return await self._seen("GET", path, None, headers)

    async def post(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> Seen:
        """Submit a form as the page itself would: with its token."""
        token = {"csrf": await self.csrf()}
        return await self._seen("POST", path, {**token, **(fields or {})}, headers)

    async def follow(self, path: str, fields: dict[str, str] | None = None) -> Seen:
        """Submit a form, and open the page that it leads to."""
        sent = await self.post(path, fields)
        assert sent.status == 303, sent.text
        return await self.get(sent.location.removeprefix(self.base))

    async def _seen(
        self, method: str, path: str, data: dict[str, str] | None, headers: dict[str, str]
    ) -> Seen:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = await self.client.request(
            method, self.base + path, data=data, headers=named, allow_redirects=False
        )
        return Seen(response.status, await response.text(), response)

    async def csrf(self) -> str:
        """The token of whoever is signed in, "" for nobody."""
        return (await self.get("/settings/account")).value("csrf") or ""

    async def sign_up(self, name: str = "anna") -> User:
        """A new account, signed in here from now on."""
        auth = self.services.auth
        if await auth.has_users():
            await auth.add_user(name, None, PASSWORD, "user")
        else:
            await auth.set_up(name, None, PASSWORD, token="", local=True)
        return await self.sign_in(name)

    async def sign_in(self, name: str) -> User:
        self.client.session.cookie_jar.clear()
        sent = await self._seen("POST", "/login", {"username": name, "password": PASSWORD}, {})
        assert sent.status == 303, sent.text
        self.users = {user.username: user for user in await list_users(self.services.db)}
        return self.users[name]

    async def add_server(self, user: User, name: str | None = None) -> Server:
        services = self.services
        return await connect_server(
            services.db,
            services.vault,
            services.outside,
            user.id,
            name=name,
            url=self.emby_url,
            api_key=EMBY_KEY,
        )

    async def define(
        self, user: User, text: str = "demo/films", name: str | None = "Films"
    ) -> Collection:
        definition = Definition(name, (ListChoice("mdblist", text),))
        services = self.services
        return await define_collection(services.db, services.outside, user.id, definition)

    async def sync(self, collection: Collection, trigger: Trigger = Trigger.MANUAL) -> int:
        """Sync and wait; gives the id of the run."""
        services = self.services
        run = await start_sync(services.db, services.outside, services.runner, collection, trigger)
        await services.runner.wait(run.id)
        return run.id

    async def wait_for_runs(self, user: User) -> None:
        for state in self.services.runner.states(user.id):
            await self.services.runner.wait(state["id"])

    async def collections(self, user: User) -> list[Collection]:
        return await collections.list_collections(self.services.db, user.id)

    async def servers(self, user: User) -> list[Server]:
        return await servers.list_servers(self.services.db, user.id)

    async def furnish(self, user: User) -> Collection:
        """A server that owns 4 of a list of 8, and a synced collection of it."""
        own(self.emby, *[film(number) for number in range(1, 5)])
        self.mdblist.add_list("demo", "films", "Films", [film(number) for number in range(1, 9)])
        await self.add_server(user, "Living room")
        collection = await self.define(user)
        await self.sync(collection)
        return collection
