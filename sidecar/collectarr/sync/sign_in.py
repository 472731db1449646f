"""Connecting an account at a source: with a code on another screen, or through the browser."""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

import structlog

from collectarr.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    RejectedError,
    UnavailableError,
    UpstreamError,
)
from collectarr.live import Live
from collectarr.models import utc_now
from collectarr.settings import Settings
from collectarr.sources import Credential, DeviceCode, SignsIn, Source, Tokens
from collectarr.store import source_accounts
from collectarr.store.audit import record
from collectarr.store.db import Database
from collectarr.store.source_accounts import StoredAccount
from collectarr.store.users import get_user
from collectarr.sync.accounts import Accounts, read_before, with_facts

log = structlog.stdlib.get_logger(__name__)

State = Literal["pending", "connected", "expired", "denied", "failed"]
_ENDINGS: dict[str, State] = {"denied": "denied", "expired": "expired"}
REMEMBERED = timedelta(hours=1)
TRIP = timedelta(minutes=10)
"""How long a browser may take to come back."""
SLOWER = 5
"""Seconds to wait longer each time the source finds us hasty."""


def redirect_uri(settings: Settings, source: str) -> str | None:
    """Where the source sends browsers back to, exactly as it was entered there."""
    uri: str | None = getattr(settings, f"{source}_redirect_uri", None)
    return uri


@dataclass(slots=True)
class DeviceSignIn:
    """One that a person was shown a code for; `message` says how it ended."""

    id: str
    user_id: int
    source: str
    code: DeviceCode
    expires_at: datetime
    state: State = "pending"
    message: str | None = None
    username: str | None = None


@dataclass(frozen=True, slots=True)
class _Trip:
    user_id: int
    source: str
    verifier: str = field(repr=False)
    until: datetime


