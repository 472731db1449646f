"""What the editor of a list kept by hand shows: its rows, what a search found, a report."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlencode

from collectarr.models import Ids, Kind, ListItem, Title
from collectarr.pages.editor_views import BadLine, FoundRow, Leaf, PasteReport, Search, Undo
from collectarr.pages.editor_views import EditorRow as Row
from collectarr.pages.parts import Poster
from collectarr.pages.posters import poster_url, title_poster_url
from collectarr.pages.visit import Visit
from collectarr.sources.manual import nameless
from collectarr.store import manual as stored
from collectarr.store.presence import titles_of_libraries
from collectarr.store.servers import list_servers
from collectarr.sync.find_titles import LIBRARY, FoundTitle, Place, find_titles
from collectarr.sync.manual import Added, is_settled, shown_titles
from collectarr.sync.presences import TitleRow
from collectarr.sync.resolve import known_to_nobody

PER_PAGE = 100
SHOWN_LINES = 300
SHOWN_FOUND = 24
KINDS = {Kind.MOVIE: "Film", Kind.SHOW: "Show"}
NOTHING_CONNECTED = (
    "Only your own libraries are searched. With Trakt or TMDb set up, all other titles are found"
    " as well."
)
NOT_SETTLED = "Not known yet; the next sync asks"
NOBODY_KNOWS = "No source knows this id"


def about(title: Title) -> str:
    """`Film, 1999`."""
    kind = KINDS.get(title.kind, "")
    return ", ".join(part for part in (kind, str(title.year or "")) if part)


async def editor_rows(
    visit: Visit, items: Sequence[ListItem], stock: Sequence[TitleRow]
) -> tuple[Row, ...]:
    """`stock`: the titles of the collection with where they are, as every page tells it."""
    titles = await shown_titles(visit.db, visit.user.id, [item.title for item in items])
    words = await _abouts(visit, titles)
    held = {row.key: row for row in stock if row.key and row.servers}
    # What the rules of the collection leave out, a sync does not look for.
    rest = [title for item, title in zip(items, titles, strict=True) if item.key not in held]
    places = await _places(visit, rest)
    looked = bool(await list_servers(visit.db, visit.user.id))
    rows = []
    for item, title, about in zip(items, titles, words, strict=True):
        there = held.get(item.key or "")
        place = _first_place(there) if there is not None else _place(places, title)
        rows.append(_row(visit, item, title, about, place, looked=looked))
    return tuple(rows)


def _first_place(row: TitleRow) -> Place | None:
    found = ((one.server_id, one.item_ids[0]) for one in row.servers if one.item_ids)
    return next(found, None)


async def _abouts(visit: Visit, titles: Sequence[Title]) -> list[str]:
    """What each is; of one that nobody could tell yet, whether that may change."""
    open_ones = [nameless(title) for title in titles if not is_settled(title)]
    given_up = iter(await known_to_nobody(visit.db, visit.outside, visit.user.id, open_ones))
    return [
        about(title) if is_settled(title) else NOBODY_KNOWS if next(given_up) else NOT_SETTLED
        for title in titles
    ]


def _row(
    visit: Visit, item: ListItem, title: Title, about: str, place: Place | None, *, looked: bool
) -> Row:
    """Nothing is missing where there is no library to look in."""
    known = is_settled(title)
    return Row(
        key=item.key or "",
        place=item.rank,
        poster=_poster(visit, title, place, item.poster),
        about=about,
        has=place is not None if known and looked else None,
        note=item.note or "",
    )


def _poster(visit: Visit, title: Title, place: Place | None, listed: str | None) -> Poster:
    url = poster_url(visit.url, place, listed)
    if url is None and is_settled(title) and visit.services.posters.finds(title):
        url = title_poster_url(visit.url, title)
    return Poster(title.title, url, title.year)


Key = tuple[Kind | None, str, object]


async def _places(visit: Visit, titles: Sequence[Title]) -> dict[Key, Place]:
    places: dict[Key, Place] = {}
    for server_id, item in await titles_of_libraries(visit.db, visit.user.id, titles):
        for key in _keys(item.title):
            places.setdefault(key, (server_id, item.id))
    return places


def _keys(title: Title) -> list[Key]:
    return [
        (None if name == "imdb" else title.kind, name, value)
        for name, value in title.ids.as_dict().items()
        if value is not None
    ]


def _place(places: Mapping[Key, Place], title: Title) -> Place | None:
    return next((places[key] for key in _keys(title) if key in places), None)


async def search_part(visit: Visit, list_id: int | None, query: str) -> Search:
    """What a search, or an id pasted into it, leads to."""
    words = " ".join(query.split())[:200]
    if not words:
        return Search()
    found = await find_titles(
        visit.db, visit.outside, visit.services.browsing, visit.user.id, words
    )
    if found.named:
        return await _named(visit, list_id, words, found.titles[0].title)
    titles = found.titles[:SHOWN_FOUND]
    listed = await _listed(visit, list_id, [one.title for one in titles])
    labels = {name: source.label for name, source in visit.outside.sources.items()}
    return Search(
        words,
        tuple(_found_row(visit, one, listed, labels) for one in titles),
        found.problems,
        "" if found.asked else NOTHING_CONNECTED,
    )


async def _named(visit: Visit, list_id: int | None, words: str, title: Title) -> Search:
    title = (await shown_titles(visit.db, visit.user.id, [title]))[0]
    place = _place(await _places(visit, [title]), title)
    listed = await _listed(visit, list_id, [title])
    found = FoundTitle(title, None, "", place)
    row = _found_row(visit, found, listed, {})
    return Search(words, (replace(row, about=(await _abouts(visit, [title]))[0]),))


async def _listed(visit: Visit, list_id: int | None, titles: Sequence[Title]) -> set[Key]:
    if list_id is None:
        return set()
    there = await stored.titles_on_list(visit.db, list_id, titles)
    return {key for title in there for key in _keys(title)}


def _found_row(
    visit: Visit,
    found: FoundTitle,
    listed: set[Key],
    labels: Mapping[str, str],
) -> FoundRow:
    title = found.title
    return FoundRow(
        poster=_poster(visit, title, found.place, found.poster),
        about=about(title) if is_settled(title) else NOT_SETTLED,
        told_by="" if found.source == LIBRARY else labels.get(found.source, ""),
        in_library=found.place is not None,
        listed=any(key in listed for key in _keys(title)),
        fields=fields_of(title, found.poster),
    )


def fields_of(title: Title, poster: str | None) -> dict[str, str]:
    """What a form sends of a title; `title_in` reads it."""
    values = {
        "kind": title.kind.value,
        "title": title.title,
        "year": title.year,
        **title.ids.as_dict(),
        "poster": poster,
    }
    return {name: str(value) for name, value in values.items() if value}


def title_in(fields: Mapping[str, str]) -> tuple[Title, str | None] | None:
    """A title and its poster; None for what no form of ours sends."""
    if fields.get("kind") not in tuple(Kind):
        return None
    kind = Kind(fields["kind"])
    ids = Ids.of(*(fields.get(name) for name in ("imdb", "tmdb", "tvdb", "trakt")))
    if kind is Kind.UNKNOWN:
        ids = Ids(imdb=ids.imdb)
    year = fields.get("year", "")
    named = " ".join(fields.get("title", "").split())[:300]
    dated = int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None
    if not ids and not (named and dated and kind is not Kind.UNKNOWN):
        return None
    return Title(kind, named, dated, ids), fields.get("poster", "")[:300] or None


def report_of(added: Added) -> PasteReport:
    lines = added.not_understood
    shown = tuple(BadLine(one.line, one.text, one.reason) for one in lines[:SHOWN_LINES])
    return PasteReport(added_words(added), shown, len(lines) - len(shown))


def added_words(added: Added) -> str:
    """`12 titles were added. 3 were on the list already.`"""
    count, twice = added.added, added.duplicate
    words = f"{count:,} {'title was' if count == 1 else 'titles were'} added."
    if not count:
        words = "Nothing was added."
    if twice:
        words += f" {twice:,} {'was' if twice == 1 else 'were'} on the list already."
    if not (count or twice or added.not_understood):
        words = "There was nothing in it to add."
    return words


def state_of(values: Mapping[str, str | int]) -> str:
    """`?page=3&query=heat`, or "" for the beginning of it all."""
    kept = {name: value for name, value in values.items() if value and (name, value) != ("page", 1)}
    return f"?{urlencode(kept)}" if kept else ""


def leaf_of(path: str, kept: Mapping[str, str | int], page: int, found: int) -> Leaf:
    pages = max(1, -(-found // PER_PAGE))
    page = min(page, pages)

    def link(number: int) -> str:
        return path + state_of({**kept, "page": number})

    return Leaf(
        page,
        pages,
        link(page - 1) if page > 1 else "",
        link(page + 1) if page < pages else "",
    )


async def undo_part(visit: Visit, list_id: int | None, token: str) -> Undo | None:
    row = await stored.removed_row(visit.db, list_id, token) if list_id and token else None
    return None if row is None else Undo(token, f"“{row.title.title}” is off the list.")
