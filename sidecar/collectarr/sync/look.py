"""What a person does about the look of a collection: upload, see, and take ours again."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from collectarr.errors import ConflictError, InvalidError, NotFoundError
from collectarr.models import Look, PosterFrom
from collectarr.posters.pictures import Drawn, Face
from collectarr.posters.upload import poster_of
from collectarr.store import collections as stored_collections
from collectarr.store import servers, targets
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.sync.dress import FIELDS, Dressed
from collectarr.sync.outside import Outside
from collectarr.sync.poster import listed_poster
from collectarr.sync.presences import TitleRow
from collectarr.sync.show import titles_and_rest
from collectarr.sync.worn import THEIRS, Worn

POSTER = "poster"
SENDING, UNKNOWN = "sending", "unknown"


@dataclass(frozen=True, slots=True)
class LookThere:
    """How one box set looks as of the last sync. `poster`: whose picture it has, one of none,
    ours, emby, theirs, sending, unknown (Emby's or a person's). `kept`: fields that a person
    changed in Emby. `undone`: our poster was taken back, and stays so until another is wished.
    """

    server_id: int
    made: bool
    poster: str
    kept: tuple[str, ...]
    undone: bool = False


def look_there(target: Target) -> LookThere:
    worn, known = Worn.of(target), Dressed.of(target)
    whose = worn.whose(worn.seen)
    if worn.sending:
        whose = SENDING
    elif whose == THEIRS and worn.bare:
        whose = UNKNOWN
    kept = tuple(key for key in FIELDS if key in known.kept)
    made = target.box_set_id is not None
    return LookThere(target.server_id, made, whose, kept, worn.undone is not None)


def picture_of(found: Sequence[Target], look: Look) -> str | None:
    """The poster that stands for the collection here: what was sent last, else what was given."""
    sent = (Worn.of(target).sent or Worn.of(target).sending for target in found)
    given = look.picture if look.poster is PosterFrom.UPLOAD else None
    return given or next((name for name in sent if name), None)


async def take_ours(
    db: Database, collection: Collection, server_id: int, fields: Sequence[str]
) -> None:
    """Let the next sync write these over whatever a person put there.

    Raises InvalidError for what is no part of a look, ConflictError where there is no box set.
    """
    if not fields or not set(fields) <= {*FIELDS, POSTER}:
        raise InvalidError(f"Choose among: {', '.join((*FIELDS, POSTER))}.", code="fields")
    target = await _target(db, collection, server_id)
    if target.box_set_id is None:
        raise ConflictError("There is no collection in Emby yet.", code="no_box_set")
    if POSTER in fields:
        if collection.look.poster is PosterFrom.EMBY:
            raise ConflictError("Choose a poster first.", code="no_poster")
        worn = Worn.of(target)
        worn.replace = True
        await targets.set_poster(db, target.id, worn.stored())
    known = Dressed.of(target)
    known.again = sorted({*known.again, *fields} - {POSTER})
    await targets.set_dressed(db, target.id, known.stored())
    await targets.plan_anew(db, target.id)


async def _target(db: Database, collection: Collection, server_id: int) -> Target:
    for target in await targets.load_targets(db, [collection.id]):
        if target.server_id == server_id:
            return target
    raise NotFoundError("This collection does not go to that server.")


async def keep_upload(
    db: Database, outside: Outside, collection: Collection, raw: bytes
) -> Collection:
    """Make this the poster. Raises InvalidError for what is no picture that can be taken."""
    picture = await asyncio.to_thread(poster_of, raw)
    name = await outside.pictures.keep(picture)
    return await set_look(
        db, collection, replace(collection.look, poster=PosterFrom.UPLOAD, picture=name)
    )


async def leave_to_emby(db: Database, collection: Collection) -> Collection:
    look = replace(collection.look, poster=PosterFrom.EMBY, picture=None)
    return await set_look(db, collection, look)


async def set_look(db: Database, collection: Collection, look: Look) -> Collection:
    if look == collection.look:
        return collection
    return await stored_collections.update_collection(
        db,
        collection,
        name=collection.name,
        mode=collection.mode,
        interval_hours=collection.interval_hours,
        enabled=collection.enabled,
        look=look,
    )


async def picture_from(
    db: Database, outside: Outside, collection: Collection, origin: PosterFrom
) -> bytes:
    """How the poster would be. Raises NotFoundError where there is none of that origin."""
    pictures = outside.pictures
    if origin is PosterFrom.UPLOAD:
        given = await pictures.load(collection.look.picture or "")
        if given is None:
            raise NotFoundError("No picture was uploaded.")
        return given
    if origin is PosterFrom.EMBY:
        raise NotFoundError("This poster is Emby's own.")
    rows = (await titles_and_rest(db, outside, collection)).rows
    server, faces = await _faces(db, collection, rows)
    client = None if server is None else outside.emby(server)
    drawn: Drawn
    if origin is PosterFrom.MOSAIC:
        drawn = await pictures.mosaic(collection.name, faces, server, client)
    else:
        listed = await listed_poster(db, collection)
        drawn = await pictures.of_source(listed, faces, server, client)
    return drawn.picture


async def _faces(
    db: Database, collection: Collection, rows: Sequence[TitleRow]
) -> tuple[Server | None, list[Face]]:
    """As the first server that holds some of the titles shows them; else as their lists do."""
    for server in await servers.list_servers(db, collection.user_id):
        here = [
            Face(there.item_ids[0], row.poster)
            for row in rows
            for there in row.servers
            if there.server_id == server.id and there.item_ids
        ]
        if here:
            return server, here
    return None, [Face(None, row.poster) for row in rows]
