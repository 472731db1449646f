"""What there is to browse at Trakt, and what its charts and shelves are called."""

from collections.abc import Mapping
from typing import Any

from collectarr.models import Kind, ListInfo
from collectarr.sources.contract import Shelf
from collectarr.sources.trakt.references import ME, Reference, usual_count
from collectarr.sources.trakt.rows import SITE, SOURCE, moment

LISTS_OF = {
    "lists": "/users/me/lists",
    "liked": "/users/likes/lists",
    "collaborations": "/users/me/lists/collaborations",
    "trending-lists": "/lists/trending",
    "popular-lists": "/lists/popular",
}
"""Where the shelves that hold lists are."""

_OWN = f"users/{ME}"


def _both(chart: str) -> tuple[str, str]:
    return f"movies/{chart}", f"shows/{chart}"


SHELVES = (
    Shelf("watchlist", "Your watchlist", personal=True, references=(f"{_OWN}/watchlist",)),
    Shelf(
        "collection",
        "Your collection",
        personal=True,
        references=(f"{_OWN}/collection/movies", f"{_OWN}/collection/shows"),
    ),
    Shelf("favorites", "Your favourites", personal=True, references=(f"{_OWN}/favorites",)),
    Shelf(
        "recommendations",
        "Recommended to you",
        personal=True,
        references=(f"{_OWN}/recommendations/movies", f"{_OWN}/recommendations/shows"),
    ),
    Shelf("lists", "Your lists", personal=True),
    Shelf("liked", "Lists you like", personal=True),
    Shelf("collaborations", "Lists you work on", personal=True),
    Shelf("trending", "Trending", references=_both("trending")),
    Shelf("popular", "Popular", references=_both("popular")),
    Shelf("anticipated", "Most anticipated", references=_both("anticipated")),
    Shelf("watched", "Most watched this week", references=_both("watched/weekly")),
    Shelf("boxoffice", "Box office", references=("movies/boxoffice",)),
    Shelf("trending-lists", "Trending lists"),
    Shelf("popular-lists", "Popular lists"),
)

_THINGS = {Kind.MOVIE: "films", Kind.SHOW: "shows"}
_PERIODS = {"weekly": "of the week", "monthly": "of the month", "yearly": "of the year"}


def chart_name(reference: Reference) -> str:
    things = _THINGS.get(reference.kind or Kind.MOVIE, "titles")
    match reference.name:
        case "boxoffice":
            name = "Box office"
        case "trending" | "popular":
            name = f"{reference.name.capitalize()} {things}"
        case "anticipated":
            name = f"Most anticipated {things}"
        case _:
            name = f"Most {reference.name} {things} {_PERIODS.get(reference.period, 'of all time')}"
    usual = reference.count == usual_count(reference.name)
    return name if usual else f"{name}, top {reference.count}"


def chart_info(reference: Reference) -> ListInfo:
    """A chart is known without asking. It has no version: it moves all day."""
    return ListInfo(
        source=SOURCE,
        reference=reference.text,
        name=chart_name(reference),
        owner=None,
        url=f"{SITE}/{reference.chart_path}",
        item_count=reference.count,
        public=True,
        kinds=(reference.kind,) if reference.kind else (Kind.MOVIE, Kind.SHOW),
    )


def shelf_info(
    reference: Reference, version: str | None = None, count: int | None = None
) -> ListInfo:
    """A watchlist, favourites, a collection, or recommendations of somebody."""
    things = _THINGS.get(reference.kind or Kind.UNKNOWN, "")
    words = {
        "watchlist": f"Watchlist of {reference.user}",
        "favorites": f"Favourites of {reference.user}",
        "collection": f"Collected {things} of {reference.user}",
        "recommendations": f"Recommended {things} for {reference.user}",
    }
    url = f"{SITE}/{reference.text}" if reference.name != "recommendations" else None
    return ListInfo(
        source=SOURCE,
        reference=reference.text,
        name=words[reference.name],
        owner=reference.user,
        url=url,
        item_count=count,
        version=version,
        kinds=(reference.kind,) if reference.kind else (Kind.MOVIE, Kind.SHOW),
        updated_at=moment(version),
    )


def shelf_version(reference: Reference, activities: Mapping[str, Any]) -> str | None:
    """When a shelf of the account itself changed last."""
    marks = {
        ("watchlist", None): ("watchlist", "updated_at"),
        ("favorites", None): ("favorites", "updated_at"),
        ("collection", Kind.MOVIE): ("movies", "collected_at"),
        ("collection", Kind.SHOW): ("episodes", "collected_at"),
    }
    group, what = marks.get((reference.name, reference.kind), ("", ""))
    times = activities.get(group)
    when = times.get(what) if isinstance(times, dict) else None
    return when if isinstance(when, str) and when else None
