"""The look tab of a collection: name, words and poster in Emby, and what is there now."""

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from collectarr.bodies import takes
from collectarr.errors import CollectarrError, ConflictError, InvalidError
from collectarr.models import Look, PosterFrom, Trigger
from collectarr.pages.collection import page_of
from collectarr.pages.look_views import KeptField, LookTab, PosterChoice, ServerLook
from collectarr.pages.parts import Choice, Form
from collectarr.pages.render import show_page
from collectarr.pages.visit import Note, Visit, see_other, typed
from collectarr.posters.upload import MOST_BYTES
from collectarr.store import collections as stored_collections
from collectarr.store import servers, targets
from collectarr.store.collections import Collection
from collectarr.sync.collection import start_sync
from collectarr.sync.define_look import checked_look
from collectarr.sync.dress import WORDS, filled
from collectarr.sync.look import (
    POSTER,
    LookThere,
    keep_upload,
    look_there,
    set_look,
    take_ours,
)

TOO_LARGE = "This picture is larger than 10 MB."
POSTERS = (
    (PosterFrom.EMBY, "Leave it to Emby", "What is there stays, and Emby may draw its own."),
    (PosterFrom.MOSAIC, "Drawn from its titles", "Drawn anew when the titles on it change."),
    (PosterFrom.SOURCE, "From the list", "The list's own picture, or its first title's."),
    (PosterFrom.UPLOAD, "Your own picture", "JPEG, PNG or WebP, best 1000 x 1500, at most 10 MB."),
)
ORDERS = (
    ("", "As it is in Emby"),
    ("SortName", "By title"),
    ("PremiereDate", "By day of release"),
)
WHOSE = {
    "none": ("It has none", "quiet"),
    "ours": ("Yours", "ok"),
    "emby": ("Emby's own", "quiet"),
    "theirs": ("Set by somebody in Emby", "warn"),
    "unknown": ("Emby's own, or set by somebody in Emby", "warn"),
    "sending": ("On its way; the next sync looks whether it arrived", "quiet"),
}
SAVED = Note("ok", "Saved. The next sync brings it to Emby.")


async def _asked(visit: Visit) -> Collection:
    return await stored_collections.get_collection(visit.db, visit.user.id, visit.number())


