"""Several users with accounts of their own at MDBList, each with the same Emby server."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from collectarr.models import Trigger
from collectarr.store import runs
from collectarr.store.collections import Collection, get_collection
from collectarr.store.lists import StoredList, get_lists, load_list_items
from collectarr.store.runs import Run
from collectarr.store.source_accounts import StoredAccount, save_account
from collectarr.store.users import User, add_user
from collectarr.sync.collection import start_sync, start_sync_some
from collectarr.sync.connect import connect_server
from collectarr.sync.define import Definition, ListChoice, define_collection
from tests.flows.world import World, film, make_world


@dataclass
class Neighbour:
    """A user, and what a test does as that user. At MDBList the name is the same."""

    world: World
    user: User

    @property
    def key(self) -> str:
        return f"key-of-{self.user.username}"

    async def connect_account(self) -> None:
        self.world.mdblist.keys[self.key] = self.user.username
        await self.change_key(self.key)

    async def change_key(self, key: str) -> None:
        account = StoredAccount("mdblist", self.world.vault.seal(key))
        await save_account(self.world.db, self.user.id, account)

    async def define(self, text: str = "demo/films", name: str | None = None) -> Collection:
        called = f"{name or 'Films'} of {self.user.username}"
        definition = Definition(called, (ListChoice("mdblist", text),))
        return await define_collection(self.world.db, self.world.outside, self.user.id, definition)

    async def start(self, *collections: Collection, forced: bool = False) -> Run:
        """One collection on its own, or several in one run."""
        world, (first, *more) = self.world, collections
        if not more:
            return await start_sync(
                world.db, world.outside, world.runner, first, Trigger.MANUAL, forced=forced
            )
        ids = [collection.id for collection in collections]
        run = await start_sync_some(
            world.db, world.outside, world.runner, self.user.id, ids, Trigger.MANUAL
        )
        assert run is not None
        return run

    async def sync(self, *collections: Collection, forced: bool = False) -> Run:
        return await self.ended(await self.start(*collections, forced=forced))

    async def ended(self, run: Run) -> Run:
        await self.world.runner.wait(run.id)
        return await runs.get_run(self.world.db, self.user.id, run.id)

    async def list_of(self, collection: Collection) -> StoredList:
        now = await get_collection(self.world.db, self.user.id, collection.id)
        list_id = now.lists[0].list_id
        return (await get_lists(self.world.db, [list_id]))[list_id]

    async def titles(self, collection: Collection) -> list[str]:
        """What the collection's list holds for this user."""
        stored = await self.list_of(collection)
        return [item.title.title for item in await load_list_items(self.world.db, stored.id)]

    async def log(self, run: Run) -> str:
        found = await self.world.db.rows("SELECT message FROM run_log WHERE run_id = ?", run.id)
        return "\n".join(row["message"] for row in found)

    async def may_see(self, stored: StoredList) -> bool:
        return bool(
            await self.world.db.row(
                "SELECT 1 FROM list_access WHERE list_id = ? AND user_id = ?",
                *(stored.id, self.user.id),
            )
        )


async def neighbour(world: World, name: str, *, account: bool = True) -> Neighbour:
    """An administrator where only they may reach the Emby stand-in; a plain user without it."""
    user = await add_user(world.db, name, None, "x", "administrator" if account else "user")
    found = Neighbour(world, user)
    if account:
        await found.connect_account()
        await connect_server(
            world.db, world.vault, world.outside, user.id,
            name=None, url=world.emby_url, api_key="demo-emby-key",
        )  # fmt: skip
    return found


Street = tuple[World, Neighbour, Neighbour]


@asynccontextmanager
async def street(folder: Path) -> AsyncIterator[Street]:
    """Ann owns no lists; ben owns those of the MDBList user `ben`."""
    async with make_world(folder) as world:
        yield world, await neighbour(world, "anna"), await neighbour(world, "ben")


def films(first: int, last: int) -> list[object]:
    return [film(number) for number in range(first, last + 1)]


def readings(world: World, list_name: str = "films") -> int:
    """How often the rows of a list were asked for, with or without a key."""
    numbers = [str(one.id) for one in world.mdblist.shelf.lists if one.slug == list_name]
    path = re.compile(rf"/({'|'.join([list_name, *numbers])})/(items|json)")
    return len([seen for seen in world.mdblist.requests if path.search(seen.path)])


def box_sets(world: World) -> dict[str, set[str]]:
    return {box.name: set(world.emby.members(box.id)) for box in world.emby.box_sets}


def lost(before: dict[str, set[str]], world: World) -> dict[str, set[str]]:
    """What was taken out of any box set since then."""
    now = box_sets(world)
    return {name: gone for name in before if (gone := before[name] - now.get(name, set()))}
