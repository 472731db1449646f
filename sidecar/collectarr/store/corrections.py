"""What people said of single titles: which items one is, what it means, that it is never matched.

It belongs to the user, not to a list or collection, so it outlives both.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from collectarr.errors import ConflictError, NotFoundError
from collectarr.models import Ids, Item, Kind, Title, utc_now
from collectarr.store.db import Database, Row, Transaction, stamp
from collectarr.store.servers import item_of

MOST_CORRECTIONS = 5_000
"""Of one user."""
FULL = f"There are {MOST_CORRECTIONS:,} corrections already. Take some back first."

Act = Literal["pin", "map", "exclude"]


@dataclass(frozen=True, slots=True)
class Correction:
    """`items` are those of a pin on `server_id`, as they were when it was said; `to` of a map."""

    id: int
    user_id: int
    act: Act
    title: Title
    server_id: int | None
    items: tuple[tuple[str, Title], ...]
    to: Title | None
    created_at: datetime


async def list_corrections(db: Database, user_id: int) -> list[Correction]:
    """All of a user's, in the order in which they were said."""
    rows = await db.rows("SELECT * FROM corrections WHERE user_id = ? ORDER BY id", user_id)
    return [_correction(row) for row in rows]


async def corrected(db: Database, user_id: int) -> int:
    """Moves whenever one of a user's corrections does."""
    return int(await db.value("SELECT corrected FROM users WHERE id = ?", user_id) or 0)


async def put_correction(
    db: Database,
    user_id: int,
    act: Act,
    title: Title,
    *,
    server_id: int | None = None,
    items: Sequence[Item] = (),
    to: Title | None = None,
    instead_of: Callable[[Correction], bool],
) -> Correction:
    """Those of the user's that `instead_of` picks go. Raises ConflictError for too many."""
    means: Any = to and _as_json(to)
    if act == "pin":
        means = [{"id": item.id, "title": _as_json(item.title)} for item in items]
    async with db.write() as tx:
        rows = await tx.rows("SELECT * FROM corrections WHERE user_id = ?", user_id)
        gone = [one.id for one in map(_correction, rows) if instead_of(one)]
        if len(rows) - len(gone) >= MOST_CORRECTIONS:
            raise ConflictError(FULL, code="too_many_corrections")
        await tx.many("DELETE FROM corrections WHERE id = ?", [(key,) for key in gone])
        key = await tx.insert(
            "INSERT INTO corrections (user_id, act, title, server_id, means, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            *(user_id, act, json.dumps(_as_json(title)), server_id),
            *(json.dumps(means) if means is not None else None, stamp(utc_now())),
        )
        await _moved(tx, user_id)
        row = await tx.row("SELECT * FROM corrections WHERE id = ?", key)
        assert row is not None
        return _correction(row)


async def delete_correction(db: Database, user_id: int, correction_id: int) -> Correction:
    """Raises NotFoundError for one that is not there, or somebody else's."""
    async with db.write() as tx:
        row = await tx.row(
            "SELECT * FROM corrections WHERE id = ? AND user_id = ?", correction_id, user_id
        )
        if row is None:
            raise NotFoundError("There is no such correction.")
        await tx.run("DELETE FROM corrections WHERE id = ?", correction_id)
        await _moved(tx, user_id)
        return _correction(row)


async def _moved(tx: Transaction, user_id: int) -> None:
    await tx.run("UPDATE users SET corrected = corrected + 1 WHERE id = ?", user_id)


async def items_named(
    db: Database, server_id: int, ids: Iterable[str], titles: Iterable[Title] = ()
) -> list[Item]:
    """Items of these ids, and those that share an id or, where it has none, the year with a title.

    A title's year stands in for its name, whose spellings only the matching knows.
    """
    titles = list(titles)
    numbers = {
        name: [number for title in titles if (number := getattr(title.ids, name)) is not None]
        for name in ("imdb", "tmdb", "tvdb")
    }
    years = [title.year for title in titles if not title.ids]
    of_year = " OR coalesce(year, 0) IN (SELECT coalesce(value, 0) FROM json_each(?6))"
    rows = await db.rows(
        "SELECT * FROM items WHERE server_id = ?1 AND (id IN (SELECT value FROM json_each(?2))"  # noqa: S608
        " OR imdb IN (SELECT value FROM json_each(?3)) OR tmdb IN (SELECT value FROM json_each(?4))"
        f" OR tvdb IN (SELECT value FROM json_each(?5)){of_year if years else ''})",
        *(server_id, json.dumps(list(ids))),
        *(json.dumps(numbers[name]) for name in ("imdb", "tmdb", "tvdb")),
        *([json.dumps(years)] if years else ()),
    )
    return [item_of(row) for row in rows]


def _correction(row: Row) -> Correction:
    means = json.loads(row["means"]) if row["means"] is not None else None
    is_pin = row["act"] == "pin"
    return Correction(
        id=row["id"],
        user_id=row["user_id"],
        act=row["act"],
        title=_title(json.loads(row["title"])),
        server_id=row["server_id"],
        items=tuple((one["id"], _title(one["title"])) for one in means or ()) if is_pin else (),
        to=_title(means or {}) if row["act"] == "map" else None,
        created_at=datetime.fromisoformat(row["created_at"]),
    )


def _as_json(title: Title) -> dict[str, Any]:
    return {
        "kind": title.kind.value,
        "title": title.title,
        "year": title.year,
        "original_title": title.original_title,
        "ids": {name: value for name, value in title.ids.as_dict().items() if value is not None},
    }


def _title(about: dict[str, Any]) -> Title:
    return Title(
        Kind(about["kind"]),
        about["title"],
        about["year"],
        Ids.of(**about["ids"]),
        about["original_title"],
    )
