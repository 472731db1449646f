"""The lists that a user's collections follow: how they stand, and what they look like."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from collectarr.models import ListItem
from collectarr.store.db import Database, Row, moment
from collectarr.store.lists import list_item_of


@dataclass(frozen=True, slots=True)
class FollowedList:
    """`state`: `ok`, `private`, `gone` or `failing`, since `error_at`; `error` says it in words.

    `promised` and `came` count the rows of its last reading, `item_count` those of its last good
    one, of `read_at`. `collections`: id and name of each that follows it.
    """

    source: str
    reference: str
    audience: str
    name: str
    owner: str | None
    state: str
    error: str | None
    error_at: datetime | None
    read_at: datetime | None
    item_count: int
    promised: int | None
    came: int | None
    collections: tuple[tuple[int, str], ...]


async def followed_lists(
    db: Database, user_id: int, *, troubled: bool = False
) -> list[FollowedList]:
    """By source and name. `troubled`: only those that are not well."""
    rows = await db.rows(
        "SELECT lists.*, json_group_array(json_array(collections.id, collections.name)) AS used"
        " FROM collections JOIN collection_lists ON collection_id = collections.id"
        " JOIN lists ON lists.id = list_id WHERE collections.user_id = ?1"
        " AND (NOT ?2 OR lists.state <> 'ok')"
        " GROUP BY lists.id ORDER BY source, lists.name COLLATE NOCASE, lists.id",
        *(user_id, int(troubled)),
    )
    return [_followed(row) for row in rows]


def _followed(row: Row) -> FollowedList:
    return FollowedList(
        source=row["source"],
        reference=row["reference"],
        audience=row["audience"],
        name=row["name"],
        owner=row["owner"],
        state=row["state"],
        error=row["error"],
        error_at=moment(row["error_at"]),
        read_at=moment(row["read_at"]),
        item_count=row["item_count"],
        promised=row["promised"],
        came=row["came"],
        collections=tuple(sorted((key, name) for key, name in json.loads(row["used"]))),
    )


async def first_posters(
    db: Database, user_id: int, source: str, references: Sequence[str], amount: int
) -> dict[str, list[str]]:
    """Of lists that this user follows and may see, the pictures of their first titles."""
    rows = await db.rows(
        "SELECT reference, (SELECT json_group_array(poster) FROM (SELECT poster FROM list_items"
        " WHERE list_id = lists.id AND poster IS NOT NULL ORDER BY rank LIMIT ?4)) AS posters"
        " FROM lists JOIN list_access ON list_id = lists.id AND user_id = ?1"
        " WHERE source = ?2 AND reference IN (SELECT value FROM json_each(?3))",
        *(user_id, source, json.dumps(list(references)), amount),
    )
    return {row["reference"]: json.loads(row["posters"]) for row in rows}


async def followed_items(
    db: Database, user_id: int, source: str, references: Sequence[str], most: int
) -> dict[str, list[ListItem]]:
    """The rows of lists that this user follows, may see and has read; no list beyond `most` rows
    of all together.
    """
    rows = await db.rows(
        "SELECT reference AS list_reference, list_items.* FROM list_items JOIN ("
        " SELECT id, reference, sum(item_count) OVER (ORDER BY id) AS so_far FROM lists"
        " JOIN list_access ON list_id = lists.id AND user_id = ?1"
        " WHERE source = ?2 AND snapshot > 0 AND reference IN (SELECT value FROM json_each(?3))"
        ") AS read ON read.id = list_items.list_id WHERE so_far <= ?4"
        " ORDER BY list_items.list_id, rank",
        *(user_id, source, json.dumps(list(references)), most),
    )
    found: dict[str, list[ListItem]] = {}
    for row in rows:
        found.setdefault(row["list_reference"], []).append(list_item_of(row))
    return found
