"""Who is on the other end of a request, also behind a proxy that may be trusted."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from aiohttp import web

from collectarr.errors import InvalidError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_FORWARDING = ("forwarded", "x-real-ip")


def trusted_networks(text: str) -> tuple[Network, ...]:
    """TRUSTED_PROXIES: addresses and networks with commas or spaces between them.

    Raises InvalidError that names the one that is neither.
    """
    found: list[Network] = []
    for part in text.replace(",", " ").split():
        try:
            found.append(ip_network(part, strict=False))
        except ValueError:
            raise InvalidError(
                f"TRUSTED_PROXIES: {part!r} is not an address or network such as 172.16.0.0/12."
            ) from None
    return tuple(found)


def client_of(request: web.Request, trusted: Sequence[Network]) -> str:
    """The client's address: the last one in X-Forwarded-For that is no trusted proxy itself.

    Some proxies append to the header that they got, others send one more: read as one list.
    """
    peer, address = request.remote or "", _address(request.remote or "")
    hops = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")
    while hops and _is_among(address, trusted) and (hop := _hop(hops.pop().strip())):
        address = hop
    return peer if address is None else str(address)


def is_from_proxy(request: web.Request, trusted: Sequence[Network]) -> bool:
    """Whether a trusted proxy itself is at the other end. What it passes on does not count."""
    return _is_among(_address(request.remote or ""), trusted)


def is_local(request: web.Request) -> bool:
    """Whether it was sent from this very machine to this very machine, with nothing between.

    The name in `Host` is looked at too: a page elsewhere can let its own name point here, and
    some proxies on this machine leave no trace but that name.
    """
    names = [name.casefold() for name in request.headers]
    if any(name in _FORWARDING or name.startswith("x-forwarded-") for name in names):
        return False
    return names_this_machine(request.host) and _is_loopback(_address(request.remote or ""))


def names_this_machine(authority: str) -> bool:
    """Whether a Host header says localhost or a loopback address."""
    try:
        host = urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return False
    return host == "localhost" or _is_loopback(_address(host))


def is_https(request: web.Request) -> bool:
    """Whether the browser speaks TLS. A false claim costs only the one who makes it.

    So any proxy is believed: it can make a cookie stricter and never more open.
    """
    said = request.headers.get("X-Forwarded-Proto", "").partition(",")[0]
    return request.secure or said.strip().casefold() == "https"


def _hop(text: str) -> Address | None:
    """As some proxies write it, with a port: `1.2.3.4:5678`, `[2001:db8::1]:5678`."""
    inside, bracket, _ = text.removeprefix("[").partition("]")
    if text.startswith("[") and bracket:
        return _address(inside)
    return _address(text.partition(":")[0] if text.count(":") == 1 else text)


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_loopback(address: Address | None) -> bool:
    return address is not None and address.is_loopback


def _is_among(address: Address | None, networks: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in networks)
