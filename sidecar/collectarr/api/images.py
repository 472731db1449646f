"""Posters through our own address: no third party sees who looks, no key reaches a browser."""

from typing import Literal

from aiohttp import web
from pydantic import BaseModel, Field

from collectarr.api.endpoint import Call, Endpoints, Options
from collectarr.errors import NotFoundError, UpstreamError
from collectarr.models import ITEM_ID, Ids, Kind, Title
from collectarr.posters.titles import nearest_width
from collectarr.store.collections import get_collection
from collectarr.store.servers import get_server, list_servers
from collectarr.store.targets import load_targets
from collectarr.sync.look import picture_of

endpoints = Endpoints("images")
KEPT = "private, max-age=86400"
TILE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 300">'
    '<rect width="200" height="300" fill="#232b35"/><path d="M0 0h200v112L0 178z" fill="#2c3642"/>'
    "</svg>"
)
PICTURE: Options = {"media": "image/webp", "etag": True, "errors": (422, 502, 503)}


class ImageQuery(BaseModel):
    """How wide the picture is wanted, in pixels."""

    w: int = Field(240, ge=1, le=2000)


class TitleImageQuery(ImageQuery):
    """What to answer where there is no picture: an error, or a drawn tile (SVG)."""

    missing: Literal["error", "tile"] = "error"


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
    "/images/titles/{kind}/{number}", "The poster of a title by its TMDb or IMDb id", **PICTURE
)
async def title_image(
    call: Call, kind: str, number: str, query: TitleImageQuery
) -> web.StreamResponse:
    ids = Ids.of(imdb=number) if number.startswith("tt") else Ids.of(tmdb=number)
    if kind not in list(Kind) or not ids:
        raise NotFoundError("There is no such title.")
    title = Title(Kind(kind), number, ids=ids)
    try:
        return _picture(await call.services.posters.of_title(title, nearest_width(query.w)))
    except (NotFoundError, UpstreamError):
        if query.missing == "tile":
            return _tile()
        raise


@endpoints.get("/images/collections/{collection_id}/poster", "Its poster, small", **PICTURE)
async def collection_poster(
    call: Call, collection_id: int, query: ImageQuery
) -> web.StreamResponse:
    """The one that we gave it, in Emby or on its way there; a tile where it has none of ours."""
    collection = await get_collection(call.db, call.user.id, collection_id)
    found = await load_targets(call.db, [collection.id])
    name = picture_of(found, collection.look)

    async def load() -> bytes:
        picture = await call.outside.pictures.load(name or "")
        if picture is None:
            raise NotFoundError("This collection has no poster of its own.")
        return picture

    if name is None:
        return _tile()
    width = nearest_width(query.w)
    return _picture(await call.services.posters.of_picture(name, width, load))


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


def _tile() -> web.StreamResponse:
    """Not kept: the picture may come, and a page drawn anew knows the title's name."""
    headers = {"Cache-Control": "no-store"}
    return web.Response(text=TILE, content_type="image/svg+xml", headers=headers)
