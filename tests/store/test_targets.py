"""Which box set a collection keeps, whose its members are, and when it has settled."""

import pytest

from collectarr.errors import ConflictError
from collectarr.models import KnownMember
from collectarr.store import servers, targets
from collectarr.store.db import Database
from collectarr.store.targets import Target
from collectarr.store.users import User
from tests.stored import collection_of, server_of


async def target_of(db: Database, user: User, uid: str = "machine", name: str = "Films") -> Target:
    """A collection on a server, with one target."""
    known = await db.value("SELECT id FROM servers WHERE user_id = ? AND uid = ?", user.id, uid)
    if known is None:
        known = (await server_of(db, user, uid)).id
    films = await collection_of(db, user, name=name)
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO targets (collection_id, server_id) VALUES (?, ?)", films.id, known
        )
    return (await targets.load_targets(db, [films.id]))[0]


async def owned(db: Database, user: User, target: Target) -> dict[str, int]:
    """What is kept on the machine of a target, as its user sees it."""
    server = await servers.get_server(db, user.id, target.server_id)
    return await targets.owned_box_sets(db, server)


@pytest.fixture
async def target(db: Database, anna: User) -> Target:
    return await target_of(db, anna)


async def again(db: Database, target: Target) -> Target:
    found = await targets.get_target(db, target.id)
    assert found is not None
    return found


async def test_targets_are_loaded_by_collection(db: Database, anna: User, target: Target) -> None:
    other = await target_of(db, anna, name="Others")

    assert await targets.load_targets(db, [other.collection_id]) == [other]
    assert await targets.load_targets(db, []) == []
    assert await targets.get_target(db, target.id) == target
    assert await targets.get_target(db, 99) is None


async def test_binding_clears_what_was_known_of_another_box_set(
    db: Database, target: Target
) -> None:
    await targets.set_intent(db, target.id, {"name": "Films"})
    await targets.set_held(db, target.id, {"code": "name_taken"})
    await targets.settle_target(db, target, "etag", 3)

    await targets.bind_box_set(db, target.id, "77", "Films", "created")

    bound = await again(db, target)
    assert (bound.box_set_id, bound.box_set_name, bound.origin) == ("77", "Films", "created")
    assert (bound.intent, bound.held, bound.etag, bound.child_count) == (None, None, None, None)


async def test_a_box_set_is_kept_by_one_collection_in_the_installation(
    db: Database, anna: User, ben: User, target: Target
) -> None:
    await targets.bind_box_set(db, target.id, "77", "Films", "created")
    same_server, same_machine = await target_of(db, anna), await target_of(db, ben)

    for other in (same_server, same_machine):
        with pytest.raises(ConflictError) as caught:
            await targets.bind_box_set(db, other.id, "77", "Films", "adopted")
        assert caught.value.code == "box_set_taken"
        assert (await again(db, other)).box_set_id is None
    elsewhere = await target_of(db, ben, uid="elsewhere")
    await targets.bind_box_set(db, elsewhere.id, "77", "Films", "adopted")
    await targets.bind_box_set(db, target.id, "77", "Renamed", "created")

    assert await owned(db, ben, same_machine) == {"77": target.id}
    assert await owned(db, ben, elsewhere) == {"77": elsewhere.id}


async def test_an_id_that_was_given_at_another_address_proves_nothing(
    db: Database, anna: User, ben: User, target: Target
) -> None:
    await targets.bind_box_set(db, target.id, "77", "Films", "created")
    claims = await server_of(db, ben, url="http://fake:8096")
    other = await target_of(db, ben)

    assert await targets.owned_box_sets(db, claims) == {}
    assert await targets.owned_box_sets(db, claims, {"77": 99}) == {}
    # Unless that server itself shows whose it is.
    assert await targets.owned_box_sets(db, claims, {"77": target.id}) == {"77": target.id}
    await targets.bind_box_set(db, other.id, "77", "Films", "created")
    assert await owned(db, anna, target) == {"77": target.id}


