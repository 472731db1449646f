"""Posters through our own address: no third party sees who looks, no key reaches a browser."""

from aiohttp import web
from pydantic import BaseModel, Field

from collectarr.api.endpoint import Call, Endpoints, Options
from collectarr.errors import NotFoundError
from collectarr.models import ITEM_ID
from collectarr.posters.titles import nearest_width
from collectarr.store.collections import get_collection
from collectarr.store.servers import get_server, list_servers

endpoints = Endpoints("images")
KEPT = "private, max-age=86400"
PICTURE: Options = {"media": "image/webp", "etag": True, "errors": (422, 502, 503)}


class ImageQuery(BaseModel):
    """How wide the picture is wanted, in pixels."""

    w: int = Field(240, ge=1, le=2000)


@endpoints.get(
    "/images/servers/{server_id}/items/{item_id}", "The poster of a title in Emby", **PICTURE
)
async def item_image(
    call: Call, server_id: int, item_id: str, query: ImageQuery
) -> web.StreamResponse:
    if not ITEM_ID.match(item_id):
        raise NotFoundError("There is no such title.")
    server = await get_server(call.db, call.user.id, server_id)
    client = call.outside.emby(server)
    width = nearest_width(query.w)
    return _picture(await call.services.posters.of_item(server, client, item_id, width))


@endpoints.get("/images/tmdb/{file}", "A poster from TMDb", **PICTURE)
async def tmdb_image(call: Call, file: str, query: ImageQuery) -> web.StreamResponse:
    return _picture(await call.services.posters.from_tmdb(file, nearest_width(query.w)))


@endpoints.get(
    "/images/collections/{collection_id}/backdrop", "The backdrop of a collection", **PICTURE
)
async def backdrop_image(call: Call, collection_id: int) -> web.StreamResponse:
    collection = await get_collection(call.db, call.user.id, collection_id)
    for server in await list_servers(call.db, call.user.id):
        try:
            picture = await call.services.posters.of_collection(
                call.db, server, call.outside.emby(server), collection
            )
        except NotFoundError:
            continue
        return _picture(picture)
    raise NotFoundError("Nothing of this collection is in a library yet.")


def _picture(picture: bytes) -> web.StreamResponse:
    headers = {"Cache-Control": KEPT}
    return web.Response(body=picture, content_type="image/webp", headers=headers)
