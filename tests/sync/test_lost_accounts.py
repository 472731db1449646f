"""An account that is lost is said by the runs that would have read with it."""

from collections.abc import AsyncIterator

import pytest

from collectarr.settings import Settings
from collectarr.store.source_accounts import mark_account
from collectarr.sync.judge import is_of
from tests.sync.place import Place, open_place, snapshot_of


@pytest.fixture
async def place(settings: Settings) -> AsyncIterator[Place]:
    """Anna's account at `trakt` is lost."""
    async with open_place(settings) as found:
        await mark_account(found.db, found.anna.id, "trakt", "Connect it again.", lost=True)
        yield found


async def test_a_list_of_the_lost_account_itself_is_read_as_anybody_and_says_so(
    place: Place,
) -> None:
    hers = await place.takes(place.anna, snapshot_of("trakt", "watchlist", owner="Anna"))
    lists = await place.refresh(hers)
    assert place.two.read_by == [("watchlist", None)]
    assert (await place.stored(hers)).state == "ok"
    (words,) = lists.problems.values()
    assert "without the account" in words
    assert "Connect it again." in words


async def test_a_list_of_somebody_else_is_as_good_without_the_account(place: Place) -> None:
    hers = await place.takes(place.anna, snapshot_of("trakt", "films", owner="carl"))
    lists = await place.refresh(hers)
    assert lists.problems == {}
    assert any("without the account" in words for words in await place.logged())


@pytest.mark.parametrize(
    ("owner", "username", "same"),
    [
        ("john-doe", "John Doe", True),
        ("anna", "Anna", True),
        ("anna", "ann", False),
        ("", "", False),
        (None, None, False),
        ("anna", None, False),
    ],
)
def test_whose_list_it_is_is_told_by_the_name(
    owner: str | None, username: str | None, same: bool
) -> None:
    assert is_of(owner, username) is same
