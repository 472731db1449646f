"""The Emby stand-in: what people take away from it, and how little of that shows."""

from collections.abc import Callable
from typing import Any

from aiohttp import web


async def test_without_premiere_webhooks_are_set_up_and_never_sent(
    open_emby: Any, aiohttp_server: Any, until: Callable[..., Any]
) -> None:
    got = []

    async def receive(request: web.Request) -> web.Response:
        got.append(await request.text())
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", receive)
    url = str((await aiohttp_server(app)).make_url("/hook"))
    wire = await open_emby()
    wire.emby.add_webhook(url)
    wire.emby.add_item("movie", "Before")
    await until(lambda: got)
    wire.emby.end_premiere()
    wire.emby.add_item("movie", "After")
    [row] = wire.emby.webhooks
    assert (await wire.call("POST", "/Notifications/Services/Test", json=row)).status == 204
    assert wire.emby.core.webhooks._outbox.empty()
    assert len(got) == 1


async def test_a_session_that_was_ended_leaves_its_socket_open_and_silent(
    open_emby: Any, until: Callable[..., Any]
) -> None:
    wire = await open_emby()
    token = wire.emby.token()
    params = {"api_key": token, "deviceId": "test"}
    async with wire.session.ws_connect(f"{wire.url}/embywebsocket", params=params):
        await until(lambda: wire.emby.listeners == 1)
        [listener] = wire.emby.core.feed.listeners
        wire.emby.end_sessions()
        wire.emby.add_item("movie", "Film")
        wire.emby.flush_events()
        assert wire.emby.listeners == 0
        assert listener.messages.empty()
    assert (await wire.call("GET", "/System/Info", token=token)).status == 401
