"""/collections/{id}/look and /poster: how its collections in Emby look."""

from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.images import TILE
from collectarr.api.look_shapes import Look, LookThere, look_shape, there_shape
from collectarr.api.shapes import Accepted, Body
from collectarr.bodies import in_time
from collectarr.errors import InvalidError, MediaTypeError, NotFoundError
from collectarr.models import PosterFrom, Trigger
from collectarr.posters.upload import MOST_BYTES, refused
from collectarr.store import collections as stored
from collectarr.store import targets
from collectarr.store.collections import Collection
from collectarr.sync.collection import start_sync
from collectarr.sync.look import (
    keep_upload,
    leave_to_emby,
    look_there,
    picture_from,
    picture_of,
    take_ours,
)

endpoints = Endpoints("collections")
ROOM = MOST_BYTES + (1 << 16)
"""What a form puts around the picture is little."""
PICTURES = ("image/jpeg", "image/png", "image/webp", "multipart/form-data")
LookField = Literal["name", "overview", "sort_name", "display_order", "tags", "poster"]


class LookState(BaseModel):
    """What is wished, and what each server shows as of the last sync."""

    look: Look
    servers: list[LookThere]


class PosterQuery(BaseModel):
    """`source`: how the poster from there would be; left out: the one in use, and where that
    is Emby's own the one that could be drawn. `missing`: what to
    answer where there is none, an error or a drawn tile (SVG).
    """

    source: Literal["upload", "source", "mosaic"] | None = None
    missing: Literal["error", "tile"] = "error"


class OursWish(Body):
    """Write ours again, on this server, over what somebody changed in Emby."""

    server_id: int
    fields: Annotated[list[LookField], Field(min_length=1, max_length=6)]


@endpoints.get("/collections/{collection_id}/look", "How it looks, wished and in Emby")
async def show_look(call: Call, collection_id: int) -> LookState:
    return await _state(call, await _own(call, collection_id))


@endpoints.post(
    "/collections/{collection_id}/look/ours",
    "Take our name, poster and so on again, whatever somebody put there; starts a sync",
    scope="run",
    example={"server_id": 1, "fields": ["poster"]},
    errors=(409,),
)
async def take_again(call: Call, collection_id: int, body: OursWish) -> Accepted:
    collection = await _own(call, collection_id)
    await take_ours(call.db, collection, body.server_id, body.fields)
    run = await start_sync(
        call.db, call.outside, call.runner, collection, Trigger.MANUAL, again=True
    )
    return Accepted(run_id=run.id)


@endpoints.get(
    "/collections/{collection_id}/poster",
    "Its poster, or a preview of one",
    media="image/jpeg",
    errors=(422, 502, 503),
)
async def show_poster(call: Call, collection_id: int, query: PosterQuery) -> web.StreamResponse:
    collection = await _own(call, collection_id)
    try:
        picture = await _picture(call, collection, query.source)
    except NotFoundError:
        if query.missing == "error":
            raise
        return web.Response(text=TILE, content_type="image/svg+xml")
    headers = {"Cache-Control": "private, no-cache"}
    return web.Response(body=picture, content_type="image/jpeg", headers=headers)


async def _picture(call: Call, collection: Collection, source: str | None) -> bytes:
    if source is not None:
        return await picture_from(call.db, call.outside, collection, PosterFrom(source))
    found = await targets.load_targets(call.db, [collection.id])
    name = picture_of(found, collection.look)
    picture = await call.outside.pictures.load(name) if name else None
    if picture is not None:
        return picture
    chosen = collection.look.poster
    origin = PosterFrom.MOSAIC if chosen is PosterFrom.EMBY else chosen
    return await picture_from(call.db, call.outside, collection, origin)


@endpoints.put(
    "/collections/{collection_id}/poster",
    "Give it a poster: JPEG, PNG or WebP, as the body or as the field `poster` of a form, at most"
    " 10 MB; the next sync puts it there",
    takes=PICTURES,
    room=ROOM,
    errors=(415,),
)
async def upload_poster(call: Call, collection_id: int) -> LookState:
    collection = await _own(call, collection_id)
    changed = await keep_upload(call.db, call.outside, collection, await _sent(call.request))
    return await _state(call, changed)


async def _sent(request: web.Request) -> bytes:
    try:
        if request.content_type == "multipart/form-data":
            given = (await in_time(request, request.post)).get("poster")
            if not isinstance(given, web.FileField):
                raise refused("Send the picture as the field “poster”.")
            return given.file.read(MOST_BYTES + 1)
        if request.content_type.startswith(("application/json", "application/x-www-form")):
            raise MediaTypeError("Send the picture itself, with its own content type.")
        return await in_time(request, request.read)
    except web.HTTPRequestEntityTooLarge:
        raise refused("This picture is larger than 10 MB.") from None
    except (ValueError, LookupError):
        raise InvalidError("This form cannot be read.") from None


@endpoints.delete(
    "/collections/{collection_id}/poster",
    "Leave its poster to Emby; the next sync takes ours away",
)
async def delete_poster(call: Call, collection_id: int) -> None:
    await leave_to_emby(call.db, await _own(call, collection_id))


async def _own(call: Call, collection_id: int) -> Collection:
    """Raises NotFoundError for somebody else's."""
    return await stored.get_collection(call.db, call.user.id, collection_id)


async def _state(call: Call, collection: Collection) -> LookState:
    found = await targets.load_targets(call.db, [collection.id])
    return LookState(
        look=look_shape(collection.look),
        servers=[there_shape(look_there(target)) for target in found],
    )
