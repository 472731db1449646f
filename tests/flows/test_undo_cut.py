"""An undo that is cut off, comes soon, or meets another's box set, ends as it was meant."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from collectarr.demo.emby import PROFILE_32, PROFILE_49
from collectarr.models import Look, RunStatus
from collectarr.store import runs
from collectarr.store.collections import Collection
from collectarr.store.runs import Run
from collectarr.sync.define import Definition, redefine_collection
from collectarr.sync.undo import start_undo
from tests.flows.world import World, film, make_world, own


@pytest.fixture(params=[PROFILE_32, PROFILE_49], ids=["3.2", "4.9"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async with make_world(tmp_path, request.param) as made:
        made.outside.settle_seconds = 0.06
        made.outside.pause_seconds = 0.001
        await made.connect()
        yield made


async def undone(world: World, run: Run) -> Run:
    started = await start_undo(world.db, world.outside, world.runner, world.user.id, run.id)
    return await world.ended(started)


async def synced(world: World, number: int = 12) -> tuple[Collection, Run, list[str]]:
    titles = [film(n) for n in range(1, number + 1)]
    ids = own(world.emby, *titles)
    world.mdblist.add_list("demo", "films", "Films", titles)
    collection = await world.define()
    return collection, await world.sync(collection), ids


async def test_a_box_set_that_a_person_made_anew_is_not_touched(world: World) -> None:
    _, run, ids = await synced(world, 6)
    world.emby.hand_delete(world.emby.box_set("Films").id)
    theirs = world.emby.hand_create("Films", ids[:3])
    before = len(world.writes())
    ended = await undone(world, run)
    assert world.emby.box_set("Films") is not None
    assert world.emby.members(theirs) == ids[:3]
    assert world.writes()[before:] == []
    if world.emby.profile is PROFILE_32:
        assert ended.status is RunStatus.PARTIAL
        assert "“Films” on Demo Emby is not the collection" in (ended.message or "")


@pytest.mark.parametrize("what", ["added", "removed"])
async def test_an_undo_whose_answers_are_lost_stays_done(world: World, what: str) -> None:
    collection, _, _ = await synced(world)
    own(world.emby, film(13))
    here = range(1, 14) if what == "added" else range(2, 13)
    world.mdblist.set_items("demo", "films", [film(n) for n in here])
    run = await world.sync(collection, forced=True)
    for method, tail in (("DELETE", ""), ("POST", ""), ("POST", "/Delete")):
        path = rf"/Collections/[^/]+/Items{tail}$"
        world.emby.fail(path, method=method, status=503, happens=True, times=None)
    ended = await undone(world, run)
    world.emby.clear_faults()
    assert ended.status is RunStatus.SUCCESS, ended.message
    changes = await runs.list_changes(world.db, ended.id)
    assert [one.op for one in changes] == ["remove" if what == "added" else "add"]
    await world.sync(collection)
    assert world.members() == {f"Film {n}" for n in range(1, 13)}


async def test_an_undo_right_after_a_removal_puts_back(world: World) -> None:
    collection, _, _ = await synced(world)
    world.mdblist.set_items("demo", "films", [film(n) for n in range(2, 13)])
    ended = await undone(world, await world.sync(collection, forced=True))
    assert ended.counts["added"] == 1, ended.message
    assert "Film 1" in world.members()


async def test_a_field_of_the_look_comes_back_though_another_changed_later(world: World) -> None:
    collection, _, _ = await synced(world, 6)
    looks = (Look(overview="Ours"), Look(overview="Ours", tags=("new",)))
    made = []
    for look in looks:
        definition = Definition(None, (), collection.mode, look=look)
        collection = await redefine_collection(world.db, world.outside, collection, definition)
        made.append(await world.sync(collection))
    await undone(world, made[0])
    assert not world.emby.box_set("Films").detail("Overview")


async def test_words_and_poster_of_a_deleted_box_set_come_back(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGB", (40, 60), (222, 30, 90)).save(out, "JPEG")
    async with make_world(tmp_path, PROFILE_49) as world:
        world.outside.settle_seconds = 0.06
        await world.connect()
        _, run, _ = await synced(world, 6)
        box = world.emby.box_set("Films")
        world.emby.hand_poster(box.id, out.getvalue())
        world.emby.hand_edit(box.id, Overview="A person's words")
        gone = await undone(world, run)
        assert world.emby.box_set("Films") is None
        back = await undone(world, gone)
        assert back.status is RunStatus.SUCCESS, back.message
        box = world.emby.box_set("Films")
        assert box.detail("Overview") == "A person's words"
        assert box.image("Primary").body == out.getvalue()
