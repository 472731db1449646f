"""What goes out, how often, and what is said when it goes wrong: over real sockets."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from collectarr.errors import RejectedError, UnavailableError, UnexpectedAnswerError
from collectarr.http import Upstream

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Den:
    """A server that answers as told, an upstream that calls it, and what arrived."""

    url: str
    upstream: Upstream
    arrived: list[web.Request] = field(default_factory=list)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def den(aiohttp_server: Any, session: aiohttp.ClientSession) -> Callable[..., Awaitable[Den]]:
    async def start(handler: Handler, **options: Any) -> Den:
        kept: list[Den] = []

        async def catch(request: web.Request) -> web.StreamResponse:
            kept[0].arrived.append(request)
            return await handler(request)

        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", catch)
        url = str((await aiohttp_server(app)).make_url("")).rstrip("/")
        options = {"per_second": 1000, "pause": 0.001, **options}
        kept.append(Den(url, Upstream(session, "Den", url, **options)))
        return kept[0]

    return start


def in_turn(*answers: tuple[int, dict[str, str]]) -> Handler:
    """These answers, then the last one for good."""
    waiting = list(answers)

    async def handler(_request: web.Request) -> web.Response:
        status, headers = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return web.json_response({"status": status}, status=status, headers=headers)

    return handler


async def fine(_request: web.Request) -> web.Response:
    return web.json_response({"fine": True})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def at(session: aiohttp.ClientSession, url: str, **options: Any) -> Upstream:
    return Upstream(session, "Den", url, **{"pause": 0.001, "per_second": 1000, **options})


async def test_every_request_says_who_we_are(den: Any) -> None:
    home = await den(fine, headers={"X-Emby-Token": "0123456789"})

    await home.upstream.request("GET", "/a", headers={"X-More": "1"})

    sent = home.arrived[0].headers
    assert sent["User-Agent"].startswith("Collectarr/")
    assert (sent["Accept"], sent["X-Emby-Token"]) == ("application/json", "0123456789")
    assert sent["X-More"] == "1"


async def test_parameters_are_written_as_emby_reads_them(den: Any) -> None:
    home = await den(fine)

    await home.upstream.request("GET", "/a", params={"Flag": True, "None": None, "N": 5})

    assert dict(home.arrived[0].query) == {"Flag": "true", "N": "5"}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 520, 522])
async def test_a_read_is_tried_again_until_it_works(den: Any, status: int) -> None:
    home = await den(in_turn((status, {}), (status, {}), (200, {})))

    answer = await home.upstream.request("GET", "/a")

    assert answer.ok
    assert len(home.arrived) == 3


async def test_a_read_that_keeps_failing_is_given_up(den: Any) -> None:
    home = await den(in_turn((503, {})))

    with pytest.raises(UnavailableError) as caught:
        await home.upstream.request("GET", "/a")

    assert len(home.arrived) == 3
    assert caught.value.http_status == 503


@pytest.mark.parametrize("status", [400, 401, 403, 404, 501])
async def test_an_answer_that_will_not_change_is_not_asked_for_twice(den: Any, status: int) -> None:
    home = await den(in_turn((status, {}), (200, {})))

    answer = await home.upstream.request("GET", "/a")

    assert (answer.status, answer.ok, len(home.arrived)) == (status, False, 1)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_a_write_is_never_tried_again(den: Any, method: str) -> None:
    home = await den(in_turn((503, {}), (200, {})))

    answer = await home.upstream.request(method, "/a", json={})

    assert (answer.status, len(home.arrived)) == (503, 1)


async def test_a_write_that_is_slowed_down_is_not_sent_again_either(den: Any) -> None:
    home = await den(in_turn((429, {"Retry-After": "0"}), (200, {})))

    with pytest.raises(UnavailableError) as caught:
        await home.upstream.request("POST", "/a")

    assert len(home.arrived) == 1
    assert (caught.value.http_status, caught.value.retry_after) == (429, 0)


async def test_a_short_retry_after_is_waited_for_instead_of_our_own_pause(den: Any) -> None:
    home = await den(in_turn((429, {"Retry-After": "0.01"}), (200, {})), pause=100_000)

    async with asyncio.timeout(30):
        answer = await home.upstream.request("GET", "/a")

    assert answer.ok


async def test_a_long_retry_after_is_told_at_once(den: Any) -> None:
    home = await den(in_turn((429, {"Retry-After": "3600"}), (200, {})))

    with pytest.raises(UnavailableError) as caught:
        await home.upstream.request("GET", "/a")

    assert (caught.value.retry_after, len(home.arrived)) == (3600, 1)


@pytest.mark.parametrize("nonsense", ["soon", "nan", "inf", "-inf", ""])
async def test_a_senseless_retry_after_counts_as_none(den: Any, nonsense: str) -> None:
    home = await den(in_turn((429, {"Retry-After": nonsense})))

    with pytest.raises(UnavailableError) as caught:
        await home.upstream.request("GET", "/a")

    assert (caught.value.retry_after, len(home.arrived)) == (None, 3)


async def test_nobody_makes_us_wait_longer_than_a_day(den: Any) -> None:
    home = await den(in_turn((503, {"Retry-After": "1e300"})))

    with pytest.raises(UnavailableError) as caught:
        await home.upstream.request("GET", "/a")

    assert caught.value.retry_after == 86_400


async def test_each_attempt_is_counted_once(den: Any) -> None:
    home = await den(in_turn((500, {}), (200, {})))
    counted: list[str] = []

    await home.upstream.request("GET", "/a", count=counted.append)
    await home.upstream.request("POST", "/a", count=counted.append)

    assert counted == ["GET", "GET", "POST"]
    assert counted == [request.method for request in home.arrived]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_so_that_our_key_stays_here(den: Any, status: int) -> None:
    other = await den(fine)

    async def away(_request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": other.url + "/stolen"})

    home = await den(away, headers={"X-Emby-Token": "0123456789"})

    answer = await home.upstream.request("GET", "/a")

    assert (answer.status, answer.ok) == (status, False)
    assert other.arrived == []


async def test_no_more_requests_are_under_way_than_allowed(den: Any) -> None:
    gate = asyncio.Event()

    async def handler(_request: web.Request) -> web.Response:
        await gate.wait()
        return web.json_response({})

    home = await den(handler, concurrency=3)
    counted: list[str] = []
    asked = asyncio.gather(
        *(home.upstream.request("GET", "/a", count=counted.append) for _ in range(9))
    )
    async with asyncio.timeout(30):
        while len(home.arrived) < 3:
            await asyncio.sleep(0)
    under_way = len(counted)
    gate.set()
    await asked

    # Unbounded, all nine would have been counted before the first one arrived.
    assert under_way == 3
    assert len(home.arrived) == 9


async def test_no_more_requests_are_sent_than_the_rate_allows(den: Any) -> None:
    home = await den(fine, per_second=0.001, concurrency=9)
    counted: list[str] = []

    asked = [
        asyncio.create_task(home.upstream.request("GET", "/a", count=counted.append))
        for _ in range(3)
    ]
    await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)

    assert len(counted) == 1


async def test_a_cancelled_request_gives_its_place_to_the_next(den: Any) -> None:
    stuck = asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        if request.path == "/stuck":
            await stuck.wait()
        return web.json_response({})

    home = await den(handler, concurrency=1)
    waiting = asyncio.create_task(home.upstream.request("GET", "/stuck"))
    async with asyncio.timeout(30):
        while not home.arrived:
            await asyncio.sleep(0)
        waiting.cancel()
        answer = await home.upstream.request("GET", "/next")
    stuck.set()

    assert answer.ok


async def test_a_body_up_to_the_limit_is_taken(den: Any) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * int(request.query["size"]))

    home = await den(handler, max_body=1000)

    assert len((await home.upstream.request("GET", "/a", params={"size": 1000})).body) == 1000
    with pytest.raises(UnexpectedAnswerError, match="Den sent more than"):
        await home.upstream.request("GET", "/a", params={"size": 1001})
    assert len(home.arrived) == 2


async def test_the_limit_holds_for_what_a_small_body_unpacks_to(den: Any) -> None:
    async def handler(_request: web.Request) -> web.Response:
        packed = gzip.compress(bytes(5_000_000))
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    home = await den(handler, max_body=100_000)

    with pytest.raises(UnexpectedAnswerError):
        await home.upstream.request("GET", "/a")


async def test_the_limit_holds_for_a_body_without_a_length(den: Any) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        for _ in range(20):
            await response.write(b"x" * 1000)
        return response

    home = await den(handler, max_body=10_000)

    with pytest.raises(UnexpectedAnswerError):
        await home.upstream.request("GET", "/a")


async def test_a_page_where_data_was_expected_is_named_for_what_it_is(den: Any) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(text="<html><b>Welcome</b> to nginx", content_type="text/html")

    home = await den(handler)
    answer = await home.upstream.request("GET", "/a")

    with pytest.raises(UnexpectedAnswerError, match=r"Den answered text/html .*Welcome to nginx"):
        answer.json()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000])
async def test_broken_data_is_an_unexpected_answer(den: Any, body: bytes) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    home = await den(handler)
    answer = await home.upstream.request("GET", "/a")

    with pytest.raises(UnexpectedAnswerError):
        answer.json()


async def test_silence_is_given_up_after_the_timeout(den: Any) -> None:
    stuck = asyncio.Event()

    async def handler(_request: web.Request) -> web.Response:
        await stuck.wait()
        return web.Response()

    home = await den(handler, tries=2)

    with pytest.raises(UnavailableError, match="did not answer in time") as caught:
        await home.upstream.request("GET", "/a", timeout=0.05)
    stuck.set()

    assert (caught.value.code, len(home.arrived)) == ("timeout", 2)


async def test_nothing_listening_is_said_with_the_address(session: aiohttp.ClientSession) -> None:
    port = free_port()
    sent: list[str] = []

    with pytest.raises(UnavailableError, match=f"127.0.0.1:{port}") as caught:
        await at(session, f"http://127.0.0.1:{port}").request("GET", "/a", count=sent.append)

    assert (caught.value.code, len(sent)) == ("refused", 3)


class KnowsNobody(AbstractResolver):
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        raise OSError(None, "Name or service not known")

    async def close(self) -> None:
        pass


async def test_an_unknown_name_is_said() -> None:
    connector = aiohttp.TCPConnector(resolver=KnowsNobody())
    async with aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises(UnavailableError, match=r"'emby\.lan' is not known") as caught:
            await at(session, "http://emby.lan").request("GET", "/a")

    assert caught.value.code == "dns"


@pytest.mark.parametrize("base", ["http://127.0.0.1:99999", "http://[::1", "http://"])
async def test_an_address_that_is_none_is_rejected(
    session: aiohttp.ClientSession, base: str
) -> None:
    with pytest.raises(RejectedError) as caught:
        await at(session, base).request("GET", "/a")

    assert caught.value.code == "address"


async def test_a_key_with_a_line_break_is_rejected_before_it_is_sent(den: Any) -> None:
    home = await den(fine, headers={"X-Emby-Token": "abc\r\nX-Evil: 1"})

    with pytest.raises(RejectedError) as caught:
        await home.upstream.request("GET", "/a")

    assert (caught.value.code, home.arrived) == ("address", [])
