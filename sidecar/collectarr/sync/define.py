"""Making and changing a collection, from what a person typed."""

from collections.abc import Sequence
from dataclasses import dataclass

from collectarr.errors import InvalidError
from collectarr.models import ListInfo, Mode
from collectarr.store import collections as stored_collections
from collectarr.store import lists, servers
from collectarr.store.collections import Collection, CollectionList
from collectarr.store.db import Database
from collectarr.sync.lists import describe_list
from collectarr.sync.outside import Outside

LONGEST_NAME = 120
"""Emby turns a name into a folder, and folders have limits; 300 characters it cannot take."""
LONGEST_FOLDER = 240
"""Bytes: file systems take 255, and Emby appends to the name."""
OPERATIONS = ("union", "intersect", "minus")


@dataclass(frozen=True, slots=True)
class ListChoice:
    """A list as a person named it: `text` is a URL or a reference at `source`."""

    source: str
    text: str
    op: str = "union"


@dataclass(frozen=True, slots=True)
class Definition:
    """`name` None: the first list's. `server_ids` None: all of the user's servers."""

    name: str | None
    lists: tuple[ListChoice, ...]
    mode: Mode = Mode.KEEP
    interval_hours: int = 24
    enabled: bool = True
    server_ids: tuple[int, ...] | None = None


async def define_collection(
    db: Database, outside: Outside, user_id: int, definition: Definition
) -> Collection:
    """A new collection. Each list is looked up with the user's own credential first.

    Raises InvalidError for what cannot be, NotFoundError for a foreign server, and the three
    source errors for lists that cannot be had; nothing is kept then.
    """
    if not definition.lists:
        raise InvalidError("Give at least one list.", details={"fields": {"lists": "Missing."}})
    server_ids, every_server = await _servers(db, user_id, definition.server_ids)
    infos = await _describe(outside, user_id, definition.lists)
    name = checked_name(infos[0].name if definition.name is None else definition.name)
    _check_interval(definition.interval_hours)
    return await stored_collections.add_collection(
        db,
        user_id,
        name=name,
        mode=definition.mode,
        interval_hours=definition.interval_hours,
        enabled=definition.enabled,
        lists=await _save(db, user_id, definition.lists, infos),
        server_ids=server_ids,
        every_server=every_server,
    )


async def redefine_collection(
    db: Database, outside: Outside, collection: Collection, definition: Definition
) -> Collection:
    """Change a collection. No lists: they stay; `server_ids` None: they stay."""
    _check_interval(definition.interval_hours)
    name = collection.name if definition.name is None else checked_name(definition.name)
    chosen, every_server = None, False
    if definition.server_ids is not None:
        chosen, every_server = await _servers(db, collection.user_id, definition.server_ids)
    entries = None
    if definition.lists:
        infos = await _describe(outside, collection.user_id, definition.lists)
        entries = await _save(db, collection.user_id, definition.lists, infos)
    return await stored_collections.update_collection(
        db,
        collection,
        name=name,
        mode=definition.mode,
        interval_hours=definition.interval_hours,
        enabled=definition.enabled,
        lists=entries,
        server_ids=chosen,
        every_server=every_server,
    )


def checked_name(name: str) -> str:
    """`name` as Emby can keep it. Raises InvalidError."""
    clean = " ".join(name.split())
    problem = ""
    if not any(character.isalnum() for character in clean):
        problem = "A name needs at least one letter or digit."
    elif len(clean) > LONGEST_NAME or len(clean.encode()) > LONGEST_FOLDER:
        problem = f"At most {LONGEST_NAME} characters: Emby makes a folder of the name."
    elif not clean.isprintable():
        problem = "The name has characters that cannot be shown."
    if problem:
        raise InvalidError(problem, code="name", details={"fields": {"name": problem}})
    return clean


def _check_interval(hours: int) -> None:
    if not 1 <= hours <= 168:
        problem = "Between 1 and 168 hours."
        raise InvalidError(problem, details={"fields": {"interval_hours": problem}})


async def _servers(
    db: Database, user_id: int, chosen: Sequence[int] | None
) -> tuple[list[int], bool]:
    """The servers' ids, and whether they are all that the user has."""
    every = [server.id for server in await servers.list_servers(db, user_id)]
    if chosen is None:
        return every, True
    ids = [(await servers.get_server(db, user_id, key)).id for key in dict.fromkeys(chosen)]
    return ids, bool(ids) and set(ids) == set(every)


async def _describe(
    outside: Outside, user_id: int, choices: Sequence[ListChoice]
) -> list[ListInfo]:
    for choice in choices:
        if choice.op not in OPERATIONS:
            raise InvalidError(f"A list is joined by {', '.join(OPERATIONS)}.", code="op")
    return [await describe_list(outside, user_id, choice.source, choice.text) for choice in choices]


async def _save(
    db: Database, user_id: int, choices: Sequence[ListChoice], infos: Sequence[ListInfo]
) -> list[CollectionList]:
    return [
        CollectionList((await lists.save_list(db, user_id, info)).id, choice.op)
        for choice, info in zip(choices, infos, strict=True)
    ]
