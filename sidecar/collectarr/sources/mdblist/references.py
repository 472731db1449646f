"""What people paste to name an MDBList list, and its one canonical form.

Canonical is `user/slug` in lower case, or the decimal id (`1176+6365` for twins). A list that
MDBList mirrors from elsewhere is `external/id`. A watchlist is `users/user/watchlist`, or, as
that of whoever asks, `watchlist`.
"""

import re
from collections.abc import Set
from urllib.parse import urlsplit

HOSTS = frozenset({"mdblist.com", "www.mdblist.com", "api.mdblist.com"})
_LONGEST = 2000
# One part of the path. Not made of dots alone: such a part would climb out of /lists/.
_PART = re.compile(r"(?!\.+\Z)[\w.-]{1,100}")
_ID = re.compile(r"[0-9]{1,12}(\+[0-9]{1,12}){0,9}")
_EXTERNAL = re.compile(r"external/(?:lists/)?0*([1-9][0-9]{0,11})(?:/items)?/?")
_WATCHLIST = re.compile(r"users/([^/]+)/watchlist/?")
WATCHLIST = "watchlist"
# What MDBList itself writes behind a list's address.
_ENDINGS = frozenset({"json", "items", "changes"})
# First parts of the API that are no user: /lists/user/NAME is every list of NAME.
_NO_USER = frozenset(
    {"user", "top", "search", "liked", "curated", "recommended", "share", "external"}
)
# `trakt.tv/something` without a scheme is an address elsewhere, not a user with a dot.
_ELSEWHERE = re.compile(r".+\.(com|tv|org|net|io)")


def is_id(reference: str) -> bool:
    return _ID.fullmatch(reference) is not None


def parse(text: str, hosts: Set[str] = HOSTS) -> str | None:
    """The canonical reference in `text`; None where there is none. Never raises.

    `hosts` are the addresses (host, or host:port) whose pages are MDBList's.
    """
    text = text.strip().lower()
    path = _path(text, hosts)
    parts = [part for part in (path or "").split("/") if part]
    if not parts:
        return None
    if is_id(parts[0]) and (len(parts) == 1 or parts[1] in _ENDINGS):
        return _numbers(parts[0])
    return _own(parts) or _user_and_slug(parts)


def external(number: str) -> str | None:
    """The reference of the external list with this id."""
    match = _EXTERNAL.fullmatch(f"external/{number}")
    return f"external/{match[1]}" if match else None


def watchlist_of(user: str) -> str | None:
    """The reference of a user's watchlist, by name or id; None for a name that fits no path."""
    user = user.strip().lower()
    return f"users/{user}/{WATCHLIST}" if _PART.fullmatch(user) else None


def is_watchlist(reference: str) -> bool:
    return reference == WATCHLIST or _WATCHLIST.fullmatch(reference) is not None


def is_external(reference: str) -> bool:
    return _EXTERNAL.fullmatch(reference) is not None


def is_own(reference: str) -> bool:
    """Whether it belongs to an account and nobody else can be told to see it."""
    return is_watchlist(reference) or is_external(reference)


def items_path(reference: str) -> str:
    """Where the API has the rows of a list."""
    if is_watchlist(reference):
        return "/watchlist/items"
    if is_external(reference):
        return f"/external/lists/{reference.rpartition('/')[2]}/items"
    return f"/lists/{reference}/items"


def owner_in(query: str) -> str | None:
    """The user whose lists are searched for by `@user` or `user/`; None for other words."""
    query = query.strip().lower()
    user = query.removeprefix("@").removesuffix("/")
    return user if user != query and _PART.fullmatch(user) else None


def _numbers(text: str) -> str | None:
    numbers = sorted({int(one) for one in text.split("+")})
    return "+".join(map(str, numbers)) if all(numbers) else None


def _own(parts: list[str]) -> str | None:
    """What belongs to an account and not to everybody's lists."""
    path = "/".join(parts)
    if path in (WATCHLIST, f"{WATCHLIST}/items"):
        return WATCHLIST
    external = _EXTERNAL.fullmatch(path)
    if external is not None:
        return f"external/{external[1]}"
    user = _WATCHLIST.fullmatch(path)
    return watchlist_of(user[1]) if user else None


def _user_and_slug(parts: list[str]) -> str | None:
    user, slug, rest = parts[0], parts[1] if len(parts) > 1 else "", parts[2:]
    if user in _NO_USER or slug in _ENDINGS or (rest and rest[0] not in _ENDINGS):
        return None
    if _PART.fullmatch(user) is None or _PART.fullmatch(slug) is None:
        return None
    return f"{user}/{slug}"


def _path(text: str, hosts: Set[str]) -> str | None:
    """What names the list in a URL with or without scheme, or `text` itself."""
    if len(text) > _LONGEST:
        return None
    if "://" not in text and text.partition("/")[0] in hosts:
        text = f"https://{text}"
    if "://" in text:
        return _path_of_url(text, hosts)
    path = re.split(r"[?#]", text, maxsplit=1)[0].lstrip("/").removeprefix("lists/")
    return None if _ELSEWHERE.fullmatch(path.partition("/")[0]) else path


def _path_of_url(text: str, hosts: Set[str]) -> str | None:
    try:
        url = urlsplit(text)
        ours = url.netloc in hosts or url.hostname in HOSTS
    except ValueError:
        return None
    if not ours or url.scheme not in {"http", "https"}:
        return None
    path = url.path.strip("/")
    if _own(path.split("/")):
        return path
    return url.path.partition("/lists/")[2]
