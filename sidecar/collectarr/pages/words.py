"""Facts turned into words for people: times, durations, statuses, schedules, drawn tiles."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from collectarr.models import Ids, Kind, Mode, RunStatus, Trigger

MINUTE, HOUR, DAY = 60, 3600, 86_400
_ARTICLES = ("the ", "a ", "an ")


@dataclass(frozen=True, slots=True)
class When:
    """A moment: for machines, in a few words, and in full with its zone."""

    iso: str
    text: str
    full: str


@dataclass(frozen=True, slots=True)
class Badge:
    """A status: never colour alone, so a word and an icon too.

    `tone` is ok, info, warn, bad or quiet.
    """

    word: str
    icon: str
    tone: str


@dataclass(frozen=True, slots=True)
class IdLink:
    """An id of a title and its page at the database that gave it."""

    database: str
    value: str
    href: str


def number(value: int) -> str:
    """`12345` as `12,345`."""
    return f"{value:,}"


def count(value: int, one: str, many: str | None = None) -> str:
    """`1 title`, `1,204 titles`, `no titles`."""
    word = one if value == 1 else (many or f"{one}s")
    return f"{number(value) if value else 'no'} {word}"


def percent(found: int, wanted: int) -> int:
    """Rounded down, so that 100 means all of them, and never 0 when there is one."""
    if wanted <= 0 or found <= 0:
        return 0
    return max(1, min(100, found * 100 // wanted))


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `2 min 5 s`, `1 h 3 min`, `2 days`."""
    if seconds < 1:
        return f"{max(seconds, 0.1):.1f} s"
    whole = int(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return _pair(whole // MINUTE, "min", whole % MINUTE, "s")
    if whole < DAY:
        return _pair(whole // HOUR, "h", whole % HOUR // MINUTE, "min")
    return count(whole // DAY, "day")


def _pair(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large} {large_unit}" + (f" {small} {small_unit}" if small else "")


def relative(moment: datetime, now: datetime) -> str:
    """`just now`, `5 min ago`, `in 3 h`, `yesterday`, `in 4 days`, or the day itself."""
    seconds = (moment - now).total_seconds()
    ahead, distance = seconds > 0, abs(seconds)
    if distance < 45:
        return "in a moment" if ahead else "just now"
    if distance >= 14 * DAY:
        return f"{moment.day} {moment:%b %Y}"
    days = round(distance / DAY)
    if distance >= 22 * HOUR and days <= 1:
        return "tomorrow" if ahead else "yesterday"
    if distance >= 22 * HOUR:
        words = f"{days} days"
    elif distance >= 59.5 * MINUTE:
        words = f"{round(distance / HOUR)} h"
    else:
        words = f"{max(1, round(distance / MINUTE))} min"
    return f"in {words}" if ahead else f"{words} ago"


def when(moment: datetime, now: datetime, zone: tzinfo) -> When:
    """`moment` as people in `zone` read it. Both times must know their own zone."""
    local = moment.astimezone(zone)
    full = f"{local.day} {local:%b %Y, %H:%M} {local.tzname() or 'UTC'}"
    return When(moment.isoformat(timespec="seconds"), relative(local, now.astimezone(zone)), full)


def clock(moment: datetime, zone: tzinfo) -> str:
    """The time of day in `zone`, to the second: `14:05:09`."""
    return f"{moment.astimezone(zone):%H:%M:%S}"


def every(hours: int) -> str:
    """An interval in words: `every hour`, `every 6 hours`, `every day`, `every week`."""
    if hours % 168 == 0:
        return _every(hours // 168, "week")
    if hours % 24 == 0:
        return _every(hours // 24, "day")
    return _every(hours, "hour")


def _every(amount: int, unit: str) -> str:
    return f"every {unit}" if amount == 1 else f"every {amount} {unit}s"


def schedule(hours: int, enabled: bool, upcoming: datetime | None, now: datetime) -> str:
    """The schedule of a collection as one phrase."""
    if not enabled:
        return "Paused: nothing is checked until you resume it"
    phrase = f"Checked {every(hours)}"
    if upcoming is None:
        return phrase
    if upcoming <= now + timedelta(seconds=45):
        return f"{phrase}, next in a moment"
    return f"{phrase}, next {relative(upcoming, now)}"


_RUNS = {
    RunStatus.QUEUED: Badge("Waiting its turn", "clock", "info"),
    RunStatus.RUNNING: Badge("Syncing", "refresh-cw", "info"),
    RunStatus.SUCCESS: Badge("Synced", "circle-check", "ok"),
    RunStatus.PARTIAL: Badge("Partly synced", "circle-alert", "warn"),
    RunStatus.FAILED: Badge("Failed", "circle-x", "bad"),
    RunStatus.HELD: Badge("Waiting for you", "hand", "warn"),
    RunStatus.CANCELLED: Badge("Cancelled", "circle-slash", "quiet"),
}
PAUSED = Badge("Paused", "circle-pause", "quiet")
NEVER = Badge("Not synced yet", "circle-dashed", "quiet")
CHANGED = Badge("Changed since", "circle-dashed", "warn")
NO_SERVER = Badge("No server yet", "circle-alert", "warn")


def run_badge(status: RunStatus) -> Badge:
    return _RUNS[status]


def collection_badge(last: RunStatus | None, *, enabled: bool) -> Badge:
    """What a card shows: a run under way first, then paused, then how the last run ended."""
    if last in (RunStatus.QUEUED, RunStatus.RUNNING):
        return _RUNS[last]
    if not enabled:
        return PAUSED
    return NEVER if last is None else _RUNS[last]


_TRIGGERS = {
    Trigger.MANUAL: "You asked for it",
    Trigger.SCHEDULE: "It was due",
    Trigger.CREATED: "The collection was new",
    Trigger.APPROVED: "You approved the changes",
    Trigger.COMMAND: "From the command line",
    Trigger.EVENT: "Something changed in Emby",
    Trigger.UNDO: "You took a run back",
}


def trigger_words(trigger: Trigger) -> str:
    return _TRIGGERS[trigger]


MODES: tuple[tuple[Mode, str, str], ...] = (
    (
        Mode.KEEP,
        "Keep what people added",
        "Follows the list, and leaves alone whatever somebody put into the collection by hand.",
    ),
    (
        Mode.MIRROR,
        "Mirror the list exactly",
        "Takes out everything that is not on the list, also what was added by hand.",
    ),
    (
        Mode.ADD_ONLY,
        "Only ever add",
        "New titles come in; nothing is taken out, even when it leaves the list.",
    ),
)

_MATCHED = {
    "imdb": "IMDb id",
    "tmdb": "TMDb id",
    "tvdb": "TVDB id",
    "trakt": "Trakt id",
    "title": "title and year",
    "pin": "your correction",
}


def matched_words(by: str) -> str:
    """By what an item was matched; what is not known here is shown as it is."""
    return _MATCHED.get(by, by)


def changes_words(added: int, removed: int) -> str:
    """`12 added, 1 removed`, or `nothing to change`."""
    parts = [f"{number(n)} {word}" for n, word in ((added, "added"), (removed, "removed")) if n]
    return ", ".join(parts) or "nothing to change"


def id_links(kind: Kind, ids: Ids) -> tuple[IdLink, ...]:
    """The pages of a title at the databases that number it."""
    show = kind is Kind.SHOW
    known = (
        ("IMDb", ids.imdb, "https://www.imdb.com/title/{}/"),
        ("TMDb", ids.tmdb, f"https://www.themoviedb.org/{'tv' if show else 'movie'}/{{}}"),
        ("TVDB", ids.tvdb, f"https://thetvdb.com/dereferrer/{'series' if show else 'movie'}/{{}}"),
        ("Trakt", ids.trakt, f"https://trakt.tv/{'shows' if show else 'movies'}/{{}}"),
    )
    return tuple(
        IdLink(name, str(value), address.format(value)) for name, value, address in known if value
    )


_BROWSERS = (
    *(("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox")),
    *(("Chrome/", "Chrome"), ("CriOS/", "Chrome"), ("Safari/", "Safari")),
)
_SYSTEMS = (
    *(("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Android", "Android"), ("CrOS", "ChromeOS")),
    *(("Windows", "Windows"), ("Mac OS X", "a Mac"), ("Linux", "Linux")),
)


def device_words(agent: str, kind: str) -> str:
    """`Firefox on Linux`, or the name of a program; `kind` is browser or api."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if kind == "api" or not browser:
        program = agent.partition("/")[0].split(" ")[0][:40]
        return browser or program or ("A program" if kind == "api" else "A browser")
    return f"{browser} on {system}" if system else browser


def revoked_words(keys: int) -> str:
    """A sentence to add about API keys that went with a password; "" for none."""
    opens = "opens" if keys == 1 else "open"
    return f" {count(keys, 'API key')} {opens} nothing any more." if keys else ""


def initials(title: str) -> str:
    """Up to two letters for a drawn tile, without a leading article."""
    words = ["".join(c for c in word if c.isalnum()) for word in _bare(title).split()]
    letters = [word[0] for word in words if word]
    return "".join(letters[:2]).upper() or "?"


def hue(title: str) -> int:
    """A colour angle from 0 to 359, always the same for the same title."""
    return int.from_bytes(hashlib.blake2s(title.casefold().encode()).digest()[:2]) % 360


def tile_lines(title: str, width: int = 15, lines: int = 4) -> tuple[str, ...]:
    """`title` broken into at most `lines` lines of about `width` characters."""
    rows: list[str] = []
    for word in title.split():
        if rows and len(rows[-1]) + 1 + len(word) <= width:
            rows[-1] += f" {word}"
        else:
            rows.append(word if len(word) <= width else f"{word[: width - 1]}…")
    if len(rows) > lines:
        rows = [*rows[: lines - 1], f"{rows[lines - 1][: width - 1]}…"]
    return tuple(rows)


def _bare(title: str) -> str:
    lowered = title.casefold()
    for article in _ARTICLES:
        if lowered.startswith(article) and len(title) > len(article):
            return title[len(article) :]
    return title


ON_A_LINE = 90


def in_short(text: str) -> str:
    """The first sentence, or as much of it as stands on a line; the run's page has it all."""
    first = re.split(r"(?<=[.!?]) ", text, maxsplit=1)[0]
    return first if len(first) <= ON_A_LINE else f"{first[:ON_A_LINE].rsplit(' ', 1)[0]} …"
