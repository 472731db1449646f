"""The poster of a box set: whose it is, and putting ours there without writing over a person's.

A picture is ours if its tag is the one seen after we sent it, Emby's own if we made the box set and
its tag was seen when that settled (or after we took ours away); any other is a person's.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from collectarr.emby.client import EmbyClient
from collectarr.errors import NotFoundError, RejectedError, StoreError, UpstreamError
from collectarr.models import BoxSet, Look, PosterFrom
from collectarr.posters.pictures import Drawn, Face, Pictures, mosaic_of, source_of, wish_of
from collectarr.posters.upload import same_picture
from collectarr.runner import Report
from collectarr.store import lists, targets
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.runs import Change
from collectarr.store.targets import Target
from collectarr.sync.create import as_it_is
from collectarr.sync.match import Match
from collectarr.sync.view import Result, ServerView
from collectarr.sync.worn import EMBY, NONE, OURS, THEIRS, Worn

JPEG = "image/jpeg"
_MAGIC = ((b"\x89PNG", "image/png"), (b"RIFF", "image/webp"), (b"GIF8", "image/gif"))


def faces_of(matches: Sequence[Match]) -> list[Face]:
    """The titles that the server holds, in their order."""
    return [Face(found.items[0].id, found.row.poster) for found in matches if found.items]


async def hang(
    db: Database,
    client: EmbyClient,
    report: Report,
    view: ServerView,
    collection: Collection,
    target: Target,
    box_set: BoxSet,
    matches: Sequence[Match],
    result: Result,
    *,
    made: bool = False,
) -> None:
    """Bring the poster up to what is wished: at most one write, none without need.

    `made`: this run made the box set.
    """
    pictures = view.pictures
    if pictures is None:
        return
    worn = Worn.of(target)
    before = worn.stored()
    try:
        if not made:
            await _find_out(client, pictures, worn, box_set)
        worn.seen = box_set.image_tag
        if worn.replace or worn.undone != wish_of(collection.look):
            worn.undone = None
        if worn.undone is None and collection.look.poster is PosterFrom.EMBY:
            await _take_back(db, client, report, target, box_set, worn, result)
        elif worn.undone is None and (worn.whose(worn.seen) != THEIRS or worn.replace):
            drawn = await _wanted(db, client, pictures, view, collection, matches, worn)
            await _send(db, client, report, pictures, target, box_set, worn, drawn, result)
        _tell_theirs(worn, collection, result)
    except (UpstreamError, StoreError, NotFoundError) as error:
        result.problems.append(
            f"Its poster was not put there: {error.message} It is tried again with the next sync."
        )
    if worn.stored() != before:
        await targets.set_poster(db, target.id, worn.stored())


def _tell_theirs(worn: Worn, collection: Collection, result: Result) -> None:
    """A person's picture is kept, and said once; so is that ours was taken away."""
    if worn.sending or worn.replace or worn.undone or collection.look.poster is PosterFrom.EMBY:
        return
    whose = worn.whose(worn.seen)
    seen = worn.seen if whose == THEIRS else "none" if whose == NONE and worn.sent else None
    if seen and seen != worn.theirs:
        result.notes.append(
            "Somebody took its poster away in Emby: it stays away."
            if seen == "none"
            else "Somebody set its poster in Emby: that is kept."
        )
    worn.theirs = seen


async def _find_out(client: EmbyClient, pictures: Pictures, worn: Worn, box_set: BoxSet) -> None:
    """Whether what an earlier run sent, and did not live to see, is what is there."""
    tag = box_set.image_tag
    if tag and tag != worn.over and await _shows(client, pictures, worn, box_set.id):
        worn.arrived(tag)
    worn.sending, worn.over = None, None
    worn.fresh, worn.bare = False, worn.bare or worn.fresh


async def _shows(client: EmbyClient, pictures: Pictures, worn: Worn, box_set_id: str) -> bool:
    """Whether the picture there is the one that was sent. Without one nothing is asked."""
    ours = await pictures.load(worn.sending or "")
    if ours is None:
        return False
    try:
        there = await client.poster(box_set_id)
    except NotFoundError:
        return False
    return await asyncio.to_thread(same_picture, ours, there)


