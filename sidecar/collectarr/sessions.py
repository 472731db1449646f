"""Sessions and what carries them: the cookie of a browser, the tokens of a program, a proxy's word.

A session is a row that is looked at with each request; whatever carries it only names it.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from collectarr.access import IDENTITY, Identity
from collectarr.errors import SignInError
from collectarr.live import Live
from collectarr.models import utc_now
from collectarr.peers import client_of, is_https, trusted_networks
from collectarr.settings import Settings
from collectarr.store import audit, users
from collectarr.store.db import Database
from collectarr.store.sessions import keep_session
from collectarr.store.users import Session, User
from collectarr.tokens import Audience, Signer
from collectarr.vault import Vault, fingerprint

COOKIE = "collectarr"
SESSION = timedelta(days=30)
EXTEND_AFTER = timedelta(hours=1)
BEARER = timedelta(minutes=15)
GRACE = timedelta(seconds=30)
WRONG = "The name or the password is wrong."


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a program gets when it signs in."""

    access: str
    refresh: str
    user: User


class Sessions:
    """Starts, recognises, renews and ends the sessions of all users."""

    def __init__(
        self, db: Database, vault: Vault, live: Live, settings: Settings, signer: Signer
    ) -> None:
        self.proxies = trusted_networks(settings.trusted_proxies)
        self._db = db
        self._vault = vault
        self._live = live
        self._signer = signer
        self._cookie_path = settings.base_path or "/"

    async def start_browser(
        self,
        request: web.Request,
        response: web.StreamResponse,
        user: User,
        password_hash: str | None = None,
    ) -> None:
        """Sign this browser in: a session of its own, in a cookie that scripts cannot read.

        The session that its cookie named so far ends. See `_start`.
        """
        before = await self._find("browser", request.cookies.get(COOKIE, ""))
        sid = secrets.token_urlsafe(32)
        await self._start(request, user, "browser", sid, password_hash)
        if before is not None:
            await self.end_session(before[0].id)
        token = self._sign("browser", user.id, sid, SESSION)
        response.set_cookie(COOKIE, token, **self._cookie(request))

    async def start_program(
        self, request: web.Request, user: User, password_hash: str | None = None
    ) -> Tokens:
        """A bearer token, and a refresh token that is good once. See `_start`."""
        sid = secrets.token_urlsafe(32)
        refresh = _refresh_token(sid)
        await self._start(request, user, "api", sid, password_hash, fingerprint(refresh))
        return Tokens(self._sign("api", user.id, sid, BEARER), refresh, user)

    async def _start(
        self,
        request: web.Request,
        user: User,
        kind: str,
        sid: str,
        password_hash: str | None,
        refresh_hash: str | None = None,
    ) -> None:
        """`password_hash`: what the password was compared with; None for an account just made.

        Raises SignInError if it is another one by now, or the user is gone.
        """
        now = utc_now()
        ended = await users.add_session(
            self._db,
            Session(fingerprint(sid), user.id, kind, secrets.token_urlsafe(32), now + SESSION, now),
            refresh_hash=refresh_hash,
            # A header may hold bytes that are no text at all.
            agent=request.headers.get("User-Agent", "").encode(errors="replace").decode()[:200],
            client=self.client_of(request),
            password_hash=password_hash,
        )
        if ended is None:
            raise SignInError(WRONG, code="wrong_password")
        for session_id in ended:
            self._live.end_session(session_id)

    async def refresh(self, presented: str, client: str = "") -> Tokens:
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
        user = rotation.user
        if rotation.spent and rotation.successor is None:
            self._live.end_session(rotation.session.id)
            # Whoever sent it need not be the user, who is named as the one that it concerns.
            await audit.record(
                self._db,
                actor=None,
                action="refresh_reused",
                subject=user.username,
                client=client or None,
            )
            raise SignInError(
                "This refresh token was used before, so its session was ended. Sign in again.",
                code="refresh_reused",
            )
        if rotation.successor is not None:
            successor = self._vault.open(rotation.successor)
        return Tokens(self._sign("api", user.id, sid, BEARER), successor, user)

    async def sign_out(self, request: web.Request, response: web.StreamResponse) -> None:
        """End the session of this request; its streams end with it."""
        identity = request.get(IDENTITY)
        if identity is not None and identity.session is not None:
            await self.end_session(identity.session.id)
        if COOKIE in request.cookies:
            response.del_cookie(COOKIE, path=self._cookie_path)
        # What the browser kept of pages and pictures is nobody's any more.
        response.headers["Clear-Site-Data"] = '"cache"'

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
        if found is None:
            return None
        session, user, _, expires_at = found
        return Identity(user, "bearer", session, expires_at=expires_at)

    async def by_cookie(self, request: web.Request) -> Identity | None:
        """Whose browser this is; its session slides, at most once an hour."""
        found = await self._find("browser", request.cookies.get(COOKIE, ""))
        if found is None:
            return None
        session, user, sid, _ = found
        renewed = None
        if await self._slide(session):
            renewed = self._sign("browser", user.id, sid, SESSION)
        return Identity(user, "cookie", session, renewed)

    async def by_proxy(self, user: User, client: str) -> Identity | None:
        """A user for whom a trusted proxy vouches: one session of theirs, in no cookie.

        No token carries its id, so without the proxy it opens nothing. No password was compared:
        whoever is gone by now is nobody.
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

    async def _find(
        self, audience: Audience, token: str
    ) -> tuple[Session, User, str, datetime] | None:
        """The session, its user, the id in the token, and when the token ends."""
        claims = self._signer.read(token, audience)
        if claims is None:
            return None
        found = await users.find_session(self._db, fingerprint(claims.session_id))
        if found is None or found[0].kind != audience or str(found[1].id) != claims.user_id:
            return None
        return found[0], found[1], claims.session_id, claims.expires_at

    def client_of(self, request: web.Request) -> str:
        """The address of the client, behind a trusted proxy too."""
        return client_of(request, self.proxies)

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
