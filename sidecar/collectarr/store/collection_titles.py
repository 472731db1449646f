"""What a collection makes of its lists: its rules, and the titles in or out whatever they say."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from collectarr.errors import NotFoundError
from collectarr.models import Ids, Kind, Order, Rules, Title
from collectarr.store.db import Database, Row, Transaction

_COLUMNS = "kind, title, original_title, year, imdb, tmdb, tvdb, trakt"
# The same title, as far as that can be told by its ids; by its name where none is comparable.
_SAME = (
    " collection_id = ?1 AND kind = ?2 AND (imdb = ?5 OR tmdb = ?6 OR tvdb = ?7 OR trakt = ?8"
    " OR (title = ?3 COLLATE NOCASE AND year IS ?4 AND coalesce(imdb = ?5, 1)"
    " AND coalesce(tmdb = ?6, 1) AND coalesce(tvdb = ?7, 1) AND coalesce(trakt = ?8, 1)))"
)


@dataclass(frozen=True, slots=True)
class Titles:
    pins: tuple[Title, ...] = ()
    exclusions: tuple[Title, ...] = ()


def rules_json(rules: Rules) -> str:
    """Only what is not as it is without rules."""
    usual = asdict(Rules())
    return json.dumps({key: value for key, value in asdict(rules).items() if value != usual[key]})


def stored_rules(text: str) -> Rules:
    data = json.loads(text)
    known = {field.name for field in fields(Rules)}
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in data.items()
        if key in known
    }
    values["kinds"] = tuple(Kind(kind) for kind in values.get("kinds", ()))
    values["order"] = Order(values.get("order", Order.RANK))
    return Rules(**values)


async def load_titles(db: Database, collection_ids: str) -> dict[int, Titles]:
    """Of all collections named in `collection_ids`, a JSON array, that have any."""
    found: dict[int, tuple[list[Title], list[Title]]] = {}
    for row in await db.rows(
        f"SELECT collection_id, role, {_COLUMNS} FROM collection_titles WHERE collection_id IN"  # noqa: S608
        " (SELECT value FROM json_each(?)) ORDER BY collection_id, position",
        collection_ids,
    ):
        both = found.setdefault(row["collection_id"], ([], []))
        both[row["role"] == "exclude"].append(_title(row))
    return {key: Titles(tuple(pins), tuple(out)) for key, (pins, out) in found.items()}


def _title(row: Row) -> Title:
    ids = Ids(row["imdb"], row["tmdb"], row["tvdb"], row["trakt"])
    return Title(Kind(row["kind"]), row["title"], row["year"], ids, row["original_title"])


async def set_titles(
    tx: Transaction, collection_id: int, role: str, titles: Sequence[Title]
) -> None:
    """`role`: pin or exclude."""
    await tx.run(
        "DELETE FROM collection_titles WHERE collection_id = ? AND role = ?",
        *(collection_id, role),
    )
    await tx.many(
        f"INSERT INTO collection_titles (collection_id, role, position, {_COLUMNS})"  # noqa: S608
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(collection_id, role, position, *_values(title)) for position, title in enumerate(titles)],
    )


def _values(title: Title) -> tuple[str | int | None, ...]:
    ids = title.ids
    named = (title.kind.value, title.title, title.original_title, title.year)
    return (*named, ids.imdb, ids.tmdb, ids.tvdb, ids.trakt)


async def put_title(db: Database, collection_id: int, role: str, title: Title) -> bool:
    """Pin or exclude a title, which undoes the opposite. False: it was so already.

    Raises NotFoundError for a collection that is gone.
    """
    async with db.write() as tx:
        named = _named(collection_id, title)
        found = f"SELECT 1 FROM collection_titles WHERE{_SAME} AND role = ?9"  # noqa: S608
        if await tx.row(found, *named, role):
            return False
        await _moved(tx, collection_id)
        await tx.run(f"DELETE FROM collection_titles WHERE{_SAME}", *named)  # noqa: S608
        await tx.run(
            f"INSERT INTO collection_titles (collection_id, role, position, {_COLUMNS})"  # noqa: S608
            " SELECT ?1, ?2, 1 + coalesce(max(position), -1), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10"
            " FROM collection_titles WHERE collection_id = ?1 AND role = ?2",
            *(collection_id, role, *_values(title)),
        )
        return True


async def drop_title(db: Database, collection_id: int, role: str, title: Title) -> bool:
    """Take a pin or an exclusion back. False: there was none."""
    async with db.write() as tx:
        gone = await tx.run(
            f"DELETE FROM collection_titles WHERE{_SAME} AND role = ?9",  # noqa: S608
            *(*_named(collection_id, title), role),
        )
        if gone:
            await _moved(tx, collection_id)
        return bool(gone)


def _named(collection_id: int, title: Title) -> tuple[str | int | None, ...]:
    ids = title.ids
    named = (collection_id, title.kind.value, title.title, title.year)
    return (*named, ids.imdb, ids.tmdb, ids.tvdb, ids.trakt)


async def _moved(tx: Transaction, collection_id: int) -> None:
    known = await tx.run(
        "UPDATE collections SET revision = revision + 1 WHERE id = ?", collection_id
    )
    if not known:
        raise NotFoundError("There is no such collection.")


async def forget_named(tx: Transaction, collection_id: int) -> None:
    """A collection goes: those that left out what it holds do so no more."""
    await tx.run(
        "UPDATE collections SET revision = revision + 1, rules = json_set(rules, '$.not_in',"
        " (SELECT json_group_array(value) FROM json_each(rules, '$.not_in') WHERE value <> ?1))"
        " WHERE user_id = (SELECT user_id FROM collections WHERE id = ?1)"
        " AND EXISTS (SELECT 1 FROM json_each(rules, '$.not_in') WHERE value = ?1)",
        collection_id,
    )
