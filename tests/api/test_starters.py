"""/starters and /sources/titles: what is there without any key, and what is found."""

import pytest

from collectarr.models import Kind
from collectarr.sync.starters import Starter, starters
from tests.api.conftest import Town
from tests.people import problem


@pytest.mark.parametrize("one", starters(), ids=lambda one: one.id)
def test_a_starter_names_titles_that_can_be_found(one: Starter) -> None:
    assert one.name
    assert one.description.endswith(".")
    assert len(one.titles) >= 5
    assert all(title.title and title.year and title.ids.tmdb for title in one.titles)
    assert all(title.ids.imdb for title in one.titles)
    assert all(title.kind in (Kind.MOVIE, Kind.SHOW) for title in one.titles)
    known = [(title.kind, title.ids.tmdb) for title in one.titles]
    assert len(set(known)) == len(known)


def test_starters_are_told_apart() -> None:
    assert len({one.id for one in starters()}) == len(starters()) >= 10
    assert len({one.name for one in starters()}) == len(starters())


async def test_starters_are_listed_and_searched(town: Town) -> None:
    found = await town.anna.get("/starters")
    assert found["total"] == len(starters())
    assert found["items"][0]["items"] == len(starters()[0].titles)
    westerns = await town.anna.get("/starters", params={"query": "westerns"})
    assert [one["id"] for one in westerns["items"]] == ["westerns"]


async def test_a_starter_is_applied_and_synced(town: Town) -> None:
    await town.add_server()
    made = await town.anna.post("/starters/westerns/apply", status=201)
    assert (made["name"], made["lists"][0]["source"]) == ("Westerns", "manual")
    run = await town.ended(made["last_run_id"])
    assert run["status"] == "SUCCESS", run["message"]
    items = await town.anna.get(f"/collections/{made['id']}/items")
    assert items["total"] == len(next(one for one in starters() if one.id == "westerns").titles)
    assert items["items"][0]["key"]


async def test_applied_twice_it_takes_a_second_name(town: Town) -> None:
    made = await town.anna.post("/starters/westerns/apply", status=201)
    response = await town.anna.call("POST", "/starters/westerns/apply", {})
    inside = await problem(response, 409, "applied")
    assert inside["details"]["collection_id"] == made["id"]
    other = await town.anna.post("/starters/westerns/apply", {"name": "More"}, status=201)
    assert other["name"] == "More"
    assert (await town.anna.get("/collections"))["total"] == 2


async def test_an_unknown_starter_makes_nothing(town: Town) -> None:
    await problem(await town.anna.call("POST", "/starters/nothing/apply", {}), 404, "not_found")
    bad = await town.anna.call("POST", "/starters/westerns/apply", {"name": "///"})
    await problem(bad, 400, "name")
    assert (await town.anna.get("/collections"))["total"] == 0


async def test_titles_are_found_in_the_own_libraries(town: Town) -> None:
    await town.synced()
    found = await town.anna.get("/sources/titles", params={"query": "film 3"})
    mine = [row for row in found["items"] if row["in_library"]]
    assert [row["title"] for row in mine] == ["Film 3"]
    assert mine[0]["ids"]["tmdb"] == 3
    dated = await town.anna.get("/sources/titles", params={"query": "film 2000"})
    assert len([row for row in dated["items"] if row["in_library"]]) == 7
    await problem(await town.anna.call("GET", "/sources/titles"), 400, "invalid")
