"""Lists, their users and a source that is told what to answer: what refreshing is tried on."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import aiohttp

from collectarr.errors import RejectedError, UnavailableError, UpstreamError
from collectarr.live import Live
from collectarr.models import ListInfo, ListItem, Snapshot, Title
from collectarr.runner import Report
from collectarr.settings import Settings
from collectarr.sources import Account, Credential, OnPage, Shelf
from collectarr.sources.contract import Bounds
from collectarr.store import runs, source_accounts
from collectarr.store.collections import Collection, load_collections
from collectarr.store.db import Database
from collectarr.store.lists import StoredList, get_lists, save_list
from collectarr.store.source_accounts import StoredAccount
from collectarr.store.users import User
from collectarr.sync.lists import Lists, refresh_lists
from collectarr.sync.outside import Outside
from collectarr.vault import Vault
from tests.stored import collection_of, film, opened, person


class Answering:
    """A source that takes keys. `lists`: by reference; `trouble`: by key, or by reference.

    `own`: what a key is shown of a reference in place of what others are."""

    sign_in = "key"
    needs: str | None = None
    installation_key: str | None = None
    shelves: Sequence[Shelf] = ()

    def __init__(self, name: str) -> None:
        self.name = name
        self.label = name.title()
        self.lists: dict[str, Snapshot] = {}
        self.trouble: dict[str | None, Exception] = {}
        self.read_by: list[tuple[str, str | None]] = []
        self.asked_for_changes: list[str | None] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.now = self.most = 0
        self.own: dict[tuple[str, str], Snapshot] = {}
        self.left: dict[str | None, int] = {}

    def requests_left(self, credential: Credential) -> int | None:
        return self.left.get(credential.secret)

    def parse(self, text: str) -> str | None:
        return text or None

    async def account(self, credential: Credential) -> Account:
        raise NotImplementedError

    async def shelf(self, name: str, credential: Credential) -> Sequence[ListInfo]:
        return ()

    async def search(self, query: str, credential: Credential) -> Sequence[ListInfo]:
        return ()

    async def describe(self, reference: str, credential: Credential) -> ListInfo:
        for snapshot in self.lists.values():
            if reference in (snapshot.info.reference, snapshot.info.source_id):
                return snapshot.info
        raise RejectedError("Not there.", code="not_found")

    async def read(
        self,
        reference: str,
        credential: Credential,
        info: ListInfo | None = None,
        on_page: OnPage | None = None,
    ) -> Snapshot:
        self.read_by.append((reference, credential.secret))
        kept = (credential.secret or "", reference)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(0)
            if reference in self.gates:
                await self.gates[reference].wait()
            for what in (credential.secret, reference):
                if what in self.trouble:
                    raise self.trouble[what]
            if on_page is not None:
                on_page(1, 2)
        finally:
            self.now -= 1
        if reference not in self.lists:
            raise RejectedError("Not there.", code="not_found")
        return self.own.get(kept, self.lists[reference])

    async def changes(
        self, references: Sequence[str], credential: Credential
    ) -> dict[str, str | None]:
        self.asked_for_changes.append(credential.secret)
        error = self.trouble.get(credential.secret)
        if isinstance(error, UpstreamError):
            raise error
        return {one: self.lists[one].info.version for one in references if one in self.lists}


class Knowing(Answering):
    """One that knows titles by their ids as well; several with one question if it has `bounds`."""

    bounds: Bounds

    def __init__(self, name: str, *known: Title) -> None:
        super().__init__(name)
        self.known = known
        self.looked_up: list[list[Title]] = []

    async def resolve(
        self, titles: Sequence[Title], credential: Credential
    ) -> Sequence[Title | None]:
        self.looked_up.append(list(titles))
        error = self.trouble.get("resolve")
        if error is not None:
            raise error
        return [self._known(title) for title in titles]

    def _known(self, title: Title) -> Title | None:
        wanted = {pair for pair in title.ids.as_dict().items() if pair[1]}
        for one in self.known:
            if wanted & set(one.ids.as_dict().items()):
                return one
        return None


def refused(code: str, words: str = "No.") -> UpstreamError:
    if code in ("quota", "down", "rate"):
        return UnavailableError(words, code=code, retry_after=3600)
    return RejectedError(words, code=code)


def snapshot_of(
    source: str, reference: str, count: int = 3, *, public: bool = True, **other: object
) -> Snapshot:
    rows = tuple(ListItem(rank, film(rank)) for rank in range(1, count + 1))
    about = ListInfo(source, reference, f"List {reference}", version=f"v{count}", public=public)
    return Snapshot(replace(about, **other), rows)  # type: ignore[arg-type]


@dataclass
class Place:
    """Anna and ben, each with a key at `one`; anna with one at `two` as well."""

    db: Database
    outside: Outside
    vault: Vault
    anna: User
    ben: User
    one: Knowing
    two: Knowing
    reports: list[Report] = field(default_factory=list)

    async def give_key(self, user: User, source: str, key: str) -> None:
        account = StoredAccount(source, self.vault.seal(key), username=user.username)
        await source_accounts.save_account(self.db, user.id, account)

    async def takes(self, user: User, *snapshots: Snapshot) -> Collection:
        """A collection of this user on these lists, which their sources have from now on."""
        stored = []
        for snapshot in snapshots:
            source = self.outside.sources[snapshot.info.source]
            assert isinstance(source, Answering)
            source.lists[snapshot.info.reference] = snapshot
            stored.append(await save_list(self.db, user.id, snapshot.info))
        return await collection_of(self.db, user, *stored, name=f"{len(self.reports)}")

    async def report(self, user: User | None = None) -> Report:
        run = await runs.add_run(self.db, (user or self.anna).id, "run", "manual")
        self.reports.append(Report(self.db, Live(), run))
        return self.reports[-1]

    async def refresh(self, *collections: Collection, **options: bool) -> Lists:
        now = await load_collections(self.db, [collection.id for collection in collections])
        return await refresh_lists(self.db, self.outside, await self.report(), now, **options)

    async def stored(self, collection: Collection, position: int = 0) -> StoredList:
        (now,) = await load_collections(self.db, [collection.id])
        list_id = now.lists[position].list_id
        return (await get_lists(self.db, [list_id]))[list_id]

    async def logged(self) -> list[str]:
        rows = await self.db.rows("SELECT message FROM run_log ORDER BY id")
        return [row["message"] for row in rows]


@asynccontextmanager
async def open_place(settings: Settings) -> AsyncIterator[Place]:
    one, two = Knowing("mdblist"), Knowing("trakt")
    one.bounds = Bounds(200, 5)
    async with opened(settings.data_dir) as db, aiohttp.ClientSession() as session:
        vault = Vault("a key")
        sources = {source.name: source for source in (one, two)}
        outside = Outside(session, settings, db, vault, sources, "here")  # type: ignore[arg-type]
        anna, ben = await person(db, "anna"), await person(db, "ben")
        place = Place(db, outside, vault, anna, ben, one, two)
        await place.give_key(anna, "mdblist", "hers")
        await place.give_key(ben, "mdblist", "his")
        await place.give_key(anna, "trakt", "hers at two")
        yield place
