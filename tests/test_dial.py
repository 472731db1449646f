"""Where Collectarr connects to at a person's word, checked on the address it connects to."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from collectarr.dial import HOME_NETWORKS, GuardedConnector, Reach, dialling, networks_of
from collectarr.errors import InvalidError, RejectedError, UnavailableError
from collectarr.http import Upstream
from tests.flows.world import served

ANYWHERE = Reach()
HOME = Reach(networks_of(HOME_NETWORKS))
NOWHERE = Reach(())

FORBIDDEN = [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.0.1",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::ffff:0.0.0.0",
    "::169.254.169.254",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "224.0.0.1",
    "239.255.255.250",
    "ff02::1",
    "255.255.255.255",
    "240.0.0.1",
    # What is no address by now is not guessed at.
    "2130706433",
    "0x7f000001",
    "127.1",
    "localhost",
    "",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_some_addresses_are_refused_to_everybody(address: str) -> None:
    assert ANYWHERE.refusal(address)
    assert Reach(networks_of(["0.0.0.0/0", "::/0"])).refusal(address)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "10.1.2.3", "192.168.1.9", "fd12::9", "8.8.8.8", "2001:db8::1"]
)
def test_an_administrator_may_go_anywhere_else(address: str) -> None:
    assert ANYWHERE.refusal(address) is None


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "172.31.0.1", "192.168.1.9", "fd12::9", "::ffff:192.168.1.9"]
)
def test_others_may_go_into_private_networks(address: str) -> None:
    assert HOME.refusal(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "8.8.8.8",
        "172.32.0.1",
        "100.64.0.1",
        "2001:db8::1",
        "::ffff:8.8.8.8",
        "64:ff9b::192.168.1.9",
    ],
)
def test_others_may_not_go_elsewhere_by_default(address: str) -> None:
    assert "an administrator allowed" in (HOME.refusal(address) or "")


def test_networks_are_read_as_people_write_them() -> None:
    texts = [str(network) for network in networks_of([" 192.168.1.20/24", "::1", "192.168.1.0/24"])]
    assert texts == ["192.168.1.0/24", "::1/128"]
    for wrong in ("home", "10.0.0.0/40", "", "10.0.0.0/8,::1"):
        with pytest.raises(InvalidError):
            networks_of([wrong])


class Names(AbstractResolver):
    """Says the next of its answers each time it is asked; the last one for good."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [
            ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=0)
            for one in answer
        ]

    async def close(self) -> None:
        pass


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[int, list[web.Request]]]:
    """A program on loopback: its port, and the requests that reached it."""
    reached: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        reached.append(request)
        return web.json_response({"hello": "there"})

    async def away(request: web.Request) -> web.Response:
        reached.append(request)
        raise web.HTTPFound("http://169.254.169.254/latest/meta-data")

    app = web.Application()
    app.add_routes([web.get("/", answer), web.get("/away", away)])
    async with served(app) as url:
        yield int(url.rpartition(":")[2]), reached


@asynccontextmanager
async def guarded(resolver: AbstractResolver | None = None) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=GuardedConnector(resolver)) as session:
        yield session


def asking(*reaches: Reach) -> Callable[[], Awaitable[Reach]]:
    """The reach that holds at each request; the last one for good."""
    left = list(reaches)

    async def reach() -> Reach:
        return left.pop(0) if len(left) > 1 else left[0]

    return reach


def upstream(session: aiohttp.ClientSession, url: str, *reaches: Reach) -> Upstream:
    plain = Upstream(session, "Attic", url, per_second=1000, pause=0.001, timeout=5)
    return plain.for_person(asking(*reaches))


async def refused(session: aiohttp.ClientSession, url: str, reach: Reach) -> RejectedError:
    with pytest.raises(RejectedError) as caught:
        await upstream(session, url, reach).request("GET", "/")
    assert caught.value.code == "address_refused"
    assert caught.value.status == 422
    return caught.value


