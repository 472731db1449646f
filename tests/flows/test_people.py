"""What people do in Emby by hand is respected."""

import pytest

from collectarr.demo.emby import PROFILE_32, EmbyStandIn, running
from collectarr.models import RunStatus, Trigger
from collectarr.sync.decide import approve, reject
from collectarr.sync.define import Definition, redefine_collection
from tests.flows.world import World, film, own


async def _films(world: World, count: int = 12) -> tuple[object, list[str]]:
    titles = [film(n) for n in range(1, count + 1)]
    ids = own(world.emby, *titles)
    world.mdblist.add_list("demo", "films", "Films", titles)
    await world.connect()
    collection = await world.define()
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS, run.message
    return collection, ids


async def test_a_title_that_a_person_added_survives_ten_runs(world: World) -> None:
    collection, _ = await _films(world)
    (extra,) = own(world.emby, film(99, "By Hand"))
    box = world.emby.box_set("Films")
    world.emby.hand_add(box.id, extra)
    for number in range(10):
        world.mdblist.set_items(
            "demo", "films", [film(n) for n in range(1, 12 if number % 2 else 13)]
        )
        run = await world.sync(collection, forced=True)
        assert run.status is RunStatus.SUCCESS, run.message
        assert "By Hand" in world.members()


async def test_a_title_that_a_person_took_out_stays_out(world: World) -> None:
    collection, ids = await _films(world)
    box = world.emby.box_set("Films")
    world.emby.hand_remove(box.id, ids[3])
    for _ in range(3):
        run = await world.sync(collection, forced=True)
        assert "Film 4" not in world.members()
    assert run.status is RunStatus.SUCCESS
    own(world.emby, film(13))
    world.mdblist.set_items("demo", "films", [film(n) for n in range(1, 14)])
    await world.sync(collection, forced=True)
    assert world.members() == {f"Film {n}" for n in range(1, 14)} - {"Film 4"}


async def test_what_a_person_put_back_is_theirs(world: World) -> None:
    collection, ids = await _films(world)
    box = world.emby.box_set("Films")
    world.emby.hand_remove(box.id, ids[3])
    await world.sync(collection)
    world.emby.hand_add(box.id, ids[3])
    await world.sync(collection)
    world.mdblist.set_items("demo", "films", [film(n) for n in range(1, 13) if n != 4])
    await world.sync(collection, forced=True)
    assert "Film 4" in world.members()


async def test_a_box_set_that_emby_drained_is_filled_again_and_it_says_so(world: World) -> None:
    collection, ids = await _films(world)
    box = world.emby.box_set("Films")
    world.emby.hand_remove(box.id, *ids)
    run = await world.sync(collection)
    assert "Emby had lost 12 titles; put back." in (run.message or "")
    assert len(world.members()) == 12


async def test_a_film_that_left_the_disk_is_not_taken_for_a_removal_by_hand(
    world: World,
) -> None:
    collection, ids = await _films(world)
    world.emby.remove_item(ids[3])
    run = await world.sync(collection)
    assert run.counts["kept_out"] == 0
    own(world.emby, film(4))
    await world.sync(collection)
    assert world.members() == {f"Film {n}" for n in range(1, 13)}


@pytest.mark.parametrize("case", ["name", "folder"])
async def test_a_box_set_of_the_same_name_or_folder_is_not_touched(world: World, case: str) -> None:
    titles = [film(n) for n in range(1, 6)]
    own(world.emby, *titles)
    (other,) = own(world.emby, film(70, "Theirs"))
    theirs = world.emby.hand_create("Films", [other])
    if case == "folder":
        world.emby.hand_rename(theirs, "Renamed since")
    world.mdblist.add_list("demo", "films", "Films", titles)
    await world.connect()
    collection = await world.define()
    run = await world.sync(collection)
    assert run.status is RunStatus.HELD
    assert "already has a collection" in (run.message or "")
    assert world.writes() == []
    assert world.emby.members(theirs) == [other]


async def test_a_name_that_is_taken_can_be_adopted_and_what_was_there_stays(
    world: World,
) -> None:
    titles = [film(n) for n in range(1, 6)]
    ids = own(world.emby, *titles)
    (other,) = own(world.emby, film(70, "Theirs"))
    theirs = world.emby.hand_create("Films", [other, ids[0]])
    world.mdblist.add_list("demo", "films", "Films", titles)
    await world.connect()
    collection = await world.define()
    held = await world.sync(collection)
    started = await approve(
        world.db, world.outside, world.runner, world.user.id, held.id, choice="adopt"
    )
    run = await world.ended(started)
    assert run.status is RunStatus.SUCCESS, run.message
    assert set(world.emby.members(theirs)) == {other, *ids}
    world.mdblist.set_items("demo", "films", titles[1:])
    await world.sync(collection, forced=True)
    assert ids[0] in world.emby.members(theirs), "it was there before us"


