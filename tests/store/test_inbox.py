"""What waits to be looked at: each item once, only so many, and nothing named twice is lost."""

from datetime import timedelta

import pytest

from collectarr.models import utc_now
from collectarr.store import inbox, servers
from collectarr.store.db import Database
from collectarr.store.heard import heard_of, record_heard
from collectarr.store.inbox import Arrival, Due
from collectarr.store.servers import Server
from collectarr.store.users import User
from tests.stored import server_of


@pytest.fixture
async def den(db: Database, anna: User) -> Server:
    return await server_of(db, anna)


def _arrival(item_id: str | None, kind: str = "added", server_id: int = 1) -> Arrival:
    return Arrival(server_id, item_id, kind, "webhook", "Movie")


async def _waiting(db: Database, server: Server) -> list[str]:
    return [one.item_id for one in await inbox.take(db, server.id)]


async def test_an_item_waits_once_and_as_it_was_named_last(db: Database, den: Server) -> None:
    assert (
        await inbox.put(db, [_arrival("7"), _arrival("8"), _arrival("7", "removed")]) == [True] * 3
    )
    await inbox.put(db, [_arrival("8", "updated")])
    found = {one.item_id: one.kind for one in await inbox.take(db, den.id)}
    assert found == {"7": "removed", "8": "updated"}


async def test_what_is_taken_stays_until_it_is_done(db: Database, den: Server) -> None:
    await inbox.put(db, [_arrival("7")])
    (first,) = await inbox.take(db, den.id)
    assert await inbox.take(db, den.id) == [first]
    assert await inbox.servers_with_work(db) == [den.id]
    await inbox.done(db, [first.id])
    assert await inbox.take(db, den.id) == []
    assert await inbox.servers_with_work(db) == []


async def test_an_item_named_again_while_it_is_worked_on_waits_on(
    db: Database, den: Server
) -> None:
    await inbox.put(db, [_arrival("7")])
    (first,) = await inbox.take(db, den.id)
    await inbox.put(db, [_arrival("7")])
    await inbox.done(db, [first.id])
    (second,) = await inbox.take(db, den.id)
    assert second.received_at == first.received_at, "how long it took is counted from the first"


async def test_an_item_without_ids_is_read_again_later(db: Database, den: Server) -> None:
    await inbox.put(db, [_arrival("7")])
    (first,) = await inbox.take(db, den.id)
    due_at = utc_now() + timedelta(hours=1)
    await inbox.later(db, [first.id], due_at)
    assert await inbox.take(db, den.id) == []
    found = await inbox.next_due(db, den.id)
    assert found is not None
    assert abs(found - due_at) < timedelta(milliseconds=2)
    await inbox.later(db, [first.id], utc_now() - timedelta(hours=1))
    (again,) = await inbox.take(db, den.id)
    assert again.tries == 2


async def test_beyond_so_many_one_read_stands_for_the_rest(db: Database, den: Server) -> None:
    await inbox.put(db, [_arrival("1"), _arrival("2")])
    kept = await inbox.put(db, [_arrival(str(number)) for number in range(1, 6)], most=3)
    assert kept == [True, True, True, False, False]
    assert await _waiting(db, den) == ["1", "2", "3"]
    due = await inbox.due(db, den.id)
    assert due.delta is not None
    assert due.sweep is None


async def test_removals_that_found_no_room_ask_for_a_sweep(db: Database, den: Server) -> None:
    await inbox.put(db, [_arrival("1", "removed")], most=0)
    due = await inbox.due(db, den.id)
    assert due.sweep == due.delta
    assert due.sweep is not None


async def test_a_read_settles_what_was_due_before_it_and_no_more(db: Database, den: Server) -> None:
    before = utc_now()
    await inbox.mark_due(db, den.id, sweep=True)
    await inbox.read_since(db, den.id, before, swept=True)
    assert (await inbox.due(db, den.id)).delta is not None, "it began before"
    after = utc_now() + timedelta(seconds=1)
    await inbox.read_since(db, den.id, after, swept=False)
    due = await inbox.due(db, den.id)
    assert (due.delta, due.sweep is None) == (None, False), "a delta read finds no removals"
    await inbox.read_since(db, den.id, after, swept=True)
    assert await inbox.due(db, den.id) == Due()
    known = await heard_of(db, den.id)
    assert known.delta_at is not None


async def test_an_event_without_an_item_asks_for_a_look_at_all(db: Database, den: Server) -> None:
    assert await inbox.put(db, [_arrival(None, "scan")]) == [False]
    assert (await inbox.due(db, den.id)).delta is not None
    assert await inbox.servers_with_work(db) == [den.id]


async def test_a_server_that_is_gone_takes_nothing_and_leaves_nothing(
    db: Database, anna: User, den: Server
) -> None:
    other = await server_of(db, anna, "other")
    await inbox.put(db, [_arrival("7", server_id=den.id)])
    await servers.delete_server(db, den.id)
    arrivals = [_arrival("7", server_id=den.id), _arrival("7", server_id=other.id)]
    assert await inbox.put(db, arrivals) == [False, True]
    assert await inbox.servers_with_work(db) == [other.id]


async def test_it_is_known_by_which_way_a_server_was_heard_last(db: Database, den: Server) -> None:
    assert (await heard_of(db, den.id)).last is None
    await record_heard(db, den.id, "webhook")
    await record_heard(db, den.id, "socket")
    await inbox.put(db, [_arrival("7")])
    known = await heard_of(db, den.id)
    assert known.last == known.socket
    assert (known.polling, known.waiting) == (None, 1)
    assert known.webhook is not None
