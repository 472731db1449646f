"""What a person decides about a run that is held, and what deleting a collection does in Emby."""

from collections.abc import Awaitable, Callable
from typing import Any

from collectarr.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    RejectedError,
    UpstreamError,
)
from collectarr.models import KnownMember, Mode, RunStatus, Trigger
from collectarr.runner import Runner
from collectarr.store import collections as stored_collections
from collectarr.store import runs, servers, targets
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.runs import Run
from collectarr.store.targets import Target
from collectarr.sync.collection import start_sync
from collectarr.sync.define import Definition, checked_name, redefine_collection
from collectarr.sync.outside import Outside

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
    return await start_sync(db, outside, runner, collection, Trigger.APPROVED, again=True)


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
        raise ConflictError(
            "That collection is kept by another one here; give this one another name.",
            code="not_adoptable",
        )
    server = await servers.get_server(db, collection.user_id, target.server_id)
    there = await outside.emby(server).members(asked["box_set_id"])
    await targets.bind_box_set(db, target.id, asked["box_set_id"], asked["name"], "adopted")
    # What is in it stays in it, whatever the mode.
    await targets.set_members(
        db, target.id, [KnownMember(member.id, "found", "pinned") for member in there]
    )
    return collection


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
    """Keep what a held run wanted to take out: it stays, whatever the list says."""
    run, collection = await _held_run(db, user_id, run_id)
    for target in await targets.load_targets(db, [collection.id]):
        asked = (run.held or {}).get(str(target.server_id))
        if asked is None or asked["code"] != "removals":
            continue
        owner = "ours" if collection.mode is Mode.MIRROR else "found"
        await targets.set_members(
            db,
            target.id,
            [KnownMember(row["item_id"], owner, "pinned") for row in asked["remove"]],
        )
        await targets.set_held(db, target.id, None)


async def resume(db: Database, collection: Collection, server_id: int) -> None:
    """Go on with a server that was left alone."""
    for target in await targets.load_targets(db, [collection.id]):
        if target.server_id == server_id:
            await targets.set_state(db, target.id, "ok")
            return
    raise NotFoundError("This collection does not go to that server.")


async def delete_collection_everywhere(
    db: Database, outside: Outside, collection: Collection
) -> list[str]:
    """Delete the collection here and what we put into Emby there.

    Returns what stays in Emby and why, in words. A box set goes only if we created it and
    nobody else's member is left in it.
    """
    notes: list[str] = []
    async with outside.collection(collection.id):
        for target in await targets.load_targets(db, [collection.id]):
            try:
                note = await _delete_target(db, outside, collection, target)
            except UpstreamError as error:
                note = f"{target.box_set_name} stays in Emby: {error.message}"
            if note:
                notes.append(note)
        await stored_collections.delete_collection(db, collection.id)
    return notes


async def _delete_target(
    db: Database, outside: Outside, collection: Collection, target: Target
) -> str | None:
    if target.box_set_id is None:
        return None
    server = await servers.get_server(db, collection.user_id, target.server_id)
    client = outside.emby(server)
    async with outside.writer(server):
        known = await targets.load_members(db, target.id)
        here = {member.id for member in await client.members(target.box_set_id)}
        ours = here & {
            key
            for key, member in known.items()
            if member.owner == "ours" and member.state != "kept_out"
        }
        refused = ""
        if target.origin == "created" and here <= ours:
            try:
                await client.delete_box_set(target.box_set_id)
            except RejectedError as error:
                if error.code != "delete_refused":
                    raise
                refused = f"{server.name} lets no API key delete a collection: delete it there."
            else:
                return None
        if ours:
            await targets.touch_target(db, target.id)
            await client.remove(target.box_set_id, sorted(ours))
    if refused:
        return f"{target.box_set_name} is left empty. {refused}"
    return (
        f"{target.box_set_name} stays in {server.name}, without what Collectarr had added:"
        " other titles are in it, or it was there before."
    )
