"""Correct a match: a title is these items, means another title, or is never matched.

Said once, it holds for every list of that user, through refreshes, rescans and imports.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from collectarr.errors import InvalidError, NotFoundError
from collectarr.models import ITEM_ID, Item, Kind, ListItem, Title
from collectarr.sources.manual import has_name, labelled
from collectarr.sources.manual.text import understand
from collectarr.store import corrections as stored
from collectarr.store.collections import Collection
from collectarr.store.corrections import Correction
from collectarr.store.db import Database
from collectarr.store.presence import search_presence
from collectarr.store.servers import Server, get_server
from collectarr.sync.contents import contents_and_rest
from collectarr.sync.corrections import Correction as Said
from collectarr.sync.corrections import (
    Corrections,
    Exclude,
    Identity,
    Map,
    Pin,
    identities,
    is_about,
    items_of,
)
from collectarr.sync.index import PresenceIndex
from collectarr.sync.manual import told_by_libraries
from collectarr.sync.reasons import called

MOST_ITEMS = 50
"""Of one pin."""
NAMELESS = "That says too little of the title: its kind is needed, and an id or a name."
NO_ITEM = "Choose at least one item of the library."
TOO_MANY_ITEMS = f"At most {MOST_ITEMS} items can be one title."
NOT_THERE = "There is no such item on {server}. Look for it again: it may have gone."
OTHER_KIND = (
    "“{item}” is a {its} in Emby, and the list names a {ours}. If the list is wrong, say that it"
    " means another title."
)
NOT_A_TITLE = "This names no title. Paste an id such as tt0133093, or an address at IMDb or TMDb."
ITSELF = "That is the title itself. Say which other one it means."
_WORD = re.compile(r"\w+")
_WHAT = {Kind.MOVIE: "film", Kind.SHOW: "show", Kind.UNKNOWN: "title"}


async def pin_title(
    db: Database, user_id: int, title: Title, server_id: int, item_ids: Sequence[str]
) -> Correction:
    """The title is these items of that server, instead of whatever was said of it there.

    Raises InvalidError for items that it cannot be, NotFoundError for a server of somebody else.
    """
    _check_title(title)
    server = await get_server(db, user_id, server_id)
    wanted = list(dict.fromkeys(item_ids))
    if not wanted or len(wanted) > MOST_ITEMS:
        raise _refused("item_ids", TOO_MANY_ITEMS if wanted else NO_ITEM)
    sane = [key for key in wanted if ITEM_ID.match(key)]
    there = {item.id: item for item in await stored.items_named(db, server.id, sane)}
    if any(key not in there for key in wanted):
        raise _refused("item_ids", NOT_THERE.format(server=server.name))
    for item in there.values():
        if title.kind not in (Kind.UNKNOWN, item.title.kind):
            its, ours = _WHAT[item.title.kind], _WHAT[title.kind]
            raise _refused(
                "item_ids", OTHER_KIND.format(item=called(item.title), its=its, ours=ours)
            )
    return await stored.put_correction(
        db,
        user_id,
        "pin",
        title,
        server_id=server.id,
        items=[there[key] for key in wanted],
        instead_of=lambda one: one.server_id == server.id and is_about(one.title, title),
    )


async def map_title(db: Database, user_id: int, title: Title, to: Title) -> Correction:
    """Where a list says `title` it means `to`, on every server. Raises InvalidError."""
    _check_title(title)
    if not _is_enough(to):
        raise _refused("to", NOT_A_TITLE)
    if to.kind is title.kind and is_about(title, to):
        raise _refused("to", ITSELF)
    (told,) = await told_by_libraries(db, user_id, [to])
    return await stored.put_correction(
        db, user_id, "map", title, to=told, instead_of=lambda one: is_about(one.title, title)
    )


async def exclude_title(db: Database, user_id: int, title: Title) -> Correction:
    """The title is never matched, on no server. Raises InvalidError."""
    _check_title(title)
    return await stored.put_correction(
        db, user_id, "exclude", title, instead_of=lambda one: is_about(one.title, title)
    )


def meant_by(text: str) -> Title:
    """The title that an id or address names. Raises InvalidError."""
    found = understand(text[:2_000]).titles
    title = found[0].title if len(found) == 1 else None
    if title is None or not (title.ids or title.year):
        raise _refused("to", NOT_A_TITLE)
    return title


def _check_title(title: Title) -> None:
    if not _is_enough(title):
        raise _refused("title", NAMELESS)


def _is_enough(title: Title) -> bool:
    if title.kind is Kind.UNKNOWN:
        return title.ids.imdb is not None
    return bool(title.ids) or bool(identities(title))


def _refused(field: str, words: str) -> InvalidError:
    return InvalidError(words, details={"fields": {field: words}})


async def load_corrections(db: Database, server: Server) -> Corrections:
    """What its user said, as far as it holds on that server."""
    rows = await stored.list_corrections(db, server.user_id)
    return Corrections.of(_said(one) for one in rows if one.server_id in (None, server.id))


async def inputs_of_corrections(db: Database, user_id: int) -> str:
    """What a plan is made from beside its lists: moves with each correction."""
    moved = await stored.corrected(db, user_id)
    return f"~{moved}" if moved else ""


def _said(one: Correction) -> Said:
    if one.act == "pin":
        return Pin(
            one.title, tuple(key for key, _ in one.items), tuple(was for _, was in one.items)
        )
    return Exclude(one.title) if one.to is None else Map(one.title, one.to)


def shown(title: Title) -> str:
    """What to call it: by its id where nobody knows its name."""
    return called(title) if has_name(title) else labelled(title).title


def names_in(one: Correction) -> list[str]:
    """All titles that a correction names."""
    named = (one.title, *(was for _, was in one.items), *((one.to,) if one.to else ()))
    return [shown(title) for title in named]


async def corrections_of(db: Database, collection: Collection) -> list[Correction]:
    """Those that touch a title of the collection, or one that it leaves out."""
    found = await stored.list_corrections(db, collection.user_id)
    if not found:
        return []
    rows, out = await contents_and_rest(db, collection)
    titles: dict[Identity, list[Title]] = defaultdict(list)
    for title in (*(row.title for row in rows), *(left.item.title for left in out)):
        for identity in identities(title):
            titles[identity].append(title)
    return [
        one
        for one in found
        if any(
            is_about(one.title, title)
            for identity in identities(one.title)
            for title in titles.get(identity, ())
        )
    ]


@dataclass(frozen=True, slots=True)
class Row:
    """A title of a collection, and what was said of it."""

    item: ListItem
    said: tuple[Correction, ...]


async def row_of(db: Database, collection: Collection, rank: int) -> Row:
    """Raises NotFoundError where the collection has no such row."""
    rows, _ = await contents_and_rest(db, collection)
    found = next((row for row in rows if row.rank == rank), None)
    if found is None:
        raise NotFoundError("There is no such title in this collection. Its list may have changed.")
    return Row(found, tuple(await said_of(db, collection.user_id, found.title)))


async def said_of(db: Database, user_id: int, title: Title) -> list[Correction]:
    return [one for one in await stored.list_corrections(db, user_id) if is_about(one.title, title)]


async def items_now(
    db: Database, user_id: int, said: Iterable[Correction]
) -> Mapping[int, tuple[Item, ...]]:
    """By the id of a pin: the items that it leads to now; none where all of them are gone."""
    by_server: dict[int, list[Correction]] = defaultdict(list)
    for one in said:
        if one.server_id is not None:
            by_server[one.server_id].append(one)
    found: dict[int, tuple[Item, ...]] = {}
    for server_id, pins in by_server.items():
        server = await get_server(db, user_id, server_id)
        ids = [key for one in pins for key, _ in one.items]
        there = await stored.items_named(db, server.id, ids)
        held = {item.id for item in there}
        lost = [was for one in pins for key, was in one.items if key not in held]
        index = PresenceIndex(await stored.items_named(db, server.id, ids, lost) if lost else there)
        for one in pins:
            pin = _said(one)
            assert isinstance(pin, Pin)
            found[one.id] = items_of(pin, index)
    return found


async def near_items(
    db: Database, server_id: int, title: Title, near: Sequence[str], limit: int
) -> list[Item]:
    """Items that may be the title: of one of its ids, then those named as near, then alike."""
    found: dict[str, Item] = {}
    if title.ids:
        by_id = await stored.items_named(db, server_id, (), [title])
        found.update(PresenceIndex(by_id).by_ids(title))
    for name in near:
        for item in await _named(db, server_id, name.rpartition(" (")[0] or name, limit):
            if called(item.title) == name:
                found[item.id] = item
    if len(found) < limit and has_name(title):
        found = {item.id: item for item in await _named(db, server_id, title.title, limit)} | found
    return sorted(found.values(), key=lambda item: item.title.kind is not title.kind)[:limit]


async def _named(db: Database, server_id: int, name: str, limit: int) -> list[Item]:
    named = _WORD.findall(name.lower())
    telling = [word for word in named if len(word) > 2 or word.isdigit()] or named
    return (await search_presence(db, server_id, telling, limit=limit))[0] if telling else []
