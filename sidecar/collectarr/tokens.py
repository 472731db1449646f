"""Signed tokens (JWT, HS256): what they say, for whom, and for how long."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import jwt

from collectarr.errors import StoreError

Audience = Literal["browser", "api"]
ISSUER = "collectarr"
ALGORITHM = "HS256"
SHORTEST_SECRET = 32
LEEWAY = timedelta(seconds=10)
"""A clock that was set back a little must not make fresh tokens invalid."""
_LONGEST_TOKEN = 4096


@dataclass(frozen=True, slots=True)
class Claims:
    """What a genuine token says. The session decides whether it still counts.

    `expires_at` is the end of it, leeway included.
    """

    user_id: str
    session_id: str
    expires_at: datetime


class Signer:
    """Signs tokens and recognises its own; one algorithm, whatever a token claims of itself."""

    def __init__(self, secret: str) -> None:
        """Raises StoreError for a secret of less than 32 bytes, as in a file cut short."""
        if len(secret.encode()) < SHORTEST_SECRET:
            raise StoreError(
                f"The secret that signs sessions is shorter than {SHORTEST_SECRET} bytes. Delete"
                " the file jwt.secret in the data folder to have a new one made, or set"
                " JWT_SECRET; everybody has to sign in again.",
                code="secret_file",
            )
        self._secret = secret

    def sign(
        self, audience: Audience, user_id: int, session_id: str, now: datetime, lifetime: timedelta
    ) -> str:
        whose = {"iss": ISSUER, "aud": audience, "sub": str(user_id), "sid": session_id}
        times = {"iat": now, "exp": now + lifetime}
        return jwt.encode({**whose, **times}, self._secret, algorithm=ALGORITHM)

    def read(self, token: str, audience: Audience) -> Claims | None:
        """None for whatever is not ours, was changed, has expired or is for another use."""
        if not token or len(token) > _LONGEST_TOKEN:
            return None
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=audience,
                issuer=ISSUER,
                leeway=LEEWAY,
                options={
                    "require": ["iss", "aud", "sub", "sid", "iat", "exp"],
                    "strict_aud": True,
                },
            )
            expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC) + LEEWAY
        except (jwt.PyJWTError, ValueError, OverflowError, OSError):
            return None
        user_id, session_id = claims["sub"], claims["sid"]
        if not isinstance(user_id, str) or not isinstance(session_id, str):
            return None
        return Claims(user_id, session_id, expires_at)
