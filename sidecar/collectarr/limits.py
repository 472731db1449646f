"""How many requests one user, or one address where nobody is signed in, may send a minute."""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from collectarr.errors import ThrottledError

MOST_BUCKETS = 10_000
STRANGERS = 10
"""An address gets this part of what a signed-in user gets."""
SIGN_INS = 30
REFRESHES = 120
LIGHT = 0.05
"""What a picture counts: a page of two thousand posters is a hundred requests."""
TURNED_AWAY = 0.1
"""What a request counts that costs nothing, because it ends before anything is done."""


@dataclass(slots=True)
class Bucket:
    left: float
    at: float


class Buckets:
    """Token buckets by name: full ones hold `per_minute` and fill up in a minute.

    Only so many are kept. The one that was used longest ago goes first, which has long filled up
    unless so many are in use at once.
    """

    def __init__(
        self, per_minute: float, clock: Callable[[], float], *, most: int = MOST_BUCKETS
    ) -> None:
        self._size = float(per_minute)
        self._clock = clock
        self._most = most
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, name: str, cost: float = 1.0) -> float:
        """0.0 if it was taken, else how many seconds there is nothing to take."""
        now = self._clock()
        bucket = self._buckets.pop(name, None) or Bucket(self._size, now)
        self._buckets[name] = bucket
        while len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        bucket.left = min(self._size, bucket.left + (now - bucket.at) * self._size / 60)
        bucket.at = now
        if bucket.left < cost:
            return (cost - bucket.left) * 60 / self._size
        bucket.left -= cost
        return 0.0

    def give_back(self, name: str, cost: float = 1.0) -> None:
        bucket = self._buckets.get(name)
        if bucket is not None:
            bucket.left = min(self._size, bucket.left + cost)


class Limits:
    """Users, addresses, sign-ins and refreshes each from buckets of their own.

    So nothing that others do, and no failed sign-in, locks out a session that is alive.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        """`per_minute` is what a signed-in user may; 0 is no limit."""
        self._on = per_minute > 0
        self._users = Buckets(max(1, per_minute), clock)
        self._clients = Buckets(max(1, per_minute / STRANGERS), clock)
        self._sign_ins = Buckets(SIGN_INS, clock)
        self._refreshes = Buckets(REFRESHES, clock)

    def admit_user(self, user_id: int, cost: float = 1.0) -> None:
        """Each of these raises ThrottledError when it was too much."""
        self._admit(self._users, str(user_id), cost)

    def admit_client(self, client: str, cost: float = 1.0) -> None:
        self._admit(self._clients, network_of(client), cost)

    def admit_sign_in(self, client: str) -> None:
        """Whatever checks a password or makes an account."""
        self._admit(self._sign_ins, network_of(client), 1)

    def admit_refresh(self, client: str) -> None:
        self._admit(self._refreshes, network_of(client), 1)

    def signed_in(self, client: str) -> None:
        """It was the right password: that counts a quarter, for the work that it is."""
        self._sign_ins.give_back(network_of(client), 0.75)

    def _admit(self, buckets: Buckets, name: str, cost: float) -> None:
        if not self._on or cost <= 0:
            return
        wait = buckets.take(name, cost)
        if wait > 0:
            seconds = max(1, math.ceil(wait))
            unit = "second" if seconds == 1 else "seconds"
            raise ThrottledError(
                f"Too many requests in a short time. Go on in {seconds} {unit}.",
                retry_after=seconds,
            )


def network_of(client: str) -> str:
    """The address; of IPv6 the network of one customer, who has 2^64 addresses to choose from."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client[:64]
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)
