"""Lists made by hand: what pasted ids, addresses and exported tables mean. Nothing is fetched."""

from collectarr.sources.manual.ids import LONGEST_TITLE, clean_title
from collectarr.sources.manual.names import has_name, id_label, labelled, nameless
from collectarr.sources.manual.table import LONGEST_NOTE
from collectarr.sources.manual.text import (
    MOST_BYTES,
    MOST_FILE_BYTES,
    Entry,
    Line,
    Understood,
    decoded,
    understand,
)

__all__ = [
    "LONGEST_NOTE",
    "LONGEST_TITLE",
    "MOST_BYTES",
    "MOST_FILE_BYTES",
    "Entry",
    "Line",
    "Understood",
    "clean_title",
    "decoded",
    "has_name",
    "id_label",
    "labelled",
    "nameless",
    "understand",
]
