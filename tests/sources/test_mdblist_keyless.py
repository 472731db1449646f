"""Public lists without a key, and what happens when the key is no good."""

from collections.abc import Callable

import pytest

from collectarr.demo.mdblist import MdbListStandIn
from collectarr.errors import RejectedError, UnavailableError, UpstreamError
from collectarr.models import Title
from collectarr.sources import Credential
from collectarr.sources.mdblist import MdbList, site_of

Films = Callable[..., list[Title]]
NOBODY = Credential()


def test_the_pages_stand_at_the_same_address_without_api() -> None:
    assert site_of("https://api.mdblist.com") == "https://mdblist.com"
    assert site_of("http://127.0.0.1:7797/") == "http://127.0.0.1:7797"


async def test_a_public_list_can_be_read_without_a_key(
    mdblist: MdbList, stand_in: MdbListStandIn, films: Films
) -> None:
    stand_in.add_list("ann", "very-best", "The best", films(3))
    read = await mdblist.read("ann/very-best", NOBODY)
    assert [item.title for item in read.items] == films(3)
    assert (read.info.name, read.info.public, read.info.version) == ("Very Best", True, None)
    assert (read.short_by, read.info.item_count) == (0, 3)
    assert [seen.query for seen in stand_in.requests] == [{}]


async def test_a_list_is_described_without_a_key(
    mdblist: MdbList, stand_in: MdbListStandIn, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    info = await mdblist.describe("ann/best", NOBODY)
    assert (info.reference, info.item_count, info.public) == ("ann/best", 3, True)


@pytest.mark.parametrize("private", [True, False])
async def test_a_list_that_looks_empty_without_a_key_is_refused_not_emptied(
    mdblist: MdbList, stand_in: MdbListStandIn, films: Films, private: bool
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3) if private else [], private=private)
    with pytest.raises(RejectedError, match="empty or private") as caught:
        await mdblist.read("ann/best", NOBODY)
    assert caught.value.code == "private"


async def test_a_bare_empty_array_is_refused_too(
    mdblist: MdbList, stand_in: MdbListStandIn
) -> None:
    stand_in.fail("/json$", status=200, body=[])
    with pytest.raises(RejectedError) as caught:
        await mdblist.read("ann/best", NOBODY)
    assert caught.value.code == "private"


async def test_an_unknown_list_is_not_found(mdblist: MdbList) -> None:
    with pytest.raises(RejectedError) as caught:
        await mdblist.read("ann/nothing", NOBODY)
    assert caught.value.code == "not_found"


async def test_a_web_page_that_refuses_us_is_no_word_about_a_key(
    mdblist: MdbList, stand_in: MdbListStandIn
) -> None:
    stand_in.fail("/json$", status=401, body={"error": "Invalid API key"})
    with pytest.raises(RejectedError) as caught:
        await mdblist.read("ann/best", NOBODY)
    assert caught.value.code == "private"


async def test_a_wrong_key_is_told_by_a_reading_and_does_not_stop_a_description(
    mdblist: MdbList, stand_in: MdbListStandIn, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    assert (await mdblist.describe("ann/best", Credential("wrong-key"))).item_count == 3
    with pytest.raises(RejectedError) as caught:
        await mdblist.read("ann/best", Credential("wrong-key"))
    assert caught.value.code == "key"
    assert len((await mdblist.read("ann/best", NOBODY)).items) == 3


async def test_a_used_up_quota_is_told_and_does_not_stop_a_public_list(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    info = await mdblist.describe("ann/best", key)
    stand_in.used[str(key.secret)] = stand_in.quota
    with pytest.raises(UnavailableError) as caught:
        await mdblist.read("ann/best", key, info)
    assert caught.value.code == "quota"
    read = await mdblist.read("ann/best", Credential(), info)
    assert len(read.items) == 3
    assert (read.info.name, read.info.version) == ("The best", None)


async def test_a_promise_made_with_the_key_holds_without_it(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    stand_in.promise("best", 10)
    info = await mdblist.describe("ann/best", key)
    assert (await mdblist.read("ann/best", Credential(), info)).short_by == 7


async def test_a_private_list_keeps_the_first_reason(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films
) -> None:
    stand_in.add_list("demo", "secret", "Secret", films(3), private=True)
    stand_in.used[str(key.secret)] = stand_in.quota
    with pytest.raises(UnavailableError) as caught:
        await mdblist.read("demo/secret", key)
    assert caught.value.code == "quota"


@pytest.mark.parametrize(
    ("status", "body"), [(500, ""), (404, {"error": "Not found"}), (200, {"error": "new"})]
)
async def test_other_trouble_is_not_papered_over(
    mdblist: MdbList,
    stand_in: MdbListStandIn,
    key: Credential,
    films: Films,
    status: int,
    body: object,
) -> None:
    stand_in.add_list("ann", "best", "The best", films(3))
    stand_in.fail("/items$", status=status, body=body, times=None)
    with pytest.raises(UpstreamError):
        await mdblist.read("ann/best", key)
    assert not any(seen.path.endswith("/json") for seen in stand_in.requests)
