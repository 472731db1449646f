"""What a person decides about one title of a collection: always in, or always left out."""

from aiohttp import web

from collectarr.models import Ids, Kind, Title, number_id
from collectarr.pages.collection_rules import called
from collectarr.pages.visit import Note, Visit, back, typed
from collectarr.store import collections as stored_collections
from collectarr.store.collection_titles import drop_title, put_title
from collectarr.sync.define_rules import MOST_TITLES, names_a_title

UNCLEAR = "That says too little: an id is needed, or a title and a year."
FULL = f"No more than {MOST_TITLES} titles can be pinned or left out. Take one back first."
NEXT = "The next sync goes by it."


async def pin(request: web.Request) -> web.Response:
    return await _put(request, "pin", "is pinned: always in, and first of all")


async def exclude(request: web.Request) -> web.Response:
    return await _put(request, "exclude", "is left out from now on")


async def unpin(request: web.Request) -> web.Response:
    return await _drop(request, "pin", "is not pinned any more")


async def unexclude(request: web.Request) -> web.Response:
    return await _drop(request, "exclude", "is not left out any more")


async def _put(request: web.Request, role: str, words: str) -> web.Response:
    visit = Visit.of(request)
    collection = await stored_collections.get_collection(visit.db, visit.user.id, visit.number())
    title = await _title(request)
    path = f"/collections/{collection.id}"
    if title is None:
        return back(request, path, Note("error", UNCLEAR))
    if len(collection.pins if role == "pin" else collection.exclusions) >= MOST_TITLES:
        return back(request, path, Note("error", FULL))
    done = await put_title(visit.db, collection.id, role, title)
    said = f"{words}. {NEXT}" if done else f"{words} already."
    return back(request, path, Note("ok", f"“{called(title)}” {said}"))


async def _drop(request: web.Request, role: str, words: str) -> web.Response:
    visit = Visit.of(request)
    collection = await stored_collections.get_collection(visit.db, visit.user.id, visit.number())
    title = await _title(request)
    path = f"/collections/{collection.id}"
    if title is None:
        return back(request, path, Note("error", UNCLEAR))
    await drop_title(visit.db, collection.id, role, title)
    return back(request, path, Note("ok", f"“{called(title)}” {words}. {NEXT}"))


async def _title(request: web.Request) -> Title | None:
    fields = await typed(request)
    kind = fields.get("kind", "")
    if kind not in tuple(Kind):
        return None
    ids = Ids.of(*(fields.get(name) for name in ("imdb", "tmdb", "tvdb", "trakt")))
    name = " ".join(fields.get("title", "").split())[:500]
    title = Title(Kind(kind), name, number_id(fields.get("year")), ids)
    return title if names_a_title(title) else None


ROUTES = (
    ("POST", "/collections/{id}/pin", pin),
    ("POST", "/collections/{id}/unpin", unpin),
    ("POST", "/collections/{id}/exclude", exclude),
    ("POST", "/collections/{id}/unexclude", unexclude),
)
