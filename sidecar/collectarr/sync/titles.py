"""The names of one title: what it is called, was called first, and may be called. Pure."""

import re
from dataclasses import dataclass

from collectarr.models import Title
from collectarr.sync.names import LONGEST, SPELLED, digraphs, joined, plain_key, words

_MAY_BE_EDITION = ("cut", "edition", "version", "release", "collection", "uhd", "4k", "0p")
_YEAR = re.compile(r"(.*\S)\s*[(\[]\s*(\d{4})\s*(?:[-–]\s*(?:\d{4})?\s*)?[)\]]")
_BRACKETS = re.compile(r"(.*\S)\s*[(\[]([^()\[\]]*)[)\]]", re.DOTALL)
_ANY_CASE = re.IGNORECASE
_BETWEEN_BRACKETS = re.compile(r"[)\]]\s*[(\[]")
_NO_PART_OF_IT = re.compile(
    r"tv|video|short|(?:tv )?(?:movie|film|series|mini-?\s?series)", _ANY_CASE
)
_AKA = re.compile(
    r"(?<=[\s,;/(])(?:a\.?\s?k\.?\s?a\.?|also known as)(?=[\s:,]|$)[:,]?\s*", _ANY_CASE
)
_OR = re.compile(r"(.*\S)(?:,\s*or[,:]?\s+|:\s*or,?\s+|\s+or:\s+|\s+or\s+(?=\())(.*)", _ANY_CASE)
_EPISODE = re.compile(r"(.*?\w):?\s+(?:Episode|Chapter)\s+\w+\s*[-–—:]\s+(.*\S)", _ANY_CASE)
_FIRST_PART = re.compile(
    r"(.*\w)\W+(?:part|pt\.?|chapter|vol\.?|volume|teil|partie)\s*(?:1|i|one|un|eins)",
    _ANY_CASE,
)
_PRESENTED = re.compile(
    r"(?:(?:walt )?disney|marvel|tyler perry|stephen king|dr\.? seuss|william shakespeare|"
    r"bram stoker|lee daniels|national lampoon|monty python)['’]s?\s+(.*\S)",
    _ANY_CASE,
)
_HEAD = re.compile(r"(.*?\S)\s*(?::|\s[-–—])\s")
_QUALIFIES = frozenset(
    (
        *("part", "pt", "vol", "volume", "season", "series", "episode", "chapter", "movie", "film"),
        *("cut", "edition", "version", "live", "special", "remake", "original"),
        *("uk", "us", "usa", "au", "nz"),
    )
)
_CUT = r"(?:cut|edition|version|release|collection)"
_EDITION_WORDS = (
    r"(?:the\s+)?(?:(?:\d+th|\d+nd|\d+st|\d+rd)\s+anniversary|director['’]?s|extended|special|"
    r"theatrical|unrated|uncut|final|ultimate|collector['’]?s|anniversary|remastered|restored|"
    rf"imax|international|limited|deluxe|alternate|original)\s+{_CUT}"
)
_QUALITY = r"4k(?:\s+uhd)?|uhd|2160p|1080p|720p|hdr|blu-?ray|dvd"
_ALONE = r"extended|unrated|uncut|remastered|restored|theatrical|imax|3-?d|colou?rized|b\s?&\s?w"
_EDITION = re.compile(
    rf"(.*?\w\W*?)(?:\s+[-–—]\s+(?:{_EDITION_WORDS}|{_QUALITY}|{_ALONE})"
    rf"|:\s+(?:{_EDITION_WORDS})|\s+(?:{_EDITION_WORDS}|{_QUALITY}))",
    _ANY_CASE | re.DOTALL,
)
_ONLY_EDITION = re.compile(
    rf"(?:(?:{_EDITION_WORDS}|{_QUALITY}|{_ALONE}|black\s+(?:and|&)\s+white)[\s,/+&]*)+",
    _ANY_CASE,
)
_SPELLED = frozenset(SPELLED)


@dataclass(slots=True)
class Names:
    """What a title may be called, each as `comparable` writes it.

    title     as it is written; what stands in brackets may be part of it
    other     names that are said to be its own: the original title, a.k.a., a translation
    short     guesses: without what stands in brackets, the first of two titles, 12 for Twelve
    head      what stands before a colon or a dash: only ever good for a near miss
    original  the one of `other` or `title` that it had first, where that is known
    """

    year: int | None
    title: frozenset[str]
    other: frozenset[str] = frozenset()
    short: frozenset[str] = frozenset()
    head: str | None = None
    original: str | None = None

    @property
    def firm(self) -> frozenset[str]:
        return self.title | self.other if self.other else self.title

    def every(self) -> set[str]:
        """Every name under which somebody may look for it."""
        found = {*self.title, *self.other, *self.short, self.head or ""}
        found.discard("")
        return found


