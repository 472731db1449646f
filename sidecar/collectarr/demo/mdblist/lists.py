"""The lists that the MDBList stand-in shows in the demo, made from the catalogue."""

from collections.abc import Iterable

from collectarr.demo.catalogue import CatalogueTitle, load
from collectarr.demo.mdblist import MdbListStandIn
from collectarr.demo.mdblist.state import Row, row_of
from collectarr.models import Kind


def demo_lists(stand_in: MdbListStandIn) -> None:
    """Lists of the users `demo` (who owns the demo key) and `marquee`; one is private."""
    films = [entry for entry in load() if entry.title.kind is Kind.MOVIE]
    shows = [entry for entry in load() if entry.title.kind is Kind.SHOW]
    stand_in.add_titles(_rows(load()))
    _marquee(stand_in, films, shows)
    stand_in.like("demo", *(one.id for one in stand_in.shelf.lists[:2]))
    _demo(stand_in, films, shows)


def _marquee(
    stand_in: MdbListStandIn, films: list[CatalogueTitle], shows: list[CatalogueTitle]
) -> None:
    add = stand_in.add_list
    add(
        "marquee",
        "top-100-films",
        "Top 100 Films",
        _rows(films[:100]),
        mediatype="movie",
        likes=912,
        description="The hundred films that everybody has heard of.",
    )
    add(
        "marquee",
        "space-science-fiction",
        "Space & Science Fiction",
        _rows(_of(films, "Science Fiction", "Adventure"))[:60],
        mediatype="movie",
        likes=488,
        description="Far futures, strange planets, and the way there.",
    )
    add(
        "marquee",
        "essential-crime",
        "Essential Crime",
        _rows(_of(films, "Crime", "Drama"))[:50],
        mediatype="movie",
        likes=351,
        description="Heists, detectives and people who should have known better.",
    )
    add(
        "marquee",
        "prestige-television",
        "Prestige Television",
        _rows(shows),
        mediatype="show",
        likes=640,
        description="Series that one talks about the next morning.",
    )


def _demo(
    stand_in: MdbListStandIn, films: list[CatalogueTitle], shows: list[CatalogueTitle]
) -> None:
    add, words = stand_in.add_list, "Something for Friday, Saturday and Sunday."
    lately = sorted(films, key=_year, reverse=True)
    weekend = "weekend-mix"
    add("demo", weekend, "Weekend Mix", _rows(lately[:24]), mediatype="movie", description=words)
    add("demo", weekend, "Weekend Mix", _rows(shows[:8]), mediatype="show", description=words)
    add("demo", "family-night", "Family Night", _rows(_of(films, "Family", "Animation"))[:40])
    add("demo", "date-night", "Date Night", _rows(_of(films, "Romance", "Comedy"))[:30])
    add(
        "demo",
        "to-watch-alone",
        "To Watch Alone",
        _rows(_of(films, "Horror", "Thriller"))[:25],
        private=True,
        description="Not for the children.",
    )
    stand_in.set_watchlist("demo", _rows([*lately[24:30], *shows[:2]]))
    stand_in.add_external("demo", "Seen at the cinema", _rows(lately[30:60:2]))


def _of(entries: Iterable[CatalogueTitle], *genres: str) -> list[CatalogueTitle]:
    """The titles that have all of the genres."""
    return [entry for entry in entries if set(genres) <= set(entry.genres)]


def _rows(entries: Iterable[CatalogueTitle]) -> list[Row]:
    return [row_of(entry.title, entry.genres) for entry in entries]


def _year(entry: CatalogueTitle) -> int:
    return entry.title.year or 0
