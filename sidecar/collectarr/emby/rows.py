"""What Emby writes in a row, as our words. Nothing here asks Emby anything."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from collectarr.emby.names import folder_of
from collectarr.models import BoxSet, Ids, Item, Kind, Library, Member, Title, imdb_id, number_id

MARKER = "Collectarr"
KINDS = {"Movie": Kind.MOVIE, "Series": Kind.SHOW}

Row = Mapping[str, Any]
_Id = TypeVar("_Id", str, int)


def title_ids(provider_ids: Mapping[str, Any] | None) -> Ids:
    """The ids of a title. Emby writes the keys in any case, twice at times ("Imdb", "IMDB"),
    with empty values, and imdb numbers without their "tt"; "TmdbCollection" is no title.
    """
    given = provider_ids or {}
    return Ids(
        imdb=_first(given, "imdb", imdb_id),
        tmdb=_first(given, "tmdb", number_id),
        tvdb=_first(given, "tvdb", number_id),
    )


def _first(given: Row, name: str, read: Callable[[object], _Id | None]) -> _Id | None:
    values = (read(value) for key, value in given.items() if key.strip().casefold() == name)
    return next((value for value in values if value is not None), None)


def library_of(path: str | None, libraries: Sequence[Library]) -> str | None:
    """The id of the library whose location is the longest that holds `path`, part by part."""
    best, longest = None, -1
    for library in libraries:
        for location in library.locations:
            if len(location) > longest and _holds(location, path or ""):
                best, longest = library.id, len(location)
    return best


def _holds(location: str, path: str) -> bool:
    folder = location.rstrip("/\\")
    if not location or not path.startswith(folder):
        return False
    return path[len(folder) : len(folder) + 1] in ("", "/", "\\")


def item_of(row: Row, libraries: Sequence[Library]) -> Item | None:
    """A film or show that lies on a disk; None for anything else that Emby mixes in."""
    kind = KINDS.get(str(row.get("Type")))
    if kind is None or row.get("LocationType") == "Virtual" or not row.get("Path"):
        return None
    name = str(row.get("Name") or "")
    original = row.get("OriginalTitle")
    return Item(
        id=str(row["Id"]),
        title=Title(
            kind=kind,
            title=name,
            year=number_id(row.get("ProductionYear")),
            ids=title_ids(row.get("ProviderIds")),
            original_title=str(original) if original and original != name else None,
        ),
        library_id=library_of(str(row["Path"]), libraries),
        versions=row.get("PresentationUniqueKey") or None,
    )


def member_of(row: Row) -> Member:
    return Member(
        id=str(row["Id"]),
        name=str(row.get("Name") or ""),
        kind=KINDS.get(str(row.get("Type"))),
        year=number_id(row.get("ProductionYear")),
        versions=row.get("PresentationUniqueKey") or None,
    )


def box_set_of(row: Row) -> BoxSet | None:
    if row.get("Type") != "BoxSet":
        return None
    marker = (
        str(value)
        for key, value in (row.get("ProviderIds") or {}).items()
        if key.casefold() == MARKER.casefold() and value
    )
    count = row.get("ChildCount")
    return BoxSet(
        id=str(row["Id"]),
        name=str(row.get("Name") or ""),
        folder=folder_of(row.get("Path")),
        etag=row.get("Etag") or None,
        child_count=count if isinstance(count, int) else None,
        marker=next(marker, None),
        image_tag=(row.get("ImageTags") or {}).get("Primary"),
        overview=row.get("Overview") or None,
    )


def library_from(row: Row) -> Library | None:
    """None for what has no id, such as a library that Emby is still creating."""
    identity = row.get("ItemId") or row.get("Id")
    if not identity:
        return None
    return Library(
        id=str(identity),
        name=str(row.get("Name") or ""),
        kind=str(row.get("CollectionType") or "mixed"),
        locations=tuple(str(place) for place in row.get("Locations") or () if place),
    )
