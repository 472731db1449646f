"""Credentials whose quota is used up, and until when: nobody asks again before that."""

from datetime import datetime, timedelta

from collectarr.errors import UnavailableError, UpstreamError
from collectarr.models import utc_now
from collectarr.sources import Credential
from collectarr.vault import fingerprint

UNTOLD = timedelta(hours=1)
"""How long to wait where the source does not say."""


class Quotas:
    """In memory alone: to have forgotten it costs one request that is refused."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], tuple[datetime, str]] = {}

    def note(self, source: str, credential: Credential, error: UpstreamError) -> None:
        """Remember an error if it says that the quota is used up."""
        if error.code == "quota" and isinstance(error, UnavailableError):
            wait = UNTOLD if error.retry_after is None else timedelta(seconds=error.retry_after)
            self._until[_key(source, credential)] = (utc_now() + wait, error.message)

    def lift(self, source: str, secret: str) -> None:
        """The source says that there are requests left, whatever it said before."""
        self._until.pop(_key(source, Credential(secret)), None)

    def used_up(self, source: str, credential: Credential) -> UnavailableError | None:
        """What the source would answer; None if it may be asked."""
        until, message = self._until.get(_key(source, credential), (None, ""))
        if until is None or until <= utc_now():
            return None
        left = (until - utc_now()).total_seconds()
        return UnavailableError(message, upstream=source, code="quota", retry_after=left)


def _key(source: str, credential: Credential) -> tuple[str, str]:
    """A credential that several users share has one quota."""
    return source, fingerprint(credential.secret) if credential.secret else ""
