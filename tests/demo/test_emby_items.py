"""The Emby stand-in: reading items, with the filters that are ignored and the ones that bite."""

from typing import Any

import pytest

from collectarr.demo.emby import PROFILE_32, PROFILE_49

BOTH = pytest.mark.parametrize("profile", [PROFILE_32, PROFILE_49], ids=lambda one: one.name)
UNKNOWN = {PROFILE_32.name: "0" * 32, PROFILE_49.name: "999999"}


async def _films(open_emby: Any, profile: Any = PROFILE_49, count: Any = 5) -> Any:
    wire = await open_emby(profile)
    for number in range(count):
        wire.emby.add_item(
            "movie", f"Film {number}", 2000 + number, f"tt{number + 1:07d}", number + 1
        )
    return wire


@BOTH
async def test_pages_are_slices_and_the_total_counts_all(open_emby: Any, profile: Any) -> None:
    wire = await _films(open_emby, profile)
    page = await wire.get("/Items", Recursive=True, SortBy="SortName", StartIndex=1, Limit=2)
    assert page.names == ["Film 1", "Film 2"]
    assert page.total == 5


@BOTH
async def test_a_limit_of_nought_only_counts(open_emby: Any, profile: Any) -> None:
    wire = await _films(open_emby, profile)
    reply = await wire.get("/Items", Recursive=True, Limit=0)
    assert (reply.names, reply.total) == ([], 5)


@pytest.mark.parametrize(("profile", "total"), [(PROFILE_32, 5), (PROFILE_49, 0)])
async def test_past_the_end_nothing_comes_and_newer_servers_count_nothing(
    open_emby: Any, profile: Any, total: Any
) -> None:
    wire = await _films(open_emby, profile)
    reply = await wire.get("/Items", Recursive=True, StartIndex=500, Limit=5)
    assert (reply.names, reply.total) == ([], total)


@pytest.mark.parametrize(("profile", "total"), [(PROFILE_32, 5), (PROFILE_49, 0)])
async def test_an_unwanted_total_is_told_all_the_same_or_nought(
    open_emby: Any, profile: Any, total: Any
) -> None:
    wire = await _films(open_emby, profile)
    reply = await wire.get("/Items", Recursive=True, Limit=2, EnableTotalRecordCount=False)
    assert (len(reply.names), reply.total) == (2, total)


@pytest.mark.parametrize(
    "ignored",
    [
        {"AnyProviderIdEquals": "imdb.tt0000002"},
        {"SearchTerm": "Film 2"},
        {"NameStartsWith": "Film 2"},
        {"Name": "Film 2"},
        {"NoSuchFilter": "x"},
    ],
)
async def test_an_older_server_ignores_unknown_filters_and_gives_everything(
    open_emby: Any, ignored: Any
) -> None:
    wire = await _films(open_emby, PROFILE_32)
    reply = await wire.get("/Items", Recursive=True, IncludeItemTypes="Movie", **ignored)
    assert reply.total == 5


async def test_a_newer_server_finds_by_any_of_several_provider_ids(open_emby: Any) -> None:
    wire = await _films(open_emby)
    reply = await wire.get("/Items", Recursive=True, AnyProviderIdEquals="IMDB.tt0000002,tmdb.4")
    assert reply.names == ["Film 1", "Film 3"]


async def test_a_newer_server_ignores_a_filter_by_name(open_emby: Any) -> None:
    wire = await _films(open_emby)
    assert (await wire.get("/Items", Recursive=True, Name="Film 2")).total == 5


async def test_the_older_server_reads_has_no_id_as_has_one(open_emby: Any) -> None:
    old, new = await _films(open_emby, PROFILE_32), await _films(open_emby, PROFILE_49)
    for wire in (old, new):
        wire.emby.add_item("movie", "Bare")
    assert (await old.get("/Items", Recursive=True, HasTmdbId=False)).total == 5
    assert (await new.get("/Items", Recursive=True, HasTmdbId=False)).names == ["Bare"]


