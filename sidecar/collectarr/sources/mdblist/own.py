"""What belongs to the account behind a key: its name, its watchlist, its external lists."""

from collections.abc import Awaitable, Callable, Set
from dataclasses import dataclass
from datetime import UTC, datetime

from collectarr.errors import RejectedError
from collectarr.models import ListInfo, utc_now
from collectarr.sources.contract import Account
from collectarr.sources.mdblist.answers import (
    NAME,
    Reply,
    next_midnight,
    or_nothing,
    rejected,
    unexpected,
)
from collectarr.sources.mdblist.fields import Row, count_of, moment_of, word_of
from collectarr.sources.mdblist.listings import SOURCE, external_infos
from collectarr.sources.mdblist.references import (
    WATCHLIST,
    is_external,
    is_watchlist,
    watchlist_of,
)

Ask = Callable[[str, str, str], Awaitable[Reply]]
"""Asks for a path with a key; the third says in words what is asked for."""
_MOST_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose key it is. `watchlists`: every reference of the watchlist, the best one first."""

    name: str
    watchlists: tuple[str, ...]


class Own:
    """Asks for what belongs to accounts; remembers whose key is whose."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._owners: dict[str, Owner] = {}

    async def account(self, secret: str) -> Account:
        row = await self._user(secret)
        self._remember(secret, row)
        return account_of(row)

    async def watchlist(self, reference: str, secret: str) -> ListInfo:
        """Raises RejectedError (`private`) where it is the watchlist of another account."""
        owner = await self.check(reference, secret)
        seen = await self._watched_at(secret)
        best = owner.watchlists[0]
        return ListInfo(
            source=SOURCE,
            reference=best,
            name="Watchlist",
            owner=owner.name or None,
            version=f"{best}@{seen}" if seen else None,
            source_id=owner.watchlists[-1],
            updated_at=moment_of(seen),
        )

    async def check(self, reference: str, secret: str) -> Owner:
        """The account has one watchlist: under another's name it must not be given out."""
        owner = self._owners.get(secret)
        if owner is None:
            owner = self._remember(secret, await self._user(secret))
        if reference != WATCHLIST and reference not in owner.watchlists:
            raise RejectedError(
                f"“{reference}” is the watchlist of another {NAME} account than the one that is"
                f" connected ({owner.name}). Connect that account, or take your own watchlist.",
                upstream=NAME,
                code="private",
            )
        return owner

    async def external(self, reference: str, secret: str) -> ListInfo:
        number, about = reference.rpartition("/")[2], f"the list “{reference}”"
        reply = await self._ask(f"/external/lists/{number}", secret, about)
        found = [info for info in external_infos(reply) if info.reference == reference]
        if not found:
            raise rejected("not_found", about)
        return found[0]

    async def externals(self, secret: str) -> tuple[ListInfo, ...]:
        return external_infos(
            await self._ask("/external/lists/user", secret, "your external lists")
        )

    async def versions(self, wanted: Set[str], secret: str) -> dict[str, str | None]:
        """One request for the watchlist, and one for all external lists."""
        found: dict[str, str | None] = {}
        for reference in sorted(filter(is_watchlist, wanted)):
            for info in await or_nothing(self._one(reference, secret)):
                found[reference] = info.version
        if any(map(is_external, wanted)):
            infos = await or_nothing(self.externals(secret))
            found |= {info.reference: info.version for info in infos}
        return found

    async def _one(self, reference: str, secret: str) -> tuple[ListInfo]:
        return (await self.watchlist(reference, secret),)

    async def _watched_at(self, secret: str) -> str | None:
        reply = await self._ask("/sync/last_activities", secret, "your watchlist")
        if not isinstance(reply.data, dict):
            raise unexpected("answered something that tells no times of change.")
        return word_of(reply.data, "watchlisted_at") or None

    async def _user(self, secret: str) -> Row:
        reply = await self._ask("/user", secret, "your account")
        if not isinstance(reply.data, dict):
            raise unexpected("answered something that is no account.")
        return reply.data

    def _remember(self, secret: str, row: Row) -> Owner:
        name, number = word_of(row, "username"), count_of(row.get("user_id"))
        # A name of digits alone could be another's number.
        names = [name] if name and not name.isdigit() else []
        forms = map(watchlist_of, [*names, *([str(number)] if number else [])])
        watchlists = tuple(form for form in forms if form is not None)
        if not watchlists:
            raise unexpected("did not say whose key this is.")
        if len(self._owners) >= _MOST_REMEMBERED:
            self._owners.clear()
        self._owners[secret] = Owner(name or str(number), watchlists)
        return self._owners[secret]


def account_of(row: Row) -> Account:
    used = count_of(row.get("api_requests_count"))
    limit = count_of(row.get("api_requests") or row.get("rate_limit"))
    left = count_of(row.get("rate_limit_remaining"))
    if left is None and limit is not None and used is not None:
        left = max(0, limit - used)
    resets = count_of(row.get("rate_limit_reset"))
    return Account(
        username=str(row.get("username") or row.get("name") or row.get("user_id") or ""),
        plan=str(row["plan"]) if row.get("plan") else None,
        quota_limit=limit,
        quota_left=left,
        quota_resets_at=datetime.fromtimestamp(resets, UTC) if resets else next_midnight(utc_now()),
    )
