"""What a server may be asked and told: who is signed in, whether it is itself, its libraries."""

from dataclasses import replace
from pathlib import Path

import pytest

from collectarr.demo.emby import PROFILE_32, PROFILE_49, EmbyProfile, EmbyStandIn, serve
from collectarr.demo.emby import running as emby_running
from collectarr.errors import RejectedError
from collectarr.models import RunStatus, Upkeep
from collectarr.store import servers
from collectarr.store.collections import load_matches
from collectarr.store.presence import titles_of_libraries
from collectarr.store.servers import Server
from collectarr.sync import connect
from collectarr.sync.connect import change_server, check_server
from tests.flows.world import World, film, make_world, own

STRICT = replace(PROFILE_49, key_deletes=False)
"""Newer, and yet no key may delete: that cannot be known before it was tried."""


async def known(world: World) -> Server:
    return await servers.get_server(world.db, world.user.id, world.server.id)


async def sign_in(world: World, name: str = "emby", password: str = "emby") -> Server:
    server = await known(world)
    return await connect.sign_in(world.db, world.vault, world.outside, server, name, password)


async def delete(world: World, box_set_id: str) -> None:
    await world.outside.emby(await known(world)).delete_box_set(box_set_id)


def deletes(world: World) -> int:
    return len([write for write in world.writes() if write.startswith("DELETE /emby/Items/")])


@pytest.mark.parametrize(("old", "tries"), [(PROFILE_32, 0), (STRICT, 1)], ids=["3.2", "strict"])
async def test_what_no_key_may_delete_a_signed_in_administrator_deletes(
    tmp_path: Path, old: EmbyProfile, tries: int
) -> None:
    async with make_world(tmp_path, old) as world:
        await world.connect()
        boxes = [world.emby.hand_create(name, own(world.emby, film(1))) for name in "ABC"]
        for _ in range(2):
            with pytest.raises(RejectedError) as refused:
                await delete(world, boxes[0])
            assert refused.value.code == "delete_refused"
        assert (deletes(world), (await known(world)).abilities.key_deletes) == (tries, False)

        server = await sign_in(world)
        assert server.user_name == "emby"
        assert server.user_token not in (None, *world.emby.core.state.tokens)
        await delete(world, boxes[0])
        assert [box.id for box in world.emby.box_sets] == boxes[1:]

        world.emby.core.state.tokens = {world.emby.api_key: None}
        with pytest.raises(RejectedError) as ended:
            await delete(world, boxes[1])
        assert ended.value.code == "signed_out"
        server = await known(world)
        assert (server.user_name, server.user_token) == ("emby", None)
        assert len(await world.outside.emby(server).box_sets()) == 2


async def test_only_an_administrator_who_sees_everything_is_signed_in(tmp_path: Path) -> None:
    async with make_world(tmp_path) as world:
        await world.connect()
        world.emby.add_user("kid", "a word of kids")
        world.emby.add_user("half", "a word of half", admin=True, libraries=[])
        before = dict(world.emby.core.state.tokens)
        for name, password, code in (
            ("emby", "a wrong word", "sign_in"),
            ("kid", "a word of kids", "administrator"),
            ("half", "a word of half", "administrator"),
        ):
            with pytest.raises(RejectedError) as refused:
                await sign_in(world, name, password)
            assert refused.value.code == code
            assert "word of" not in refused.value.message + repr(refused.value.details)
        # Whoever did not fit was signed out again.
        assert world.emby.core.state.tokens == before
        assert (await known(world)).user_name is None


async def test_signing_out_ends_the_session_there_too(tmp_path: Path) -> None:
    async with make_world(tmp_path) as world:
        await world.connect()
        await sign_in(world)
        assert len(world.emby.core.state.tokens) == 2
        assert await connect.sign_out(world.db, world.outside, await known(world))
        assert list(world.emby.core.state.tokens) == [world.emby.api_key]
        assert ((await known(world)).user_name, (await known(world)).user_token) == (None, None)

        await sign_in(world)
        world.emby.core.state.tokens = {world.emby.api_key: None}
        assert (await known(world)).user_token is not None
        await check_server(world.db, world.outside, await known(world))
        assert ((await known(world)).user_name, (await known(world)).user_token) == ("emby", None)

        await sign_in(world)
        world.emby.fail("/Sessions/Logout", cut=True)
        assert not await connect.sign_out(world.db, world.outside, await known(world))
        assert (await known(world)).user_token is None


async def test_a_server_is_known_by_what_it_showed_and_only_as_long_as_its_version_stays(
    world: World,
) -> None:
    own(world.emby, film(1), film(2))
    world.mdblist.add_list("demo", "films", "Films", [film(1), film(2)])
    await world.connect()
    collection = await world.define()
    await world.sync(collection)
    await world.sync(collection)
    new = world.emby.profile is PROFILE_49
    server = await known(world)
    can = server.abilities
    assert (can.etag, can.child_count) == (True, True)
    assert (can.libraries_call, can.key_deletes) == (
        "query" if new else "bare",
        None if new else False,
    )
    assert server.tells_changes

    await servers.record_check(
        world.db, server.id, version="5.0.0.1", admin_user_id=server.admin_user_id
    )
    server = await known(world)
    assert (server.abilities, server.tells_changes) == (type(can)(), None)


