"""A list is followed when its owner gives it another name."""

from collectarr.models import RunStatus
from collectarr.store.collections import Collection
from tests.flows.neighbours import Street, box_sets, films, lost
from tests.flows.world import World, own


async def _films_of_ben(people: Street) -> tuple[Collection, Collection, dict[str, set[str]]]:
    world, anna, ben = people
    own(world.emby, *films(1, 9))
    world.mdblist.add_list("ben", "films", "Films", films(1, 5))
    hers, his = await anna.define("ben/films"), await ben.define("ben/films")
    await anna.sync(hers)
    await ben.sync(his)
    return hers, his, box_sets(world)


def rename(world: World, slug: str, name: str) -> None:
    """The list of ben, as its owner renames it."""
    for one in world.mdblist.shelf.lists:
        if (one.user, one.slug) == ("ben", "films"):
            one.slug, one.name, one.updated = slug, name, world.mdblist.shelf.tick()


async def test_a_renamed_list_is_followed_by_all_who_have_it(people: Street) -> None:
    world, anna, ben = people
    hers, his, before = await _films_of_ben(people)
    rename(world, "movies", "Movies")
    world.mdblist.set_items("ben", "movies", films(1, 6))
    run = await anna.sync(hers)
    assert run.status is RunStatus.SUCCESS, run.message
    assert "renamed to Movies (ben/movies)" in await anna.log(run)
    stored = await anna.list_of(hers)
    assert (stored.reference, stored.name, stored.state) == ("ben/movies", "Movies", "ok")
    assert (stored.url or "").endswith("/lists/ben/movies")
    assert stored == await ben.list_of(his)
    assert (await ben.sync(his)).status is RunStatus.SUCCESS
    assert {len(members) for members in box_sets(world).values()} == {6}
    world.mdblist.requests.clear()
    assert (await anna.sync(hers)).status is RunStatus.SUCCESS
    assert [seen.status for seen in world.mdblist.requests] == [200], "found at once from now on"
    assert lost(before, world) == {}


async def test_a_list_is_followed_to_a_name_that_another_collection_has_already(
    people: Street,
) -> None:
    world, anna, ben = people
    hers, his, before = await _films_of_ben(people)
    rename(world, "movies", "Movies")
    new = await ben.define("ben/movies", "Movies")
    await ben.sync(new)
    run = await anna.sync(hers)
    assert run.status is RunStatus.SUCCESS, run.message
    lists = [await anna.list_of(hers), await ben.list_of(his), await ben.list_of(new)]
    assert {stored.id for stored in lists} == {lists[2].id}
    assert lists[0].reference == "ben/movies"
    assert (await ben.sync(his)).status is RunStatus.SUCCESS
    assert len(await anna.titles(hers)) == 5
    assert lost(before, world) == {}


async def test_a_short_reading_under_the_new_name_is_not_believed_either(people: Street) -> None:
    world, anna, ben = people
    hers, _, before = await _films_of_ben(people)
    rename(world, "movies", "Movies")
    world.mdblist.set_items("ben", "movies", films(1, 1))
    new = await ben.define("ben/movies", "Movies")
    await ben.sync(new)
    world.mdblist.set_items("ben", "movies", [])
    assert (await anna.sync(hers)).status is RunStatus.PARTIAL
    world.mdblist.set_items("ben", "movies", films(1, 2))
    run = await anna.sync(hers)
    assert run.status is RunStatus.HELD
    assert "shrank from 5 to 2" in (run.message or "")
    assert lost(before, world) == {}


async def test_another_list_in_the_old_place_is_not_taken_for_it(people: Street) -> None:
    world, anna, _ = people
    hers, _, before = await _films_of_ben(people)
    rename(world, "movies", "Movies")
    world.mdblist.add_list("ben", "films", "Other films", films(6, 9))
    run = await anna.sync(hers)
    assert run.status is RunStatus.SUCCESS, run.message
    assert (await anna.list_of(hers)).reference == "ben/movies"
    assert await anna.titles(hers) == [f"Film {n}" for n in range(1, 6)]
    assert lost(before, world) == {}


async def test_a_list_that_was_made_anew_in_its_old_place_is_taken_with_care(
    people: Street,
) -> None:
    world, anna, _ = people
    hers, _, before = await _films_of_ben(people)
    world.mdblist.set_items("ben", "films", films(1, 2))
    world.mdblist.shelf.lists[0].id = 999
    run = await anna.sync(hers)
    assert run.status is RunStatus.HELD
    assert "shrank from 5 to 2" in (run.message or "")
    assert lost(before, world) == {}


async def test_a_list_that_is_renamed_and_private_is_followed_by_its_owner_alone(
    people: Street,
) -> None:
    world, anna, ben = people
    hers, his, before = await _films_of_ben(people)
    rename(world, "secret", "Secret")
    world.mdblist.set_private("ben", "secret")
    world.mdblist.set_items("ben", "secret", films(1, 6))
    await anna.sync(hers)
    assert (await ben.sync(his)).status is RunStatus.SUCCESS
    frozen, copy = await anna.list_of(hers), await ben.list_of(his)
    assert (frozen.reference, frozen.state, frozen.name) == ("ben/films", "private", "Films")
    assert (copy.reference, copy.audience) == ("ben/secret", f"user:{ben.user.id}")
    assert (len(await anna.titles(hers)), len(await ben.titles(his))) == (5, 6)
    assert "ecret" not in str(frozen)
    assert lost(before, world) == {}


async def test_a_list_that_is_read_without_a_key_keeps_the_name_that_was_told(
    people: Street,
) -> None:
    world, anna, _ = people
    own(world.emby, *films(1, 3))
    world.mdblist.add_list("ben", "best-of", "Ben’s very best", films(1, 5))
    hers = await anna.define("ben/best-of")
    await anna.sync(hers)
    assert (await anna.list_of(hers)).name == "Ben’s very best"
    await world.outside.accounts.disconnect(anna.user.id, "mdblist")
    world.mdblist.set_items("ben", "best-of", films(1, 6))
    assert (await anna.sync(hers, forced=True)).status is RunStatus.SUCCESS
    stored = await anna.list_of(hers)
    assert (stored.name, stored.item_count) == ("Ben’s very best", 6)
    await anna.define("ben/best-of", "Another")
    assert (await anna.list_of(hers)).name == "Ben’s very best"
