"""A public list and a private one of the same name: only what is public is given out as such."""

from collections.abc import Callable

import pytest

from collectarr.demo.mdblist import MdbListStandIn
from collectarr.errors import RejectedError
from collectarr.models import Kind, Snapshot, Title
from collectarr.sources import Credential
from collectarr.sources.mdblist import MdbList

Films = Callable[..., list[Title]]


@pytest.fixture
def hidden(stand_in: MdbListStandIn, films: Films, shows: Films) -> str:
    """The number of the private one: two shows. Two films are public."""
    stand_in.add_list("demo", "mix", "Mix", films(2), mediatype="movie")
    return str(stand_in.add_list("demo", "mix", "Mix", shows(2), mediatype="show", private=True))


def kinds(read: Snapshot) -> set[Kind]:
    return {item.title.kind for item in read.items}


@pytest.mark.parametrize("lists_private", [False, True])
@pytest.mark.parametrize("shared", [False, True])
async def test_what_is_described_as_public_is_all_that_is_read(
    mdblist: MdbList,
    stand_in: MdbListStandIn,
    key: Credential,
    hidden: str,
    shared: bool,
    lists_private: bool,
) -> None:
    stand_in.lists_private = lists_private
    asker = Credential(key.secret, user_id=2, shared=shared)
    for reference in ("demo/mix", "101"):
        info = await mdblist.describe(reference, asker)
        read = await mdblist.read(reference, asker)
        assert info.public is read.info.public is True
        assert kinds(read) == {Kind.MOVIE}
        assert kinds(await mdblist.read(reference, asker, info)) == {Kind.MOVIE}


async def test_the_private_one_is_its_owners_by_its_number(
    mdblist: MdbList, key: Credential, hidden: str
) -> None:
    read = await mdblist.read(hidden, key)
    assert (read.info.public, read.info.reference) == (False, hidden)
    assert kinds(read) == {Kind.SHOW}
    shelved = {info.reference: info.public for info in await mdblist.mine(key)}
    assert shelved == {"demo/mix": True, hidden: False}
    with pytest.raises(RejectedError) as caught:
        await mdblist.read(hidden, Credential(key.secret, user_id=2, shared=True))
    assert caught.value.code in ("private", "not_found")


async def test_a_list_that_was_described_without_a_key_is_described_again_with_one(
    mdblist: MdbList, key: Credential, hidden: str, stand_in: MdbListStandIn
) -> None:
    stand_in.fail("/lists/user/demo", status=429, body={"error": "Daily API limit exceeded!"})
    rows = [{"id": 1, "title": "Film 1", "mediatype": "movie"}]
    stand_in.fail("/json", status=200, body=rows)
    info = await mdblist.describe("demo/mix", key)
    assert info.source_id is None
    assert kinds(await mdblist.read("demo/mix", key, info)) == {Kind.MOVIE}


@pytest.mark.parametrize("shared", [True, False])
async def test_the_installations_key_shows_no_private_names(
    mdblist: MdbList, stand_in: MdbListStandIn, key: Credential, films: Films, shared: bool
) -> None:
    stand_in.lists_private = True
    stand_in.add_list("demo", "diary", "Diary", films(2), private=True)
    asker = Credential(key.secret, user_id=2, shared=shared)
    found = [
        await mdblist.lists_of("demo", asker),
        await mdblist.search("diary", asker),
        await mdblist.search("@demo", asker),
        await mdblist.shelf("top", asker),
    ]
    assert [len(infos) for infos in found] == ([0] * 4 if shared else [1] * 4)
