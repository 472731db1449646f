"""A collection's rules, pins and exclusions come back as they were, each title once."""

import json
from typing import Any

import pytest

from collectarr.errors import NotFoundError
from collectarr.models import Ids, Kind, Merge, Mode, Order, Rules, Title
from collectarr.store import collections
from collectarr.store.collection_titles import drop_title, put_title, rules_json, stored_rules
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.users import User
from tests.stored import collection_of

RULES = Rules(
    kinds=(Kind.SHOW,),
    year_from=1990,
    year_to=1999,
    rating_from=70,
    genres=("drama",),
    without_genres=("horror", "war"),
    in_library=True,
    not_in=(3, 5),
    episodes="skip",
    order=Order.RATING,
    descending=True,
    limit=50,
)
USUAL: dict[str, Any] = {"name": "A", "mode": Mode.KEEP, "interval_hours": 24, "enabled": True}
FILM = Title(Kind.MOVIE, "Alien", 1979, Ids("tt0078748", 348))
OTHER = Title(Kind.MOVIE, "Alien", 1979, Ids("tt0000009"))


async def again(db: Database, collection: Collection) -> Collection:
    return await collections.get_collection(db, collection.user_id, collection.id)


def test_rules_come_back_as_they_were() -> None:
    assert stored_rules(rules_json(RULES)) == RULES
    assert (rules_json(Rules()), stored_rules("{}")) == ("{}", Rules())


def test_rules_of_another_version_are_read_as_far_as_they_are_known() -> None:
    assert stored_rules(json.dumps({"limit": 4, "colour": "red"})) == Rules(limit=4)


async def test_an_edit_changes_only_what_it_names(db: Database, anna: User) -> None:
    made = await collection_of(db, anna)
    assert (made.merge, made.rules, made.pins) == (Merge.IN_ORDER, Rules(), ())
    changed = await collections.update_collection(
        db, made, merge=Merge.TURNS, rules=RULES, pins=(FILM,), exclusions=(OTHER,), **USUAL
    )
    assert (changed.merge, changed.rules) == (Merge.TURNS, RULES)
    assert (changed.pins, changed.exclusions) == ((FILM,), (OTHER,))
    assert changed.revision > made.revision
    same = await collections.update_collection(db, changed, **USUAL)
    assert (same.merge, same.rules, same.pins) == (Merge.TURNS, RULES, (FILM,))
    none = await collections.update_collection(db, same, rules=Rules(), pins=(), **USUAL)
    assert (none.rules, none.pins, none.exclusions) == (Rules(), (), (OTHER,))


async def test_pinning_undoes_leaving_out_and_the_other_way(db: Database, anna: User) -> None:
    made = await collection_of(db, anna)
    assert await put_title(db, made.id, "exclude", FILM)
    assert await put_title(db, made.id, "pin", FILM)
    found = await again(db, made)
    assert (found.pins, found.exclusions) == ((FILM,), ())
    assert not await put_title(db, made.id, "pin", Title(Kind.MOVIE, "x", None, Ids(tmdb=348)))
    assert (await again(db, made)).revision == found.revision
    assert await put_title(db, made.id, "exclude", Title(Kind.MOVIE, "alien", 1979))
    found = await again(db, made)
    assert (found.pins, len(found.exclusions)) == ((), 1)


async def test_two_films_of_one_name_are_pinned_in_order(db: Database, anna: User) -> None:
    made = await collection_of(db, anna)
    show = Title(Kind.SHOW, "Alien", 1979, Ids(tmdb=348))
    for title in (FILM, OTHER, show):
        assert await put_title(db, made.id, "pin", title)
    assert (await again(db, made)).pins == (FILM, OTHER, show)
    assert not await drop_title(db, made.id, "exclude", FILM)
    assert await drop_title(db, made.id, "pin", FILM)
    assert (await again(db, made)).pins == (OTHER, show)


async def test_what_is_gone_cannot_be_pinned_to(db: Database, anna: User) -> None:
    del anna
    with pytest.raises(NotFoundError):
        await put_title(db, 99, "pin", FILM)


async def test_a_collection_that_is_deleted_is_named_by_nobody(db: Database, anna: User) -> None:
    one, two = await collection_of(db, anna), await collection_of(db, anna)
    rules = Rules(not_in=(one.id, 77), limit=5)
    was = await collections.update_collection(db, two, rules=rules, **USUAL)
    await collections.delete_collection(db, one.id)
    found = await again(db, two)
    assert found.rules == Rules(not_in=(77,), limit=5)
    assert found.revision > was.revision
