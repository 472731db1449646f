"""Jellyfin 10.8, with its own ways, behind an address that has no /emby."""

from dataclasses import replace
from pathlib import Path

import pytest

from collectarr.demo.emby import PROFILE_JELLYFIN
from collectarr.errors import UnexpectedAnswerError
from collectarr.models import RunStatus
from collectarr.store import servers
from collectarr.sync.connect import check_server
from tests.flows.world import World, film, make_world, own, show

JELLYFIN = replace(PROFILE_JELLYFIN, emby_prefix=False)
MANY = 260
"""Ids of 32 characters: twice as much as Jellyfin takes in one address."""


async def test_a_collection_lives_through_everything_on_jellyfin(tmp_path: Path) -> None:
    async with make_world(tmp_path, JELLYFIN) as world:
        titles = [film(n) for n in range(1, MANY)] + [show(1)]
        own(world.emby, *titles)
        world.mdblist.add_list("demo", "films", "Films", titles)
        server = await world.connect()
        assert (server.kind, server.url) == ("jellyfin", world.emby_url)
        collection = await world.define()

        run = await world.sync(collection)
        assert (run.status, run.message) == (RunStatus.SUCCESS, f"Added {MANY} titles.")
        assert len(world.members()) == MANY
        assert {414, 400, 500}.isdisjoint({request["status"] for request in world.emby.requests})

        run = await world.sync(collection)
        assert (run.status, world.writes(), len(world.reads())) == (RunStatus.SUCCESS, [], 2)

        box = world.emby.box_set("Films")
        assert box is not None
        world.emby.hand_remove(box.id, world.emby.members(box.id)[0])
        world.mdblist.set_items("demo", "films", titles[:-2])
        run = await world.sync(collection, forced=True)
        assert run.status is RunStatus.SUCCESS, run.message
        assert world.members() == {title.title for title in titles[1:-2]}

        await world.outside.emby(server).delete_box_set(box.id)
        assert world.emby.box_set("Films") is None
        await _tells_what_it_can(world)


async def _tells_what_it_can(world: World) -> None:
    server = await servers.get_server(world.db, world.user.id, world.server.id)
    can = server.abilities
    assert (can.etag, can.child_count, can.key_deletes) == (True, True, True)
    assert (can.libraries_call, server.tells_changes) == ("bare", True)


async def test_a_box_set_of_that_name_is_not_emptied_by_creating_it_again(tmp_path: Path) -> None:
    async with make_world(tmp_path, JELLYFIN) as world:
        ids = own(world.emby, film(1), film(2), film(3))
        world.emby.hand_create("Films", ids[:2])
        world.mdblist.add_list("demo", "films", "Films", [film(3)])
        await world.connect()
        run = await world.sync(await world.define())
        assert run.status is RunStatus.HELD
        assert (world.members(), world.writes()) == ({"Film 1", "Film 2"}, [])


async def test_a_jellyfin_that_gives_its_prefix_up_is_found_again_by_testing_it(
    tmp_path: Path,
) -> None:
    async with make_world(tmp_path, PROFILE_JELLYFIN) as world:
        server = await world.connect()
        assert server.url == f"{world.emby_url}/emby"
        world.emby.fail("^/emby", status=404, times=None)
        await check_server(world.db, world.outside, server)
        server = await servers.get_server(world.db, world.user.id, server.id)
        assert (server.url, server.error) == (world.emby_url, None)
        assert await world.outside.emby(server).box_sets() == ()


async def test_an_emby_that_answers_only_without_its_prefix_is_asked_for_its_path(
    tmp_path: Path,
) -> None:
    async with make_world(tmp_path, replace(JELLYFIN, product=None)) as world:
        with pytest.raises(UnexpectedAnswerError, match="not under /emby") as refused:
            await world.connect()
        assert refused.value.code == "path"
