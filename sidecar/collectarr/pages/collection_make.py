"""A collection made from nothing: a list to keep by hand, or one that comes ready-made."""

from aiohttp import web

from collectarr.errors import CollectarrError, ConflictError, InvalidError, NotFoundError
from collectarr.models import Trigger
from collectarr.pages.collection_new import created_note, show_new
from collectarr.pages.parts import Form
from collectarr.pages.visit import Note, Visit, see_other, typed
from collectarr.store.manual import MANUAL
from collectarr.sync.collection import start_sync
from collectarr.sync.define import Definition, ListChoice, define_collection
from collectarr.sync.starters import apply_starter

NO_NAME = "Give your collection a name."
START = "/collections/new"


async def by_hand(request: web.Request) -> web.Response:
    """Straight on to the editor. Its first sync waits until something is on it."""
    visit, name = Visit.of(request), (await typed(request)).get("name", "").strip()
    if not name:
        return await show_new(visit, Form({}, {"name": NO_NAME}), 422)
    definition = Definition(name, (ListChoice(MANUAL),))
    try:
        collection = await define_collection(visit.db, visit.outside, visit.user.id, definition)
    except InvalidError as error:
        return await show_new(visit, Form({"name": name[:500]}, {"name": error.message}), 422)
    note = Note("ok", f"“{collection.name}” was created. Now put something on its list.")
    return see_other(request, f"/collections/{collection.id}/edit", note)


async def from_starter(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await typed(request)
    try:
        collection = await apply_starter(
            visit.db,
            visit.outside,
            visit.user.id,
            fields.get("starter", ""),
            fields.get("name", "").strip() or None,
        )
    except (InvalidError, NotFoundError, ConflictError) as error:
        return see_other(request, START, Note("error", error.message))
    try:
        await start_sync(visit.db, visit.outside, visit.runner, collection, Trigger.CREATED)
    except CollectarrError as error:
        return see_other(request, f"/collections/{collection.id}", Note("error", error.message))
    note = await created_note(visit, collection)
    return see_other(request, f"/collections/{collection.id}", note)


ROUTES = (
    ("POST", "/collections/new/manual", by_hand),
    ("POST", "/collections/new/starter", from_starter),
)
