"""`collectarr bridge`: the webhook put into Emby, tried, looked after and taken out again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest

from collectarr.commands.bridge import BridgeWish, bridge
from collectarr.demo.emby import PROFILE_32, PROFILE_49, PROFILE_JELLYFIN, EmbyProfile
from collectarr.errors import CollectarrError, InvalidError, NotFoundError
from collectarr.settings import Settings
from collectarr.store.inbox import take
from collectarr.store.servers import list_servers
from collectarr.sync.bridge import Bridge
from collectarr.sync.connect import forget_server
from collectarr.sync.intake import new_webhook
from tests.flows.bridged import House, house_of
from tests.flows.world import film, own

PROFILE_47 = replace(PROFILE_49, name="emby-4.7", version="4.7.14.0", notifications=False)
Out = pytest.CaptureFixture[str]


async def until(claim: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(10):
        while not await claim():
            await asyncio.sleep(0.01)


@pytest.fixture
async def house(settings: Settings, unused_tcp_port: int) -> AsyncIterator[House]:
    async with house_of(settings, unused_tcp_port) as found:
        yield found


def urls(house: House) -> list[str]:
    return [row["Options"]["Url"] for row in house.emby.webhooks]


def impatient(house: House) -> Bridge:
    """As the service's own, but it waits for no test."""
    services, url = house.services, house.settings.bridge_url
    return Bridge(services.db, services.vault, services.outside, url, test_seconds=0.2)


async def test_it_is_put_in_and_its_test_comes_through(house: House, capsys: Out) -> None:
    assert await house.run("install") == 0
    out = capsys.readouterr().out
    assert "its test came through" in out
    assert "In use: webhook." in out
    [row] = house.emby.webhooks
    assert row["EventIds"] == ["library.new", "library.deleted"]
    assert row["Options"]["Url"].startswith(f"{house.url}/api/v1/webhooks/emby/")
    assert row["Options"]["Url"] not in out
    assert await house.run("status") == 0
    assert "Demo Emby has the webhook." in capsys.readouterr().out


async def test_putting_it_in_again_changes_the_one_that_is_there(house: House) -> None:
    assert await house.run("install") == 0
    [before] = urls(house)
    assert await house.run("install", "1") == 0
    assert urls(house) == [before]
    await new_webhook(house.services.db, house.services.vault, house.server.id)
    assert await house.run("install") == 0
    [after] = urls(house)
    assert after != before


async def test_others_webhooks_are_left_alone(house: House) -> None:
    house.emby.add_webhook("http://elsewhere.example/hook")
    assert await house.run("install") == 0
    assert len(urls(house)) == 2
    assert await house.run("remove") == 0
    assert urls(house) == ["http://elsewhere.example/hook"]


async def test_what_was_switched_off_or_limited_in_emby_is_told_and_mended(
    house: House, capsys: Out
) -> None:
    assert await house.run("install") == 0
    [row] = house.emby.webhooks
    house.emby.core.webhooks.configured[row["Id"]]["Enabled"] = False
    assert await house.run("status") == 0
    assert "switched off" in capsys.readouterr().out
    assert await house.run("install") == 0
    assert [row["Enabled"] for row in house.emby.webhooks] == [True]


async def test_an_address_that_no_longer_holds_is_told(house: House, capsys: Out) -> None:
    assert await house.run("install") == 0
    await new_webhook(house.services.db, house.services.vault, house.server.id)
    assert await house.run("status") == 0
    assert "an address that no longer holds" in capsys.readouterr().out


async def test_without_premiere_it_is_in_but_no_test_comes_through(
    house: House, capsys: Out
) -> None:
    house.emby.end_premiere()
    report = await impatient(house).install(house.server)
    assert (report.ok, report.registered, report.tested) == (False, True, False)
    assert "Premiere" in report.steps[0]
    assert await house.run("status") == 0
    assert "In use: polling." in capsys.readouterr().out


