"""The card of each source: made from what any source can tell, and the user's account there."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from collectarr.errors import CollectarrError
from collectarr.pages.parts import Form
from collectarr.pages.source_views import Quota, SourceCard
from collectarr.pages.visit import Visit
from collectarr.pages.words import Badge, When
from collectarr.sources import SignsIn, Source
from collectarr.store.followed import FollowedList
from collectarr.store.lists import PUBLIC
from collectarr.store.source_accounts import LOST, StoredAccount, list_accounts
from collectarr.sync.sign_in import redirect_uri

PATH = "/settings/sources"
STALE = timedelta(minutes=10)
PATIENCE = 3.0
NAMED = 2
"""Names of collections in one sentence; the rest is counted."""
LOW = 0.1
"""Part of a quota below which it is worth a word."""

CONNECTED = Badge("Connected", "circle-check", "ok")
READY = Badge("Ready", "circle-check", "ok")
NOT_CONNECTED = Badge("Not connected", "circle-dashed", "quiet")
NOT_SET_UP = Badge("Not set up", "circle-dashed", "quiet")
NOT_WORKING = Badge("Not working", "circle-alert", "bad")
ENDED = Badge("Connection ended", "plug-zap", "bad")

_ABOUT = {
    "mdblist": "Thousands of public lists, and your own.",
    "trakt": "Watchlists, collections, charts, and lists of people.",
    "tmdb": "Lists and film collections, and posters where a list has none.",
}
_KEY_HELP = {"mdblist": "On mdblist.com: Preferences, then API Access. It is stored encrypted."}
_MEANS = {"key": "key", "device": "account", "none": "account"}
_USUAL_HELP = "As the site shows it. It is stored encrypted."


async def accounts_of(visit: Visit) -> dict[str, StoredAccount]:
    """By source."""
    return {row.source: row for row in await list_accounts(visit.db, visit.user.id)}


async def fresh_accounts(visit: Visit) -> dict[str, StoredAccount]:
    """With what their sources said some minutes ago at most; they are asked side by side."""
    accounts = await accounts_of(visit)
    stale = [
        row.source
        for row in accounts.values()
        if row.state != LOST
        and row.source in visit.outside.sources
        and (row.checked_at is None or visit.now - row.checked_at > STALE)
    ]
    if not stale:
        return accounts
    await asyncio.gather(*(_check(visit, source) for source in stale))
    return await accounts_of(visit)


async def _check(visit: Visit, source: str) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            await visit.outside.accounts.check(visit.user.id, source)
    except (TimeoutError, CollectarrError):
        return  # what a person has to mend is written to the account


async def source_cards(
    visit: Visit,
    sources: Iterable[Source],
    accounts: Mapping[str, StoredAccount],
    forms: Mapping[str, Form],
    followed: Sequence[FollowedList] = (),
) -> tuple[SourceCard, ...]:
    """`forms`: those that were not accepted, by source; `followed`: the lists in use."""
    return tuple(
        [
            replace(
                await _card(
                    visit, source, accounts.get(source.name), forms.get(source.name, Form())
                ),
                facts=tuple(_facts(visit, source, accounts.get(source.name), followed)),
                leaving=_leaving(source, [row for row in followed if row.source == source.name]),
            )
            for source in sources
        ]
    )


def _leaving(source: Source, followed: Sequence[FollowedList]) -> str:
    """What becomes of the collections that use the account, should it go."""
    used = {key for row in followed for key, _ in row.collections}
    own = {name for row in followed if row.audience != PUBLIC for _, name in row.collections}
    if not used:
        return "No collection uses it. You can connect again at any time."
    many = "1 collection uses" if len(used) == 1 else f"{len(used)} collections use"
    said = f"{many} lists at {source.label}. Nothing is taken out of Emby."
    if own:
        lists = "follows a list" if len(own) == 1 else "follow lists"
        said += (
            f" {_named(own)} {lists} that only this account may read: what was read last stays in"
            " use, and no changes arrive until you connect again."
        )
    if any(row.audience == PUBLIC for row in followed):
        said += f" Public lists go on being read without your {_MEANS[source.sign_in]}."
    return said


def _named(names: Collection[str]) -> str:
    """`“A”, “B” and 3 more`."""
    shown = [f"“{name}”" for name in sorted(names)[:NAMED]]
    rest = len(names) - len(shown)
    last = f"{rest} more" if rest else shown.pop()
    return " and ".join(filter(None, (", ".join(shown), last)))


async def _card(visit: Visit, source: Source, own: StoredAccount | None, form: Form) -> SourceCard:
    signs_in = isinstance(source, SignsIn) and source.needs is None
    waiting = visit.services.sign_ins.latest(visit.user.id, source.name)
    shared = own is None and await works_without(visit, source)
    return SourceCard(
        name=source.name,
        label=source.label,
        about=_ABOUT.get(source.name, ""),
        state=_state(source, own, shared=shared),
        form=form,
        own=own is not None,
        lost=own is not None and own.state == LOST,
        who=_who(source, own, shared=shared),
        quota=quota_of(visit, own) if own else None,
        problem=(own.error or "") if own else "",
        needs=source.needs or "",
        by_key=source.sign_in == "key" and source.needs is None,
        key_help=_KEY_HELP.get(source.name, _USUAL_HELP),
        by_code=signs_in,
        by_browser=signs_in and redirect_uri(visit.settings, source.name) is not None,
        waiting=waiting is not None and waiting.state == "pending",
    )


async def works_without(visit: Visit, source: Source) -> bool:
    """Whether it answers without an account: with the installation's key, or with none."""
    if source.needs is not None:
        return False
    if source.sign_in == "none":
        return True
    return (await visit.outside.credential(visit.user.id, source.name)).secret is not None


def _state(source: Source, own: StoredAccount | None, *, shared: bool) -> Badge:
    if source.needs is not None:
        return NOT_SET_UP
    if own is None:
        return (READY if source.sign_in == "none" else CONNECTED) if shared else NOT_CONNECTED
    if own.state == LOST:
        return ENDED
    return NOT_WORKING if own.error else CONNECTED


def _who(source: Source, own: StoredAccount | None, *, shared: bool) -> str:
    if own is not None:
        plan = f"{own.plan} plan" if own.plan else ""
        return ", ".join(text for text in (own.username, plan) if text)
    if shared and source.sign_in == "key":
        return (
            "With the key of this installation, which is set in the environment"
            f" ({source.name.upper()}_API_KEY)."
        )
    return ""


def _facts(
    visit: Visit, source: Source, own: StoredAccount | None, followed: Iterable[FollowedList]
) -> Iterable[tuple[str, When, str]]:
    if own is None:
        return
    # An account that was connected anew has not read yet what was read for its owner before.
    reads = [row.read_at for row in followed if row.source == source.name and row.read_at]
    read_at = max([*reads, *([own.read_at] if own.read_at else [])], default=None)
    if read_at:
        yield "Last list read", visit.when(read_at), ""
    if own.expires_at and own.state != LOST:
        yield "Sign-in ends", visit.when(own.expires_at), "renewed by itself before that"


def quota_of(visit: Visit, own: StoredAccount) -> Quota | None:
    """None where it is not known, or was for a time that is over."""
    resets = own.quota_resets_at
    if not own.quota_limit or own.quota_left is None or (resets and resets <= visit.now):
        return None
    left = max(0, own.quota_left)
    low = left < LOW * own.quota_limit
    return Quota(left, own.quota_limit, visit.when(resets) if resets else None, low)
