"""A brake on guessing passwords. It never makes anybody wait: it says how long to."""

import math
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

from collectarr.errors import ThrottledError

MOST_KEYS = 1000


@dataclass(frozen=True, slots=True)
class Attempt:
    account: str
    client: str
    at: float
    in_all: bool = True


class Throttle:
    """Counts attempts per (account, client), and all of them together; times in seconds.

    An attempt counts from its beginning, so that many at once are no way around it.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        attempts: int = 5,
        within: float = 300,
        ceiling: int = 100,
        ceiling_within: float = 60,
    ) -> None:
        self._clock = clock
        self._attempts = attempts
        self._within = within
        self._ceiling = ceiling
        self._ceiling_within = ceiling_within
        self._pairs: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._all: deque[float] = deque()
        self._told: dict[tuple[str, str], float] = {}

    def admit(self, account: str, client: str, *, in_all: bool = True) -> Attempt:
        """Raises ThrottledError when there were too many attempts lately.

        Not `in_all`: an attempt that is counted already, under another name.
        """
        now = self._clock()
        if len(self._pairs) >= MOST_KEYS:
            self._forget_old(now)
        pair = self._pairs[account, client]
        _drop_before(pair, now - self._within)
        _drop_before(self._all, now - self._ceiling_within)
        if len(pair) >= self._attempts:
            raise _throttled(pair[0] + self._within - now)
        if in_all and len(self._all) >= self._ceiling:
            raise _throttled(self._all[0] + self._ceiling_within - now)
        pair.append(now)
        if in_all:
            self._all.append(now)
        return Attempt(account, client, now, in_all)

    def forgive(self, attempt: Attempt) -> None:
        """It was the right password: what came before it counts no longer."""
        self._pairs.pop((attempt.account, attempt.client), None)
        if attempt.in_all and attempt.at in self._all:
            self._all.remove(attempt.at)

    def is_first(self, account: str, client: str) -> bool:
        """Whether a refusal is the first of its kind for as long as attempts are counted.

        Of those who meet the ceiling alone, one stands for all.
        """
        now = self._clock()
        self._told = {key: at for key, at in self._told.items() if at > now - self._within}
        full = len(self._pairs.get((account, client), ())) >= self._attempts
        key = (account, client) if full else ("", "")
        if key in self._told:
            return False
        self._told[key] = now
        return True

    def _forget_old(self, now: float) -> None:
        for key, times in list(self._pairs.items()):
            _drop_before(times, now - self._within)
            if not times:
                del self._pairs[key]


def _drop_before(times: "deque[float]", moment: float) -> None:
    while times and times[0] <= moment:
        times.popleft()


def _throttled(seconds: float) -> ThrottledError:
    wait = max(1, math.ceil(seconds))
    return ThrottledError(
        f"Too many attempts to sign in. Try again in {wait} seconds.", retry_after=wait
    )