async def test_without_an_address_for_emby_it_says_what_to_set(
    settings: Settings, unused_tcp_port: int
) -> None:
    async with house_of(settings, unused_tcp_port, bridge_url=None) as house:
        with pytest.raises(CollectarrError, match="Set BRIDGE_URL") as refused:
            await house.run("install")
        assert refused.value.code == "bridge_url"
        assert house.emby.webhooks == []
        assert await house.run("status") == 0
        assert await house.run("remove") == 0


@pytest.mark.parametrize("profile", [PROFILE_32, PROFILE_JELLYFIN], ids=lambda one: one.name)
async def test_a_server_without_webhooks_is_for_its_socket(
    settings: Settings, unused_tcp_port: int, capsys: Out, profile: EmbyProfile
) -> None:
    async with house_of(settings, unused_tcp_port, profile) as house:
        assert await house.run("install") == 1
        out = capsys.readouterr().out
        assert "sends no webhooks" in out
        assert "Sign in as an administrator" in out
        assert "In use: polling." in out
        await house.sign_in()
        await until(lambda: listening(house))
        assert await house.run("status") == 0
        assert "In use: socket." in capsys.readouterr().out


async def test_where_emby_has_no_call_for_it_the_steps_by_hand_work(
    settings: Settings, unused_tcp_port: int, capsys: Out
) -> None:
    async with house_of(settings, unused_tcp_port, PROFILE_47) as house:
        assert await house.run("install") == 1
        out = capsys.readouterr().out
        assert "Dashboard, Plugins, Webhooks" in out
        [address] = [word for word in out.split() if word.startswith(f"{house.url}/api")]
        house.emby.add_webhook(address)
        [item] = own(house.emby, film(1))
        await until(lambda: heard(house, "In use: webhook.", capsys))
        assert item


async def listening(house: House) -> bool:
    return bool(house.emby.listeners)


async def heard(house: House, words: str, capsys: Out) -> bool:
    assert await house.run("status") == 0
    return words in capsys.readouterr().out


async def test_an_unknown_server_is_told_and_an_emby_that_is_down_too(house: House) -> None:
    with pytest.raises(NotFoundError, match="There are: Demo Emby"):
        await house.run("status", "Other")
    with pytest.raises(InvalidError, match="--url"):
        await bridge(house.settings, BridgeWish("status", "1", api_key="x" * 43))
    house.emby.fail("", status=401, times=None)
    with pytest.raises(CollectarrError, match="Demo Emby"):
        await house.run("install")


async def test_removing_it_while_emby_is_down_ends_the_address_all_the_same(
    house: House, capsys: Out
) -> None:
    assert await house.run("install") == 0
    house.emby.fail("", status=401, times=None)
    assert await house.run("remove") == 1
    out = capsys.readouterr().out
    assert "The address no longer holds" in out
    house.emby.clear_faults()
    deliveries = len(house.emby.deliveries)
    own(house.emby, film(1))

    async def refused() -> bool:
        return len(house.emby.deliveries) > deliveries

    await until(refused)
    assert house.emby.deliveries[-1]["status"] == 404
    assert await take(house.services.db, house.server.id) == []


async def test_webhook_then_socket_then_polling_whatever_is_taken_away(
    house: House, capsys: Out
) -> None:
    await house.sign_in()
    await until(lambda: listening(house))
    assert await house.run("install") == 0
    assert "In use: webhook." in capsys.readouterr().out
    assert await house.run("remove") == 0
    assert "In use: socket." in capsys.readouterr().out
    await house.sign_out()
    await until(lambda: heard(house, "In use: polling.", capsys))


async def test_forgetting_a_server_takes_our_webhook_out_of_it(house: House) -> None:
    house.emby.add_webhook("http://elsewhere.example/hook")
    assert await house.run("install") == 0
    services = house.services
    await forget_server(services.db, services.outside, services.bridge, house.server)
    assert urls(house) == ["http://elsewhere.example/hook"]


async def test_a_server_that_does_not_answer_is_forgotten_all_the_same(house: House) -> None:
    assert await house.run("install") == 0
    house.emby.fail("", status=400, times=None)
    services = house.services
    await forget_server(services.db, services.outside, services.bridge, house.server)
    assert await list_servers(services.db, house.server.user_id) == []
