"""/collections/{id}/items: put in, moved, noted and taken out by hand."""

from typing import Any

import pytest

from tests.api.conftest import Town
from tests.flows.world import show
from tests.people import problem, sign_up
from tests.sources.test_manual_hostile import ten_thousand


async def by_hand(town: Town, name: str = "Mine") -> str:
    body = {"name": name, "lists": [{"source": "manual"}], "enabled": False}
    made = await town.anna.post("/collections", body, status=201)
    return f"/collections/{made['id']}"


async def listed(town: Town, path: str) -> list[dict[str, Any]]:
    found = await town.anna.get(f"{path}/items", params={"per_page": 500})
    items: list[dict[str, Any]] = found["items"]
    return items


async def test_a_text_is_answered_to_the_letter(town: Town) -> None:
    path = await by_hand(town)
    text = "tt0000001\ntmdb:2\nnonsense\ntmdb:show:2\n# mine\ntmdb:2"
    assert await town.anna.post(f"{path}/items", {"text": text}) == {
        "added": 3,
        "duplicate": 1,
        "not_understood": [
            {
                "line": 3,
                "text": "nonsense",
                "reason": "This is no id and no address that we can read. Paste an id such as"
                " tt0133093.",
            }
        ],
    }
    items = await listed(town, path)
    assert [(item["kind"], item["ids"]["tmdb"], item["rank"]) for item in items] == [
        ("unknown", None, 1),
        ("movie", 2, 2),
        ("show", 2, 3),
    ]
    assert all(item["title"] and item["key"] for item in items)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"kind": "movie", "ids": {"tmdb": 603}}, "movie"),
        ({"kind": "show", "title": "Breaking Bad", "year": 2008}, "show"),
        ({"ids": {"imdb": "tt0133093"}, "note": "Again"}, "unknown"),
        ({"ids": {"imdb": "tt0133093", "tmdb": 603}}, "unknown"),
        ({"kind": "movie", "title": "Heat", "ids": {"imdb": "tt0113277", "tmdb": 949}}, "movie"),
    ],
)
async def test_one_title_is_put_in_once(town: Town, body: Any, kind: str) -> None:
    path = await by_hand(town)
    assert (await town.anna.post(f"{path}/items", body))["added"] == 1
    again = await town.anna.post(f"{path}/items", body)
    assert again == {"added": 0, "duplicate": 1, "not_understood": []}
    item = (await listed(town, path))[0]
    assert (item["kind"], item["note"]) == (kind, body.get("note"))
    if kind == "unknown":
        assert item["ids"]["tmdb"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "movie"},
        {"ids": {}},
        {"ids": {"tmdb": 603}},
        {"title": "Heat", "year": 1995},
        {"kind": "movie", "title": "Heat"},
        {"kind": "movie", "title": " ", "year": 1995},
        {"kind": "unknown", "ids": {"imdb": "tt0133093"}},
        {"ids": {"imdb": "Heat"}},
        {"ids": {"tmdb": 0}, "kind": "movie"},
        {"text": "tt0133093", "kind": "movie"},
        {"text": "tt0133093", "ids": {"tmdb": 603}},
        {"text": None},
        {"texts": "tt0133093"},
    ],
)
async def test_what_names_no_title_is_refused(town: Town, body: Any) -> None:
    path = await by_hand(town)
    await problem(await town.anna.call("POST", f"{path}/items", body), 400, "invalid")
    assert await listed(town, path) == []


async def test_what_the_library_knows_has_a_name_at_once(town: Town) -> None:
    await town.synced()
    path = await by_hand(town)
    await town.anna.post(f"{path}/items", {"text": "tt0000003\ntmdb:4\ntmdb:400"})
    items = await listed(town, path)
    assert [(item["kind"], item["title"], item["year"]) for item in items] == [
        ("movie", "Film 3", 2000),
        ("movie", "Film 4", 2000),
        ("movie", "tmdb:400", None),
    ]


async def test_rows_are_moved_noted_and_taken_out(town: Town) -> None:
    path = await by_hand(town)
    await town.anna.post(f"{path}/items", {"text": "tmdb:1\ntmdb:2\ntmdb:3\ntmdb:4"})
    keys = [item["key"] for item in await listed(town, path)]
    response = await town.anna.call("PATCH", f"{path}/items/{keys[3]}", {"position": 2})
    moved = await response.json()
    assert (response.status, moved["rank"], moved["ids"]["tmdb"]) == (200, 2, 4)
    noted = await (
        await town.anna.call("PATCH", f"{path}/items/{keys[0]}", {"note": " a  note "})
    ).json()
    assert (noted["note"], noted["rank"]) == ("a note", 1)
    both = {"position": 99, "note": None}
    last = await (await town.anna.call("PATCH", f"{path}/items/{keys[0]}", both)).json()
    assert (last["note"], last["rank"]) == (None, 4)
    assert (await town.anna.call("DELETE", f"{path}/items/{keys[1]}")).status == 204
    assert [item["ids"]["tmdb"] for item in await listed(town, path)] == [4, 3, 1]
    await problem(await town.anna.call("DELETE", f"{path}/items/{keys[1]}"), 404, "not_found")
    gone = await town.anna.call("PATCH", f"{path}/items/{keys[1]}", {"note": "x"})
    await problem(gone, 404, "not_found")


