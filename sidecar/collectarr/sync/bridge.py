"""The webhook of a server, set up in the server itself: put in, tried, looked after, taken out.

The token of its address is our only proof that a message is Emby's: the address is shown to the
server's owner, and nowhere written down.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collectarr.emby.notices import Notice, Notices, definition, wanted_events
from collectarr.errors import InvalidError, UnexpectedAnswerError, UpstreamError
from collectarr.models import utc_now
from collectarr.store import bridge as stored
from collectarr.store.db import Database
from collectarr.store.deliveries import list_deliveries
from collectarr.store.servers import Server
from collectarr.store.webhooks import drop_webhook, webhook_of
from collectarr.sync.bridge_steps import (
    sends_webhooks,
    steps_by_hand,
    steps_to_remove,
    steps_to_sign_in,
    steps_without_test,
)
from collectarr.sync.intake import new_webhook
from collectarr.sync.outside import Outside
from collectarr.vault import Vault

PATH = "/api/v1/webhooks/emby/"
TEST_SECONDS, LOOK_SECONDS = 10.0, 0.1
NOT_SET = (
    "Collectarr does not know at which address Emby reaches it. Set BRIDGE_URL to it, such as"
    " http://collectarr:7795 where both run in one Docker network, start Collectarr anew, and"
    " install the webhook then."
)


@dataclass(frozen=True, slots=True)
class Report:
    """How the webhook of a server stands.

    `registered`: whether Emby has it, None: Emby has no call for that; `current`: with the
    address that holds now. `tested`: whether a test came through, None: none was sent.
    `steps`: what is left to do by hand.
    """

    ok: bool
    message: str
    registered: bool | None = None
    current: bool | None = None
    tested: bool | None = None
    steps: tuple[str, ...] = ()


class Bridge:
    """The webhooks of all servers. `bridge_url` is how Emby reaches us; None: nobody said."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        outside: Outside,
        bridge_url: str | None,
        *,
        test_seconds: float = TEST_SECONDS,
    ) -> None:
        self._db = db
        self._vault = vault
        self._outside = outside
        self._url = bridge_url
        self._test_seconds = test_seconds
        self._turns: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def address(self, server: Server) -> str | None:
        """Where the server sends its webhook to, for its owner alone; None: there is none yet."""
        kept = await webhook_of(self._db, server.id)
        if kept is None or self._url is None:
            return None
        return self._url + PATH + self._vault.open(kept.token)

    async def install(self, server: Server) -> Report:
        """Put the webhook into Emby, or mend the one that is there, and see a test come through.

        Raises InvalidError (bridge_url) as long as nobody said how Emby reaches us.
        """
        if self._url is None:
            raise InvalidError(NOT_SET, code="bridge_url")
        async with self._turns[server.id]:
            notices = await self._notices(server)
            known = await notices.configured()
            if known is None and not sends_webhooks(server):
                return _only_socket(server)
            address = await self._address_or_new(server)
            if known is None:
                return _by_hand(server, address)
            found = await self._put_in(notices, server, address, known)
            await stored.save_bridge(self._db, server.id, {"id": found.id})
            return await self._tried(notices, server, found)

    async def status(self, server: Server) -> Report:
        """Asks Emby; nothing is changed. Raises UpstreamError if it does not answer."""
        notices = await self._notices(server)
        known = await notices.configured()
        address = await self.address(server)
        if known is None and not sends_webhooks(server):
            return _only_socket(server)
        if known is None:
            text = f"{server.name} does not say which webhooks it has: they are set up by hand."
            return Report(False, text)
        ours = self._ours(server, known, address)
        if not ours:
            return Report(False, f"{server.name} has no webhook of Collectarr.", registered=False)
        current = next((one for one in ours if one.url == address), None)
        if current is None:
            text = f"The webhook in {server.name} has an address that no longer holds."
        elif not current.tells_enough:
            text = f"The webhook in {server.name} is switched off, or limited to a part."
        else:
            text = f"{server.name} has the webhook."
            return Report(True, text, registered=True, current=True)
        return Report(False, f"{text} Install it again.", registered=True, current=bool(current))

    async def remove(self, server: Server) -> Report:
        """Take the webhook out of Emby. Its address is worth nothing from now on, even where Emby
        cannot be told.
        """
        address = await self.address(server)
        was = await drop_webhook(self._db, server.id)
        await stored.save_bridge(self._db, server.id, None)
        try:
            gone = await self._taken_out(server, address)
        except UpstreamError as error:
            text = (
                f"The address no longer holds. The notification in {server.name} could not be"
                f" taken out: {error.message}"
            )
            return Report(False, text, steps=steps_to_remove(server.version))
        if gone is None and was:
            text = f"The address no longer holds. What was set up by hand stays in {server.name}."
            return Report(True, text, steps=steps_to_remove(server.version))
        if not gone:
            return Report(True, f"{server.name} has no webhook any more.", registered=False)
        return Report(True, f"The webhook was taken out of {server.name}.", registered=False)

    async def _taken_out(self, server: Server, address: str | None) -> int | None:
        notices = await self._notices(server)
        known = await notices.configured()
        if known is None:
            return None
        ours = self._ours(server, known, address)
        for one in ours:
            await notices.remove(one.id)
        return len(ours)

    async def _notices(self, server: Server) -> Notices:
        """Of the server itself: whoever else answers there is not told the address."""
        client = self._outside.emby(server)
        await client.prove()
        return Notices(client, await client.user(), client.user_token)

    async def _address_or_new(self, server: Server) -> str:
        known = await self.address(server)
        if known is not None:
            return known
        return f"{self._url}{PATH}{await new_webhook(self._db, self._vault, server.id)}"

    def _name(self, server: Server) -> str:
        """By which our own notification is known again, and nobody else's."""
        return f"Collectarr {self._outside.device(server)[:8]}"

    def _ours(self, server: Server, known: Sequence[Notice], address: str | None) -> list[Notice]:
        name = self._name(server)
        return [one for one in known if one.name == name or (address and one.url == address)]

    async def _put_in(
        self, notices: Notices, server: Server, address: str, known: Sequence[Notice]
    ) -> Notice:
        """The notification as Emby has it afterwards: one, whatever was there of ours."""
        ours = self._ours(server, known, address)
        fresh = definition(self._name(server), address)
        fresh["EventIds"] = wanted_events(await notices.known_events())
        body: dict[str, Any] = {**(ours[0].whole if ours else {}), **fresh}
        await notices.save(body)
        for other in ours[1:]:
            await notices.remove(other.id)
        for one in await notices.configured() or ():
            if one.url == address:
                return one
        raise UnexpectedAnswerError(
            f"{server.name} took the webhook and did not keep it. Set it up there by hand.",
            upstream=server.name,
            code="not_kept",
        )

    async def _tried(self, notices: Notices, server: Server, found: Notice) -> Report:
        since = utc_now()
        try:
            await notices.test(found.whole)
        except UpstreamError as error:
            text = f"The webhook is in {server.name}, but it could not be tried: {error.message}"
            return Report(False, text, registered=True, current=True, tested=False)
        if await self._came_through(server, since):
            text = f"The webhook is in {server.name}, and its test came through."
            return Report(True, text, registered=True, current=True, tested=True)
        seconds = f"{self._test_seconds:g} seconds"
        text = f"The webhook is in {server.name}, but no test came through within {seconds}."
        steps = steps_without_test(self._url or "")
        return Report(False, text, registered=True, current=True, tested=False, steps=steps)

    async def _came_through(self, server: Server, since: datetime) -> bool:
        try:
            async with asyncio.timeout(self._test_seconds):
                while True:
                    rows = await list_deliveries(self._db, server.id)
                    if any(row.outcome == "tested" and row.received_at >= since for row in rows):
                        return True
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            return False


def _by_hand(server: Server, address: str) -> Report:
    text = f"{server.name} has no call to set up webhooks. Set it up there by hand."
    return Report(False, text, steps=steps_by_hand(address, server.version))


def _only_socket(server: Server) -> Report:
    """Nothing to be installed. Somebody who is signed in hears all the same."""
    kind = server.kind.capitalize()
    if server.user_token:
        text = f"{kind} {server.version} sends no webhooks. Its web socket is used; nothing to do."
        return Report(False, text)
    text = f"{kind} {server.version} sends no webhooks. Without a sign-in it is asked regularly."
    return Report(False, text, steps=steps_to_sign_in(server.name))
