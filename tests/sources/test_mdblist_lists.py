"""Describing lists, noticing their changes, finding them, and the account behind a key."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from collectarr.demo.mdblist import MdbListStandIn
from collectarr.errors import RejectedError, UnavailableError
from collectarr.models import Kind, Title
from collectarr.sources import Credential
from collectarr.sources.mdblist import MdbList

Films = Callable[..., list[Title]]
NOBODY = Credential()


def paths(stand_in: MdbListStandIn) -> list[str]:
    return [seen.path for seen in stand_in.requests]


async def test_a_list_is_described_in_one_request(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3), description="Only the best")
    info = await mdblist.describe("Ann/Best", key)
    assert (info.source, info.reference, info.name) == ("mdblist", "ann/best", "The best")
    assert (info.owner, info.description, info.item_count) == ("ann", "Only the best", 3)
    assert (info.public, info.kinds) == (True, (Kind.MOVIE, Kind.SHOW))
    assert info.version is not None
    assert info.url is not None
    assert mdblist.parse(info.url) == "ann/best"
    assert paths(stand_in) == ["/lists/user/ann"]


async def test_an_id_becomes_the_name_of_the_list_with_both_twins(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films, shows: Films
) -> None:
    number = stand_in.add_list("ann", "mix", "Mix", films(3), mediatype="movie")
    stand_in.add_list("ann", "mix", "Mix", shows(2), mediatype="show")
    info = await mdblist.describe(str(number), key)
    assert (info.reference, info.item_count) == ("ann/mix", 5)
    assert info.kinds == (Kind.MOVIE, Kind.SHOW)


async def test_an_id_without_owner_and_name_stays_the_reference(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential
) -> None:
    row = {"id": 42, "name": "Official", "items": 1, "private": False}
    page = [{"id": 1, "title": "Film 1", "mediatype": "movie"}]
    stand_in.fail("^/lists/42$", status=200, body=[row], times=None)
    stand_in.fail("^/lists/42/items$", status=200, body=page, times=None)
    read = await mdblist.read("42", key)
    assert (read.info.reference, read.info.url, len(read.items)) == ("42", None, 1)


async def test_a_private_list_of_the_account_is_described_with_its_version(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("demo", "secret", "Secret", films(3), private=True)
    info = await mdblist.describe("demo/secret", key)
    assert (info.public, info.item_count) == (False, 3)
    assert await mdblist.changes(["demo/secret"], key) == {"demo/secret": info.version}
    assert info.version is not None


async def test_a_private_list_of_somebody_else_is_not_found(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "secret", "Secret", films(3), private=True)
    with pytest.raises(RejectedError) as caught:
        await mdblist.read("ann/secret", key)
    assert caught.value.code == "not_found"


async def test_a_list_that_its_owner_does_not_show_can_still_be_named(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    stand_in.fail("^/lists/user/ann$", status=404, body={"error": "Not found"})
    info = await mdblist.describe("ann/best", key)
    assert (info.name, info.version) == ("The best", None)


async def test_one_request_per_owner_tells_what_changed(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    for slug in ("one", "two"):
        stand_in.add_list("ann", slug, slug, films(3))
    stand_in.add_list("bob", "three", "three", films(3))
    references = ["ann/one", "ann/two", "bob/three"]
    before = {one: (await mdblist.describe(one, key)).version for one in references}
    stand_in.requests.clear()
    assert await mdblist.changes(references, key) == before
    assert paths(stand_in) == ["/lists/user/ann", "/lists/user/bob"]
    stand_in.set_items("ann", "two", films(4))
    after = await mdblist.changes(references, key)
    assert [one for one in references if after[one] != before[one]] == ["ann/two"]


async def test_a_change_of_either_twin_is_noticed(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films, shows: Films
) -> None:
    stand_in.add_list("ann", "mix", "Mix", films(3), mediatype="movie")
    stand_in.add_list("ann", "mix", "Mix", shows(3), mediatype="show")
    before = await mdblist.changes(["ann/mix"], key)
    stand_in.set_items("ann", "mix", shows(3), mediatype="show")
    assert await mdblist.changes(["ann/mix"], key) != before


async def test_what_is_not_listed_has_no_known_version(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "one", "One", films(3))
    known = await mdblist.changes(["ann/one", "ann/gone", "nobody/x", "77", "not a list"], key)
    assert known.pop("ann/one") is not None
    assert known == {"ann/gone": None, "nobody/x": None, "77": None, "not a list": None}


async def test_without_a_key_no_version_is_known_and_nothing_is_asked(
    mdblist: MdbList, stand_in: MdbListStandIn
) -> None:
    assert await mdblist.changes(["ann/one"], NOBODY) == {"ann/one": None}
    assert not stand_in.requests


async def test_trouble_with_one_owner_leaves_the_others(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "one", "One", films(3))
    stand_in.add_list("bob", "two", "Two", films(3))
    stand_in.fail("^/lists/user/ann$", status=500, times=None)
    known = await mdblist.changes(["ann/one", "bob/two"], key)
    assert known["ann/one"] is None
    assert known["bob/two"] is not None


async def test_a_used_up_quota_stops_the_check_at_once(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential
) -> None:
    stand_in.used[str(key.secret)] = stand_in.quota
    with pytest.raises(UnavailableError) as caught:
        await mdblist.changes(["ann/one", "bob/two"], key)
    assert caught.value.code == "quota"
    assert len(stand_in.requests) == 1


async def test_a_wrong_key_leaves_every_version_unknown_after_one_request(
    mdblist: MdbList, stand_in: MdbListStandIn
) -> None:
    known = await mdblist.changes(["ann/one", "bob/two"], Credential("wrong-key"))
    assert known == {"ann/one": None, "bob/two": None}
    assert len(stand_in.requests) == 1


async def test_my_lists_hold_private_ones_and_join_twins(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films, shows: Films
) -> None:
    stand_in.add_list("demo", "mix", "Mix", films(3), mediatype="movie")
    stand_in.add_list("demo", "mix", "Mix", shows(2), mediatype="show")
    stand_in.add_list("demo", "secret", "Secret", films(1), private=True)
    stand_in.add_list("ann", "best", "The best", films(1))
    mine = await mdblist.mine(key)
    assert [(info.reference, info.item_count, info.public) for info in mine] == [
        ("demo/mix", 5, True),
        ("demo/secret", 1, False),
    ]


async def test_the_search_and_the_chart_show_public_lists(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "horror", "Horror & more", films(3), likes=1)
    stand_in.add_list("bob", "crime", "Crime", films(3), likes=9)
    stand_in.add_list("ann", "hidden", "Horror at home", films(3), private=True)
    found = await mdblist.search("horror", key)
    assert [(info.reference, info.public) for info in found] == [("ann/horror", True)]
    assert [info.reference for info in await mdblist.top(key)] == ["bob/crime", "ann/horror"]
    assert stand_in.requests[0].query["query"] == "horror"


async def test_what_needs_a_key_says_so_without_asking(
    mdblist: MdbList, stand_in: MdbListStandIn
) -> None:
    for asked in (
        mdblist.account(NOBODY),
        mdblist.mine(NOBODY),
        mdblist.top(NOBODY),
        mdblist.search("x", NOBODY),
        mdblist.describe("1176", NOBODY),
    ):
        with pytest.raises(RejectedError) as caught:
            await asked
        assert caught.value.code == "key_needed"
    assert not stand_in.requests


async def test_the_account_tells_its_quota(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential
) -> None:
    await mdblist.mine(key)
    account = await mdblist.account(key)
    assert (account.username, account.plan) == ("demo", "Free")
    assert (account.quota_limit, account.quota_left) == (1000, 999)
    assert account.quota_resets_at is not None
    assert account.quota_resets_at > datetime.now(UTC)


async def test_an_account_without_counts_left_is_reckoned_from_those_used(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential
) -> None:
    body = {"username": "ann", "api_requests": 1000, "api_requests_count": 276}
    stand_in.fail("^/user$", status=200, body=body)
    account = await mdblist.account(key)
    assert (account.quota_limit, account.quota_left, account.plan) == (1000, 724, None)


async def test_a_wrong_key_is_refused_by_the_account(mdblist: MdbList) -> None:
    with pytest.raises(RejectedError) as caught:
        await mdblist.account(Credential("wrong-key"))
    assert caught.value.code == "key"