def names_of(title: Title, *, library: bool, articles: bool = False) -> Names:
    """`library`: tails that name an edition are no part of the name, as in "Heat (4K)".

    `articles`: two names that differ in the article at their start are two.
    """
    if not title.original_title and not articles:
        key = plain_key(title.title)
        if key and not (library and key.endswith(_MAY_BE_EDITION)):
            return Names(title.year, frozenset((key,)))
    reading = _Reading(title.year, library, articles)
    reading.read(title.title)
    return reading.names(title.original_title)


class _Reading:
    """One title taken apart."""

    def __init__(self, year: int | None, library: bool, articles: bool) -> None:
        self.year, self.library, self.articles = year, library, articles
        self.title: set[str] = set()
        self.other: set[str] = set()
        self.short: set[str] = set()
        self.head: str | None = None

    def names(self, original: str | None) -> Names:
        first: str | None = None
        if original:
            second = _Reading(self.year, self.library, self.articles)
            second.read(original)
            self.other |= second.title | second.other
            self.short |= second.short
            first = next(iter(sorted(second.title)), None)
        for names in (self.title, self.other, self.short):
            names.discard("")
        return Names(
            self.year,
            frozenset(self.title),
            frozenset(self.other - self.title),
            frozenset(self.short - self.title - self.other),
            self.head,
            first,
        )

    def read(self, text: str) -> None:
        text = self._without_year(text[:LONGEST].strip())
        if self.library:
            text = _without_edition(text)
        text, *also = _AKA.split(text)
        for name in also:
            self._also(name)
        self._main(text.rstrip(" ,;/(["))

    def _without_year(self, text: str) -> str:
        dated = _YEAR.fullmatch(text)
        if dated is None or not 1870 <= int(dated[2]) <= 2100:
            return text
        year = int(dated[2])
        if self.year is None:
            self.year = year
        return dated[1] if abs(year - self.year) <= 1 else text

    def _also(self, name: str) -> None:
        for one in _BETWEEN_BRACKETS.split(name):
            if one := one.strip(" ,;/()[]"):
                self.other |= self._spellings(one)

    def _main(self, text: str) -> None:
        """Brackets at the end: a translation is a name of its own, anything else may belong."""
        base, kept = text, ""
        while (found := _BRACKETS.fullmatch(base)) is not None:
            base, inside = found[1], found[2].strip()
            base = self._without_year(base)
            if _NO_PART_OF_IT.fullmatch(inside) or not inside:
                continue
            if _is_translation(inside):
                self._also(inside)
            else:
                kept = f" ({inside}){kept}"
                if len(inside) > 3 and _QUALIFIES.isdisjoint(words(inside)):
                    self.short |= self._spellings(inside)
        self.title |= self._spellings(base + kept)
        if kept:
            self.short |= self._spellings(base)
        self._guess(base + kept)
        either = _OR.fullmatch(text)
        if either is not None and len(words(either[2])) > 2:
            self.short |= self._spellings(either[1])

    def _spellings(self, name: str) -> set[str]:
        found = {joined(words(name, articles=self.articles))}
        typed = None if name.isascii() else digraphs(name)
        if typed is not None:
            found.add(joined(words(typed, articles=self.articles)))
        return found

    def _guess(self, name: str) -> None:
        """Names that are not said, but likely."""
        episode = _EPISODE.fullmatch(name)
        if episode is not None and len(episode[2]) > 7:
            self.short |= self._spellings(episode[2])
            self.short |= self._spellings(f"{episode[1]}: {episode[2]}")
        for pattern in (_FIRST_PART, _PRESENTED):
            found = pattern.fullmatch(name)
            if found is not None:
                self.short |= self._spellings(found[1])
        spoken = words(name, articles=self.articles)
        if len(spoken) > 1 and not _SPELLED.isdisjoint(spoken):
            self.short.add(joined([SPELLED.get(word, word) for word in spoken]))
        head = _HEAD.match(name)
        if head is not None:
            self.head = joined(words(head[1], articles=self.articles)) or None


def _without_edition(text: str) -> str:
    """Without what tells one copy of a film from another."""
    while (found := _BRACKETS.fullmatch(text)) is not None and _ONLY_EDITION.fullmatch(found[2]):
        text = found[1]
    bare = _EDITION.fullmatch(text)
    return bare[1].rstrip() if bare is not None and words(f"{bare[1]} x") != ["x"] else text


def _is_translation(inside: str) -> bool:
    """Whether brackets hold another name: two words or more, none of which tells a part."""
    found = words(inside, articles=True)
    return (
        len(found) > 1
        and not any(word.isdigit() for word in found)
        and _QUALIFIES.isdisjoint(word for word in inside.casefold().replace(".", " ").split())
    )
