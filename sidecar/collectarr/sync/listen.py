"""A web socket to every server where somebody is signed in, for as long as they are."""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import aiohttp
import structlog

from collectarr.dial import dialling
from collectarr.emby.events import socket_events
from collectarr.emby.session import session_holds
from collectarr.emby.socket import Socket, open_socket, socket_url
from collectarr.errors import CollectarrError, NotFoundError, UpstreamError
from collectarr.live import Live
from collectarr.models import utc_now
from collectarr.store.abilities import end_sign_in
from collectarr.store.db import Database
from collectarr.store.inbox import mark_due
from collectarr.store.servers import Server
from collectarr.store.signed_in import signed_in_servers
from collectarr.store.webhooks import Teller
from collectarr.sync.intake import Intake
from collectarr.sync.outside import Outside

log = structlog.stdlib.get_logger(__name__)

WAY = "socket"
LOOK_SECONDS = 5.0
"""How long a sign-in or sign-out may stay unnoticed when nobody says it."""
PROOF_SECONDS = 900.0
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 120.0
STEADY_SECONDS = 60.0
"""A connection that held so long did not fail: the next one is tried at once again."""


class EarState(StrEnum):
    """`silent`: connected, and has not told of any change yet; `hearing`: it has."""

    OFF = "off"
    CONNECTING = "connecting"
    SILENT = "silent"
    HEARING = "hearing"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Ear:
    """How the socket of one server stands. `problem` says for people why it is not connected."""

    state: EarState = EarState.OFF
    connected_at: datetime | None = None
    heard_at: datetime | None = None
    problem: str = ""

    @property
    def is_open(self) -> bool:
        return self.state in (EarState.SILENT, EarState.HEARING)


class _SignedOutError(Exception):
    """The server no longer takes the token."""


