"""Starting syncs in the background: of one collection, of several, of all of a user's."""

from collections.abc import Collection as Some
from collections.abc import Mapping, Sequence
from functools import partial

from collectarr.errors import NotFoundError
from collectarr.models import Trigger
from collectarr.runner import Outcome, Report, Runner
from collectarr.store import collections as stored_collections
from collectarr.store import lists, paused, targets
from collectarr.store.collections import Collection
from collectarr.store.corrections import corrected
from collectarr.store.db import Database
from collectarr.store.manual import MANUAL
from collectarr.store.runs import Run
from collectarr.sync.outside import Outside
from collectarr.sync.run import RETRY_HOURS, UNASKED, sync

__all__ = [
    "RETRY_HOURS",
    "check_goes_to",
    "start_refresh",
    "start_sync",
    "start_sync_all",
    "start_sync_some",
]

Approved = Mapping[int, tuple[str, ...]]
"""Target -> the items that a person lets us take out of its box set."""


async def start_sync(
    db: Database,
    outside: Outside,
    runner: Runner,
    collection: Collection,
    trigger: Trigger,
    *,
    again: bool = False,
    forced: bool = False,
    accept_short: bool = False,
    servers: Some[int] | None = None,
    approved: Approved | None = None,
) -> Run:
    """Sync one collection in the background; the run under way if that does the same.

    A run under way for what the collection was before an edit is followed by another one.
    `forced` reads its lists whole even if they did not change. `servers`: only there.
    Being asked for, it is no longer paused.
    """
    only = None if servers is None else frozenset(servers)

    async def work(report: Report) -> Outcome:
        return await sync(
            db, outside, report, [collection.id],
            forced=forced, accept_short=accept_short, servers=only,
            first=partial(_approve_again, db, approved or {}),
        )  # fmt: skip

    await paused.set_paused(db, [collection.id], None)
    return await runner.start(
        f"collection:{collection.id}",
        work,
        user_id=collection.user_id,
        name=collection.name,
        trigger=trigger,
        collection_id=collection.id,
        again=again,
        version=None
        if trigger is Trigger.SCHEDULE
        else (
            _asked_by(trigger, approved),
            *await _version(db, collection),
            *(forced, accept_short, only),
        ),
    )


async def check_goes_to(db: Database, collection: Collection, server_ids: Some[int] | None) -> None:
    """Raises NotFoundError for a server that the collection does not go to."""
    known = {row.server_id for row in await targets.load_targets(db, [collection.id])}
    if not set(server_ids or ()) <= known:
        raise NotFoundError("This collection does not go to that server.")


async def _version(db: Database, collection: Collection) -> tuple[object, ...]:
    """What a person may have edited while a run was under way."""
    stored = await lists.get_lists(db, [entry.list_id for entry in collection.lists])
    by_hand = [(row.id, row.snapshot) for row in stored.values() if row.source == MANUAL]
    said = await corrected(db, collection.user_id)
    return collection.revision, said, tuple(sorted(by_hand))


async def _approve_again(db: Database, approved: Approved) -> None:
    """A run that was under way asked once more, not knowing of the answer."""
    for target_id, ids in approved.items():
        target = await targets.get_target(db, target_id)
        if target is not None and (target.held or {}).get("code") == "removals":
            await targets.set_held(db, target_id, {**(target.held or {}), "approved": list(ids)})


def _asked_by(trigger: Trigger, approved: Approved | None) -> object:
    """Who wants a run: one may not stand for another that asks for more.

    Only an approved run takes out what was approved; only a person's goes on though it is paused.
    """
    if trigger is Trigger.APPROVED:
        return tuple(sorted((approved or {}).items()))
    return "nobody" if trigger in UNASKED else "person"


async def start_refresh(
    db: Database,
    outside: Outside,
    runner: Runner,
    collection: Collection,
    *,
    accept_short: bool = False,
) -> Run:
    """Read the collection's lists anew, then sync it."""
    return await start_sync(
        db,
        outside,
        runner,
        collection,
        Trigger.MANUAL,
        forced=True,
        accept_short=accept_short,
    )


async def start_sync_all(
    db: Database, outside: Outside, runner: Runner, user_id: int, trigger: Trigger
) -> Run | None:
    """Sync all of a user's collections that are enabled and not paused, in one run.

    None when there are none.
    """
    found = await stored_collections.list_collections(db, user_id)
    ids = [one.id for one in found if one.enabled and one.paused is None]
    return await start_sync_some(db, outside, runner, user_id, ids, trigger)


async def start_sync_some(
    db: Database,
    outside: Outside,
    runner: Runner,
    user_id: int,
    ids: Sequence[int],
    trigger: Trigger,
    *,
    approved: Approved | None = None,
) -> Run | None:
    """What is due joins whatever runs; what a person asks for follows a run of something else."""
    if not ids:
        return None
    name = "All collections" if len(ids) > 1 else "One collection"

    async def work(report: Report) -> Outcome:
        again = partial(_approve_again, db, approved or {})
        return await sync(db, outside, report, ids, first=again)

    found = await stored_collections.load_collections(db, ids)
    return await runner.start(
        f"user:{user_id}",
        work,
        user_id=user_id,
        name=name,
        trigger=trigger,
        # One that is under way may be past what was approved just now.
        again=trigger is Trigger.APPROVED,
        version=None
        if trigger is Trigger.SCHEDULE
        else (_asked_by(trigger, approved), *[(one.id, *await _version(db, one)) for one in found]),
    )
