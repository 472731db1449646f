"""Making a box set, without ever taking over or emptying one that is not ours.

Emby derives a box set from its folder, so creating over one renames or empties it: look first.
What is about to be done is stored before it is done, so that a kill leaves no second one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from collectarr.emby.client import MARKER, EmbyClient, batches, same_box_set_name
from collectarr.emby.wire import LONGEST_URL
from collectarr.errors import RejectedError, UpstreamError
from collectarr.models import BoxSet, KnownMember
from collectarr.store import targets
from collectarr.store.db import Database
from collectarr.store.targets import Target


@dataclass(frozen=True, slots=True)
class Found:
    """The box set that a target keeps, or why there is none that it may touch."""

    box_set: BoxSet | None = None
    held: dict[str, Any] | None = None


async def find_box_set(
    db: Database,
    client: EmbyClient,
    target: Target,
    wanted_name: str,
    box_sets: Mapping[str, BoxSet],
    owned: Mapping[str, int],
    marker: str,
) -> Found:
    """By id, then by our marker, then by what a begun creation left; never by name.

    `owned`: box set id -> the target of the installation that keeps it.
    """
    known = None if target.box_set_id is None else box_sets.get(target.box_set_id)
    if known is not None and await is_still_ours(db, client, target, known, marker):
        return Found(known)
    if known is not None:
        # Emby derives the id from the folder: a person made another one where ours had been.
        await targets.unbind_box_set(db, target.id)
        return Found(held=name_taken(known.name, {known.id: known}, {}))
    begun = target.box_set_id is not None or target.intent is not None
    before = set((target.intent or {}).get("seen", ())) if target.box_set_id is None else set()
    marked = next(
        (found for key, found in box_sets.items() if found.marker == marker and key not in before),
        None,
    )
    if begun and marked is not None and owned.get(marked.id, target.id) == target.id:
        # A box set that was taken over stays a person's, whatever its id is now.
        origin = target.origin or "created"
        await targets.bind_box_set(db, target.id, marked.id, marked.name, origin)
        return Found(marked)
    if target.box_set_id is not None:
        return await _gone(client, target)
    if target.intent is not None:
        claimed = await claim(db, client, target, box_sets, owned)
        if claimed is not None:
            return Found(claimed)
    return Found(held=name_taken(wanted_name, box_sets, owned))


async def is_still_ours(
    db: Database,
    client: EmbyClient,
    target: Target,
    box_set: BoxSet,
    marker: str,
    known: Mapping[str, KnownMember] | None = None,
) -> bool:
    """Whether this is the box set that the target keeps: it bears our marker, or holds something
    that we put in, or that was in it when it was taken over.

    One that bore the marker and does not now is another one, made by a person where ours had
    been, if its id is of the kind that Emby derives from the folder; whatever is in it.
    `known`: what we remember of its members, if that is not stored any more.
    """
    if box_set.marker == marker:
        return True
    if target.dressed.get("marked") and not box_set.id.isdecimal():
        return False
    if known is None:
        known = await targets.load_members(db, target.id)
    adopted = target.origin != "created"
    ours = {
        key
        for key, member in known.items()
        if member.state != "kept_out" and (adopted or member.owner == "ours")
    }
    if adopted and (box_set.id.isdecimal() or not ours):
        return True
    return any(member.id in ours for member in await client.members(box_set.id))


async def as_it_is(client: EmbyClient, box_set: BoxSet) -> BoxSet:
    """This one box set read anew, right before something is done that cannot be taken back.

    Raises RejectedError (changed_meanwhile) where it is gone, or another one is in its place.
    """
    now = next(iter(await client.box_sets_by_id([box_set.id])), None)
    if now is None or (box_set.marker and now.marker != box_set.marker):
        raise RejectedError(
            f"Somebody deleted or replaced the collection {box_set.name!r} in {client.name}"
            " meanwhile. It is not touched; the next sync looks again.",
            upstream=client.name,
            code="changed_meanwhile",
        )
    return now


async def _gone(client: EmbyClient, target: Target) -> Found:
    assert target.box_set_id is not None
    try:
        await client.box_set_object(target.box_set_id)
    except RejectedError as error:
        if error.code != "gone":
            raise
    else:
        # The list did not show it although it is there: believe neither, try again later.
        raise UpstreamError(
            f"{client.name} did not list the collection {target.box_set_name!r}, which exists."
            " Nothing was done.",
            upstream=client.name,
            code="list_incomplete",
        )
    return Found(
        held={
            "code": "gone",
            "name": target.box_set_name,
            "message": f"The collection {target.box_set_name!r} is no longer in {client.name}.",
        }
    )


async def claim(
    db: Database,
    client: EmbyClient,
    target: Target,
    box_sets: Mapping[str, BoxSet],
    owned: Mapping[str, int],
    run_id: int | None = None,
) -> BoxSet | None:
    """What came of a creation whose end is not known. `run_id`: the run that tells of it.

    A box set is ours if it is new since then and holds only what we meant to put in. Emby can
    answer 500 to a creation that it carried out, and 400 to one that left an empty box set.
    """
    intent = target.intent or {}
    seen, ids = set(intent["seen"]), set(intent["ids"])
    for box_set in box_sets.values():
        if box_set.id in seen or box_set.id in owned:
            continue
        if not same_box_set_name(intent["name"], box_set):
            continue
        members = await client.members(box_set.id)
        if all(member.id in ids for member in members):
            await targets.bind_box_set(db, target.id, box_set.id, box_set.name, "created")
            await _remember(db, target, (member.id for member in members), run_id)
            return box_set
    return None


def name_taken(
    wanted: str, box_sets: Mapping[str, BoxSet], owned: Mapping[str, int]
) -> dict[str, Any] | None:
    """What to ask a person when a box set has this name or folder already."""
    for box_set in box_sets.values():
        if same_box_set_name(wanted, box_set):
            ours = box_set.id in owned
            return {
                "code": "name_taken",
                "box_set_id": None if ours else box_set.id,
                "name": wanted if ours else box_set.name,
                "adoptable": not ours,
                "message": f"Emby already has a collection called {wanted!r} that"
                f" {'another collection here keeps' if ours else 'Collectarr did not make'}."
                " It is not touched.",
            }
    return None


async def create(
    db: Database,
    client: EmbyClient,
    target: Target,
    name: str,
    item_ids: Sequence[str],
    box_sets: Mapping[str, BoxSet],
    run_id: int,
) -> tuple[str, list[str]]:
    """Create the box set with as many titles as one call takes.

    Returns its id and the ids that still have to be added, once it has settled.
    Raises UpstreamError; the stored intent then lets the next run find what came of it.
    """
    room = LONGEST_URL - len(quote(name))
    first = next(batches(item_ids, room=max(room, LONGEST_URL // 2)))
    intent = {"name": name, "ids": list(item_ids), "seen": list(box_sets)}
    await targets.set_intent(db, target.id, intent)
    await targets.touch_target(db, target.id)
    box_set_id = await client.create_box_set(name, first)
    if box_set_id in box_sets:
        await targets.set_intent(db, target.id, None)
        raise RejectedError(
            f"{client.name} answered the creation of {name!r} with a collection that was there"
            " before. Nothing more is done; choose another name.",
            upstream=client.name,
            code="name_taken",
        )
    await targets.bind_box_set(db, target.id, box_set_id, name, "created")
    await _remember(db, target, first, run_id)
    return box_set_id, [item_id for item_id in item_ids if item_id not in set(first)]


async def _remember(db: Database, target: Target, item_ids: Any, run_id: int | None = None) -> None:
    rows = [KnownMember(item_id, "ours", "adding") for item_id in item_ids]
    await targets.set_members(db, target.id, rows, run_id)


async def mark(client: EmbyClient, box_set_id: str, marker: str) -> None:
    """Write our marker, so that the box set is found again should its id change."""

    def change(whole: dict[str, Any]) -> None:
        ids = dict(whole.get("ProviderIds") or {})
        ids[MARKER] = marker
        whole["ProviderIds"] = ids

    await client.update_box_set(box_set_id, change)
