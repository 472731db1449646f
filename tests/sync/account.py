"""An account at the Trakt stand-in, beside a world."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import aiohttp

from collectarr.demo.trakt import DEMO_CLIENT, TraktStandIn
from collectarr.models import utc_now
from collectarr.sources import SOURCES, Credential, Source, Tokens
from collectarr.store.source_accounts import StoredAccount, find_account
from collectarr.sync.accounts import Accounts
from collectarr.sync.quotas import Quotas
from tests.flows.world import World, served

TOKEN = "/oauth/token"


@dataclass
class Trakt:
    """An account at the stand-in, as one installation keeps it."""

    world: World
    stand_in: TraktStandIn
    source: Source
    accounts: Accounts

    async def connect(self, *, lifetime: float = 7 * 86_400, age: float = 0) -> Tokens:
        """Tokens that are good for so many seconds, `age` of them gone."""
        self.stand_in.sessions.lifetime = lifetime
        told = self.stand_in.sign_in("demo")
        issued = utc_now() - timedelta(seconds=age)
        tokens = Tokens(
            told["access_token"],
            told["refresh_token"],
            issued,
            issued + timedelta(seconds=lifetime),
        )
        await self.accounts.keep_tokens(self.world.user.id, "trakt", tokens)
        return tokens

    async def credential(self) -> Credential:
        return await self.accounts.credential(self.world.user.id, "trakt")

    async def kept(self) -> StoredAccount:
        found = await find_account(self.world.db, self.world.user.id, "trakt")
        assert found is not None
        return found

    @property
    def refreshes(self) -> int:
        return sum(seen.path == TOKEN for seen in self.stand_in.requests)

    def restarted(self) -> Accounts:
        """What a new process knows: the store alone."""
        world = self.world
        return Accounts(world.db, world.vault, world.settings, {"trakt": self.source}, Quotas())


@asynccontextmanager
async def trakt_of(world: World) -> AsyncIterator[Trakt]:
    stand_in = TraktStandIn(interval=1)
    stand_in.add_user("demo", "Demo")
    async with served(stand_in.app) as url, aiohttp.ClientSession() as session:
        named = {"trakt_url": url, "trakt_auth_url": url, "trakt_client_id": DEMO_CLIENT}
        source = SOURCES["trakt"](session, world.settings.model_copy(update=named))
        accounts = Accounts(world.db, world.vault, world.settings, {"trakt": source}, Quotas())
        yield Trakt(world, stand_in, source, accounts)
        await accounts.close()
