"""/webhooks: where servers tell what changed, with the token in the address as their only proof."""

import json
from typing import Any

from aiohttp import web

from collectarr.api.endpoint import Call, Endpoints
from collectarr.bodies import in_time
from collectarr.emby.events import Event, webhook_event
from collectarr.errors import ConflictError, InvalidError, NotFoundError
from collectarr.store.webhooks import Teller

endpoints = Endpoints("webhooks")
Text = str | bytes | bytearray
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
EXAMPLE = {
    "Event": "library.new",
    "Item": {"Id": "77360", "Type": "Movie", "Name": "The Matrix"},
    "Server": {"Id": "0f3b1c7e5a9d4c2e8b6a1d2f3c4b5a69"},
}
UNREADABLE = "What came is not one of Emby's messages: send JSON, or a form with it in “data”."


@endpoints.post(
    "/webhooks/emby/{token}",
    "What Emby tells: JSON in whatever type of body, or in the field `data` of a form",
    access="public",
    status=202,
    takes=("application/json",),
    example=EXAMPLE,
    errors=(409, 415),
)
async def receive(call: Call, token: str) -> web.StreamResponse:
    """Answered once it is stored. Emby itself is asked later, and by others."""
    intake = call.services.intake
    teller = await intake.knows(token)
    if teller is None:
        raise NotFoundError("Nobody has this address, or no longer.")
    event = await _event(call, teller)
    if not await intake.take(teller, [event], "webhook"):
        raise ConflictError(
            "This address was made for another server than the one that tells.",
            code="other_server",
        )
    return web.Response(status=202)


async def _event(call: Call, teller: Teller) -> Event:
    """Raises InvalidError for what is no event; that something came is shown to people."""
    try:
        return webhook_event(_loaded(await _text(call.request)))
    except InvalidError as error:
        await call.services.intake.unreadable(teller, "webhook", error.message)
        raise


async def _text(request: web.Request) -> Text:
    """The JSON, wherever in the body it is."""
    if request.content_type not in FORMS:
        return await in_time(request, request.read)
    # Read already, to see whether it is a form of one of our own pages.
    value = (await request.post()).get("data", "")
    return value.file.read() if isinstance(value, web.FileField) else value


def _loaded(text: Text) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidError(UNREADABLE, code="json") from None
