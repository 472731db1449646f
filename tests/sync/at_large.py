"""A list and a library of any size, whose truth is known: real titles, made-up ones, and what
data bases do to both. The same seed makes the same."""

import csv
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from collectarr.models import Item, Kind, ListItem, Title

CATALOGUE = Path(__file__).parents[2] / "sidecar" / "collectarr" / "demo" / "catalogue.csv"
HEADS = ("Le", "La", "Der", "Das", "El", "Il")
SYLLABLES = (
    *("la", "mo", "ri", "té", "son", "gar", "ñe", "bru", "kö", "nuit", "schi", "val", "cha"),
    *("zen", "pé", "lo", "dra", "win", "tze", "rou", "fi", "ca"),
)
ARTICLES = ("The", "A", "An", "Le", "La", "Der", "Das", "El", "Il")
NAMESAKES = 0.12
"""The share of films that are called like another."""


@dataclass(frozen=True)
class Film:
    """`first` is what it was called at home, None where that is the title."""

    kind: Kind
    title: str
    year: int
    first: str | None = None


@dataclass
class AtLarge:
    rows: list[ListItem] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    truth: dict[int, str] = field(default_factory=dict)
    """Rank of a row -> the id of its item; a row that is not there is not owned."""


def at_large(seed: int, listed: int, owned: int) -> AtLarge:
    """`owned` films in the library; one in fifty of them is not on the list of `listed`."""
    chance = random.Random(seed)
    films = _films(chance, listed + owned // 50)
    chance.shuffle(films)
    mine = films[-owned:]
    found = AtLarge()
    ids = {id(film): str(number) for number, film in enumerate(mine, start=1)}
    for film in mine:
        found.items.append(Item(ids[id(film)], _in_library(chance, film)))
    shown = films[:listed]
    chance.shuffle(shown)
    for rank, film in enumerate(shown, start=1):
        found.rows.append(ListItem(rank, _on_list(chance, film)))
        if id(film) in ids:
            found.truth[rank] = ids[id(film)]
    return found


def _films(chance: random.Random, count: int) -> list[Film]:
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        real = [
            Film(Kind(row["kind"]), row["title"], int(row["year"])) for row in csv.DictReader(file)
        ]
    vocabulary = sorted({word for film in real for word in film.title.split() if len(word) > 2})
    films = chance.sample(real, min(len(real), count // 3))
    while len(films) < count:
        year = 2025 - min(95, int(chance.expovariate(1 / 25)))
        kind = Kind.SHOW if chance.random() < 0.05 else Kind.MOVIE
        if chance.random() < NAMESAKES:
            other = chance.choice(films)
            films.append(replace(other, kind=kind, year=year, first=None))
            continue
        size = chance.choice((1, 2, 2, 2, 3, 3, 4))
        name = " ".join(chance.choice(vocabulary) for _ in range(size))
        if chance.random() < 0.25:
            name = f"{chance.choice(ARTICLES[:3])} {name}"
        if chance.random() < 0.06:
            name = f"{name} {chance.choice(('II', '2', '3', 'Part II', 'Part 3', 'IV'))}"
        first = None
        if chance.random() < 0.2:
            words = " ".join(_foreign(chance) for _ in range(chance.choice((1, 2, 3))))
            first = f"{chance.choice(HEADS)} {words}" if chance.random() < 0.5 else words
        films.append(Film(kind, name, year, first))
    return films


def _foreign(chance: random.Random) -> str:
    return "".join(chance.choice(SYLLABLES) for _ in range(chance.choice((2, 2, 3)))).capitalize()


def _on_list(chance: random.Random, film: Film) -> Title:
    """Articles at the end, other names in brackets, as lists for catalogues have it."""
    name = _moved(film.title)
    original = None
    if film.first is not None and chance.random() < 0.7:
        if chance.random() < 0.7:
            name = f"{name} ({_moved(film.first)})"
        else:
            original = film.first
    elif chance.random() < 0.03:
        name = f"{name} (a.k.a. {_other_name(chance, film)})"
    return Title(film.kind, name, film.year, original_title=original)


def _in_library(chance: random.Random, film: Film) -> Title:
    name = film.title
    original = film.first
    draw = chance.random()
    if draw < 0.03:
        name = _other_name(chance, film)
    elif film.first is not None and draw < 0.10:
        name = film.first
    elif draw < 0.20:
        name = chance.choice(_SPELLINGS)(name)
    if chance.random() < 0.3:
        original = None
    year = film.year
    draw = chance.random()
    if draw < 0.025:
        year += chance.choice((-1, 1))
    elif draw < 0.028:
        year += chance.choice((-3, -2, 2, 3))
    return Title(film.kind, name, year, original_title=original)


def _other_name(chance: random.Random, film: Film) -> str:
    words = film.title.split()
    chance.shuffle(words)
    return f"{' '.join(words)} {_foreign(chance)}"


def _moved(name: str) -> str:
    first, _, rest = name.partition(" ")
    return f"{rest}, {first}" if first in ARTICLES and rest else name


_SPELLINGS: tuple[Callable[[str], str], ...] = (
    str.upper,
    lambda name: name.replace(" and ", " & ").replace(" & ", " and "),
    lambda name: name.replace(": ", " - "),
    lambda name: name.replace("'", "’"),
    lambda name: name.replace(" II", " 2").replace(" 3", " III"),
    lambda name: f"{name} (Extended Edition)",
    lambda name: f"{name} [4K]",
    lambda name: name.replace("-", " "),
    lambda name: name.replace("Part ", "Pt. "),
)
