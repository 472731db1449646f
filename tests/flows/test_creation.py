"""Creating a box set: exactly one, whatever happens on the way."""

from pathlib import Path

from collectarr.demo.emby import EmbyProfile
from collectarr.models import RunStatus
from collectarr.store import targets
from tests.flows.world import World, film, make_world, own


async def _ready(world: World, count: int = 5) -> object:
    titles = [film(n) for n in range(1, count + 1)]
    own(world.emby, *titles)
    world.mdblist.add_list("demo", "films", "Films", titles)
    await world.connect()
    return await world.define()


def _named(world: World, name: str) -> list[str]:
    return [box.id for box in world.emby.box_sets if box.name == name]


async def test_a_create_that_answers_500_but_happened_leaves_one_box_set(world: World) -> None:
    collection = await _ready(world)
    world.emby.fail(r"/Collections$", method="POST", status=500, happens=True)
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS, run.message
    assert len(_named(world, "Films")) == 1
    assert len(world.members()) == 5
    again = await world.sync(collection)
    assert world.writes() == [], again.message


async def test_a_create_that_fails_is_tried_again_by_the_next_run(world: World) -> None:
    collection = await _ready(world)
    world.emby.fail(r"/Collections$", method="POST", status=500)
    run = await world.sync(collection)
    assert run.status is RunStatus.FAILED
    assert _named(world, "Films") == []
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS, run.message
    assert len(_named(world, "Films")) == 1
    assert len(world.members()) == 5


async def test_a_kill_between_create_and_remembering_its_id_leaves_no_second_one(
    world: World,
) -> None:
    collection = await _ready(world)
    target = await world.target(collection)
    ids = [item.id for item in world.emby.items][:5]
    await targets.set_intent(world.db, target.id, {"name": "Films", "ids": ids, "seen": []})
    world.emby.hand_create("Films", ids)  # what the killed process had asked for
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS, run.message
    assert len(_named(world, "Films")) == 1
    assert len(world.members()) == 5
    assert (await world.target(collection)).origin == "created"


async def test_a_begun_creation_does_not_claim_what_holds_other_titles(world: World) -> None:
    collection = await _ready(world)
    target = await world.target(collection)
    ids = [item.id for item in world.emby.items][:5]
    (other,) = own(world.emby, film(70))
    await targets.set_intent(world.db, target.id, {"name": "Films", "ids": ids, "seen": []})
    theirs = world.emby.hand_create("Films", [ids[0], other])
    run = await world.sync(collection)
    assert run.status is RunStatus.HELD
    assert set(world.emby.members(theirs)) == {ids[0], other}


async def test_an_unknown_id_in_a_create_costs_only_that_title(world: World) -> None:
    collection = await _ready(world)
    # It leaves the library after the sweep and before the create.
    world.emby.fail(r"/Collections$", method="POST", status=400, body="Value cannot be null.")
    run = await world.sync(collection)
    assert run.status in (RunStatus.FAILED, RunStatus.SUCCESS)
    run = await world.sync(collection)
    assert len(_named(world, "Films")) == 1


async def test_adds_that_vanish_right_after_a_create_are_made_again(
    tmp_path: Path, profile: EmbyProfile
) -> None:
    async with make_world(tmp_path, profile, adds_vanish_after_create=True) as world:
        collection = await _ready(world, 900)  # more than one call takes on either profile
        run = await world.sync(collection)
        assert run.status is RunStatus.SUCCESS, run.message
        assert len(world.members()) == 900
        await world.sync(collection)
        assert world.writes() == []


async def test_the_marker_finds_a_box_set_whose_id_changed(world: World) -> None:
    collection = await _ready(world)
    await world.sync(collection)
    target = await world.target(collection)
    box = world.emby.box_set("Films")
    async with world.db.write() as tx:
        await tx.run("UPDATE targets SET box_set_id = '99999999' WHERE id = ?", target.id)
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS, run.message
    assert (await world.target(collection)).box_set_id == box.id


async def test_two_collections_of_one_name_never_share_a_box_set(world: World) -> None:
    collection = await _ready(world)
    world.mdblist.add_list("demo", "more", "More", [film(1), film(2)])
    await world.define("demo/more", "Films")
    run = await world.sync_all()
    assert run.status is RunStatus.HELD, run.message
    assert len(_named(world, "Films")) == 1
    assert len(world.members()) == 5
    assert collection is not None


async def test_nothing_owned_makes_no_box_set(world: World) -> None:
    own(world.emby, film(70))
    world.mdblist.add_list("demo", "films", "Films", [film(1)])
    await world.connect()
    run = await world.sync(await world.define())
    assert run.status is RunStatus.SUCCESS
    assert world.emby.box_sets == []


async def test_a_writer_that_hears_nothing_looks_before_writing_again(world: World) -> None:
    collection = await _ready(world)
    world.emby.fail(r"/Collections$", method="POST", cut=True, happens=True)
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS, run.message
    assert len(_named(world, "Films")) == 1
    assert len(world.members()) == 5
