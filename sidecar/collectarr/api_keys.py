"""API keys: made and shown once, recognised by their hash, bound to a scope, revoked at once."""

import re
import secrets
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from collectarr.errors import InvalidError
from collectarr.live import Live
from collectarr.models import utc_now
from collectarr.store import api_keys as stored
from collectarr.store.api_keys import ApiKey
from collectarr.store.db import Database
from collectarr.store.users import User
from collectarr.vault import fingerprint

Scope = Literal["read", "run", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "run", "admin")
"""From the least to the most: each may what those before it may."""
BEGINNING = "clr_"
LONGEST_NAME, LONGEST_LIFE = 100, 3650
USE_EVERY = timedelta(minutes=1)
_SECRET_BYTES = 32
_FORM = re.compile(rf"{BEGINNING}[0-9a-f]{{8}}[A-Za-z0-9_-]{{43}}")


def allows(scope: str, wanted: Scope) -> bool:
    """Whether a key of this scope may do what asks for `wanted`."""
    return scope in SCOPES and SCOPES.index(scope) >= SCOPES.index(wanted)


def stream_of(key_id: int) -> str:
    """What the live streams of a key are known by; no session's id looks like it."""
    return f"key {key_id}"


class ApiKeys:
    """Makes, recognises and revokes the keys of all users."""

    def __init__(self, db: Database, live: Live, now: Callable[[], datetime] = utc_now) -> None:
        self._db = db
        self._live = live
        self._now = now

    async def create(
        self,
        user_id: int,
        name: str,
        scope: Scope,
        expires_in_days: int | None = None,
        session_id: str | None = None,
    ) -> tuple[ApiKey, str]:
        """A new key, and the only chance to see it. `session_id`: who asks, see `add_key`.

        Raises InvalidError for a name or a number of days that cannot be, ConflictError for too
        many keys.
        """
        title, days = _clean_name(name), _clean_days(expires_in_days)
        prefix = BEGINNING + secrets.token_hex(4)
        key = prefix + secrets.token_urlsafe(_SECRET_BYTES)
        row = await stored.add_key(
            self._db,
            user_id,
            title,
            scope,
            prefix=prefix,
            hashed=fingerprint(key),
            expires_at=None if days is None else self._now() + timedelta(days=days),
            session_id=session_id,
        )
        return row, key

    async def find(self, key: str) -> tuple[ApiKey, User] | None:
        """The key and its owner, if it is good. That it was used is noted once a minute."""
        if _FORM.fullmatch(key) is None:
            return None
        found = await stored.find_key(self._db, fingerprint(key))
        if found is not None:
            used_at = found[0].used_at
            if used_at is None or self._now() - used_at >= USE_EVERY:
                await stored.mark_used(self._db, found[0].id)
        return found

    async def is_good(self, key_id: int) -> bool:
        """Whether it is neither revoked nor expired."""
        return await stored.is_good(self._db, key_id)

    async def revoke(self, user_id: int, key_id: int) -> ApiKey:
        """It is good for nothing from now on; its streams end. Raises NotFoundError."""
        key = await stored.delete_key(self._db, user_id, key_id)
        self._live.end_session(stream_of(key_id))
        return key

    async def revoke_all(self, user_id: int) -> int:
        """Returns how many there were."""
        revoked = await stored.delete_keys(self._db, user_id)
        for key_id in revoked:
            self._live.end_session(stream_of(key_id))
        return len(revoked)


def _clean_name(text: str) -> str:
    name = unicodedata.normalize("NFKC", text).strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        message = (
            f"Give the key a name of up to {LONGEST_NAME} characters, such as where it is used."
        )
        raise InvalidError(message, details={"fields": {"name": message}})
    return name


def _clean_days(days: int | None) -> int | None:
    if days is not None and not 1 <= days <= LONGEST_LIFE:
        message = f"A key is good for 1 to {LONGEST_LIFE} days, or until it is revoked."
        raise InvalidError(message, details={"fields": {"expires_in_days": message}})
    return days
