"""Lists, shelves and charts at Trakt: their names, their owners, whether they changed."""

from collections.abc import Callable

import pytest

from collectarr.demo.trakt import TraktStandIn
from collectarr.errors import RejectedError, UnavailableError
from collectarr.models import Kind, Title
from collectarr.sources import Credential
from collectarr.sources.trakt import Trakt

Films = Callable[..., list[Title]]
Shows = Callable[[int], list[Title]]


def paths(stand_in: TraktStandIn) -> list[str]:
    return [seen.path for seen in stand_in.requests]


async def test_a_list_is_described_in_one_request(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    number = stand_in.add_list("ann", "best", "The best", films(3), description="So good.")
    info = await trakt.describe("https://trakt.tv/users/Ann/lists/Best", nobody)
    assert paths(stand_in) == ["/users/ann/lists/best"]
    assert (info.reference, info.source_id) == ("users/ann/lists/best", f"lists/{number}")
    assert (info.name, info.owner, info.description) == ("The best", "Ann", "So good.")
    assert (info.item_count, info.public) == (3, True)
    assert info.url == "https://trakt.tv/users/ann/lists/best"
    assert info.version
    assert info.updated_at is not None


async def test_a_list_known_by_its_number_becomes_its_owners(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    number = stand_in.add_list("ann", "best", "The best", films(3))
    stand_in.rename_list("ann", "best", "better", "Better")
    info = await trakt.describe(f"lists/{number}", nobody)
    assert (info.reference, info.name) == ("users/ann/lists/better", "Better")
    read = await trakt.read(f"lists/{number}", nobody)
    assert len(read.items) == 3
    assert not any("/lists/" in path and path.startswith("/lists/") and "items" in path
                   for path in paths(stand_in))  # fmt: skip


async def test_the_cache_behind_a_number_is_asked_for_the_owner_only(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    number = stand_in.add_list("ann", "best", "The best", films(3))
    old = stand_in.world.lists[0].row()
    stand_in.rename_list("ann", "best", "better", "Better")
    stand_in.fail(f"^/lists/{number}", status=200, body=old, times=None)
    info = await trakt.describe(f"lists/{number}", nobody)
    assert (info.reference, info.name) == ("users/ann/lists/better", "Better")
    stand_in.set_private("ann", "better")
    with pytest.raises(RejectedError):
        await trakt.describe(f"lists/{number}", nobody)


async def test_an_official_list_is_read_by_its_number(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    number = stand_in.add_list(None, "winners", "Winners", films(3))
    read = await trakt.read(f"lists/{number}", nobody)
    assert (read.info.reference, read.info.public) == (f"lists/{number}", True)
    assert paths(stand_in)[-1].startswith(f"/lists/{number}/items/")


async def test_a_private_list_is_read_by_its_owner_alone(
    trakt: Trakt,
    stand_in: TraktStandIn,
    ann: Credential,
    ben: Credential,
    nobody: Credential,
    films: Films,
) -> None:
    number = stand_in.add_list("ann", "presents", "Presents", films(3), privacy="private")
    for reference in ("users/ann/lists/presents", f"lists/{number}"):
        with pytest.raises(RejectedError, match="made private"):
            await trakt.describe(reference, nobody)
        with pytest.raises(RejectedError) as caught:
            await trakt.read(reference, ben)
        assert caught.value.code == "not_found"
        assert (await trakt.describe(reference, ann)).public is False
        assert len((await trakt.read(reference, ann)).items) == 3


async def test_me_becomes_the_name_of_the_account(
    trakt: Trakt, stand_in: TraktStandIn, ann: Credential, films: Films, shows: Shows
) -> None:
    stand_in.set_watchlist("ann", [*films(3), *shows(2)])
    info = await trakt.describe("me/watchlist", ann)
    assert (info.reference, info.owner) == ("users/ann/watchlist", "ann")
    assert (info.item_count, info.public) == (5, False)
    assert info.kinds == (Kind.MOVIE, Kind.SHOW)
    assert len((await trakt.read("users/me/watchlist", ann)).items) == 5


async def test_me_is_nobody_without_an_account(trakt: Trakt, nobody: Credential) -> None:
    with pytest.raises(RejectedError) as caught:
        await trakt.describe("me/watchlist", nobody)
    assert caught.value.code == "key_needed"


async def test_favourites_collections_and_recommendations_are_read(
    trakt: Trakt, stand_in: TraktStandIn, ann: Credential, films: Films, shows: Shows
) -> None:
    everything = [*films(300), *shows(4)]
    stand_in.set_favourites("ann", everything[:2])
    stand_in.set_collection("ann", everything)
    stand_in.set_recommendations("ann", everything)
    counts = {
        "favorites": 2,
        "collection/movies": 300,
        "collection/shows": 4,
        "recommendations/movies": 100,
        "recommendations/shows": 4,
    }
    for shelf, count in counts.items():
        read = await trakt.read(f"users/ann/{shelf}", ann)
        assert (len(read.items), read.short_by, read.info.public) == (count, 0, False)


async def test_recommendations_are_for_nobody_else(
    trakt: Trakt, stand_in: TraktStandIn, ben: Credential
) -> None:
    with pytest.raises(RejectedError) as caught:
        await trakt.read("users/ann/recommendations/movies", ben)
    assert caught.value.code == "private"
    assert "/recommendations/movies" not in paths(stand_in)


async def test_the_watchlist_of_somebody_else_is_public_where_anybody_is_shown_it(
    trakt: Trakt, stand_in: TraktStandIn, ben: Credential, nobody: Credential, films: Films
) -> None:
    stand_in.set_watchlist("ann", films(3))
    for credential in (ben, nobody):
        info = await trakt.describe("users/ann/watchlist", credential)
        assert (info.item_count, info.public, info.version) == (3, True, None)
        assert len((await trakt.read("users/ann/watchlist", credential)).items) == 3
    with pytest.raises(RejectedError):
        await trakt.describe("users/nobody/watchlist", ben)


async def test_a_shelf_that_not_everybody_is_shown_is_not_public(
    trakt: Trakt, stand_in: TraktStandIn, ann: Credential, ben: Credential, films: Films
) -> None:
    stand_in.set_watchlist("ann", films(3))
    stand_in.set_favourites("ann", films(3))
    user: dict[str, object] = {"username": "Ann", "private": False, "ids": {"slug": "ann"}}
    stand_in.fail("^/users/ann$", status=200, body=user)
    for shelf in ("watchlist", "favorites"):
        assert (await trakt.describe(f"users/ann/{shelf}", ben)).public
        assert not (await trakt.describe(f"users/ann/{shelf}", ann)).public, "its own"
    # To the token, its rows are at a longer path: this is what anybody asks for.
    stand_in.fail("^/users/ann/watchlist$", status=401, times=None)
    stand_in.fail("^/users/ann$", status=200, body={**user, "private": True}, times=None)
    for shelf in ("watchlist", "favorites"):
        assert not (await trakt.describe(f"users/ann/{shelf}", ben)).public
        read = await trakt.read(f"users/ann/{shelf}", ben)
        assert (len(read.items), read.info.public) == (3, False)


@pytest.mark.parametrize(
    ("reference", "name", "kind"),
    [
        ("movies/trending", "Trending films", Kind.MOVIE),
        ("shows/popular/20", "Popular shows, top 20", Kind.SHOW),
        ("movies/anticipated", "Most anticipated films", Kind.MOVIE),
        ("shows/watched/weekly", "Most watched shows of the week", Kind.SHOW),
        ("movies/played/all", "Most played films of all time", Kind.MOVIE),
        ("movies/collected/monthly/10", "Most collected films of the month, top 10", Kind.MOVIE),
        ("movies/favorited/yearly", "Most favorited films of the year", Kind.MOVIE),
        ("movies/boxoffice", "Box office", Kind.MOVIE),
    ],
)
async def test_a_chart_has_a_name_and_is_for_everybody(
    trakt: Trakt,
    stand_in: TraktStandIn,
    nobody: Credential,
    films: Films,
    shows: Shows,
    reference: str,
    name: str,
    kind: Kind,
) -> None:
    titles = films(30) if kind is Kind.MOVIE else shows(30)
    stand_in.set_chart("/".join(reference.split("/")[:2]), titles)
    read = await trakt.read(reference, nobody)
    assert (read.info.name, read.info.kinds, read.info.public) == (name, (kind,), True)
    assert (read.info.version, read.short_by) == (None, 0)
    parts = reference.split("/")
    wanted = int(parts[-1]) if parts[-1].isdigit() else 30
    assert [item.title.title for item in read.items] == [
        one.title for one in titles[: 10 if name == "Box office" else wanted]
    ]


async def test_shelves_hold_lists_or_are_lists_themselves(
    trakt: Trakt, stand_in: TraktStandIn, ann: Credential, ben: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    stand_in.add_list("ann", "presents", "Presents", films(3), privacy="private")
    liked = stand_in.add_list("ben", "together", "Together", films(3), helpers=["ann"], likes=9)
    stand_in.like("ann", liked)
    found = {
        name: [info.name for info in await trakt.shelf(name, ann)]
        for name in (shelf.name for shelf in trakt.shelves)
    }
    assert found["lists"] == ["The best", "Presents"]
    assert found["liked"] == found["collaborations"] == ["Together"]
    assert found["popular-lists"] == found["trending-lists"] == ["Together", "The best"]
    assert found["watchlist"] == ["Watchlist of ann"]
    assert found["trending"] == ["Trending films", "Trending shows"]
    assert await trakt.shelf("lists", ben) != []


async def test_personal_shelves_want_an_account_and_others_do_not(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential
) -> None:
    for shelf in trakt.shelves:
        if shelf.personal:
            with pytest.raises(RejectedError) as caught:
                await trakt.shelf(shelf.name, nobody)
            assert caught.value.code == "key_needed"
        else:
            await trakt.shelf(shelf.name, nobody)
    with pytest.raises(RejectedError):
        await trakt.shelf("attic", nobody)


async def test_all_of_many_lists_are_found_on_their_shelf(
    trakt: Trakt, stand_in: TraktStandIn, ann: Credential
) -> None:
    for number in range(260):
        stand_in.add_list("ann", f"list-{number}", f"List {number}")
    assert len(await trakt.shelf("lists", ann)) == 260


async def test_public_lists_are_searched_by_their_words(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential
) -> None:
    stand_in.add_list("ann", "noir", "Film noir")
    stand_in.add_list("ann", "black", "Noir, but mine", privacy="private")
    [found] = await trakt.search("noir", nobody)
    assert found.reference == "users/ann/lists/noir"


async def test_own_things_are_checked_for_changes_in_one_request(
    trakt: Trakt, stand_in: TraktStandIn, ann: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    stand_in.add_list("ann", "worst", "The worst", films(3))
    own = [
        "users/ann/watchlist",
        "users/ann/favorites",
        "users/ann/collection/movies",
        "users/ann/collection/shows",
        "users/ann/lists/best",
        "users/ann/lists/worst",
        "users/ann/recommendations/movies",
    ]
    before = await trakt.changes(own, ann)
    stand_in.requests.clear()
    assert await trakt.changes(own, ann) == before
    assert paths(stand_in) == ["/sync/last_activities"]
    assert [name for name in own if before[name] is None] == own[-1:]
    for name in own[:-1]:
        assert (await trakt.describe(name, ann)).version == before[name]


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        ("set_watchlist", {"users/ann/watchlist"}),
        ("set_favourites", {"users/ann/favorites"}),
        ("set_collection", {"users/ann/collection/movies", "users/ann/collection/shows"}),
        ("best", {"users/ann/lists/best"}),
    ],
)
async def test_only_what_changed_has_another_version(
    trakt: Trakt,
    stand_in: TraktStandIn,
    ann: Credential,
    films: Films,
    change: str,
    moved: set[str],
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    stand_in.add_list("ann", "worst", "The worst", films(3))
    shelves = ("watchlist", "favorites", "collection/movies", "collection/shows")
    own = [f"users/ann/{name}" for name in (*shelves, "lists/best", "lists/worst")]
    before = await trakt.changes(own, ann)
    if change == "best":
        stand_in.set_items("ann", "best", films(4))
    else:
        getattr(stand_in, change)("ann", films(1))
    after = await trakt.changes(own, ann)
    assert {name for name in own if after[name] != before[name]} == moved


async def test_a_list_has_the_same_version_for_its_owner_and_for_others(
    trakt: Trakt, stand_in: TraktStandIn, ann: Credential, ben: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    reference = "users/ann/lists/best"
    assert await trakt.changes([reference], ann) == await trakt.changes([reference], ben)


async def test_lists_of_others_cost_one_request_each_and_charts_none(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    official = stand_in.add_list(None, "winners", "Winners", films(3))
    stand_in.add_list("ann", "best", "The best", films(3))
    wanted = ["users/ann/lists/best", f"lists/{official}", "movies/trending", "users/ann/watchlist"]
    found = await trakt.changes([*wanted, "users/ann/lists/gone", "nonsense"], nobody)
    assert [name for name in found if found[name] is not None] == wanted[:2]
    assert len(stand_in.requests) == 3


async def test_one_broken_list_does_not_hide_the_others(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    stand_in.add_list("ann", "worst", "The worst", films(3))
    stand_in.fail("worst", status=503, times=None)
    found = await trakt.changes(["users/ann/lists/best", "users/ann/lists/worst"], nobody)
    assert found["users/ann/lists/best"] is not None
    assert found["users/ann/lists/worst"] is None


async def test_no_look_for_changes_when_trakt_asks_to_wait(
    trakt: Trakt, stand_in: TraktStandIn, ann: Credential, nobody: Credential
) -> None:
    stand_in.fail("", status=429, headers={"Retry-After": "120"}, times=None)
    with pytest.raises(UnavailableError):
        await trakt.changes(["users/ann/watchlist"], ann)
    with pytest.raises(UnavailableError):
        await trakt.changes(["users/ann/lists/best"], nobody)


async def test_an_account_in_trouble_leaves_its_lists_to_tell(
    trakt: Trakt, stand_in: TraktStandIn, ann: Credential
) -> None:
    stand_in.sessions.forget("ann")
    found = await trakt.changes(["users/ann/watchlist", "users/ben/lists/x"], ann)
    assert set(found.values()) == {None}
