"""What a pasted text means, whichever source it is of."""

import pytest

from collectarr.errors import InvalidError
from collectarr.sync.recognise import recognise, the_one
from tests.flows.world import World
from tests.sync.account import trakt_of


async def test_an_address_means_one_list_at_its_source(world: World) -> None:
    async with trakt_of(world) as trakt:
        sources = {**world.outside.sources, "trakt": trakt.source}
        for text, source, reference in (
            ("https://mdblist.com/lists/demo/films", "mdblist", "demo/films"),
            ("https://trakt.tv/users/demo/lists/films", "trakt", "users/demo/lists/films"),
            ("https://trakt.tv/movies/trending", "trakt", "movies/trending"),
        ):
            named = the_one(sources, text)
            assert (named.source, named.reference) == (source, reference)


async def test_words_that_two_sources_know_are_not_guessed(world: World) -> None:
    async with trakt_of(world) as trakt:
        sources = {**world.outside.sources, "trakt": trakt.source}
        assert [named.source for named in recognise(sources, "demo/films")] == ["mdblist", "trakt"]
        with pytest.raises(InvalidError, match="MDBList or Trakt"):
            the_one(sources, "demo/films")


def test_what_means_nothing_is_refused(world: World) -> None:
    for text in ("", "https://example.org/lists/a/b", "x" * 5000, "\0"):
        with pytest.raises(InvalidError):
            the_one(world.outside.sources, text)
