"""What people paste to name a list at Trakt, and its one canonical form.

    users/NAME/lists/SLUG                   lists/NUMBER
    users/NAME/watchlist                    users/NAME/favorites
    users/NAME/collection/movies            users/NAME/recommendations/shows
    movies/trending                         shows/watched/weekly/100

NAME may be `me` until it is known who that is. A number at the end of a chart says how many.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from collectarr.models import Kind

HOSTS = frozenset({"trakt.tv", "www.trakt.tv", "app.trakt.tv", "api.trakt.tv"})
ME = "me"
USUAL_COUNT, BOX_OFFICE_COUNT, MOST = 250, 10, 1000
PERIODS = ("weekly", "monthly", "yearly", "all")
_PLAIN_CHARTS = ("trending", "popular", "anticipated")
_COUNTED_CHARTS = ("watched", "played", "collected", "favorited")
_KINDS = {"movies": Kind.MOVIE, "shows": Kind.SHOW}
_SHELVES = {"watchlist": "watchlist", "favorites": "favorites", "favourites": "favorites"}
_LONGEST = 2000
# One part of the path. Not made of dots alone: such a part would climb out of its folder.
_PART = re.compile(r"(?!\.+\Z)[\w.-]{1,100}")
_NUMBER = re.compile(r"[0-9]{1,12}")
# First words of Trakt's own addresses, which are nobody's name.
_NO_USER = frozenset(
    {"users", "lists", "movies", "shows", "sync", "search", "oauth", "auth", "api", "people"}
    | {"calendars", "discover", "settings", "apps", "vip", "dashboard", "comments", "genres"}
    | {"networks", "recommendations", "seasons", "episodes"}
)
# Words behind /lists/ that are no list.
_NO_LIST = frozenset({"collaborations", "reorder", "trending", "popular"})
# `mdblist.com/something` without a scheme is an address elsewhere, not a user with a dot.
_ELSEWHERE = re.compile(r".+\.(com|tv|org|net|io)")

What = Literal["list", "number", "shelf", "collection", "recommendations", "chart"]


def usual_count(chart: str) -> int:
    """How many titles are meant where a chart says no number."""
    return BOX_OFFICE_COUNT if chart == "boxoffice" else USUAL_COUNT


@dataclass(frozen=True, slots=True)
class Reference:
    """A canonical reference in its parts. `name`: the slug, number, shelf or chart."""

    what: What
    name: str
    user: str = ""
    kind: Kind | None = None
    period: str = ""
    count: int = 0

    @property
    def text(self) -> str:
        kinds = f"{self.kind}s"
        match self.what:
            case "list":
                return f"users/{self.user}/lists/{self.name}"
            case "number":
                return f"lists/{self.name}"
            case "shelf":
                return f"users/{self.user}/{self.name}"
            case "collection" | "recommendations":
                return f"users/{self.user}/{self.name}/{kinds}"
        count = "" if self.count == usual_count(self.name) else str(self.count)
        return "/".join(filter(None, (kinds, self.name, self.period, count)))

    @property
    def chart_path(self) -> str:
        return "/".join(filter(None, (f"{self.kind}s", self.name, self.period)))

    def of(self, user: str) -> "Reference":
        return replace(self, user=user)


def parse(text: str, hosts: Set[str] = HOSTS) -> Reference | None:
    """What `text` names; None where that is no list of Trakt's. Never raises.

    `hosts` are the addresses (host, or host:port) whose pages are Trakt's.
    """
    text = text.strip().lower()
    if len(text) > _LONGEST:
        return None
    if "://" not in text and text.partition("/")[0] in hosts:
        text = f"https://{text}"
    if "://" in text:
        return _named(_parts(_path_of_url(text, hosts)))
    parts = _parts(re.split(r"[?#]", text, maxsplit=1)[0])
    return _named(parts) or _short(parts)


def title_path(text: str, hosts: Set[str] = HOSTS) -> tuple[Kind, str] | None:
    """Kind and slug of a title's own page; pages of seasons and episodes are their show's."""
    text = text.strip().lower()
    if len(text) > _LONGEST:
        return None
    if "://" not in text:
        text = f"https://{text}"
    match _parts(_path_of_url(text, hosts)):
        case [("movies" | "shows") as kinds, slug, *_] as parts if _named(parts) is None:
            return _KINDS[kinds], slug
    return None


def _parts(path: str) -> list[str]:
    """Nothing at all where one of them is no word."""
    parts = [part for part in path.split("/") if part]
    return parts if all(_PART.fullmatch(part) for part in parts) else []


def _named(parts: Sequence[str]) -> Reference | None:
    match parts:
        case ["lists", number, *rest] if _NUMBER.fullmatch(number) and rest[:1] in ([], ["items"]):
            return Reference("number", str(int(number))) if int(number) else None
        case ["users", user, *rest]:
            return _of_user(user, rest)
        case [("movies" | "shows") as kinds, chart, *rest]:
            return _chart(_KINDS[kinds], chart, rest)
    return None


def _short(parts: Sequence[str]) -> Reference | None:
    """Forms that are no address at Trakt: a number alone, NAME/SLUG, me/watchlist."""
    match parts:
        case [number] if _NUMBER.fullmatch(number):
            return _named(["lists", number])
        case [user, *rest] if user in _NO_USER or _ELSEWHERE.fullmatch(user) or not rest:
            return None
        case [user, *rest]:
            return _of_user(user, rest) or (
                _of_user(user, ["lists", *rest]) if user != ME and len(rest) == 1 else None
            )
    return None


def _of_user(user: str, rest: Sequence[str]) -> Reference | None:
    """Of a page of one shelf, its order and its filters do not count."""
    match rest:
        case ["lists", slug, *more] if slug not in _NO_LIST and more[:1] in ([], ["items"]):
            return Reference("list", slug, user)
        case [shelf, *_] if shelf in _SHELVES:
            return Reference("shelf", _SHELVES[shelf], user)
        case ["collection"]:
            return Reference("collection", "collection", user, Kind.MOVIE)
        case [("collection" | "recommendations") as name, kinds, *_] if kinds in _KINDS:
            what: What = "collection" if name == "collection" else "recommendations"
            return Reference(what, name, user, _KINDS[kinds])
    return None


def _chart(kind: Kind, chart: str, rest: Sequence[str]) -> Reference | None:
    rest = list(rest)
    period = ""
    if chart in _COUNTED_CHARTS:
        period = rest.pop(0) if rest and rest[0] in PERIODS else PERIODS[0]
    elif chart not in _PLAIN_CHARTS and (chart != "boxoffice" or kind is not Kind.MOVIE):
        return None
    usual = usual_count(chart)
    match rest:
        case []:
            return Reference("chart", chart, kind=kind, period=period, count=usual)
        case [number] if _NUMBER.fullmatch(number):
            most = usual if chart == "boxoffice" else MOST
            if 1 <= int(number) <= most:
                return Reference("chart", chart, kind=kind, period=period, count=int(number))
    return None


def _path_of_url(text: str, hosts: Set[str]) -> str:
    try:
        url = urlsplit(text)
        ours = url.netloc in hosts or url.hostname in HOSTS
    except ValueError:
        return ""
    return url.path if ours and url.scheme in {"http", "https"} else ""
