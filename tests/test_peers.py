"""Who a request comes from, with and without proxies before us."""

from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from collectarr.errors import InvalidError
from collectarr.peers import client_of, is_from_proxy, is_https, is_local, trusted_networks

PROXIES = trusted_networks("172.16.0.0/12, fd00::/8 10.0.0.1")


def _request(peer: str, **headers: str) -> web.Request:
    transport = Mock(get_extra_info=_extras(peer))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_mocked_request("GET", "/", headers=named, transport=transport)


def _extras(peer: str) -> Any:
    def get(name: str, default: object = None) -> object:
        return (peer, 5000) if name == "peername" else default

    return get


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.168.1.5", "1.1.1.1", "192.168.1.5"),
        ("172.17.0.1", "1.1.1.1", "1.1.1.1"),
        ("172.17.0.1", "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        ("172.17.0.1", "1.1.1.1, 10.0.0.1", "1.1.1.1"),
        ("172.17.0.1", "not an address", "172.17.0.1"),
        ("172.17.0.1", "6.6.6.6, not an address, 1.1.1.1", "1.1.1.1"),
        ("172.17.0.1", "6.6.6.6, unknown", "172.17.0.1"),
        ("172.17.0.1", "10.0.0.1, 172.20.0.5", "10.0.0.1"),
        ("172.17.0.1", "6.6.6.6, 192.168.1.5, 10.0.0.1", "192.168.1.5"),
        ("::ffff:192.168.1.5", "1.1.1.1", "192.168.1.5"),
        ("172.17.0.1", "", "172.17.0.1"),
        ("::ffff:172.17.0.1", "1.1.1.1", "1.1.1.1"),
        ("fd00::2", "2001:db8::1", "2001:db8::1"),
        ("172.17.0.1", "1.1.1.1:5555", "1.1.1.1"),
        ("172.17.0.1", "[2001:db8::1]:443", "2001:db8::1"),
        ("172.17.0.1", "6.6.6.6, [2001:db8::1], 10.0.0.1:80", "2001:db8::1"),
        ("172.17.0.1", "[1.1.1.1", "172.17.0.1"),
    ],
)
def test_only_trusted_proxies_may_name_another_client(
    peer: str, forwarded: str, client: str
) -> None:
    assert client_of(_request(peer, X_Forwarded_For=forwarded), PROXIES) == client


def test_a_header_that_the_client_sent_before_the_proxys_own_does_not_count() -> None:
    """Some proxies add a line of their own below what they were sent."""
    headers = CIMultiDict([("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "1.1.1.1")])
    transport = Mock(get_extra_info=_extras("172.17.0.1"))
    request = make_mocked_request("GET", "/", headers=headers, transport=transport)
    assert client_of(request, PROXIES) == "1.1.1.1"


@pytest.mark.parametrize(
    ("peer", "named"),
    [("172.17.0.1", True), ("::ffff:10.0.0.1", True), ("10.0.0.2", False), ("", False)],
)
def test_only_who_is_at_the_other_end_can_be_the_proxy(peer: str, named: bool) -> None:
    claims = {"X_Forwarded_For": "10.0.0.1", "X_Real_IP": "10.0.0.1", "Forwarded": "for=10.0.0.1"}
    assert is_from_proxy(_request(peer, **claims), PROXIES) is named
    assert not is_from_proxy(_request(peer), trusted_networks(""))


def test_a_proxy_that_is_no_network_is_named() -> None:
    with pytest.raises(InvalidError, match="traefik"):
        trusted_networks("10.0.0.1, traefik")


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["localhost:7795", "127.0.0.1", "[::1]:7795"])
def test_this_machine_is_local(peer: str, host: str) -> None:
    assert is_local(_request(peer, Host=host))


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example"},
        {"Host": "127.0.0.1.example"},
        {"Host": "localhost", "X_Forwarded_Host": "x"},
        {"Host": "localhost", "Forwarded": "for=1.1.1.1"},
        {"Host": "localhost", "X_Real_IP": "1.1.1.1"},
    ],
)
def test_what_came_through_something_is_not(headers: dict[str, str]) -> None:
    assert not is_local(_request("127.0.0.1", **headers))


@pytest.mark.parametrize("peer", ["192.168.1.5", "172.17.0.1", "", "2001:db8::1"])
def test_another_machine_is_not_local(peer: str) -> None:
    assert not is_local(_request(peer, Host="localhost"))


def test_https_is_what_the_proxy_before_us_says() -> None:
    assert is_https(_request("172.17.0.1", X_Forwarded_Proto="https, http"))
    assert not is_https(_request("172.17.0.1", X_Forwarded_Proto="http"))
    assert not is_https(_request("172.17.0.1"))
