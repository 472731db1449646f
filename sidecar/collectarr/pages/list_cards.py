"""Lists as cards: what their source says of them, with pictures where some are known already."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from collectarr.models import Kind, ListInfo, ListItem, Title
from collectarr.pages.parts import Coverage, Poster
from collectarr.pages.posters import poster_url, title_poster_url
from collectarr.pages.source_views import LibraryLine, ListCard
from collectarr.pages.visit import Visit
from collectarr.pages.words import count
from collectarr.store.followed import first_posters, followed_items
from collectarr.store.presence import titles_of_libraries
from collectarr.store.servers import list_servers
from collectarr.store.summaries import followers_of
from collectarr.sync.coverage import library_coverage

IN_MOSAIC, LOOKED_AT = 4, 16
MOST_MEASURED = 5000
"""Titles of followed lists that one page compares with the libraries."""
Place = tuple[int, str]
"""Server id and item id."""
Key = tuple[str, Kind | None, object]
_THINGS = {Kind.MOVIE: "film", Kind.SHOW: "show"}


@dataclass(frozen=True, slots=True)
class _Seen:
    """The titles of a list. `lately`: as anybody who opens it now sees them."""

    titles: tuple[Title, ...]
    lately: bool


async def list_cards(visit: Visit, source: str, infos: Sequence[ListInfo]) -> tuple[ListCard, ...]:
    """With what is known of each already: no source is asked."""
    references = [info.reference for info in infos]
    used = await followers_of(visit.db, visit.user.id, source, references)
    kept = await first_posters(visit.db, visit.user.id, source, references, IN_MOSAIC)
    seen = await _seen(visit, source, references)
    looks = bool(await list_servers(visit.db, visit.user.id))
    cards = []
    for info in infos:
        known = seen.get(info.reference)
        count = len(known.titles) if known and known.lately else None
        posters = await _posters(visit, info, kept.get(info.reference, ()))
        card = list_card(visit, info, used.get(info.reference, ""), posters, count)
        cards.append(await _measured(visit, card, info, known) if looks else card)
    return tuple(cards)


async def _seen(visit: Visit, source: str, references: Sequence[str]) -> dict[str, _Seen]:
    """Those that were looked at lately, and those that collections follow."""
    found: dict[str, _Seen] = {}
    for reference in references:
        snapshot = visit.services.browsing.known(visit.user.id, source, reference)
        if snapshot is not None:
            found[reference] = _Seen(tuple(item.title for item in snapshot.items), lately=True)
    rest = [reference for reference in references if reference not in found]
    stored = await followed_items(visit.db, visit.user.id, source, rest, MOST_MEASURED)
    for reference, items in stored.items():
        found[reference] = _Seen(tuple(item.title for item in items), lately=False)
    return found


async def _measured(visit: Visit, card: ListCard, info: ListInfo, known: _Seen | None) -> ListCard:
    if known is None:
        return replace(card, unread=True)
    lines = await library_lines(visit, known.titles)
    lines = tuple(sorted(lines, key=lambda line: -line.coverage.found))
    now = known.lately or len(known.titles) == info.item_count
    return replace(card, libraries=lines, as_of="" if now else "at the last sync")


async def library_lines(visit: Visit, titles: Sequence[Title]) -> tuple[LibraryLine, ...]:
    """How much of these titles each library holds that can hold any of them."""
    return tuple(
        LibraryLine(row.server, row.library, Coverage(row.owned, row.total), row.at_least)
        for row in await library_coverage(visit.db, visit.outside, visit.user.id, titles)
        if row.total
    )


def list_card(
    visit: Visit,
    info: ListInfo,
    used_by: str = "",
    posters: tuple[Poster, ...] = (),
    came: int | None = None,
) -> ListCard:
    """`came`: how many titles it holds, where somebody has looked."""
    cover = poster_url(visit.url, listed=info.poster)
    return ListCard(
        href=f"/browse/{info.source}/{info.reference}",
        name=info.name,
        owner=info.owner or "",
        size=_size(info, came),
        private=not info.public,
        updated=visit.when(min(info.updated_at, visit.now)) if info.updated_at else None,
        used_by=used_by,
        posters=(Poster(info.name, cover),) if cover else posters,
    )


def _size(info: ListInfo, came: int | None) -> str:
    told = info.item_count if came is None else came
    if told is None:
        return ""
    thing = _THINGS.get(info.kinds[0], "title") if len(info.kinds) == 1 else "title"
    # Of a chart, which is nobody's and moves all day, it says how many are asked for.
    chart = came is None and info.owner is None and info.version is None
    return f"up to {count(told, thing)}" if chart else count(told, thing)


async def _posters(visit: Visit, info: ListInfo, kept: Sequence[str]) -> tuple[Poster, ...]:
    """Of its first titles, if it was looked at lately or a collection follows it."""
    seen = visit.services.browsing.known(visit.user.id, info.source, info.reference)
    if seen is not None:
        return await mosaic(visit, seen.items)
    urls = [poster_url(visit.url, listed=one) for one in kept]
    return tuple(Poster(info.name, url) for url in urls if url)


async def mosaic(visit: Visit, items: Sequence[ListItem]) -> tuple[Poster, ...]:
    """The first pictures of a list."""
    first = items[:LOOKED_AT]
    found = (
        Poster(item.title.title, listed_poster(visit, item, place))
        for item, place in zip(first, await places_of(visit, first), strict=True)
    )
    return tuple(poster for poster in found if poster.url)[:IN_MOSAIC]


async def places_of(visit: Visit, items: Sequence[ListItem]) -> list[Place | None]:
    """For each title an item that shares an id with it, for its picture; None: there is none."""
    titles = [item.title for item in items]
    places: dict[Key, Place] = {}
    for server_id, item in await titles_of_libraries(visit.db, visit.user.id, titles):
        for key in _keys(item.title):
            places.setdefault(key, (server_id, item.id))
    return [next((places[key] for key in _keys(title) if key in places), None) for title in titles]


def _keys(title: Title) -> list[Key]:
    """An IMDb id tells its title whatever its kind, the others do not."""
    ids = title.ids
    known = (
        ("imdb", None, ids.imdb),
        ("tmdb", title.kind, ids.tmdb),
        ("tvdb", title.kind, ids.tvdb),
    )
    return [key for key in known if key[2]]


def listed_poster(visit: Visit, item: ListItem, place: tuple[int, str] | None = None) -> str | None:
    """That of the library, of the list, or of whoever knows the title's ids; None: draw one."""
    found = poster_url(visit.url, place, item.poster)
    if found is None and visit.services.posters.finds(item.title):
        return title_poster_url(visit.url, item.title)
    return found


def about_title(title: Title) -> str:
    kind = {Kind.MOVIE: "Film", Kind.SHOW: "Show"}.get(title.kind, "")
    return ", ".join(part for part in (kind, str(title.year or "")) if part)