async def test_a_malformed_id_is_an_error_on_the_older_and_everything_on_the_newer(
    open_emby: Any,
) -> None:
    old, new = await _films(open_emby, PROFILE_32), await _films(open_emby, PROFILE_49)
    refused = await old.get("/Items", Ids="notanid")
    assert (refused.status, refused.text[:14]) == (500, "Guid should co")
    assert (await new.get("/Items", Ids="notanid")).total == 5


@BOTH
async def test_unknown_ids_give_nothing_beside_the_known(open_emby: Any, profile: Any) -> None:
    wire = await _films(open_emby, profile)
    known = wire.emby.items[0].id
    assert (await wire.get("/Items", Ids=UNKNOWN[profile.name])).total == 0
    assert (await wire.get("/Items", Ids=f"{known},{UNKNOWN[profile.name]}")).ids == [known]


@pytest.mark.parametrize(("profile", "pattern"), [(PROFILE_32, 32), (PROFILE_49, None)])
async def test_ids_are_hashes_on_the_older_and_numbers_on_the_newer(
    open_emby: Any, profile: Any, pattern: Any
) -> None:
    wire = await _films(open_emby, profile)
    ids = (await wire.get("/Items", Recursive=True)).ids
    assert all(len(one) == pattern if pattern else one.isdigit() for one in ids)


async def test_a_film_that_comes_back_keeps_its_id_only_on_the_older_server(open_emby: Any) -> None:
    for profile, same in ((PROFILE_32, True), (PROFILE_49, False)):
        wire = await open_emby(profile)
        first = wire.emby.add_item("movie", "Alien", 1979)
        wire.emby.remove_item(first)
        assert (wire.emby.add_item("movie", "Alien", 1979) == first) is same


@BOTH
async def test_fields_come_only_when_asked_and_rows_name_their_server(
    open_emby: Any, profile: Any
) -> None:
    wire = await _films(open_emby, profile, 1)
    bare = (await wire.get("/Items", Recursive=True)).json["Items"][0]
    asked = (await wire.get("/Items", Recursive=True, Fields="ProviderIds,Path")).json["Items"][0]
    assert "ProviderIds" not in bare
    assert bare["ServerId"] == wire.emby.server_id
    assert asked["ProviderIds"] == {"Imdb": "tt0000001", "Tmdb": "1"}
    assert asked["Path"] == "/media/Movies/Film 0 (2000)/Film 0 (2000).mp4"


async def test_the_year_comes_unasked_on_the_older_server_only(open_emby: Any) -> None:
    for profile, there in ((PROFILE_32, True), (PROFILE_49, False)):
        wire = await _films(open_emby, profile, 1)
        row = (await wire.get("/Items", Recursive=True)).json["Items"][0]
        assert ("ProductionYear" in row) is there


async def test_images_and_user_data_can_be_left_out(open_emby: Any) -> None:
    wire = await _films(open_emby, count=1)
    user = wire.emby.admin_id
    whole = (await wire.get("/Items", Recursive=True, UserId=user)).json["Items"][0]
    lean = await wire.get(
        "/Items", Recursive=True, UserId=user, EnableImages=False, EnableUserData=False
    )
    assert {"ImageTags", "UserData"} <= whole.keys()
    assert not {"ImageTags", "UserData"} & lean.json["Items"][0].keys()


async def test_parameters_are_read_without_regard_to_case(open_emby: Any) -> None:
    wire = await _films(open_emby)
    assert len((await wire.get("/Items", recursive=True, limit=2)).names) == 2


async def test_without_digging_the_roots_come(open_emby: Any) -> None:
    wire = await _films(open_emby)
    assert (await wire.get("/Items")).names == ["Movies", "TV"]


async def test_a_library_gives_its_own_items(open_emby: Any) -> None:
    wire = await _films(open_emby, count=2)
    wire.emby.add_item("show", "Show", episodes=1)
    movies, tv = wire.emby.core.state.libraries
    assert (await wire.get("/Items", ParentId=movies, Recursive=True)).total == 2
    assert (await wire.get("/Items", ParentId=tv, Recursive=True)).names == ["Show", "Episode 1"]


async def test_the_older_server_finds_nothing_changed_whatever_the_date(open_emby: Any) -> None:
    wire = await _films(open_emby, PROFILE_32)
    for past in ("2001-01-01", "2001-01-01T00:00:00.0000000Z"):
        assert (await wire.get("/Items", Recursive=True, MinDateLastSaved=past)).total == 0