async def test_another_server_at_the_address_is_neither_read_nor_written(world: World) -> None:
    own(world.emby, film(1), film(2), film(3))
    world.mdblist.add_list("demo", "films", "Films", [film(1)])
    await world.connect()
    await world.sync(await world.define())
    # The other one has the same key, and on the older version items with the same ids.
    world.emby.core.state.server_id = "f" * 32
    world.mdblist.add_list("demo", "more", "More", [film(2)])
    more = await world.define("demo/more", "More")
    await world.sync(more)
    run = await world.sync(more)
    assert (run.status, world.writes()) == (RunStatus.FAILED, [])
    assert "Another Emby server answers at the address" in ((await known(world)).error or "")
    assert world.emby.box_set("More") is None

    client = world.outside.emby(await known(world))
    for attempt in (client.check(), client.create_box_set("X", [world.emby.items[0].id])):
        with pytest.raises(RejectedError) as refused:
            await attempt
        assert refused.value.code == "server_changed"
    with pytest.raises(RejectedError, match="Another Emby server"):
        await sign_in(world)
    assert world.emby.box_set("X") is None
    assert not any("Authenticate" in write for write in world.writes())


async def test_a_write_asks_who_is_there_if_nothing_has_said_so_yet(tmp_path: Path) -> None:
    async with make_world(tmp_path) as world:
        ids = own(world.emby, film(1))
        await world.connect()
        world.emby.clear_requests()
        await world.outside.emby(world.server).create_box_set("A", ids)
        assert world.reads() == ["/emby/System/Info/Public"]
        await world.outside.emby(world.server).create_box_set("B", ids)
        assert len(world.reads()) == 1


async def test_a_server_that_moved_to_another_box_is_refused_and_one_that_moved_house_is_not(
    tmp_path: Path,
) -> None:
    async with make_world(tmp_path) as world, emby_running(EmbyStandIn(server_name="Two")) as url:
        await world.connect()
        await sign_in(world)
        with pytest.raises(RejectedError) as refused:
            await change_server(
                world.db, world.vault, world.outside, world.server, url=url, api_key="demo-emby-key"
            )
        assert refused.value.code == "server_changed"
        assert (await known(world)).url == world.server.url

        runner, again = await serve(world.emby, host="127.0.0.2")
        try:
            moved = await change_server(
                world.db, world.vault, world.outside, world.server,
                url=again, api_key="demo-emby-key",
            )  # fmt: skip
        finally:
            await runner.cleanup()
        # Who was signed in at the old address is not signed in at the new one.
        assert (moved.url, moved.user_name, moved.user_token) == (f"{again}/emby", "emby", None)


async def test_a_library_that_is_not_used_gives_its_titles_up_and_gets_them_back(
    tmp_path: Path,
) -> None:
    async with make_world(tmp_path, PROFILE_32) as world:
        kids = world.emby.add_library("Kids", "movies", "/media/Kids")
        own(world.emby, *(film(n) for n in range(1, 9)))
        for number in (11, 12):
            world.emby.add_item("movie", f"Film {number}", 2000, tmdb=number, library=kids)
        rows = [film(n) for n in (*range(1, 9), 11, 12)]
        world.mdblist.add_list("demo", "films", "Films", rows)
        await world.connect()
        collection = await world.define()
        await world.sync(collection)
        assert len(world.members()) == 10

        used = [row.id for row in await servers.list_libraries(world.db, world.server.id)]
        assert await servers.use_libraries(
            world.db, world.server.id, [x for x in used if x != kids]
        )
        run = await world.sync(collection)
        assert run.status is RunStatus.SUCCESS
        assert world.members() == {f"Film {n}" for n in range(1, 9)}
        matches = await load_matches(world.db, collection.id)
        missing = {row.rank: row.why for row in matches if not row.item_ids}
        words = "It is on the server, but its library (Kids) is not in use."
        assert missing == {9: words, 10: words}
        titles = [film(8), film(11)]
        places = await titles_of_libraries(world.db, world.user.id, titles)
        assert [item.title.title for _, item in places] == ["Film 8"] * 2
        everywhere = await titles_of_libraries(world.db, world.user.id, titles, unused=True)
        assert {item.title.title for _, item in everywhere} == {"Film 8", "Film 11"}

        await check_server(world.db, world.outside, await known(world))
        shown = {
            row.id: row.used for row in await servers.list_libraries(world.db, world.server.id)
        }
        assert shown.pop(kids) is False
        assert all(shown.values())

        assert await servers.use_libraries(world.db, world.server.id, used)
        await world.sync(collection)
        assert len(world.members()) == 10

        # More than may go without asking: a person has to agree first.
        assert await servers.use_libraries(world.db, world.server.id, [kids])
        run = await world.sync(collection)
        assert (run.status, len(world.members())) == (RunStatus.HELD, 10)


async def test_a_collection_may_be_confined_to_some_libraries(tmp_path: Path) -> None:
    async with make_world(tmp_path) as world:
        kids = world.emby.add_library("Kids", "movies", "/media/Kids")
        own(world.emby, film(1), film(2))
        world.emby.add_item("movie", "Film 3", 2000, tmdb=3, library=kids)
        world.emby.add_item("movie", "Film 4", 2000, tmdb=4, path="/elsewhere/4.mkv")
        world.mdblist.add_list("demo", "films", "Films", [film(n) for n in range(1, 5)])
        server = await world.connect()
        upkeep = Upkeep(libraries=((server.id, kids),))
        await world.sync(await world.define(upkeep=upkeep))
        # Nobody knows where the fourth belongs: it counts as in every library.
        assert world.members() == {"Film 3", "Film 4"}
        await world.sync(await world.define(name="All"))
        assert len(world.members("All")) == 4
