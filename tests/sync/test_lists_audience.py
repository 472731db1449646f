"""Who may see a list decides with whose key it is read and where it is kept."""

from collections.abc import AsyncIterator

import pytest

from collectarr.errors import RejectedError
from collectarr.settings import Settings
from collectarr.sync.lists import describe_list
from tests.stored import collection_of, person
from tests.sync.place import Place, open_place, refused, snapshot_of


@pytest.fixture
async def place(settings: Settings) -> AsyncIterator[Place]:
    async with open_place(settings) as found:
        yield found


@pytest.fixture
async def shared_key(settings: Settings) -> AsyncIterator[Place]:
    """The installation has a key of its own, which opens what belongs to who gave it."""
    async with open_place(settings) as found:
        found.one.installation_key = "common"
        yield found


async def test_what_the_key_of_the_installation_opens_is_not_everybodys(
    shared_key: Place,
) -> None:
    place = shared_key
    carl = await person(place.db, "carl")
    his = await place.takes(carl, snapshot_of("mdblist", "films"))
    await place.refresh(his)
    place.one.lists["films"] = snapshot_of("mdblist", "films", 5, public=False)
    lists = await place.refresh(his)
    assert ("films", "common") in place.one.read_by
    stored = await place.stored(his)
    assert (stored.state, stored.item_count, stored.audience) == ("private", 3, "public")
    assert "is private now" in " ".join(lists.problems.values())
    with pytest.raises(RejectedError, match="private"):
        await describe_list(place.outside, carl.id, "mdblist", "films")


async def test_peoples_own_keys_are_used_before_that_of_the_installation(
    shared_key: Place,
) -> None:
    place, shared = shared_key, snapshot_of("mdblist", "films")
    carl = await person(place.db, "carl")
    await place.refresh(await place.takes(carl, shared), await place.takes(place.anna, shared))
    assert place.one.read_by == [("films", "hers")]


async def test_in_the_run_of_one_it_is_seen_that_another_may_not_read_a_list(
    place: Place,
) -> None:
    shared = snapshot_of("mdblist", "films")
    hers, his = await place.takes(place.anna, shared), await place.takes(place.ben, shared)
    await place.refresh(hers)
    place.one.lists["films"] = snapshot_of("mdblist", "films", 5, public=False)
    place.one.trouble["his"] = refused("not_found")
    lists = await place.refresh(hers)
    assert lists.problems == {}
    frozen, copy = await place.stored(his), await place.stored(hers)
    assert (frozen.state, frozen.item_count, frozen.audience) == ("private", 3, "public")
    assert (copy.state, copy.item_count, copy.audience) == ("ok", 5, f"user:{place.anna.id}")
    assert [words for words in await place.logged() if "private" in words] == [
        "The list List films is private now. Your own account reads it from here on."
    ]


async def test_a_reading_has_to_be_good_for_the_list_that_it_comes_to_as_well(
    place: Place,
) -> None:
    old = snapshot_of("mdblist", "old", source_id="7")
    new = snapshot_of("mdblist", "new", 5, source_id="7")
    hers, his = await place.takes(place.anna, old), await place.takes(place.ben, new)
    await place.refresh(his)
    del place.one.lists["old"]
    place.one.lists["new"] = snapshot_of("mdblist", "new", 0, source_id="7")
    lists = await place.refresh(hers)
    assert "came back empty" in " ".join(lists.problems.values())
    assert (await place.stored(his)).item_count == 5
    assert (await place.stored(hers)).reference == "old"


async def test_a_list_of_one_user_is_not_read_with_the_key_of_another(place: Place) -> None:
    hers = await place.takes(place.anna, snapshot_of("mdblist", "own", public=False))
    his = await collection_of(place.db, place.ben, await place.stored(hers))
    await place.refresh(his)
    assert [key for _, key in place.one.read_by if key] == []
    assert (await place.stored(hers)).snapshot == 0


async def test_a_private_list_that_is_gone_is_not_asked_for_without_a_key(place: Place) -> None:
    hers = await place.takes(place.anna, snapshot_of("mdblist", "own", public=False))
    await place.refresh(hers)
    place.one.lists.clear()
    place.one.read_by.clear()
    await place.refresh(hers)
    assert place.one.read_by == [("own", "hers")]
    assert (await place.stored(hers)).state == "gone"


async def test_a_list_that_became_public_is_shared_from_then_on(place: Place) -> None:
    hers = await place.takes(place.anna, snapshot_of("mdblist", "films", public=False))
    await place.refresh(hers)
    his = await place.takes(place.ben, snapshot_of("mdblist", "films", 4))
    await place.refresh(hers, his)
    assert await place.stored(hers) == await place.stored(his)
    assert (await place.stored(hers)).audience == "public"
    assert (await place.stored(hers)).item_count == 4


async def test_a_list_that_became_public_alone_keeps_its_rows_and_its_history(
    place: Place,
) -> None:
    hers = await place.takes(place.anna, snapshot_of("mdblist", "films", public=False))
    await place.refresh(hers)
    before = await place.stored(hers)
    place.one.lists["films"] = snapshot_of("mdblist", "films", 4)
    await place.refresh(hers)
    now = await place.stored(hers)
    assert (now.id, now.audience, now.snapshot) == (before.id, "public", 2)


async def test_what_a_person_has_to_decide_first_is_not_hidden_by_a_change_of_access(
    place: Place,
) -> None:
    hers = await place.takes(place.anna, snapshot_of("mdblist", "films", 20, public=False))
    await place.refresh(hers)
    place.one.lists["films"] = snapshot_of("mdblist", "films", 2, public=False)
    await place.refresh(hers)
    his = await place.takes(place.ben, snapshot_of("mdblist", "films", 3))
    await place.refresh(his)
    lists = await place.refresh(hers)
    assert "shrank from 20 to 3" in " ".join(lists.suspicions_of(lists.collections[0]))
    assert (await place.stored(hers)).audience == f"user:{place.anna.id}"


async def test_a_frozen_list_stays_private_while_its_source_is_down(place: Place) -> None:
    hers = await place.takes(place.anna, snapshot_of("mdblist", "films"))
    await place.refresh(hers)
    place.one.trouble["films"] = refused("private", "It is private.")
    await place.refresh(hers, forced=True)
    assert (await place.stored(hers)).state == "private"
    place.one.trouble["films"] = refused("down", "It is down.")
    await place.refresh(hers)
    stored = await place.stored(hers)
    assert (stored.state, "It is down." in (stored.error or "")) == ("private", True)
    del place.one.trouble["films"]
    await place.refresh(hers)
    assert (await place.stored(hers)).state == "ok"


async def test_a_public_list_stays_so_though_its_owners_account_calls_it_its_own(
    place: Place,
) -> None:
    shared = snapshot_of("mdblist", "films")
    hers, his = await place.takes(place.anna, shared), await place.takes(place.ben, shared)
    place.one.own["hers", "films"] = snapshot_of("mdblist", "films", public=False)
    lists = await place.refresh(hers, his, forced=True)
    assert lists.problems == {}
    assert place.one.read_by == [("films", "hers"), ("films", None)]
    for collection in (hers, his):
        stored = await place.stored(collection)
        assert (stored.state, stored.audience) == ("ok", "public")
