"""Lists as cards: what their source says of them, with pictures where some are known already."""

from collections.abc import Sequence

from collectarr.models import Kind, ListInfo, ListItem, Title
from collectarr.pages.parts import Poster
from collectarr.pages.posters import poster_url, title_poster_url
from collectarr.pages.source_views import ListCard
from collectarr.pages.visit import Visit
from collectarr.pages.words import count
from collectarr.store.followed import first_posters
from collectarr.store.presence import titles_of_libraries
from collectarr.store.summaries import followers_of

IN_MOSAIC, LOOKED_AT = 4, 16
Place = tuple[int, str]
"""Server id and item id."""
Key = tuple[str, Kind | None, object]
_THINGS = {Kind.MOVIE: "film", Kind.SHOW: "show"}


async def list_cards(visit: Visit, source: str, infos: Sequence[ListInfo]) -> tuple[ListCard, ...]:
    references = [info.reference for info in infos]
    used = await followers_of(visit.db, visit.user.id, source, references)
    kept = await first_posters(visit.db, visit.user.id, source, references, IN_MOSAIC)
    cards = [
        list_card(
            visit,
            info,
            used.get(info.reference, ""),
            await _posters(visit, info, kept.get(info.reference, ())),
        )
        for info in infos
    ]
    return tuple(cards)


def list_card(
    visit: Visit, info: ListInfo, used_by: str = "", posters: tuple[Poster, ...] = ()
) -> ListCard:
    cover = poster_url(visit.url, listed=info.poster)
    return ListCard(
        href=f"/browse/{info.source}/{info.reference}",
        name=info.name,
        owner=info.owner or "",
        size=_size(info),
        private=not info.public,
        updated=visit.when(min(info.updated_at, visit.now)) if info.updated_at else None,
        used_by=used_by,
        posters=(Poster(info.name, cover),) if cover else posters,
    )


def _size(info: ListInfo) -> str:
    if info.item_count is None:
        return ""
    thing = _THINGS.get(info.kinds[0], "title") if len(info.kinds) == 1 else "title"
    return count(info.item_count, thing)


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
    """For each title where the user has it; None: nowhere. By ids alone."""
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
