"""The outside world as a sync sees it: servers, sources, credentials, and who may write where."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping

import aiohttp

from collectarr.emby.client import EmbyClient
from collectarr.http import Upstream
from collectarr.models import Requests
from collectarr.settings import Settings
from collectarr.sources import Credential, Source
from collectarr.store.db import Database
from collectarr.store.lists import find_account
from collectarr.store.servers import Server
from collectarr.vault import Vault


class Outside:
    """Hands out clients; the limits of an upstream are shared by all who call it."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        settings: Settings,
        db: Database,
        vault: Vault,
        sources: Mapping[str, Source],
        installation: str,
    ) -> None:
        self.installation = installation
        self.settle_seconds = settings.settle_seconds
        self.sources = sources
        self._session = session
        self._settings = settings
        self._db = db
        self._vault = vault
        self._upstreams: dict[tuple[str, str], Upstream] = {}
        self._writers: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._collections: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    def emby(self, server: Server, requests: Requests | None = None) -> EmbyClient:
        key = self._vault.open(server.api_key)
        return EmbyClient(
            self._upstream(server.name, server.url, key),
            api_key=key,
            user_id=server.admin_user_id,
            uid=server.uid,
            requests=requests,
        )

    def stranger(self, name: str, url: str, api_key: str) -> EmbyClient:
        """A server that is not saved yet: to be tested."""
        return EmbyClient(self._open(name, url, api_key), api_key=api_key)

    def _upstream(self, name: str, url: str, key: str) -> Upstream:
        upstream = self._upstreams.get((url, key))
        if upstream is None or upstream.name != name:
            upstream = self._open(name, url, key)
            self._upstreams[url, key] = upstream
        return upstream

    def _open(self, name: str, url: str, key: str) -> Upstream:
        return Upstream(
            self._session, name, url, secrets=[key], per_second=50, concurrency=4, timeout=60
        )

    async def credential(self, user_id: int, source: str) -> Credential:
        """A user's own key at a source, else the installation's, else none."""
        account = await find_account(self._db, user_id, source)
        if account is not None:
            return Credential(self._vault.open(account.secret), user_id)
        shared = self._settings.mdblist_api_key if source == "mdblist" else None
        return Credential(shared.get_secret_value() if shared else None, user_id)

    def writer(self, uid: str) -> asyncio.Lock:
        """One writer per physical server, whoever's server it is."""
        return self._writers[uid]

    def collection(self, collection_id: int) -> asyncio.Lock:
        """One run per collection."""
        return self._collections[collection_id]
