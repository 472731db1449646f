"""Bringing the lists of a run up to date, each once, without ever believing a bad reading."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from collectarr.errors import InvalidError
from collectarr.models import ListInfo, ListItem
from collectarr.runner import Report
from collectarr.store import collections as stored_collections
from collectarr.store import lists
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.lists import StoredList
from collectarr.store.manual import MANUAL
from collectarr.sync.contents import contents
from collectarr.sync.judge import SUSPECT_LOSS
from collectarr.sync.outside import Outside
from collectarr.sync.readers import not_there
from collectarr.sync.refresh import Refresh
from collectarr.sync.together import together


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of a run after refreshing. `problems`: list id -> what went wrong, in words.

    `collections` as they are now: a list that was renamed, or turned private, may have become
    another one for them.
    """

    stored: dict[int, StoredList]
    problems: dict[int, str] = field(default_factory=dict)
    collections: Sequence[Collection] = ()

    def of(self, collection: Collection) -> list[StoredList]:
        return [self.stored[entry.list_id] for entry in collection.lists]

    def problems_of(self, collection: Collection) -> list[str]:
        return [
            self.problems[entry.list_id]
            for entry in collection.lists
            if entry.list_id in self.problems
        ]

    def never_read(self, collection: Collection) -> bool:
        return any(
            stored.snapshot == 0 and stored.source != MANUAL for stored in self.of(collection)
        )

    def suspicions_of(self, collection: Collection) -> list[str]:
        return suspicions(collection, self.stored)

    def inputs_of(self, collection: Collection) -> str:
        return ",".join(f"{stored.id}.{stored.snapshot}" for stored in self.of(collection))


def suspicions(collection: Collection, stored: Mapping[int, StoredList]) -> list[str]:
    """Why removals of this collection must wait; not what a person agreed to already."""
    return [
        known.suspect
        for entry in collection.lists
        if (known := stored[entry.list_id]).suspect
        and (entry.trusted_count is None or known.item_count < SUSPECT_LOSS * entry.trusted_count)
    ]


async def refresh_lists(
    db: Database,
    outside: Outside,
    report: Report,
    collections: Sequence[Collection],
    *,
    forced: bool = False,
    accept_short: bool = False,
) -> Lists:
    """Each list once, whoever uses it. One that fails keeps its last good snapshot.

    `forced` reads them all, whether or not they changed. `accept_short`: a person says that a
    short or empty list is right as it is.
    """
    users = _users(collections)
    stored = await lists.get_lists(db, list(users))
    by_source: dict[str, list[StoredList]] = {}
    for list_id in filter(stored.get, users):
        by_source.setdefault(stored[list_id].source, []).append(stored[list_id])
    by_source.pop(MANUAL, None)
    read = {known.id: users[known.id] for group in by_source.values() for known in group}
    refresh = Refresh(db, outside, report, read, forced=forced, accept_short=accept_short)
    await together(
        report,
        [
            refresh.read_all(outside.sources[source], group)
            if source in outside.sources
            else refresh.without_source(group)
            for source, group in by_source.items()
        ],
    )
    for level, words in refresh.told():
        await report.log(level, words)
    ids = [collection.id for collection in collections]
    if accept_short:
        await stored_collections.trust_lists(db, ids)
    fresh = await stored_collections.load_collections(db, ids)
    named = {*users, *(entry.list_id for collection in fresh for entry in collection.lists)}
    return Lists(await lists.get_lists(db, sorted(named)), refresh.problems, fresh)


def _users(collections: Iterable[Collection]) -> dict[int, list[int]]:
    """List id -> the users who have it in one of these collections, each once."""
    users: dict[int, dict[int, None]] = {}
    for collection in collections:
        for entry in collection.lists:
            users.setdefault(entry.list_id, {})[collection.user_id] = None
    return {list_id: list(found) for list_id, found in users.items()}


async def combined_rows(db: Database, collection: Collection) -> list[ListItem]:
    """What the collection's lists and rules come to, in order."""
    return await contents(db, collection)


async def describe_list(outside: Outside, user_id: int, source: str, text: str) -> ListInfo:
    """What a pasted reference or URL names, as this user may see it.

    Raises InvalidError when it names none, and the three errors of sources.
    """
    known = outside.sources.get(source)
    if known is None:
        raise InvalidError(f"There is no source called {source!r}.", code="unknown_source")
    reference = known.parse(text)
    if reference is None:
        example = ", such as https://mdblist.com/lists/user/name" if source == "mdblist" else ""
        raise InvalidError(
            f"{text[:80]!r} is not a list at {known.label}. Paste the list's address{example},"
            " or what it is called there.",
            code="not_a_list",
        )
    credential = await outside.credential(user_id, source)
    info = await known.describe(reference, credential)
    if credential.shared and not info.public:
        raise not_there(known, reference)
    return info
