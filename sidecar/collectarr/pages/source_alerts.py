"""What to say before it hurts: accounts that are lost, quotas that run out, lists that fail."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from collectarr.pages.source_cards import PATH, quota_of
from collectarr.pages.views import Attention
from collectarr.pages.visit import Visit
from collectarr.pages.words import number
from collectarr.sources import Source
from collectarr.store.followed import FollowedList
from collectarr.store.source_accounts import LOST, StoredAccount

PATIENCE = timedelta(days=1)
"""How long a list may fail, or come short, before a person is told."""


def source_alerts(
    visit: Visit, accounts: Mapping[str, StoredAccount], followed: Sequence[FollowedList]
) -> tuple[Attention, ...]:
    sources = visit.outside.sources
    found: list[Attention] = []
    for name, own in accounts.items():
        if name in sources:
            found += _of_account(visit, sources[name], own)
    found += [_of_list(row) for row in followed if _hurts(visit, row)]
    return tuple(found)


def _of_account(visit: Visit, source: Source, own: StoredAccount) -> Iterator[Attention]:
    href = f"{PATH}#{source.name}"
    if own.state == LOST:
        words = own.error or "The account is not connected any more."
        title = f"{source.label} has to be connected again"
        yield Attention("bad", "plug-zap", title, words, href, "Connect again")
        return
    quota = quota_of(visit, own)
    used_up = quota is not None and not quota.left
    if own.error and not used_up:
        title = f"Trouble with {source.label}"
        yield Attention("bad", "plug-zap", title, own.error, href, "Look at the account")
    if quota is not None and quota.low:
        title = f"{source.label}: {number(quota.left)} of {number(quota.limit)} requests left"
        if not quota.left:
            title = f"{source.label}: no requests left"
        again = f" It starts again {quota.resets.text}." if quota.resets else ""
        words = f"When none are left, lists there wait, and what is in Emby stays.{again}"
        if used_up and own.error:
            words = own.error
        yield Attention("warn", "gauge", title, words, href, "Look at the account")


def _hurts(visit: Visit, row: FollowedList) -> bool:
    if row.state in ("private", "gone"):
        return True
    since = row.error_at
    return row.state == "failing" and since is not None and visit.now - since > PATIENCE


def _of_list(row: FollowedList) -> Attention:
    names = " and ".join(f"“{name}”" for _, name in row.collections[:2])
    rest = f" and {len(row.collections) - 2} more" if len(row.collections) > 2 else ""
    words = f"{row.error or 'It cannot be read.'} Followed by {names}{rest}."
    tone = "warn" if row.state == "failing" else "bad"
    return Attention(tone, "list-x", row.name, words, f"{PATH}#lists", "See the lists in use")
