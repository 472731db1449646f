"""Lists that come with the product: facts about well-known titles, usable without any key."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

from collectarr.errors import ConflictError, NotFoundError
from collectarr.models import Ids, Kind, Title
from collectarr.sources.manual import Entry
from collectarr.store import collections as stored_collections
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.manual import MANUAL
from collectarr.sync.define import Definition, ListChoice, checked_name, define_collection
from collectarr.sync.manual import add_titles
from collectarr.sync.outside import Outside


@dataclass(frozen=True, slots=True)
class Starter:
    id: str
    name: str
    description: str
    titles: tuple[Title, ...]


@cache
def starters() -> tuple[Starter, ...]:
    return tuple(
        Starter(row["id"], row["name"], row["description"], _titles(row["id"]))
        for row in _rows("index")
    )


def starter(key: str) -> Starter:
    """Raises NotFoundError."""
    for one in starters():
        if one.id == key:
            return one
    raise NotFoundError("There is no such starter.")


def _titles(key: str) -> tuple[Title, ...]:
    return tuple(
        Title(
            Kind(row["kind"]),
            row["title"],
            int(row["year"]),
            Ids.of(row["imdb"], row["tmdb"], row["tvdb"]),
        )
        for row in _rows(key)
    )


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files("collectarr").joinpath("starters", f"{name}.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


async def apply_starter(
    db: Database, outside: Outside, user_id: int, key: str, name: str | None = None
) -> Collection:
    """A collection of a starter's titles, kept by hand from then on.

    Raises NotFoundError for an unknown starter, and ConflictError (`applied`) where the user has
    a collection of that name: to apply it twice takes a second name.
    """
    found = starter(key)
    wanted = checked_name(name or found.name)
    for collection in await stored_collections.list_collections(db, user_id):
        if collection.name.casefold() == wanted.casefold():
            raise ConflictError(
                f"You have a collection called {collection.name} already. Give another name to"
                " have this one as well.",
                code="applied",
                details={"collection_id": collection.id},
            )
    definition = Definition(wanted, (ListChoice(MANUAL, ""),))
    collection = await define_collection(db, outside, user_id, definition)
    await add_titles(db, collection, [Entry(title, 0) for title in found.titles])
    return await stored_collections.get_collection(db, user_id, collection.id)
