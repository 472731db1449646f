"""What stands in a field of MDBList's answers, or nothing where it is not what it should be."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

Row = Mapping[str, Any]


def word_of(row: Row, key: str) -> str:
    value = row.get(key)
    return value.strip() if isinstance(value, str) else ""


def block_of(row: Row, key: str) -> Row:
    """The object below `key`; an empty one where there is none."""
    value = row.get(key)
    return value if isinstance(value, dict) else {}


def count_of(value: object) -> int | None:
    """A count from a body or a header; None if it is none."""
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def moment_of(value: object) -> datetime | None:
    """`2025-01-15T10:30:00Z` or `2025-02-02 17:28:22.000000`; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def day_of(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        return None


def score_of(value: object) -> int | None:
    """A score of 100; what is beyond that is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round(value) if 0 < value <= 100 else None
