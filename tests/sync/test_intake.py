"""The one way in: what is kept of an event, what wakes whom, and what a flood does."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from collectarr.emby.events import Event, EventKind
from collectarr.errors import StoreError
from collectarr.store import deliveries, inbox
from collectarr.store.db import Database
from collectarr.store.heard import heard_of
from collectarr.store.webhooks import Teller
from collectarr.sync.intake import AT_ONCE, Intake, new_webhook
from collectarr.vault import Vault
from tests.running import Heard
from tests.stored import opened, person, server_of

FLOOD = 10_000


@dataclass
class Door:
    """An intake over a real store, and what it called for."""

    db: Database
    live: Heard
    intake: Intake
    teller: Teller
    woken: list[int] = field(default_factory=list)

    async def hear(self, *events: Event, way: str = "webhook") -> bool:
        return await self.intake.take(self.teller, events, way)

    async def waiting(self) -> dict[str, str]:
        rows = await inbox.take(self.db, self.teller.id, limit=FLOOD)
        return {row.item_id: row.kind for row in rows}

    async def outcomes(self) -> list[str]:
        return [row.outcome for row in await deliveries.list_deliveries(self.db, self.teller.id)]


@pytest.fixture
async def door(data_dir: Path) -> AsyncIterator[Door]:
    async with opened(data_dir) as db:
        server = await server_of(db, await person(db))
        live = Heard()
        door = Door(db, live, Intake(db, live), Teller(server.id, server.user_id, server.uid))
        door.intake.woken = door.woken.append
        yield door
        await door.intake.close()


def _event(kind: EventKind, item_id: str | None = "7", item_type: str | None = "Movie") -> Event:
    return Event(kind, "library.new", item_id, item_type, server_uid="machine", name="A film")


async def test_an_event_is_stored_shown_and_handed_on(door: Door) -> None:
    assert await door.hear(_event(EventKind.ADDED))
    assert await door.waiting() == {"7": "added"}
    assert await door.outcomes() == ["waiting"]
    assert door.woken == [door.teller.id]
    assert door.live.states == [{"server_id": door.teller.id}]
    assert (await heard_of(door.db, door.teller.id)).webhook is not None


async def test_another_servers_event_is_shown_as_refused_and_does_nothing(door: Door) -> None:
    foreign = Event(EventKind.ADDED, "library.new", "7", "Movie", server_uid="other")
    assert not await door.hear(foreign)
    assert (await door.waiting(), await door.outcomes(), door.woken) == ({}, ["refused"], [])
    assert (await heard_of(door.db, door.teller.id)).webhook is None


@pytest.mark.parametrize("item_type", ["BoxSet", "Playlist", "Audio", "Person", "TvChannel"])
async def test_box_sets_and_what_is_no_title_wake_nobody(door: Door, item_type: str) -> None:
    await door.hear(_event(EventKind.ADDED, item_type=item_type))
    assert (await door.waiting(), await door.outcomes(), door.woken) == ({}, ["ignored"], [])


async def test_a_test_and_an_unknown_event_count_as_heard_and_wake_nobody(door: Door) -> None:
    await door.hear(_event(EventKind.TEST, None), _event(EventKind.UNKNOWN))
    assert (await door.waiting(), door.woken) == ({}, [])
    assert await door.outcomes() == ["ignored", "tested"]
    assert (await heard_of(door.db, door.teller.id)).webhook is not None


async def test_a_season_is_one_look_at_its_show(door: Door) -> None:
    season = [
        Event(EventKind.ADDED, "library.new", str(number), "Episode", "88300")
        for number in range(200)
    ]
    for event in season:
        await door.hear(event)
    assert await door.waiting() == {"88300": "updated"}


async def test_a_folder_asks_for_a_look_at_all_and_a_lost_library_for_a_sweep(door: Door) -> None:
    await door.hear(_event(EventKind.REMOVED, item_type="Folder"))
    due = await inbox.due(door.db, door.teller.id)
    assert (due.delta is not None, due.sweep) == (True, None)
    await door.hear(_event(EventKind.REMOVED, item_type="CollectionFolder"))
    assert (await inbox.due(door.db, door.teller.id)).sweep is not None
    assert (await door.waiting(), await door.outcomes()) == ({}, ["gathered", "gathered"])
    assert door.woken == [door.teller.id] * 2


async def test_a_long_message_of_a_socket_is_one_line(door: Door) -> None:
    events = [Event(EventKind.UPDATED, "LibraryChanged", str(number)) for number in range(40)]
    await door.hear(*events, way="socket")
    assert len(await door.waiting()) == 40
    (line,) = await deliveries.list_deliveries(door.db, door.teller.id)
    assert (line.event, line.said) == ("LibraryChanged", "40 items in one message.")


async def test_what_cannot_be_stored_is_not_said_to_be(door: Door) -> None:
    async with door.db.write() as tx:
        await tx.run("DROP TABLE deliveries")
    with pytest.raises(StoreError):
        await door.hear(_event(EventKind.ADDED))
    assert (await door.waiting(), door.woken) == ({}, []), "all of it or none"


async def test_whoever_hangs_up_holds_up_nobody(door: Door) -> None:
    async with door.db.write():
        left = asyncio.create_task(door.hear(_event(EventKind.ADDED, "1")))
        stays = asyncio.create_task(door.hear(_event(EventKind.ADDED, "2")))
        await asyncio.sleep(0)
        left.cancel()
        await asyncio.wait([left])
    assert await stays
    assert set(await door.waiting()) == {"1", "2"}


async def test_a_flood_is_few_writes_that_let_others_in_between_and_loses_nothing(
    door: Door,
) -> None:
    flood = [
        asyncio.create_task(door.hear(_event(EventKind.ADDED, str(number))))
        for number in range(1, FLOOD + 1)
    ]
    await asyncio.sleep(0)
    served_after = []
    while not all(task.done() for task in flood):
        async with door.db.write() as tx:
            row = await tx.row("SELECT count(*) FROM inbox")
            assert row is not None
            served_after.append(row[0])
        await asyncio.sleep(0)
    assert all(await asyncio.gather(*flood))
    assert len(served_after) >= FLOOD // AT_ONCE - 1, "somebody else had a turn after each write"
    assert max(b - a for a, b in pairwise(served_after)) <= 2 * AT_ONCE
    kept = await door.waiting()
    assert len(kept) == inbox.MOST
    assert (await inbox.due(door.db, door.teller.id)).delta is not None, "for the rest of them"
    assert len(await door.outcomes()) == deliveries.KEPT
    assert len(door.woken) <= FLOOD // AT_ONCE + 1
    assert len(door.live.states) < 10, "the pages are told as often as they can follow"


async def test_a_token_is_kept_sealed_and_by_its_hash_alone(door: Door, data_dir: Path) -> None:
    token = await new_webhook(door.db, Vault("a key of one's own"), door.teller.id)
    assert len(token) >= 40
    assert await door.intake.knows(token) == door.teller
    assert await door.intake.knows(token + "x") is None
    for path in data_dir.rglob("*"):
        assert token.encode() not in path.read_bytes()
