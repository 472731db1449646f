"""Whose turn it is: one writer per Emby server, one reader of a user's own libraries.

What a server says of itself proves nothing to anybody else: its id is public and easily repeated.
Two users' servers are taken for one machine only where both named the same address and it gave
the same id. Whoever merely repeats an id therefore waits for nobody and holds up nobody.
"""

import asyncio
from weakref import WeakValueDictionary

from collectarr.store.servers import Server


class Turns:
    """Locks by what they are about; one that nobody holds or waits for is forgotten."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[object, asyncio.Lock] = WeakValueDictionary()

    def writing(self, server: Server) -> asyncio.Lock:
        """One writer per machine, whoever's server it is. Not to be held while libraries are
        read: that takes long, and others who share the machine would wait for it.
        """
        return self._lock(("writing", server.uid, server.url))

    def reading(self, server: Server) -> asyncio.Lock:
        """One reader of the libraries of one user's server. Taken before `writing`."""
        return self._lock(("reading", server.id))

    def _lock(self, key: object) -> asyncio.Lock:
        found = self._locks.get(key)
        if found is None:
            found = self._locks[key] = asyncio.Lock()
        return found
