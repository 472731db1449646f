"""Who may ask the Trakt stand-in: device codes, authorization codes, tokens."""

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

LIFETIME = 7 * 24 * 3600
_USER_CODE = "0123456789ABCDEF"
_JITTER = 0.5


@dataclass(slots=True)
class Device:
    """A device that waits; `decision` is `approve` or `deny` once `user` has made up their mind."""

    device_code: str
    user_code: str
    expires_at: float
    decision: str | None = None
    user: str | None = None
    used: bool = False
    polled_at: float | None = None

    @property
    def expired(self) -> bool:
        return time.time() >= self.expires_at


@dataclass(frozen=True, slots=True)
class Grant:
    """What an authorization code stands for."""

    user: str
    redirect_uri: str
    challenge: str | None


@dataclass(slots=True)
class Access:
    user: str
    refresh: str
    expires_at: float


@dataclass(slots=True)
class Sessions:
    """All codes and tokens. `lifetime`, `expires_in` and `interval` are seconds."""

    lifetime: float = LIFETIME
    expires_in: int = 600
    interval: float = 5
    devices: dict[str, Device] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    access: dict[str, Access] = field(default_factory=dict)
    refreshes: dict[str, str] = field(default_factory=dict)

    def wait(self) -> Device:
        """A new device code."""
        user_code = "".join(secrets.choice(_USER_CODE) for _ in range(8))
        device = Device(secrets.token_hex(32), user_code, time.time() + self.expires_in)
        self.devices[device.device_code] = device
        return device

    def find(self, user_code: str) -> Device | None:
        """The device that still waits for a decision."""
        wanted = user_code.strip().upper()
        for device in self.devices.values():
            if device.user_code == wanted and device.decision is None and not device.expired:
                return device
        return None

    def poll(self, device_code: str) -> int | Device:
        """The approved device, or the status that says why there is none (yet)."""
        device = self.devices.get(device_code)
        if device is None:
            return 404
        if device.used:
            return 409
        if device.expired:
            return 410
        if device.decision == "deny":
            return 418
        now, before = time.monotonic(), device.polled_at
        device.polled_at = now
        if before is not None and now - before < self.interval - _JITTER:
            return 429
        return device if device.decision == "approve" else 400

    def issue(self, user: str) -> dict[str, Any]:
        """A new pair of tokens, as Trakt writes it."""
        now = time.time()
        token, refresh = secrets.token_hex(32), secrets.token_hex(32)
        self.access[token] = Access(user, refresh, now + self.lifetime)
        self.refreshes[refresh] = user
        return {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": int(self.lifetime),
            "refresh_token": refresh,
            "scope": "public",
            "created_at": int(now),
        }

    def grant(self, user: str, redirect_uri: str, challenge: str | None) -> str:
        """An authorization code, good for one use."""
        code = secrets.token_hex(32)
        self.grants[code] = Grant(user, redirect_uri, challenge)
        return code

    def exchange(self, code: str, redirect_uri: str, verifier: str) -> dict[str, Any] | None:
        grant = self.grants.pop(code, None)
        if grant is None or grant.redirect_uri != redirect_uri:
            return None
        if grant.challenge is not None and challenge_of(verifier) != grant.challenge:
            return None
        return self.issue(grant.user)

    def refresh(self, token: str) -> dict[str, Any] | None:
        """The next pair; the token before it is used up, and so is its access token."""
        user = self.refreshes.pop(token, None)
        if user is None:
            return None
        self.access = {key: one for key, one in self.access.items() if one.refresh != token}
        return self.issue(user)

    def revoke(self, token: str) -> None:
        gone = self.access.pop(token, None)
        if gone is not None:
            self.refreshes.pop(gone.refresh, None)

    def user_of(self, token: str) -> str | None:
        """None for a token that is unknown, expired or revoked."""
        access = self.access.get(token)
        return access.user if access is not None and time.time() < access.expires_at else None

    def expire(self, user: str) -> None:
        """The access tokens of `user` are refused from now on; they can be refreshed."""
        for access in self.access.values():
            if access.user == user:
                access.expires_at = 0

    def forget(self, user: str) -> None:
        """As if `user` had removed the application at Trakt: nothing can be refreshed."""
        self.access = {key: one for key, one in self.access.items() if one.user != user}
        self.refreshes = {key: one for key, one in self.refreshes.items() if one != user}


def challenge_of(verifier: str) -> str:
    """The S256 form of a PKCE verifier."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