async def test_what_is_anothers_is_not_there(town: Town) -> None:
    ben = await sign_up(town.client, "ben", "user")
    path = await by_hand(town)
    await town.anna.post(f"{path}/items", {"text": "tmdb:1"})
    key = (await listed(town, path))[0]["key"]
    for method, where, body in (
        ("POST", "items", {"text": "tmdb:2"}),
        ("PATCH", f"items/{key}", {"note": "mine"}),
        ("DELETE", f"items/{key}", None),
    ):
        await problem(await ben.call(method, f"{path}/{where}", body), 404, "not_found")
    other = await by_hand(town, "Other")
    await problem(await town.anna.call("DELETE", f"{other}/items/{key}"), 404, "not_found")
    assert len(await listed(town, path)) == 1


async def test_titles_get_no_list_that_nobody_asked_for(town: Town) -> None:
    collection = await town.synced()
    path = f"/collections/{collection['id']}"
    response = await town.anna.call("POST", f"{path}/items", {"text": "tmdb:500"})
    said = await problem(response, 409, "no_manual_list")
    assert "`pins`" in said["message"]
    assert [one["source"] for one in (await town.anna.get(path))["lists"]] == ["mdblist"]


async def with_both(town: Town) -> str:
    collection = await town.synced()
    path = f"/collections/{collection['id']}"
    both = [{"source": "mdblist", "list": "demo/films"}, {"source": "manual"}]
    await (await town.anna.call("PATCH", path, {"lists": both})).read()
    return path


async def test_a_collection_of_a_source_takes_titles_by_hand_too(town: Town) -> None:
    path = await with_both(town)
    answer = await town.anna.post(f"{path}/items", {"text": "tmdb:3\ntmdb:500"})
    assert answer["added"] == 2
    changed = await town.anna.get(path)
    assert [one["source"] for one in changed["lists"]] == ["mdblist", "manual"]
    items = await listed(town, path)
    assert [item["ids"]["tmdb"] for item in items] == [*range(1, 11), 500]
    assert [item["key"] is None for item in items] == [True] * 10 + [False]


async def test_putting_nothing_in_names_no_field_that_there_is_not(town: Town) -> None:
    path = await by_hand(town)
    said = await problem(await town.anna.call("POST", f"{path}/items", {}), 400, "invalid")
    assert said["details"] == {}
    assert "Give a text, or the ids of a title" in said["message"]
    assert ": Give" not in said["message"]


async def test_putting_titles_in_starts_no_run(town: Town) -> None:
    path = await with_both(town)
    await town.anna.post(f"{path}/items", {"text": "tmdb:500"})
    assert (await town.anna.get("/runs"))["total"] == 1


async def test_ten_thousand_lines_come_in_with_an_exact_report(town: Town) -> None:
    path = await by_hand(town)
    answer = await town.anna.post(f"{path}/items", {"text": ten_thousand()})
    assert (answer["added"], answer["duplicate"]) == (7500, 0)
    assert len(answer["not_understood"]) == 2500
    again = await town.anna.post(f"{path}/items", {"text": ten_thousand()})
    assert (again["added"], again["duplicate"]) == (0, 7500)
    found = await town.anna.get(f"{path}/items", params={"per_page": 1, "page": 7500})
    assert found["total"] == 7500
    assert found["items"][0]["ids"]["tmdb"] == 2500


async def test_a_list_does_not_grow_without_end(town: Town) -> None:
    path = await by_hand(town)
    first = "\n".join(f"tmdb:{n}" for n in range(1, 20_001))
    assert (await town.anna.post(f"{path}/items", {"text": first}))["added"] == 20_000
    response = await town.anna.call("POST", f"{path}/items", {"text": "tmdb:30000"})
    await problem(response, 400, "too_many")
    response = await town.anna.call("POST", f"{path}/items", {"text": "\n" * 20_002})
    await problem(response, 400, "too_large")


async def test_an_address_at_trakt_is_looked_up_there(town: Town) -> None:
    town.trakt.set_chart("shows/trending", [show(1, "Breaking Bad", 2008)])
    path, site = await by_hand(town), "https://trakt.tv"
    lines = ("shows/breaking-bad/seasons/5/episodes/14", "shows/nobody", "movies/heat-1995")
    text = "\n".join(f"{site}/{line}" for line in lines)
    told = await town.anna.post(f"{path}/items", {"text": text})
    assert (told["added"], [one["line"] for one in told["not_understood"]]) == (2, [2])
    assert "nobody could tell" in told["not_understood"][0]["reason"]
    items = [(one["title"], one["year"], one["ids"]["imdb"]) for one in await listed(town, path)]
    assert items == [("Breaking Bad", 2008, "tt9000001"), ("Heat", 1995, None)]
    town.trakt.fail("/shows/", status=503, times=None)
    told = await town.anna.post(f"{path}/items", {"text": f"{site}/shows/breaking-bad"})
    assert (told["added"], len(told["not_understood"])) == (0, 1)


@pytest.mark.parametrize(
    "query",
    ["tt9000001", "tmdb:show:1", "tvdb:50001", "https://app.trakt.tv/shows/breaking-bad/seasons/1"],
)
async def test_a_search_finds_a_title_by_an_id_or_its_address(town: Town, query: str) -> None:
    town.trakt.set_chart("shows/trending", [show(1, "Breaking Bad", 2008)])
    found = (await town.anna.get("/sources/titles", params={"query": query}))["items"]
    assert [(one["kind"], one["title"], one["year"]) for one in found] == [
        ("show", "Breaking Bad", 2008)
    ]
