"""The editor of a list kept by hand: add by search, id, paste or file; move, note, remove."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from collectarr.bodies import MEGABYTE, takes
from collectarr.errors import InvalidError, NotFoundError
from collectarr.models import ListItem, Trigger
from collectarr.pages import editor_parts as parts
from collectarr.pages.editor_views import EditorPage, PasteReport
from collectarr.pages.parts import Choice, Form
from collectarr.pages.render import Regions, show_page
from collectarr.pages.visit import Note, Visit, see_other, typed
from collectarr.store import collections as stored_collections
from collectarr.store import manual as stored
from collectarr.store.collections import Collection
from collectarr.sync.collection import start_sync
from collectarr.sync.manual import Added, add_file, add_text, add_title, edit, remove, restore
from collectarr.sync.show import take_stock, titles_and_rest

WAYS = {"search": "Search", "paste": "Paste", "file": "File"}
NOTHING = "Paste at least one id or address."
NO_FILE = "Choose a file first."
LONG_TEXT = "This is more than 1 MB. Give it in several parts, or as a file."
LARGE_FILE = "This file is larger than 8 MB. Split it, or leave out columns that are not needed."
NO_TITLE = "That is no title that can be added. Search for it anew."
KEPT = ("query", "add", "q")


@dataclass(frozen=True, slots=True)
class Said:
    """What a form that was just sent came to, where that is shown on the page itself."""

    form: Form
    report: PasteReport | None = None


async def _asked(visit: Visit) -> Collection:
    return await stored_collections.get_collection(visit.db, visit.user.id, visit.number())


def _path(collection: Collection) -> str:
    return f"/collections/{collection.id}/edit"


async def show(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    return await _page(visit, await _asked(visit))


async def _page(
    visit: Visit, collection: Collection, said: Said | None = None, status: int = 200
) -> web.Response:
    regions = Regions.of(visit.request)
    list_id = await stored.manual_list_of(visit.db, collection.id)
    page = await _rows_page(visit, collection, list_id)
    if page.way == "search" and regions.want("found"):
        query = visit.request.query.get("q", "")
        page = replace(page, search=await parts.search_part(visit, list_id, query))
    if said is not None:
        page = replace(page, form=said.form, report=said.report)
    return await show_page(
        visit.request, "collection_editor.html", page, active="collections", status=status
    )


async def _rows_page(visit: Visit, collection: Collection, list_id: int | None) -> EditorPage:
    query = visit.request.query
    kept: dict[str, Any] = {name: query.get(name, "")[:200] for name in KEPT}
    way = kept["add"] = kept["add"] if kept["add"] in WAYS else "search"
    words, path = kept["query"].lower().split(), _path(collection)
    number = visit.page_number()
    at = query.get("at", "")
    if at.isascii() and at.isdigit() and len(at) < 7:
        number = max(1, -(-int(at) // parts.PER_PAGE))
    found = await _count(visit, list_id, words)
    leaf = parts.leaf_of(path, kept, number, found)
    rows: list[ListItem] = []
    if list_id is not None:
        start = (leaf.page - 1) * parts.PER_PAGE
        rows, _ = await stored.list_rows(
            visit.db, list_id, words, limit=parts.PER_PAGE, offset=start
        )
    kept["page"] = leaf.page
    stock = await titles_and_rest(visit.db, visit.outside, collection)
    return EditorPage(
        id=collection.id,
        name=collection.name,
        total=await _count(visit, list_id, []) if words else found,
        found=found,
        rows=await parts.editor_rows(visit, rows, stock.rows),
        leaf=leaf,
        query=kept["query"],
        way=way,
        ways=_ways(path, kept, way),
        state=parts.state_of(kept),
        kept={name: str(value) for name, value in kept.items() if value},
        undo=await parts.undo_part(visit, list_id, query.get("removed", "")),
        unsynced=stock.changed or (collection.last_synced_at is None and bool(stock.rows)),
    )


async def _count(visit: Visit, list_id: int | None, words: list[str]) -> int:
    if list_id is None:
        return 0
    return (await stored.list_rows(visit.db, list_id, words, limit=0))[1]


def _ways(path: str, kept: Mapping[str, str | int], way: str) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            value,
            label,
            value == way,
            href=path + parts.state_of({**kept, "add": value if value != "search" else ""}),
        )
        for value, label in WAYS.items()
    )


def _back(visit: Visit, collection: Collection, *notes: Note, **more: str) -> web.Response:
    """To the editor as it was: the form's address tells."""
    names = (*KEPT, "page")
    kept = {name: visit.request.query.get(name, "")[:200] for name in names} | more
    anchor = kept.pop("anchor", "")
    path = _path(collection) + parts.state_of(kept)
    return see_other(visit.request, path + (f"#{anchor}" if anchor else ""), *notes)


async def add(request: web.Request) -> web.Response:
    """One title that a search found."""
    visit, fields = Visit.of(request), await typed(request)
    collection = await _asked(visit)
    found = parts.title_in(fields)
    if found is None:
        return _back(visit, collection, Note("error", NO_TITLE))
    try:
        added = await add_title(visit.db, collection, *found)
        await take_stock(visit.db, visit.outside, collection)
    except InvalidError as error:
        return _back(visit, collection, Note("error", error.message))
    name = f"“{found[0].title}”" if found[0].title else "It"
    words = "is on the list now, at its end" if added.added else "was on the list already"
    return _back(visit, collection, Note("ok" if added.added else "info", f"{name} {words}."))


