"""What people paste to name an MDBList list, and its one canonical form.

Canonical is `user/slug` in lower case, or the decimal id. Both are also the path of the list
below `/lists/`.
"""

import re
from collections.abc import Set
from urllib.parse import urlsplit

HOSTS = frozenset({"mdblist.com", "www.mdblist.com", "api.mdblist.com"})
_LONGEST = 2000
# One part of the path. Not made of dots alone: such a part would climb out of /lists/.
_PART = re.compile(r"(?!\.+\Z)[\w.-]{1,100}")
_ID = re.compile(r"[0-9]{1,12}")
# What MDBList itself writes behind a list's address.
_ENDINGS = frozenset({"json", "items", "changes"})
# First parts of the API that are no user: /lists/user/NAME is every list of NAME.
_NO_USER = frozenset({"user", "top", "search", "liked", "curated", "recommended", "share"})
# `trakt.tv/something` without a scheme is an address elsewhere, not a user with a dot.
_ELSEWHERE = re.compile(r".+\.(com|tv|org|net|io)")


def is_id(reference: str) -> bool:
    return _ID.fullmatch(reference) is not None


def parse(text: str, hosts: Set[str] = HOSTS) -> str | None:
    """The canonical reference in `text`; None where there is none. Never raises.

    `hosts` are the addresses (host, or host:port) whose pages are MDBList's.
    """
    path = _path(text.strip().lower(), hosts)
    parts = [part for part in (path or "").split("/") if part]
    if not parts:
        return None
    if is_id(parts[0]) and (len(parts) == 1 or parts[1] in _ENDINGS):
        return str(int(parts[0])) if int(parts[0]) else None
    return _user_and_slug(parts)


def _user_and_slug(parts: list[str]) -> str | None:
    user, slug, rest = parts[0], parts[1] if len(parts) > 1 else "", parts[2:]
    if user in _NO_USER or slug in _ENDINGS or (rest and rest[0] not in _ENDINGS):
        return None
    if _PART.fullmatch(user) is None or _PART.fullmatch(slug) is None:
        return None
    return f"{user}/{slug}"


def _path(text: str, hosts: Set[str]) -> str | None:
    """What stands behind `/lists/` in a URL with or without scheme, or in `text` itself."""
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
    return url.path.partition("/lists/")[2]
