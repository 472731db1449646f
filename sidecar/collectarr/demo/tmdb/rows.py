"""What the TMDb stand-in knows of titles, in the rows that TMDb writes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from collectarr.demo.catalogue import CatalogueTitle
from collectarr.models import Kind, Title, genre_word

Row = dict[str, Any]
WORDS = {Kind.MOVIE: "movie", Kind.SHOW: "tv"}
PER_PAGE, MOST_PAGES = 20, 500
GENRES: dict[str, dict[int, str]] = {
    "movie": {
        28: "Action",
        12: "Adventure",
        16: "Animation",
        35: "Comedy",
        80: "Crime",
        99: "Documentary",
        18: "Drama",
        10751: "Family",
        14: "Fantasy",
        36: "History",
        27: "Horror",
        10402: "Music",
        9648: "Mystery",
        10749: "Romance",
        878: "Science Fiction",
        10770: "TV Movie",
        53: "Thriller",
        10752: "War",
        37: "Western",
    },
    "tv": {
        10759: "Action & Adventure",
        16: "Animation",
        35: "Comedy",
        80: "Crime",
        99: "Documentary",
        18: "Drama",
        10751: "Family",
        10762: "Kids",
        9648: "Mystery",
        10765: "Sci-Fi & Fantasy",
        10768: "War & Politics",
        37: "Western",
    },
}


@dataclass(frozen=True, slots=True)
class Known:
    """A title that TMDb has a page of. `votes`: how many people gave `average` of 10."""

    title: Title
    genres: tuple[int, ...] = ()
    average: float = 0.0
    votes: int = 0
    has_poster: bool = True

    @property
    def id(self) -> int:
        return self.title.ids.tmdb or 0

    @property
    def word(self) -> str:
        return WORDS[self.title.kind]

    @property
    def poster_path(self) -> str | None:
        return f"/demo-{self.id}.jpg" if self.has_poster else None

    @property
    def released(self) -> str:
        return f"{self.title.year}-06-20" if self.title.year else ""


def known_from(entry: CatalogueTitle) -> Known:
    """Average and votes are drawn from the id: always the same for the same title."""
    number = entry.title.ids.tmdb or 0
    words = {genre_word(genre) for genre in entry.genres}
    table = GENRES[WORDS[entry.title.kind]]
    genres = tuple(key for key, name in table.items() if genre_word(name) in words)
    return Known(entry.title, genres, 5 + number % 45 / 10, 100 + number % 9000)


def row_of(known: Known, *, with_media_type: bool = False) -> Row:
    """As lists, charts and searches show it. Only lists and the like say what it is."""
    name, date = ("title", "release_date") if known.word == "movie" else ("name", "first_air_date")
    return {
        "adult": False,
        "backdrop_path": None,
        "id": known.id,
        name: known.title.title,
        f"original_{name}": known.title.original_title or known.title.title,
        "original_language": "en",
        "overview": "",
        "poster_path": known.poster_path,
        **({"media_type": known.word} if with_media_type else {}),
        "genre_ids": list(known.genres),
        "popularity": 50.1,
        date: known.released,
        **({"video": False} if known.word == "movie" else {}),
        "vote_average": known.average,
        "vote_count": known.votes,
    }


def details(known: Known, appended: Iterable[str]) -> Row:
    """As it shows itself, with what was to be appended."""
    row = row_of(known)
    numbers = row.pop("genre_ids")
    table = GENRES[known.word]
    row["genres"] = [{"id": number, "name": table[number]} for number in numbers]
    if known.word == "movie":
        row["imdb_id"] = known.title.ids.imdb
    if "external_ids" in appended:
        row["external_ids"] = external_ids(known)
    return row


def external_ids(known: Known) -> Row:
    names = ("facebook_id", "instagram_id", "twitter_id", "wikidata_id")
    shows = {"freebase_mid": None, "freebase_id": None, "tvrage_id": None}
    ids = known.title.ids
    more = {**shows, "tvdb_id": ids.tvdb} if known.word == "tv" else {}
    return {"imdb_id": ids.imdb, **more, **dict.fromkeys(names)}


@dataclass(slots=True)
class StoredList:
    """A list of a person. `promised` is how many rows it claims, None for as many as it has."""

    id: int
    name: str
    titles: list[Known]
    owner: str = "demo"
    description: str = ""
    private: bool = False
    promised: int | None = None

    def page(self, number: int, per_page: int) -> Row:
        paged = page_of(self.titles, number, per_page, self.promised, with_media_type=True)
        return {
            "created_by": self.owner,
            "description": self.description,
            "favorite_count": 0,
            "id": str(self.id),
            "iso_639_1": "en",
            "item_count": paged["total_results"],
            "items": paged.pop("results"),
            "name": self.name,
            "poster_path": None,
            **paged,
        }


@dataclass(slots=True)
class Series:
    """Films that belong together: what TMDb calls a collection."""

    id: int
    name: str
    titles: list[Known] = field(default_factory=list)

    def found_row(self) -> Row:
        return {
            "adult": False,
            "backdrop_path": None,
            "id": self.id,
            "name": self.name,
            "original_language": "en",
            "original_name": self.name,
            "overview": f"All of {self.name}.",
            "poster_path": self.titles[0].poster_path if self.titles else None,
        }

    def details(self) -> Row:
        shown = ("id", "name", "overview", "poster_path", "backdrop_path")
        row = self.found_row()
        parts = [row_of(one, with_media_type=True) for one in self.titles]
        return {**{key: row[key] for key in shown}, "parts": parts}


def page_of(
    titles: list[Known],
    number: int,
    per_page: int = PER_PAGE,
    promised: int | None = None,
    *,
    with_media_type: bool = False,
) -> Row:
    total = len(titles) if promised is None else promised
    shown = titles[(number - 1) * per_page : number * per_page]
    return {
        "page": number,
        "results": [row_of(one, with_media_type=with_media_type) for one in shown],
        "total_pages": max(1, -(-total // per_page)),
        "total_results": total,
    }
