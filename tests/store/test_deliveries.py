"""What people see of the events: the last ones, what became of them, how long it took, and the
address that they came to.
"""

import pytest

from collectarr.errors import NotFoundError
from collectarr.store import delays, deliveries, webhooks
from collectarr.store.db import Database
from collectarr.store.deliveries import KEPT, NewDelivery
from collectarr.store.servers import Server
from collectarr.store.users import User
from collectarr.store.webhooks import Teller
from tests.stored import server_of


@pytest.fixture
async def den(db: Database, anna: User) -> Server:
    return await server_of(db, anna)


async def _add(db: Database, *fresh: NewDelivery) -> None:
    async with db.write() as tx:
        await deliveries.add_in(tx, fresh)


def _delivery(number: int, server_id: int = 1) -> NewDelivery:
    return NewDelivery(server_id, "webhook", "library.new", "waiting", str(number), f"F {number}")


async def test_only_the_last_of_each_server_are_kept(db: Database, anna: User, den: Server) -> None:
    other = await server_of(db, anna, "other")
    await _add(db, _delivery(1, other.id))
    for begin in (1, 31):
        await _add(db, *(_delivery(number) for number in range(begin, begin + 30)))
    await _add(db, *(_delivery(number) for number in range(61, 200)))
    found = await deliveries.list_deliveries(db, den.id)
    assert [row.item_id for row in found] == [str(number) for number in range(199, 199 - KEPT, -1)]
    assert len(await deliveries.list_deliveries(db, other.id)) == 1


async def test_what_waited_is_settled_once(db: Database, den: Server) -> None:
    await _add(db, _delivery(1), _delivery(2), _delivery(3))
    await deliveries.settle(db, den.id, ["1", "3"], "applied", "Added to Films.")
    await deliveries.settle(db, den.id, ["1"], "seen", "Nothing had to change.")
    found = {row.item_id: row for row in await deliveries.list_deliveries(db, den.id)}
    assert [found[x].outcome for x in ("1", "2", "3")] == ["applied", "waiting", "applied"]
    assert found["1"].said == "Added to Films."
    assert found["1"].settled_at is not None
    assert found["2"].settled_at is None


async def test_a_server_that_is_gone_has_none(db: Database) -> None:
    await _add(db, _delivery(1, 99))
    assert await deliveries.list_deliveries(db, 99) == []


async def test_delays_are_counted_in_steps(db: Database, den: Server) -> None:
    for seconds in (0.1, 0.25, 0.26, 3, 1000):
        await delays.record_delay(db, den.id, seconds)
    await delays.record_delay(db, 99, 1)
    found = dict(await delays.delays_of(db, den.id))
    assert {step: times for step, times in found.items() if times} == {
        250: 2,
        500: 1,
        5_000: 1,
        delays.LONGER: 1,
    }
    assert list(found) == [*delays.STEPS, delays.LONGER]


async def test_an_address_is_found_by_its_hash_until_there_is_another(
    db: Database, den: Server
) -> None:
    assert await webhooks.webhook_of(db, den.id) is None
    await webhooks.keep_webhook(db, den.id, hashed="h1", token="sealed")
    assert await webhooks.find_teller(db, "h1") == Teller(den.id, den.user_id, den.uid)
    await webhooks.keep_webhook(db, den.id, hashed="h2", token="sealed 2")
    assert await webhooks.find_teller(db, "h1") is None
    kept = await webhooks.webhook_of(db, den.id)
    assert kept is not None
    assert kept.token == "sealed 2"
    assert await webhooks.drop_webhook(db, den.id)
    assert not await webhooks.drop_webhook(db, den.id)
    assert await webhooks.find_teller(db, "h2") is None
    with pytest.raises(NotFoundError):
        await webhooks.keep_webhook(db, 99, hashed="h3", token="sealed")
