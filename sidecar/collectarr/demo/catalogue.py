"""The titles that the stand-ins know: facts about 1,500 films and 31 shows."""

import csv
import functools
import random
from dataclasses import dataclass
from importlib import resources
from typing import Any

from collectarr.demo.emby import EmbyStandIn
from collectarr.models import Ids, Kind, Title

MOVIES_OWNED = 600
SHOWS_OWNED = 22
_SEED = 7


@dataclass(frozen=True, slots=True)
class CatalogueTitle:
    title: Title
    genres: tuple[str, ...] = ()


@functools.cache
def load() -> tuple[CatalogueTitle, ...]:
    """All titles, the best known first."""
    text = resources.files("collectarr.demo").joinpath("catalogue.csv").read_text("utf-8")
    return tuple(_title(row) for row in csv.DictReader(text.splitlines()))


def _title(row: dict[str, str]) -> CatalogueTitle:
    ids = Ids.of(row["imdb"], row["tmdb"], row["tvdb"])
    year = int(row["year"]) if row["year"] else None
    genres = tuple(part.strip() for part in row["genres"].split(";") if part.strip())
    return CatalogueTitle(Title(Kind(row["kind"]), row["title"], year, ids), genres)


def titles(kind: Kind) -> list[Title]:
    return [entry.title for entry in load() if entry.title.kind is kind]


def demo_library(stand_in: EmbyStandIn) -> None:
    """Fills a stand-in as a home would be: most ids known, some missing, a few films twice."""
    chance = random.Random(_SEED)
    stand_in.add_library("Movies", "movies", "/media/Movies")
    stand_in.add_library("TV Shows", "tvshows", "/media/TV")
    for number, title in enumerate(_sample(chance, Kind.MOVIE, MOVIES_OWNED)):
        _add(stand_in, title, _without_some(title.ids, number))
        if number % 50 == 25:
            _add(stand_in, title, title.ids)
    for title in _sample(chance, Kind.SHOW, SHOWS_OWNED):
        _add(stand_in, title, title.ids, episodes=3)


def _sample(chance: random.Random, kind: Kind, count: int) -> list[Title]:
    """Half of them from the best known third, so that popular lists are well covered."""
    known = titles(kind)
    third = len(known) // 3
    first = set(chance.sample(range(third), min(count // 2, third)))
    rest = set(chance.sample(range(third, len(known)), count - len(first)))
    return [known[place] for place in sorted(first | rest)]


def _without_some(ids: Ids, number: int) -> Ids:
    """Every nineteenth film has no TMDb id, others no IMDb id, a few none at all."""
    match number % 19:
        case 3:
            return Ids(imdb=ids.imdb)
        case 7:
            return Ids(tmdb=ids.tmdb)
        case 11 if number % 2:
            return Ids()
    return ids


def _add(stand_in: EmbyStandIn, title: Title, ids: Ids, **extra: Any) -> None:
    stand_in.add_item(
        title.kind.value, title.title, title.year, ids.imdb, ids.tmdb, ids.tvdb, **extra
    )
