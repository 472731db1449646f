"""Collections kept by hand: titles put in, moved, taken out, and settled as they become known."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from collectarr.errors import InvalidError, NotFoundError
from collectarr.models import Item, Kind, ListItem, Title, utc_now
from collectarr.sources.manual import (
    LONGEST_NOTE,
    MOST_FILE_BYTES,
    Entry,
    Line,
    Understood,
    decoded,
    has_name,
    labelled,
    nameless,
    understand,
)
from collectarr.store import manual as stored
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.presence import titles_of_libraries
from collectarr.sync.addresses import looked_up
from collectarr.sync.outside import Outside
from collectarr.sync.resolve import complete_titles
from collectarr.sync.same import SameTitles

MOST_ROWS = 20_000
GONE = "This title is not on the list (any more)."


@dataclass(frozen=True, slots=True)
class Added:
    """What came of a paste: `duplicate` counts titles that it or the list had already.

    `table`: the text had a head, without which its lines say nothing.
    """

    added: int = 0
    duplicate: int = 0
    not_understood: tuple[Line, ...] = ()
    table: bool = False


async def add_text(
    db: Database, collection: Collection, text: str, outside: Outside | None = None
) -> Added:
    """Put in what a pasted text names. Raises InvalidError for one too large.

    `outside`: where to ask what stands at addresses that hold no id.
    """
    return await _add(db, collection, understand(text), outside)


async def _add(
    db: Database, collection: Collection, understood: Understood, outside: Outside | None
) -> Added:
    if outside is not None:
        understood = await looked_up(outside, collection.user_id, understood)
    added = await add_titles(db, collection, understood.titles)
    return replace(added, not_understood=understood.not_understood, table=understood.table)


async def add_file(
    db: Database, collection: Collection, data: bytes, outside: Outside | None = None
) -> Added:
    """The same with an uploaded file, in whatever encoding."""
    return await _add(db, collection, understand(decoded(data), MOST_FILE_BYTES), outside)


def is_settled(title: Title) -> bool:
    """Whether it is known what kind of title it is, and how it is called."""
    return title.kind is not Kind.UNKNOWN and has_name(title)


async def add_title(
    db: Database, collection: Collection, title: Title, poster: str | None = None
) -> Added:
    return await add_titles(db, collection, [Entry(title, poster=poster)])


async def add_titles(db: Database, collection: Collection, entries: Sequence[Entry]) -> Added:
    """Put titles at the end of the list that is kept by hand, which is made where there is none.

    Raises InvalidError for more than MOST_ROWS.
    """
    if not entries:
        return Added()
    titles = await told_by_libraries(db, collection.user_id, [entry.title for entry in entries])
    now = utc_now()
    fresh = [
        ListItem(0, labelled(title), entry.poster, added_at=now, note=_clean_note(entry.note))
        for title, entry in zip(titles, entries, strict=True)
    ]
    added = 0

    def append(rows: list[ListItem]) -> list[ListItem]:
        nonlocal added
        new = _not_among(rows, fresh)
        if len(rows) + len(new) > MOST_ROWS:
            raise InvalidError(
                f"A list holds at most {MOST_ROWS:,} titles. Make a second one for the rest.",
                code="too_many",
            )
        added = len(new)
        return rows + new

    user_id = collection.user_id
    list_id = await stored.own_manual_list(db, user_id, collection.id, collection.name)
    await stored.edit_manual_list(db, list_id, append)
    return Added(added, len(entries) - added)


def _not_among(rows: Sequence[ListItem], fresh: Sequence[ListItem]) -> list[ListItem]:
    """Those of `fresh` whose title is neither in `rows` nor before them in `fresh`."""
    same = SameTitles((rows, fresh))
    seen = {id(known) for known in same.of_group(0)}
    new = []
    for item, known in zip(fresh, same.of_group(1), strict=True):
        if id(known) not in seen:
            seen.add(id(known))
            new.append(item)
    return new


async def told_by_libraries(db: Database, user_id: int, titles: Sequence[Title]) -> list[Title]:
    """The same titles with the kind, name and year that the user's own libraries know."""
    asked = [title for title in titles if not is_settled(title)]
    if not asked:
        return list(titles)
    # What a title is called is known as well from a library that is not in use.
    there = await titles_of_libraries(db, user_id, asked, unused=True)
    known = _by_id(item for _, item in there)
    return [title if is_settled(title) else _told(title, known) for title in titles]


