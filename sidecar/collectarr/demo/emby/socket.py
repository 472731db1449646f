"""The web socket of the Emby stand-in: open to anybody, told only to users."""

import asyncio

from aiohttp import WSMsgType, web

from collectarr.demo.emby.core import EmbyCore
from collectarr.demo.emby.feed import Listener
from collectarr.demo.emby.route import Route
from collectarr.demo.emby.wire import Ask, Refusal


async def socket(core: EmbyCore, ask: Ask) -> web.StreamResponse:
    """The token counts only in the URL; on Emby a wrong one, or none, upgrades as well."""
    token = ask.text("api_key")
    if core.state.profile.socket_refuses_wrong_key and token not in core.state.tokens:
        raise Refusal(403)
    connection = web.WebSocketResponse()
    await connection.prepare(ask.request)
    listener = Listener(core.state.tokens.get(token))
    if core.state.profile.product and listener.user is not None:
        listener.messages.put_nowait(core.feed.message("ForceKeepAlive", 60))
    core.feed.listeners.append(listener)
    teller = asyncio.create_task(_tell(connection, listener))
    try:
        async for message in connection:
            if message.type == WSMsgType.ERROR:
                break
    finally:
        core.feed.listeners.remove(listener)
        teller.cancel()
        await asyncio.gather(teller, return_exceptions=True)
    return connection


async def _tell(connection: web.WebSocketResponse, listener: Listener) -> None:
    while (message := await listener.messages.get()) is not None:
        await connection.send_str(message)
    await connection.close()


ROUTES = (
    Route("GET", "/embywebsocket", socket, public=True),
    Route("GET", "/socket", socket, public=True),
)
