"""What a person decides: about a run that is held, about what they took out by hand."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from collectarr.errors import (
    CollectarrError,
    ConflictError,
    InvalidError,
    NotFoundError,
)
from collectarr.models import BoxSet, KnownMember, RunStatus, Trigger
from collectarr.runner import Runner
from collectarr.store import collections as stored_collections
from collectarr.store import runs, servers, targets
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.runs import Run
from collectarr.store.targets import Target
from collectarr.sync.collection import start_sync, start_sync_some
from collectarr.sync.define import Definition, checked_name, redefine_collection
from collectarr.sync.outside import Outside

NOT_ADOPTABLE = "That collection is kept by another one here; give this one another name."
CHOICES = {
    "removals": ("approve",),
    "name_taken": ("adopt", "rename", "leave"),
    "gone": ("recreate", "stop"),
}


async def approve(
    db: Database,
    outside: Outside,
    runner: Runner,
    user_id: int,
    run_id: int,
    *,
    choice: str | None = None,
    name: str | None = None,
    server_id: int | None = None,
) -> Run:
    """Answer what a held run asks; a new run then carries it out, planning anew.

    `server_id`: only what is asked about that server. Without `choice` removals are approved.
    Removals are done only if the new plan removes nothing but what was approved.
    Raises ConflictError when there is nothing to answer, InvalidError for a wrong answer.
    """
    answers: list[Collection] = []
    refused: CollectarrError | None = None
    for part in await _held_parts(db, user_id, run_id):
        try:
            found = await _answer(db, outside, user_id, part, choice, name, server_id)
        except (ConflictError, InvalidError) as error:
            refused = error
        else:
            answers.append(found)
    ids = [one.id for one in answers]
    said = await _approved(db, ids)
    why = Trigger.APPROVED
    if len(answers) == 1:
        return await start_sync(db, outside, runner, answers[0], why, again=True, approved=said)
    run = await start_sync_some(db, outside, runner, user_id, ids, why, approved=said)
    if run is None:
        raise refused or ConflictError("This run does not wait for anything.", code="not_held")
    return run


async def _approved(db: Database, collection_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Carried to the run that is to do it: one under way may ask the same again before that."""
    return {
        target.id: tuple(target.held["approved"])
        for target in await targets.load_targets(db, collection_ids)
        if target.held is not None and target.held.get("approved")
    }


async def _held_parts(db: Database, user_id: int, run_id: int) -> list[int]:
    """A run of several collections speaks for those of its parts that wait."""
    run = await runs.get_run(db, user_id, run_id)
    if run.collection_id is not None:
        return [run.id]
    held = RunStatus.HELD.value
    parts, _ = await runs.list_runs(db, user_id, parent_id=run.id, status=held, limit=5_000)
    if not parts:
        raise ConflictError("This run does not wait for anything.", code="not_held")
    return [part.id for part in parts]


async def _answer(
    db: Database,
    outside: Outside,
    user_id: int,
    run_id: int,
    choice: str | None,
    name: str | None,
    server_id: int | None,
) -> Collection:
    run, collection = await _held_run(db, user_id, run_id)
    questions = await _questions(db, run, collection, server_id)
    answered = [x for x in questions if (choice or "approve") in CHOICES[str(x[1]["code"])]]
    if not answered:
        choices = sorted({known for _, asked in questions for known in CHOICES[asked["code"]]})
        raise InvalidError(
            f"Choose one of: {', '.join(choices)}.", code="choice", details={"choices": choices}
        )
    for target, asked in answered:
        act = _ACTS[choice or "approve"]
        collection = await act(db, outside, collection, target, asked, name)
    return collection


Question = tuple[Target, dict[str, Any]]


async def _questions(
    db: Database, run: Run, collection: Collection, server_id: int | None
) -> list[Question]:
    """What the run asked and is still open. Raises ConflictError when nothing is."""
    found = [
        (target, asked)
        for target in await targets.load_targets(db, [collection.id])
        if server_id in (None, target.server_id)
        and (asked := (run.held or {}).get(str(target.server_id))) is not None
        and target.held is not None
        and target.held["code"] == asked["code"]
    ]
    if not found:
        raise ConflictError("This has been decided already.", code="not_held")
    return found


async def _held_run(db: Database, user_id: int, run_id: int) -> tuple[Run, Collection]:
    run = await runs.get_run(db, user_id, run_id)
    if run.status is not RunStatus.HELD or run.collection_id is None:
        raise ConflictError("This run does not wait for anything.", code="not_held")
    collection = await stored_collections.get_collection(db, user_id, run.collection_id)
    latest = (await runs.latest_runs(db, user_id)).get(collection.id)
    if latest is not None and latest.id != run.id:
        raise ConflictError(
            "A newer run has looked at this collection since. Decide on that one.", code="stale"
        )
    return run, collection


Act = Callable[
    [Database, Outside, Collection, Target, dict[str, Any], str | None], Awaitable[Collection]
]


