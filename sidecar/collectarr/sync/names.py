"""Titles as they are compared when ids do not help. Pure; no letter is ever transliterated."""

import re
import unicodedata
from itertools import pairwise

_DROPPED = (
    *("the", "a", "an", "der", "die", "das", "ein", "eine", "le", "la", "les", "un", "une"),
    *("el", "los", "las", "una", "il", "lo", "gli"),
)
_ARTICLES = frozenset(_DROPPED)
# Common words in other languages: put back from the end of a title, never dropped.
_MOVED = (
    *(*_DROPPED, "l'", "un'", "d'", "i", "o", "os", "as", "um", "uma", "de", "het", "een"),
    *("den", "det", "dem", "en", "ett", "et", "az", "egy", "els", "ο", "η", "το", "οι", "τα"),
)
_LEADING = re.compile(rf"(?:(?:{'|'.join(_DROPPED)})\s+|(?:l|un)'\s*)(?=.*\w)")
_MAY_LEAD = frozenset("tadeluig")
_TRAILING = re.compile(
    rf"(.*\S)\s*,\s*({'|'.join(_MOVED)})\s*(?:$|(?=[:(\[]|\s[-–—]\s)(.*))", re.DOTALL
)

LONGEST = 300
"""Of a title no more letters than these are looked at."""

_QUOTES = str.maketrans(dict.fromkeys("’‘`´ʼʹ′＇", "'"))
_RAISED = str.maketrans(
    {letter: f" {number} " for number, letter in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
    | {letter: f" {number} " for number, letter in enumerate("₀₁₂₃₄₅₆₇₈₉")}
    | {"½": " 1 2 ", "¼": " 1 4 ", "¾": " 3 4 ", "⅓": " 1 3 ", "⅔": " 2 3 "}
)
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i", "ħ": "h"}
)
_DIGRAPHS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
    | {"Å": "Aa", "Ø": "Oe"}
)
_TATWEEL = "\u0640"

_ACRONYM = re.compile(r"(?<!\w)(?:\w[.*·]){2,}\w?(?!\w)")
_SEPARATORS = re.compile(r"[.*·]")
_THOUSANDS = re.compile(r"(?<=\d)[.,](?=\d{3}(?!\d))")
_AND = re.compile(r"[&＆]|'n'|(?<=\s)(?:\+|und|et|y|e|og|och|и|і|n')(?=\s+\S)")
_VERSUS = re.compile(r"(?<=\S )v(?= \S)")
_WORDS = re.compile(r"[a-z0-9]+")
_ROMAN = {
    roman: str(number)
    for number, roman in enumerate(
        (
            *("ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv"),
            *("xv", "xvi", "xvii", "xviii", "xix", "xx"),
        ),
        start=2,
    )
}
SPELLED = {
    word: str(number)
    for number, word in enumerate(
        (
            *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
            *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
            *("eighteen", "nineteen", "twenty"),
        ),
        start=1,
    )
}
_PART = frozenset(
    (
        *("part", "pt", "parts", "vol", "volume", "chapter", "episode", "teil", "folge", "parte"),
        *("partie", "chapitre", "capitolo", "capitulo", "kapitel", "osa", "czesc", "часть"),
    )
)
_PART_NUMBERS = {"i": "1", **SPELLED}
_SHORT_FOR = {"dr": "doctor", "mr": "mister", "versus": "vs"}


_PLAIN = re.compile(r"[A-Za-z0-9 ]+")
_READ_CLOSER = frozenset(
    {*_ROMAN, *_PART, *_PART_NUMBERS, *_SHORT_FOR, "und", "et", "y", "e", "og", "och", "aka", "v"}
)


def plain_key(title: str) -> str | None:
    """`comparable(title)` for most titles, at a fraction of the cost; None for the others.

    What it answers for has no second name either: no punctuation, no number but in digits.
    """
    if _PLAIN.fullmatch(title) is None:
        return None
    found = title.lower().split()
    if len(found) > 1 and found[0] in _ARTICLES:
        del found[0]
    return joined(found) if _READ_CLOSER.isdisjoint(found) else None


