"""Lists are read once each, by whoever may, and one in trouble holds up no other."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from collectarr.errors import CancelledRunError
from collectarr.settings import Settings
from collectarr.store.lists import get_lists, load_list_items
from collectarr.store.manual import add_manual_list
from collectarr.store.source_accounts import find_account, mark_account
from collectarr.sync.lists import refresh_lists
from tests.stored import collection_of
from tests.sync.place import Place, open_place, refused, snapshot_of


@pytest.fixture
async def place(settings: Settings) -> AsyncIterator[Place]:
    async with open_place(settings) as found:
        yield found


@pytest.mark.parametrize("code", ["key", "reconnect", "key_needed", "quota", "client", "locked"])
async def test_a_shared_list_is_read_with_the_key_of_the_next_user(place: Place, code: str) -> None:
    shared = snapshot_of("mdblist", "films")
    hers, his = await place.takes(place.anna, shared), await place.takes(place.ben, shared)
    place.one.trouble["hers"] = refused(code)
    lists = await place.refresh(hers, his)
    assert place.one.read_by == [("films", "hers"), ("films", "his")]
    assert lists.problems == {}
    assert (await place.stored(hers)).state == "ok"


async def test_in_the_end_a_list_is_read_without_any_key(place: Place) -> None:
    hers = await place.takes(place.anna, snapshot_of("mdblist", "films"))
    place.one.trouble["hers"] = refused("key")
    lists = await place.refresh(hers)
    assert place.one.read_by == [("films", "hers"), ("films", None)]
    assert lists.problems == {}


async def test_what_is_told_is_the_most_telling_of_all_troubles(place: Place) -> None:
    shared = snapshot_of("mdblist", "films")
    hers, his = await place.takes(place.anna, shared), await place.takes(place.ben, shared)
    place.one.trouble |= {
        "hers": refused("quota", "Hers is used up."),
        "his": refused("key", "His key is bad."),
        None: refused("key_needed", "Only with a key."),
    }
    lists = await place.refresh(hers, his)
    assert [words for words in lists.problems.values() if "His key is bad." in words]
    assert (await place.stored(hers)).state == "failing"


async def test_a_source_that_is_down_is_not_asked_again_for_the_next_user(place: Place) -> None:
    shared = snapshot_of("mdblist", "films")
    hers, his = await place.takes(place.anna, shared), await place.takes(place.ben, shared)
    place.one.trouble["films"] = refused("down", "It is down.")
    await place.refresh(hers, his)
    assert place.one.read_by == [("films", "hers")]


async def test_an_unchanged_list_costs_one_question_and_no_reading(place: Place) -> None:
    hers = await place.takes(place.anna, *(snapshot_of("mdblist", f"{n}") for n in range(9)))
    await place.refresh(hers)
    place.one.read_by.clear()
    lists = await place.refresh(hers)
    assert (place.one.read_by, place.one.asked_for_changes) == ([], ["hers"])
    assert lists.problems == {}


async def test_a_list_in_doubt_is_read_though_it_did_not_change(place: Place) -> None:
    short = replace(snapshot_of("mdblist", "films"), short_by=2)
    hers = await place.takes(place.anna, short)
    lists = await place.refresh(hers)
    assert "promised 5 titles and gave 3" in " ".join(lists.problems.values())
    assert (await place.stored(hers)).item_count == 3, "there was nothing to lose"
    place.one.lists["films"] = snapshot_of("mdblist", "films")
    await place.refresh(hers)
    assert len(place.one.read_by) == 2
    assert (await place.stored(hers)).error is None


async def test_what_changed_is_asked_with_the_next_users_key_where_one_is_bad(
    place: Place,
) -> None:
    shared = snapshot_of("mdblist", "films")
    hers, his = await place.takes(place.anna, shared), await place.takes(place.ben, shared)
    await place.refresh(hers, his)
    place.one.trouble["hers"] = refused("key")
    place.one.read_by.clear()
    await place.refresh(hers, his)
    assert (place.one.read_by, place.one.asked_for_changes) == ([], ["hers", "his"])


async def test_a_source_that_does_not_answer_holds_up_no_other(place: Place) -> None:
    slow, fast = snapshot_of("mdblist", "slow"), snapshot_of("trakt", "fast")
    hers = await place.takes(place.anna, slow, fast)
    place.one.gates["slow"] = asyncio.Event()
    place.two.gates["fast"] = asyncio.Event()
    place.two.gates["fast"].set()
    async with asyncio.timeout(30):
        task = asyncio.create_task(place.refresh(hers))
        while not (await place.stored(hers, 1)).snapshot:
            await asyncio.sleep(0.01)
        assert not (await place.stored(hers, 0)).snapshot
        place.one.gates["slow"].set()
        await task
    assert (await place.stored(hers, 0)).snapshot == 1


async def test_four_lists_of_a_source_are_read_at_once(place: Place) -> None:
    names = [f"{n}" for n in range(12)]
    hers = await place.takes(place.anna, *(snapshot_of("mdblist", name) for name in names))
    place.one.gates = dict.fromkeys(names, asyncio.Event())
    task = asyncio.create_task(place.refresh(hers))
    async with asyncio.timeout(30):
        while place.one.now < 4:
            await asyncio.sleep(0)
        place.one.gates["0"].set()
        await task
    assert len(place.one.read_by) == 12
    assert place.one.most == 4


async def test_troubles_are_told_in_the_order_of_the_lists(place: Place) -> None:
    names = [f"{n}" for n in range(4)]
    hers = await place.takes(place.anna, *(snapshot_of("mdblist", name) for name in names))
    place.one.gates = {name: asyncio.Event() for name in names}
    place.one.trouble |= {name: refused("down", f"Down: {name}.") for name in names}
    task = asyncio.create_task(place.refresh(hers))
    async with asyncio.timeout(30):
        while place.one.now < len(names):
            await asyncio.sleep(0)
    for name in reversed(names):
        place.one.gates[name].set()
        await asyncio.sleep(0)
    await task
    told = [words for words in await place.logged() if "Down" in words]
    assert [words.partition("Down: ")[2][0] for words in told] == names


async def test_a_cancelled_run_ends_whatever_its_sources_do(place: Place) -> None:
    hers = await place.takes(place.anna, snapshot_of("mdblist", "slow"))
    place.one.gates["slow"] = asyncio.Event()
    report = await place.report()
    task = asyncio.create_task(refresh_lists(place.db, place.outside, report, [hers]))
    async with asyncio.timeout(30):
        while not place.one.now:
            await asyncio.sleep(0)
        report.cancelled.set()
        with pytest.raises(CancelledRunError):
            await task
    assert place.one.now == 0
    assert not place.outside.reading((await place.stored(hers)).id).locked()


async def test_a_mistake_of_ours_is_not_hidden_in_a_group(place: Place) -> None:
    hers = await place.takes(place.anna, snapshot_of("mdblist", "odd"))
    place.one.trouble["odd"] = ZeroDivisionError("ours")
    with pytest.raises(ZeroDivisionError):
        await place.refresh(hers)


async def test_lists_kept_by_hand_are_nobodys_to_read(place: Place) -> None:
    list_id = await add_manual_list(place.db, place.anna.id, "By hand")
    stored = (await get_lists(place.db, [list_id]))[list_id]
    hers = await collection_of(place.db, place.anna, stored)
    lists = await place.refresh(hers, forced=True)
    assert (place.one.read_by, place.two.read_by) == ([], [])
    assert not lists.never_read(lists.collections[0])
    assert lists.problems == {}


async def test_a_source_that_is_not_here_any_more_is_said_and_loses_nothing(place: Place) -> None:
    hers = await place.takes(place.anna, snapshot_of("trakt", "films"))
    await place.refresh(hers)
    place.outside.sources = {"mdblist": place.one}  # type: ignore[dict-item]
    lists = await place.refresh(hers, forced=True)
    assert "no source called trakt" in " ".join(lists.problems.values())
    assert len(await load_list_items(place.db, (await place.stored(hers)).id)) == 3


async def test_an_account_that_is_lost_is_not_asked_with_and_says_what_to_do(place: Place) -> None:
    own = snapshot_of("trakt", "watchlist", public=False)
    hers = await place.takes(place.anna, own)
    await place.refresh(hers)
    place.two.read_by.clear()
    await mark_account(place.db, place.anna.id, "trakt", "Connect Trakt again.", lost=True)
    place.two.trouble[None] = refused("key_needed")
    lists = await place.refresh(hers, forced=True)
    assert [by for by in place.two.read_by if by[1]] == []
    assert "Connect Trakt again." in " ".join(lists.problems.values())
    assert (await place.stored(hers)).item_count == 3


async def test_the_private_list_of_another_account_is_not_taken_for_ones_own(place: Place) -> None:
    own = snapshot_of("trakt", "watchlist", public=False, owner="anna")
    hers = await place.takes(place.anna, own)
    await place.refresh(hers)
    place.two.lists["watchlist"] = snapshot_of(
        "trakt", "watchlist", 5, public=False, owner="somebody"
    )
    lists = await place.refresh(hers)
    assert "that is connected is that of somebody" in " ".join(lists.problems.values())
    stored = await place.stored(hers)
    assert (stored.item_count, stored.came, stored.state) == (3, 5, "failing")


async def test_a_good_reading_and_a_bad_key_are_kept_with_the_account(place: Place) -> None:
    hers = await place.takes(place.anna, snapshot_of("mdblist", "films"))
    await place.refresh(hers)
    account = await find_account(place.db, place.anna.id, "mdblist")
    assert account is not None
    assert account.read_at is not None
    place.one.trouble["hers"] = refused("key", "A bad key.")
    await place.refresh(hers, forced=True)
    account = await find_account(place.db, place.anna.id, "mdblist")
    assert account is not None
    assert account.error == "A bad key."


async def test_a_used_up_quota_is_not_asked_again_but_for_a_list_never_read(place: Place) -> None:
    read, never = snapshot_of("mdblist", "read"), snapshot_of("mdblist", "never")
    hers, more = await place.takes(place.anna, read), await place.takes(place.anna, never)
    await place.refresh(hers)
    place.one.lists["read"] = snapshot_of("mdblist", "read", 4)
    place.one.trouble["hers"] = refused("quota", "Used up until 00:00 UTC.")
    place.one.read_by.clear()
    lists = await place.refresh(hers)
    assert place.one.read_by == [], "the question what changed was refused already"
    assert "Used up until 00:00 UTC." in " ".join(lists.problems.values())
    await place.refresh(more)
    assert place.one.read_by == [("never", None)]
    place.one.read_by.clear()
    place.one.trouble.clear()
    fresh = await place.takes(place.anna, snapshot_of("mdblist", "fresh"))
    await place.refresh(fresh, forced=True)
    assert place.one.read_by == [("fresh", None)], "not even by a person who refreshes"


async def test_a_reading_that_meets_the_end_of_a_quota_is_the_last_one(place: Place) -> None:
    names = [f"{n}" for n in range(3)]
    hers = await place.takes(place.anna, *(snapshot_of("mdblist", name) for name in names))
    place.one.trouble |= {"hers": refused("quota"), None: refused("key_needed")}
    await place.refresh(hers)
    account = await find_account(place.db, place.anna.id, "mdblist")
    assert account is not None
    assert (account.quota_left, account.quota_resets_at is not None) == (0, True)
    place.one.read_by.clear()
    await place.refresh(hers)
    assert {key for _, key in place.one.read_by} == {None}


async def test_what_an_account_has_left_is_kept_after_a_reading(place: Place) -> None:
    hers = await place.takes(place.anna, snapshot_of("mdblist", "films"))
    place.one.left = {"hers": 41}
    await place.refresh(hers)
    account = await find_account(place.db, place.anna.id, "mdblist")
    assert account is not None
    assert account.quota_left == 41


async def test_a_list_that_lost_titles_under_the_same_mark_of_change_is_suspicious(
    place: Place,
) -> None:
    hers = await place.takes(place.anna, snapshot_of("mdblist", "films", 10, version="v"))
    await place.refresh(hers)
    place.one.lists["films"] = snapshot_of("mdblist", "films", 8, version="v")
    for _ in range(2):
        lists = await place.refresh(hers, forced=True)
        assert "did not change" in lists.suspicions_of(hers)[0]
    place.one.lists["films"] = snapshot_of("mdblist", "films", 8, version="v2")
    assert (await place.refresh(hers, forced=True)).suspicions_of(hers) == []


async def test_a_list_in_parts_that_is_shorter_without_an_account_is_suspicious(
    place: Place,
) -> None:
    known = snapshot_of("mdblist", "films", 10, source_id="1+2")
    hers = await place.takes(place.anna, known)
    await place.refresh(hers)
    place.one.lists["films"] = snapshot_of("mdblist", "films", 8)
    lists = await place.refresh(hers, forced=True)
    assert "private" in lists.suspicions_of(hers)[0]
