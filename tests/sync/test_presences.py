"""Between two syncs a page says where titles are, by their ids, without loading a library."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from collectarr.models import Ids, Item, Kind, Library, ListItem, Title, Upkeep, utc_now
from collectarr.settings import Settings
from collectarr.store import collections, corrections, lists, servers, targets
from collectarr.store.collections import Collection, StoredMatch
from collectarr.store.coverage_counts import record_counts
from collectarr.store.servers import Server
from collectarr.sync.contents import title_key
from collectarr.sync.correct import load_corrections
from collectarr.sync.corrections import Corrections
from collectarr.sync.holdings import MOST_ANSWERS, Answers, Holdings
from collectarr.sync.presences_by_ids import GONE, NOT_BY_NAME, ServerPresence, look_for
from collectarr.sync.reasons import is_conflict
from collectarr.sync.show import Titles, take_stock
from collectarr.sync.stock import Stock
from tests.stored import collection_of, film, item, list_of, server_of, snapshot
from tests.sync.place import Place, open_place

NAMED = Item("77", Title(Kind.MOVIE, "Film 2", 2000), "l1")
LIBRARIES = [
    Library("l1", "Movies", "movies", ("/films",)),
    Library("other", "Other", "movies", ("/other",)),
]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with open_place(Settings(data_dir=tmp_path)) as place:
        yield place


@dataclass
class Den:
    """A collection of films 1 to 4: the last sync found 1 by its id and 2 by its name."""

    place: Place
    server: Server
    collection: Collection

    async def look(self) -> Titles:
        (now,) = await collections.load_collections(self.place.db, [self.collection.id])
        self.collection, titles = await take_stock(self.place.db, self.place.outside, now)
        return titles

    async def told(self) -> list[tuple[tuple[str, ...], str]]:
        found = [row.servers[0] for row in (await self.look()).rows]
        return [(one.item_ids, one.why) for one in found]


@pytest.fixture
async def den(place: Place) -> Den:
    db = place.db
    server = await server_of(db, place.anna, libraries=LIBRARIES)
    stored = await list_of(db, place.anna)
    await lists.save_snapshot(db, stored.id, snapshot(4), suspect=None)
    collection = await collection_of(db, place.anna, stored, servers=[server])
    await servers.save_items(db, server.id, [item(1), NAMED], whole=True)
    await servers.record_reading(db, server.id, utc_now(), swept=True)
    found = [("1",), ("77",), (), ()]
    matches = [
        StoredMatch(rank, server.id, ids, by, "So it was found.", (), title_key(film(rank)))
        for rank, ids, by in zip(range(1, 5), found, ("imdb", "title", None, None), strict=True)
    ]
    await collections.save_matches(db, collection.id, server.id, matches)
    await collections.record_sync(db, collection, utc_now(), wanted=4, owned=2)
    return Den(place, server, collection)


async def test_what_came_or_left_since_is_seen_and_the_rest_stays_as_it_was_found(
    den: Den,
) -> None:
    await servers.save_items(den.place.db, den.server.id, [item(3)], whole=False)
    await servers.remove_items(den.place.db, den.server.id, ["1"])
    told = await den.told()
    assert told[0] == ((), GONE)
    assert told[1] == (("77",), "So it was found.")
    assert told[2] == (("3",), "Same IMDb id (tt0000003).")
    assert told[3] == ((), "So it was found.")
    assert (den.collection.owned, den.collection.changed) == (2, True)


async def test_a_new_title_that_only_a_name_could_find_is_said_not_to_be_looked_for(
    den: Den,
) -> None:
    await servers.save_items(
        den.place.db, den.server.id, [Item("78", Title(Kind.MOVIE, "Film 5", 2000))], whole=False
    )
    (entry,) = den.collection.lists
    await lists.save_snapshot(den.place.db, entry.list_id, snapshot(5), suspect=None)
    told = await den.told()
    assert told[4] == ((), NOT_BY_NAME)
    assert told[1] == (("77",), "So it was found."), "it still holds"
    assert told[3] == ((), NOT_BY_NAME), "a reason may name a row that is another one by now"


async def test_a_title_found_by_name_gives_way_to_one_with_the_id_and_to_what_people_say(
    den: Den,
) -> None:
    await servers.save_items(den.place.db, den.server.id, [Item("77", film(3))], whole=False)
    told = await den.told()
    assert (told[1][0], told[2][0]) == ((), ("77",))
    await corrections.put_correction(
        den.place.db, den.place.anna.id, "exclude", film(3), instead_of=lambda _: False
    )
    assert (await den.told())[2] == ((), "Left out, as you said.")


async def test_what_lies_in_a_library_that_is_not_used_any_more_is_not_there(den: Den) -> None:
    await servers.use_libraries(den.place.db, den.server.id, ["other"])
    told = await den.told()
    assert [ids for ids, _ in told] == [(), (), (), ()]
    assert "is not in use" in told[0][1]
    await servers.use_libraries(den.place.db, den.server.id, ["l1"])
    assert [ids for ids, _ in await den.told()] == [("1",), ("77",), (), ()]


async def test_a_second_view_looks_for_nothing(den: Den) -> None:
    await den.look()
    whose = den.collection.id, den.server.id
    known = den.place.outside.holdings.answers._known
    first = known[whose]
    await den.look()
    assert known[whose] is first
    await servers.save_items(den.place.db, den.server.id, [item(4)], whole=False)
    await den.look()
    assert known[whose] is not first


def test_only_the_last_answers_are_kept() -> None:
    answers = Answers()
    for number in range(MOST_ANSWERS + 1):
        answers.put(number, "key", {})
    assert answers.get(0, "key") is None
    assert answers.get(1, "key") == {}
    assert answers.get(1, "other") is None


async def test_what_a_page_counted_before_a_sync_ended_is_not_noted_after_it(den: Den) -> None:
    db = den.place.db
    (old,) = await collections.load_collections(db, [den.collection.id])
    (target,) = await targets.load_targets(db, [old.id])

    async def noted(seen: str | None) -> bool:
        counted = await record_counts(
            db, old, wanted=9, owned=9, by_server={}, changed=True, seen={den.server.id: seen}
        )
        return counted is not None

    assert not await noted("another plan")
    await targets.finish_target(db, target.id, inputs="plan", held=None, owned=2, resting=None)
    assert not await noted(None)
    assert await noted("plan")
    later = utc_now().replace(year=2100)
    await collections.record_sync(db, old, later, wanted=4, owned=2)
    assert not await noted("plan")
    (now,) = await collections.load_collections(db, [old.id])
    assert (now.wanted, now.owned, now.changed) == (4, 2, False)


async def test_a_run_that_was_held_leaves_a_changed_collection_changed(den: Den) -> None:
    db = den.place.db
    await servers.remove_items(db, den.server.id, ["1"])
    await den.look()
    assert den.collection.changed
    (target,) = await targets.load_targets(db, [den.collection.id])
    held = {"code": "removals"}
    await targets.finish_target(db, target.id, inputs=None, held=held, owned=1, resting=None)
    gone = StoredMatch(1, den.server.id, (), None, "Gone.", (), title_key(film(1)))
    kept = await collections.load_matches(db, den.collection.id)
    await collections.save_matches(db, den.collection.id, den.server.id, [gone, *kept[1:]])
    for _ in range(2):
        await collections.record_sync(db, den.collection, utc_now(), wanted=4, owned=1)
        await den.look()
        assert den.collection.changed
    await targets.finish_target(db, target.id, inputs="all", held=None, owned=1, resting=None)
    await collections.record_sync(db, den.collection, utc_now(), wanted=4, owned=1)
    (now,) = await collections.load_collections(db, [den.collection.id])
    assert not now.changed


def some_title(random: Random) -> Title:
    kind = random.choice((Kind.MOVIE, Kind.MOVIE, Kind.SHOW))
    number = random.randrange(1, 12)
    ids = Ids(
        imdb=random.choice((None, f"tt{number:07d}", f"tt{random.randrange(12):07d}")),
        tmdb=random.choice((None, number, random.randrange(1, 12))),
        tvdb=random.choice((None, None, number)),
    )
    return Title(kind, f"Title {number}", 2000 + number % 3, ids)


async def test_ids_lead_to_the_same_items_as_in_the_whole_library(den: Den) -> None:
    db, random = den.place.db, Random(7)
    for _ in range(40):
        items = [Item(str(n), some_title(random), "l1") for n in range(1, random.randrange(2, 20))]
        await servers.save_items(db, den.server.id, items, whole=True)
        rows = [ListItem(rank, some_title(random)) for rank in range(1, 15)]
        said = await load_corrections(db, den.server)
        found = await look_for(db, den.server, den.collection, rows, {}, said)
        whole = await servers.load_items(db, den.server.id)
        check_same(rows, found, Stock(den.server.id, whole, LIBRARIES))


def check_same(rows: Sequence[ListItem], found: object, stock: Stock) -> None:
    assert isinstance(found, dict)
    for one in stock.matches(rows, Upkeep(), Corrections()):
        there: ServerPresence = found[one.rank]
        by_id = one.by != "title"
        assert there.item_ids == (tuple(x.id for x in one.items) if by_id else ())
        assert there.matched_by == (one.by if by_id else None)
        if is_conflict(one.why):
            assert (there.why, there.near) == (one.why, one.near)


async def test_a_large_library_is_looked_into_by_ids_alone(den: Den) -> None:
    rows = [ListItem(1, film(1)), ListItem(2, film(2))]

    def work(stock: Stock, part: Sequence[ListItem]) -> list[tuple[bool, str | None]]:
        return [(stock.whole, one.by) for one in stock.matches(part, Upkeep(), Corrections())]

    small = Holdings(den.place.db)
    assert await small.is_whole(den.server)
    told = await small.compare(den.server, rows, Corrections(), work)
    assert told == [(True, "imdb"), (True, "title")]
    large = Holdings(den.place.db, whole_below=2)
    assert not await large.is_whole(den.server)
    told = await large.compare(den.server, rows, Corrections(), work)
    assert told == [(False, "imdb"), (False, None)]
