"""What sources said of titles that a list names by too few ids, kept for a while for everybody."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple

from collectarr.models import Ids, Kind, Title, utc_now
from collectarr.store.db import Database, Row, stamp

KNOWN_FOR, UNKNOWN_FOR = timedelta(days=30), timedelta(days=3)


class TitleKey(NamedTuple):
    """One id of a title: `provider` is imdb, tmdb, tvdb or trakt."""

    kind: str
    provider: str
    id: str


async def load_known_titles(db: Database, keys: Iterable[TitleKey]) -> dict[TitleKey, Title | None]:
    """Answers that are not too old. None: nobody knew the title; absent: nobody was asked."""
    now = utc_now()
    rows = await db.rows(
        "SELECT known.* FROM json_each(?) AS wanted JOIN known_titles AS known"
        " ON known.kind = wanted.value ->> 0 AND known.provider = wanted.value ->> 1"
        " AND known.id = wanted.value ->> 2"
        " WHERE known.asked_at > CASE WHEN known.answer IS NULL THEN ? ELSE ? END",
        *(json.dumps(list(keys)), stamp(now - UNKNOWN_FOR), stamp(now - KNOWN_FOR)),
    )
    return {TitleKey(row["kind"], row["provider"], row["id"]): _title(row) for row in rows}


async def save_known_titles(db: Database, answers: Mapping[TitleKey, Title | None]) -> None:
    """What was answered now; what is too old goes."""
    now = utc_now()
    async with db.write() as tx:
        await tx.run("DELETE FROM known_titles WHERE asked_at <= ?", stamp(now - KNOWN_FOR))
        await tx.many(
            "INSERT OR REPLACE INTO known_titles (kind, provider, id, answer, asked_at)"
            " VALUES (?, ?, ?, ?, ?)",
            [(*key, _text(title), stamp(now)) for key, title in answers.items()],
        )


def _text(title: Title | None) -> str | None:
    if title is None:
        return None
    about = {
        "kind": title.kind.value,
        "title": title.title,
        "year": title.year,
        "original_title": title.original_title,
        "ids": title.ids.as_dict(),
    }
    return json.dumps(about)


def _title(row: Row) -> Title | None:
    if row["answer"] is None:
        return None
    about = json.loads(row["answer"])
    ids = Ids.of(**about["ids"])
    return Title(Kind(about["kind"]), about["title"], about["year"], ids, about["original_title"])
