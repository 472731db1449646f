"""Tables that people export: which column is which, and what each row names."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from collectarr.models import Ids, Kind, Title
from collectarr.sources.manual.ids import EPISODE, KINDS, clean_title, read_line, year_of

LONGEST_ROW = 50
"""Lines of text: a cell may hold line breaks, but a forgotten quote must not swallow a file."""
LONGEST_NOTE = 500
_LETTERBOXD = "letterboxd list export"
_COLUMNS = {
    "kind": ("kind", "type", "titletype", "mediatype", "itemtype", "media"),
    "title": ("title", "name"),
    "original_title": ("originaltitle",),
    "year": ("year", "releaseyear"),
    "released": ("releasedate", "released"),
    "imdb": ("imdb", "imdbid", "const", "tconst"),
    "tmdb": ("tmdb", "tmdbid", "themoviedbid"),
    "tvdb": ("tvdb", "tvdbid", "thetvdbid"),
    "trakt": ("trakt", "traktid"),
    "url": ("url", "link", "imdburl", "letterboxduri"),
    "note": ("note", "notes", "description", "comment", "comments"),
}
_IMDB = re.compile(r"tt|\d{5}", re.IGNORECASE)
_MEANING = {name: column for column, names in _COLUMNS.items() for name in names}
_IDS = ("imdb", "tmdb", "tvdb", "trakt")
_FILMS = (
    *("short", "video", "tvmovie", "tvspecial", "tvshort", "musicvideo", "feature", "featurefilm"),
    *("documentary", "standupspecial"),
)
_SERIES = ("tvseries", "tvminiseries", "miniseries", "limitedseries", "anime", "tvshows")
_TYPES = {**KINDS, **dict.fromkeys(_FILMS, Kind.MOVIE), **dict.fromkeys(_SERIES, Kind.SHOW)}
_OTHERS = {
    **dict.fromkeys(("tvepisode", "episode", "tvpilot"), EPISODE),
    "season": "This is one season. Add the show it belongs to.",
    **dict.fromkeys(("videogame", "game"), "This is a video game."),
    **dict.fromkeys(("podcastseries", "podcastepisode", "podcast"), "This is a podcast."),
    **dict.fromkeys(("person", "people"), "This is a person, not a film or show."),
}
NOTHING_HERE = "There is no id in this row, and no name with what it is: a movie or a show."
NO_KIND = "Say in a column “type” whether this is a movie or a show, or give its IMDb id."
NO_YEAR = "A title without an id needs its year."


@dataclass(frozen=True, slots=True)
class Table:
    """`columns`: meaning -> position. `first`: index of the first line after the head.

    `films`: it comes from where there are films only.
    """

    columns: Mapping[str, int]
    delimiter: str
    first: int
    films: bool = False


def find_table(lines: Sequence[str]) -> Table | None:
    """How `lines` are to be read as a table; None if they begin with no head of one."""
    at = next((i for i, line in enumerate(lines) if line.strip() and line[0] != "#"), None)
    if at is None:
        return None
    letterboxd = lines[at].strip().casefold().startswith(_LETTERBOXD)
    if letterboxd:
        # What follows is a table about the list itself, an empty line, and then the films.
        heads = (i for i, line in enumerate(lines[:60]) if _cells(line, ",")[:1] == ["position"])
        at = next(heads, at)
    found = max((_head(lines[at], mark) for mark in ",;\t"), key=lambda one: len(one[0]))
    columns, delimiter = found
    if not _is_head(columns):
        return None
    films = letterboxd or "letterboxduri" in _cells(lines[at], delimiter)
    return Table(columns, delimiter, at + 1, films)


def _cells(line: str, delimiter: str) -> list[str]:
    row = next(csv.reader([line], delimiter=delimiter), [])
    return [re.sub(r"[\s_-]+", "", cell).casefold() for cell in row]


def _head(line: str, delimiter: str) -> tuple[dict[str, int], str]:
    columns: dict[str, int] = {}
    for position, cell in enumerate(_cells(line, delimiter)):
        meaning = _MEANING.get(cell)
        if meaning is not None:
            columns.setdefault(meaning, position)
    return columns, delimiter


def _is_head(columns: Mapping[str, int]) -> bool:
    names = any(name in columns for name in (*_IDS, "url"))
    return names or ("title" in columns and len(columns) > 1)


def next_row(lines: Sequence[str], at: int, delimiter: str) -> tuple[list[str], int]:
    """The row that begins at that line, and how many lines it takes."""
    part = (f"{line}\n" for line in islice(lines, at, at + LONGEST_ROW))
    reader = csv.reader(part, delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        return next(reader), reader.line_num
    except csv.Error:
        # A stray quote: this line stands for itself, the next ones are not lost with it.
        return lines[at].split(delimiter), 1


def read_row(table: Table, cells: Sequence[str]) -> tuple[Title, str | None] | str:
    """The title of a row and the note on it, or why there is none."""
    row = {
        meaning: cells[position].strip()
        for meaning, position in table.columns.items()
        if position < len(cells)
    }
    kind: Kind | None = Kind.MOVIE if table.films else None
    if row.get("kind"):
        word = re.sub(r"[\W_]+", "", row["kind"]).casefold()
        if word in _OTHERS:
            return _OTHERS[word]
        kind = _TYPES.get(word)
        if kind is None:
            return f"“{row['kind'][:40]}” is not a kind of title: say movie or show."
    title = _title(kind, row)
    if isinstance(title, str):
        return title
    return title, " ".join(row.get("note", "").split())[:LONGEST_NOTE] or None


def _title(kind: Kind | None, row: Mapping[str, str]) -> Title | str:
    ids = Ids.of(*(row.get(name) for name in _IDS))
    if ids.imdb and not _IMDB.match(row["imdb"]):
        ids = replace(ids, imdb=None)  # a rating
    by_address = read_line(row["url"]) if row.get("url") and not ids else ""
    told = by_address if isinstance(by_address, Title) else Title(Kind.UNKNOWN, "")
    ids = ids or told.ids
    kind = kind or (told.kind if told.ids or told.title else None) or _kind_by_ids(ids)
    if kind is Kind.UNKNOWN:
        # At TMDb and TVDB an id says nothing without its kind.
        ids = Ids(imdb=ids.imdb)
    name = clean_title(row.get("title", "")) or told.title
    if not ids and not name:
        return by_address if isinstance(by_address, str) and by_address else NOTHING_HERE
    if kind is None:
        return NO_KIND
    year = year_of(row.get("year", "")) or year_of(row.get("released", "")) or told.year
    if not ids and year is None:
        return NO_YEAR
    original = clean_title(row.get("original_title", ""))
    return Title(kind, name, year, ids, original if original != name and original else None)


def _kind_by_ids(ids: Ids) -> Kind | None:
    """As for ids that are pasted alone: TMDb's are films, TVDB's are shows."""
    if ids.imdb:
        return Kind.UNKNOWN
    if ids.tmdb and not ids.tvdb:
        return Kind.MOVIE
    return Kind.SHOW if ids.tvdb and not ids.tmdb else None