@pytest.mark.parametrize(
    ("profile", "name"),
    [
        (PROFILE_32, "MinDateLastSavedForUser"),
        (PROFILE_49, "MinDateLastSaved"),
        (PROFILE_49, "MinDateLastSavedForUser"),
    ],
)
async def test_a_delta_filter_that_works_tells_past_from_future(
    open_emby: Any, profile: Any, name: Any
) -> None:
    wire = await _films(open_emby, profile)
    past = await wire.get("/Items", Recursive=True, **{name: "2001-01-01T00:00:00Z"})
    future = await wire.get("/Items", Recursive=True, **{name: "2199-01-01T00:00:00Z"})
    assert (past.total, future.total) == (5, 0)


@BOTH
async def test_a_malformed_date_is_an_error_without_words(open_emby: Any, profile: Any) -> None:
    wire = await _films(open_emby, profile)
    reply = await wire.get("/Items", Recursive=True, MinDateLastSaved="yesterday")
    assert (reply.status, reply.text) == (500, "")


@pytest.mark.parametrize(("profile", "rows"), [(PROFILE_32, 2), (PROFILE_49, 1)])
async def test_versions_of_a_film_are_one_row_for_a_user_of_a_newer_server(
    open_emby: Any, profile: Any, rows: Any
) -> None:
    wire = await open_emby(profile)
    for _ in range(2):
        wire.emby.add_item("movie", "The Matrix", 1999, tmdb=603)
    assert (await wire.get("/Items", Recursive=True, UserId=wire.emby.admin_id)).total == rows
    assert (await wire.get("/Items", Recursive=True)).total == 2


async def test_the_same_film_in_two_libraries_stays_two_rows(open_emby: Any) -> None:
    wire = await open_emby()
    second = wire.emby.add_library("More", "movies", "/media/More")
    wire.emby.add_item("movie", "The Matrix", 1999, tmdb=603)
    wire.emby.add_item("movie", "The Matrix", 1999, tmdb=603, library=second)
    assert (await wire.get("/Items", Recursive=True, UserId=wire.emby.admin_id)).total == 2


@BOTH
async def test_a_restricted_user_sees_less_without_a_word(open_emby: Any, profile: Any) -> None:
    wire = await _films(open_emby, profile)
    tv = list(wire.emby.core.state.libraries)[1]
    child = wire.emby.add_user("child", "", libraries=[tv])
    wire.emby.add_item("show", "Show")
    assert (await wire.get("/Items", Recursive=True, UserId=child)).names == ["Show"]
    assert (await wire.get(f"/Users/{child}/Items", Recursive=True)).names == ["Show"]


@BOTH
async def test_an_item_is_read_whole_only_with_a_user(open_emby: Any, profile: Any) -> None:
    wire = await _films(open_emby, profile, 1)
    item = wire.emby.items[0].id
    assert (await wire.get(f"/Items/{item}")).status == 404
    whole = (await wire.get(f"/Users/{wire.emby.admin_id}/Items/{item}")).json
    assert whole["ProviderIds"] == {"Imdb": "tt0000001", "Tmdb": "1"}
    assert whole["LockedFields"] == []


async def test_a_listing_is_fresh_after_each_change(open_emby: Any) -> None:
    wire = await _films(open_emby, count=1)
    assert (await wire.get("/Items", Recursive=True)).total == 1
    late = wire.emby.add_item("movie", "Late")
    assert (await wire.get("/Items", Recursive=True)).total == 2
    wire.emby.update_item(late, tmdb=77, title="Later")
    found = await wire.get("/Items", Recursive=True, AnyProviderIdEquals="tmdb.77")
    assert found.names == ["Later"]
    wire.emby.remove_item(late)
    assert (await wire.get("/Items", Recursive=True)).total == 1


async def test_a_newer_server_searches_by_text(open_emby: Any) -> None:
    wire = await _films(open_emby)
    assert (await wire.get("/Items", Recursive=True, SearchTerm="film 2")).names == ["Film 2"]
    assert (await wire.get("/Items", Recursive=True, NameStartsWith="Film 3")).names == ["Film 3"]
