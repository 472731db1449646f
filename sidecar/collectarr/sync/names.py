"""Titles as they are compared when ids do not help."""

import re
from functools import lru_cache

from anyascii import anyascii

_ARTICLES = frozenset(
    {"the", "a", "an", "der", "die", "das", "ein", "eine", "le", "la", "les", "l", "un", "une"}
    | {"el", "los", "las", "il", "lo", "gli"}
)
_END_ARTICLE = re.compile(r"^(.*\S)\s*,\s*(\w+)$")
_APOSTROPHES = re.compile(r"['’‘`´ʼ]")
_WORDS = re.compile(r"[a-z0-9]+")
_ROMAN = {
    "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9",
    "x": "10", "xi": "11", "xii": "12", "xiii": "13",
}  # fmt: skip


@lru_cache(maxsize=200_000)
def comparable(title: str) -> str:
    """`title` without case, accents, punctuation, articles at either end and roman numerals.

    Empty when nothing is left to compare.
    """
    text = _APOSTROPHES.sub("", title)
    text = anyascii(text).lower().replace("&", " and ")
    moved = _END_ARTICLE.match(text.strip())
    if moved and moved[2] in _ARTICLES:
        text = moved[1]
    words = _WORDS.findall(text)
    if len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    # A numeral that opens a title is more often a name ("X", "V for Vendetta").
    return " ".join(words[:1] + [_ROMAN.get(word, word) for word in words[1:]])
