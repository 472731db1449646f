"""The part of a server's page about its webhook: the button that puts it into Emby."""

import re
from html import unescape

import aiohttp
import pytest

from collectarr.demo.emby import PROFILE_32
from collectarr.settings import Settings
from collectarr.store.users import User
from collectarr.sync.connect import connect_server
from tests.flows.bridged import House, house_of
from tests.pages.site import EMBY_KEY, Site


async def with_server(site: Site, user: User) -> None:
    services = site.services
    await connect_server(
        services.db,
        services.vault,
        services.outside,
        user.id,
        name=None,
        url=site.emby_url,
        api_key=EMBY_KEY,
    )


async def test_without_an_address_for_emby_the_page_says_what_to_set(
    site: Site, anna: User
) -> None:
    await with_server(site, anna)
    page = await site.get("/servers/1")
    assert "Set BRIDGE_URL to it" in page.text
    assert "Asking regularly" in page.text
    assert 'value="install"' not in page.html
    sent = await site.follow("/servers/1/bridge", {"do": "install"})
    assert "Set BRIDGE_URL to it" in sent.notes


async def test_a_server_of_somebody_else_is_not_there(site: Site, anna: User) -> None:
    await with_server(site, anna)
    await site.sign_up("ben")
    assert (await site.post("/servers/1/bridge", {"do": "install"})).status == 404


class Visitor:
    """A browser without scripts at a running service."""

    def __init__(self, session: aiohttp.ClientSession, house: House) -> None:
        self._session = session
        self._url = house.url
        self.page = ""

    async def open(self, path: str) -> str:
        async with self._session.get(self._url + path) as response:
            self.page = await response.text()
        return unescape(re.sub(r"<[^>]*>", " ", self.page))

    async def send(self, path: str, **fields: str) -> str:
        found = re.search(r'name="csrf" value="([^"]*)"', self.page)
        data = {"csrf": found[1] if found else "", **fields}
        async with self._session.post(self._url + path, data=data) as response:
            self.page = await response.text()
        return unescape(re.sub(r"<[^>]*>", " ", self.page))


async def test_the_button_puts_it_into_emby_and_takes_it_out(
    settings: Settings, unused_tcp_port: int
) -> None:
    async with (
        house_of(settings, unused_tcp_port) as house,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        visitor = Visitor(session, house)
        await visitor.send("/login", username="anna", password="three words or more")
        assert "Set up the webhook in Demo Emby" in await visitor.open("/servers/1")
        assert "its test came through" in await visitor.send("/servers/1/bridge", do="install")
        assert len(house.emby.webhooks) == 1
        text = await visitor.open("/servers/1")
        assert "Set it up again" in text
        assert "Its webhook tells Collectarr of changes." in text
        assert "was taken out" in await visitor.send("/servers/1/bridge", do="remove")
        assert house.emby.webhooks == []


@pytest.mark.parametrize("signed_in", [False, True])
async def test_where_there_are_no_webhooks_the_page_offers_the_sign_in(
    settings: Settings, unused_tcp_port: int, signed_in: bool
) -> None:
    async with (
        house_of(settings, unused_tcp_port, PROFILE_32) as house,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        visitor = Visitor(session, house)
        await visitor.send("/login", username="anna", password="three words or more")
        if signed_in:
            await house.sign_in()
            assert await house.services.listening.connected(house.server.id, 10)
        text = await visitor.open("/servers/1")
        assert ("Sign in as an administrator" in text) is not signed_in
        assert ("Its web socket is connected" in text) is signed_in
        assert 'value="install"' not in visitor.page
