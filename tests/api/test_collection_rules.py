"""Which titles a collection takes: said, shown, changed, and refused at the right field."""

from typing import Any

import pytest
from aiohttp import ClientResponse

from collectarr.errors import InvalidError
from tests.api.conftest import Town
from tests.flows.world import film

LISTS = [{"source": "mdblist", "list": "demo/films"}]
NONE: dict[str, Any] = {
    "kinds": [],
    "year_from": None,
    "year_to": None,
    "rating_from": None,
    "genres": [],
    "without_genres": [],
    "in_library": False,
    "not_in": [],
    "episodes": "show",
}
ALIEN = {"kind": "movie", "title": "Alien", "year": 1979, "ids": {"imdb": "tt0078748"}}
ALL_IDS = {"imdb": "tt0078748", "tmdb": None, "tvdb": None, "trakt": None}


async def patched(town: Town, path: str, body: Any) -> Any:
    answer = await town.anna.call("PATCH", path, body)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def wrong_fields(answer: ClientResponse) -> list[str]:
    assert answer.status == InvalidError.status, await answer.text()
    return list((await answer.json())["error"]["details"]["fields"])


async def items(town: Town, collection: Any) -> list[str]:
    page = await town.anna.get(f"/collections/{collection['id']}/items")
    return [row["title"] for row in page["items"]]


async def test_without_rules_everything_is_taken(town: Town) -> None:
    made = await town.add_collection(enabled=False)
    assert (made["merge"], made["filters"], made["limit"]) == ("in_order", NONE, None)
    assert made["order"] == {"by": "rank", "descending": False}
    assert (made["pins"], made["exclusions"]) == ([], [])


async def test_what_is_given_is_kept_shown_and_gone_by(town: Town) -> None:
    town.mdblist.add_list("demo", "seen", "Seen", [film(2)])
    made = await town.synced(
        lists=[*LISTS, {"source": "mdblist", "list": "demo/seen", "op": "minus"}],
        merge="turns",
        filters={"kinds": ["movie"], "year_from": 1990, "without_genres": ["Sci-Fi"]},
        order={"by": "title", "descending": True},
        limit=4,
        pins=[ALIEN],
        exclusions=[{"kind": "movie", "ids": {"tmdb": 9}}],
    )
    assert [one["op"] for one in made["lists"]] == ["union", "minus"]
    assert made["filters"] == {
        **NONE,
        "kinds": ["movie"],
        "year_from": 1990,
        "without_genres": ["science-fiction"],
    }
    assert (made["merge"], made["limit"], made["order"]["by"]) == ("turns", 4, "title")
    assert made["pins"] == [{**ALIEN, "ids": ALL_IDS}]
    assert made["exclusions"][0]["ids"]["tmdb"] == 9
    assert await items(town, made) == ["Alien", "Film 8", "Film 7", "Film 6"]
    assert made["coverage"]["total"] == 4


