"""What a server holds is followed by deltas where they are proven, by sweeps elsewhere."""

from collectarr.demo.emby import PROFILE_32, EmbyStandIn, running
from collectarr.models import Ids, Kind, RunStatus, Title
from collectarr.store import servers
from tests.flows.world import World, film, own, show


def _sweeps(world: World) -> int:
    """Reads of libraries that ask for everything."""
    return sum(
        r["path"].endswith("/Items")
        and "Movie" in r["query"].get("IncludeItemTypes", "")
        and not any(name.startswith("MinDateLastSaved") for name in r["query"])
        for r in world.emby.requests
    )


async def test_a_new_film_is_added_by_a_delta_where_the_filter_is_proven(world: World) -> None:
    own(world.emby, film(1))
    world.mdblist.add_list("demo", "films", "Films", [film(1), film(2), show(3)])
    await world.connect()
    collection = await world.define()
    await world.sync(collection)
    server = await servers.get_server(world.db, world.user.id, world.server.id)
    assert server.delta_filter in ("MinDateLastSaved", "MinDateLastSavedForUser")
    own(world.emby, film(2), show(3))
    run = await world.sync(collection)
    assert run.counts["added"] == 2, run.message
    assert _sweeps(world) == 0
    assert world.members() == {"Film 1", "Film 2", "Show 3"}


async def test_a_new_film_is_added_by_a_sweep_where_no_filter_is_proven(world: World) -> None:
    nothing = '{"Items": [], "TotalRecordCount": 0}'
    world.emby.fail(
        "/Items$", query="MinDateLastSaved", status=200, body=nothing,
        content_type="application/json", times=None,
    )  # fmt: skip
    own(world.emby, film(1))
    world.mdblist.add_list("demo", "films", "Films", [film(1), film(2)])
    await world.connect()
    collection = await world.define()
    await world.sync(collection)
    server = await servers.get_server(world.db, world.user.id, world.server.id)
    assert server.delta_filter == "none"
    own(world.emby, film(2))
    run = await world.sync(collection)
    assert run.counts["added"] == 1, run.message
    assert _sweeps(world) == 1


async def test_a_film_gets_its_ids_late_and_is_matched_then(world: World) -> None:
    late = world.emby.add_item("movie", "tt0000002", None)
    own(world.emby, film(1))
    world.mdblist.add_list("demo", "films", "Films", [film(1), film(2)])
    await world.connect()
    collection = await world.define()
    await world.sync(collection)
    assert world.members() == {"Film 1"}
    world.emby.update_item(late, title="Film 2", year=2000, imdb="tt0000002")
    await world.sync(collection)
    assert world.members() == {"Film 1", "Film 2"}


async def test_movie_1396_is_not_show_1396(world: World) -> None:
    world.emby.add_item("movie", "Mirror", 1975, tmdb=1396)
    world.emby.add_item("show", "Breaking Bad", 2008, tmdb=1396)
    series = Title(Kind.SHOW, "Breaking Bad", 2008, Ids(tmdb=1396))
    world.mdblist.add_list("demo", "films", "Films", [series])
    await world.connect()
    await world.sync(await world.define())
    assert world.members() == {"Breaking Bad"}


async def test_a_dead_server_fails_alone(world: World) -> None:
    titles = [film(1), film(2)]
    own(world.emby, *titles)
    world.mdblist.add_list("demo", "films", "Films", titles)
    other = EmbyStandIn(PROFILE_32, server_name="Cabin", settle_seconds=0.1)
    other.add_library("Movies", "movies", "/media/Movies")
    async with running(other) as url:
        await world.connect()
        await world.connect(url)
        collection = await world.define()
        own(other, *titles)
    run = await world.sync(collection)
    assert run.status is RunStatus.PARTIAL
    assert "Cabin" in (run.message or "")
    assert world.members() == {"Film 1", "Film 2"}


async def test_another_server_at_the_same_address_is_refused(world: World) -> None:
    own(world.emby, film(1))
    world.mdblist.add_list("demo", "films", "Films", [film(1)])
    await world.connect()
    collection = await world.define()
    await world.sync(collection)
    world.emby.core.state.server_id = "f" * 32
    run = await world.sync(collection)
    assert run.status is RunStatus.FAILED
    assert world.writes() == []


async def test_twenty_collections_unchanged_cost_two_reads_in_all(world: World) -> None:
    own(world.emby, *[film(n) for n in range(1, 60)])
    for number in range(20):
        slug = f"films-{number}"
        titles = [film(n) for n in range(number + 1, number + 30)]
        world.mdblist.add_list("demo", slug, f"Films {number}", titles)
    await world.connect()
    for number in range(20):
        await world.define(f"demo/films-{number}", f"Films {number}")
    first = await world.sync_all()
    assert first.status is RunStatus.SUCCESS, first.message
    again = await world.sync_all()
    assert again.requests == {str(world.server.id): {"reads": 2, "writes": 0}}
    assert len(world.reads()) == 2
    assert world.writes() == []