async def _too_large(request: web.Request, field: str, words: str) -> web.Response:
    visit = Visit.of(request)
    return await _page(visit, await _asked(visit), Said(Form({}, {field: words})), 413)


async def _long_text(request: web.Request) -> web.Response:
    return await _too_large(request, "text", LONG_TEXT)


async def _large_file(request: web.Request) -> web.Response:
    return await _too_large(request, "file", LARGE_FILE)


@takes(MEGABYTE, _long_text)
async def paste(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await typed(request)
    return await _take(visit, fields.get("text", ""), "text", NOTHING)


@takes(8 * MEGABYTE, _large_file)
async def upload(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    given = (await request.post()).get("file")
    data = given.file.read() if isinstance(given, web.FileField) else b""
    return await _take(visit, data, "file", NO_FILE)


async def to_paste(request: web.Request) -> web.Response:
    """Somebody reloads what a form led to, or opens its address."""
    visit = Visit.of(request)
    return _back(visit, await _asked(visit), add="paste")


async def to_file(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    return _back(visit, await _asked(visit), add="file")


async def _take(visit: Visit, given: str | bytes, field: str, empty: str) -> web.Response:
    collection = await _asked(visit)
    try:
        added = await _added(visit, collection, given, empty)
        await take_stock(visit.db, visit.outside, collection)
    except InvalidError as error:
        kept = {"text": given} if isinstance(given, str) else {}
        return await _page(visit, collection, Said(Form(kept, {field: error.message})), 422)
    if not added.not_understood:
        words = parts.added_words(added)
        return _back(visit, collection, Note("ok" if added.added else "info", words))
    said = Said(Form(_left(added) if field == "text" else {}), parts.report_of(added))
    return await _page(visit, collection, said)


async def _added(visit: Visit, collection: Collection, given: str | bytes, empty: str) -> Added:
    if not given.strip():
        raise InvalidError(empty)
    if isinstance(given, bytes):
        return await add_file(visit.db, collection, given, visit.outside)
    return await add_text(visit.db, collection, given, visit.outside)


def _left(added: Added) -> dict[str, str]:
    """Lines that were not understood stay in the field, to be mended."""
    wrong = [one.text for one in added.not_understood]
    return {} if added.table or len(wrong) > parts.SHOWN_LINES else {"text": "\n".join(wrong)}


async def row(request: web.Request) -> web.Response:
    """Move, save or remove one row."""
    visit, fields = Visit.of(request), await typed(request)
    collection, key = await _asked(visit), fields.get("key", "")
    try:
        if fields.get("do") == "remove":
            token = await remove(visit.db, collection, key)
            await take_stock(visit.db, visit.outside, collection)
            return _back(visit, collection, removed=token)
        changed = await _change(visit, collection, key, fields)
    except NotFoundError as error:
        return _back(visit, collection, Note("warn", error.message))
    notes = () if changed is None else (Note("ok", changed),)
    return _back(visit, collection, *notes, anchor=f"row-{key}")


async def _change(
    visit: Visit, collection: Collection, key: str, fields: Mapping[str, str]
) -> str | None:
    """What is worth saying of it. Raises NotFoundError for a row that is gone."""
    do = fields.get("do")
    if do in ("up", "down"):
        list_id = await stored.manual_list_of(visit.db, collection.id)
        here = await stored.find_row(visit.db, list_id, key) if list_id is not None else None
        place = 0 if here is None else here.rank + (1 if do == "down" else -1)
        await edit(visit.db, collection, key, position=max(1, place))
        return None
    wanted = fields.get("position", "")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 7 else None
    changed = await edit(visit.db, collection, key, position=number, note=fields.get("note", ""))
    return f"Saved. “{changed.title.title}” is number {changed.rank:,} of the list."


async def undo(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await typed(request)
    collection = await _asked(visit)
    try:
        back = await restore(visit.db, collection, fields.get("token", ""))
        await take_stock(visit.db, visit.outside, collection)
    except NotFoundError as error:
        return _back(visit, collection, Note("warn", error.message))
    return _back(visit, collection, Note("ok", f"“{back.title.title}” is back on the list."))


async def sync_now(request: web.Request) -> web.Response:
    """Once more after a run under way: it may have begun before the last change."""
    visit = Visit.of(request)
    collection = await _asked(visit)
    await start_sync(visit.db, visit.outside, visit.runner, collection, Trigger.MANUAL, again=True)
    return _back(visit, collection)


ROUTES = (
    ("GET", "/collections/{id}/edit", show),
    ("POST", "/collections/{id}/edit/add", add),
    ("GET", "/collections/{id}/edit/paste", to_paste),
    ("POST", "/collections/{id}/edit/paste", paste),
    ("GET", "/collections/{id}/edit/upload", to_file),
    ("POST", "/collections/{id}/edit/upload", upload),
    ("POST", "/collections/{id}/edit/row", row),
    ("POST", "/collections/{id}/edit/undo", undo),
    ("POST", "/collections/{id}/edit/sync", sync_now),
)