class Listening:
    """Keeps the sockets, and hands what they tell to `intake`. After each connect all that changed
    is to be read: what happened while nobody listened is told to nobody.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        db: Database,
        outside: Outside,
        intake: Intake,
        live: Live,
        *,
        pause_seconds: float = PAUSE_SECONDS,
        proof_seconds: float = PROOF_SECONDS,
    ) -> None:
        self._session = session
        self._db = db
        self._outside = outside
        self._intake = intake
        self._live = live
        self.up_since = utc_now()
        self._pause = pause_seconds
        self._proof = proof_seconds
        self._ears: dict[int, Ear] = {}
        self._tasks: dict[int, tuple[tuple[str | None, ...], asyncio.Task[None]]] = {}
        self._woken, self._moved = asyncio.Event(), asyncio.Event()
        self._watch: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._watch = asyncio.create_task(self._keep_watch(), name="sockets")

    async def close(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
        await self._end(list(self._tasks))

    def wake(self) -> None:
        """Somebody signed in or out, or a server moved."""
        self._woken.set()

    def ear(self, server_id: int) -> Ear:
        return self._ears.get(server_id, Ear())

    async def connected(self, server_id: int, seconds: float) -> bool:
        """Whether its socket is open within so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.ear(server_id).is_open:
                    self._moved.clear()
                    await self._moved.wait()
                return True
        return False

    async def _keep_watch(self) -> None:
        while True:
            self._woken.clear()
            try:
                await self._match_servers()
            except Exception:
                log.exception("sockets")
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()

    async def _match_servers(self) -> None:
        """A task for each server where somebody is signed in, and for no other."""
        wanted = {server.id: server for server in await signed_in_servers(self._db)}
        stale = [
            server_id
            for server_id, (key, _) in self._tasks.items()
            if server_id not in wanted or key != _key(wanted[server_id])
        ]
        await self._end(stale)
        for server_id, server in wanted.items():
            if server_id not in self._tasks:
                task = asyncio.create_task(self._listen(server), name=f"socket {server_id}")
                self._tasks[server_id] = (_key(server), task)

    async def _end(self, server_ids: Sequence[int]) -> None:
        tasks = [self._tasks.pop(server_id)[1] for server_id in server_ids]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for server_id in server_ids:
            self._ears.pop(server_id, None)

    async def _listen(self, server: Server) -> None:
        """Connects again and again, later each time, until nobody is signed in any more."""
        tries = 0
        while True:
            began = time.monotonic()
            self._note(server, EarState.CONNECTING)
            try:
                await self._hear_once(server)
                problem = f"{server.name} hung up."
            except _SignedOutError:
                self._note(server, EarState.OFF, _signed_out(server))
                return
            except NotFoundError:
                return
            except CollectarrError as error:
                problem = error.message
            except Exception:
                log.exception("socket", server=server.id)
                problem = "Something went wrong here. The log says more."
            self._note(server, EarState.LOST, problem)
            tries = 1 if time.monotonic() - began > STEADY_SECONDS else tries + 1
            await asyncio.sleep(self._wait(tries))

    def _wait(self, tries: int) -> float:
        longest = min(self._pause * 2.0 ** min(tries - 1, 20), LONGEST_PAUSE_SECONDS)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311

    def _note(self, server: Server, state: EarState, problem: str = "") -> None:
        # While it tries again, what went wrong the last time still stands.
        kept = self.ear(server.id)
        shown = problem or (kept.problem if state is EarState.CONNECTING else "")
        self._turn(server, replace(kept, state=state, problem=shown))
        if problem and problem != kept.problem:
            log.info("socket", server=server.id, state=state.value, problem=problem)

    def _turn(self, server: Server, ear: Ear) -> None:
        moved = self.ear(server.id).state is not ear.state
        self._ears[server.id] = ear
        self._moved.set()
        if moved:
            self._live.publish(server.user_id, "heard", {"server_id": server.id})

    async def _hear_once(self, server: Server) -> None:
        """One connection from its beginning to its end."""
        client = self._outside.emby(server)
        token = client.user_token
        # The token goes only to the server that gave it, and an open socket proves nothing.
        await client.prove()
        if token is None or not await session_holds(client, token):
            await self._sign_out(server)
        url = socket_url(server.url, server.kind, token or "", self._outside.device(server))
        with dialling(await self._outside.reach(server.user_id)):
            socket = await open_socket(self._session, server.name, url)
        proving = asyncio.create_task(self._keep_proving(server, token or "", socket))
        try:
            heard_at = self.ear(server.id).heard_at
            self._turn(server, Ear(EarState.SILENT, utc_now(), heard_at))
            # Only now: what happens from here on is heard.
            await mark_due(self._db, server.id)
            self._intake.woken(server.id)
            await self._take_in(server, socket)
        finally:
            proving.cancel()
            await asyncio.wait([proving])
            await socket.close()

    async def _take_in(self, server: Server, socket: Socket) -> None:
        teller = Teller(server.id, server.user_id, server.uid)
        async for message in socket.messages():
            if events := socket_events(message):
                ear = self.ear(server.id)
                self._turn(server, replace(ear, state=EarState.HEARING, heard_at=utc_now()))
                await self._intake.take(teller, events, WAY)

    async def _keep_proving(self, server: Server, token: str, socket: Socket) -> None:
        """A token that was taken back may leave its socket open and silent: end it then."""
        client = self._outside.emby(server)
        holds = True
        while holds:
            await asyncio.sleep(self._proof)
            # That the server is down shows in the socket.
            with suppress(UpstreamError):
                holds = await session_holds(client, token)
        await socket.close()

    async def _sign_out(self, server: Server) -> None:
        if server.user_token:
            await end_sign_in(self._db, server.id, server.user_token)
        raise _SignedOutError


def _key(server: Server) -> tuple[str | None, ...]:
    """What a connection depends on."""
    return (server.name, server.kind, server.url, server.api_key, server.user_token)


def _signed_out(server: Server) -> str:
    return (
        f"{server.name} no longer accepts {server.user_name}, who was signed in. Sign in again to"
        " hear of changes at once."
    )
