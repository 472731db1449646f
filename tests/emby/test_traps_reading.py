"""The traps of reading that were measured on real servers, on every kind of server."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectarr.demo.emby import PROFILE_32, PROFILE_49, PROFILE_JELLYFIN, EmbyProfile
from collectarr.emby.client import DeltaFilter, EmbyClient
from collectarr.errors import RejectedError, UnexpectedAnswerError
from collectarr.models import Ids, Kind

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


async def test_a_check_passes_on_every_kind_of_server(den: Any) -> None:
    den.emby.add_user("kid", "kid")
    found = await den.client.check()
    assert found.facts.uid == den.emby.server_id
    assert found.facts.version == den.emby.profile.version
    assert found.facts.kind == ("jellyfin" if den.emby.profile.product else "emby")
    assert found.admin_user_id == den.emby.admin_id
    assert [(one.name, one.kind, one.locations) for one in found.libraries] == [
        ("Movies", "movies", ("/media/Movies",)),
        ("Movies Two", "movies", ("/media/Movies2",)),
        ("TV", "tvshows", ("/media/TV",)),
    ]


async def test_a_wrong_key_is_refused_on_every_kind_of_server(den: Any) -> None:
    wrong = EmbyClient(den.client.upstream, api_key="wrong")
    with pytest.raises(RejectedError) as refused:
        await wrong.check()
    assert refused.value.code == "key"


async def test_a_sweep_finds_every_film_and_show_with_its_library(den: Any) -> None:
    films = den.films(5)
    second = den.emby.add_item("movie", "Film 1", 1991, tmdb=1, library=den.libraries[1].id)
    show = den.emby.add_item("show", "Lost", 2004, tvdb=73739, episodes=3)
    den.emby.hand_create("Box", films[:2])
    sweep = await den.client.sweep(den.libraries)
    assert sweep.complete
    assert {item.id: item.library_id for item in sweep.items} == {
        **dict.fromkeys(films, den.libraries[0].id),
        second: den.libraries[1].id,
        show: den.libraries[2].id,
    }
    lost = next(item for item in sweep.items if item.id == show)
    assert (lost.title.kind, lost.title.year, lost.title.ids) == (
        Kind.SHOW,
        2004,
        Ids(tvdb=73739),
    )


async def test_a_large_library_costs_one_read_per_thousand_and_one_for_the_administrator(
    den: Any,
) -> None:
    den.films(2500, announce=False)
    sweep = await den.client.sweep(den.libraries)
    assert (len(sweep.items), sweep.complete) == (2500, True)
    assert len(den.emby.requests) <= 4


async def test_ids_in_odd_spelling_are_read_and_a_sweep_drops_what_is_not_there(den: Any) -> None:
    odd = {"IMDB": "0133093", "tmdb": "603", "TmdbCollection": "2344", "Tvdb": ""}
    den.emby.add_item("movie", "The Matrix", 1999, provider_ids=odd)
    den.emby.add_item("movie", "Coming", 2030, tmdb=9, LocationType="Virtual")
    [item] = (await den.client.sweep(den.libraries)).items
    assert item.title.ids == Ids("tt0133093", 603)


@pytest.mark.parametrize(
    ("profile", "proven"),
    [
        (PROFILE_32, DeltaFilter.SAVED_FOR_USER),
        (PROFILE_49, DeltaFilter.SAVED),
        (PROFILE_JELLYFIN, DeltaFilter.SAVED_FOR_USER),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
async def test_the_filter_that_works_is_found_and_names_what_changed(
    open_den: Any, profile: EmbyProfile, proven: DeltaFilter
) -> None:
    den = await open_den(profile)
    films = den.films(3)
    assert await den.client.prove_delta_filter() is proven
    for film in films:
        den.emby.item(film).saved = LONG_AGO
    den.emby.update_item(films[1], imdb="tt0000007")
    since = datetime.now(UTC) - timedelta(hours=1)
    delta = await den.client.delta(proven, since, den.libraries)
    assert delta.complete
    assert [(item.id, item.title.ids.imdb) for item in delta.items] == [(films[1], "tt0000007")]


async def test_a_broken_filter_is_never_believed(emby_profile: EmbyProfile, open_den: Any) -> None:
    den = await open_den(emby_profile)
    den.films(3)
    nothing = '{"Items":[],"TotalRecordCount":0}'
    den.emby.fail("/Items$", query="MinDateLastSaved", status=200, body=nothing, times=None)
    assert await den.client.prove_delta_filter() is DeltaFilter.NONE


async def test_members_are_seen_as_the_administrator_and_shows_without_episodes(den: Any) -> None:
    films = den.films(2)
    show = den.emby.add_item("show", "Lost", 2004, episodes=3)
    box = den.emby.hand_create("Box", [*films, show])
    members = await den.client.members(box)
    assert {member.id: member.kind for member in members} == {
        films[0]: Kind.MOVIE,
        films[1]: Kind.MOVIE,
        show: Kind.SHOW,
    }


async def test_an_episode_that_a_person_put_in_is_a_member_too(den: Any) -> None:
    show = den.emby.add_item("show", "Lost", 2004)
    episode = den.emby.add_episode(show, "Pilot")
    box = den.emby.hand_create("Box", [episode])
    [member] = await den.client.members(box)
    assert (member.id, member.kind) == (episode, None)


async def test_a_deleted_box_set_gives_neither_no_members_nor_the_whole_server(den: Any) -> None:
    films = den.films(3)
    box = den.emby.hand_create("Box", films)
    den.emby.hand_delete(box)
    with pytest.raises(RejectedError) as refused:
        await den.client.members(box)
    assert refused.value.code == "gone"


async def test_an_empty_box_set_is_empty(den: Any) -> None:
    box = den.emby.hand_create("Box")
    assert await den.client.members(box) == ()


async def test_only_asked_items_come_back_by_their_ids(den: Any) -> None:
    films = den.films(4)
    items = await den.client.items_by_id([films[2], den.unknown, "notanid"], den.libraries)
    assert [item.id for item in items] == [films[2]]


async def test_two_versions_of_one_film_are_both_found_by_their_ids(den: Any) -> None:
    first = den.emby.add_item("movie", "Heat", 1995, tmdb=949)
    second = den.emby.add_item("movie", "Heat", 1995, tmdb=949)
    items = await den.client.items_by_id([first, second], den.libraries)
    assert [item.id for item in items] == [first, second]


async def test_one_read_tells_which_box_sets_changed(den: Any) -> None:
    films = den.films(4)
    boxes = [den.emby.hand_create(f"Box {number}", films[:2]) for number in range(6)]
    den.emby.settle()
    before = {box.id: box for box in await den.client.box_sets()}
    den.emby.clear_requests()
    den.emby.hand_add(boxes[3], films[2])
    after = {box.id: box for box in await den.client.box_sets()}
    assert [one for one in boxes if after[one].etag != before[one].etag] == [boxes[3]]
    assert after[boxes[3]].child_count == 3
    assert len(den.emby.requests) == 1


async def test_a_film_that_leaves_the_disk_shows_in_the_count_of_children(den: Any) -> None:
    films = den.films(3)
    box = den.emby.hand_create("Box", films)
    den.emby.settle()
    [before] = await den.client.box_sets()
    den.emby.remove_item(films[0])
    [after] = await den.client.box_sets()
    assert (before.child_count, after.child_count) == (3, 2)
    assert {member.id for member in await den.client.members(box)} == set(films[1:])


@pytest.mark.parametrize("fault", [{"cut": True}, {"status": 503}, {"status": 502}])
async def test_a_read_that_breaks_once_is_made_again(
    emby_profile: EmbyProfile, open_den: Any, fault: dict[str, Any]
) -> None:
    den = await open_den(emby_profile)
    den.films(3)
    den.emby.fail("/Items$", times=1, **fault)
    assert len((await den.client.sweep(den.libraries)).items) == 3


async def test_half_an_answer_is_never_taken_for_a_whole_one(
    emby_profile: EmbyProfile, open_den: Any
) -> None:
    den = await open_den(emby_profile)
    box = den.emby.hand_create("Box", den.films(30))
    den.emby.fail("/Items$", times=None, short=True)
    for read in (den.client.sweep(den.libraries), den.client.members(box), den.client.box_sets()):
        with pytest.raises(UnexpectedAnswerError):
            await read


async def test_nothing_changed_costs_two_reads_and_no_write(den: Any) -> None:
    films = den.films(5)
    for number in range(20):
        den.emby.hand_create(f"Box {number}", films)
    proven = await den.client.prove_delta_filter()
    den.emby.clear_requests()
    before = den.client.requests.reads
    await den.client.delta(proven, datetime.now(UTC), den.libraries)
    await den.client.box_sets()
    assert [request["method"] for request in den.emby.requests] == ["GET", "GET"]
    assert den.client.requests.reads - before == 2
    assert den.client.requests.writes == 0
