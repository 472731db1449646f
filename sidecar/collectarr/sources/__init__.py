"""Where lists come from: one file per source, and the explicit list of them.

A new source is one file that obeys `contract.Source` and one line here.
"""

from collections.abc import Callable

import aiohttp

from collectarr.sources import mdblist
from collectarr.sources.contract import Account, Credential, OnPage, Source

__all__ = ["SOURCES", "Account", "Credential", "OnPage", "Source"]

SOURCES: dict[str, Callable[[aiohttp.ClientSession, str], Source]] = {
    "mdblist": mdblist.connect,
}
"""How to open each source: with a session and the base address from its setting."""
