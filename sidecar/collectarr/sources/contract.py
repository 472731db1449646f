"""What every source of lists can do, and the words for it.

A source raises exactly three errors: UnavailableError (try later), RejectedError (credentials,
permission, private, unknown list) and UnexpectedAnswerError (it changed something).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from collectarr.models import ListInfo, Snapshot

OnPage = Callable[[int, int | None], None]
"""Called after each page of a read with the rows so far and the rows promised, if known."""


@dataclass(frozen=True, slots=True)
class Credential:
    """Who asks. Without `secret` only what everybody may see can be read."""

    secret: str | None = field(default=None, repr=False)
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """The account behind a credential; the quota counts requests."""

    username: str
    plan: str | None = None
    quota_limit: int | None = None
    quota_left: int | None = None
    quota_resets_at: datetime | None = None


class Source(Protocol):
    """One place that lists come from."""

    @property
    def name(self) -> str:
        """The word for it in the store and in addresses, like `mdblist`."""

    def parse(self, text: str) -> str | None:
        """The canonical reference in a pasted URL or reference; None if it is not ours."""

    async def account(self, credential: Credential) -> Account:
        """Whose credential this is. The way to test one."""

    async def describe(self, reference: str, credential: Credential) -> ListInfo:
        """What the list is, without its rows. Cheap: one request as a rule."""

    async def read(
        self,
        reference: str,
        credential: Credential,
        info: ListInfo | None = None,
        on_page: OnPage | None = None,
    ) -> Snapshot:
        """The whole list in list order, or an error; never a part of it as if it were whole.

        `info` is a fresh answer of `describe`, to save asking again.
        """

    async def changes(
        self, references: Sequence[str], credential: Credential
    ) -> dict[str, str | None]:
        """The version of each list now, in few requests. None: not known, read it."""
