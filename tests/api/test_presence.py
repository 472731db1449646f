"""/servers/{id}/presence and /search: what a server holds, filtered and found by title or id."""

from typing import Any

import pytest

from tests.api.conftest import Town
from tests.flows.world import own, show
from tests.people import problem


@pytest.fixture
async def read(town: Town) -> Town:
    """Seven films and a show, and their server read once."""
    town.emby.add_library("Series", "tvshows", "/media/Series")
    own(town.emby, show(42, "The Number of Shows"))
    await town.synced()
    started = await town.anna.post("/servers/1/scan", status=202)
    await town.ended(started["run_id"])
    return town


async def _titles(town: Town, path: str) -> list[str]:
    return [row["title"] for row in (await town.anna.get(f"/servers/1{path}"))["items"]]


async def test_presence_is_leafed_through_and_filtered(read: Town) -> None:
    page = await read.anna.get("/servers/1/presence?per_page=3&page=2")
    assert (page["total"], [row["title"] for row in page["items"]]) == (
        8,
        ["Film 4", "Film 5", "Film 6"],
    )
    assert await _titles(read, "/presence?kind=show") == ["The Number of Shows"]
    assert await _titles(read, "/presence?query=FILM%207") == ["Film 7"]
    assert await _titles(read, "/presence?library=nowhere") == []
    library = page["items"][0]["library_id"]
    assert len(await _titles(read, f"/presence?library={library}")) == 7


async def test_a_title_tells_its_ids_its_item_and_its_picture(read: Town) -> None:
    (row,) = (await read.anna.get("/servers/1/search?query=tt0000003"))["items"]
    assert row["ids"] == {"imdb": "tt0000003", "tmdb": 3, "tvdb": None, "trakt": None}
    assert (row["kind"], row["title"], row["year"]) == ("movie", "Film 3", 2000)
    assert row["item_id"] in {item.id for item in read.emby.items}
    assert row["poster"] == f"/api/v1/images/servers/1/items/{row['item_id']}"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("film 3", ["Film 3"]),
        ("tmdb:3", ["Film 3"]),
        ("imdb:tt0000003", ["Film 3"]),
        ("TT0000003", ["Film 3"]),
        ("tvdb:50042", ["The Number of Shows"]),
        ("number shows", ["The Number of Shows"]),
        ("tvdb:3", []),
        ("imdb:3 ", ["Film 3"]),
        ("nothing like it", []),
        ("%", []),
        ("tmdb:x", []),
    ],
)
async def test_a_search_finds_by_title_or_id(read: Town, query: str, found: list[str]) -> None:
    page = await read.anna.get("/servers/1/search", params={"query": query})
    assert [row["title"] for row in page["items"]] == found


async def test_a_plain_number_is_an_id_first_and_then_a_word(read: Town) -> None:
    titles = await _titles(read, "/search?query=3")
    assert titles[0] == "Film 3"
    item: Any = read.emby.items[0]
    page = await read.anna.get(f"/servers/1/search?query=item:{item.id}")
    assert [row["item_id"] for row in page["items"]] == [item.id]


async def test_a_search_for_nothing_is_refused(read: Town) -> None:
    for query in ("", "?query=", f"?query={'x' * 201}"):
        response = await read.anna.call("GET", f"/servers/1/search{query}")
        inside = await problem(response, 400, "invalid")
        assert list(inside["details"]["fields"]) == ["query"]
