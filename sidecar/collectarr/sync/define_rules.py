"""Whether the rules, pins and exclusions that a person gave can be, each error at its field."""

from collections.abc import Sequence
from dataclasses import replace

from collectarr.errors import InvalidError
from collectarr.models import Kind, ListItem, Rules, Title, genre_word
from collectarr.store import collections as stored_collections
from collectarr.store.db import Database
from collectarr.sync.same import Known, SameTitles

MOST_TITLES, MOST_COLLECTIONS, MOST_GENRES = 500, 50, 30
LARGEST_LIMIT = 10_000
YEARS = (1800, 2200)
NO_COLLECTION = "There is no such collection of yours."
ITSELF = "A collection cannot leave out its own titles."
NAMELESS = "Give an id, or a title and a year."
BOTH = "It cannot be pinned and left out at once."


async def checked_rules(
    db: Database, user_id: int, rules: Rules, collection_id: int | None = None
) -> Rules:
    """`rules` as they are kept. Raises InvalidError that names the fields."""
    problems = _problems(rules)
    if rules.not_in:
        own = {row.id for row in await stored_collections.list_collections(db, user_id)}
        if collection_id in rules.not_in:
            problems["filters.not_in"] = ITSELF
        elif not own.issuperset(rules.not_in):
            problems["filters.not_in"] = NO_COLLECTION
        elif len(rules.not_in) > MOST_COLLECTIONS:
            problems["filters.not_in"] = f"At most {MOST_COLLECTIONS} collections."
    _refuse(problems)
    kinds = tuple(kind for kind in (Kind.MOVIE, Kind.SHOW) if kind in rules.kinds)
    return replace(
        rules,
        # Both are as good as none asked for.
        kinds=kinds if len(kinds) == 1 else (),
        genres=_words(rules.genres),
        without_genres=_words(rules.without_genres),
        not_in=tuple(dict.fromkeys(rules.not_in)),
    )


def _words(genres: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for text in genres if (word := genre_word(text))))


def _problems(rules: Rules) -> dict[str, str]:
    first, last = YEARS
    ranges = {
        "filters.year_from": (rules.year_from, first, last),
        "filters.year_to": (rules.year_to, first, last),
        "filters.rating_from": (rules.rating_from, 0, 100),
        "limit": (rules.limit, 1, LARGEST_LIMIT),
    }
    problems = {
        name: f"Between {least} and {most}."
        for name, (value, least, most) in ranges.items()
        if value is not None and not least <= value <= most
    }
    if not problems and rules.year_from and rules.year_to and rules.year_from > rules.year_to:
        problems["filters.year_to"] = "This is before the year that it begins with."
    if Kind.UNKNOWN in rules.kinds:
        problems["filters.kinds"] = "Give movie, show, or both."
    if rules.episodes not in ("show", "skip"):
        problems["filters.episodes"] = "Give show or skip."
    return {**_genre_problems(rules), **problems}


def _genre_problems(rules: Rules) -> dict[str, str]:
    problems = {
        f"filters.{name}": f"At most {MOST_GENRES} genres."
        for name in ("genres", "without_genres")
        if len(getattr(rules, name)) > MOST_GENRES
    }
    if both := set(_words(rules.genres)) & set(_words(rules.without_genres)):
        words = f"Wanted and unwanted at once: {', '.join(sorted(both))}."
        problems["filters.without_genres"] = words
    return problems


def checked_titles(
    pins: Sequence[Title], exclusions: Sequence[Title]
) -> tuple[tuple[Title, ...], tuple[Title, ...]]:
    """Each title once. Raises InvalidError for one that is both, or that says too little."""
    problems: dict[str, str] = {}
    for name, titles in (("pins", pins), ("exclusions", exclusions)):
        if len(titles) > MOST_TITLES:
            problems[name] = f"At most {MOST_TITLES} of these."
        for place, title in enumerate(titles):
            if not names_a_title(title):
                problems[f"{name}.{place}"] = NAMELESS
    _refuse(problems)
    same = SameTitles([_rows(pins), _rows(exclusions)])
    first: dict[Known, Title] = {}
    for known, title in zip(same.of_group(0), pins, strict=True):
        first.setdefault(known, title)
    out: dict[Known, Title] = {}
    for place, (known, title) in enumerate(zip(same.of_group(1), exclusions, strict=True)):
        if known in first:
            problems[f"exclusions.{place}"] = BOTH
        out.setdefault(known, title)
    _refuse(problems)
    return tuple(first.values()), tuple(out.values())


def names_a_title(title: Title) -> bool:
    """Whether there is enough to tell it by: an id, or a name and a year."""
    if title.kind is Kind.UNKNOWN:
        return title.ids.imdb is not None
    return bool(title.ids) or bool(title.title.strip() and title.year)


def _rows(titles: Sequence[Title]) -> list[ListItem]:
    return [ListItem(rank, title) for rank, title in enumerate(titles, start=1)]


def _refuse(problems: dict[str, str]) -> None:
    if problems:
        words = " ".join(dict.fromkeys(problems.values()))
        raise InvalidError(words, details={"fields": problems})
