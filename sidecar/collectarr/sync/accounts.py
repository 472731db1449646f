"""People's accounts at sources: their credentials, renewed early, once, and kept before use."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from collectarr.errors import RejectedError, UpstreamError
from collectarr.models import utc_now
from collectarr.settings import Settings
from collectarr.sources import RECONNECT, Account, Credential, SignsIn, Source, Tokens
from collectarr.sources.contract import HasKey
from collectarr.store import source_accounts
from collectarr.store.db import Database
from collectarr.store.source_accounts import LOST, StoredAccount
from collectarr.store.users import get_user
from collectarr.sync.quotas import Quotas
from collectarr.vault import Vault

log = structlog.stdlib.get_logger(__name__)

EARLIEST = timedelta(days=1)
"""A token is renewed in the last quarter of its life, but not sooner before its end than that."""
PAUSE = 30.0
"""Seconds in which a renewal that failed is not tried again, however many runs ask for it."""


@dataclass(frozen=True, slots=True)
class _Failure:
    error: UpstreamError
    until: float


@dataclass(frozen=True, slots=True)
class _Unsaved:
    """A pair that the store did not take, and the access token whose place it takes."""

    instead_of: str = field(repr=False)
    tokens: Tokens


class Accounts:
    """Hands out credentials. A refresh token is good once: one lock per account guards it."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        settings: Settings,
        sources: Mapping[str, Source],
        quotas: Quotas,
    ) -> None:
        self._quotas = quotas
        self._db = db
        self._vault = vault
        self._settings = settings
        self._sources = sources
        self._locks: dict[tuple[int, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._failures: dict[tuple[int, str], _Failure] = {}
        self._unsaved: dict[tuple[int, str], _Unsaved] = {}
        self._renewals: set[asyncio.Task[Credential]] = set()

    async def credential(self, user_id: int, source: str) -> Credential:
        """A user's own at a source, else the installation's, else none.

        One that could not be renewed in time is given as it is: the source says what is wrong.
        """
        account = await source_accounts.find_account(self._db, user_id, source)
        if account is None:
            return await self._installations(user_id, source)
        if account.state == LOST:
            return Credential(None, user_id)
        if not isinstance(self._sources.get(source), SignsIn):
            return Credential(self._vault.open(account.secret), user_id)
        credential = self._with_token(account)
        if not _is_due(self._tokens(account)) or credential.secret is None:
            return credential
        try:
            return await self.renew(user_id, source, credential.secret)
        except UpstreamError as error:
            return Credential(None, user_id) if error.code == RECONNECT else credential

    async def _installations(self, user_id: int, source: str) -> Credential:
        known = self._sources.get(source)
        key = known.installation_key if isinstance(known, HasKey) else None
        if key is None:
            return Credential(None, user_id)
        user = await get_user(self._db, user_id)
        return Credential(key, user_id, shared=not user.is_administrator)

    async def keep_tokens(
        self, user_id: int, source: str, tokens: Tokens, account: Account | None = None
    ) -> StoredAccount:
        """What a sign-in gave, in the place of what there was. `account`: whose it is."""
        stored = StoredAccount(source, self._seal(tokens), expires_at=tokens.expires_at)
        async with self._locks[user_id, source]:
            self._failures.pop((user_id, source), None)
            return await source_accounts.save_account(
                self._db, user_id, with_facts(stored, account)
            )

    async def check(self, user_id: int, source: str) -> StoredAccount | None:
        """The user's own account with what the source says of it now; None: there is none.

        Raises UpstreamError. What a person has to mend is remembered with the account.
        """
        credential = await self.credential(user_id, source)
        own = await source_accounts.find_account(self._db, user_id, source)
        if own is None or own.state == LOST or credential.secret is None:
            return own
        try:
            account = await self._sources[source].account(credential)
        except RejectedError as error:
            lost = error.code == RECONNECT
            await source_accounts.mark_account(self._db, user_id, source, error.message, lost=lost)
            raise
        self.proved(source, credential.secret, account)
        facts = with_facts(replace(own, error=None), account)
        return await source_accounts.save_facts(self._db, user_id, facts)

    def proved(self, source: str, secret: str, account: Account) -> None:
        """What the source says now of its quota wins over what it said with a refusal."""
        if account.quota_left:
            self._quotas.lift(source, secret)

    async def owned_by(self, source: str, credential: Credential) -> StoredAccount | None:
        """The account whose credential this is, as long as it is that one's."""
        if credential.secret is None or credential.shared or credential.user_id is None:
            return None
        own = await source_accounts.find_account(self._db, credential.user_id, source)
        if own is None or own.state == LOST:
            return None
        signs_in = isinstance(self._sources.get(source), SignsIn)
        secret = self._tokens(own).access if signs_in else self._vault.open(own.secret)
        return own if secret == credential.secret else None

    async def renew(self, user_id: int, source: str, refused: str) -> Credential:
        """The credential that took the place of `refused`, or takes it now.

        Raises RejectedError (`reconnect`) for an account that is lost, UnavailableError when
        that cannot be told now. Goes on to its end even if whoever asked is cancelled: between
        the answer and the store there must be nothing.
        """
        task = asyncio.create_task(self._renew(user_id, source, refused))
        self._renewals.add(task)
        task.add_done_callback(self._renewed)
        return await asyncio.shield(task)

    async def disconnect(self, user_id: int, source: str) -> None:
        """Forget the account here and, as far as possible, at the source."""
        known = self._sources.get(source)
        async with self._locks[user_id, source]:
            account = await source_accounts.find_account(self._db, user_id, source)
            await source_accounts.delete_account(self._db, user_id, source)
        if account is not None and account.state != LOST and isinstance(known, SignsIn):
            try:
                await known.revoke(self._tokens(account))
            except UpstreamError as error:
                log.warning("not revoked", source=source, problem=error.message)

    async def close(self) -> None:
        """Let renewals that are under way be stored."""
        if self._renewals:
            await asyncio.wait(self._renewals)

    def _renewed(self, task: "asyncio.Task[Credential]") -> None:
        self._renewals.discard(task)
        if not task.cancelled():
            task.exception()  # told to whoever still waits; nobody may

    async def _renew(self, user_id: int, source: str, refused: str) -> Credential:
        known = self._sources[source]
        async with self._locks[user_id, source]:
            account = await source_accounts.find_account(self._db, user_id, source)
            if account is None or account.state == LOST:
                raise _lost(source, account.error if account else None)
            tokens = self._tokens(account)
            if tokens.access != refused:
                return self._with_token(account)
            unsaved = self._unsaved.get((user_id, source))
            if unsaved is None or unsaved.instead_of != refused:
                fresh = await self._refresh(known, user_id, tokens)
                unsaved = self._unsaved[user_id, source] = _Unsaved(refused, fresh)
            sealed = self._seal(unsaved.tokens)
            is_there = await source_accounts.save_secret(
                self._db, user_id, source, sealed, unsaved.tokens.expires_at
            )
            del self._unsaved[user_id, source]
            if not is_there:
                raise _lost(source, None)
        return self._with_token(replace(account, secret=sealed))

    async def _refresh(self, source: Source, user_id: int, tokens: Tokens) -> Tokens:
        assert isinstance(source, SignsIn)
        key = (user_id, source.name)
        failed = self._failures.get(key)
        if failed is not None and time.monotonic() < failed.until:
            raise failed.error
        try:
            fresh = await source.refresh(tokens)
        except UpstreamError as error:
            lost = error.code == RECONNECT
            # Whatever else went wrong, it may go wrong again: not with each run that asks.
            self._failures[key] = _Failure(error, time.monotonic() + PAUSE)
            await source_accounts.mark_unrenewed(self._db, *key, error.message, lost=lost)
            log.warning("account not renewed", source=source.name, user=user_id, lost=lost)
            raise
        self._failures.pop(key, None)
        return fresh

    def _with_token(self, account: StoredAccount) -> Credential:
        renew = partial(self.renew, account.user_id, account.source)
        return Credential(self._tokens(account).access, account.user_id, renew=renew)

    def _tokens(self, account: StoredAccount) -> Tokens:
        kept = json.loads(self._vault.open(account.secret))
        issued, expires = (datetime.fromisoformat(kept[name]) for name in ("issued", "expires"))
        return Tokens(kept["access"], kept["refresh"], issued, expires)

    def _seal(self, tokens: Tokens) -> str:
        kept = {
            "access": tokens.access,
            "refresh": tokens.refresh,
            "issued": tokens.issued_at.isoformat(),
            "expires": tokens.expires_at.isoformat(),
        }
        return self._vault.seal(json.dumps(kept))


def with_facts(stored: StoredAccount, account: Account | None) -> StoredAccount:
    """What the source says of an account, written to what is kept of it."""
    if account is None:
        return stored
    return replace(
        stored,
        username=account.username,
        plan=account.plan,
        quota_limit=account.quota_limit,
        quota_left=account.quota_left,
        quota_resets_at=account.quota_resets_at,
    )


def read_before(before: StoredAccount | None, account: Account) -> datetime | None:
    """When a list was last read with an account that is connected again."""
    same = before is not None and before.username == account.username
    return before.read_at if before is not None and same else None


def _is_due(tokens: Tokens) -> bool:
    life = tokens.expires_at - tokens.issued_at
    return utc_now() >= tokens.expires_at - min(EARLIEST, life / 4)


def _lost(source: str, why: str | None) -> RejectedError:
    words = why or "This account is not connected any more. Connect it again in the settings."
    return RejectedError(words, upstream=source, code=RECONNECT)
