"""A collection goes, or leaves a server: what that does in Emby, if it is to do anything there."""

from collections.abc import Container, Mapping, Sequence

from collectarr.emby.client import EmbyClient
from collectarr.errors import InvalidError, RejectedError, UpstreamError
from collectarr.models import BoxSet, KnownMember
from collectarr.store import collections as stored_collections
from collectarr.store import servers, targets
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.targets import Target
from collectarr.sync.create import as_it_is, is_still_ours
from collectarr.sync.emptying import Left, take_out
from collectarr.sync.outside import Outside

FORGOTTEN = "Collectarr does not try again later: delete it there yourself."

Kept = tuple[Target, Mapping[str, KnownMember]]
"""A target, and what we remember of its members."""


async def check_confirmed(db: Database, collection: Collection, typed: str) -> None:
    """Raises InvalidError unless its name was typed, where it took a box set over."""
    found = await targets.load_targets(db, [collection.id])
    adopted = any(target.origin == "adopted" for target in found)
    if adopted and typed.strip() != collection.name:
        text = f"To delete it in Emby too, type its name: {collection.name}"
        raise InvalidError(text, code="confirm", details={"fields": {"confirm": text}})


async def delete_collection_everywhere(
    db: Database, outside: Outside, collection: Collection
) -> list[str]:
    """Delete the collection here and what we put into Emby there.

    Returns what stays in Emby and why, in words. A box set goes only if we created it and
    nobody else's member is left in it.
    """
    async with outside.collection(collection.id):
        kept = await _kept(db, await targets.load_targets(db, [collection.id]))
        notes = await take_back(db, outside, collection, kept)
        await stored_collections.delete_collection(db, collection.id)
    return notes


async def about_to_leave(
    db: Database, collection: Collection, staying: Container[int]
) -> list[Kept]:
    """What it keeps on servers other than those where it stays, by their ids."""
    found = await targets.load_targets(db, [collection.id])
    return await _kept(db, [target for target in found if target.server_id not in staying])


async def _kept(db: Database, found: Sequence[Target]) -> list[Kept]:
    return [(target, await targets.load_members(db, target.id)) for target in found]


async def take_back(
    db: Database, outside: Outside, collection: Collection, kept: Sequence[Kept]
) -> list[str]:
    """Take out of Emby what we put in. Returns what stays there and why, in words: also what a
    server has that does not answer, for nobody tries again later.
    """
    notes = []
    for target, known in kept:
        try:
            note = await _take_back_one(db, outside, collection, target, known)
        except UpstreamError as error:
            note = f"“{target.box_set_name}” stays in Emby: {error.message} {FORGOTTEN}"
        if note:
            notes.append(note)
    return notes


async def _take_back_one(
    db: Database,
    outside: Outside,
    collection: Collection,
    target: Target,
    known: Mapping[str, KnownMember],
) -> str | None:
    if target.box_set_id is None:
        return None
    server = await servers.get_server(db, collection.user_id, target.server_id)
    client = outside.emby(server)
    async with outside.writer(server):
        box_set = await _find(client, target.box_set_id)
        if box_set is None:
            return None
        marker = f"{outside.installation}.{target.id}"
        if not await is_still_ours(db, client, target, box_set, marker, known):
            await targets.unbind_box_set(db, target.id)
            return (
                f"“{box_set.name}” stays in {server.name} as it is: it is not the one that"
                " Collectarr had there."
            )
        here = {member.id for member in await client.members(box_set.id)}
        await as_it_is(client, box_set)
        left, refused = await take_out(db, client, target, known, here)
    if left is Left.NOTHING:
        return None
    if left is Left.EMPTY and refused:
        return f"“{target.box_set_name}” is left empty in {server.name}. {refused}"
    return (
        f"“{target.box_set_name}” stays in {server.name}, without what Collectarr had added:"
        " other titles are in it, or it was there before."
    )


async def _find(client: EmbyClient, box_set_id: str) -> BoxSet | None:
    """The box set as it is now; None if it is gone. One that is there and is not listed is an
    error."""
    for box_set in await client.box_sets_by_id([box_set_id]):
        return box_set
    try:
        await client.box_set_object(box_set_id)
    except RejectedError as error:
        if error.code != "gone":
            raise
        return None
    raise UpstreamError(
        f"{client.name} did not list this collection, which exists.",
        upstream=client.name,
        code="list_incomplete",
    )
