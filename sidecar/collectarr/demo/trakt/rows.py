"""The rows that the Trakt stand-in writes, in Trakt's shapes."""

import re
import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from collectarr.models import Kind, Title

Row = dict[str, Any]
Given = Title | Mapping[str, Any]
MEDIA = ("movie", "show", "season", "episode", "person")
_SHORT = ("title", "year", "ids")
_NO_IMAGES = ("fanart", "poster", "logo", "clearart", "banner", "thumb")


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def slug_of(text: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))


def media_of(title: Title, trakt: int, genres: Iterable[str] = ()) -> Row:
    """A film or show with all that `extended=full` tells. Its images are kept nowhere."""
    ids: Row = {"trakt": trakt, "slug": slug_of(f"{title.title} {title.year or ''}")}
    if title.kind is Kind.SHOW:
        ids["tvdb"] = title.ids.tvdb
    ids |= {"imdb": title.ids.imdb, "tmdb": title.ids.tmdb}
    day = f"{title.year}-06-15" if title.year else None
    dates: Row = {"released": day}
    if title.kind is Kind.SHOW:
        ids["tvrage"] = None
        dates = {"first_aired": f"{day}T02:00:00.000Z" if day else None, "network": None}
    return {
        "title": title.title,
        "year": title.year,
        "ids": ids,
        "tagline": "",
        "overview": "",
        **dates,
        "runtime": 100,
        "country": "us",
        "status": "released" if title.kind is Kind.MOVIE else "ended",
        "rating": 5 + zlib.crc32(title.title.encode()) % 45 / 10,
        "votes": 1000,
        "genres": [slug_of(genre) for genre in genres],
        "certification": None,
        "updated_at": "2026-04-22T13:16:01.000Z",
        "images": {name: [] for name in _NO_IMAGES},
    }


def season_row(show: Row, number: int = 1, tmdb: int | None = None) -> Row:
    ids = {"trakt": show["ids"]["trakt"] * 100 + number, "tvdb": None, "tmdb": tmdb, "tvrage": None}
    return {"type": "season", "season": {"number": number, "ids": ids}, "show": show}


def episode_row(show: Row, season: int = 1, number: int = 1) -> Row:
    trakt = show["ids"]["trakt"] * 10_000 + season * 100 + number
    ids = {"trakt": trakt, "tvdb": None, "imdb": None, "tmdb": None, "tvrage": None}
    episode = {"season": season, "number": number, "title": f"Episode {number}", "ids": ids}
    return {"type": "episode", "episode": episode, "show": show}


def person_row(name: str, trakt: int) -> Row:
    ids = {"trakt": trakt, "slug": slug_of(name), "imdb": None, "tmdb": None}
    return {"type": "person", "person": {"name": name, "ids": ids}}


def mark_of(row: Mapping[str, Any]) -> str:
    kind = str(row.get("type"))
    media = row.get(kind)
    return f"{kind}:{media['ids']['trakt']}" if isinstance(media, dict) else f"{kind}:{row}"


def ranked(where: str, rows: Iterable[Row], listed: datetime) -> list[Row]:
    """As list items: what a row says of itself wins over its rank, id and time here."""
    return [
        {
            "rank": rank,
            # The same as long as the title stays on this list.
            "id": zlib.crc32(f"{where}/{mark_of(row)}".encode()),
            "listed_at": stamp(listed),
            "notes": None,
            **row,
        }
        for rank, row in enumerate(rows, 1)
    ]


def collected(row: Row, when: datetime) -> Row:
    if row["type"] == "movie":
        return {"collected_at": stamp(when), "updated_at": stamp(when), "movie": row["movie"]}
    episode = {"number": 1, "collected_at": stamp(when)}
    return {
        "last_collected_at": stamp(when),
        "last_updated_at": stamp(when),
        "show": row["show"],
        "seasons": [{"number": 1, "episodes": [episode]}],
    }


def shown(row: Row, extended: str) -> Row:
    """A row as it is sent: the details of its films and shows only where they were asked for."""
    if "full" in extended.split(","):
        return row
    if "title" in row and "ids" in row:
        return {key: row[key] for key in _SHORT}
    return {
        key: {part: value[part] for part in _SHORT if part in value}
        if key in ("movie", "show") and isinstance(value, dict)
        else value
        for key, value in row.items()
    }
