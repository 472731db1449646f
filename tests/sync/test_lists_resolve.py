"""Titles with too few ids are completed by sources that know them, once, and within bounds."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from collectarr.models import Ids, Kind, ListItem, Title, utc_now
from collectarr.settings import Settings
from collectarr.sources import Account
from collectarr.store.db import stamp
from collectarr.store.lists import load_list_items
from collectarr.store.source_accounts import StoredAccount, save_account
from collectarr.sync.accounts import with_facts
from collectarr.sync.resolve import complete_titles, lacks
from tests.sync.place import Place, open_place, refused, snapshot_of

ALIEN = Title(Kind.MOVIE, "Alien", 1979, Ids("tt0078748", 348, None, 295))
LOST = Title(Kind.SHOW, "Lost", 2004, Ids("tt0411008", 4607, 73739, 1))


@pytest.fixture
async def place(settings: Settings) -> AsyncIterator[Place]:
    async with open_place(settings) as found:
        found.one.known = (ALIEN, LOST)
        yield found


async def complete(place: Place, *titles: Title) -> list[Title]:
    return await complete_titles(place.db, place.outside, place.anna.id, titles)


@pytest.mark.parametrize(
    ("title", "lacking"),
    [
        (Title(Kind.MOVIE, "A", None, Ids(imdb="tt0000001")), False),
        (Title(Kind.MOVIE, "A", None, Ids(tmdb=1)), False),
        (Title(Kind.MOVIE, "A", None, Ids(tvdb=1, trakt=1)), True),
        (Title(Kind.SHOW, "A", None, Ids(tvdb=1)), False),
        (Title(Kind.SHOW, "A", None, Ids(trakt=1)), True),
        (Title(Kind.UNKNOWN, "A", None, Ids("tt0000001", 1, 1, 1)), True),
    ],
)
def test_only_what_no_library_could_find_is_lacking(title: Title, lacking: bool) -> None:
    assert lacks(title) is lacking


async def test_ids_are_filled_in_and_the_rows_own_words_stay(place: Place) -> None:
    row = Title(Kind.MOVIE, "Alien (Director's Cut)", 2003, Ids(trakt=295))
    (title,) = await complete(place, row)
    assert title == replace(row, ids=ALIEN.ids)


async def test_what_is_an_id_alone_gets_kind_name_and_year(place: Place) -> None:
    row = Title(Kind.UNKNOWN, "imdb:tt0411008", None, Ids("tt0411008"))
    assert await complete(place, row) == [LOST]


async def test_what_needs_nothing_or_has_no_id_is_not_asked_for(place: Place) -> None:
    nameless = Title(Kind.MOVIE, "Unheard of", 1999)
    assert await complete(place, ALIEN, nameless) == [ALIEN, nameless]
    assert place.one.looked_up == []


async def test_an_answer_about_another_title_is_not_believed(place: Place) -> None:
    other = Title(Kind.MOVIE, "A", None, Ids(tvdb=9, trakt=295))
    place.one.known = (replace(ALIEN, ids=replace(ALIEN.ids, tvdb=8)),)
    assert await complete(place, other) == [other]
    place.one.known = (replace(LOST, ids=Ids(tmdb=5, trakt=77)),)
    film = Title(Kind.MOVIE, "B", None, Ids(trakt=77))
    assert await complete(place, film) == [film]


async def test_an_answer_is_remembered_and_so_is_that_there_is_none(place: Place) -> None:
    rows = [Title(Kind.MOVIE, "A", None, Ids(trakt=295)), Title(Kind.SHOW, "B", None, Ids(trakt=9))]
    first = await complete(place, *rows)
    place.one.looked_up.clear()
    place.two.looked_up.clear()
    assert await complete(place, *rows) == first
    assert (place.one.looked_up, place.two.looked_up) == ([], [])
    for days, asked in [(4, [rows[1]]), (31, rows)]:
        async with place.db.write() as tx:
            then = stamp(utc_now() - timedelta(days=days))
            await tx.run("UPDATE known_titles SET asked_at = ?", then)
        await complete(place, *rows)
        assert [title for call in place.one.looked_up for title in call] == asked
        place.one.looked_up.clear()


async def test_what_the_first_source_does_not_know_the_next_one_may(place: Place) -> None:
    place.two.known = (ALIEN,)
    place.one.known = (LOST,)
    rows = [Title(Kind.MOVIE, "A", None, Ids(trakt=295)), Title(Kind.SHOW, "B", None, Ids(trakt=1))]
    assert [title.ids for title in await complete(place, *rows)] == [ALIEN.ids, LOST.ids]
    assert place.two.looked_up == [[rows[0]]]


async def test_questions_are_bounded_in_one_run(place: Place) -> None:
    place.one.known = place.two.known = ()
    rows = [Title(Kind.MOVIE, "A", None, Ids(trakt=number)) for number in range(1, 1500)]
    assert await complete(place, *rows) == rows
    assert [len(call) for call in place.one.looked_up] == [200] * 5
    assert [len(call) for call in place.two.looked_up] == [1] * 50


async def test_kinds_and_databases_are_not_mixed_in_one_question(place: Place) -> None:
    rows = [
        Title(Kind.MOVIE, "A", None, Ids(trakt=1)),
        Title(Kind.SHOW, "A", None, Ids(trakt=2)),
        Title(Kind.MOVIE, "A", None, Ids(tvdb=3)),
    ]
    await complete(place, *rows)
    assert place.one.looked_up == [[row] for row in rows]


async def test_a_source_that_fails_is_left_alone_and_nothing_is_remembered(place: Place) -> None:
    place.one.trouble["resolve"] = refused("quota")
    place.two.trouble["resolve"] = refused("down")
    row = Title(Kind.MOVIE, "A", None, Ids(trakt=295))
    assert await complete(place, row) == [row]
    assert len(place.one.looked_up) == 1
    place.one.trouble.clear()
    place.two.trouble.clear()
    await complete(place, row)
    assert len(place.one.looked_up) == 1, "its quota is used up"
    assert len(place.two.looked_up) == 2


@pytest.mark.parametrize(("left", "asked"), [(99, False), (100, True)])
async def test_the_last_of_a_quota_is_for_lists(place: Place, left: int, asked: bool) -> None:
    stored = StoredAccount("mdblist", place.vault.seal("hers"))
    facts = Account("anna", None, 1000, left, utc_now() + timedelta(hours=1))
    await save_account(place.db, place.anna.id, with_facts(stored, facts))
    await complete(place, Title(Kind.MOVIE, "A", None, Ids(trakt=295)))
    assert bool(place.one.looked_up) is asked


async def test_only_sources_that_are_set_up_and_connected_are_asked(place: Place) -> None:
    place.two.needs = "TRAKT_CLIENT_ID"
    row = Title(Kind.MOVIE, "A", None, Ids(trakt=295))
    stranger = place.ben.id + 1000
    assert await complete_titles(place.db, place.outside, stranger, [row]) == [row]
    assert (place.one.looked_up, place.two.looked_up) == ([], [])


async def test_the_rows_of_a_list_are_completed_when_it_is_read(place: Place) -> None:
    listed = snapshot_of("trakt", "films")
    rows = (ListItem(1, Title(Kind.MOVIE, "Alien", 1979, Ids(trakt=295)), "/p.jpg"), *listed.items)
    listed = replace(listed, items=(rows[0], *(replace(r, rank=r.rank + 1) for r in rows[1:])))
    hers = await place.takes(place.anna, listed)
    await place.refresh(hers)
    items = await load_list_items(place.db, (await place.stored(hers)).id)
    assert items[0].title.ids == ALIEN.ids
    assert (items[0].poster, len(items)) == ("/p.jpg", 4)
    await place.refresh(hers, forced=True)
    assert len(place.one.looked_up) == 1


async def test_a_list_is_read_though_nobody_can_complete_it(place: Place) -> None:
    listed = snapshot_of("trakt", "films")
    row = ListItem(1, Title(Kind.MOVIE, "Alien", 1979, Ids(trakt=295)))
    hers = await place.takes(place.anna, replace(listed, items=(row,)))
    place.one.trouble["resolve"] = refused("key")
    place.two.trouble["resolve"] = refused("down")
    lists = await place.refresh(hers)
    assert lists.problems == {}
    assert await load_list_items(place.db, (await place.stored(hers)).id) == [row]
