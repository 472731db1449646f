"""Posters through our own address: no third party sees who looks, no key reaches a browser."""

from hashlib import sha256

from aiohttp import web
from pydantic import BaseModel, Field

from collectarr.api.endpoint import Call, Endpoints
from collectarr.errors import NotFoundError
from collectarr.models import ITEM_ID
from collectarr.posters.titles import nearest_width
from collectarr.store.collections import get_collection
from collectarr.store.servers import get_server, list_servers

endpoints = Endpoints("images")
A_DAY = 86_400


class ImageQuery(BaseModel):
    """How wide the picture is wanted, in pixels."""

    w: int = Field(240, ge=1, le=2000)


@endpoints.get("/images/servers/{server_id}/items/{item_id}", "The poster of a title in Emby")
async def item_image(call: Call, server_id: int, item_id: str, query: ImageQuery) -> web.Response:
    if not ITEM_ID.match(item_id):
        raise NotFoundError("There is no such title.")
    server = await get_server(call.db, call.user.id, server_id)
    client = call.outside.emby(server)
    width = nearest_width(query.w)
    return _picture(call, await call.services.posters.of_item(server, client, item_id, width))


@endpoints.get("/images/tmdb/{file}", "A poster from TMDb")
async def tmdb_image(call: Call, file: str, query: ImageQuery) -> web.Response:
    return _picture(call, await call.services.posters.from_tmdb(file, nearest_width(query.w)))


@endpoints.get("/images/collections/{collection_id}/backdrop", "The backdrop of a collection")
async def backdrop_image(call: Call, collection_id: int) -> web.Response:
    collection = await get_collection(call.db, call.user.id, collection_id)
    for server in await list_servers(call.db, call.user.id):
        try:
            picture = await call.services.posters.of_collection(
                call.db, server, call.outside.emby(server), collection
            )
        except NotFoundError:
            continue
        return _picture(call, picture)
    raise NotFoundError("Nothing of this collection is in a library yet.")


def _picture(call: Call, picture: bytes) -> web.Response:
    etag = sha256(picture).hexdigest()[:32]
    headers = {"ETag": f'"{etag}"', "Cache-Control": f"private, max-age={A_DAY}"}
    asked = call.request.if_none_match
    if asked and any(known.value == etag for known in asked):
        return web.Response(status=304, headers=headers)
    return web.Response(body=picture, content_type="image/webp", headers=headers)
