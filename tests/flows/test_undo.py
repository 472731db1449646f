"""Taking a run back takes back what that run did, and nothing of later runs and hand edits."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from collectarr.demo.emby import PROFILE_32, PROFILE_49, EmbyProfile
from collectarr.errors import ConflictError
from collectarr.models import RunStatus
from collectarr.store import collections, runs
from collectarr.store.collections import Collection
from collectarr.store.runs import Run
from collectarr.sync.decide import approve
from collectarr.sync.undo import preview_undo, start_undo
from tests.flows.world import World, film, make_world, own

ANCHOR, POOL = 50, range(1, 13)


@pytest.fixture
def profile() -> EmbyProfile:
    return PROFILE_49


@pytest.fixture
async def world(tmp_path: Path, profile: EmbyProfile) -> AsyncIterator[World]:
    async with make_world(tmp_path, profile) as made:
        made.outside.settle_seconds = 0.06
        await made.connect()
        yield made


async def undone(world: World, run: Run) -> Run:
    started = await start_undo(world.db, world.outside, world.runner, world.user.id, run.id)
    ended = await world.ended(started)
    assert ended.undoes == run.id
    return ended


async def paused(world: World, collection: Collection) -> str | None:
    return (await collections.get_collection(world.db, world.user.id, collection.id)).paused


@dataclass
class Naive:
    """Who last put each title in or took it out: the number of a run, or 0 for a hand.

    What a run did is seen in Emby itself, before and after it.
    """

    world: World
    name: str
    collection: Collection
    ids: dict[int, str]
    wanted: set[int] = field(default_factory=set)
    last: dict[int, int] = field(default_factory=dict)
    did: dict[int, tuple[set[int], set[int]]] = field(default_factory=dict)
    by_hand: set[int] = field(default_factory=set)

    def now(self) -> set[int]:
        box = self.world.emby.box_set(self.name)
        there = set() if box is None else set(self.world.emby.members(box.id))
        return {number for number, key in self.ids.items() if key in there}

    def saw(self, run: Run, before: set[int]) -> None:
        after = self.now()
        self.did[run.id] = (after - before, before - after)
        self.last |= dict.fromkeys(after ^ before, run.id)

    async def sync(self) -> None:
        """What is held is approved: then that is the run that took it out."""
        before = self.now()
        run = await self.world.sync(self.collection, forced=True)
        self.saw(run, before)
        if run.status is RunStatus.HELD:
            before = self.now()
            started = await approve(
                self.world.db, self.world.outside, self.world.runner, self.world.user.id, run.id
            )
            run = await self.world.ended(started)
            self.saw(run, before)
        assert run.status is RunStatus.SUCCESS, run.message

    async def edit_list(self, dice: random.Random) -> None:
        self.wanted ^= set(dice.sample(POOL, 3))
        rows = [film(n) for n in sorted(self.wanted)]
        self.world.mdblist.set_items("demo", self.name.lower(), rows)
        await self.sync()

    def edit_by_hand(self, dice: random.Random) -> None:
        """Each title once: a hand that adds and takes out between two looks leaves no trace."""
        number = dice.choice(POOL)
        box = self.world.emby.box_set(self.name)
        if number in self.by_hand or box is None:
            return
        self.by_hand.add(number)
        there = number in self.now()
        change = self.world.emby.hand_remove if there else self.world.emby.hand_add
        change(box.id, self.ids[number])
        self.last[number] = 0

    async def undo(self, dice: random.Random) -> None:
        number = dice.choice(sorted(self.did))
        added, removed = self.did[number]
        before = self.now()
        mine = {n for n in added | removed if self.last[n] == number}
        expected = (before - (mine & added)) | (mine & removed)
        run = await runs.get_run(self.world.db, self.world.user.id, number)
        try:
            self.saw(await undone(self.world, run), before)
        except ConflictError:
            assert expected == before, "it said that nothing is left to take back"
            return
        assert self.now() == expected
        assert await paused(self.world, self.collection)
        await self.sync()
        assert self.now() == expected, "the next plan fought the undo"


@pytest.mark.parametrize(
    ("seed", "profile"), [(1, PROFILE_49), (2, PROFILE_49), (3, PROFILE_49), (4, PROFILE_32)]
)
async def test_any_run_of_a_random_history_can_be_taken_back(world: World, seed: int) -> None:
    dice, name = random.Random(seed), "Films"
    keys = own(world.emby, *(film(n) for n in (*POOL, ANCHOR)))
    ids = dict(zip((*POOL, ANCHOR), keys, strict=True))
    wanted = set(dice.sample(POOL, 6))
    world.mdblist.add_list("demo", name.lower(), name, [film(n) for n in sorted(wanted)])
    naive = Naive(world, name, await world.define(), ids, wanted)
    await naive.sync()
    world.emby.hand_add(world.emby.box_set(name).id, ids[ANCHOR])
    for _ in range(14):
        step = dice.choice(["list", "hand", "hand", "undo", "undo"])
        if step == "list":
            await naive.edit_list(dice)
        elif step == "hand":
            naive.edit_by_hand(dice)
        else:
            await naive.undo(dice)
        assert ANCHOR in naive.now()


async def test_a_creation_and_taking_it_back_can_both_be_taken_back(world: World) -> None:
    own(world.emby, film(1), film(2))
    world.mdblist.add_list("demo", "films", "Films", [film(1), film(2)])
    collection = await world.define()
    first = await world.sync(collection)
    gone = await undone(world, first)
    assert gone.status is RunStatus.SUCCESS, gone.message
    assert world.emby.box_set("Films") is None
    assert "taken back" in (await paused(world, collection) or "")
    assert await collections.due_collections(world.db, gone.queued_at.replace(year=2100)) == []
    with pytest.raises(ConflictError, match="Nothing is left"):
        await undone(world, first)
    again = await undone(world, gone)
    assert again.status is RunStatus.SUCCESS, again.message
    assert world.members() == {"Film 1", "Film 2"}
    run = await world.sync(collection)
    assert run.message == "Nothing to change."
    assert await paused(world, collection) is None


async def test_what_cannot_come_back_is_named_and_a_new_id_is_found_by_its_title(
    world: World,
) -> None:
    titles = [film(n) for n in range(1, 9)]
    ids = own(world.emby, *titles)
    world.mdblist.add_list("demo", "films", "Films", titles)
    collection = await world.define()
    await world.sync(collection)
    world.mdblist.set_items("demo", "films", titles[2:])
    removing = await world.sync(collection, forced=True)
    assert removing.counts["removed"] == 2, removing.message
    for key in ids[:2]:
        world.emby.remove_item(key)
    own(world.emby, film(2))
    await world.sync(collection)
    (seen,) = await preview_undo(world.db, world.outside, world.user.id, removing.id)
    assert [step.title for step in seen.plan.put_back] == ["Film 2"]
    back = await undone(world, removing)
    assert back.status is RunStatus.PARTIAL
    assert "Film 1: It is not in the library any more." in (back.message or "")
    assert world.members() == {f"Film {n}" for n in range(2, 9)}


async def test_a_run_of_all_collections_speaks_for_its_parts(world: World) -> None:
    titles = [film(n) for n in range(1, 15)]
    own(world.emby, *titles)
    for name in ("Films", "Others"):
        world.mdblist.add_list("demo", name.lower(), name, titles)
        await world.define(f"demo/{name.lower()}", name)
    await world.sync_all()
    for name in ("films", "others"):
        world.mdblist.set_items("demo", name, titles[:6])
    for known in await collections.list_collections(world.db, world.user.id):
        await world.sync(known, forced=True)
    held = await world.sync_all()
    assert held.status is RunStatus.HELD, held.message
    approved = await world.ended(
        await approve(world.db, world.outside, world.runner, world.user.id, held.id)
    )
    assert approved.status is RunStatus.SUCCESS, approved.message
    assert len(world.members("Films")) == len(world.members("Others")) == 6
    back = await undone(world, approved)
    assert back.status is RunStatus.SUCCESS, back.message
    assert len(world.members("Films")) == len(world.members("Others")) == 14
    whole = await runs.list_runs(world.db, world.user.id, parent_id=back.id)
    assert whole[1] == 2
