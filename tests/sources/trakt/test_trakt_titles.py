"""Films and shows at Trakt by name and by id."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from collectarr.demo.trakt import TraktStandIn
from collectarr.errors import UnavailableError, UnexpectedAnswerError
from collectarr.models import Ids, Kind, Title
from collectarr.sources import Credential, Resolves, SearchesTitles
from collectarr.sources.trakt import Trakt

Films = Callable[..., list[Title]]
Shows = Callable[[int], list[Title]]


async def test_titles_are_searched_by_their_name(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films, shows: Shows
) -> None:
    stand_in.add_list("ann", "best", "The best", [*films(3), *shows(2)])
    found = await trakt.search_titles("film 2", nobody)
    assert [(item.rank, item.title.title) for item in found] == [(1, "Film 2")]
    assert {item.title.kind for item in await trakt.search_titles("show", nobody)} == {Kind.SHOW}
    assert isinstance(trakt, SearchesTitles)


@pytest.mark.parametrize("database", ["imdb", "tmdb", "tvdb", "trakt"])
async def test_a_title_is_known_by_any_one_of_its_ids(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, shows: Shows, database: str
) -> None:
    stand_in.add_list("ann", "best", "The best", shows(5))
    known = stand_in.world.media[Kind.SHOW, 1003]
    whole = Ids("tt8000003", 3, 3, 1003)
    asked = Title(Kind.SHOW, "?", None, Ids(**{database: whole.as_dict()[database]}))  # type: ignore[arg-type]
    assert await trakt.resolve([asked], nobody) == [
        Title(Kind.SHOW, known["title"], known["year"], whole)
    ]
    assert isinstance(trakt, Resolves)


async def test_the_kind_of_an_imdb_id_is_found_out(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films, shows: Shows
) -> None:
    stand_in.add_list("ann", "best", "The best", [*films(2), *shows(2)])
    asked = [Title(Kind.UNKNOWN, "", None, Ids(imdb)) for imdb in ("tt8000002", "tt7000001")]
    found = await trakt.resolve(asked, nobody)
    assert [one.kind if one else None for one in found] == [Kind.SHOW, Kind.MOVIE]


async def test_ids_of_films_are_not_looked_up_among_shows(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films, shows: Shows
) -> None:
    stand_in.add_list("ann", "best", "The best", [*films(2), *shows(2)])
    [film, unknown] = await trakt.resolve(
        [Title(Kind.MOVIE, "?", None, Ids(tmdb=1)), Title(Kind.MOVIE, "?", None, Ids(tmdb=77))],
        nobody,
    )
    assert film is not None
    assert film.title == "Film 1"
    assert unknown is None


async def test_fifty_titles_are_looked_up_at_a_time_and_those_without_ids_cost_nothing(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.add_list("ann", "best", "The best", films(60))
    asked = [Title(Kind.MOVIE, "No id"), *films(60)]
    found = await trakt.resolve(asked, nobody)
    assert [place for place, one in enumerate(found) if one] == list(range(1, 51))
    assert len(stand_in.requests) == 50
    assert [replace(one.ids, trakt=None) for one in found if one] == [one.ids for one in films(50)]


async def test_an_id_that_trakt_says_it_does_not_know_is_none(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.fail("/search/imdb", status=404)
    assert await trakt.resolve(films(1), nobody) == [None]


async def test_an_episode_is_not_taken_for_its_show(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, shows: Shows
) -> None:
    show = stand_in.world.row_of(shows(1)[0])["show"]
    episode = {"title": "One", "season": 1, "number": 1, "ids": {"trakt": 4}}
    row = {"type": "episode", "score": 1000, "episode": episode, "show": show}
    stand_in.fail("/search/imdb", status=200, body=[row])
    assert await trakt.resolve([Title(Kind.UNKNOWN, "", None, Ids("tt9999999"))], nobody) == [None]


async def test_trouble_is_told_and_not_taken_for_an_unknown_id(
    trakt: Trakt, stand_in: TraktStandIn, nobody: Credential, films: Films
) -> None:
    stand_in.fail("/search", status=503, times=None)
    with pytest.raises(UnavailableError):
        await trakt.resolve(films(2), nobody)
    stand_in.control.faults.active.clear()
    stand_in.fail("/search", status=200, body={"no": "list"}, times=None)
    with pytest.raises(UnexpectedAnswerError):
        await trakt.search_titles("x", nobody)
