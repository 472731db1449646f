"""Everybody hears their own, whoever was away hears it later, and a stream ends when it must."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from typing import Any

import pytest

from collectarr.errors import ThrottledError
from collectarr.live import KEPT, MOST_STREAMS, QUEUE, Live, LiveEvent

Queue = asyncio.Queue[LiveEvent | None]
ANNA, BEN = 1, 2


def heard(queue: Queue) -> list[Any]:
    """The numbers that wait in a queue; None where the stream ends."""
    found = []
    while not queue.empty():
        event = queue.get_nowait()
        found.append(event and event.data["n"])
    return found


def tell(live: Live, user: int | None, *numbers: int) -> None:
    for n in numbers:
        live.publish(user, "run", {"n": n})


async def test_everybody_hears_their_own_and_what_is_for_all() -> None:
    live = Live()
    async with live.listen(ANNA, "a") as hers, live.listen(BEN, "b") as his:
        tell(live, ANNA, 1)
        tell(live, BEN, 2)
        tell(live, None, 3)

        assert (heard(hers), heard(his)) == ([1, 3], [2, 3])


async def test_whoever_comes_back_hears_what_was_missed_and_nothing_of_others() -> None:
    live = Live()
    async with live.listen(ANNA, "a") as hers:
        tell(live, ANNA, 1)
        last = hers.get_nowait()
    assert last is not None
    tell(live, ANNA, 2)
    tell(live, BEN, 3)
    tell(live, None, 4)

    async with live.listen(ANNA, "a", last.id) as hers:
        tell(live, ANNA, 5)
        assert heard(hers) == [2, 4, 5]


async def test_whoever_is_new_hears_nothing_old() -> None:
    live = Live()
    tell(live, ANNA, 1)

    async with live.listen(ANNA, "a") as hers:
        assert heard(hers) == []


async def test_ids_go_on_growing_over_a_restart() -> None:
    before = Live()
    async with before.listen(ANNA, "a") as hers:
        tell(before, ANNA, 1, 2)
        hers.get_nowait()
        last = hers.get_nowait()
    assert last is not None
    while time.time_ns() // 1_000_000 <= last.id:
        await asyncio.sleep(0.001)
    after = Live()
    tell(after, ANNA, 1)

    async with after.listen(ANNA, "a", last.id) as hers:
        assert heard(hers) == [1]


async def test_a_slow_listener_loses_the_oldest_and_holds_up_nobody() -> None:
    live = Live()
    async with live.listen(ANNA, "slow") as slow, live.listen(ANNA, "quick") as quick:
        got = []
        for n in range(QUEUE * 3):
            tell(live, ANNA, n)
            got += heard(quick)

        assert got == list(range(QUEUE * 3))
        assert heard(slow) == list(range(QUEUE * 2, QUEUE * 3))


async def test_what_is_kept_for_later_is_bounded() -> None:
    live = Live()
    tell(live, ANNA, *range(KEPT * 3))

    async with live.listen(ANNA, "a", 1) as hers:
        assert heard(hers) == list(range(KEPT * 3))[-QUEUE:]


async def test_closing_ends_every_stream_and_those_that_come_later() -> None:
    live = Live()
    async with live.listen(ANNA, "a") as hers, live.listen(BEN, "b") as his:
        tell(live, ANNA, 1)
        live.close()
        tell(live, None, 2)

        assert (heard(hers), heard(his)) == ([None], [None])
    async with live.listen(ANNA, "a", 1) as late:
        assert heard(late) == [None]


async def test_a_revoked_session_ends_its_own_streams_only() -> None:
    live = Live()
    async with (
        live.listen(ANNA, "old") as one,
        live.listen(ANNA, "old") as two,
        live.listen(ANNA, "new") as other,
    ):
        live.end_session("old")
        live.end_session("unknown")
        tell(live, ANNA, 1)

        assert (heard(one), heard(two), heard(other)) == ([None], [None], [1])


async def test_no_flood_pushes_the_end_out_of_a_queue() -> None:
    live = Live()
    async with live.listen(ANNA, "old") as hers:
        live.end_session("old")
        tell(live, ANNA, *range(QUEUE * 2))

        assert heard(hers) == [None]


async def test_ending_while_streams_end_themselves_does_no_harm() -> None:
    live = Live()
    async with live.listen(ANNA, "a"):
        live.end_session("a")
        live.close()
        live.close()
    live.end_session("a")


async def test_whoever_left_is_forgotten() -> None:
    live = Live()
    async with live.listen(ANNA, "a") as hers:
        pass
    tell(live, ANNA, 1)

    assert heard(hers) == []


async def test_one_user_has_so_many_streams_and_no_more() -> None:
    live, gone = Live(), set[int]()
    async with AsyncExitStack() as stack:
        queues = [
            await stack.enter_async_context(live.listen(ANNA, "a", 0, lambda n=n: n in gone))  # type: ignore[misc]
            for n in range(MOST_STREAMS)
        ]
        with pytest.raises(ThrottledError, match=str(MOST_STREAMS)):
            await stack.enter_async_context(live.listen(ANNA, "b"))
        await stack.enter_async_context(live.listen(BEN, "c"))

        gone.add(3)
        await stack.enter_async_context(live.listen(ANNA, "b"))
        tell(live, ANNA, 1)

        assert [heard(queue) for queue in queues] == [
            [None] if n in gone else [1] for n in range(MOST_STREAMS)
        ]
    async with live.listen(ANNA, "a") as hers:
        tell(live, ANNA, 2)
        assert heard(hers) == [2]


def test_an_event_is_written_as_one_block_whatever_is_in_it() -> None:
    text = LiveEvent(7, ANNA, "run", {"message": "Größe\n\nid: 9"}).encode().decode()

    lines = text.splitlines()
    assert lines[:2] == ["id: 7", "event: run"]
    assert json.loads(lines[2].removeprefix("data: ")) == {"message": "Größe\n\nid: 9"}
    assert lines[3:] == [""]
    assert text.endswith("\n\n")
