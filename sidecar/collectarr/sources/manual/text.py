"""A pasted or uploaded text: every line is a title, or is named with the reason why not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from collectarr.errors import InvalidError
from collectarr.models import Title
from collectarr.sources.manual.ids import NOT_ASKED, read_line, slug_address
from collectarr.sources.manual.table import Table, find_table, next_row, read_row

MOST_BYTES = 1_000_000
MOST_FILE_BYTES = 8_000_000
"""Exports hold a dozen columns that nobody asked for: 10,000 titles of IMDb are 2 MB."""
MOST_LINES = 20_000
LONGEST_LINE = 10_000
LONGEST_SHOWN = 200
LINE_TOO_LONG = f"This line is longer than {LONGEST_LINE:,} characters."
_BREAKS = re.compile(r"\r\n|\r|\n")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff]")
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A title that a line names. Its name is empty where the line gave an id only; `address` is
    where more is to be learned of one without an id.
    """

    title: Title
    line: int = 0
    note: str | None = None
    poster: str | None = None
    address: str = ""

    def unsolved(self) -> "Line":
        """The same where nobody can tell what stands at the address."""
        return Line(self.line, self.address[:LONGEST_SHOWN], NOT_ASKED)


@dataclass(frozen=True, slots=True)
class Line:
    """A line, counted from 1, that names no title, and the reason in words for people."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Understood:
    """`table`: the lines have a head, and are not to be read without it."""

    titles: tuple[Entry, ...]
    not_understood: tuple[Line, ...]
    table: bool = False


def decoded(data: bytes) -> str:
    """The text of an uploaded file, in whatever encoding a spreadsheet wrote it."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) if encoding == "utf-8" else 0 :].decode(encoding, "replace")
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = data[first::2]
        # No other text has a NUL for every second byte.
        if half.count(0) * 2 > len(half):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def understand(text: str, most_bytes: int = MOST_BYTES) -> Understood:
    """Ids and addresses, one a line, or a table with a head; comments (#) and blanks are skipped.

    Raises InvalidError for a text that is larger than `most_bytes` or MOST_LINES.
    """
    # Four bytes a character at most: only what may be too large is counted exactly.
    if len(text) > most_bytes or len(text.encode("utf-8", "replace")) > most_bytes:
        much = "a megabyte" if most_bytes == MOST_BYTES else f"{most_bytes // 1_000_000} MB"
        raise InvalidError(f"This is more than {much}. Give it in several parts.", code="too_large")
    lines = _BREAKS.split(_UNPRINTABLE.sub("", text))
    if len(lines) > MOST_LINES + 1:
        raise InvalidError(
            f"This has more than {MOST_LINES:,} lines. Give it in several parts.", code="too_large"
        )
    table = find_table([line[:LONGEST_LINE] for line in lines[:100]])
    read = _plain(lines) if table is None else _rows(lines, table)
    found: tuple[list[Entry], list[Line]] = ([], [])
    for one in read:
        if isinstance(one, Entry):
            found[0].append(one)
        else:
            found[1].append(one)
    return Understood(tuple(found[0]), tuple(found[1]), table is not None)


def _plain(lines: list[str]) -> Iterator[Entry | Line]:
    for number, text in enumerate(lines, start=1):
        clean = text.strip()
        if not clean or clean.startswith("#"):
            continue
        title = LINE_TOO_LONG if len(text) > LONGEST_LINE else read_line(clean)
        if isinstance(title, str):
            yield Line(number, clean[:LONGEST_SHOWN], title)
        else:
            yield Entry(title, number, address="" if title.ids else slug_address(clean))


def _rows(lines: list[str], table: Table) -> Iterator[Entry | Line]:
    at = table.first
    while at < len(lines):
        number, text = at + 1, lines[at].strip()
        if not text or text.startswith("#"):
            at += 1
            continue
        if len(text) > LONGEST_LINE:
            at += 1
            yield Line(number, text[:LONGEST_SHOWN], LINE_TOO_LONG)
            continue
        cells, taken = next_row(lines, at, table.delimiter)
        at += taken
        if not any(cell.strip() for cell in cells):
            continue
        found = read_row(table, cells)
        if isinstance(found, str):
            yield Line(number, text[:LONGEST_SHOWN], found)
        else:
            yield Entry(found[0], number, found[1])
