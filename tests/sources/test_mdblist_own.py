"""What belongs to an account: its watchlist, its external lists, the lists that it likes."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from collectarr.demo.mdblist import MdbListStandIn
from collectarr.errors import RejectedError, UnavailableError, UnexpectedAnswerError
from collectarr.models import Kind, Title
from collectarr.sources import Credential
from collectarr.sources.mdblist import MdbList

Films = Callable[..., list[Title]]
ANN = Credential("ann-key", user_id=2)
NOBODY = Credential()


@pytest.fixture(autouse=True)
def _ann(stand_in: MdbListStandIn) -> None:
    """A second account."""
    stand_in.keys["ann-key"] = "ann"
    stand_in.shelf.user_id("demo")
    stand_in.shelf.user_id("ann")


def paths(stand_in: MdbListStandIn) -> list[str]:
    return [seen.path for seen in stand_in.requests]


async def test_the_watchlist_bears_the_name_of_its_account(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.set_watchlist("demo", films(3))
    info = await mdblist.describe("watchlist", key)
    assert (info.reference, info.source_id) == ("users/demo/watchlist", "users/1/watchlist")
    assert (info.owner, info.public, info.name) == ("demo", False, "Watchlist")
    assert info.version is not None
    assert info.updated_at == stand_in.shelf.watched_at["demo"]
    for reference in (info.reference, info.source_id):
        assert await mdblist.describe(reference, key) == info


async def test_the_watchlist_is_read_with_the_times_of_its_rows(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.set_watchlist("demo", films(3))
    read = await mdblist.read("watchlist", key)
    assert [item.title for item in read.items] == films(3)
    assert read.info.reference == "users/demo/watchlist"
    assert {item.added_at for item in read.items} == {stand_in.shelf.watched_at["demo"]}


async def test_a_long_watchlist_comes_whole(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.set_watchlist("demo", films(2500))
    read = await mdblist.read("watchlist", key)
    assert (len(read.items), read.short_by) == (2500, 0)
    assert paths(stand_in).count("/watchlist/items") == 3


async def test_a_watchlist_that_changes_between_pages_is_read_once_more(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.set_watchlist("demo", films(1500))
    shifted = films(1, 1600)

    def edited(rows: int, promised: int | None) -> None:
        if paths(stand_in).count("/watchlist/items") == 1:
            stand_in.set_watchlist("demo", shifted)

    read = await mdblist.read("watchlist", key, on_page=edited)
    assert [item.title for item in read.items] == shifted


@pytest.mark.parametrize("reference", ["users/demo/watchlist", "users/1/watchlist"])
async def test_a_watchlist_is_never_given_out_under_another_name(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films, reference: str
) -> None:
    stand_in.set_watchlist("demo", films(3))
    stand_in.set_watchlist("ann", films(9))
    info = await mdblist.describe(reference, key)
    for asked in (mdblist.describe(reference, ANN), mdblist.read(reference, ANN, info)):
        with pytest.raises(RejectedError, match=r"another MDBList account .* \(ann\)") as caught:
            await asked
        assert caught.value.code == "private"
    assert "/watchlist/items" not in paths(stand_in)
    assert await mdblist.changes([reference], ANN) == {reference: None}


async def test_a_change_of_the_watchlist_costs_one_request_to_notice(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.set_watchlist("demo", films(3))
    info = await mdblist.describe("watchlist", key)
    stand_in.requests.clear()
    assert await mdblist.changes([info.reference], key) == {info.reference: info.version}
    assert paths(stand_in) == ["/sync/last_activities"]
    stand_in.set_watchlist("demo", films(2))
    assert await mdblist.changes([info.reference], key) != {info.reference: info.version}


async def test_a_watchlist_without_a_time_of_change_has_no_version(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential
) -> None:
    info = await mdblist.describe("watchlist", key)
    assert (info.version, info.updated_at) == (None, None)


@pytest.mark.parametrize("body", [[], "words", 7])
async def test_times_of_change_that_are_none_are_an_unexpected_answer(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, body: object
) -> None:
    stand_in.fail("/sync/last_activities$", status=200, body=body)
    with pytest.raises(UnexpectedAnswerError):
        await mdblist.describe("watchlist", key)


@pytest.mark.parametrize(
    ("row", "reference"),
    [
        ({"username": "Ann", "user_id": 7}, "users/ann/watchlist"),
        ({"username": "Jane Doe", "user_id": 7}, "users/7/watchlist"),
        ({"username": "12", "user_id": 7}, "users/7/watchlist"),
        ({"user_id": 7}, "users/7/watchlist"),
        ({"username": "Ann"}, "users/ann/watchlist"),
    ],
)
async def test_an_account_is_told_by_its_name_or_by_its_number(
    mdblist: MdbList,
    stand_in: MdbListStandIn,
    key: Credential,
    row: dict[str, object],
    reference: str,
) -> None:
    stand_in.fail("^/user$", status=200, body=row)
    assert (await mdblist.describe("watchlist", key)).reference == reference


async def test_an_account_without_a_name_and_number_has_no_watchlist(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential
) -> None:
    stand_in.fail("^/user$", status=200, body={"plan": "Free"})
    with pytest.raises(UnexpectedAnswerError, match="whose key"):
        await mdblist.describe("watchlist", key)


async def test_external_lists_are_described_read_and_checked(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films, shows: Films
) -> None:
    number = stand_in.add_external("demo", "From IMDb", films(3))
    stand_in.add_external("demo", "From Trakt", shows(2), url="javascript:1", source="trakt")
    stand_in.add_external("ann", "Not yours", films(1))
    first, second = await mdblist.shelf("external", key)
    assert (first.reference, first.item_count) == (f"external/{number}", 3)
    assert (first.kinds, first.public) == ((Kind.MOVIE,), False)
    assert first.url == "https://www.imdb.com/list/ls123456789/"
    assert (second.kinds, second.url) == ((Kind.SHOW,), None)
    assert await mdblist.describe(first.reference, key) == first
    read = await mdblist.read(first.reference, key)
    assert [item.title for item in read.items] == films(3)
    stand_in.requests.clear()
    assert await mdblist.changes([second.reference, first.reference, "external/9"], key) == {
        first.reference: first.version,
        second.reference: second.version,
        "external/9": None,
    }
    assert paths(stand_in) == ["/external/lists/user"]


async def test_an_external_list_of_somebody_else_is_not_found(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    number = stand_in.add_external("ann", "Not yours", films(1))
    with pytest.raises(RejectedError) as caught:
        await mdblist.read(f"external/{number}", key)
    assert caught.value.code == "not_found"


@pytest.mark.parametrize("body", [[], [{"id": 8, "name": "another"}]])
async def test_an_external_list_that_does_not_come_is_not_found(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, body: object
) -> None:
    stand_in.fail("^/external/lists/7$", status=200, body=body)
    with pytest.raises(RejectedError) as caught:
        await mdblist.describe("external/7", key)
    assert caught.value.code == "not_found"


async def test_an_external_list_of_unknown_content_may_hold_either_kind(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential
) -> None:
    rows = [{"id": 7}, {"id": 8, "movies": 0, "shows": 0, "updated": "soon", "items": 0}]
    stand_in.fail("^/external/lists/user$", status=200, body=rows)
    first, second = await mdblist.shelf("external", key)
    assert (first.kinds, first.version, first.name) == ((Kind.MOVIE, Kind.SHOW), None, "List 7")
    assert (second.kinds, second.updated_at) == ((Kind.MOVIE, Kind.SHOW), None)
    assert second.version is not None


async def test_the_lists_that_an_account_likes_are_on_its_shelf(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    liked = stand_in.add_list("ann", "best", "The best", films(3))
    stand_in.add_list("ann", "worst", "The worst", films(3))
    stand_in.like("demo", liked)
    assert [info.reference for info in await mdblist.shelf("liked", key)] == ["ann/best"]
    assert await mdblist.shelf("liked", ANN) == ()


async def test_every_shelf_can_be_looked_at(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("demo", "mine", "Mine", films(1))
    for shelf in mdblist.shelves:
        assert isinstance(await mdblist.shelf(shelf.name, key), tuple)
        assert [mdblist.parse(one) for one in shelf.references] == list(shelf.references)
    with pytest.raises(RejectedError) as caught:
        await mdblist.shelf("cellar", key)
    assert caught.value.code == "not_found"


@pytest.mark.parametrize("query", ["@ann", "ann/", " @Ann ", "@ann/"])
async def test_a_search_for_a_user_gives_their_public_lists(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films, query: str
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    stand_in.add_list("ann", "secret", "Secret", films(3), private=True)
    found = await mdblist.search(query, key)
    assert [(info.reference, info.public) for info in found] == [("ann/best", True)]
    assert paths(stand_in) == ["/lists/user/ann"]


async def test_a_search_for_nobody_finds_nothing_but_naming_nobody_says_so(
    mdblist: MdbList, key: Credential
) -> None:
    assert await mdblist.search("@nobody", key) == ()
    for user in ("nobody", "..", "a/b"):
        with pytest.raises(RejectedError) as caught:
            await mdblist.lists_of(user, key)
        assert caught.value.code == "not_found"


async def test_a_search_for_a_user_does_not_hide_other_trouble(
    mdblist: MdbList, stand_in: MdbListStandIn
) -> None:
    with pytest.raises(RejectedError) as caught:
        await mdblist.search("@ann", Credential("wrong-key"))
    assert caught.value.code == "key"


async def test_what_belongs_to_an_account_needs_its_key(
    mdblist: MdbList, stand_in: MdbListStandIn, films: Films
) -> None:
    for asked in (
        mdblist.describe("watchlist", NOBODY),
        mdblist.read("users/demo/watchlist", NOBODY),
        mdblist.read("external/7", NOBODY),
        mdblist.shelf("liked", NOBODY),
        mdblist.shelf("external", NOBODY),
        mdblist.lists_of("ann", NOBODY),
        mdblist.resolve(films(1), NOBODY),
    ):
        with pytest.raises(RejectedError) as caught:
            await asked
        assert caught.value.code == "key_needed"
    assert not stand_in.requests


async def test_a_used_up_quota_is_told_for_the_watchlist_too(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.set_watchlist("demo", films(3))
    stand_in.used[str(key.secret)] = stand_in.quota
    for asked in (mdblist.read("watchlist", key), mdblist.changes(["users/demo/watchlist"], key)):
        with pytest.raises(UnavailableError) as caught:
            await asked
        assert caught.value.code == "quota"
        assert caught.value.retry_after


async def test_a_list_tells_its_number_and_when_it_changed(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films, shows: Films
) -> None:
    first = stand_in.add_list("ann", "mix", "Mix", films(3), mediatype="movie")
    second = stand_in.add_list("ann", "mix", "Mix", shows(2), mediatype="show")
    info = await mdblist.describe("ann/mix", key)
    assert info.source_id == f"{first}+{second}"
    assert info.updated_at == stand_in.shelf.lists[1].updated
    assert info.updated_at > datetime(2000, 1, 1, tzinfo=UTC)


async def test_a_renamed_list_is_found_by_its_number(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films, shows: Films
) -> None:
    stand_in.add_list("ann", "mix", "Mix", films(3), mediatype="movie")
    stand_in.add_list("ann", "mix", "Mix", shows(2), mediatype="show")
    number = (await mdblist.describe("ann/mix", key)).source_id
    assert number is not None
    for one in stand_in.shelf.lists:
        one.slug, one.name = "both", "Both"
    info = await mdblist.describe(number, key)
    assert (info.reference, info.name, info.source_id) == ("ann/both", "Both", number)
    # One of the twins is enough, whichever it is.
    del stand_in.shelf.lists[0]
    assert (await mdblist.describe(number, key)).reference == "ann/both"
    stand_in.shelf.lists.clear()
    with pytest.raises(RejectedError) as caught:
        await mdblist.describe(number, key)
    assert caught.value.code == "not_found"


@pytest.fixture
def shared(key: Credential) -> Credential:
    """The key of the installation, in the hands of somebody whose account it is not."""
    return Credential(key.secret, user_id=9, shared=True)


async def test_the_key_of_the_installation_opens_nothing_of_its_account(
    mdblist: MdbList, stand_in: MdbListStandIn, shared: Credential, films: Films
) -> None:
    stand_in.set_watchlist("demo", films(3))
    number = stand_in.add_external("demo", "From IMDb", films(3))
    for asked in (
        mdblist.describe("watchlist", shared),
        mdblist.read("users/demo/watchlist", shared),
        mdblist.read(f"external/{number}", shared),
        *(mdblist.shelf(shelf.name, shared) for shelf in mdblist.shelves if shelf.personal),
    ):
        with pytest.raises(RejectedError) as caught:
            await asked
        assert caught.value.code == "key_needed"
    own = ["users/demo/watchlist", f"external/{number}"]
    assert await mdblist.changes(own, shared) == dict.fromkeys(own)
    assert not stand_in.requests


async def test_the_key_of_the_installation_opens_public_lists_and_no_private_ones(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, shared: Credential, films: Films
) -> None:
    stand_in.add_list("demo", "open", "Open", films(3))
    number = stand_in.add_list("demo", "secret", "Secret", films(3), private=True)
    assert len((await mdblist.read("demo/open", shared)).items) == 3
    assert [info.reference for info in await mdblist.search("@demo", shared)] == ["demo/open"]
    private = await mdblist.describe("demo/secret", key)
    for asked in (
        mdblist.describe("demo/secret", shared),
        mdblist.describe(str(number), shared),
        mdblist.read("demo/secret", shared),
        mdblist.read("demo/secret", shared, private),
    ):
        with pytest.raises(RejectedError) as caught:
            await asked
        assert caught.value.code == "not_found"


async def test_a_private_list_is_as_unknown_to_others_as_one_that_is_not_there(
    mdblist: MdbList, stand_in: MdbListStandIn, shared: Credential, films: Films
) -> None:
    number = str(stand_in.add_list("demo", "secret", "Secret", films(3), private=True))
    for ask in (mdblist.describe, mdblist.read):
        for there, not_there in ((number, "99999"), ("demo/secret", "demo/nothing")):
            said = []
            for reference in (there, not_there):
                with pytest.raises(RejectedError) as caught:
                    await ask(reference, shared)
                said.append((caught.value.code, caught.value.message.replace(reference, "it")))
            assert said[0] == said[1]
    stand_in.fail("^/lists/user/demo$", status=500, times=None)
    with pytest.raises(RejectedError) as caught:
        await mdblist.describe(number, shared)
    assert "demo" not in caught.value.message


async def test_a_list_that_does_not_say_is_read_without_the_key_of_the_installation(
    mdblist: MdbList, stand_in: MdbListStandIn, shared: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    row = {"id": 101, "user_name": "ann", "slug": "best", "name": "The best", "items": 3}
    stand_in.fail("^/lists/user/ann$", status=200, body=[row], times=None)
    read = await mdblist.read("ann/best", shared)
    assert (len(read.items), read.info.public) == (3, True)
    assert stand_in.requests[-1].path.endswith("/json")
