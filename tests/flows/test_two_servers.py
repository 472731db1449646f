"""One of two servers fails, in every way there is: the other gets all that is due to it, the run
says what is missing and why, and the next run completes it. One pair of worlds for all of them.
"""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from collectarr.models import RunStatus
from collectarr.store.runs import Run
from tests.flows.pair import ALL, HELD, House, Pair, pair_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def both(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    async with pair_of(tmp_path_factory.mktemp("pair")) as pair:
        yield pair


@pytest_asyncio.fixture(loop_scope="module")
async def pair(both: Pair) -> AsyncIterator[Pair]:
    yield both
    await both.end()


DOWN, ANOTHER = "down", "another server"
READING: dict[str, tuple[str, dict[str, Any], str]] = {
    DOWN: ("den", {}, "Nothing answers at 127.0.0.1:"),
    "401": ("cabin", {"status": 401}, "The API key is not accepted by"),
    "403": ("den", {"status": 403, "body": "Not for you"}, "HTTP 403: Not for you"),
    "500": ("cabin", {"status": 500, "body": "Object reference"}, "HTTP 500: Object reference"),
    "a page": ("den", {"status": 200, "body": "<p>Hi</p>"}, "text/html where data was expected"),
    "slow": ("cabin", {"delay": 0.9}, "did not answer in time"),
    "cut": ("den", {"cut": True}, "broke off in the middle of an answer"),
    ANOTHER: ("cabin", {}, "Another Emby server answers at the address of"),
}
ITEMS, CREATE, LOOK = r"/Collections/\w+/Items$", r"/Collections$", r"/Items/\w+$"
FAILS, DONE, CUT = {"status": 500}, {"status": 500, "happens": True}, {"cut": True}
LATE = {"hang": 0.9}
WRITING: dict[str, tuple[str, str, tuple[str, str], dict[str, Any], str]] = {
    "adding": ("den", "adding", ("POST", ITEMS), FAILS, "failed (HTTP 500"),
    "adding, though it did": ("cabin", "keep", ("POST", ITEMS), DONE, "failed (HTTP 500"),
    "removing": ("cabin", "keep", ("DELETE", ITEMS), FAILS, "failed (HTTP 500"),
    "removing, cut off": ("den", "mirror", ("DELETE", ITEMS), CUT, "broke off"),
    "creating": ("den", "new", ("POST", CREATE), FAILS, "failed (HTTP 500"),
    "creating, cut off": ("cabin", "new", ("POST", CREATE), CUT, ""),
    "creating, too late": ("den", "new", ("POST", CREATE), LATE, ""),
    "describing": ("cabin", "look", ("POST", LOOK), {"status": 403}, "HTTP 403"),
    "describing, cut off": ("den", "look", ("POST", LOOK), CUT, "broke off"),
    "picturing": ("den", "look", ("POST", "/Images/"), FAILS, "HTTP 500"),
}


async def fall_ill(pair: Pair, house: House, way: str, fault: dict[str, Any]) -> None:
    if way == DOWN:
        await house.shut()
    elif way == ANOTHER:
        house.emby.core.state.server_id = "f" * 32
    else:
        house.emby.fail(**{"path": "", **fault}, times=None)


def houses(pair: Pair, ill: str) -> tuple[House, House]:
    return (pair.den, pair.cabin) if ill == "den" else (pair.cabin, pair.den)


@pytest.mark.parametrize("way", READING)
async def test_what_cannot_be_read_stays_as_it_is_and_holds_up_nobody(pair: Pair, way: str) -> None:
    who, fault, words = READING[way]
    ill, well = houses(pair, who)
    await pair.begin(*(() if way == DOWN else ("keep", "new", "still")))
    uid, patience = ill.emby.server_id, pair.world.outside.read_seconds
    before = ill.held(), ill.looks()
    await fall_ill(pair, ill, way, fault)
    pair.world.outside.read_seconds = 0.4 if way == "slow" else patience
    await pair.happen()
    changed = ill.held(), ill.looks()
    run = await pair.sync()
    await says(pair, run, ill, words)
    assert (ill.held(), ill.looks()) == changed != before
    assert run.requests[str(ill.id)]["writes"] == 0
    assert {server for _, server, *_ in await pair.told(run)} == {well.id}
    is_right(pair, well, run)
    if way == DOWN:
        await ill.open()
    ill.emby.core.state.server_id, pair.world.outside.read_seconds = uid, patience
    await recovers(pair, ill, run)


async def says(pair: Pair, run: Run, ill: House, words: str) -> None:
    assert (run.status, words in (run.message or "")) == (RunStatus.PARTIAL, True), run.message
    assert f" {ill.name}: " in (run.message or "")
    for what, part in (await pair.parts(run)).items():
        told = part.message or ""
        expected = RunStatus.HELD if what in HELD else RunStatus.PARTIAL
        assert (part.status, f"{ill.name}: " in told, words in told) == (expected, True, True), told


def is_right(pair: Pair, house: House, run: Run) -> None:
    assert house.held() == pair.after(house)
    assert house.looks().items() >= pair.looks_after().items()
    assert run.requests[str(house.id)] == house.counted()


async def recovers(pair: Pair, ill: House, first: Run) -> None:
    """It has nothing twice, nobody else is written to, and each change is told once."""
    ill.emby.clear_faults()
    run = await pair.sync()
    waits = RunStatus.HELD if HELD & pair.cast else RunStatus.SUCCESS
    assert run.status is waits, run.message
    for what, part in (await pair.parts(run)).items():
        assert (part.status is RunStatus.HELD) == (what in HELD), (what, part.message)
    for house in pair.houses:
        is_right(pair, house, run)
        assert house is ill or house.counted()["writes"] == 0
    assert Counter(await pair.told(first, run)) == pair.due()
    if pair.cast != frozenset(ALL):
        return
    await pair.sync()
    assert [house.counted()["writes"] for house in pair.houses] == [0, 0]


@pytest.mark.parametrize("way", WRITING)
async def test_a_write_that_fails_fails_alone_and_is_made_up_for(pair: Pair, way: str) -> None:
    who, acting, (method, path), fault, words = WRITING[way]
    ill, well = houses(pair, who)
    await pair.begin(acting, "still")
    await pair.happen()
    before, patience = ill.held(), pair.world.outside.write_seconds
    ill.emby.fail(path, method=method, **fault, times=None)
    pair.world.outside.write_seconds = 0.6 if "hang" in fault else patience
    run = await pair.sync()
    pair.world.outside.write_seconds = patience
    is_right(pair, well, run)
    assert run.requests[str(ill.id)] == ill.counted()
    nothing_is_lost(pair, ill, before)
    part = (await pair.parts(run))[acting]
    status = RunStatus.PARTIAL if words else RunStatus.SUCCESS
    assert (part.status, run.status, words in (part.message or "")) == (status, status, True), part
    assert not words or ill.name in (part.message or "")
    await recovers(pair, ill, run)


async def test_what_could_not_be_looked_at_again_is_said_and_looked_at_by_the_next_run(
    pair: Pair,
) -> None:
    await pair.begin("keep", "still")
    await pair.happen()
    # The list of all of them, not one that is asked for by its id.
    every = r"^(?!.*\bIds=).*IncludeItemTypes=BoxSet"
    ill, boxes = pair.den, {"path": "/Items$", "query": every}
    ill.emby.fail(**boxes, times=1)
    ill.emby.fail(**boxes, status=500, times=None)
    run = await pair.sync()
    parts = await pair.parts(run)
    statuses = run.status, parts["keep"].status, parts["still"].status
    assert statuses == (RunStatus.PARTIAL, RunStatus.PARTIAL, RunStatus.SUCCESS), run.message
    assert "Den: what was written there could not be looked at" in (parts["keep"].message or "")
    for house in pair.houses:
        is_right(pair, house, run)
    await recovers(pair, ill, run)


async def test_a_server_that_takes_no_writes_at_all_keeps_what_it_has(pair: Pair) -> None:
    ill, well = pair.cabin, pair.den
    await pair.begin()
    await pair.happen()
    before = ill.held(), ill.looks()
    for method in ("POST", "DELETE"):
        ill.emby.fail(method=method, status=401, times=None)
    run = await pair.sync()
    assert run.status is RunStatus.PARTIAL, run.message
    is_right(pair, well, run)
    assert run.requests[str(ill.id)] == ill.counted()
    assert (ill.held(), ill.looks()) == before
    await recovers(pair, ill, run)


def nothing_is_lost(pair: Pair, house: House, before: dict[str, frozenset[str]]) -> None:
    """Each box set is somewhere between what it was and what it is to be."""
    after, now = pair.after(house), house.held()
    for name, titles in now.items():
        old, new = before.get(name, frozenset()), after.get(name, frozenset())
        assert old & new <= titles <= old | new, name
