"""Signing in and staying so: passwords, sessions and their tokens, and what keeps others out."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from aiohttp import web

from collectarr.access import IDENTITY, Identity
from collectarr.api_keys import ApiKeys
from collectarr.arrivals import Arrivals
from collectarr.cors import Cors
from collectarr.errors import ConflictError, ForbiddenError, InvalidError, SignInError
from collectarr.limits import Limits
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
from collectarr.peers import (
    client_of,
    is_https,
    is_local,
    names_this_machine,
    trusted_networks,
)
from collectarr.settings import Settings
from collectarr.store import users
from collectarr.store.db import Database
from collectarr.store.sessions import keep_session
from collectarr.store.users import Session, User
from collectarr.throttle import Throttle
from collectarr.tokens import Audience, Signer
from collectarr.vault import Vault, fingerprint, secret_file

log = structlog.stdlib.get_logger(__name__)

COOKIE = "collectarr"
LOCAL_KEY_FILE = "local.key"
SESSION = timedelta(days=30)
EXTEND_AFTER = timedelta(hours=1)
BEARER = timedelta(minutes=15)
GRACE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a program gets when it signs in."""

    access: str
    refresh: str
    user: User


class Auth:
    """Signs people in, keeps their sessions, and tells whose a request is."""

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
        self.throttle = Throttle(clock)
        self.limits = Limits(settings.rate_limit_per_minute, clock)
        self.cors = Cors(settings.cors_origins, settings.base_path, settings.public_url)
        self.keys = ApiKeys(db, live)
        self.arrivals = Arrivals(clock)
        self.local_key = local_key
        self.proxies = trusted_networks(settings.trusted_proxies)
        # Whoever is signed in is not to be kept waiting by those who guess at the door.
        self._changes = Throttle(clock)
        self.registration = settings.registration
        self.setup_token = ""
        self._db = db
        self._vault = vault
        self._live = live
        self._signer = Signer(secret)
        self._cost = cost_of(settings.environment)
        self._nobody = nobody(self._cost)
        self._cookie_path = settings.base_path or "/"
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
        self, username: str, email: str | None, password: str, *, token: str, local: bool
    ) -> User:
        """The first user, an administrator. `local`: see `is_local`.

        Raises ConflictError when there is a user already, ForbiddenError for a wrong token.
        """
        if await self.has_users():
            raise ConflictError("Collectarr is already set up. Sign in instead.", code="set_up")
        if not local and not (self.setup_token and same(token.strip(), self.setup_token)):
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
    ) -> User:
        name, address = clean_username(username), clean_email(email)
        hashed = await self.hash_password(password, name, address)
        return await users.add_user(self._db, name, address, hashed, role, only_first=only_first)

    async def check_password(self, name: str, password: str, client: str) -> User:
        """Raises SignInError if name or password is wrong, ThrottledError after too many tries."""
        found = await users.find_sign_in(self._db, name)
        account = str(found[0].id) if found else f"? {name.casefold()[:100]}"
        attempt = self.throttle.admit(account, client)
        good = await is_password(password, found[1] if found else self._nobody)
        if found is None or not good:
            raise SignInError("The name or the password is wrong.", code="wrong_password")
        self.throttle.forgive(attempt)
        return found[0]

    async def hash_password(self, password: str, username: str, email: str | None) -> str:
        """Raises InvalidError for a password that is too short or too well known."""
        return await hash_password(password, self._cost, username, email)

    async def confirm(self, user: User, current: str, client: str) -> None:
        """That it is still them. Raises InvalidError for a wrong password."""
        attempt = self._changes.admit(f"change {user.id}", client)
        found = await users.find_sign_in(self._db, user.username)
        if found is None or not await is_password(current, found[1]):
            message = "The current password is wrong."
            raise InvalidError(
                message, code="wrong_password", details={"fields": {"current": message}}
            )
        self._changes.forgive(attempt)

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
        await self.confirm(user, current, client)
        hashed = await self.hash_password(new, user.username, user.email)
        await users.set_password(self._db, user.id, hashed)
        await self.end_sessions(user.id, but=keep)
        return await self.keys.revoke_all(user.id) if revoke_keys else 0

    async def start_browser(
        self, request: web.Request, response: web.StreamResponse, user: User
    ) -> None:
        """Sign this browser in: a session of its own, in a cookie that scripts cannot read."""
        sid = secrets.token_urlsafe(32)
        await self._start(request, user, "browser", sid)
        token = self._sign("browser", user.id, sid, SESSION)
        response.set_cookie(COOKIE, token, **self._cookie(request))

    async def start_program(self, request: web.Request, user: User) -> Tokens:
        """A bearer token, and a refresh token that is good once."""
        sid = secrets.token_urlsafe(32)
        refresh = _refresh_token(sid)
        await self._start(request, user, "api", sid, refresh_hash=fingerprint(refresh))
        return Tokens(self._sign("api", user.id, sid, BEARER), refresh, user)

    async def _start(
        self,
        request: web.Request,
        user: User,
        kind: str,
        sid: str,
        refresh_hash: str | None = None,
    ) -> None:
        now = utc_now()
        await users.add_session(
            self._db,
            Session(fingerprint(sid), user.id, kind, secrets.token_urlsafe(32), now + SESSION, now),
            refresh_hash=refresh_hash,
            # A header may hold bytes that are no text at all.
            agent=request.headers.get("User-Agent", "").encode(errors="replace").decode()[:200],
            client=self.client_of(request),
        )

    async def refresh(self, presented: str) -> Tokens:
        """New tokens for a refresh token. One that was used up before ends its session."""
        sid = presented.partition(".")[0]
        successor, now = _refresh_token(sid), utc_now()
        rotation = await users.rotate_refresh(
            self._db,
            fingerprint(presented),
            fingerprint(successor),
            self._vault.seal(successor),
            now + SESSION,
            now - GRACE,
            session_id=fingerprint(sid),
        )
        if rotation is None:
            raise SignInError("This refresh token is not valid. Sign in again.", code="refresh")
        if rotation.spent and rotation.successor is None:
            self._live.end_session(rotation.session.id)
            raise SignInError(
                "This refresh token was used before, so its session was ended. Sign in again.",
                code="refresh_reused",
            )
        if rotation.successor is not None:
            successor = self._vault.open(rotation.successor)
        user = rotation.user
        return Tokens(self._sign("api", user.id, sid, BEARER), successor, user)

    async def sign_out(self, request: web.Request, response: web.StreamResponse) -> None:
        """End the session of this request; its streams end with it."""
        identity = request.get(IDENTITY)
        if identity is not None and identity.session is not None:
            await self.end_session(identity.session.id)
        if COOKIE in request.cookies:
            response.del_cookie(COOKIE, path=self._cookie_path)

    async def end_session(self, session_id: str) -> None:
        await users.end_session(self._db, session_id)
        self._live.end_session(session_id)

    async def end_sessions(self, user_id: int, *, but: str = "") -> int:
        """End all of a user's sessions but one; returns how many."""
        ended = await users.end_sessions(self._db, user_id, but=but)
        for session_id in ended:
            self._live.end_session(session_id)
        return len(ended)

    async def by_bearer(self, token: str) -> Identity | None:
        """Whose access token this is."""
        found = await self._find("api", token)
        return Identity(found[1], "bearer", found[0]) if found else None

    async def by_cookie(self, request: web.Request) -> Identity | None:
        """Whose browser this is; its session slides, at most once an hour."""
        found = await self._find("browser", request.cookies.get(COOKIE, ""))
        if found is None:
            return None
        session, user, sid = found
        renewed = None
        if await self._slide(session):
            renewed = self._sign("browser", user.id, sid, SESSION)
        return Identity(user, "cookie", session, renewed)

    async def by_proxy(self, user: User, client: str) -> Identity | None:
        """A user for whom a trusted proxy vouches: one session of theirs, in no cookie.

        No token carries its id, so without the proxy it opens nothing.
        """
        session_id = fingerprint(f"proxy {user.id}")
        found = await users.find_session(self._db, session_id)
        if found is None:
            now = utc_now()
            csrf = secrets.token_urlsafe(32)
            fresh = Session(session_id, user.id, "browser", csrf, now + SESSION, now)
            await keep_session(self._db, fresh, agent="Signed in by a proxy", client=client)
            found = await users.find_session(self._db, session_id)
        if found is None:
            return None
        await self._slide(found[0])
        return Identity(found[1], "proxy", found[0])

    async def _slide(self, session: Session) -> bool:
        if utc_now() - session.seen_at < EXTEND_AFTER:
            return False
        await users.extend_session(self._db, session.id, utc_now() + SESSION)
        return True

    async def _find(self, audience: Audience, token: str) -> tuple[Session, User, str] | None:
        claims = self._signer.read(token, audience)
        if claims is None:
            return None
        found = await users.find_session(self._db, fingerprint(claims.session_id))
        if found is None or found[0].kind != audience or str(found[1].id) != claims.user_id:
            return None
        return found[0], found[1], claims.session_id

    async def is_live(self, identity: Identity) -> bool:
        """Whether what this request was let in with has neither ended nor expired."""
        if identity.key is not None:
            return await self.keys.is_good(identity.key.id)
        session = identity.session
        return session is None or await users.find_session(self._db, session.id) is not None

    def client_of(self, request: web.Request) -> str:
        """The address of the client, behind a trusted proxy too."""
        return client_of(request, self.proxies)

    def needs_setup_token(self, request: web.Request) -> bool:
        return not is_local(request)

    def is_trustworthy(self, request: web.Request) -> bool:
        """Whether browsers trust the way to us: over TLS, or on this very machine."""
        return is_https(request) or names_this_machine(request.host)

    def renew(self, request: web.Request, response: web.StreamResponse, token: str) -> None:
        """Send a renewed cookie along. The response is about to be sent: only headers count."""
        carrier = web.Response()
        carrier.set_cookie(COOKIE, token, **self._cookie(request))
        response.headers.add("Set-Cookie", carrier.cookies[COOKIE].OutputString())

    def _cookie(self, request: web.Request) -> dict[str, Any]:
        return {
            "max_age": int(SESSION.total_seconds()),
            "path": self._cookie_path,
            "httponly": True,
            "samesite": "Lax",
            "secure": is_https(request),
        }

    def _sign(self, audience: Audience, user_id: int, sid: str, lifetime: timedelta) -> str:
        return self._signer.sign(audience, user_id, sid, utc_now(), lifetime)


def _refresh_token(sid: str) -> str:
    # It begins with its session, so that the next bearer token can name that again.
    return f"{sid}.{secrets.token_urlsafe(32)}"
