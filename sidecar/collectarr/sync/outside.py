"""The outside world as a sync sees it: servers, sources, credentials, and who may write where."""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from typing import Any

import aiohttp

from collectarr.dial import HOME_NETWORKS, Reach, networks_of
from collectarr.emby.client import EmbyClient
from collectarr.emby.wire import READ_SECONDS, WRITE_SECONDS, Proof
from collectarr.http import Upstream
from collectarr.models import Requests
from collectarr.posters.pictures import Pictures
from collectarr.posters.titles import Posters
from collectarr.settings import Settings
from collectarr.sources import Credential, Source
from collectarr.store.abilities import end_sign_in, record_abilities
from collectarr.store.db import Database
from collectarr.store.installation import allowed_networks
from collectarr.store.servers import Server
from collectarr.store.users import get_user
from collectarr.sync.accounts import Accounts
from collectarr.sync.holdings import Holdings
from collectarr.sync.quotas import Quotas
from collectarr.sync.standing import Standing
from collectarr.sync.turns import Turns
from collectarr.sync.wanted import Wanted
from collectarr.vault import Vault

STRANGER_SECONDS = 15.0
"""Somebody waits for the test of a server."""
PAUSE_SECONDS = 0.5
"""Before a read that failed is tried again; longer each time."""


class Outside:
    """Hands out clients; the limits of an upstream are shared by all who call it.

    `session` connects to the addresses that people name, and is guarded for that.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        settings: Settings,
        db: Database,
        vault: Vault,
        sources: Mapping[str, Source],
        installation: str,
        posters: Posters | None = None,
    ) -> None:
        self.installation = installation
        self.pictures = Pictures(settings.data_dir / "posters", posters)
        self.settle_seconds = settings.settle_seconds
        self.stranger_seconds = STRANGER_SECONDS
        self.read_seconds = READ_SECONDS
        self.write_seconds = WRITE_SECONDS
        self.pause_seconds = PAUSE_SECONDS
        self.zone = settings.zone()[0]
        self.sources = sources
        self.quotas = Quotas()
        self.accounts = Accounts(db, vault, settings, sources, self.quotas)
        self.standing = Standing(db, self.accounts, self.quotas, sources)
        self.holdings = Holdings(db)
        self._session = session
        self._db = db
        self._vault = vault
        self._upstreams: dict[tuple[str, str], Upstream] = {}
        self._proofs: dict[tuple[str, str], Proof] = defaultdict(Proof)
        self._turns = Turns()
        self._collections: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._lists: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.wanted = Wanted(db)

    def emby(self, server: Server, requests: Requests | None = None) -> EmbyClient:
        """A client with the user's key, and with the token of whoever is signed in there."""
        key = self._vault.open(server.api_key)
        client = EmbyClient(
            self._upstream(server.name, server.url, key).for_person(
                partial(self.reach, server.user_id)
            ),
            api_key=key,
            user_id=server.admin_user_id,
            uid=server.uid,
            requests=requests,
            proof=self._proofs[server.uid, server.url],
            user_token=self._vault.open(server.user_token) if server.user_token else None,
            key_deletes=server.abilities.key_deletes,
            learn=partial(self._learn, server),
            read_seconds=self.read_seconds,
            write_seconds=self.write_seconds,
        )
        client.libraries_call = server.abilities.libraries_call or ""
        return client

    async def _learn(self, server: Server, shown: Mapping[str, Any]) -> None:
        facts = {name: value for name, value in shown.items() if name != "signed_in"}
        if facts:
            await record_abilities(self._db, server.id, facts)
        if shown.get("signed_in") is False and server.user_token:
            await end_sign_in(self._db, server.id, server.user_token)

    def device(self, server: Server) -> str:
        """What a server knows us by: the same as long as we are, another one for each user's."""
        named = f"{self.installation}.{server.id}".encode()
        return hashlib.sha256(named).hexdigest()[:32]

    def stranger(self, user_id: int, name: str, url: str, api_key: str) -> EmbyClient:
        """A server that is not saved yet: to be tested, while somebody waits."""
        upstream = self._open(name, url, api_key, tries=2).for_person(partial(self.reach, user_id))
        return EmbyClient(upstream, api_key=api_key, read_seconds=self.stranger_seconds)

    async def reach(self, user_id: int) -> Reach:
        """Where a user may have us connect to, as of now. Raises NotFoundError for none."""
        user = await get_user(self._db, user_id)
        if user.is_administrator:
            return Reach()
        allowed = await allowed_networks(self._db)
        return Reach(networks_of(HOME_NETWORKS if allowed is None else allowed))

    def _upstream(self, name: str, url: str, key: str) -> Upstream:
        upstream = self._upstreams.get((url, key))
        if upstream is None or upstream.name != name:
            upstream = self._open(name, url, key)
            self._upstreams[url, key] = upstream
        return upstream

    def _open(self, name: str, url: str, key: str, tries: int = 3) -> Upstream:
        return Upstream(
            self._session,
            name,
            url,
            secrets=[key],
            per_second=50,
            concurrency=4,
            timeout=60,
            tries=tries,
            pause=self.pause_seconds,
        )

    async def credential(self, user_id: int, source: str) -> Credential:
        """A user's own at a source, else the installation's, else none."""
        return await self.accounts.credential(user_id, source)

    def writer(self, server: Server) -> asyncio.Lock:
        """One writer per physical server, whoever's server it is."""
        return self._turns.writing(server)

    def reader(self, server: Server) -> asyncio.Lock:
        """One reading of a server's libraries at a time; nobody else waits for it."""
        return self._turns.reading(server)

    def collection(self, collection_id: int) -> asyncio.Lock:
        """One run per collection."""
        return self._collections[collection_id]

    def reading(self, list_id: int) -> asyncio.Lock:
        """One reading of a list at a time, whoever waits for it."""
        return self._lists[list_id]
