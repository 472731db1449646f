"""Which way a server tells us of changes, judged by what really came in. No waiting in here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from collectarr.store.heard import Heard
from collectarr.sync.listen import Ear, EarState

CATCHING_UP = timedelta(minutes=2)
"""Reading may find a change just before a way tells it, and first finds what happened while
nobody listened: neither is the fault of that way."""


class Way(StrEnum):
    WEBHOOK = "webhook"
    SOCKET = "socket"
    POLLING = "polling"


@dataclass(frozen=True, slots=True)
class InUse:
    """`words` say it to people; `notes` what keeps the better ways from being used."""

    way: Way
    words: str
    notes: tuple[str, ...] = ()


def way_in_use(
    heard: Heard, made_at: datetime | None, ear: Ear, up_since: datetime, minutes: int = 5
) -> InUse:
    """The best way that works: a webhook that was heard of, a socket that is connected, else
    polling every so many `minutes`. What polling found untold counts against the others.

    `made_at`: since when there is an address for webhooks, None: there is none. `up_since`: since
    when somebody listens here.
    """
    webhook, socket = _webhook(heard, made_at, up_since), _socket(heard, ear)
    notes = tuple(note for note in (webhook, socket) if note)
    if webhook is None:
        return InUse(Way.WEBHOOK, "Its webhook tells Collectarr of changes.")
    if socket is None:
        words = "Its web socket tells Collectarr of changes."
        if ear.state is EarState.SILENT:
            words = "Its web socket is connected; nothing was heard through it yet."
        return InUse(Way.SOCKET, words, notes)
    every = "every minute" if minutes == 1 else f"every {minutes} minutes"
    return InUse(Way.POLLING, f"Collectarr asks it {every} what changed.", notes)


def _webhook(heard: Heard, made_at: datetime | None, up_since: datetime) -> str | None:
    """None: it works; "": there is none; else why it does not count."""
    if made_at is None:
        return ""
    if heard.webhook is None or heard.webhook < made_at:
        return "Its webhook has not been heard of yet."
    if _untold(heard, max(heard.webhook, up_since)):
        return (
            "Its webhook is silent: reading found a change that it did not tell. Is it still in"
            " Emby, and does Emby Premiere still run?"
        )
    return None


def _socket(heard: Heard, ear: Ear) -> str | None:
    if ear.state is EarState.OFF:
        return ear.problem
    if not ear.is_open or ear.connected_at is None:
        return ear.problem or "Its web socket is being connected."
    if _untold(heard, max(ear.heard_at or ear.connected_at, ear.connected_at)):
        return (
            "Its web socket is connected but silent: reading found a change that it did not tell."
        )
    return None


def _untold(heard: Heard, since: datetime) -> bool:
    return heard.polling is not None and heard.polling > since + CATCHING_UP
