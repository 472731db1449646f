"""How Emby turns names into folder names and sort names."""

import re
import unicodedata

_ARTICLE = re.compile(r"^(?:the|a|an) ")


def folder_name(name: str, cleaned: str) -> str:
    """The folder of a box set: each awkward character becomes a space, then the mark."""
    return name.translate({ord(character): " " for character in cleaned}) + " [boxset]"


def sort_name(name: str) -> str:
    """Lower case, without accents, `&` and a leading article."""
    plain = unicodedata.normalize("NFKD", name.lower())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _ARTICLE.sub("", letters.replace("&", ""))


def file_path(location: str, name: str, year: int | None, copy: int, *, folder: bool) -> str:
    """Where a film or show lies; further copies are versions beside the first."""
    base = f"{name} ({year})" if year else name
    base = base.translate({ord(character): " " for character in '/\\:?*"<>|'})
    if folder:
        return f"{location}/{base}" + (f" - {copy}" if copy > 1 else "")
    return f"{location}/{base}/{base}" + (f" - Version {copy}" if copy > 1 else "") + ".mp4"
