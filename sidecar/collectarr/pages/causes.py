"""Which of the things that went wrong have one cause: a person is told of each once."""

import re
from collections.abc import Sequence

from collectarr.pages.views import Attention

_NUMBERS = re.compile(r"\d+")


def plain(text: str) -> str:
    """Without times and counts, which differ from one telling of the same thing to the next."""
    return _NUMBERS.sub("", text)


def cause_of(text: str) -> str:
    """Without what it was that failed: `The list A could not be read: MDBList is down.`"""
    return plain(text.partition(": ")[2] or text)


def one_per_cause(notes: Sequence[Attention]) -> list[Attention]:
    """Without those that tell again, in more words, what one before them tells."""
    kept: list[Attention] = []
    for note in notes:
        if not any(one.text and plain(one.text) in plain(note.text) for one in kept):
            kept.append(note)
    return kept
