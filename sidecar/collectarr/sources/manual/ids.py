"""One pasted id, address or named title, and why it cannot be taken where it cannot."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import SplitResult, parse_qs, urlsplit

from collectarr.models import Ids, Kind, Title

KINDS = {
    **dict.fromkeys(("movie", "movies", "film", "films"), Kind.MOVIE),
    **dict.fromkeys(("show", "shows", "tv", "series", "tvshow"), Kind.SHOW),
}
EARLIEST, LATEST = 1800, 2200
LONGEST_TITLE = 300

NOT_AN_ID = "This is no id and no address that we can read. Paste an id such as tt0133093."
BARE_NUMBER = (
    "A number alone does not say whose it is. Write tmdb:603, tmdb:show:1396, tvdb:81189 or an"
    " IMDb id."
)
SEVERAL = "There is more than one thing on this line. Give each id or address a line of its own."
BY_NAME = "To add a title by its name, say what it is: “movie: Heat (1995)” or “show: Heat (1995)”."
NO_YEAR = "Put the year behind the name, as in “movie: Heat (1995)”."
NO_SUCH_YEAR = "{0} is not the year of a film or show. Write it as in “movie: Heat (1995)”."
NO_KIND = "Trakt numbers films and shows apart. Write trakt:movie:{0} or trakt:show:{0}."
TOO_LONG = "This number is too long to be an id."
ZERO = "No film or show has the id 0."
PERSON = "This is a person, not a film or show."
LIST = "This is a list, not a title. Add it as a list of its own, or export it as a CSV file."
EPISODE = "This is one episode. Add the show it belongs to."
SLUG = "This address of {} has no id in it: paste the IMDb or TMDb one."
NOT_ASKED = (
    "This address has no id in it, and nobody could tell just now what stands there. Paste the IMDb"
    " or TMDb one."
)
ELSEWHERE = "Only addresses of IMDb, TMDb and TheTVDB can be read. Paste one of those, or an id."
NO_TITLE = "This address leads to no film and no show."

Reading = Title | str
"""A title, whose name may be empty, or why there is none."""

_BULLET = re.compile(r"\A(?:[-*•·]|\d{1,5}[.)])\s+", re.ASCII)
_IMDB = re.compile(r"(?:imdb(?:id)?\s*[:=-]\s*)?(tt\d+)", re.IGNORECASE | re.ASCII)
_OTHER_IMDB = re.compile(r"(nm|ls|ur|co|ch)\d{5,}", re.IGNORECASE | re.ASCII)
_NUMBERED = re.compile(
    r"(tmdb|tvdb|trakt)(?:id)?\s*[:=-]\s*(?:([a-z]+)\s*[:=/-]\s*)?(\d+)", re.IGNORECASE | re.ASCII
)
_NAMED = re.compile(r"(movie|film|show|tv|series)\s*:\s*(.+)", re.IGNORECASE | re.ASCII)
_WITH_YEAR = re.compile(r"(.*\S)\s*\((\d{4})\)", re.ASCII)
_WITH_NUMBER = re.compile(r"(.*\S)\s*\((\d{1,60})\)", re.ASCII)
_ADDRESS = re.compile(r"(?:https?:)?//|(?:[a-z0-9-]+\.)+[a-z]{2,}/", re.IGNORECASE | re.ASCII)
_SCHEME = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_BEGINS_AS_ID = re.compile(
    r"(?:https?://|tt\d|(?:imdb|tmdb|tvdb|trakt)(?:id)?[:=])\S*", re.IGNORECASE | re.ASCII
)
_LOCALE = re.compile(r"[a-z]{2}(?:-[a-z]{2,4})?", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"\d+", re.ASCII)
_LEADING_NUMBER = re.compile(r"(\d+)(?:-.*)?", re.ASCII | re.DOTALL)
_SLUG = re.compile(r"[a-z0-9-]*[a-z0-9][a-z0-9-]*", re.ASCII)
_WITH_YEAR_BEHIND = re.compile(r"([a-z0-9-]{1,200})-(\d{4})", re.ASCII)
_CHARTS = frozenset(
    {"trending", "popular", "anticipated", "watched", "played", "collected", "favorited"}
    | {"boxoffice", "recommended", "streaming"}
)
_SHORTEST_TRAKT = 5
"""`trakt.tv/shows/24` is the show called 24, not number 24: only longer numbers are ids there."""


def read_line(text: str) -> Reading:
    """`text` is one line that is neither empty nor a comment."""
    clean = _BULLET.sub("", text.strip(), count=1).strip(" \t,;\"'<>")
    if not _NAMED.match(clean):
        clean = re.split(r"\s#", clean, maxsplit=1)[0].rstrip(" \t,;\"'>")
    for read in (_imdb, _numbered, _named, _address):
        found = read(clean)
        if found is not None:
            return found
    return _why_not(clean)


def _imdb(text: str) -> Reading | None:
    match = _IMDB.fullmatch(text)
    if match is None:
        other = _OTHER_IMDB.fullmatch(text)
        return None if other is None else (LIST if other[1].lower() == "ls" else PERSON)
    return of_id(Kind.UNKNOWN, imdb=match[1]) or _no_id(match[1][2:])


def _numbered(text: str) -> Reading | None:
    match = _NUMBERED.fullmatch(text)
    if match is None:
        return None
    provider, word, number = match[1].lower(), (match[2] or "").lower(), match[3]
    kind = KINDS.get(word)
    if word and kind is None:
        return _other_kind(word)
    if kind is None:
        kind = {"tmdb": Kind.MOVIE, "tvdb": Kind.SHOW}.get(provider)
    if kind is None:
        return NO_KIND.format(number[:15])
    return of_id(kind, **{provider: number}) or _no_id(number)


def _other_kind(word: str) -> str:
    if word in ("episode", "episodes", "season", "seasons"):
        return EPISODE
    return {"person": PERSON, "people": PERSON, "list": LIST, "collection": LIST}.get(
        word, f"“{word[:20]}” is not a kind of title: say movie or show."
    )


def _named(text: str) -> Reading | None:
    match = _NAMED.fullmatch(text)
    if match is None:
        return None
    dated = _WITH_NUMBER.fullmatch(match[2])
    if dated is None:
        return NO_YEAR
    name = clean_title(dated[1])
    if not name:
        return BY_NAME
    year = year_of(dated[2]) if len(dated[2]) == 4 else None
    if year is None:
        return NO_SUCH_YEAR.format(dated[2][:15])
    return Title(KINDS[match[1].lower()], name, year)


def _why_not(text: str) -> str:
    words = text.replace(",", " ").replace(";", " ").split()
    if len(words) > 1 and _BEGINS_AS_ID.fullmatch(words[0]):
        return SEVERAL
    if text.isascii() and text.isdigit():
        return BARE_NUMBER
    return BY_NAME if _WITH_YEAR.fullmatch(text) else NOT_AN_ID


def of_id(kind: Kind, **ids: object) -> Title | None:
    """A title of which only an id is known; None where that is none."""
    found = Ids.of(**ids)
    return Title(kind, "", None, found) if found else None


def _no_id(number: str) -> str:
    """Why a row of digits is no id."""
    return TOO_LONG if number.strip("0") else ZERO


def clean_title(text: str) -> str:
    return " ".join(text.split())[:LONGEST_TITLE].strip()


def year_of(text: str) -> int | None:
    """The year that `text` begins with, as years and dates do."""
    digits = text.strip()[:4]
    if not (digits.isascii() and digits.isdigit() and len(digits) == 4):
        return None
    return int(digits) if EARLIEST <= int(digits) <= LATEST else None


def _address(text: str) -> Reading | None:
    if not _ADDRESS.match(text):
        return None
    if any(character.isspace() for character in text):
        return SEVERAL
    try:
        parts = urlsplit(text if _SCHEME.match(text) else f"//{text}")
        host = (parts.hostname or "").lower()
    except ValueError:
        return NOT_AN_ID
    for site, read in _SITES.items():
        if host == site or host.endswith(f".{site}"):
            return read(parts)
    return ELSEWHERE


def _steps(parts: SplitResult) -> list[str]:
    return [step for step in parts.path.split("/") if step]


def _of_imdb(parts: SplitResult) -> Reading:
    steps = _steps(parts)
    if steps and _LOCALE.fullmatch(steps[0]):
        steps = steps[1:]
    first = steps[0].lower() if steps else ""
    if first == "title" and len(steps) > 1:
        match = _IMDB.fullmatch(steps[1])
        return (of_id(Kind.UNKNOWN, imdb=match[1]) or _no_id(match[1][2:])) if match else NO_TITLE
    return {"list": LIST, "user": LIST, "chart": LIST, "name": PERSON}.get(first, NO_TITLE)


def _of_tmdb(parts: SplitResult) -> Reading:
    steps = _steps(parts)
    kind = {"movie": Kind.MOVIE, "tv": Kind.SHOW}.get(steps[0].lower() if steps else "")
    number = _LEADING_NUMBER.fullmatch(steps[1]) if len(steps) > 1 else None
    if kind is not None and number is not None:
        return of_id(kind, tmdb=number[1]) or _no_id(number[1])
    others = {"person": PERSON, "list": LIST, "collection": LIST}
    return others.get(steps[0].lower() if steps else "", NO_TITLE)


def _of_tvdb(parts: SplitResult) -> Reading:
    steps = [step.lower() for step in _steps(parts)]
    if len(steps) > 2 and steps[0] in ("dereferrer", "deref"):
        return _tvdb_number(steps[1], steps[2])
    query = {name.lower(): values[0] for name, values in _query(parts).items()}
    if "seriesid" in query:
        return _tvdb_number("series", query["seriesid"])
    if "id" in query:
        return _tvdb_number(query.get("tab", "series").lower(), query["id"])
    if steps and steps[0] in ("series", "movies"):
        return SLUG.format("TheTVDB")
    return {"people": PERSON, "lists": LIST}.get(steps[0] if steps else "", NO_TITLE)


def _tvdb_number(word: str, number: str) -> Reading:
    kind = KINDS.get(word)
    if kind is None:
        return _other_kind(word)
    return of_id(kind, tvdb=number) or (_no_id(number) if _NUMBER.fullmatch(number) else NO_TITLE)


def _query(parts: SplitResult) -> Mapping[str, list[str]]:
    try:
        return parse_qs(parts.query, max_num_fields=20)
    except ValueError:
        return {}


def _of_trakt(parts: SplitResult) -> Reading:
    steps = [step.lower() for step in _steps(parts)]
    kind = {"movies": Kind.MOVIE, "shows": Kind.SHOW}.get(steps[0] if steps else "")
    if kind is None:
        return LIST if "lists" in steps or "watchlist" in steps else NO_TITLE
    number = steps[1] if len(steps) > 1 else ""
    if len(number) >= _SHORTEST_TRAKT and number.isascii() and number.isdigit():
        return of_id(kind, trakt=number) or _no_id(number)
    return LIST if number in _CHARTS else _in_slug(kind, number)


def _in_slug(kind: Kind, slug: str) -> Reading:
    """`the-matrix-1999`: Trakt writes a film's year behind its name, and with shows it does so
    where two have one name. Pages of seasons and episodes begin with their show.
    """
    match = _WITH_YEAR_BEHIND.fullmatch(slug)
    year = year_of(match[2]) if match else None
    name = match[1] if match and year else slug
    if not _SLUG.fullmatch(name):
        return NO_TITLE
    return Title(kind, clean_title(name.replace("-", " ").title()), year)


def slug_address(text: str) -> str:
    """The address of a title that says no more of it than a name; "" for anything else."""
    clean = _BULLET.sub("", text.strip(), count=1).strip(" \t,;\"'<>")
    found = _address(clean)
    return clean if isinstance(found, Title) and not found.ids else ""


def _of_letterboxd(_: SplitResult) -> Reading:
    return SLUG.format("Letterboxd")


def _of_mdblist(parts: SplitResult) -> Reading:
    return LIST if "lists" in _steps(parts) else ELSEWHERE


_SITES: Mapping[str, Callable[[SplitResult], Reading]] = {
    "imdb.com": _of_imdb,
    "themoviedb.org": _of_tmdb,
    "thetvdb.com": _of_tvdb,
    "trakt.tv": _of_trakt,
    "letterboxd.com": _of_letterboxd,
    "boxd.it": _of_letterboxd,
    "mdblist.com": _of_mdblist,
}
