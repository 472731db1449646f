"""Rows to test with: a person, a server, a list, a collection, an item."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from collectarr.models import Ids, Item, Kind, Library, ListInfo, ListItem, Mode, Snapshot, Title
from collectarr.store import collections, lists, servers, users
from collectarr.store.collections import Collection, CollectionList
from collectarr.store.db import Database, open_database
from collectarr.store.lists import StoredList
from collectarr.store.servers import Server
from collectarr.store.users import User


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Database]:
    db = await open_database(folder / "collectarr.db")
    try:
        yield db
    finally:
        await db.close()


async def person(db: Database, name: str = "anna") -> User:
    return await users.add_user(db, name, None, "hash", "user")


async def server_of(db: Database, user: User, uid: str = "machine", **other: Any) -> Server:
    about = {
        "name": "Den",
        "kind": "emby",
        "url": "http://den:8096",
        "api_key": "sealed",
        "uid": uid,
        "version": "4.8.0",
        "admin_user_id": "1",
        "libraries": [Library("l1", "Movies", "movies", ("/films", "/more"))],
    }
    return await servers.add_server(db, user.id, **{**about, **other})


def info(reference: str = "7", *, public: bool = True, **other: Any) -> ListInfo:
    return ListInfo("mdblist", reference, f"List {reference}", public=public, **other)


async def list_of(db: Database, user: User, reference: str = "7", **other: Any) -> StoredList:
    return await lists.save_list(db, user.id, info(reference, **other))


async def collection_of(
    db: Database,
    user: User,
    *entries: StoredList,
    servers: Sequence[Server] = (),
    name: str = "Films",
    **other: Any,
) -> Collection:
    about = {"mode": Mode.KEEP, "interval_hours": 24, "enabled": True, **other}
    return await collections.add_collection(
        db,
        user.id,
        name=name,
        lists=[CollectionList(entry.id, "union") for entry in entries],
        server_ids=[server.id for server in servers],
        **about,
    )


def film(number: int, title: str | None = None) -> Title:
    return Title(Kind.MOVIE, title or f"Film {number}", 2000, Ids(f"tt{number:07d}", number))


def item(number: int, title: str | None = None) -> Item:
    return Item(str(number), film(number, title), "l1")


def snapshot(count: int, **other: Any) -> Snapshot:
    rows = tuple(ListItem(rank, film(rank), f"{rank}.jpg") for rank in range(1, count + 1))
    return Snapshot(info(version=f"v{count}"), rows, **other)
