"""Asking Trakt as one account: within its limits, and once more with a new token if one is due."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from aiolimiter import AsyncLimiter

from collectarr.errors import UnavailableError
from collectarr.http import Answer, Upstream
from collectarr.sources.contract import Credential
from collectarr.sources.pages import Confirmed
from collectarr.sources.trakt.answers import Reply, rejected, reply_of, unavailable, unexpected

# Trakt allows 500 reads in five minutes to each account. A burst of 180, then one a second:
# whichever five minutes one looks at, there are 480 at the most.
_BURST, _SECONDS = 180, 180
# What was seen before a walk is a safe mark for what the walk brought, for this long.
ACTIVITIES_FOR = 20.0
_MOST_ACCOUNTS = 1000
K = TypeVar("K")
V = TypeVar("V")
# What belongs to whoever asks: a 401 there is about the token.
_PERSONAL = ("/users/settings", "/users/me/", "/users/likes/", "/sync/", "/recommendations/")


@dataclass(slots=True)
class Known:
    """What is known of the account behind one access token.

    `lists`: the versions of its own lists while `last_activities` said `lists_at`.
    """

    name: str | None = None
    activities: Mapping[str, Any] | None = None
    seen_at: float = 0.0
    lists_at: str | None = None
    lists: Mapping[str, str | None] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Accounts:
    """What is known of the accounts that asked lately, and how fast each may ask.

    `confirmed`: what lists brought, whoever read them.
    """

    def __init__(self) -> None:
        self.confirmed = Confirmed()
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._paces: OrderedDict[object, AsyncLimiter] = OrderedDict()

    def known(self, secret: str) -> Known:
        return _kept(self._known, secret, Known)

    def renewed(self, old: str, new: str) -> None:
        """The same account has another token now."""
        if old in self._known:
            self._known[new] = self._known[old]

    def pace(self, credential: Credential) -> AsyncLimiter:
        """One per account; all who are not signed in share Trakt's limit for our address."""
        who = (credential.user_id or credential.secret) if credential.secret else None
        return _kept(self._paces, who, lambda: AsyncLimiter(_BURST, _SECONDS))


def _kept(kept: OrderedDict[K, V], key: K, made: Callable[[], V]) -> V:
    if key not in kept:
        kept[key] = made()
    kept.move_to_end(key)
    while len(kept) > _MOST_ACCOUNTS:
        kept.popitem(last=False)
    return kept[key]


class Visit:
    """One caller's questions. A token that is refused is renewed once, for all of them."""

    def __init__(self, api: Upstream, accounts: Accounts, credential: Credential) -> None:
        self._api = api
        self._accounts = accounts
        self._credential = credential
        self._renewed = False
        self._lock = asyncio.Lock()

    @property
    def confirmed(self) -> Confirmed:
        return self._accounts.confirmed

    @property
    def secret(self) -> str | None:
        return self._credential.secret

    async def get(self, path: str, about: str, **params: Any) -> Reply:
        """GET `path`. `about` names what is asked for, in messages.

        Raises UnavailableError (codes `rate`, `down`), RejectedError (`reconnect`, `key_needed`,
        `client`, `not_found`, `limit`, `locked`, `vip`, `tls`) or UnexpectedAnswerError.
        """
        while True:
            secret = self.secret
            answer = await self._send(path, secret, params)
            if answer.status != 401 or secret is None:
                break
            if not path.startswith(_PERSONAL) and await self._is_good(secret):
                # Trakt says 401 also of lists that are somebody else's and private.
                raise rejected("not_found", about)
            if not await self._renew(secret):
                break
        return reply_of(answer, about, signed_in=secret is not None)

    def as_anybody(self) -> "Visit":
        return Visit(self._api, self._accounts, replace(self._credential, secret=None, renew=None))

    async def me(self) -> str:
        """The name of the account in addresses. Raises RejectedError where there is none."""
        return self.known.name or name_of(await self.settings()) or ""

    async def own_name(self) -> str | None:
        """None for somebody without an account."""
        return await self.me() if self.secret is not None else None

    async def settings(self) -> Mapping[str, Any]:
        """The account itself; its name is remembered."""
        known = self.known
        reply = await self.get("/users/settings", "your account")
        user = reply.data.get("user") if isinstance(reply.data, dict) else None
        if not isinstance(user, dict) or not name_of(user):
            raise unexpected("answered something that is no account.")
        known.name = name_of(user)
        return user

    async def activities(self, *, fresh: bool = False) -> Mapping[str, Any]:
        """When what changed last in this account; not `fresh`: as seen some seconds ago."""
        known = self.known
        async with known.lock:
            recent = time.monotonic() - known.seen_at < ACTIVITIES_FOR
            if fresh or not recent or known.activities is None:
                reply = await self.get("/sync/last_activities", "your account's activities")
                if not isinstance(reply.data, dict):
                    raise unexpected("answered something that is no list of activities.")
                known.activities, known.seen_at = reply.data, time.monotonic()
            return known.activities

    @property
    def known(self) -> Known:
        if self.secret is None:
            raise rejected("key_needed", "your account")
        return self._accounts.known(self.secret)

    async def _send(self, path: str, secret: str | None, params: Mapping[str, Any]) -> Answer:
        headers = {"Authorization": f"Bearer {secret}"} if secret else None
        try:
            async with self._accounts.pace(self._credential):
                return await self._api.request("GET", path, params=params, headers=headers)
        except UnavailableError as error:
            raise unavailable(error, secret) from None

    async def _is_good(self, secret: str) -> bool:
        """Whether the token itself is accepted."""
        return (await self._send("/users/settings", secret, {})).ok

    async def _renew(self, refused: str) -> bool:
        """Whether there is another token than the refused one now."""
        async with self._lock:
            if self.secret == refused and not self._renewed and self._credential.renew:
                self._renewed = True
                self._credential = await self._credential.renew(refused)
                if self.secret is not None:
                    self._accounts.renewed(refused, self.secret)
            return self.secret != refused


def name_of(user: Mapping[str, Any]) -> str | None:
    """What a user is called in addresses."""
    ids = user.get("ids")
    slug = ids.get("slug") if isinstance(ids, dict) else None
    return slug.lower() if isinstance(slug, str) and slug else None
