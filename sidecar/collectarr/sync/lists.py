"""Bringing the lists of a run up to date, each once, without ever believing a bad reading."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from collectarr.errors import InvalidError, UpstreamError
from collectarr.models import ListInfo, ListItem, Snapshot, utc_now
from collectarr.runner import Report
from collectarr.sources import Credential
from collectarr.store import collections as stored_collections
from collectarr.store import lists
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.lists import StoredList
from collectarr.sync.combine import combine
from collectarr.sync.outside import Outside

READ_ANYWAY = timedelta(hours=24)
SUSPECT_LOSS = 0.5


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of a run after refreshing. `problems`: list id -> what went wrong, in words."""

    stored: dict[int, StoredList]
    problems: dict[int, str] = field(default_factory=dict)

    def of(self, collection: Collection) -> list[StoredList]:
        return [self.stored[entry.list_id] for entry in collection.lists]

    def problems_of(self, collection: Collection) -> list[str]:
        return [
            self.problems[entry.list_id]
            for entry in collection.lists
            if entry.list_id in self.problems
        ]

    def never_read(self, collection: Collection) -> bool:
        return any(stored.snapshot == 0 for stored in self.of(collection))

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

    `accept_short`: a person says that a short or empty list is right as it is.
    """
    readers = _readers(collections)
    stored = await lists.get_lists(db, list(readers))
    problems: dict[int, str] = {}
    unchanged = set() if forced else await _unchanged(outside, stored.values(), readers)
    for number, (list_id, user_id) in enumerate(readers.items(), start=1):
        known = stored[list_id]
        await report.stage(f"Reading the list {known.name}", number, len(readers))
        if list_id in unchanged:
            await lists.record_list_check(db, list_id, None)
            continue
        credential = await outside.credential(user_id, known.source)
        problem = await _read(db, outside, known, credential, accept_short=accept_short)
        if problem is not None:
            problems[list_id] = problem
            await report.log("warning", problem)
            await lists.record_list_check(db, list_id, problem)
    if accept_short:
        await stored_collections.trust_lists(db, [collection.id for collection in collections])
    return Lists(await lists.get_lists(db, list(readers)), problems)


def _readers(collections: Iterable[Collection]) -> dict[int, int]:
    """List id -> a user who has it in a collection: with their credential it is read."""
    return {
        entry.list_id: collection.user_id
        for collection in collections
        for entry in collection.lists
    }


async def _unchanged(
    outside: Outside, stored: Iterable[StoredList], readers: dict[int, int]
) -> set[int]:
    """Lists whose source says, in one cheap look, that nothing changed since the last reading."""
    now = utc_now()
    groups: dict[tuple[str, int], list[StoredList]] = {}
    for known in stored:
        doubtful = known.error is not None or known.short_by > 0
        if known.version and known.read_at and now - known.read_at < READ_ANYWAY and not doubtful:
            groups.setdefault((known.source, readers[known.id]), []).append(known)
    unchanged: set[int] = set()
    for (source, user_id), group in groups.items():
        credential = await outside.credential(user_id, source)
        try:
            versions = await outside.sources[source].changes(
                [known.reference for known in group], credential
            )
        except UpstreamError:
            continue  # the reading itself will say what is wrong
        unchanged |= {known.id for known in group if versions.get(known.reference) == known.version}
    return unchanged


async def _read(
    db: Database,
    outside: Outside,
    known: StoredList,
    credential: Credential,
    *,
    accept_short: bool,
) -> str | None:
    """Take in a new snapshot if it is good. Returns what is wrong with it otherwise."""
    try:
        snapshot = await outside.sources[known.source].read(known.reference, credential)
    except UpstreamError as error:
        kept = f" The copy of {known.item_count} titles serves on." if known.snapshot else ""
        return f"The list {known.name} could not be read: {error.message}{kept}"
    if not accept_short:
        if _turned_private(known, snapshot.info):
            return (
                f"The list {known.name} is private now. Add it anew to go on with your own access;"
                f" the copy of {known.item_count} titles serves on."
            )
        problem = _shortfall(known, snapshot)
        if problem is not None:
            return problem
    suspect = _suspicion(known, snapshot)
    await lists.save_snapshot(db, known.id, snapshot, suspect=suspect)
    if snapshot.short_by and not accept_short:
        return f"{_promise(known, snapshot)} What came is taken; the rest will follow."
    return None


def _turned_private(known: StoredList, info: ListInfo) -> bool:
    return known.audience == lists.PUBLIC and not info.public


def _shortfall(known: StoredList, snapshot: Snapshot) -> str | None:
    """Why a reading is not whole. The first one has nothing to lose and is taken as it is."""
    if known.snapshot == 0 or known.item_count == 0:
        return None
    kept = f"Nothing is taken out; the copy of {known.item_count} titles serves on."
    if not snapshot.items:
        return f"The list {known.name} came back empty. {kept}"
    if snapshot.short_by > known.short_by:
        return f"{_promise(known, snapshot)} {kept}"
    return None


def _promise(known: StoredList, snapshot: Snapshot) -> str:
    came = len(snapshot.items)
    return f"The list {known.name} promised {came + snapshot.short_by} titles and gave {came}."


def _suspicion(known: StoredList, snapshot: Snapshot) -> str | None:
    if snapshot.short_by:
        return _promise(known, snapshot)
    if known.good_count and len(snapshot.items) < SUSPECT_LOSS * known.good_count:
        return (
            f"The list {known.name} shrank from {known.good_count} to {len(snapshot.items)} titles."
        )
    return None


async def combined_rows(db: Database, collection: Collection) -> list[ListItem]:
    """What the collection's lists come to, in order."""
    loaded = [
        (entry.op, await lists.load_list_items(db, entry.list_id)) for entry in collection.lists
    ]
    return combine(loaded)


async def describe_list(outside: Outside, user_id: int, source: str, text: str) -> ListInfo:
    """What a pasted reference or URL names. Raises InvalidError when it names none."""
    known = outside.sources.get(source)
    if known is None:
        raise InvalidError(f"There is no source called {source!r}.", code="unknown_source")
    reference = known.parse(text)
    if reference is None:
        raise InvalidError(
            f"{text[:80]!r} is not a list at {source}. Paste the list's address, such as"
            " https://mdblist.com/lists/user/name, or its user/name.",
            code="not_a_list",
        )
    return await known.describe(reference, await outside.credential(user_id, source))
