"""Whom a trusted proxy brought in lately, and from where: one sign-in, not one a request."""

from collections import OrderedDict
from collections.abc import Callable

from collectarr.limits import network_of

AGAIN_AFTER = 3600.0
MOST = 1000


class Arrivals:
    """Remembers who came from where for an hour, in seconds of `clock`, and only so many.

    Where more come, the one who came first is forgotten and would be new once more.
    """

    def __init__(self, clock: Callable[[], float], *, most: int = MOST) -> None:
        self._clock = clock
        self._most = most
        self._since: OrderedDict[tuple[int, str], float] = OrderedDict()

    def is_new(self, user_id: int, client: str) -> bool:
        """Whether somebody comes from there, or from the same IPv6 network, for the first time."""
        now, who = self._clock(), (user_id, network_of(client))
        since = self._since.get(who)
        if since is not None and now - since < AGAIN_AFTER:
            return False
        self._since.pop(who, None)
        self._since[who] = now
        while len(self._since) > self._most:
            self._since.popitem(last=False)
        return True
