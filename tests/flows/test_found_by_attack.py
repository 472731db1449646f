"""Ways in which a box set was touched, or a change went untold, once."""

import pytest

from collectarr.models import Mode, RunStatus
from collectarr.store import collections, runs, servers, targets
from collectarr.sync.decide import approve
from collectarr.sync.define import Definition, ListChoice, define_collection, redefine_collection
from tests.flows.world import World, film, own


async def _films(world: World, count: int = 12, **options: object) -> object:
    titles = [film(n) for n in range(1, count + 1)]
    own(world.emby, *titles)
    world.mdblist.add_list("demo", "films", "Films", titles)
    await world.connect()
    collection = await world.define(**options)
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS, run.message
    return collection


async def test_a_new_collection_never_inherits_the_box_set_of_a_deleted_one(
    world: World,
) -> None:
    collection = await _films(world)
    await collections.delete_collection(world.db, collection.id)
    world.mdblist.add_list("demo", "other", "Other", [film(1), film(2)])
    other = await world.define("demo/other", "Brand New")
    run = await world.sync(other)
    assert run.status is RunStatus.SUCCESS, run.message
    assert len(world.members("Films")) == 12
    assert world.members("Brand New") == {"Film 1", "Film 2"}


async def test_a_server_that_comes_back_gets_its_collections_back_but_asks_for_names(
    world: World,
) -> None:
    collection = await _films(world)
    await servers.delete_server(world.db, world.server.id)
    world.servers.clear()
    await world.connect()
    run = await world.sync(collection)
    assert run.status is RunStatus.HELD, run.message
    assert len(world.members("Films")) == 12


async def test_a_hand_made_box_set_in_the_place_of_ours_is_not_taken_over(
    world: World,
) -> None:
    collection = await _films(world)
    world.emby.hand_delete(world.emby.box_set("Films").id)
    theirs = world.emby.hand_create("Films", own(world.emby, film(70), film(71)))
    run = await world.sync(collection)
    assert run.status is RunStatus.HELD, run.message
    assert world.writes() == []
    assert len(world.emby.members(theirs)) == 2


@pytest.mark.parametrize("op", ["union", "intersect"])
async def test_a_short_first_reading_takes_nothing_out_unasked(world: World, op: str) -> None:
    collection = await _films(world, 30)
    world.mdblist.add_list("demo", "b", "B", [film(n) for n in range(1, 27)])
    world.mdblist.promise("b", 40)
    chosen = (ListChoice("mdblist", "demo/b"),)
    if op == "intersect":
        chosen = (ListChoice("mdblist", "demo/films"), ListChoice("mdblist", "demo/b", op))
    changed = await redefine_collection(
        world.db, world.outside, collection, Definition("Films", chosen)
    )
    run = await world.sync(changed)
    assert run.status is RunStatus.HELD, run.message
    assert "promised 40 titles and gave 26" in (run.message or "")
    assert len(world.members()) == 30


async def test_a_short_first_reading_is_read_again_until_it_is_whole(world: World) -> None:
    titles = [film(n) for n in range(1, 31)]
    own(world.emby, *titles)
    world.mdblist.add_list("demo", "films", "Films", titles[:10])
    world.mdblist.promise("films", 30)
    await world.connect()
    collection = await world.define()
    assert len((await world.sync(collection)).message or "") > 0
    world.mdblist.promise("films", None)
    world.mdblist.set_items("demo", "films", titles)
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS, run.message
    assert len(world.members()) == 30


async def test_taking_over_keeps_what_is_in_it_in_every_mode(world: World) -> None:
    titles = [film(n) for n in range(1, 6)]
    own(world.emby, *titles)
    hand = own(world.emby, *[film(n) for n in range(70, 75)])
    theirs = world.emby.hand_create("Films", hand)
    world.mdblist.add_list("demo", "films", "Films", titles)
    await world.connect()
    held = await world.sync(await world.define(mode=Mode.MIRROR))
    run = await world.ended(
        await approve(world.db, world.outside, world.runner, world.user.id, held.id, choice="adopt")
    )
    assert run.status is RunStatus.SUCCESS, run.message
    assert len(world.emby.members(theirs)) == 10