class SignIns:
    """Those under way. They are kept in memory: a restart ends them, and they begin anew.

    `on_change` is told of a user and a source where another account is connected now.
    """

    def __init__(
        self,
        db: Database,
        accounts: Accounts,
        sources: Mapping[str, Source],
        live: Live,
        on_change: Callable[[int, str], None] = lambda _user_id, _source: None,
    ) -> None:
        self._db = db
        self._accounts = accounts
        self._sources = sources
        self._live = live
        self._on_change = on_change
        self._waiting: dict[str, DeviceSignIn] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._trips: dict[str, _Trip] = {}
        self._mishaps: dict[tuple[int, str], str] = {}

    async def start(self, user_id: int, source: str) -> DeviceSignIn:
        """A code to type elsewhere; an earlier one of this user is void.

        Raises InvalidError for a source without accounts of that kind, and UpstreamError.
        """
        opened = self._opened(source)
        code = await opened.device_code()
        self._forget(user_id, source)
        expires_at = utc_now() + timedelta(seconds=code.expires_in)
        one = DeviceSignIn(secrets.token_urlsafe(12), user_id, source, code, expires_at)
        self._waiting[one.id] = one
        task = asyncio.create_task(self._wait(one, opened), name=f"sign-in at {source}")
        self._tasks[one.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(one.id, None))
        return one

    def get(self, user_id: int, sign_in_id: str) -> DeviceSignIn:
        """Raises NotFoundError, also for somebody else's."""
        one = self._waiting.get(sign_in_id)
        if one is None or one.user_id != user_id:
            raise NotFoundError("There is no such sign-in. Start a new one.")
        return one

    async def wait(self, sign_in_id: str) -> None:
        """Until it has ended, one way or another."""
        task = self._tasks.get(sign_in_id)
        if task is not None:
            await asyncio.wait([task])

    def latest(self, user_id: int, source: str) -> DeviceSignIn | None:
        """The last one that the user began there, however it goes."""
        for one in self._waiting.values():
            if (one.user_id, one.source) == (user_id, source):
                return one
        return None

    def give_up(self, user_id: int, source: str) -> None:
        """The user does not want to wait any longer."""
        self._forget(user_id, source)

    def keep_mishap(self, user_id: int, source: str, message: str) -> None:
        """Why a browser came back in vain, until a page has said it."""
        self._mishaps[user_id, source] = message

    def mishap(self, user_id: int, source: str) -> str | None:
        """Told once."""
        return self._mishaps.pop((user_id, source), None)

    def set_out(self, user_id: int, source: str, redirect_uri: str) -> str:
        """Where to send the user's browser, so that it comes back with a code."""
        opened = self._opened(source)
        now = utc_now()
        self._trips = {
            state: trip
            for state, trip in self._trips.items()
            if trip.until > now and (trip.user_id, trip.source) != (user_id, source)
        }
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        self._trips[state] = _Trip(user_id, source, verifier, now + TRIP)
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return opened.authorize_url(redirect_uri, state, challenge)

    async def come_back(
        self, user_id: int, source: str, redirect_uri: str, *, state: str, code: str
    ) -> StoredAccount:
        """Raises ConflictError for a state that is not this user's, or was used already."""
        trip = self._trips.get(state)
        if trip is None or (trip.user_id, trip.source) != (user_id, source):
            raise ConflictError("This sign-in was not begun here. Start it again.", code="state")
        del self._trips[state]
        if trip.until < utc_now():
            raise ConflictError("This sign-in took too long. Start it again.", code="state")
        tokens = await self._opened(source).exchange(code, redirect_uri, trip.verifier)
        return await self._keep(user_id, source, tokens)

    async def close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _opened(self, source: str) -> SignsIn:
        known = self._sources.get(source)
        if known is None:
            raise NotFoundError("There is no such source.")
        if not isinstance(known, SignsIn):
            raise InvalidError(f"{known.label} is not connected by a sign-in.", code="sign_in")
        if known.needs is not None:
            raise RejectedError(known.needs, upstream=known.label, code="not_set_up")
        return known

    def _forget(self, user_id: int, source: str) -> None:
        """What is over for long, and this user's earlier ones at the source."""
        old = utc_now() - REMEMBERED
        for one in list(self._waiting.values()):
            if one.expires_at < old or (one.user_id, one.source) == (user_id, source):
                del self._waiting[one.id]
                task = self._tasks.pop(one.id, None)
                if task is not None:
                    task.cancel()

    async def _wait(self, one: DeviceSignIn, opened: SignsIn) -> None:
        try:
            tokens = await self._tokens(one, opened)
            account = await self._keep(one.user_id, one.source, tokens)
            user = await get_user(self._db, one.user_id)
            how = {"how": "device code"}
            await record(
                self._db, actor=user, action="source_key_set", subject=one.source, details=how
            )
            one.state, one.username = "connected", account.username
        except RejectedError as error:
            one.state = _ENDINGS.get(error.code, "failed")
            one.message = error.message
        except UpstreamError as error:
            one.state, one.message = "failed", error.message
        except Exception:
            log.exception("sign-in broke off", source=one.source)
            one.state, one.message = "failed", "The sign-in broke off. Start it again."
        self._live.publish(
            one.user_id, "sign-in", {"id": one.id, "source": one.source, "state": one.state}
        )

    async def _tokens(self, one: DeviceSignIn, opened: SignsIn) -> Tokens:
        """Ask at the source's own pace until the person has decided. Raises RejectedError."""
        pause = float(one.code.interval)
        while utc_now() < one.expires_at:
            await asyncio.sleep(pause)
            try:
                tokens = await opened.device_tokens(one.code)
            except UnavailableError as error:
                pause += SLOWER if error.code == "rate" else 0
                continue
            if tokens is not None:
                return tokens
        raise RejectedError("The code was not typed in time. Start again.", code="expired")

    async def _keep(self, user_id: int, source: str, tokens: Tokens) -> StoredAccount:
        """The tokens first, then whose they are: they are good once."""
        before = await source_accounts.find_account(self._db, user_id, source)
        stored = await self._accounts.keep_tokens(user_id, source, tokens)
        self._on_change(user_id, source)
        known: Source = self._sources[source]
        try:
            account = await known.account(Credential(tokens.access, user_id))
        except UpstreamError as error:
            log.warning("account not described", source=source, problem=error.message)
            return stored
        read_at = read_before(before, account)
        facts = with_facts(replace(stored, read_at=read_at), account)
        return await source_accounts.save_facts(self._db, user_id, facts) or stored