async def show(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    return await _page(visit, await _asked(visit))


async def _page(
    visit: Visit, collection: Collection, form: Form | None = None, status: int = 200
) -> web.Response:
    page = await page_of(visit, collection, "look")
    tab = await _tab(visit, collection, form)
    return await show_page(
        visit.request,
        "collection.html",
        replace(page, look=tab),
        active="collections",
        status=status,
    )


async def _tab(visit: Visit, collection: Collection, form: Form | None) -> LookTab:
    values = {**_stored(collection.look), **(form.values if form else {})}
    names = {row.id: row.name for row in await servers.list_servers(visit.db, visit.user.id)}
    found = await targets.load_targets(visit.db, [collection.id])
    count = max((target.owned or 0 for target in found), default=0)
    total = collection.wanted or 0
    look = collection.look
    lines = [_server(names.get(target.server_id, ""), look_there(target), look) for target in found]
    return LookTab(
        form=Form(values, form.errors if form else {}),
        posters=_posters(visit, collection, values["poster"]),
        orders=tuple(Choice(key, label, values["display_order"] == key) for key, label in ORDERS),
        called=filled(look.name or "{name}", collection.name, count, total),
        name=collection.name,
        count=count,
        total=total,
        servers=tuple(lines),
        more=any(values[key] for key in ("overview", "sort_name", "tags", "display_order")),
    )


def _stored(look: Look) -> dict[str, str]:
    return {
        "look_name": look.name or "",
        "overview": look.overview or "",
        "sort_name": look.sort_name or "",
        "display_order": look.display_order or "",
        "tags": ", ".join(look.tags),
        "poster": look.poster.value,
    }


def _posters(visit: Visit, collection: Collection, chosen: str) -> tuple[PosterChoice, ...]:
    choices = []
    for origin, label, words in POSTERS:
        shown = origin is not PosterFrom.EMBY
        if origin is PosterFrom.UPLOAD:
            shown = collection.look.picture is not None
        mark = (collection.look.picture or "")[:12] if origin is PosterFrom.UPLOAD else ""
        path = f"/api/v1/collections/{collection.id}/poster?source={origin}&missing=tile&v={mark}"
        url = visit.url(path) if shown else None
        choices.append(PosterChoice(origin.value, label, words, chosen == origin, url))
    return tuple(choices)


def _server(name: str, there: LookThere, look: Look) -> ServerLook:
    if not there.made:
        return ServerLook(there.server_id, name, "Not in Emby yet: the first sync makes it")
    words, tone = WHOSE[there.poster]
    kept = [
        KeptField(
            key, f"Its {WORDS[key]} was changed in Emby and is kept.", f"Write our {WORDS[key]}"
        )
        for key in there.kept
    ]
    if there.undone and look.poster is not PosterFrom.EMBY:
        kept.insert(0, KeptField(POSTER, "You took back your poster here: it stays so.", "Send it"))
    elif look.poster is not PosterFrom.EMBY and there.poster in ("theirs", "unknown", "none"):
        kept.insert(0, KeptField(POSTER, "", "Replace it" if there.poster != "none" else "Send it"))
    return ServerLook(there.server_id, name, words, tone, tuple(kept))


async def save(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await typed(request)
    collection = await _asked(visit)
    try:
        look = checked_look(_typed(fields, collection.look))
    except InvalidError as error:
        return await _page(visit, collection, _refused(fields, error), 422)
    assert look is not None
    await set_look(visit.db, collection, look)
    return see_other(request, f"/collections/{collection.id}/look", SAVED)


def _typed(fields: Mapping[str, str], was: Look) -> Look:
    chosen = fields.get("poster", was.poster.value)
    if chosen not in tuple(PosterFrom):
        raise _at("poster", "Choose one of these.")
    return Look(
        fields.get("look_name"),
        fields.get("overview"),
        fields.get("sort_name"),
        fields.get("display_order"),
        tuple(fields.get("tags", "").split(",")),
        PosterFrom(chosen),
        was.picture,
    )


def _at(name: str, words: str) -> InvalidError:
    return InvalidError(words, details={"fields": {f"look.{name}": words}})


def _refused(fields: Mapping[str, str], error: CollectarrError) -> Form:
    told: Mapping[str, str] = error.details.get("fields") or {"": error.message}
    names = {"look.name": "look_name"}
    errors = {names.get(key, key.removeprefix("look.")): words for key, words in told.items()}
    return Form({key: value for key, value in fields.items() if key != "csrf"}, errors)


async def _large(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    return await _page(visit, await _asked(visit), Form({}, {"picture": TOO_LARGE}), 413)


@takes(MOST_BYTES + (1 << 16), _large)
async def upload(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    collection = await _asked(visit)
    given = (await request.post()).get("picture")
    raw = given.file.read() if isinstance(given, web.FileField) else b""
    try:
        await keep_upload(visit.db, visit.outside, collection, raw)
    except CollectarrError as error:
        return await _page(visit, collection, Form({}, {"picture": error.message}), 422)
    return see_other(request, f"/collections/{collection.id}/look", SAVED)


async def ours(request: web.Request) -> web.Response:
    """Write ours again over what somebody put there, and sync at once."""
    visit, fields = Visit.of(request), await typed(request)
    collection = await _asked(visit)
    path, server = f"/collections/{collection.id}/look", fields.get("server_id", "")
    number = int(server) if server.isdecimal() and len(server) < 16 else 0
    try:
        await take_ours(visit.db, collection, number, [fields.get("field", "")])
    except (InvalidError, ConflictError) as error:
        return see_other(request, path, Note("warn", error.message))
    await start_sync(visit.db, visit.outside, visit.runner, collection, Trigger.MANUAL, again=True)
    return see_other(request, path)


ROUTES = (
    ("GET", "/collections/{id}/look", show),
    ("POST", "/collections/{id}/look", save),
    ("POST", "/collections/{id}/look/poster", upload),
    ("POST", "/collections/{id}/look/ours", ours),
)
