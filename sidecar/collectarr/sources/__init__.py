"""Where lists come from: one file per source, and the explicit list of them.

A new source is one file that obeys `contract.Source` and one line here.
"""

from collections.abc import Callable

import aiohttp

from collectarr.settings import Settings
from collectarr.sources import mdblist, tmdb, trakt
from collectarr.sources.contract import (
    RECONNECT,
    Account,
    Credential,
    DeviceCode,
    OnPage,
    ReadsAddresses,
    Resolves,
    SearchesTitles,
    Shelf,
    SignIn,
    SignsIn,
    Source,
    Tokens,
)

__all__ = [
    "RECONNECT",
    "SOURCES",
    "Account",
    "Credential",
    "DeviceCode",
    "OnPage",
    "ReadsAddresses",
    "Resolves",
    "SearchesTitles",
    "Shelf",
    "SignIn",
    "SignsIn",
    "Source",
    "Tokens",
]

SOURCES: dict[str, Callable[[aiohttp.ClientSession, Settings], Source]] = {
    "mdblist": mdblist.connect,
    "trakt": trakt.connect,
    "tmdb": tmdb.connect,
}
"""How to open each source, in the order in which people see them."""