async def test_what_is_allowed_is_reached_and_what_is_not_never_hears_of_it() -> None:
    async with listening() as (port, reached), guarded() as session:
        url = f"http://127.0.0.1:{port}"
        await refused(session, url, HOME)
        assert reached == []
        answer = await upstream(session, url, ANYWHERE).request("GET", "/")
        assert answer.json() == {"hello": "there"}


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[::ffff:169.254.169.254]", "[fe80::1%25lo]", "0.0.0.0", "[::]"]
)
async def test_a_literal_address_does_not_pass_by_the_check(host: str) -> None:
    async with listening() as (port, reached), guarded() as session:
        error = await refused(session, f"http://{host}:{port}", ANYWHERE)
        assert "Collectarr does not connect to addresses of this kind" in error.message
        assert reached == []


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0x7f.1", "017700000001", "127.1", "0177.0.0.1", "127.0.1"]
)
async def test_an_odd_spelling_of_loopback_is_not_reached(host: str) -> None:
    async with listening() as (port, reached), guarded() as session:
        with pytest.raises((RejectedError, UnavailableError)):
            await upstream(session, f"http://{host}:{port}", HOME).request("GET", "/")
        assert reached == []


@pytest.mark.parametrize("reach", [ANYWHERE, HOME], ids=["administrator", "user"])
async def test_a_name_is_judged_by_where_it_points(reach: Reach) -> None:
    for address in ("169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "0.0.0.0"):
        async with guarded(Names([address])) as session:
            await refused(session, "http://innocent.example:80", reach)


async def test_a_name_that_is_pointed_elsewhere_between_two_connections_is_refused() -> None:
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    async with listening() as (port, reached), guarded(names) as session:
        attic = upstream(session, f"http://attic.example:{port}", ANYWHERE)
        await attic.request("GET", "/", headers={"Connection": "close"})
        with pytest.raises(RejectedError, match="metadata of a cloud"):
            await attic.request("GET", "/")
        assert (len(reached), names.asked) == (1, 2)


async def test_of_several_addresses_only_those_allowed_are_tried() -> None:
    async with listening() as (port, reached):
        names = Names(["169.254.169.254", "127.0.0.1", "fe80::1"])
        async with guarded(names) as session:
            url = f"http://mixed.example:{port}"
            assert (await upstream(session, url, ANYWHERE).request("GET", "/")).ok
            await refused(session, url, NOWHERE)
        assert len(reached) == 1


async def test_an_open_connection_does_not_serve_who_may_not_open_it() -> None:
    async with listening() as (port, reached), guarded() as session:
        url = f"http://127.0.0.1:{port}"
        await upstream(session, url, ANYWHERE).request("GET", "/")
        await refused(session, url, HOME)
        await upstream(session, url, ANYWHERE).request("GET", "/")
        assert len(reached) == 2
        assert len({request.transport for request in reached}) == 1, "it was kept open"


async def test_who_loses_the_right_loses_it_with_the_next_request() -> None:
    async with listening() as (port, reached), guarded() as session:
        attic = upstream(session, f"http://127.0.0.1:{port}", ANYWHERE, HOME)
        await attic.request("GET", "/")
        with pytest.raises(RejectedError):
            await attic.request("GET", "/")
        assert len(reached) == 1


async def test_a_redirect_is_not_followed() -> None:
    async with listening() as (port, reached), guarded() as session:
        attic = upstream(session, f"http://127.0.0.1:{port}", ANYWHERE)
        answer = await attic.request("GET", "/away")
        assert (answer.status, len(reached)) == (302, 1)


async def test_a_request_at_nobodys_word_goes_nowhere_through_the_guard() -> None:
    async with listening() as (port, reached), guarded() as session:
        with pytest.raises(UnavailableError):
            await Upstream(session, "Attic", f"http://127.0.0.1:{port}", tries=1).request(
                "GET", "/"
            )
        assert reached == []


async def test_one_request_going_far_does_not_let_another_do_so() -> None:
    async with listening() as (port, reached), guarded() as session:
        url = f"http://127.0.0.1:{port}"
        with dialling(ANYWHERE):
            await refused(session, url, HOME)
        assert reached == []


async def test_a_program_that_hangs_up_is_not_called_forbidden() -> None:
    def hang_up(reader: Any, writer: Any) -> None:
        writer.transport.abort()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, guarded() as session:
        with pytest.raises(UnavailableError):
            await upstream(session, f"http://127.0.0.1:{port}", ANYWHERE).request("GET", "/")
