"""The page of a server: its address, what it told, and how long that took."""

import json
from typing import Any

import aiohttp
import pytest

from collectarr.emby.events import Event, EventKind
from collectarr.pages.delay_chart import HEIGHT, WIDTH, delay_chart
from collectarr.pages.server import FIRST, HEARD
from collectarr.store import delays, deliveries
from collectarr.store.delays import LONGER, STEPS
from collectarr.store.servers import Server
from collectarr.store.users import User
from collectarr.store.webhooks import Teller, webhook_of
from tests.pages.conftest import MakeSite
from tests.pages.site import Site


@pytest.fixture
async def den(site: Site, anna: User) -> Server:
    return await site.add_server(anna, "Den")


async def _hear(site: Site, server: Server, *events: Event, way: str = "webhook") -> None:
    teller = Teller(server.id, server.user_id, server.uid)
    await site.services.intake.take(teller, events, way)


async def _send(site: Site, path: str, message: dict[str, Any]) -> int:
    """As Emby does it: with no cookie of anybody's."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(site.client.make_url(path), data={"data": json.dumps(message)}) as response,
    ):
        return response.status


async def _token(site: Site, server: Server) -> str:
    kept = await webhook_of(site.services.db, server.id)
    assert kept is not None
    return site.services.vault.open(kept.token)


FILM = Event(EventKind.ADDED, "library.new", "7", "Movie", name="The <Matrix>")


async def test_the_page_is_found_from_the_settings(site: Site, den: Server) -> None:
    assert f'href="/servers/{den.id}"' in (await site.get("/settings/servers")).html
    page = await site.get(f"/servers/{den.id}")
    assert page.status == 200
    assert "Nothing yet." in page.text
    assert FIRST.word not in page.text, "there is no address to wait at"


async def test_an_address_waits_for_its_first_event_and_then_shows_it(
    site: Site, den: Server
) -> None:
    page = await site.follow(f"/servers/{den.id}/webhook")
    assert "The address is made." in page.notes
    assert FIRST.word in page.text
    path = f"/api/v1/webhooks/emby/{await _token(site, den)}"
    assert path in page.text
    assert "BRIDGE_URL" in page.text
    message = {"Event": "system.webhooktest", "Server": {"Id": site.emby.server_id}}
    assert await _send(site, path, message) == 202
    page = await site.get(f"/servers/{den.id}", X_Fragment="heard")
    assert HEARD.word in page.text
    assert "A test arrived" in page.text


@pytest.mark.parametrize("bridge", ["http://c:7795", "http://c:7795/films"])
async def test_the_address_is_whole_where_it_is_known_how_emby_reaches_us(
    make_site: MakeSite, bridge: str
) -> None:
    site = await make_site(bridge_url=bridge, base_path="/films")
    server = await site.add_server(await site.sign_up("anna"))
    page = await site.follow(f"/servers/{server.id}/webhook")
    address = f"http://c:7795/films/api/v1/webhooks/emby/{await _token(site, server)}"
    assert f">{address}<" in page.html


async def test_a_new_address_ends_the_old_one_and_a_removed_one_is_gone(
    site: Site, den: Server
) -> None:
    await site.post(f"/servers/{den.id}/webhook")
    first = await _token(site, den)
    page = await site.follow(f"/servers/{den.id}/webhook")
    assert "the old one no longer holds" in page.notes
    assert first not in page.html
    second = await _token(site, den)
    page = await site.follow(f"/servers/{den.id}/webhook/remove")
    assert second not in page.html
    for token in (first, second):
        assert await _send(site, f"/api/v1/webhooks/emby/{token}", {}) == 404
    trail = await site.get("/settings/audit")
    assert "address for its events" in trail.text
    assert first not in trail.html


async def test_what_was_told_is_shown_with_what_became_of_it(site: Site, den: Server) -> None:
    foreign = Event(EventKind.ADDED, "library.new", "8", "Movie", server_uid="other", name="Dune")
    for event in (FILM, foreign):
        await _hear(site, den, event)
    page = await site.get(f"/servers/{den.id}")
    assert "The &lt;Matrix&gt;" in page.html
    for words in ("Dune", "Refused", "another server", "Webhook, library.new"):
        assert words in page.text
    await deliveries.settle(site.services.db, den.id, ["7"], "applied", "Added to Films.")
    page = await site.get(f"/servers/{den.id}")
    assert "Added to Films." in page.text
    assert "Collections changed" in page.text


async def test_every_outcome_and_way_has_words(site: Site, den: Server) -> None:
    for way in ("webhook", "socket", "polling"):
        await _hear(site, den, FILM, way=way)
    fresh = [
        deliveries.NewDelivery(den.id, "webhook", "x", outcome)
        for outcome in deliveries.Outcome.__args__  # type: ignore[attr-defined]
    ]
    async with site.services.db.write() as tx:
        await deliveries.add_in(tx, fresh)
    assert (await site.get(f"/servers/{den.id}")).status == 200


async def test_the_delays_are_drawn_and_said(site: Site, den: Server) -> None:
    for seconds in (0.2, 2.5, 3, 400):
        await delays.record_delay(site.services.db, den.id, seconds)
    page = await site.get(f"/servers/{den.id}")
    assert "Of 4 events, half were in their collections within 5 s, nine in ten after 5 min." in (
        page.text
    )
    assert page.html.count('class="delays-times"') == 3


async def test_another_users_server_has_no_page(site: Site, den: Server) -> None:
    await site.post(f"/servers/{den.id}/webhook")
    token = await _token(site, den)
    await site.sign_up("ben")
    for path in ("", "/webhook", "/webhook/remove"):
        method = site.post if path else site.get
        assert (await method(f"/servers/{den.id}{path}")).status == 404
    assert await _token(site, den) == token


def test_bars_stay_in_their_box_and_what_happened_once_is_seen() -> None:
    chart = delay_chart([(step, 1000 if step == 250 else 1) for step in (*STEPS, LONGER)])
    assert chart is not None
    for bar in chart.bars:
        assert 0 <= bar.x < bar.x + bar.width <= WIDTH
        assert bar.height >= 2
        assert bar.y + bar.height == pytest.approx(HEIGHT)
    assert chart.bars[-1].label == "> 5 min"
    assert delay_chart([(250, 0), (LONGER, 0)]) is None
