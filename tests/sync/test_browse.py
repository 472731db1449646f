"""Looking at lists before they are taken: asked once, kept for a while, for one user alone."""

import asyncio

import pytest

from collectarr.errors import (
    InvalidError,
    NotFoundError,
    RejectedError,
    UnavailableError,
    UpstreamError,
)
from collectarr.models import ListInfo, Snapshot
from collectarr.sources import Credential
from collectarr.store.users import add_user
from collectarr.sync import browse
from collectarr.sync.browse import Browsing
from tests.flows.world import World, film

LISTS = r"/lists/\d+/items"


@pytest.fixture
def browsing(world: World) -> Browsing:
    world.mdblist.add_list("demo", "films", "Films", [film(1), film(2)])
    return Browsing(world.outside)


def asked(world: World) -> int:
    return sum(seen.path.endswith("/items") for seen in world.mdblist.requests)


async def test_looking_twice_asks_once_and_says_how_old_it_is(
    world: World, browsing: Browsing
) -> None:
    first = await browsing.read(world.user.id, "mdblist", "demo/films")
    again = await browsing.read(world.user.id, "mdblist", "https://mdblist.com/lists/demo/films")
    assert asked(world) == 1
    assert again.read_at == first.read_at
    assert len(again.value.items) == 2


async def test_looking_from_many_pages_at_once_asks_once(world: World, browsing: Browsing) -> None:
    await asyncio.gather(*(browsing.read(world.user.id, "mdblist", "demo/films") for _ in range(5)))
    assert asked(world) == 1


async def test_what_one_user_was_shown_is_not_shown_to_another(
    world: World, browsing: Browsing
) -> None:
    world.mdblist.set_private("demo", "films")
    await browsing.read(world.user.id, "mdblist", "demo/films")
    ben = await add_user(world.db, "ben", None, "hash", "user")
    with pytest.raises(RejectedError):
        await browsing.read(ben.id, "mdblist", "demo/films")


async def test_another_account_is_asked_anew(world: World, browsing: Browsing) -> None:
    await browsing.read(world.user.id, "mdblist", "demo/films")
    browsing.forget(world.user.id, "mdblist")
    await browsing.read(world.user.id, "mdblist", "demo/films")
    assert asked(world) == 2


async def test_an_error_is_not_kept(world: World, browsing: Browsing) -> None:
    world.mdblist.set_private("demo", "films")
    ben = await add_user(world.db, "ben", None, "hash", "user")
    with pytest.raises(RejectedError):
        await browsing.read(ben.id, "mdblist", "demo/films")
    world.mdblist.set_private("demo", "films", private=False)
    assert (await browsing.read(ben.id, "mdblist", "demo/films")).value.items


async def test_the_oldest_answers_go_when_there_are_too_many(
    world: World, browsing: Browsing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browse, "MOST_ROWS", 4)
    world.mdblist.add_list("demo", "more", "More", [film(1), film(2)])
    for reference in ("demo/films", "demo/more", "demo/more", "demo/films"):
        await browsing.read(world.user.id, "mdblist", reference)
    assert asked(world) == 3


async def test_what_is_not_there_is_told(world: World, browsing: Browsing) -> None:
    with pytest.raises(NotFoundError):
        await browsing.lists(world.user.id, "nowhere", "top")
    with pytest.raises(NotFoundError):
        await browsing.lists(world.user.id, "mdblist", "nothing")
    with pytest.raises(InvalidError):
        await browsing.read(world.user.id, "mdblist", "https://example.org/a/b")


async def test_a_look_that_was_not_waited_for_is_there_when_asked_again(
    world: World, browsing: Browsing
) -> None:
    world.mdblist.fail(LISTS, delay=0.3)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await browsing.read(world.user.id, "mdblist", "demo/films")
    answer = await browsing.read(world.user.id, "mdblist", "demo/films")
    assert (len(answer.value.items), asked(world)) == (2, 1)
    assert browsing.known(world.user.id, "mdblist", "demo/films") == answer.value


