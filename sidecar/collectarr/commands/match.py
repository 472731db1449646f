"""collectarr match LIST.csv LIBRARY.csv: what stands for what, and why, without any server."""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from collectarr.commands.output import note, result
from collectarr.commands.score import Truth, scores
from collectarr.errors import InvalidError
from collectarr.models import Copies, Ids, Item, Kind, ListItem, Title
from collectarr.sync.match import Match, PresenceIndex
from collectarr.sync.match import match as match_rows

WRONG_FILE = 2
"""The exit status where a file cannot be used, as for a wrong argument."""
_YEAR = re.compile(r"\s*(\d{4})(?!\d)")
_KINDS = {kind.value: kind for kind in (Kind.MOVIE, Kind.SHOW)}
_AT_ONCE = 1_000

Row = dict[str, str]


def match(list_file: Path, library_file: Path, truth_file: Path | None, copies: Copies) -> int:
    """One JSON line for each row of the list; how good they are on stderr, if that is known."""
    try:
        rows = [
            ListItem(number, _title(row, where))
            for number, (where, row) in enumerate(_rows(list_file, "kind", "title"), start=1)
        ]
        items = [
            Item(row["id"].strip(), _title(row, where))
            for where, row in _rows(library_file, "kind", "title", "id")
            if _filled(row, "id", where)
        ]
        truth = None if truth_file is None else _truth(truth_file, len(rows))
    except InvalidError as error:
        note(error.message)
        return WRONG_FILE
    found = match_rows(rows, PresenceIndex(items), copies=copies)
    for start in range(0, len(found), _AT_ONCE):
        result("\n".join(_line(one) for one in found[start : start + _AT_ONCE]))
    if truth is not None:
        for line in scores(truth, found):
            note(line)
    return 0


def _line(found: Match) -> str:
    told = {
        "row": found.rank,
        "matched": [item.id for item in found.items],
        "by": found.by,
        "why": found.why,
        "near": list(found.near),
    }
    return json.dumps(told, ensure_ascii=False)


def _title(row: Row, where: str) -> Title:
    """What is not a year or an id counts as not filled."""
    kind = _KINDS.get(row["kind"].strip().casefold())
    if kind is None:
        raise InvalidError(f"{where}: the kind must be movie or show, not {row['kind'][:40]!r}.")
    _filled(row, "title", where)
    year = _YEAR.match(row.get("year") or "")
    return Title(
        kind,
        row["title"].strip(),
        int(year[1]) if year is not None else None,
        Ids.of(*(row.get(name) for name in ("imdb", "tmdb", "tvdb", "trakt"))),
        (row.get("original_title") or "").strip() or None,
    )


def _filled(row: Row, column: str, where: str) -> bool:
    if not row[column].strip():
        raise InvalidError(f"{where}: the {column} is empty.")
    return True


def _truth(path: Path, count: int) -> Truth:
    truth = Truth()
    for where, row in _rows(path, "row", "id"):
        number = row["row"].strip()
        if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= count:
            raise InvalidError(f"{where}: {number[:40]!r} is no row of the list (1 to {count}).")
        truth.add(int(number), row["id"].strip(), (row.get("group") or "").strip())
    return truth


def _rows(path: Path, *columns: str) -> Iterator[tuple[str, Row]]:
    """Where each row stands, and its cells by the name of their column."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            names = [name.strip().casefold() for name in next(reader, [])]
            _have(path, names, columns)
            for cells in reader:
                if cells:
                    padded = cells + [""] * (len(names) - len(cells))
                    row = dict(zip(names, padded, strict=False))
                    yield f"{path}, line {reader.line_num}", row
    except OSError as error:
        raise InvalidError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidError(f"{path} is not a text in UTF-8. Save it as CSV in UTF-8.") from error
    except csv.Error as error:
        raise InvalidError(f"{path} is not a CSV file: {error}.") from error


def _have(path: Path, names: Sequence[str], columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in names]
    if missing:
        raise InvalidError(
            f"{path} has no column {' and no column '.join(missing)}."
            " The first line names the columns."
        )
