"""The Emby stand-in's routes about images: base64 in, bytes out, collages of its own."""

import base64
import binascii
import contextlib
import io
from typing import Any

from aiohttp import web
from PIL import Image

from collectarr.demo import posters
from collectarr.demo.emby.core import EmbyCore
from collectarr.demo.emby.route import Route
from collectarr.demo.emby.rows import image_tags
from collectarr.demo.emby.state import StoredBoxSet, StoredImage, StoredItem, hashed_id
from collectarr.demo.emby.wire import NOT_FOUND, Ask, Refusal, answer, done

EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}
_NOT_BASE64 = (
    "The input is not a valid Base-64 string as it contains a non-base 64 character, more than "
    "two padding characters, or an illegal character among the padding characters."
)


async def image_list(core: EmbyCore, ask: Ask) -> web.Response:
    found = _found(core, ask)
    rows = [] if found.images else _own_poster_row(core, found)
    for kind, shown in (found.images or {}).items():
        for index, image in enumerate(shown):
            rows.append(_info(core, found, kind, image, index))
    return answer(rows)


def _own_poster_row(core: EmbyCore, found: StoredItem) -> list[dict[str, Any]]:
    tags = image_tags(found)
    return [_info(core, found, "Primary", StoredImage(tags["Primary"]), 0)] if tags else []


def _info(
    core: EmbyCore, found: StoredItem, kind: str, image: StoredImage, index: int
) -> dict[str, Any]:
    body = body_of(core, found, image)
    name = "poster" if kind == "Primary" else f"{kind.lower()}{index or ''}"
    row: dict[str, Any] = {
        "ImageType": kind,
        "Path": f"{found.path}/{name}.{EXTENSIONS.get(image.content_type, 'txt')}",
        "Size": len(body),
    }
    if kind == "Backdrop":
        row["ImageIndex"] = index
    with contextlib.suppress(OSError):
        row["Width"], row["Height"] = Image.open(io.BytesIO(body)).size
    return row


def body_of(core: EmbyCore, found: StoredItem, image: StoredImage) -> bytes:
    """The bytes of an image; the server's own are drawn now."""
    if image.body is not None:
        return image.body
    if isinstance(found, StoredBoxSet):
        members = [core.state.items[member] for member in list(found.links)[:4]]
        return posters.collage(tuple((member.name, member.year) for member in members))
    return posters.poster(found.name, found.year)


async def image_bytes(core: EmbyCore, ask: Ask) -> web.Response:
    """Needs no key."""
    found = _found(core, ask)
    kind = ask.part("type")
    image = found.image(kind)
    if image is None and kind in image_tags(found):
        image = StoredImage(image_tags(found)[kind])
    if image is None:
        raise Refusal(404, NOT_FOUND)
    body, tag = body_of(core, found, image), image.tag
    limit = ask.number("MaxWidth") or ask.number("Width")
    if limit and image.content_type in EXTENSIONS:
        body, tag = _scaled(body, limit), hashed_id(tag, limit)
    headers = {"ETag": f'"{tag}"', "Cache-Control": "public"}
    return web.Response(body=body, content_type=image.content_type, headers=headers)


def _scaled(body: bytes, width: int) -> bytes:
    try:
        with Image.open(io.BytesIO(body)) as picture:
            if picture.width <= width:
                return body
            kind = picture.format
            picture.thumbnail((width, width * 4))
            out = io.BytesIO()
            picture.save(out, kind)
            return out.getvalue()
    except OSError:
        return body


async def upload(core: EmbyCore, ask: Ask) -> web.Response:
    """The body is base64 text, its content type that of the image."""
    found = _found(core, ask)
    raw = await ask.request.read()
    given = ask.request.headers.get("Content-Type", "application/x-www-form-urlencoded")
    content_type = given.partition(";")[0].strip().lower()
    if core.state.profile.checks_image_type and content_type not in EXTENSIONS:
        text = f"Unable to determine image file extension from mime type {content_type}"
        raise Refusal(400, text)
    try:
        body = base64.b64decode(raw, validate=True)
    except binascii.Error:
        raise Refusal(500, _NOT_BASE64) from None
    put_image(core, found, ask.part("type"), body, content_type)
    return done()


def put_image(core: EmbyCore, found: StoredItem, kind: str, body: bytes, content_type: str) -> None:
    """Sets the image; of backdrops there are many. Each upload has a tag of its own."""
    tag = hashed_id(found.id, kind, core.state.generation)
    image = StoredImage(tag, body, content_type)
    images = dict(found.images or {})
    images[kind] = [*images.get(kind, []), image] if kind == "Backdrop" else [image]
    found.images = images
    core.box_sets.changed(found)


async def drop(core: EmbyCore, ask: Ask) -> web.Response:
    """Also 204 where there is none. Emby draws a box set a new collage a little later."""
    found = _found(core, ask)
    images = dict(found.images or {})
    if images.pop(ask.part("type"), None) is not None:
        found.images = images
        core.box_sets.changed(found)
    return done()


def _found(core: EmbyCore, ask: Ask) -> StoredItem:
    found = core.state.find(ask.part("id"))
    if found is None:
        raise Refusal(404, NOT_FOUND)
    return found


ROUTES = (
    Route("GET", "/Items/{id}/Images", image_list),
    Route("GET", "/Items/{id}/Images/{type}", image_bytes, public=True),
    Route("HEAD", "/Items/{id}/Images/{type}", image_bytes, public=True),
    Route("POST", "/Items/{id}/Images/{type}", upload),
    Route("DELETE", "/Items/{id}/Images/{type}", drop),
)