async def shown_titles(db: Database, user_id: int, titles: Sequence[Title]) -> list[Title]:
    """What they are called: by their id as long as even the libraries know no name."""
    told = await told_by_libraries(db, user_id, [nameless(title) for title in titles])
    return [labelled(title) for title in told]


Key = tuple[str, Kind | None, str | int]


def _by_id(items: Iterable[Item]) -> dict[Key, Title | None]:
    """None for an IMDb id that libraries hold as a film and as a show: nobody knows then."""
    found: dict[Key, Title | None] = {}
    for title in (item.title for item in items):
        for key in _keys(title):
            other = found.setdefault(key, title)
            if other is not None and other.kind is not title.kind:
                found[key] = None
    return found


def _keys(title: Title) -> list[Key]:
    ids = title.ids
    keys: list[tuple[str, Kind | None, str | int | None]] = [
        ("imdb", None, ids.imdb),
        ("tmdb", title.kind, ids.tmdb),
        ("tvdb", title.kind, ids.tvdb),
    ]
    return [(name, kind, value) for name, kind, value in keys if value is not None]


def _told(title: Title, known: dict[Key, Title | None]) -> Title:
    found = next((told for key in _keys(title) if (told := known.get(key))), None)
    if found is None or title.kind not in (Kind.UNKNOWN, found.kind):
        return title
    return _filled(title, found)


def _filled(title: Title, by: Title) -> Title:
    """`title` with what it lacks. Its ids stay its own: a library may have matched wrongly."""
    named = has_name(title)
    return replace(
        title,
        kind=by.kind if title.kind is Kind.UNKNOWN else title.kind,
        title=title.title if named else by.title,
        year=by.year if title.year is None else title.year,
        original_title=title.original_title if named else by.original_title,
    )


async def remove(db: Database, collection: Collection, key: str) -> str:
    """Take a title off the list; gives the token that brings it back within the hour."""
    token = await stored.remove_row(db, await _list_of(db, collection), key)
    if token is None:
        raise NotFoundError(GONE)
    return token


async def restore(db: Database, collection: Collection, token: str) -> ListItem:
    """Undo a removal. Raises NotFoundError when it is too late."""
    return await stored.restore_row(db, await _list_of(db, collection), token)


async def edit(
    db: Database,
    collection: Collection,
    key: str,
    *,
    position: int | None = None,
    note: str | None = None,
) -> ListItem:
    """Move a title, or write a note on it; None leaves either as it is, "" takes the note away.

    `position` counts from 1; one beyond the end is the end.
    """
    clean = None if note is None else _clean_note(note) or ""
    row = await stored.edit_row(
        db, await _list_of(db, collection), key, position=position, note=clean
    )
    if row is None:
        raise NotFoundError(GONE)
    return row


def _clean_note(note: str | None) -> str | None:
    return " ".join((note or "").split())[:LONGEST_NOTE] or None


async def _list_of(db: Database, collection: Collection) -> int:
    list_id = await stored.manual_list_of(db, collection.id)
    if list_id is None:
        raise NotFoundError(GONE)
    return list_id


async def settle_manual(
    db: Database, outside: Outside | None, collections: Sequence[Collection]
) -> None:
    """Find out what the ids mean of which nobody knew the kind or the name yet.

    First the user's own libraries are asked, then the sources; those not where `outside` is None.
    What none of them knows stays as it is, and so does all while a source cannot answer.
    """
    found = await stored.unsettled_rows(db, [collection.id for collection in collections])
    for (user_id, list_id), rows in found.items():
        titles = await told_by_libraries(db, user_id, [nameless(row.title) for row in rows])
        if outside is not None:
            titles = await complete_titles(db, outside, user_id, titles)
        settled = {
            row.key: labelled(title)
            for row, title in zip(rows, titles, strict=True)
            if labelled(title) != row.title
        }
        if settled:
            await stored.edit_manual_list(db, list_id, _settling(settled), by_hand=False)


def _settling(settled: dict[str | None, Title]) -> Callable[[list[ListItem]], list[ListItem]]:
    def settle(rows: list[ListItem]) -> list[ListItem]:
        return [replace(row, title=settled.get(row.key, row.title)) for row in rows]

    return settle
