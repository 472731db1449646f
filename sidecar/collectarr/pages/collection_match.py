"""One title of a collection: what it was matched to and why, and how to correct that."""

import re
from urllib.parse import urlencode

from aiohttp import web

from collectarr.errors import ConflictError, InvalidError
from collectarr.models import Ids, Item, Kind, Title
from collectarr.pages.collection_items import emby_page
from collectarr.pages.correction_views import Candidate, MatchPage, MatchServer
from collectarr.pages.corrections import said_line, take_back
from collectarr.pages.editor_parts import about
from collectarr.pages.parts import Form, Poster
from collectarr.pages.posters import poster_url, title_poster_url
from collectarr.pages.render import show_page
from collectarr.pages.visit import Note, Visit, see_other, typed, wrong
from collectarr.pages.words import id_links, matched_words
from collectarr.store import collections as stored_collections
from collectarr.store import corrections as stored
from collectarr.store import presence, servers, targets
from collectarr.store.collections import Collection, StoredMatch
from collectarr.store.servers import Server
from collectarr.sync import correct
from collectarr.sync.contents import title_key
from collectarr.sync.correct import Row
from collectarr.sync.reasons import is_conflict
from collectarr.trail import note

PATH = "/collections/{id}/items/{rank}/match"
MOST_NEAR, MOST_FOUND = 6, 20
NOT_LOOKED = "It has not been looked for here yet: the next sync does."
MOVED = "The list has changed, and another title stands in that place now. Choose it again."
NEXT = "The next sync goes by it, in all of your collections."
LONGEST = 200
_YEAR = re.compile(r"(?:18|19|20|21)\d\d", re.ASCII)


