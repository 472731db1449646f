"""A film that Emby tells of is in its collections after one read, one list and one write each."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from collectarr.demo.emby import EmbyProfile
from tests.flows.live_world import LiveWorld, live_world
from tests.flows.world import film, own, show


@pytest.fixture
async def living(tmp_path: Path, profile: EmbyProfile) -> AsyncIterator[LiveWorld]:
    async with live_world(tmp_path, profile) as found:
        yield found


async def test_a_new_film_costs_one_read_one_list_and_one_write_per_box_set(
    living: LiveWorld,
) -> None:
    await living.begin(lists=3)
    (item,) = own(living.world.emby, film(10))

    await living.tell(item)
    await living.done()

    assert all("Film 10" in names for names in living.held().values())
    assert len(living.held()) == 3
    assert len(living.world.writes()) == 3
    # The batch, the list of box sets, and the list again once they settled.
    assert len(living.world.reads()) == 3


async def test_a_season_of_episodes_is_one_read_and_at_most_one_write_per_box_set(
    living: LiveWorld,
) -> None:
    await living.begin(lists=1)
    emby = living.world.emby
    living.world.mdblist.add_list("demo", "shows", "Shows", [show(1), show(2)])
    await living.world.define("demo/shows", "Shows")
    own(emby, show(1))
    await living.world.sync_all()
    (series,) = own(emby, show(2))
    episodes = [emby.add_episode(series, f"Part {n}", n) for n in range(1, 201)]
    emby.clear_requests()

    # As a web socket names them; a webhook names the show alone.
    await living.tell(series, *episodes, way="socket")
    await living.done()

    assert living.held()["Shows"] == {"Show 1", "Show 2"}
    assert len(living.world.writes()) == 1
    asked = [r["query"] for r in emby.requests if r["method"] == "GET"]
    by_ids = [q for q in asked if "Ids" in q and q.get("IncludeItemTypes") != "BoxSet"]
    # One for each address that Emby takes: long ids need more room.
    assert len(by_ids) == -(-201 // (460 if emby.profile.numeric_ids else 99))


async def test_what_no_collection_wants_costs_one_read_and_no_run(living: LiveWorld) -> None:
    await living.begin()
    (item,) = own(living.world.emby, film(400))
    before = await living.world.db.value("SELECT count(*) FROM runs")

    await living.tell(item)
    await living.done()

    assert len(living.world.emby.requests) == 1
    assert await living.world.db.value("SELECT count(*) FROM runs") == before


async def test_the_next_scheduled_run_has_nothing_to_do(living: LiveWorld) -> None:
    await living.begin(lists=4)
    await living.collection("other", range(200, 210))
    await living.world.sync_all()
    own_ids = own(living.world.emby, film(10), film(11), film(400))
    await living.tell(*own_ids)
    await living.done()

    run = await living.world.sync_all()

    assert run.counts["added"] == 0
    assert living.world.writes() == []
    # Nothing was looked into: every plan was still the one of this library.
    generation = await living.world.db.value("SELECT generation FROM servers")
    rows = await living.world.db.rows("SELECT inputs FROM targets")
    assert {row["inputs"].partition("|")[0] for row in rows} == {str(generation)}


async def test_the_members_are_read_only_of_a_box_set_that_somebody_changed(
    living: LiveWorld,
) -> None:
    await living.begin(lists=2)
    emby = living.world.emby
    (stranger,) = own(emby, film(300))
    box = emby.box_set("list-1")
    assert box is not None
    emby.hand_add(box.id, stranger)
    (item,) = own(emby, film(10))
    emby.clear_requests()

    await living.tell(item)
    await living.done()

    read = {r["query"]["ParentId"] for r in emby.requests if "ParentId" in r["query"]}
    assert read == {box.id}
    assert "Film 300" in living.held()["list-1"]
    assert all("Film 10" in names for names in living.held().values())


async def test_late_ids_are_looked_for_again(living: LiveWorld) -> None:
    await living.begin(lists=1)
    emby = living.world.emby
    item = emby.add_item("movie", "working.title.2000.mkv")
    await living.tell(item)
    await living.done()
    assert "Film 10" not in living.held()["list-0"]

    emby.update_item(item, title="Film 10", year=2000, imdb="tt0000010", tmdb="10")
    waiting = "SELECT count(*) FROM inbox"
    async with asyncio.timeout(20):
        while await living.world.db.value(waiting):
            await asyncio.sleep(0.01)
    await living.done()

    assert "Film 10" in living.held()["list-0"]
