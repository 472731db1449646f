"""What an answer of a source tells of the account that asked: its quota, and if it is refused."""

from collections.abc import Mapping
from datetime import timedelta

from collectarr.errors import UnavailableError, UpstreamError
from collectarr.models import utc_now
from collectarr.sources import Credential, Source
from collectarr.sources.contract import CountsRequests
from collectarr.store.db import Database
from collectarr.store.source_accounts import mark_account, record_good_reading, record_quota
from collectarr.sync.accounts import Accounts
from collectarr.sync.quotas import Quotas

_OWNERS = frozenset({"key", "quota"})
"""What the owner of an account is told of it, whoever met it: a sync, or somebody who browses."""


class Standing:
    """Told of every answer, so that all pages say the same of an account."""

    def __init__(
        self, db: Database, accounts: Accounts, quotas: Quotas, sources: Mapping[str, Source]
    ) -> None:
        self._db = db
        self._accounts = accounts
        self._quotas = quotas
        self._sources = sources

    async def answered(self, source: str, credential: Credential, *, read: bool = False) -> None:
        """It gave what it was asked for. `read`: that was a whole list."""
        own = await self._accounts.owned_by(source, credential)
        if own is None:
            return
        if read:
            await record_good_reading(self._db, own.user_id, source)
        elif own.error != own.unrenewed:
            await mark_account(self._db, own.user_id, source, None)
        known = self._sources[source]
        left = known.requests_left(credential) if isinstance(known, CountsRequests) else None
        if left is not None and left != own.quota_left:
            await record_quota(self._db, own.user_id, source, left)

    async def refused(self, source: str, credential: Credential, error: UpstreamError) -> None:
        """It gave an error. Nothing is noted of an account that is another one by now."""
        self._quotas.note(source, credential, error)
        own = await self._accounts.owned_by(source, credential)
        if own is None or error.code not in _OWNERS:
            return
        if error.code == "quota":
            wait = error.retry_after if isinstance(error, UnavailableError) else None
            until = None if wait is None else utc_now() + timedelta(seconds=wait)
            await record_quota(self._db, own.user_id, source, 0, until)
        await mark_account(self._db, own.user_id, source, error.message)