async def show(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    collection = await _asked(visit)
    row = await correct.row_of(visit.db, collection, visit.number("rank"))
    return await _page(visit, collection, row, Form())


async def _asked(visit: Visit) -> Collection:
    return await stored_collections.get_collection(visit.db, visit.user.id, visit.number())


async def _page(
    visit: Visit, collection: Collection, row: Row, form: Form, status: int = 200
) -> web.Response:
    title = row.item.title
    now = await correct.items_now(visit.db, visit.user.id, row.said)
    known = await servers.list_servers(visit.db, visit.user.id)
    names = {server.id: server.name for server in known}
    synced = collection.last_synced_at
    page = MatchPage(
        id=collection.id,
        collection=collection.name,
        rank=row.item.rank,
        key=str(title_key(title)),
        poster=_poster(visit, title, row.item.poster),
        about=about(title) or "Film or show",
        ids=id_links(title.kind, title.ids),
        said=tuple(said_line(visit, one, names, now) for one in row.said),
        servers=await _servers(visit, collection, row, known),
        query=_query(visit),
        form=form,
        excluded=any(one.act == "exclude" for one in row.said),
        unsynced=any(synced is None or one.created_at > synced for one in row.said),
    )
    return await show_page(
        visit.request, "collection_match.html", page, active="collections", status=status
    )


def _query(visit: Visit) -> str:
    return " ".join(visit.request.query.get("q", "").split())[:LONGEST]


async def _servers(
    visit: Visit, collection: Collection, row: Row, known: list[Server]
) -> tuple[MatchServer, ...]:
    kept = {one.server_id for one in await targets.load_targets(visit.db, [collection.id])}
    matches = await stored_collections.load_matches(visit.db, collection.id)
    key = title_key(row.item.title)
    found = {one.server_id: one for one in matches if one.title == key}
    return tuple(
        [
            await _server(visit, server, row, found.get(server.id))
            for server in known
            if server.id in kept
        ]
    )


async def _server(visit: Visit, server: Server, row: Row, found: StoredMatch | None) -> MatchServer:
    title, query = row.item.title, _query(visit)
    pinned = {key for one in row.said if one.server_id == server.id for key, _ in one.items}
    ids = found.item_ids if found else ()
    items = await stored.items_named(visit.db, server.id, [*ids, *pinned])
    matched = [item for item in items if item.id in ids]
    near = found.near if found else ()
    others = await correct.near_items(visit.db, server.id, title, near, MOST_NEAR)
    searched, total = await _search(visit, server, query)
    return MatchServer(
        id=server.id,
        name=server.name,
        why=found.why if found else NOT_LOOKED,
        by=matched_words(found.by or "") if found else "",
        conflict=found is not None and not ids and is_conflict(found.why),
        items=tuple(_candidate(visit, server, title, item, pinned) for item in matched),
        near=tuple(
            _candidate(visit, server, title, item, pinned) for item in others if item.id not in ids
        ),
        found=tuple(_candidate(visit, server, title, item, pinned) for item in searched),
        total=total,
        pinned=bool(pinned),
    )


async def _search(visit: Visit, server: Server, query: str) -> tuple[list[Item], int]:
    """By words of a title, a year among them, or by an id or address as people paste it."""
    if not query:
        return [], 0
    try:
        ids = correct.meant_by(query).ids
    except InvalidError:
        ids = Ids()
    if ids:
        named = Title(Kind.UNKNOWN, "", None, ids)
        items = await stored.items_named(visit.db, server.id, (), [named])
        return items[:MOST_FOUND], len(items)
    words = query.lower().replace("(", " ").replace(")", " ").split()
    return await _worded(visit, server, words)


async def _worded(visit: Visit, server: Server, words: list[str]) -> tuple[list[Item], int]:
    """The last four digits are a year, if that leads anywhere; else a part of the title."""
    year = next((word for word in reversed(words) if _YEAR.fullmatch(word)), None)
    if year is not None:
        rest = [word for word in words if word != year]
        dated = Title(Kind.UNKNOWN, "", int(year))
        of_year = await stored.items_named(visit.db, server.id, (), [dated])
        found = [item for item in of_year if _has(item.title, rest)]
        if found and rest:
            return found[:MOST_FOUND], len(found)
    number = words[0] if len(words) == 1 and words[0].isascii() and words[0].isdigit() else None
    items, total = await presence.search_presence(
        visit.db, server.id, words, number=number, limit=MOST_FOUND
    )
    if items or year is None:
        return items, total
    return found[:MOST_FOUND], len(found)


def _has(title: Title, words: list[str]) -> bool:
    named = f"{title.title} {title.original_title or ''}".lower()
    return all(word in named for word in words)


def _candidate(
    visit: Visit, server: Server, title: Title, item: Item, pinned: set[str]
) -> Candidate:
    return Candidate(
        item_id=item.id,
        poster=_poster(visit, item.title, None, (server.id, item.id)),
        about=about(item.title),
        ids=", ".join(
            f"{link.database} {link.value}" for link in id_links(item.title.kind, item.title.ids)
        ),
        href=emby_page(server, item.id),
        fits=title.kind in (Kind.UNKNOWN, item.title.kind),
        pinned=item.id in pinned,
    )


def _poster(
    visit: Visit, title: Title, listed: str | None, item: tuple[int, str] | None = None
) -> Poster:
    url = poster_url(visit.url, item, listed)
    if url is None and visit.services.posters.finds(title):
        url = title_poster_url(visit.url, title)
    return Poster(title.title or correct.shown(title), url, title.year)


async def save(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await typed(request)
    collection = await _asked(visit)
    row = await correct.row_of(visit.db, collection, visit.number("rank"))
    path = f"/collections/{collection.id}/items/{row.item.rank}/match"
    if fields.get("act") == "undo":
        return see_other(request, path, await take_back(visit, fields.get("correction", "")))
    if fields.get("key") != str(title_key(row.item.title)):
        return see_other(request, f"/collections/{collection.id}", Note("error", MOVED))
    try:
        said = await _say(visit, row, fields)
    except (InvalidError, ConflictError) as error:
        form = wrong(fields, error, "to" if fields.get("act") == "map" else "")
        return await _page(visit, collection, row, form, 422)
    await note(request, "correction_made", correct.shown(said.title), act=said.act)
    query = f"?{urlencode({'q': q})}" if (q := fields.get("q", "")) and said.act == "pin" else ""
    return see_other(request, path + query, Note("ok", f"{_words(said)} {NEXT}"))


async def _say(visit: Visit, row: Row, fields: dict[str, str]) -> stored.Correction:
    title, act = row.item.title, fields.get("act")
    if act == "map":
        to = correct.meant_by(fields.get("to", ""))
        return await correct.map_title(visit.db, visit.user.id, title, to)
    if act == "exclude":
        return await correct.exclude_title(visit.db, visit.user.id, title)
    if act not in ("pin", "also"):
        raise InvalidError("Choose what to correct.")
    number = fields.get("server", "")
    server_id = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
    mine = [one for one in row.said if one.server_id == server_id] if act == "also" else []
    # What is gone would be refused.
    now = await correct.items_now(visit.db, visit.user.id, mine)
    before = [item.id for items in now.values() for item in items]
    items = [*before, fields.get("item", "")]
    return await correct.pin_title(visit.db, visit.user.id, title, server_id, items)


def _words(said: stored.Correction) -> str:
    name = correct.shown(said.title)
    if said.act == "pin":
        count = len(said.items)
        what = "this item" if count == 1 else f"these {count} items"
        return f"“{name}” is {what} from now on."
    if said.to is not None:
        return f"“{name}” means “{correct.shown(said.to)}” from now on."
    return f"“{name}” is never matched from now on."


_ROUTE = PATH.replace("{rank}", r"{rank:\d{1,7}}")
ROUTES = (("GET", _ROUTE, show), ("POST", _ROUTE, save))