async def test_unbinding_forgets_the_box_set_and_its_members(
    db: Database, anna: User, target: Target
) -> None:
    await targets.bind_box_set(db, target.id, "77", "Films", "created")
    await targets.set_members(db, target.id, [KnownMember("1", "ours", "in")])
    await targets.finish_target(db, target.id, inputs="x", held={"a": 1}, owned=3)

    await targets.unbind_box_set(db, target.id)

    free = await again(db, target)
    assert (free.box_set_id, free.origin, free.inputs, free.held) == (None, None, None, None)
    assert await targets.load_members(db, target.id) == {}
    assert await owned(db, anna, target) == {}


async def test_members_are_remembered_changed_and_dropped(
    db: Database, anna: User, target: Target
) -> None:
    other = await target_of(db, anna)
    ours, found = KnownMember("1", "ours", "adding"), KnownMember("2", "found", "in")
    await targets.set_members(db, target.id, [ours, found], run_id=5)
    await targets.set_members(db, other.id, [ours])

    settled = KnownMember("1", "ours", "in")
    await targets.set_members(db, target.id, [settled])
    assert await targets.load_members(db, target.id) == {"1": settled, "2": found}
    run = "SELECT run_id FROM members WHERE target_id = ? AND item_id = '1'"
    assert await db.value(run, target.id) == 5

    await targets.drop_members(db, target.id, ["1", "99"])
    assert await targets.load_members(db, target.id) == {"2": found}
    assert await targets.load_members(db, other.id) == {"1": ours}


async def test_all_members_are_written_or_none(db: Database, target: Target) -> None:
    with pytest.raises(Exception, match="CHECK"):
        await targets.set_members(
            db, target.id, [KnownMember("1", "ours", "in"), KnownMember("2", "whose", "in")]
        )

    assert await targets.load_members(db, target.id) == {}


async def test_what_has_settled_is_remembered(db: Database, target: Target) -> None:
    await targets.touch_target(db, target.id)
    loaded = await again(db, target)

    assert await targets.settle_target(db, loaded, "etag", 3)
    settled = await again(db, target)
    assert (settled.etag, settled.child_count) == ("etag", 3)
    assert settled.written_at == loaded.written_at


async def test_nothing_settles_that_was_written_since_it_was_looked_at(
    db: Database, target: Target
) -> None:
    await targets.touch_target(db, target.id)
    loaded = await again(db, target)
    async with db.write() as tx:
        await tx.run("UPDATE targets SET written_at = '2001-01-01T00:00:00.000+00:00'")

    assert not await targets.settle_target(db, loaded, "old", 3)
    assert not await targets.settle_target(db, target, "older", 3)
    assert (await again(db, target)).etag is None


async def test_a_write_unsettles(db: Database, target: Target) -> None:
    await targets.settle_target(db, target, "etag", 3)
    await targets.touch_target(db, target.id)

    written = await again(db, target)
    assert (written.etag, written.child_count) == (None, None)
    assert written.written_at is not None


async def test_a_plan_keeps_what_it_was_made_from(db: Database, target: Target) -> None:
    await targets.finish_target(db, target.id, inputs="1.2", held=None, owned=7)
    await targets.finish_target(db, target.id, inputs="1.3", held={"remove": ["1"]}, owned=None)

    finished = await again(db, target)
    assert (finished.inputs, finished.held, finished.owned) == ("1.3", {"remove": ["1"]}, 7)


async def test_whatever_a_person_decides_makes_the_next_plan_anew(
    db: Database, target: Target
) -> None:
    await targets.finish_target(db, target.id, inputs="1.2", held=None, owned=7)
    await targets.set_held(db, target.id, {"code": "gone"})
    held = await again(db, target)
    assert (held.held, held.inputs) == ({"code": "gone"}, None)

    await targets.finish_target(db, target.id, inputs="1.2", held={"code": "gone"}, owned=7)
    await targets.set_state(db, target.id, "stopped")
    stopped = await again(db, target)
    assert (stopped.state, stopped.held, stopped.inputs) == ("stopped", None, None)


async def test_an_intent_is_kept_until_it_is_done(db: Database, target: Target) -> None:
    await targets.set_intent(db, target.id, {"name": "Films", "ids": ["1"]})
    assert (await again(db, target)).intent == {"name": "Films", "ids": ["1"]}

    await targets.set_intent(db, target.id, None)
    assert (await again(db, target)).intent is None
