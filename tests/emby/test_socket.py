"""The web socket of a server: what is sent to open it, and what is heard until it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from collectarr.emby.socket import Socket, open_socket, socket_url
from collectarr.errors import UnavailableError

TOKEN = "a-token-that-nobody-may-see"
Talk = Callable[[web.WebSocketResponse], Awaitable[None]]


@pytest.fixture
async def opened(aiohttp_server: Any, session: aiohttp.ClientSession) -> Any:
    """Opens a socket to a server that does `talk` with it."""

    async def start(talk: Talk, kind: str = "emby") -> Socket:
        async def answer(request: web.Request) -> web.WebSocketResponse:
            assert request.query["api_key"] == TOKEN
            connection = web.WebSocketResponse()
            await connection.prepare(request)
            await talk(connection)
            return connection

        app = web.Application()
        app.router.add_get("/embywebsocket", answer)
        app.router.add_get("/socket", answer)
        server = await aiohttp_server(app)
        url = socket_url(str(server.make_url("/emby")), kind, TOKEN, "device")
        return await open_socket(session, "Den", url)

    return start


@pytest.mark.parametrize(
    ("server", "kind", "expected"),
    [
        ("http://nas:8096/emby", "emby", "http://nas:8096/embywebsocket"),
        ("https://media.example/tv/emby", "emby", "https://media.example/tv/embywebsocket"),
        ("http://nas:8096", "jellyfin", "http://nas:8096/socket"),
        ("http://nas:8096/emby", "jellyfin", "http://nas:8096/socket"),
    ],
)
def test_the_socket_stands_beside_the_interface(server: str, kind: str, expected: str) -> None:
    url = socket_url(server, kind, "to ken&", "device")
    assert str(url.with_query(None)) == expected
    assert dict(url.query) == {"api_key": "to ken&", "deviceId": "device"}


async def test_what_is_said_is_heard_until_the_server_hangs_up(opened: Any) -> None:
    async def talk(connection: web.WebSocketResponse) -> None:
        await connection.send_str("one")
        await connection.send_bytes(b"no text")
        await connection.send_str("two")
        await connection.close()

    socket = await opened(talk)
    assert [message async for message in socket.messages()] == ["one", "two"]
    await socket.close()


async def test_whoever_asks_for_signs_of_life_gets_them(opened: Any) -> None:
    got: list[str] = []

    async def talk(connection: web.WebSocketResponse) -> None:
        await connection.send_str('{"MessageType":"ForceKeepAlive","Data":60}')
        message = await connection.receive()
        assert message.type is WSMsgType.TEXT
        got.append(message.data)
        await connection.close()

    socket = await opened(talk, "jellyfin")
    assert len([message async for message in socket.messages()]) == 1
    await socket.close()
    assert got == ['{"MessageType":"KeepAlive"}']


@pytest.mark.parametrize(
    "said",
    [
        '{"MessageType":"ForceKeepAlive","Data":0}',
        '{"MessageType":"ForceKeepAlive","Data":"NaN"}',
        '{"MessageType":"ForceKeepAlive"}',
        "ForceKeepAlive",
        '["ForceKeepAlive"]',
    ],
)
async def test_nonsense_about_signs_of_life_is_passed_over(opened: Any, said: str) -> None:
    async def talk(connection: web.WebSocketResponse) -> None:
        await connection.send_str(said)
        await connection.close()

    socket = await opened(talk)
    assert [message async for message in socket.messages()] == [said]
    await socket.close()


async def test_a_refusal_is_told_without_the_token(
    aiohttp_server: Any, session: aiohttp.ClientSession
) -> None:
    server = await aiohttp_server(web.Application())
    url = socket_url(str(server.make_url("")), "emby", TOKEN, "device")
    with pytest.raises(UnavailableError, match=r"HTTP 404.*proxy") as refused:
        await open_socket(session, "Den", url)
    assert TOKEN not in repr(refused.value)
    assert refused.value.__suppress_context__


async def test_where_nobody_answers_that_is_told_without_the_token(
    session: aiohttp.ClientSession, unused_tcp_port: int
) -> None:
    url = socket_url(f"http://127.0.0.1:{unused_tcp_port}", "emby", TOKEN, "device")
    with pytest.raises(UnavailableError) as failed:
        await open_socket(session, "Den", url)
    assert TOKEN not in str(failed.value)


async def test_closing_ends_what_is_being_listened_to(opened: Any) -> None:
    async def talk(connection: web.WebSocketResponse) -> None:
        await connection.receive()

    socket = await opened(talk)

    async def listen() -> list[str]:
        return [message async for message in socket.messages()]

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0)
    await socket.close()
    async with asyncio.timeout(5):
        assert await listening == []