async def test_a_change_replaces_what_it_names_and_leaves_the_rest(town: Town) -> None:
    made = await town.add_collection(
        enabled=False, filters={"year_from": 1990}, limit=5, pins=[ALIEN]
    )
    path = f"/collections/{made['id']}"
    changed = await patched(town, path, {"order": {"by": "year"}})
    assert (changed["filters"]["year_from"], changed["limit"]) == (1990, 5)
    assert changed["pins"] == made["pins"]
    changed = await patched(town, path, {"filters": {"year_to": 2010}})
    assert changed["filters"] == {**NONE, "year_to": 2010}
    assert (changed["order"]["by"], changed["limit"]) == ("year", 5)
    changed = await patched(town, path, {"limit": None, "pins": []})
    assert (changed["limit"], changed["pins"]) == (None, [])
    assert changed["filters"]["year_to"] == 2010
    same = await patched(
        town,
        path,
        {key: changed[key] for key in ("filters", "order", "limit", "pins", "exclusions")},
    )
    assert same["filters"] == changed["filters"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"merge": "shuffle"}, "merge"),
        ({"filters": {"kinds": ["unknown"]}}, "filters.kinds.0"),
        ({"filters": {"year_from": 12}}, "filters.year_from"),
        ({"filters": {"year_from": 2000, "year_to": 1999}}, "filters.year_to"),
        ({"filters": {"rating_from": 101}}, "filters.rating_from"),
        ({"filters": {"genres": [""]}}, "filters.genres.0"),
        ({"filters": {"genres": ["war"], "without_genres": ["War"]}}, "filters.without_genres"),
        ({"filters": {"in_library": "no"}}, "filters.in_library"),
        ({"filters": {"not_in": [99]}}, "filters.not_in"),
        ({"filters": {"episodes": "some"}}, "filters.episodes"),
        ({"filters": {"colour": "red"}}, "filters.colour"),
        ({"order": {"by": "length"}}, "order.by"),
        ({"limit": 0}, "limit"),
        ({"limit": 10001}, "limit"),
        ({"pins": [{"kind": "movie", "title": "Alien"}]}, "pins.0"),
        ({"pins": [{"kind": "unknown", "ids": {"tmdb": 3}}]}, "pins.0"),
        ({"pins": [{"kind": "movie", "ids": {"imdb": "x"}}]}, "pins.0.ids.imdb"),
        ({"pins": [ALIEN], "exclusions": [ALIEN]}, "exclusions.0"),
        ({"lists": [{**LISTS[0], "op": "minus"}]}, "lists.0.op"),
        ({"lists": [*LISTS, *LISTS]}, "lists.1.list"),
        ({"lists": [*LISTS, {"source": "mdblist", "list": "?"}]}, "lists.1.list"),
        ({"lists": [{"source": "nowhere", "list": "a/b"}]}, "lists.0.source"),
        ({"lists": []}, "lists"),
        ({"lists": [{"source": "manual"}], "name": None}, "name"),
        ({"lists": [{"source": "manual"}, {"source": "manual"}]}, "lists.1.source"),
    ],
)
async def test_what_cannot_be_is_refused_at_its_field(
    town: Town, body: dict[str, Any], field: str
) -> None:
    sent = await town.anna.call(
        "POST", "/collections", {"name": "Films", "lists": LISTS, "enabled": False, **body}
    )
    assert await wrong_fields(sent) == [field]
    assert (await town.anna.get("/collections"))["total"] == 0


async def test_a_collection_can_leave_out_others_but_not_itself(town: Town) -> None:
    best = await town.add_collection(enabled=False, limit=2)
    rest = await town.synced(name="Rest", filters={"not_in": [best["id"]]})
    assert rest["filters"]["not_in"] == [best["id"]]
    assert await items(town, rest) == [f"Film {n}" for n in range(3, 11)]
    path = f"/collections/{rest['id']}"
    sent = await town.anna.call("PATCH", path, {"filters": {"not_in": [rest["id"]]}})
    assert await wrong_fields(sent) == ["filters.not_in"]
    assert (await town.anna.call("DELETE", f"/collections/{best['id']}")).status == 204
    assert (await town.anna.get(path))["filters"]["not_in"] == []


async def test_a_list_kept_by_hand_needs_a_name_and_stays_the_same_one(town: Town) -> None:
    for body in ({"source": "manual"}, {"lists": [{"source": "manual"}]}):
        made = await town.anna.post(
            "/collections", {**body, "name": "Mine", "enabled": False}, status=201
        )
        assert [one["source"] for one in made["lists"]] == ["manual"]
    reference = made["lists"][0]["list"]
    lists = [*LISTS, {"source": "manual"}]
    changed = await patched(town, f"/collections/{made['id']}", {"lists": lists})
    assert [one["source"] for one in changed["lists"]] == ["mdblist", "manual"]
    assert changed["lists"][1]["list"] == reference


async def test_only_what_the_library_holds_is_all_there(town: Town) -> None:
    made = await town.synced(filters={"in_library": True}, order={"by": "rank", "descending": True})
    assert made["coverage"] == {"owned": 7, "total": 7, "by_server": {"1": 7}}
    assert (await items(town, made))[:2] == ["Film 7", "Film 6"]
    assert (await town.anna.get(f"/collections/{made['id']}/missing"))["total"] == 0
    await patched(town, f"/collections/{made['id']}", {"limit": 6})
    run = await town.anna.post(f"/collections/{made['id']}/sync", status=202)
    assert (await town.ended(run["run_id"]))["counts"]["removed"] == 1
    assert await items(town, made) == [f"Film {n}" for n in range(7, 1, -1)]
