"""Signing in and staying so: set-up, accounts and passwords, and what keeps others out."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from aiohttp import web

from collectarr.access import Identity
from collectarr.api_keys import ApiKeys
from collectarr.arrivals import Arrivals
from collectarr.cors import Cors
from collectarr.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    SignInError,
    ThrottledError,
)
from collectarr.limits import Limits, network_of
from collectarr.live import Live
from collectarr.models import utc_now
from collectarr.passwords import (
    clean_email,
    clean_username,
    cost_of,
    hash_password,
    is_password,
    nobody,
    same,
)
from collectarr.peers import is_https, is_local, names_this_machine
from collectarr.sessions import BEARER, COOKIE, WRONG, Sessions, Tokens
from collectarr.settings import Settings
from collectarr.store import audit, users
from collectarr.store.db import Database, folded
from collectarr.store.users import User
from collectarr.throttle import Attempt, Throttle
from collectarr.tokens import Signer
from collectarr.vault import Vault, secret_file

__all__ = ["BEARER", "COOKIE", "LOCAL_KEY_FILE", "Auth", "Proven", "Tokens"]

log = structlog.stdlib.get_logger(__name__)

LOCAL_KEY_FILE = "local.key"
LONGEST_NAME = 300


@dataclass(frozen=True, slots=True)
class Proven:
    """Who typed their password, and the hash that it was compared with."""

    user: User
    password_hash: str


class Auth(Sessions):
    """Signs people in, and keeps out whoever guesses."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        live: Live,
        settings: Settings,
        *,
        secret: str,
        local_key: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(db, vault, live, settings, Signer(secret))
        self.throttle = Throttle(clock)
        self.limits = Limits(settings.rate_limit_per_minute, clock)
        self.cors = Cors(settings.cors_origins, settings.base_path, settings.public_url)
        self.keys = ApiKeys(db, live)
        self.arrivals = Arrivals(clock)
        self.local_key = local_key
        # Whoever is signed in is not to be kept waiting by those who guess at the door.
        self._changes = Throttle(clock)
        self.registration = settings.registration
        self.setup_token = ""
        self._cost = cost_of(settings.environment)
        self._nobody = nobody(self._cost)
        self._has_users = False

    @classmethod
    def open(cls, db: Database, vault: Vault, live: Live, settings: Settings) -> "Auth":
        """With the secrets of the settings, or those kept in the data folder."""
        given = settings.jwt_secret
        if settings.forward_auth_header and not settings.trusted_proxies.strip():
            log.warning(
                "FORWARD_AUTH_HEADER is not used: name your proxy in TRUSTED_PROXIES as well."
            )
        return cls(
            db,
            vault,
            live,
            settings,
            secret=given.get_secret_value()
            if given
            else secret_file(settings.data_dir / "jwt.secret"),
            local_key=secret_file(settings.data_dir / LOCAL_KEY_FILE),
        )

    async def has_users(self) -> bool:
        """Whether Collectarr is set up."""
        if not self._has_users:
            self._has_users = await users.count_users(self._db) > 0
        return self._has_users

    async def offer_set_up(self) -> None:
        """Make and log the one-time token, if there is nobody yet."""
        if not await self.has_users():
            self.setup_token = secrets.token_urlsafe(12)
            log.warning(f"Nobody can sign in yet. The one-time set-up token: {self.setup_token}")

    async def set_up(
        self,
        username: str,
        email: str | None,
        password: str,
        *,
        token: str,
        local: bool,
        client: str = "",
    ) -> User:
        """The first user, an administrator. `local`: see `is_local`.

        Raises ConflictError when there is a user already, ForbiddenError for a wrong token.
        """
        if await self.has_users():
            raise ConflictError("Collectarr is already set up. Sign in instead.", code="set_up")
        if not local and not (self.setup_token and same(token.strip(), self.setup_token)):
            await audit.record(self._db, actor=None, action="set_up_refused", client=client or None)
            raise ForbiddenError(
                "Enter the one-time set-up token: it stands in Collectarr's log, written when it"
                " started.",
                code="setup_token",
                details={"fields": {"token": "This is not the set-up token from the log."}},
            )
        user = await self.add_user(username, email, password, "administrator", only_first=True)
        self.setup_token = ""
        return user

    async def add_user(
        self,
        username: str,
        email: str | None,
        password: str,
        role: str,
        *,
        only_first: bool = False,
        by: int | None = None,
    ) -> User:
        """`by`: the administrator who makes the account, and has to be one still."""
        name, address = clean_username(username), clean_email(email)
        hashed = await self.hash_password(password, name, address)
        return await users.add_user(
            self._db, name, address, hashed, role, only_first=only_first, by=by
        )

    async def check_password(self, name: str, password: str, client: str) -> Proven:
        """Raises SignInError if name or password is wrong, ThrottledError after too many tries.

        What is counted is the name as it was typed, so that the answer does not tell which
        names there are.
        """
        found = await users.find_sign_in(self._db, name[:LONGEST_NAME])
        network = network_of(client)
        attempt = self.throttle.admit(_typed(name), network)
        other = self._admit_account(found[0], network) if found else None
        good = await is_password(password, found[1] if found else self._nobody)
        # Too many tries under the other name: saying so would tell that the two are one.
        if found is None or other is None or not good:
            raise SignInError(WRONG, code="wrong_password")
        self.throttle.forgive(attempt)
        self.throttle.forgive(other)
        return Proven(*found)

    def _admit_account(self, user: User, network: str) -> Attempt | None:
        """Guesses under its name and under its address are guesses at one account."""
        try:
            return self.throttle.admit(f"{user.id}\n", network, in_all=False)
        except ThrottledError:
            return None

    def is_first_refusal(self, name: str, client: str) -> bool:
        """Whether nobody was told yet that there were too many tries with this name."""
        return self.throttle.is_first(_typed(name), network_of(client))

    async def hash_password(self, password: str, username: str, email: str | None) -> str:
        """Raises InvalidError for a password that is too short or too well known."""
        return await hash_password(password, self._cost, username, email)

    async def confirm(self, user: User, current: str, client: str) -> str:
        """That it is still them; returns the hash that their password was compared with.

        Raises InvalidError for a wrong one.
        """
        attempt = self._changes.admit(f"change {user.id}", network_of(client))
        found = await users.find_sign_in(self._db, user.username)
        if found is None or found[0].id != user.id or not await is_password(current, found[1]):
            await audit.record(
                self._db, actor=user, action="password_refused", client=client or None
            )
            raise _wrong_current()
        self._changes.forgive(attempt)
        return found[1]

    async def change_password(
        self,
        user: User,
        current: str,
        new: str,
        *,
        client: str,
        keep: str = "",
        revoke_keys: bool = False,
    ) -> int:
        """Ends every session of the user but `keep`; returns how many API keys were revoked.

        Raises InvalidError for a wrong password.
        """
        known = await self.confirm(user, current, client)
        hashed = await self.hash_password(new, user.username, user.email)
        if not await users.set_password(self._db, user.id, hashed, known=known):
            raise _wrong_current()
        await self.end_sessions(user.id, but=keep)
        return await self.keys.revoke_all(user.id) if revoke_keys else 0

    async def is_live(self, identity: Identity) -> bool:
        """Whether what this request was let in with has neither ended nor expired."""
        if identity.expires_at is not None and identity.expires_at <= utc_now():
            return False
        if identity.key is not None:
            return await self.keys.is_good(identity.key.id)
        session = identity.session
        return session is None or await users.find_session(self._db, session.id) is not None

    def needs_setup_token(self, request: web.Request) -> bool:
        return not is_local(request)

    def is_trustworthy(self, request: web.Request) -> bool:
        """Whether browsers trust the way to us: over TLS, or on this very machine."""
        return is_https(request) or names_this_machine(request.host)


def _typed(name: str) -> str:
    """A name as guesses at it are counted: otherwise written it is no other one."""
    return (folded(name[:LONGEST_NAME]) or "")[:LONGEST_NAME]


def _wrong_current() -> InvalidError:
    message = "The current password is wrong."
    return InvalidError(message, code="wrong_password", details={"fields": {"current": message}})