async def _wanted(
    db: Database,
    client: EmbyClient,
    pictures: Pictures,
    view: ServerView,
    collection: Collection,
    matches: Sequence[Match],
    worn: Worn,
) -> tuple[str, str | None]:
    """The hash of the picture to be there, and what it is made of; drawn only if that moved."""
    look = collection.look
    if look.poster is PosterFrom.UPLOAD:
        return look.picture or "", None
    faces = faces_of(matches)
    if look.poster is PosterFrom.MOSAIC:
        made_of, listed = mosaic_of(collection.name, faces), None
    else:
        listed = await listed_poster(db, collection)
        made_of = source_of(listed, faces)
    if worn.sent and worn.made_of == made_of and await pictures.load(worn.sent) is not None:
        return worn.sent, made_of
    drawn: Drawn
    if look.poster is PosterFrom.MOSAIC:
        drawn = await pictures.mosaic(collection.name, faces, view.server, client)
    else:
        drawn = await pictures.of_source(listed, faces, view.server, client)
    return await pictures.keep(drawn.picture), made_of


async def listed_poster(db: Database, collection: Collection) -> str | None:
    """The picture of the collection's first list that has one."""
    found = await lists.get_lists(db, [entry.list_id for entry in collection.lists])
    named = (found[entry.list_id].poster for entry in collection.lists if entry.list_id in found)
    return next((poster for poster in named if poster), None)


async def _send(
    db: Database,
    client: EmbyClient,
    report: Report,
    pictures: Pictures,
    target: Target,
    box_set: BoxSet,
    worn: Worn,
    wanted: tuple[str, str | None],
    result: Result,
) -> None:
    name, made_of = wanted
    if name == worn.sent and not worn.replace:
        worn.made_of = made_of
        return
    picture = await pictures.load(name)
    if picture is None:
        raise NotFoundError("The picture is no longer in the data folder. Upload it again.")
    if not worn.fresh:
        box_set = await as_it_is(client, box_set)
        worn.seen = box_set.image_tag
        if worn.whose(worn.seen) == THEIRS and not worn.replace:
            return
    was = await _what_goes(client, pictures, box_set, worn)
    await report.stage(f"Sending the poster of {box_set.name}")
    worn.made_of = made_of
    await _upload(db, client, target, box_set, worn, name, picture)
    result.wrote = True
    result.notes.append("Its poster is new.")
    after = {"whose": OURS, "file": name}
    await report.changed([_change(target, box_set, "It was put there.", was, after)])


async def _what_goes(
    client: EmbyClient, pictures: Pictures, box_set: BoxSet, worn: Worn
) -> dict[str, Any]:
    """What is there before ours; a person's picture is fetched and kept first."""
    whose = worn.whose(box_set.image_tag)
    if whose == THEIRS:
        worn.replaced = await pictures.keep(await client.poster(box_set.id))
        return {"whose": THEIRS, "file": worn.replaced}
    return {"whose": whose, "file": worn.sent if whose == OURS else None}


async def _upload(
    db: Database,
    client: EmbyClient,
    target: Target,
    box_set: BoxSet,
    worn: Worn,
    name: str,
    picture: bytes,
) -> None:
    """What is sent is remembered first: a kill leaves no picture that nobody knows."""
    worn.sending, worn.over = name, box_set.image_tag
    await targets.set_poster(db, target.id, worn.stored())
    await targets.touch_target(db, target.id)
    kind = next((kind for magic, kind in _MAGIC if picture.startswith(magic)), JPEG)
    try:
        await client.upload_poster(box_set.id, picture, kind)
    except RejectedError:
        worn.sending, worn.over = None, None
        raise


async def _take_back(
    db: Database,
    client: EmbyClient,
    report: Report,
    target: Target,
    box_set: BoxSet,
    worn: Worn,
    result: Result,
) -> None:
    """Only ours: Emby then makes its own."""
    worn.replace = False
    if worn.whose(worn.seen) == OURS:
        worn.seen = (await as_it_is(client, box_set)).image_tag
    if worn.whose(worn.seen) == OURS:
        was = {"whose": OURS, "file": worn.sent}
        await _delete(db, client, target, box_set.id)
        result.wrote = True
        result.notes.append("Its poster is left to Emby again.")
        why = "It is left to Emby."
        await report.changed([_change(target, box_set, why, was, {"whose": EMBY, "file": None})])
        worn.fresh = True
    worn.sent, worn.tag, worn.made_of = None, None, None


