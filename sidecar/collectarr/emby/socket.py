"""The web socket of a server: opened as a signed-in user, and read until it ends.

An API key hears nothing of the libraries, and older Emby opens the socket to anybody, even with a
wrong key (measured on Emby 3.2 and Jellyfin 10.8): an open socket proves nothing.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
from yarl import URL

from collectarr.errors import UnavailableError
from collectarr.http import USER_AGENT

HEARTBEAT_SECONDS = 25.0
"""Proxies hang up on a line that was silent for a minute; servers keep none awake."""
CONNECT_SECONDS = 20.0
LARGEST_MESSAGE = 16 << 20
_ENDS = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)


def socket_url(server_url: str, kind: str, token: str, device_id: str) -> URL:
    """The token counts only in the address (measured): it must never be logged."""
    bare = server_url.rstrip("/").removesuffix("/emby")
    place = "/socket" if kind == "jellyfin" else "/embywebsocket"
    return URL(bare + place).with_query({"api_key": token, "deviceId": device_id})


class Socket:
    """One open connection to the server called `name`."""

    def __init__(self, name: str, connection: aiohttp.ClientWebSocketResponse) -> None:
        self.name = name
        self._connection = connection
        self._awake: asyncio.Task[None] | None = None

    async def messages(self) -> AsyncIterator[str]:
        """What the server says, until the connection ends."""
        while True:
            message = await self._connection.receive()
            if message.type in _ENDS or message.type is aiohttp.WSMsgType.ERROR:
                return
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            every = _keep_alive(message.data)
            if every is not None and self._awake is None:
                self._awake = asyncio.create_task(self._keep_awake(every))
            yield message.data

    async def _keep_awake(self, seconds: float) -> None:
        """Jellyfin asks for a sign of life, and hangs up without one."""
        with suppress(ConnectionError):
            while not self._connection.closed:
                await self._connection.send_str('{"MessageType":"KeepAlive"}')
                await asyncio.sleep(seconds)

    async def close(self) -> None:
        if self._awake is not None:
            self._awake.cancel()
            await asyncio.wait([self._awake])
        await self._connection.close()


async def open_socket(session: aiohttp.ClientSession, name: str, url: URL) -> Socket:
    """Raises UnavailableError in words without the address, which holds the token."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            connection = await session.ws_connect(
                url,
                headers={"User-Agent": USER_AGENT},
                heartbeat=HEARTBEAT_SECONDS,
                max_msg_size=LARGEST_MESSAGE,
                timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
            )
    except aiohttp.WSServerHandshakeError as error:
        raise _closed(
            name,
            f"{name} opens no web socket (HTTP {error.status}). If a proxy stands before it, let"
            " it pass web sockets on.",
        ) from None
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        words = "in time" if isinstance(error, TimeoutError) else "to the end"
        raise _closed(name, f"{name} did not open its web socket {words}.") from None
    return Socket(name, connection)


def _closed(name: str, words: str) -> UnavailableError:
    return UnavailableError(words, upstream=name, code="socket")


def _keep_alive(text: str) -> float | None:
    """How often to show that we live, in seconds, where this message asks for it."""
    if "ForceKeepAlive" not in text[:200]:
        return None
    try:
        said = json.loads(text)
        seconds = float(said["Data"]) if said["MessageType"] == "ForceKeepAlive" else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return None if seconds is None or not 1 <= seconds <= 3600 else seconds / 2