async def test_a_name_that_is_taken_can_be_given_another(world: World) -> None:
    own(world.emby, film(1))
    world.emby.hand_create("Films", own(world.emby, film(70)))
    world.mdblist.add_list("demo", "films", "Films", [film(1)])
    await world.connect()
    held = await world.sync(await world.define())
    started = await approve(
        world.db, world.outside, world.runner, world.user.id, held.id,
        choice="rename", name="Films of ours",
    )  # fmt: skip
    run = await world.ended(started)
    assert run.status is RunStatus.SUCCESS, run.message
    assert world.members("Films of ours") == {"Film 1"}


async def test_a_box_set_that_a_person_deleted_is_not_made_again_unasked(world: World) -> None:
    collection, _ = await _films(world)
    world.emby.hand_delete(world.emby.box_set("Films").id)
    held = await world.sync(collection)
    assert held.status is RunStatus.HELD
    assert world.emby.box_set("Films") is None
    started = await approve(
        world.db, world.outside, world.runner, world.user.id, held.id, choice="recreate"
    )
    run = await world.ended(started)
    assert run.status is RunStatus.SUCCESS, run.message
    assert len(world.members()) == 12


async def _held(world: World) -> tuple[object, object]:
    collection, _ = await _films(world, 20)
    world.mdblist.set_items("demo", "films", [film(n) for n in range(1, 13)])
    run = await world.sync(collection, forced=True)
    assert run.status is RunStatus.HELD, run.message
    assert len(world.members()) == 20
    return collection, run


async def test_approved_removals_are_carried_out(world: World) -> None:
    _, held = await _held(world)
    run = await world.ended(
        await approve(world.db, world.outside, world.runner, world.user.id, held.id)
    )
    assert run.status is RunStatus.SUCCESS, run.message
    assert run.trigger == Trigger.APPROVED.value
    assert world.members() == {f"Film {n}" for n in range(1, 13)}


async def test_an_approval_covers_only_what_was_shown(world: World) -> None:
    _, held = await _held(world)
    world.mdblist.set_items("demo", "films", [film(n) for n in range(1, 12)])
    run = await world.ended(
        await approve(world.db, world.outside, world.runner, world.user.id, held.id)
    )
    assert run.status is RunStatus.HELD
    assert len(world.members()) == 20


async def test_rejected_removals_stay_for_good(world: World) -> None:
    collection, held = await _held(world)
    await reject(world.db, world.user.id, held.id)
    run = await world.sync(collection, forced=True)
    assert run.status is RunStatus.SUCCESS, run.message
    assert len(world.members()) == 20


async def test_each_server_gets_its_own_answer(world: World) -> None:
    own(world.emby, film(1))
    theirs = world.emby.hand_create("Films", own(world.emby, film(70)))
    other = EmbyStandIn(PROFILE_32, server_name="Cabin", settle_seconds=0.05)
    other.add_library("Movies", "movies", "/media/Movies")
    own(other, film(1))
    in_cabin = other.hand_create("Films", own(other, film(70)))
    world.mdblist.add_list("demo", "films", "Films", [film(1)])
    async with running(other) as url:
        await world.connect()
        cabin = await world.connect(url)
        held = await world.sync(await world.define())
        assert set(held.held or {}) == {str(server.id) for server in world.servers}
        started = await approve(
            world.db, world.outside, world.runner, world.user.id, held.id,
            choice="adopt", server_id=cabin.id,
        )  # fmt: skip
        run = await world.ended(started)
    assert run.status is RunStatus.HELD
    assert set(run.held or {}) == {str(world.server.id)}
    assert len(other.members(in_cabin)) == 2
    assert len(world.emby.members(theirs)) == 1


async def _renamed(world: World, collection: object, name: str) -> object:
    definition = Definition(name, (), server_ids=None)
    return await redefine_collection(world.db, world.outside, collection, definition)


async def test_a_collection_renamed_here_is_renamed_in_emby(world: World) -> None:
    collection, _ = await _films(world)
    await _renamed(world, collection, "Better films")
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS, run.message
    assert len(world.members("Better films")) == 12
    assert len(world.emby.box_sets) == 1
    await world.sync(collection)
    assert world.writes() == []


async def test_a_box_set_renamed_in_emby_keeps_that_name_and_is_still_kept(
    world: World,
) -> None:
    collection, _ = await _films(world)
    world.emby.hand_rename(world.emby.box_set("Films").id, "Favourites")
    await _renamed(world, collection, "Better films")
    own(world.emby, film(13))
    world.mdblist.set_items("demo", "films", [film(n) for n in range(1, 14)])
    run = await world.sync(collection, forced=True)
    assert run.status is RunStatus.SUCCESS, run.message
    assert len(world.members("Favourites")) == 13
    assert len(world.emby.box_sets) == 1


async def test_a_new_name_that_emby_has_already_changes_nothing_there(world: World) -> None:
    collection, _ = await _films(world)
    world.emby.hand_create("Theirs", own(world.emby, film(70)))
    await _renamed(world, collection, "Theirs")
    run = await world.sync(collection)
    assert len(world.members("Films")) == 12
    assert world.members("Theirs") == {"Film 70"}
    assert run.status is RunStatus.PARTIAL
    assert "still called" in (run.message or "")