async def _delete(db: Database, client: EmbyClient, target: Target, box_set_id: str) -> None:
    await targets.touch_target(db, target.id)
    await client.delete_poster(box_set_id)


def _change(
    target: Target, box_set: BoxSet, why: str, before: dict[str, Any], after: dict[str, Any]
) -> Change:
    details = {"before": before, "after": after}
    return Change(target.server_id, "poster", None, box_set.name, None, why, box_set.id, details)


async def settle_poster(
    db: Database,
    client: EmbyClient,
    pictures: Pictures | None,
    target: Target,
    box_set: BoxSet,
    result: Result,
    *,
    last: bool,
) -> bool:
    """See whose picture is there now. Whether ours had to be sent once more.

    In a box set that is new Emby may draw its own over ours. `last`: nobody looks again after this.
    """
    worn = Worn.of(target)
    if pictures is None or not (worn.sending or worn.fresh):
        return False
    before, again = worn.stored(), False
    worn.seen = box_set.image_tag
    try:
        again = await _settle(db, client, pictures, target, box_set, worn, last=last)
    except UpstreamError as error:
        result.problems.append(f"Nobody knows whether the poster is there: {error.message}")
    if worn.sending and not again:
        # The next run finds out, or sends it anew.
        await targets.plan_anew(db, target.id)
    if worn.stored() != before:
        await targets.set_poster(db, target.id, worn.stored())
    if last and worn.sending and not result.problems:
        result.problems.append("Emby did not keep the poster. The next sync tries again.")
    return again


async def _settle(
    db: Database,
    client: EmbyClient,
    pictures: Pictures,
    target: Target,
    box_set: BoxSet,
    worn: Worn,
    *,
    last: bool,
) -> bool:
    tag = box_set.image_tag
    if tag and tag != worn.over and await _shows(client, pictures, worn, box_set.id):
        worn.arrived(tag)
        return False
    if worn.sending and not last and (worn.fresh or not tag or tag == worn.over):
        picture = await pictures.load(worn.sending)
        if picture is not None:
            now = await as_it_is(client, box_set)
            if now.image_tag != tag:
                return False
            await _upload(db, client, target, now, worn, worn.sending, picture)
            return True
    if worn.fresh:
        worn.emby, worn.fresh, worn.bare = tag or worn.emby, False, not tag
    return False


async def put_back(
    db: Database,
    client: EmbyClient,
    pictures: Pictures,
    target: Target,
    box_set: BoxSet,
    look: Look,
    details: dict[str, Any],
) -> str | None:
    """Undo a change of the poster, if what it put there is still there. Else why not, in words.

    Until `look` wishes another one, no run puts it there again. Whoever calls waits until it has
    settled, and calls `settle_poster` then.
    """
    worn = Worn.of(target)
    before, after = details["before"], details["after"]
    undone = _undone(worn, look, after["file"])
    box_set = await as_it_is(client, box_set)
    whose = worn.whose(box_set.image_tag)
    if whose not in (after["whose"], NONE) or (whose == OURS and worn.sent != after["file"]):
        return "The poster was changed since; it stays as it is."
    if before["file"] is None:
        if whose == OURS:
            await _delete(db, client, target, box_set.id)
        worn = Worn(emby=worn.emby, fresh=True)
    else:
        picture = await pictures.load(before["file"])
        if picture is None:
            return "The poster that was there before is no longer in the data folder."
        worn.put_back = before["whose"] == THEIRS
        await _upload(db, client, target, box_set, worn, before["file"], picture)
    worn.undone = undone
    await targets.set_poster(db, target.id, worn.stored())
    return None


def _undone(worn: Worn, look: Look, file: str | None) -> str | None:
    """The wish that put `file` there. None: an undo did, or there is a newer wish by now."""
    if look.poster is PosterFrom.EMBY:
        same = file is None
    elif look.poster is PosterFrom.UPLOAD:
        same = file == look.picture
    else:
        same = file is not None and worn.made_of is not None
    return wish_of(look) if same and worn.undone is None else None