def comparable(title: str) -> str:
    """`title` without case, accents, punctuation, spaces, articles and ways of numbering.

    Empty when nothing is left to compare. Two titles that come out alike are written alike, not
    proven to be one film. Applied twice it changes nothing more.
    """
    return joined(words(title))[:LONGEST].rstrip()


def joined(found: list[str]) -> str:
    """The words as one, so that Spider-Man is Spiderman; two numbers stay apart."""
    text = "".join(found)
    if len(found) < 2 or text.isalpha():
        return text
    parts = found[:1]
    for before, word in pairwise(found):
        parts.append(f" {word}" if before[-1].isdigit() and word[0].isdigit() else word)
    return "".join(parts)


def words(title: str, *, articles: bool = False) -> list[str]:
    """The words that count, in small letters; `articles`: with the one at the start."""
    text = title[:LONGEST]
    if " v " in text:
        text = _VERSUS.sub("vs", text)
    ascii_only = text.isascii()
    text = text.lower() if ascii_only else _folded(text)
    text = _in_order(text.strip(), articles=articles)
    if "." in text or "*" in text or "·" in text:
        text = _ACRONYM.sub(lambda found: _SEPARATORS.sub("", found[0]), text)
    if not text.isalnum():
        text = _THOUSANDS.sub("", text)
        text = _AND.sub(" and ", text).replace("'", "")
    found = _WORDS.findall(text) if ascii_only else _letters_of(text).split()
    return _numbered(found) if len(found) > 1 else found


def article_of(title: str) -> str:
    """The article that `words` leaves out, or nothing."""
    spoken = words(title, articles=True)
    return spoken[0] if len(spoken) > 1 and spoken != words(title) else ""


def _in_order(text: str, *, articles: bool) -> str:
    """The article in front, or none."""
    if "," in text:
        moved = _TRAILING.fullmatch(text)
        if moved is not None:
            article = moved[2] if moved[2].endswith("'") else f"{moved[2]} "
            text = f"{article}{moved[1]}{moved[3] or ''}"
    if not articles and text[:1] in _MAY_LEAD:
        leading = _LEADING.match(text)
        if leading is not None:
            text = text[leading.end() :]
    return text


def _numbered(found: list[str]) -> list[str]:
    """II as 2, Part Two as 2. What opens a title is a name more often ("X", "V for Vendetta")."""
    result: list[str] = []
    for position, word in enumerate(found):
        if result and result[-1] in _PART and position > 1:
            number = word if word.isdigit() else _PART_NUMBERS.get(word) or _ROMAN.get(word)
            if number is not None:
                result[-1] = number
                continue
        said = _ROMAN.get(word, word) if position else word
        result.append(_SHORT_FOR.get(said, said))
    return result


def digraphs(title: str) -> str | None:
    """`title` as typed without the letter: Fuer for Für; None where there is no such letter."""
    other = unicodedata.normalize("NFC", title).translate(_DIGRAPHS)
    return other if other != title else None


def _folded(text: str) -> str:
    """Small letters without accents; what is only a mark in Latin may be a letter elsewhere."""
    text = unicodedata.normalize("NFKC", text.translate(_RAISED).translate(_QUOTES))
    text = unicodedata.normalize("NFD", text.casefold().translate(_QUOTES)).translate(_LETTERS)
    kept: list[str] = []
    for letter in text:
        if letter.isalnum():
            kept.append(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter)
        elif unicodedata.category(letter)[0] != "M":
            kept.append(" " if letter == "_" or not letter.isprintable() else letter)
        elif not _is_only_a_mark(letter, kept[-1] if kept else " "):
            kept.append(letter)
    return unicodedata.normalize("NFC", "".join(kept).replace(_TATWEEL, ""))


def _letters_of(text: str) -> str:
    """Letters, their marks and digits; anything else as a space."""
    return "".join(
        letter if letter.isalnum() or unicodedata.category(letter)[0] == "M" else " "
        for letter in text
    )


def _is_only_a_mark(mark: str, base: str) -> bool:
    """Accents, and the vowel signs of Hebrew and Arabic that most people leave out."""
    if not base.isalnum() and unicodedata.category(base)[0] != "M":
        return True
    if base < "\u0400" or "\u1e00" <= base < "\u2000":
        return True
    return "\u0591" <= mark <= "\u05c7" or "\u064b" <= mark <= "\u0670" or base == "е"
