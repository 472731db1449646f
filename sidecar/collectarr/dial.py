"""Where Collectarr connects to at a person's word, and where never.

It is looked at when a socket is opened, on the address that is connected to: whatever a name
pointed to a moment before, and however an address is spelled, does not count.
"""

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from collectarr.errors import InvalidError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
HOME_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""Private ranges. Not loopback: this very service and its neighbours listen there."""
MOST_NETWORKS = 100


def networks_of(texts: Iterable[str]) -> tuple[Network, ...]:
    """Raises InvalidError that names the first one that is no network."""
    found: dict[Network, None] = {}
    for text in texts:
        try:
            found[ip_network(text.strip(), strict=False)] = None
        except ValueError:
            raise InvalidError(
                f"{text[:60]!r} is not an address or a network such as 192.168.1.0/24.",
                code="network",
            ) from None
    return tuple(found)


def network_texts(texts: Iterable[str]) -> list[str]:
    """As they are kept, each once. Raises InvalidError for one that is none, and for too many."""
    found = [str(network) for network in networks_of(texts)]
    if len(found) > MOST_NETWORKS:
        raise InvalidError(f"Name {MOST_NETWORKS} networks at most.", code="network")
    return found


def _never(kind: str, *texts: str) -> tuple[str, tuple[Network, ...]]:
    return kind, networks_of(texts)


NEVER = (
    _never(
        "the metadata of a cloud machine",
        # Amazon, Google and others; Alibaba; Oracle; Azure; Amazon and Google over IPv6.
        *("169.254.169.254", "100.100.100.200", "192.0.0.192", "168.63.129.16"),
        *("fd00:ec2::/64", "fd20:ce::254"),
    ),
    _never("link-local", "169.254.0.0/16", "fe80::/10"),
    _never("multicast", "224.0.0.0/4", "ff00::/8"),
    _never("unspecified", "0.0.0.0/8", "::"),
    _never("reserved", "240.0.0.0/4"),
)
"""Refused to everybody: what may answer there never is somebody's server."""
_NAT64 = networks_of(("64:ff9b::/96", "64:ff9b:1::/48", "::/96"))
"""IPv6 that carries an IPv4 address in its last 32 bits, for whoever translates it."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far somebody's word goes. `networks` None: wherever not everybody is refused."""

    networks: tuple[Network, ...] | None = None

    def refusal(self, host: str) -> str | None:
        """Why the address `host`, as a socket takes it, is not connected to; None if it is."""
        try:
            address = _plain(ip_address(host.partition("%")[0]))
        except ValueError:
            return "This is no address that can be checked"
        for kind, networks in NEVER:
            if any(_is_among(one, networks) for one in (address, *_carried(address))):
                return f"Collectarr does not connect to addresses of this kind ({kind})"
        if self.networks is not None and not _is_among(address, self.networks):
            return "This address is not in the networks that an administrator allowed"
        return None


def _is_among(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)


def _plain(address: Address) -> Address:
    """An IPv4 address in IPv6 clothes is connected to over IPv4."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _carried(address: Address) -> Iterator[Address]:
    """IPv4 addresses that a tunnel or a translator on the way would make of it."""
    if isinstance(address, IPv4Address):
        return
    if address.sixtofour is not None:
        yield address.sixtofour
    # The first addresses of ::/96 are not carried ones: :: and ::1 mean something themselves.
    if _is_among(address, _NAT64) and int(address) > 0xFFFF:
        yield IPv4Address(int(address) & 0xFFFFFFFF)


@dataclass(slots=True)
class Dial:
    """One request on its way out; `refused` says why it may not go where it leads."""

    reach: Reach
    refused: str | None = None

    def check(self, host: str) -> None:
        """Raises PermissionError, which aiohttp passes on or takes for a failed attempt."""
        refused = self.reach.refusal(host)
        if refused is not None:
            self.refused = refused
            raise PermissionError(refused)


_dial: ContextVar[Dial | None] = ContextVar("dial", default=None)


@contextmanager
def dialling(reach: Reach | None) -> Iterator[Dial | None]:
    """Requests inside go as far as `reach`; None: no person named the address."""
    dial = None if reach is None else Dial(reach)
    token = _dial.set(dial)
    try:
        yield dial
    finally:
        _dial.reset(token)


def _check(host: str) -> None:
    dial = _dial.get()
    if dial is None:
        raise PermissionError("Nobody said how far this request may go.")
    dial.check(host)


def _socket(info: aiohttp.AddrInfoType) -> socket.socket:
    """The last step before connecting: names are resolved, nothing can change any more."""
    family, kind, protocol, _, address = info
    _check(str(address[0]))
    return socket.socket(family, kind, protocol)


class GuardedConnector(aiohttp.TCPConnector):
    """Opens and reuses connections only as far as the request's `dialling` goes."""

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        super().__init__(resolver=resolver, use_dns_cache=False, socket_factory=_socket)

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        connection = await super().connect(req, traces, timeout)
        peer = connection.transport and connection.transport.get_extra_info("peername")
        if not peer:
            connection.close()
            raise ConnectionResetError("The connection was closed at once")
        try:
            # It may be one that was opened at the word of somebody who may go further.
            _check(str(peer[0]))
        except PermissionError:
            connection.release()
            raise
        return connection
