"""Pages say what is so, each cause once, and nothing that nobody can know."""

import pytest

from collectarr.pages.causes import cause_of, one_per_cause
from collectarr.pages.views import Attention
from collectarr.pages.words import in_short
from collectarr.store.source_accounts import find_account
from collectarr.store.users import User
from tests.flows.world import film, own
from tests.pages.site import MDBLIST_KEY, Site

LIMIT = '{"error": "API Limit Reached!"}'
SOURCES = "/settings/sources"


@pytest.fixture
async def stocked(site: Site, anna: User) -> Site:
    await site.furnish(anna)
    await site.post(f"{SOURCES}/mdblist", {"key": MDBLIST_KEY})
    return site


async def test_a_quota_is_said_alike_wherever_it_is_said(stocked: Site) -> None:
    stocked.mdblist.fail(
        "/lists", status=429, body=LIMIT, headers={"Retry-After": "7200"}, times=None
    )
    for path in ("/browse/mdblist?shelf=mine", "/collections/new"):
        assert "No requests are left" in (await stocked.get(path)).text, path
    assert "no requests left" in (await stocked.get("/")).text
    stocked.mdblist.control.faults.active.clear()
    seen = await stocked.follow(f"{SOURCES}/mdblist/check")
    assert "no requests left" not in seen.text
    seen = await stocked.get("/browse/mdblist?shelf=mine")
    assert "No requests are left" not in seen.text
    assert "8 titles" in seen.text


async def test_a_card_knows_when_a_list_was_read_before_it_was_connected_again(
    stocked: Site,
) -> None:
    await stocked.post(f"{SOURCES}/mdblist/disconnect")
    seen = await stocked.follow(f"{SOURCES}/mdblist", {"key": MDBLIST_KEY})
    assert "Last list read" in seen.text
    found = await find_account(stocked.services.db, stocked.users["anna"].id, "mdblist")
    assert found is not None
    assert found.read_at is None, "it is the list that was read"


async def test_a_list_names_those_that_use_it_and_when_it_changed(stocked: Site) -> None:
    anna = stocked.users["anna"]
    for name in ("Also", "Another", "Later"):
        await stocked.define(anna, name=name)
    seen = await stocked.get("/browse/mdblist?shelf=mine")
    assert "In use: Also, Another and 2 more" in seen.text
    assert "Changed " in seen.text


async def test_a_changed_collection_tells_one_story(stocked: Site) -> None:
    (collection,) = await stocked.collections(stocked.users["anna"])
    path = f"/collections/{collection.id}"
    stocked.mdblist.add_list("demo", "more", "More", [film(2), film(9)])
    await stocked.post(
        f"{path}/exclude", {"kind": "movie", "title": "Film 1", "year": "2000", "tmdb": "1"}
    )
    for _ in range(2):
        seen = await stocked.get(path)
        assert "Changed since the last sync." in seen.text
        assert "3 / 7 in your library, 4 missing" in seen.text
        assert "All 7 In library 3 Missing 4" in seen.text
    assert "3 / 7 Changed since" in (await stocked.get("/collections")).text
    await stocked.sync(collection)
    assert "Changed since" not in (await stocked.get(path)).text


async def test_a_film_that_came_since_is_not_called_missing(stocked: Site) -> None:
    anna = stocked.users["anna"]
    (collection,) = await stocked.collections(anna)
    own(stocked.emby, film(5))
    other = await stocked.define(anna, name="Other")
    await stocked.sync(other)
    seen = await stocked.get(f"/collections/{collection.id}")
    assert "5 / 8 in your library, 3 missing" in seen.text
    assert "In library 5 Missing 3" in seen.text


async def test_without_a_server_nothing_is_missing_and_the_next_step_is_named(
    site: Site, anna: User
) -> None:
    starter = (await site.get("/collections/new")).value("starter")
    assert starter
    seen = await site.follow("/collections/new/starter", {"starter": starter})
    assert "There is no server yet" in seen.notes
    assert "being synced" not in seen.notes
    await site.wait_for_runs(anna)
    (collection,) = await site.collections(anna)
    paths = (f"/collections/{collection.id}", f"/collections/{collection.id}/edit", "/collections")
    for path in (*paths, "/"):
        seen = await site.get(path)
        assert "issing" not in seen.text.replace("Most missing", "").replace("Missing None", "")
        assert "0 / " not in seen.text, path
    assert "Add your server" in (await site.get(paths[0])).text


def test_one_cause_is_told_once() -> None:
    down = "MDBList is used up until 23:21 UTC."
    notes = [
        Attention("bad", "x", title, text, "/", "Look")
        for title, text in (
            ("MDBList", down),
            ("A", "The list A could not be read: MDBList is used up until 23:19 UTC. 8 stay."),
            ("B", "The list B is private now."),
        )
    ]
    assert [note.title for note in one_per_cause(notes)] == ["MDBList", "B"]
    assert cause_of("The list A could not be read: It is down (500).") == cause_of(
        "The list B could not be read: It is down (503)."
    )


def test_a_run_is_told_on_a_line() -> None:
    assert in_short("10 collections: 10 in step. Added 303.") == "10 collections: 10 in step."
    assert len(in_short("word " * 60)) < 95