async def test_a_failure_that_nobody_waited_for_is_told_to_the_next_one(
    world: World, browsing: Browsing
) -> None:
    world.mdblist.fail(LISTS, delay=0.2, status=400)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await browsing.read(world.user.id, "mdblist", "demo/films")
    async with asyncio.timeout(10):
        while not asked(world):
            await asyncio.sleep(0.01)
    with pytest.raises(UpstreamError):
        await browsing.read(world.user.id, "mdblist", "demo/films")
    assert (await browsing.read(world.user.id, "mdblist", "demo/films")).value.items


async def test_what_was_asked_for_another_account_is_not_kept(
    world: World, browsing: Browsing
) -> None:
    world.mdblist.fail(LISTS, delay=0.2)
    look = asyncio.create_task(browsing.read(world.user.id, "mdblist", "demo/films"))
    async with asyncio.timeout(10):
        while not world.mdblist.requests:
            await asyncio.sleep(0.01)
    browsing.forget(world.user.id, "mdblist")
    assert (await look).value.items
    assert browsing.known(world.user.id, "mdblist", "demo/films") is None


class Slow:
    """A source that answers when it is let go on."""

    name = label = "slow"
    sign_in = "none"
    needs = None

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.now = self.most = 0

    def parse(self, text: str) -> str:
        return text

    async def read(self, reference: str, _credential: Credential) -> Snapshot:
        self.now += 1
        self.most = max(self.most, self.now)
        await self.gate.wait()
        self.now -= 1
        return Snapshot(ListInfo("slow", reference, reference), ())


async def test_many_looks_of_one_user_go_a_few_at_a_time(world: World) -> None:
    slow = Slow()
    world.outside.sources = {"slow": slow}  # type: ignore[dict-item]
    browsing = Browsing(world.outside)
    looks = [
        asyncio.create_task(browsing.read(world.user.id, "slow", str(number)))
        for number in range(10)
    ]
    async with asyncio.timeout(10):
        while slow.now < browse.AT_ONCE:
            await asyncio.sleep(0.01)
    slow.gate.set()
    assert len(await asyncio.gather(*looks)) == 10
    assert slow.most == browse.AT_ONCE


async def test_nobody_is_asked_while_the_quota_is_used_up(world: World, browsing: Browsing) -> None:
    credential = await world.outside.credential(world.user.id, "mdblist")
    used_up = UnavailableError("No requests are left.", code="quota", retry_after=60)
    world.outside.quotas.note("mdblist", credential, used_up)
    with pytest.raises(UnavailableError):
        await browsing.read(world.user.id, "mdblist", "demo/films")
    assert asked(world) == 0


async def test_a_refresh_that_fails_gives_what_was_known_and_says_why(
    world: World, browsing: Browsing
) -> None:
    first = await browsing.read(world.user.id, "mdblist", "demo/films")
    world.mdblist.fail(LISTS, status=400)
    browsing.refresh(world.user.id, "mdblist", "rows", "demo/films")
    for _ in range(2):
        kept = await browsing.read(world.user.id, "mdblist", "demo/films")
        assert (kept.value, kept.read_at) == (first.value, first.read_at)
        assert "MDBList" in kept.problem
    assert asked(world) == 2
    browsing.refresh(world.user.id, "mdblist", "rows", "demo/films")
    again = await browsing.read(world.user.id, "mdblist", "demo/films")
    assert (again.problem, again.read_at > first.read_at) == ("", True)


async def test_a_refresh_that_is_refused_leaves_nothing(world: World, browsing: Browsing) -> None:
    ben = await add_user(world.db, "ben", None, "hash", "user")
    await browsing.read(ben.id, "mdblist", "demo/films")
    world.mdblist.set_private("demo", "films")
    browsing.refresh(ben.id, "mdblist", "rows", "demo/films")
    with pytest.raises(RejectedError):
        await browsing.read(ben.id, "mdblist", "demo/films")
    assert browsing.known(ben.id, "mdblist", "demo/films") is None
    assert browsing.before(ben.id, "mdblist", "rows", "demo/films") is None


async def test_a_search_is_refreshed_however_it_is_spelled(
    world: World, browsing: Browsing
) -> None:
    await browsing.search(world.user.id, "mdblist", "Films")
    before = len(world.mdblist.requests)
    browsing.refresh(world.user.id, "mdblist", "search", "FILMS ")
    await browsing.search(world.user.id, "mdblist", "films")
    assert len(world.mdblist.requests) > before
