"""Neighbours that speak broken HTTP, and secrets, which no message may hold."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest

from collectarr.errors import CollectarrError, RejectedError, UnavailableError
from collectarr.http import Answer, Upstream, redact

KEY = "k3y/with+odd=signs&0123456789abcdef"
PERSONAL = "personal-key-fedcba9876543210"


@asynccontextmanager
async def speaking(say: Callable[[bytes], bytes]) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A port that answers each request with raw bytes and hangs up; and what it was asked."""
    asked: list[bytes] = []

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(65536))
        writer.write(say(asked[-1]))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(met, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], asked


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


def upstream(session: aiohttp.ClientSession, url: str, **options: Any) -> Upstream:
    options = {"headers": {"X-Emby-Token": KEY}, "secrets": [KEY], **options}
    return Upstream(session, "Den", url, pause=0.001, per_second=1000, **options)


def half(_asked: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf of it"


def nothing(_asked: bytes) -> bytes:
    return b""


BROKEN = [(half, "in the middle of an answer"), (nothing, "before it had answered")]


@pytest.mark.parametrize(("say", "words"), BROKEN)
@pytest.mark.parametrize(("method", "times"), [("GET", 3), ("POST", 1), ("DELETE", 1)])
async def test_a_connection_that_breaks_is_no_answer_and_only_reads_try_again(
    session: aiohttp.ClientSession,
    say: Callable[[bytes], bytes],
    words: str,
    method: str,
    times: int,
) -> None:
    async with speaking(say) as (port, asked):
        with pytest.raises(UnavailableError) as caught:
            await upstream(session, f"http://127.0.0.1:{port}").request(method, "/a")

    assert caught.value.message == f"Den broke off {words}. Is it healthy?"
    assert (caught.value.code, len(asked)) == ("cut", times)


async def test_https_to_a_port_that_does_not_speak_it_is_said_and_not_tried_again(
    session: aiohttp.ClientSession,
) -> None:
    async with speaking(lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n") as (port, asked):
        with pytest.raises(RejectedError, match="http://") as caught:
            await upstream(session, f"https://127.0.0.1:{port}").request("GET", "/a")

    assert (caught.value.code, len(asked)) == ("tls", 1)


def answering(status: str, kind: str = "text/html") -> Callable[[bytes], bytes]:
    """The whole question, key and all, comes back in the body."""

    def say(asked: bytes) -> bytes:
        body = b"<pre>You asked: " + asked + b"</pre>"
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    return say


def garbage(asked: bytes) -> bytes:
    return b"HTTP/1.1 " + asked.replace(b"\r\n", b" ")[:400] + b"\r\n\r\n"


def bad_header(asked: bytes) -> bytes:
    token = asked.partition(b"X-Emby-Token: ")[2].partition(b"\r\n")[0]
    return b"HTTP/1.1 200 OK\r\nBad " + token + b" Header\x00: 1\r\n\r\n"


FAILURES: dict[str, tuple[str, Callable[[bytes], bytes], dict[str, Any]]] = {
    "fails": ("http", answering("500 Oops"), {}),
    "slows us down": ("http", answering("429 Slow"), {}),
    "is a page": ("http", answering("200 OK"), {}),
    "is cut": ("http", half, {}),
    "is garbage": ("http", garbage, {}),
    "has a bad header": ("http", bad_header, {}),
    "is too large": ("http", answering("200 OK"), {"max_body": 10}),
    "speaks no TLS": ("https", nothing, {}),
}


@pytest.mark.parametrize("how", FAILURES)
async def test_no_failure_tells_a_key(session: aiohttp.ClientSession, how: str) -> None:
    scheme, say, options = FAILURES[how]
    async with AsyncExitStack() as stack:
        port, _ = await stack.enter_async_context(speaking(say))
        den = upstream(session, f"{scheme}://127.0.0.1:{port}", **options)
        with pytest.raises(CollectarrError) as caught:
            (await den.request("GET", "/a", params={"apikey": PERSONAL, "api_key": KEY})).json()

    said = "".join(traceback.format_exception(caught.value)) + repr(caught.value.details)
    for start in (KEY[:12], PERSONAL[:12], "k3y%2Fwith"):
        assert start not in said


async def test_no_failure_to_connect_tells_a_key(session: aiohttp.ClientSession) -> None:
    async with speaking(nothing) as (port, _):
        pass
    den = upstream(session, f"http://127.0.0.1:{port}/{KEY}")

    with pytest.raises(CollectarrError) as caught:
        await den.request("GET", "/a", params={"apikey": PERSONAL})

    assert KEY[:12] not in str(caught.value)
    assert PERSONAL[:12] not in str(caught.value)


async def test_a_key_that_went_out_is_known_again_without_its_name(
    session: aiohttp.ClientSession,
) -> None:
    body = f"No such keys: {PERSONAL} {KEY}".encode()
    head = f"HTTP/1.1 500 Oops\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with speaking(lambda _: head + body) as (port, _):
        den = Upstream(session, "Den", f"http://127.0.0.1:{port}", pause=0.001)
        ways: list[dict[str, Any]] = [
            {"params": {"apikey": PERSONAL}, "headers": {"X-Emby-Token": KEY}},
            {"params": {"Token": KEY}, "headers": {"Authorization": f"Bearer {PERSONAL}"}},
        ]
        for asked in ways:
            with pytest.raises(UnavailableError, match="No such keys: ••• •••"):
                await den.request("GET", "/a", **asked)


async def answer_of(session: aiohttp.ClientSession, body: bytes) -> Answer:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with speaking(lambda _: head + body) as (port, _):
        return await upstream(session, f"http://127.0.0.1:{port}").request("GET", "/a")


@pytest.mark.parametrize("before", range(80, 125, 5))
async def test_a_secret_at_the_end_of_a_quotation_is_not_cut_in_half(
    session: aiohttp.ClientSession, before: int
) -> None:
    answer = await answer_of(session, b"x" * before + b" " + KEY.encode() + b" rest")

    assert KEY[:4] not in answer.text(120)


@pytest.mark.parametrize("missing", range(1, 36, 3))
async def test_a_secret_at_the_end_of_what_is_looked_at_is_not_cut_in_half(
    session: aiohttp.ClientSession, missing: int
) -> None:
    tags = b"<i>" * 1000
    body = tags[: 200 - missing] + b">" + KEY.encode() + tags

    assert KEY[:4] not in (await answer_of(session, body)).text(10)


async def test_an_answer_prints_as_neither_its_body_nor_our_secrets(
    session: aiohttp.ClientSession,
) -> None:
    answer = await answer_of(session, b"the body")

    assert KEY not in repr(answer)
    assert "the body" not in repr(answer)


@pytest.mark.parametrize(
    "text",
    [
        "GET /x?api_key=hush-hush-12345&b=1",
        "GET /x?b=1&X-Emby-Token=hush-hush-12345",
        "access_token=hush-hush-12345",
        "refresh_token=hush-hush-12345",
        "client_secret=hush-hush-12345",
        "Pw=hush-hush-12345",
        '{"AccessToken": "hush-hush-12345"}',
        '{"password":"hush-hush-12345 and more"}',
        '{\\"api_key\\": \\"hush-hush-12345\\"}',
        "{'trakt-api-key': 'hush-hush-12345'}",
        'MediaBrowser Client="x", Token="hush-hush-12345"',
        "X-Emby-Token: hush-hush-12345",
        "Authorization: Bearer hush-hush-12345",
        "Cookie: session=hush-hush-12345",
        "sent Bearer hush-hush-12345.abcdef",
        "http://anna:hush-hush-12345@emby.lan/x",
        "POST /api/v1/webhooks/emby/hush-hush-12345",
    ],
)
def test_what_is_secret_by_its_name_is_blotted_out(text: str) -> None:
    assert "hush" not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "Password must be at least 10 characters.",
        "The API key is not accepted by Den. Make a new one in Emby under Settings, API Keys.",
        "This token is not valid: sign in again.",
        "Read Den: 12 items are new, http://emby.lan:8096/emby?Limit=5",
        "expires_in=5 token_type=none",
    ],
)
def test_words_for_people_stay_as_they_are(text: str) -> None:
    assert redact(text) == text


def test_a_secret_goes_in_its_written_forms_too() -> None:
    assert "odd" not in redact(f"a {KEY} b k3y%2Fwith%2Bodd%3Dsigns%260123456789abcdef", [KEY])


def test_a_secret_that_begins_another_leaves_no_rest() -> None:
    assert redact("it is abcdefgh", ["abcd", "abcdefgh"]) == "it is •••"


def test_an_empty_or_tiny_secret_does_not_eat_the_message() -> None:
    assert redact("as it was", ["", "as"]) == "as it was"
