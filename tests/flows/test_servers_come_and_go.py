"""Servers that are removed and added while all collections are synced."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from collectarr.models import RunStatus, Trigger
from collectarr.store import servers, targets
from collectarr.store.runs import Run, get_run
from collectarr.sync.bridge import Bridge
from collectarr.sync.collection import start_sync_all
from collectarr.sync.connect import forget_server
from tests.flows.pair import House, Pair, pair_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def both(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    async with pair_of(tmp_path_factory.mktemp("pair")) as pair:
        yield pair


@pytest_asyncio.fixture(loop_scope="module")
async def pair(both: Pair) -> AsyncIterator[Pair]:
    yield both
    await both.end()


async def remove(pair: Pair, house: House) -> None:
    server = await servers.get_server(pair.world.db, pair.world.user.id, house.id)
    world = pair.world
    bridge = Bridge(world.db, world.vault, world.outside, None)
    await forget_server(world.db, world.outside, bridge, server)


async def begun(pair: Pair, house: House, method: str, path: str, **fault: Any) -> Run:
    """A run of everything that waits for an answer of `house` to such a request."""
    world = pair.world
    for each in pair.houses:
        each.emby.clear_requests()
    house.emby.fail(path, method=method, delay=0.4, **fault)
    run = await start_sync_all(world.db, world.outside, world.runner, world.user.id, Trigger.MANUAL)
    assert run is not None
    while not any(
        row["method"] == method and re.search(path, row["path"]) for row in house.emby.requests
    ):
        assert (await get_run(world.db, world.user.id, run.id)).finished_at is None
        await asyncio.sleep(0.01)
    return run


MOMENTS = {
    "reading": ("GET", "/Items$"),
    "creating": ("POST", "/Collections$"),
    "adding": ("POST", r"/Collections/\w+/Items$"),
    "removing": ("DELETE", r"/Collections/\w+/Items$"),
    "describing": ("POST", r"/Items/\w+$"),
    "picturing": ("POST", "/Images/"),
}


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_server_removed_in_the_middle_of_a_run_stops_only_itself(
    pair: Pair, moment: str
) -> None:
    await pair.begin("keep", "look", "new")
    await pair.happen()
    run = await begun(pair, pair.cabin, *MOMENTS[moment])
    await remove(pair, pair.cabin)
    run = await pair.world.ended(run)
    pair.cabin.server = await pair.world.connect(pair.cabin.url)
    assert run.status in (RunStatus.SUCCESS, RunStatus.PARTIAL), run.message
    parts = await pair.parts(run)
    assert {what: part.status for what, part in parts.items()} == dict.fromkeys(
        pair.cast, RunStatus.SUCCESS
    )
    assert all(part.finished_at for part in parts.values())
    assert pair.den.held() == pair.after(pair.den)
    log = await pair.world.db.rows("SELECT message FROM run_log WHERE run_id = ?", run.id)
    assert any("taken away while this ran" in row["message"] for row in log)


async def test_a_server_added_in_the_middle_of_a_run_is_the_next_ones(pair: Pair) -> None:
    await remove(pair, pair.cabin)
    await pair.begin("keep", "still")
    await pair.happen()
    run = await begun(pair, pair.den, "GET", "/Items$")
    pair.cabin.server = await pair.world.connect(pair.cabin.url)
    run = await pair.world.ended(run)
    assert run.status is RunStatus.SUCCESS, run.message
    assert (pair.den.held(), pair.cabin.held()) == (pair.after(pair.den), {})
    assert set(run.requests) == {str(pair.den.id)}
    ids = [collection.id for collection in pair.ours.values()]
    found = {target.server_id for target in await targets.load_targets(pair.world.db, ids)}
    assert found == {house.id for house in pair.houses}
    run = await pair.sync()
    assert run.status is RunStatus.SUCCESS, run.message
    assert set(pair.cabin.held()) == set(pair.after(pair.cabin))
    assert pair.den.counted()["writes"] == 0
