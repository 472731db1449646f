"""Sockets to servers where somebody is signed in: opened, kept, told apart, and let go."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from collectarr.demo.emby import PROFILE_32, PROFILE_49, EmbyProfile
from collectarr.demo.emby.feed import close_all
from collectarr.dial import GuardedConnector
from collectarr.store import inbox
from collectarr.store.servers import Server, get_server
from collectarr.sync import connect
from collectarr.sync.intake import Intake
from collectarr.sync.listen import EarState, Listening
from tests.flows.world import World, film, make_world, own

BOTH = pytest.mark.parametrize("profile", [PROFILE_32, PROFILE_49], ids=lambda one: one.name)


async def until(claim: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not claim():
            await asyncio.sleep(0.005)


@dataclass
class Ears:
    """A world with its sockets; `woken` are the servers for which there was work."""

    world: World
    listening: Listening
    woken: list[int]

    @property
    def state(self) -> EarState:
        return self.listening.ear(self.world.server.id).state

    async def sign_in(self) -> Server:
        world = self.world
        server = await connect.sign_in(
            world.db, world.vault, world.outside, world.server, "emby", "emby"
        )
        self.listening.wake()
        return server

    async def row(self) -> Server:
        return await get_server(self.world.db, self.world.user.id, self.world.server.id)

    async def waiting(self) -> dict[str, str]:
        """Ids in the inbox, and the way they came."""
        rows = await inbox.take(self.world.db, self.world.server.id)
        return {row.item_id: row.way for row in rows}


@pytest.fixture
def profile() -> EmbyProfile:
    return PROFILE_49


@pytest.fixture
async def ears(tmp_path: Path, profile: EmbyProfile) -> AsyncIterator[Ears]:
    async with (
        make_world(tmp_path, profile) as world,
        aiohttp.ClientSession(connector=GuardedConnector()) as guarded,
    ):
        await world.connect()
        intake, woken = Intake(world.db, world.live), list[int]()
        intake.woken = woken.append
        listening = Listening(
            guarded,
            world.db,
            world.outside,
            intake,
            world.live,
            pause_seconds=0.01,
            proof_seconds=0.05,
        )
        listening.start()
        yield Ears(world, listening, woken)
        await listening.close()
        await intake.close()


@BOTH
async def test_a_new_film_is_heard_of_as_soon_as_somebody_is_signed_in(ears: Ears) -> None:
    assert ears.state is EarState.OFF
    await ears.sign_in()
    await until(lambda: ears.state is EarState.SILENT)
    [item] = own(ears.world.emby, film(1))
    await until(lambda: ears.state is EarState.HEARING)
    await until(lambda: len(ears.woken) > 1)
    assert await ears.waiting() == {item: "socket"}


async def test_each_connect_makes_a_read_of_all_that_changed_due(ears: Ears) -> None:
    db, key = ears.world.db, ears.world.server.id
    assert (await inbox.due(db, key)).delta is None
    await ears.sign_in()
    await until(lambda: ears.woken)
    first = (await inbox.due(db, key)).delta
    assert first is not None
    close_all(ears.world.emby.core.feed.listeners)
    await until(lambda: len(ears.woken) > 1)
    again = (await inbox.due(db, key)).delta
    assert again is not None
    assert again > first


async def test_connected_is_not_yet_heard_and_says_so(ears: Ears) -> None:
    await ears.sign_in()
    await until(lambda: ears.state is EarState.SILENT)
    ears.world.emby.core.feed.progress("1", "50")
    await until(lambda: not ears.world.emby.core.feed.listeners[0].messages.qsize())
    ear = ears.listening.ear(ears.world.server.id)
    assert (ear.state, ear.heard_at) == (EarState.SILENT, None)
    assert ear.connected_at is not None


async def test_signing_out_hangs_up(ears: Ears) -> None:
    server = await ears.sign_in()
    await until(lambda: ears.world.emby.listeners)
    await connect.sign_out(ears.world.db, ears.world.outside, server)
    ears.listening.wake()
    await until(lambda: not ears.world.emby.core.feed.listeners)
    assert ears.state is EarState.OFF


async def test_a_token_that_was_taken_back_is_noticed_though_the_socket_stays_open(
    ears: Ears,
) -> None:
    await ears.sign_in()
    await until(lambda: ears.world.emby.listeners)
    ears.world.emby.end_sessions()
    assert ears.world.emby.core.feed.listeners
    await until(lambda: ears.state is EarState.OFF and not ears.world.emby.core.feed.listeners)
    row = await ears.row()
    assert (row.user_name, row.user_token) == ("emby", None)


async def test_a_refused_socket_is_tried_again_and_says_why_without_the_token(
    ears: Ears, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    ears.world.emby.fail("/embywebsocket", status=502, times=2)
    server = await ears.sign_in()
    token = ears.world.vault.open(server.user_token or "")
    await until(lambda: ears.listening.ear(server.id).problem)
    assert "HTTP 502" in ears.listening.ear(server.id).problem
    await until(lambda: ears.state is EarState.SILENT)
    assert ears.listening.ear(server.id).problem == ""
    out = capsys.readouterr()
    assert token not in caplog.text + out.out + out.err


async def test_the_token_is_not_sent_to_another_server_at_the_same_address(ears: Ears) -> None:
    server = await ears.sign_in()
    await until(lambda: ears.world.emby.listeners)
    ears.world.emby.core.state.server_id = "f" * 32
    ears.world.emby.clear_requests()
    close_all(ears.world.emby.core.feed.listeners)
    await until(lambda: "Another Emby server" in ears.listening.ear(server.id).problem)
    assert {str(row["path"]) for row in ears.world.emby.requests} == {"/emby/System/Info/Public"}
