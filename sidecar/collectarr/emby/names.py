"""Names and addresses: how Emby turns a name into a folder, and what people type for a server."""

import re
import unicodedata
from urllib.parse import SplitResult, urlsplit, urlunsplit

from collectarr.errors import InvalidError
from collectarr.models import BoxSet

# What Emby 3.2 replaces by a space, one by one, without trimming (measured: "Many/Slash:?"
# lies in "Many Slash   [boxset]"). Jellyfin on Linux replaces the slash alone.
_NOT_IN_FOLDERS = re.compile(r'[\x00-\x1f"<>|:*?\\/]')
_SUFFIX = " [boxset]"
_WEB_PAGE = re.compile(r"/web(/index\.html)?$", re.IGNORECASE)
_LIKE = "http://192.168.1.20:8096"
_EXAMPLE = f"for example {_LIKE}"


def clean_name(name: str) -> str:
    """`name` as Emby writes it into the name of a box set's folder."""
    return _NOT_IN_FOLDERS.sub(" ", name)


def folder_of(path: str | None) -> str | None:
    """The last part of a box set's path, without Emby's " [boxset]"."""
    last = re.split(r"[/\\]", (path or "").rstrip("/\\"))[-1]
    if last.casefold().endswith(_SUFFIX):
        last = last[: -len(_SUFFIX)]
    return last or None


def same_box_set_name(wanted: str, box_set: BoxSet) -> bool:
    """Whether creating `wanted` could touch `box_set`; in doubt True, so a person is asked.

    Emby derives a box set from its folder, not from its name (measured on Emby 3.2: after a
    rename the folder stays, and creating the old name takes the renamed one over). Letter case
    counts on Linux and not on Windows or macOS, so it never tells two names apart here.
    """
    key = _key(wanted)
    return key == _key(box_set.name) or (box_set.folder is not None and key == _key(box_set.folder))


def _key(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", clean_name(name)).casefold().split())


def normalise_server_url(text: str) -> str:
    """The base of every call, ending in `/emby` (Jellyfin answers there too).

    Takes what people have at hand: with or without `/emby`, with the path of a proxy, or
    copied from the browser with `/web/index.html`. Raises InvalidError in words for them.
    """
    parts = _split(text.strip())
    path = re.sub(r"/{2,}", "/", parts.path).rstrip("/")
    path = _WEB_PAGE.sub("", path)
    if not path.casefold().endswith("/emby"):
        path += "/emby"
    return urlunsplit((parts.scheme, parts.netloc.lower(), path, "", ""))


def origin_of(url: str) -> tuple[str, str, int | None]:
    """What a key is meant for: scheme, host and port, the usual ports left out or not."""
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}
    return parts.scheme, parts.hostname or "", parts.port or usual.get(parts.scheme)


def plain_text(text: str) -> str:
    """One line of what can be seen: no control characters, none that turn the line about."""
    spaced = " ".join(text.split())
    return " ".join("".join(c for c in spaced if c.isprintable()).split())


def _split(text: str) -> SplitResult:
    if not text:
        raise InvalidError(f"Type the address of the server, {_EXAMPLE}.", code="url")
    if re.search(r"[\s\x00-\x1f\\]", text):
        raise InvalidError(f"This is not an address. Type it like {_LIKE}.", code="url")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise InvalidError(
            f"This address cannot be read. Type it like {_LIKE}.", code="url"
        ) from None
    if parts.scheme not in ("http", "https") or "://" not in text:
        raise InvalidError(f"Begin the address with http:// or https://, {_EXAMPLE}.", code="url")
    if not host or port == 0:
        raise InvalidError(f"The address names no server. Type it like {_LIKE}.", code="url")
    if "@" in parts.netloc:
        raise InvalidError(
            "Leave user name and password out of the address: the API key is enough.", code="url"
        )
    if parts.query:
        raise InvalidError("Leave out the question mark and all that follows it.", code="url")
    return parts
