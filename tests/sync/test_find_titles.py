"""Titles by their name: every source side by side, each title once, a failing source is said."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from collectarr.errors import RejectedError, UnavailableError
from collectarr.models import Ids, Kind, ListItem, Title
from collectarr.sources import Credential
from collectarr.sync.browse import Browsing
from collectarr.sync.find_titles import Found, find_titles
from collectarr.sync.outside import Outside
from collectarr.vault import Vault
from tests.flows.world import World, film, own, show

Search = Callable[[str], Awaitable[Sequence[ListItem]]]


@dataclass
class Finder:
    """As much of a source as a search asks for."""

    name: str
    label: str
    answer: Search
    sign_in: str = "none"
    needs: str | None = None
    asked: int = 0

    async def search_titles(self, query: str, credential: Credential) -> Sequence[ListItem]:
        self.asked += 1
        return await self.answer(query)


def telling(name: str, *titles: Title, **about: Any) -> Finder:
    async def answer(_: str) -> Sequence[ListItem]:
        return [ListItem(rank, title) for rank, title in enumerate(titles, start=1)]

    return Finder(name, name.title(), answer, **about)


def failing(name: str, error: Exception) -> Finder:
    async def answer(_: str) -> Sequence[ListItem]:
        raise error

    return Finder(name, name.title(), answer)


async def find(world: World, query: str, *finders: Finder, patience: float = 5) -> Found:
    sources: dict[str, Any] = {one.name: one for one in finders}
    async with aiohttp.ClientSession() as session:
        outside = Outside(session, world.settings, world.db, Vault("a key"), sources, "here")
        asks = (world.db, outside, Browsing(outside), world.user.id, query)
        found = await find_titles(*asks, patience=patience)
        again = await find_titles(*asks, patience=patience)
    assert again == found
    return found


def named(found: Found) -> list[tuple[str, str]]:
    return [(one.title.title, one.source) for one in found.titles]


async def test_sources_take_turns_and_each_title_comes_once(world: World) -> None:
    one = telling("one", film(1), film(2), film(3))
    two = telling("two", film(2), film(9))
    found = await find(world, "film", one, two)
    assert named(found) == [
        ("Film 1", "one"),
        ("Film 2", "two"),
        ("Film 9", "two"),
        ("Film 3", "one"),
    ]
    assert (found.asked, found.problems) == (("One", "Two"), ())
    assert (one.asked, two.asked) == (1, 1)


async def test_what_one_source_lacks_another_fills_in(world: World) -> None:
    bare = Title(Kind.MOVIE, "Film 1", None, Ids(tmdb=1))
    found = await find(world, "film", telling("one", bare), telling("two", film(1)))
    assert [one.title for one in found.titles] == [film(1)]


async def test_a_film_and_a_show_of_one_number_are_two(world: World) -> None:
    titles = (
        Title(Kind.MOVIE, "Dark", 2017, Ids(tmdb=7)),
        Title(Kind.SHOW, "Dark", 2017, Ids(tmdb=7)),
    )
    found = await find(world, "dark", telling("one", *titles))
    assert [one.title.kind for one in found.titles] == [Kind.MOVIE, Kind.SHOW]


async def test_libraries_say_what_is_there_and_are_searched_without_any_source(
    world: World,
) -> None:
    own(world.emby, film(1), show(4))
    world.mdblist.add_list("demo", "films", "Films", [film(1)])
    await world.connect()
    await world.sync(await world.define())
    alone = await find(world, "show")
    assert (named(alone), alone.asked) == ([("Show 4", "library")], ())
    assert alone.titles[0].place is not None
    found = await find(world, "film", telling("one", film(2), film(1)))
    assert [(one.title.title, one.place is not None) for one in found.titles] == [
        ("Film 2", False),
        ("Film 1", True),
    ]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UnavailableError("It is down."), "Bad: It is down."),
        (RejectedError("No such key.", code="key"), "Bad: No such key."),
    ],
)
async def test_a_source_that_fails_is_said_and_holds_up_nobody(
    world: World, error: Exception, said: str
) -> None:
    found = await find(world, "film", failing("bad", error), telling("good", film(1)))
    assert named(found) == [("Film 1", "good")]
    assert found.problems == (said,)


async def test_a_source_that_does_not_answer_is_not_waited_for(
    world: World,
) -> None:
    async def never(_: str) -> Sequence[ListItem]:
        await asyncio.Event().wait()
        return []

    found = await find(
        world, "film", Finder("slow", "Slow", never), telling("good", film(1)), patience=0.05
    )
    assert named(found) == [("Film 1", "good")]
    assert found.problems == ("Slow did not answer in time.",)


async def test_what_is_not_set_up_or_not_connected_is_not_asked(world: World) -> None:
    lacking = telling("lacking", film(1), needs="A_SETTING")
    keyless = telling("keyless", film(1), sign_in="key")
    found = await find(world, "film", lacking, keyless)
    assert found == Found()
    assert (lacking.asked, keyless.asked) == (0, 0)


@pytest.mark.parametrize("query", ["", "  ", "\t"])
async def test_nothing_is_asked_for_nothing(world: World, query: str) -> None:
    one = telling("one", film(1))
    assert await find(world, query, one) == Found()
    assert one.asked == 0
