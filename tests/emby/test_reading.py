"""Items, changes, box sets and members, against a server small enough to see every request."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from collectarr.emby.client import DeltaFilter
from collectarr.errors import RejectedError, UnavailableError, UnexpectedAnswerError
from collectarr.models import Kind, Library

UID = "e8de78b0b3e94f129922a61bb990ead9"
ADMIN = "130fb999836f445abe85d7e5e083bb77"
LIBRARY = Library("1", "Movies", "movies", ("/m",))
SINCE = datetime(2026, 11, 22, 10, 0, 0, 900_000, tzinfo=UTC)

Rows = list[dict[str, Any]]


def film(number: int, **changes: Any) -> dict[str, Any]:
    base = {"Id": str(number), "Name": f"Film {number}", "Type": "Movie", "ServerId": UID}
    return {**base, "Path": f"/m/{number}.mkv", "ProviderIds": {"Tmdb": str(number)}, **changes}


def listing(choose: Callable[[Any], Rows], date: str = "") -> Any:
    """A server whose `/Items` are what `choose(query)` gives, paged."""

    async def answer(request: web.Request) -> web.Response:
        rows, query = choose(request.query), request.query
        start = int(query.get("StartIndex", 0))
        shown = rows[start : start + int(query.get("Limit", len(rows)))]
        text = json.dumps({"Items": shown, "TotalRecordCount": len(rows)})
        return web.Response(text=text, headers={"Date": date} if date else None)

    return answer


async def test_a_sweep_reads_lean_pages_as_the_administrator(tiny: Any) -> None:
    emby = await tiny(listing(lambda query: [film(n) for n in range(1, 2501)]))
    sweep = await emby.client.sweep([LIBRARY])
    assert sweep.complete
    assert [item.id for item in sweep.items] == [str(n) for n in range(1, 2501)]
    assert {item.library_id for item in sweep.items} == {"1"}
    assert emby.client.requests.as_dict() == {"reads": 3, "writes": 0}
    for part in (
        f"UserId={ADMIN}",
        "Recursive=true",
        "IncludeItemTypes=Movie,Series",
        "EnableImages=false",
        "EnableUserData=false",
        "GroupItemsIntoCollections=false",
        "SortBy=DateCreated,SortName",
        "Limit=1100",
    ):
        assert all(part in url for url in emby.urls)
    assert ["StartIndex=1000" in url for url in emby.urls] == [False, True, False]


async def test_a_sweep_keeps_only_films_and_shows_that_are_there(tiny: Any) -> None:
    rows = [film(1), film(2, Type="BoxSet"), film(3, LocationType="Virtual"), film(4, Path=None)]
    emby = await tiny(listing(lambda query: [*rows, film(5, Type="Series")]))
    sweep = await emby.client.sweep([LIBRARY])
    assert [(item.id, item.title.kind) for item in sweep.items] == [
        ("1", Kind.MOVIE),
        ("5", Kind.SHOW),
    ]


async def test_a_sweep_begins_at_the_clock_of_the_server(tiny: Any) -> None:
    emby = await tiny(listing(lambda query: [film(1)], "Sun, 22 Nov 2026 10:36:53 GMT"))
    sweep = await emby.client.sweep(())
    assert sweep.server_time == datetime(2026, 11, 22, 10, 36, 53, tzinfo=UTC)


async def test_a_clock_that_cannot_be_read_is_replaced_by_ours(tiny: Any) -> None:
    emby = await tiny(listing(lambda query: [film(1)], "yesterday"))
    before = datetime.now(UTC)
    assert (await emby.client.sweep(())).server_time >= before


async def test_a_sweep_that_lost_rows_is_made_once_more(tiny: Any) -> None:
    rows = [film(n) for n in range(1, 3001)]
    reads: list[str] = []

    def shrinking(query: Any) -> Rows:
        reads.append(query["StartIndex"])
        if len(reads) == 2:
            del rows[:150]
        return rows

    emby = await tiny(listing(shrinking))
    sweep = await emby.client.sweep(())
    assert reads == ["0", "1000", "2000", "0", "1000", "2000"]
    assert sweep.complete
    assert [item.id for item in sweep.items] == [row["Id"] for row in rows]


async def test_a_sweep_that_loses_rows_again_is_not_called_complete(tiny: Any) -> None:
    rows = [film(n) for n in range(1, 4001)]

    def shrinking(query: Any) -> Rows:
        if query["StartIndex"] == "1000":
            del rows[:150]
        return rows

    emby = await tiny(listing(shrinking))
    assert not (await emby.client.sweep(())).complete


@pytest.mark.parametrize(
    ("honoured", "proven"),
    [
        ({"MinDateLastSaved"}, DeltaFilter.SAVED),
        ({"MinDateLastSavedForUser"}, DeltaFilter.SAVED_FOR_USER),
        ({"MinDateLastSaved", "MinDateLastSavedForUser"}, DeltaFilter.SAVED),
        (set(), DeltaFilter.NONE),
    ],
)
@pytest.mark.parametrize("otherwise", ["all", "none", "error"])
async def test_a_delta_filter_is_proven_by_both_ends_of_time(
    tiny: Any, honoured: set[str], proven: DeltaFilter, otherwise: str
) -> None:
    def choose(query: Any) -> Rows:
        name = next(key for key in query if key.startswith("MinDate"))
        if name in honoured:
            return [film(1)] if query[name] < "2026" else []
        if otherwise == "error":
            raise web.HTTPInternalServerError
        return [film(1)] if otherwise == "all" else []

    emby = await tiny(listing(choose))
    assert await emby.client.prove_delta_filter() is proven


async def test_an_empty_library_proves_no_filter(tiny: Any) -> None:
    emby = await tiny(listing(lambda query: []))
    assert await emby.client.prove_delta_filter() is DeltaFilter.NONE


async def test_a_server_that_is_down_is_not_taken_for_one_without_a_filter(tiny: Any) -> None:
    async def down(request: web.Request) -> web.Response:
        return web.Response(status=503)

    emby = await tiny(down)
    with pytest.raises(UnavailableError):
        await emby.client.prove_delta_filter()


async def test_a_delta_asks_from_a_second_earlier_because_stamps_are_whole_seconds(
    tiny: Any,
) -> None:
    emby = await tiny(listing(lambda query: [film(1)]))
    delta = await emby.client.delta(DeltaFilter.SAVED, SINCE, [LIBRARY])
    assert [item.id for item in delta.items] == ["1"]
    assert delta.complete
    assert "MinDateLastSaved=2026-11-22T09:59:59.000Z" in emby.urls[0]
    assert emby.client.requests.reads == 1


@pytest.mark.parametrize(
    ("changed", "reads", "complete"), [(0, 1, True), (49, 1, True), (120, 3, True), (999, 5, False)]
)
async def test_a_delta_as_large_as_its_limit_is_paged_five_times_at_most(
    tiny: Any, changed: int, reads: int, complete: bool
) -> None:
    emby = await tiny(listing(lambda query: [film(n) for n in range(changed)]))
    delta = await emby.client.delta(DeltaFilter.SAVED, SINCE, (), limit=50)
    assert (emby.client.requests.reads, delta.complete) == (reads, complete)
    assert not complete or len(delta.items) == changed


async def test_without_a_filter_a_delta_asks_nothing_and_promises_nothing(tiny: Any) -> None:
    emby = await tiny(listing(lambda query: [film(1)]))
    delta = await emby.client.delta(DeltaFilter.NONE, SINCE, ())
    assert (delta.items, delta.complete, emby.asked) == ((), False, [])


async def test_only_rows_that_were_asked_for_are_believed(tiny: Any) -> None:
    emby = await tiny(listing(lambda query: [film(n) for n in range(1, 100)]))
    items = await emby.client.items_by_id(["3", "1", "500", "nonsense", "3"], [LIBRARY])
    assert [item.id for item in items] == ["1", "3"]
    assert "Ids=3,1,500&" in emby.urls[0]
    assert "Ids=500&" in emby.urls[1]
    assert len(emby.urls) == 2


async def test_versions_that_emby_shows_as_one_are_all_found_by_their_ids(tiny: Any) -> None:
    emby = await tiny(listing(lambda query: [film(0, Id=query["Ids"].split(",")[0])]))
    items = await emby.client.items_by_id(["1", "2", "3"], ())
    assert [item.id for item in items] == ["1", "2", "3"]


async def test_many_ids_are_asked_for_in_addresses_that_fit(tiny: Any) -> None:
    wanted = [f"{n:032x}" for n in range(300)]
    emby = await tiny(
        listing(lambda query: [film(0, Id=item_id) for item_id in query["Ids"].split(",")])
    )
    assert len(await emby.client.items_by_id(wanted, ())) == 300
    assert all(len(url) <= 4000 for url in emby.urls)
    assert len(emby.urls) == 3


async def test_one_read_lists_the_box_sets_with_what_tells_that_they_changed(tiny: Any) -> None:
    emby = await tiny(listing(lambda query: [film(1, Type="BoxSet", Etag="e"), film(2)]))
    box_sets = await emby.client.box_sets()
    assert [(box_set.id, box_set.etag) for box_set in box_sets] == [("1", "e")]
    assert "Fields=Etag,DateLastSaved,ChildCount,ProviderIds,Path,Overview" in emby.urls[0]
    assert len(emby.urls) == 1


async def test_a_list_of_box_sets_that_stays_short_is_an_error(tiny: Any) -> None:
    async def short(request: web.Request) -> web.Response:
        rows = [film(1, Type="BoxSet")]
        return web.Response(text=json.dumps({"Items": rows, "TotalRecordCount": 9}))

    emby = await tiny(short)
    with pytest.raises(UnavailableError) as refused:
        await emby.client.box_sets()
    assert refused.value.code == "incomplete"


async def test_members_are_read_whole_with_the_administrator(tiny: Any) -> None:
    rows = [film(n, PresentationUniqueKey=f"k{n}") for n in range(1, 1300)]
    emby = await tiny(listing(lambda query: rows if query.get("ParentId") == "7" else []))
    members = await emby.client.members("7")
    assert len(members) == 1299
    assert (members[0].id, members[0].kind, members[0].versions) == ("1", Kind.MOVIE, "k1")
    assert all(f"UserId={ADMIN}" in url for url in emby.urls)


async def test_fewer_members_than_the_box_set_counts_are_not_believed(tiny: Any) -> None:
    box = film(7, Type="BoxSet", ChildCount=3)
    rows = [film(1), film(2)]
    emby = await tiny(listing(lambda query: rows if "ParentId" in query else [box]))
    with pytest.raises(UnavailableError) as refused:
        await emby.client.members("7")
    assert refused.value.code == "incomplete"
    rows.append(film(3))
    assert len(await emby.client.members("7")) == 3


def with_object(items: Rows, found: dict[str, Any] | int) -> Any:
    """`/Items` list `items`, a single object is `found` or that status."""
    listed = listing(lambda query: items)

    async def answer(request: web.Request) -> web.Response:
        if "/Users/" not in request.path:
            return await listed(request)
        if isinstance(found, int):
            return web.Response(status=found)
        return web.Response(text=json.dumps(found))

    return answer


async def test_a_box_set_without_members_is_looked_at_before_it_is_called_empty(
    tiny: Any,
) -> None:
    emby = await tiny(with_object([], {"Id": "7", "Type": "BoxSet"}))
    assert await emby.client.members("7") == ()
    assert f"GET /emby/Users/{ADMIN}/Items/7" in emby.asked


@pytest.mark.parametrize("status", [404, 500])
async def test_a_box_set_that_is_gone_is_not_taken_for_an_empty_one(tiny: Any, status: int) -> None:
    emby = await tiny(with_object([], status))
    with pytest.raises(RejectedError) as refused:
        await emby.client.members("7")
    assert refused.value.code == "gone"


async def test_libraries_are_not_taken_for_members(tiny: Any) -> None:
    folders = [film(1, Type="CollectionFolder")]
    gone = await tiny(with_object(folders, 404))
    with pytest.raises(RejectedError, match="no longer exists"):
        await gone.client.members("7")
    there = await tiny(with_object(folders, {"Id": "7", "Type": "BoxSet"}))
    with pytest.raises(UnexpectedAnswerError, match="libraries in place"):
        await there.client.members("7")


async def test_an_object_of_another_type_or_id_is_never_handed_out(tiny: Any) -> None:
    movie = await tiny(with_object([], {"Id": "7", "Type": "Movie"}))
    with pytest.raises(RejectedError) as refused:
        await movie.client.box_set_object("7")
    assert refused.value.code == "not_a_box_set"
    other = await tiny(with_object([], {"Id": "8", "Type": "BoxSet"}))
    with pytest.raises(UnexpectedAnswerError):
        await other.client.box_set_object("7")