async def _approve_removals(
    db: Database, _o: Outside, collection: Collection, target: Target, asked: Any, _n: Any
) -> Collection:
    held = dict(target.held or {})
    held["approved"] = [row["item_id"] for row in asked["remove"]]
    await targets.set_held(db, target.id, held)
    await stored_collections.trust_lists(db, [collection.id])
    return collection


async def _adopt(
    db: Database, outside: Outside, collection: Collection, target: Target, asked: Any, _n: Any
) -> Collection:
    if not asked.get("adoptable"):
        raise ConflictError(NOT_ADOPTABLE, code="not_adoptable")
    server = await servers.get_server(db, collection.user_id, target.server_id)
    client = outside.emby(server)
    for box_set in await client.box_sets_by_id([asked["box_set_id"]]):
        if await _is_kept_by_another(db, outside, target, box_set):
            raise ConflictError(NOT_ADOPTABLE, code="not_adoptable")
    there = await client.members(asked["box_set_id"])
    await targets.bind_box_set(db, target.id, asked["box_set_id"], asked["name"], "adopted")
    # What is in it stays in it, whatever the mode.
    await targets.set_members(
        db, target.id, [KnownMember(member.id, "found", "pinned") for member in there]
    )
    return collection


async def _is_kept_by_another(
    db: Database, outside: Outside, target: Target, box_set: BoxSet
) -> bool:
    """Whether it bears the marker of a target of this installation that keeps it, be it somebody
    else's and through another address: it may have been taken over since the question was asked.
    """
    whose, _, number = (box_set.marker or "").partition(".")
    if whose != outside.installation or not (number.isascii() and number.isdigit()):
        return False
    other = await targets.get_target(db, int(number[:18]))
    return other is not None and other.id != target.id and other.box_set_id == box_set.id


async def _rename(
    db: Database, outside: Outside, collection: Collection, target: Target, _a: Any, name: Any
) -> Collection:
    clean = checked_name(name or "")
    await targets.set_held(db, target.id, None)
    return await redefine_collection(
        db,
        outside,
        collection,
        Definition(
            clean,
            (),
            collection.mode,
            collection.interval_hours,
            collection.enabled,
        ),
    )


async def _leave(
    db: Database, _o: Outside, collection: Collection, target: Target, _a: Any, _n: Any
) -> Collection:
    await targets.set_state(db, target.id, "stopped")
    return collection


async def _recreate(
    db: Database, _o: Outside, collection: Collection, target: Target, _a: Any, _n: Any
) -> Collection:
    await targets.unbind_box_set(db, target.id)
    return collection


_ACTS: dict[str, Act] = {
    "approve": _approve_removals,
    "adopt": _adopt,
    "rename": _rename,
    "leave": _leave,
    "recreate": _recreate,
    "stop": _leave,
}


async def reject(db: Database, user_id: int, run_id: int) -> None:
    """Keep what a held run wanted to take out: it stays, and is not asked about again.

    Other titles that leave the list later are asked about anew. Of a run of several collections
    each part that waits.
    """
    refused: ConflictError | None = None
    answered = 0
    for part in await _held_parts(db, user_id, run_id):
        try:
            await _reject(db, user_id, part)
        except ConflictError as error:
            refused = error
        else:
            answered += 1
    if not answered and refused is not None:
        raise refused


async def _reject(db: Database, user_id: int, run_id: int) -> None:
    run, collection = await _held_run(db, user_id, run_id)
    kept = 0
    for target in await targets.load_targets(db, [collection.id]):
        asked = (run.held or {}).get(str(target.server_id))
        if asked is None or asked["code"] != "removals":
            continue
        # From now on it is theirs: not even deleting the collection takes it out.
        await targets.set_members(
            db,
            target.id,
            [KnownMember(row["item_id"], "found", "pinned") for row in asked["remove"]],
        )
        await targets.set_held(db, target.id, None)
        kept += len(asked["remove"])
    titles = "1 title" if kept == 1 else f"{kept} titles"
    words = f"You said no: {titles} that it would have taken out stay. It is not asked again."
    await runs.add_log(db, run.id, "info", words)


async def resume(db: Database, collection: Collection, server_id: int) -> None:
    """Go on with a server that was left alone."""
    for target in await targets.load_targets(db, [collection.id]):
        if target.server_id == server_id:
            await targets.set_state(db, target.id, "ok")
            return
    raise NotFoundError("This collection does not go to that server.")


async def bring_back(
    db: Database,
    outside: Outside,
    runner: Runner,
    collection: Collection,
    server_id: int,
    item_id: str,
) -> Run:
    """Put back what a person took out of a box set by hand; a run does it.

    Raises NotFoundError where nothing of the kind is known.
    """
    found = await targets.load_targets(db, [collection.id])
    target = next((row for row in found if row.server_id == server_id), None)
    if target is None or not await targets.bring_back(db, target.id, item_id):
        raise NotFoundError("This title has not been taken out by hand there.")
    return await start_sync(db, outside, runner, collection, Trigger.MANUAL, again=True)
