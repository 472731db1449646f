"""What the people at the Trakt stand-in have in the demo, made from the catalogue."""

from collections.abc import Iterable

from collectarr.demo.catalogue import CatalogueTitle, load
from collectarr.demo.trakt import TraktStandIn
from collectarr.demo.trakt.rows import Row, episode_row, person_row, season_row
from collectarr.models import Kind

Entries = list[CatalogueTitle]


def demo_lists(stand_in: TraktStandIn) -> None:
    """The users `demo` and `reel`, their lists, and the charts; one list is private."""
    films = [entry for entry in load() if entry.title.kind is Kind.MOVIE]
    shows = [entry for entry in load() if entry.title.kind is Kind.SHOW]
    stand_in.add_user("demo")
    stand_in.add_user("reel", "Reel", vip=True)
    _reel(stand_in, films, shows)
    _demo(stand_in, films, shows)
    _charts(stand_in, films, shows)


def _reel(stand_in: TraktStandIn, films: Entries, shows: Entries) -> None:
    add = stand_in.add_list
    ages = add(
        "reel",
        "films-for-all-ages",
        "Films for All Ages",
        _rows(stand_in, _of(films, "Animation")[:60]),
        likes=811,
        description="Drawn, built or rendered, and good at any age.",
    )
    nights = add(
        "reel",
        "long-nights",
        "Long Nights",
        _rows(stand_in, [*_of(films, "Thriller")[:40], *shows[:10]]),
        likes=402,
        description="For when it is dark at five.",
    )
    add(None, "award-winners", "Award Winners", _rows(stand_in, films[40:80]), likes=95)
    stand_in.set_watchlist("reel", _rows(stand_in, films[200:230]))
    stand_in.like("demo", ages)
    stand_in.like("demo", nights)


def _demo(stand_in: TraktStandIn, films: Entries, shows: Entries) -> None:
    lately = sorted(films, key=lambda entry: entry.title.year or 0, reverse=True)
    stand_in.set_watchlist("demo", _rows(stand_in, [*lately[:45], *shows[3:9]]))
    stand_in.set_favourites("demo", _rows(stand_in, [*films[:15], *shows[:5]]))
    stand_in.set_collection("demo", _rows(stand_in, [*films[:120], *shows[:12]]))
    stand_in.set_recommendations("demo", _rows(stand_in, [*films[120:160], *shows[12:20]]))
    stand_in.add_list("demo", "rainy-sunday", "Rainy Sunday", _mixed(stand_in, films, shows))
    stand_in.add_list(
        "demo",
        "presents",
        "Presents",
        _rows(stand_in, _of(films, "Fantasy")[:20]),
        privacy="private",
        description="Nobody is to see this before December.",
    )


def _mixed(stand_in: TraktStandIn, films: Entries, shows: Entries) -> list[Row]:
    """Films, shows, a season, an episode and somebody who plays in them."""
    rows = _rows(stand_in, [*_of(films, "Comedy")[:20], *shows[:4]])
    series = [row["show"] for row in _rows(stand_in, shows[4:6])]
    return [*rows, season_row(series[0]), episode_row(series[1]), person_row("Robin Example", 77)]


def _charts(stand_in: TraktStandIn, films: Entries, shows: Entries) -> None:
    for word, entries in (("movies", films), ("shows", shows)):
        rows = _rows(stand_in, entries)
        stand_in.set_chart(f"{word}/popular", rows)
        stand_in.set_chart(f"{word}/trending", [*rows[7:90], *rows[:7]])
        stand_in.set_chart(f"{word}/anticipated", rows[::-1][:60])
        for counted in ("watched", "played", "collected", "favorited"):
            stand_in.set_chart(f"{word}/{counted}", rows[3:150])
    stand_in.set_chart("movies/boxoffice", _rows(stand_in, films[10:20]))


def _of(entries: Iterable[CatalogueTitle], genre: str) -> Entries:
    return [entry for entry in entries if genre in entry.genres]


def _rows(stand_in: TraktStandIn, entries: Iterable[CatalogueTitle]) -> list[Row]:
    return [stand_in.world.row_of(entry.title, entry.genres) for entry in entries]