async def test_removals_whose_answer_was_lost_are_told_and_counted(world: World) -> None:
    collection = await _films(world, 30)
    left, removed = 30, 0
    for _ in range(6):
        left -= 4
        world.mdblist.set_items("demo", "films", [film(n) for n in range(1, left + 1)])
        world.emby.fail(r"/Collections/[^/]+/Items$", method="DELETE", status=503, happens=True)
        run = await world.sync(collection, forced=True)
        world.emby.clear_faults()
        run = await world.sync(collection, forced=True)
        if run.status is RunStatus.HELD:
            break
    assert run.status is RunStatus.HELD, "the weekly guard never noticed"
    found, _ = await runs.list_runs(world.db, world.user.id)
    for one in found:
        changes = await runs.list_changes(world.db, one.id)
        removed += sum(change.op == "remove" for change in changes)
    assert removed == 30 - len(world.members())


async def test_an_add_whose_answer_was_lost_is_told(world: World) -> None:
    collection = await _films(world)
    own(world.emby, film(13))
    world.mdblist.set_items("demo", "films", [film(n) for n in range(1, 14)])
    world.emby.fail(r"/Collections/[^/]+/Items$", method="POST", status=503, happens=True)
    run = await world.sync(collection, forced=True)
    assert len(world.members()) == 13
    changes = await runs.list_changes(world.db, run.id)
    assert [(change.op, change.title) for change in changes] == [("add", "Film 13")]


async def test_a_title_that_emby_no_longer_knows_is_asked_for_once(world: World) -> None:
    collection = await _films(world)
    (gone,) = own(world.emby, film(50))
    await world.sync(collection)
    world.emby.remove_item(gone)
    world.mdblist.set_items("demo", "films", [*[film(n) for n in range(1, 13)], film(50)])
    await world.sync(collection, forced=True)
    run = await world.sync(collection)
    assert run.status is RunStatus.SUCCESS, run.message
    assert world.writes() == []


async def test_a_server_added_later_gets_the_collections_that_go_everywhere(
    world: World,
) -> None:
    own(world.emby, film(1))
    world.mdblist.add_list("demo", "films", "Films", [film(1)])
    collection = await world.define()
    await world.connect()
    await world.sync(collection)
    assert world.members() == {"Film 1"}


async def test_one_user_s_approval_is_not_another_s(world: World) -> None:
    titles = [film(n) for n in range(1, 13)]
    own(world.emby, *titles)
    world.mdblist.add_list("demo", "films", "Films", titles)
    await world.connect()
    mine = await world.define()
    await world.sync(mine)
    other = await define_collection(
        world.db, world.outside, world.user.id,
        Definition("Other", (ListChoice("mdblist", "demo/films"),)),
    )  # fmt: skip
    await world.sync(other)
    world.mdblist.set_items("demo", "films", titles[:4])
    held = await world.sync(mine, forced=True)
    assert held.status is RunStatus.HELD
    await world.ended(await approve(world.db, world.outside, world.runner, world.user.id, held.id))
    assert len(world.members("Films")) == 4
    run = await world.sync(other)
    assert run.status is RunStatus.HELD
    assert len(world.members("Other")) == 12


async def test_a_name_that_becomes_free_is_taken_then(world: World) -> None:
    collection = await _films(world)
    theirs = world.emby.hand_create("Better", own(world.emby, film(70)))
    await redefine_collection(world.db, world.outside, collection, Definition("Better", ()))
    run = await world.sync(collection)
    assert run.status is RunStatus.PARTIAL
    assert "still called" in (run.message or "")
    world.emby.hand_delete(theirs)
    run = await world.sync(collection)
    assert (run.status, run.message) == (RunStatus.SUCCESS, "It is called Better in Emby now.")
    assert len(world.members("Better")) == 12


async def test_what_a_person_took_out_stays_out_of_a_box_set_made_again(world: World) -> None:
    collection = await _films(world)
    box = world.emby.box_set("Films")
    world.emby.hand_remove(box.id, world.emby.members(box.id)[0])
    await world.sync(collection)
    target = await world.target(collection)
    states = {m.state for m in (await targets.load_members(world.db, target.id)).values()}
    assert states == {"in", "kept_out"}
    world.emby.hand_delete(box.id)
    held = await world.sync(collection)
    await world.ended(
        await approve(
            world.db, world.outside, world.runner, world.user.id, held.id, choice="recreate"
        )
    )
    assert len(world.members()) == 11


async def test_another_administrator_is_found_when_ours_is_gone(world: World) -> None:
    collection = await _films(world)
    world.emby.add_user("second", "second", admin=True)
    del world.emby.core.state.users[world.emby.admin_id]
    own(world.emby, film(13))
    world.mdblist.set_items("demo", "films", [film(n) for n in range(1, 14)])
    run = await world.sync(collection, forced=True)
    assert run.status is RunStatus.SUCCESS, run.message
    assert len(world.members()) == 13
