"""What moves in the presence of a server, and which collections have to look at it.

Taken in together, in one transaction: a kill in between loses neither the change nor the duty.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from collectarr.models import Item, Kind, Title
from collectarr.store.db import Database, Transaction, moment, stamp
from collectarr.store.servers import item_of, write_items


@dataclass(frozen=True, slots=True)
class Changes:
    """Items as they are now (`came`: new or different), and as they were (different or gone)."""

    came: Mapping[str, Item] = field(default_factory=dict)
    was: Mapping[str, Item] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.came or self.was)

    @property
    def gone(self) -> list[str]:
        return [key for key in self.was if key not in self.came]

    @property
    def items(self) -> list[Item]:
        return [*self.came.values(), *self.was.values()]


@dataclass(frozen=True, slots=True)
class Taken:
    """`before` and `generation`: of the server's presence, before and after. `due`: when each
    collection that has to look was due until now.
    """

    before: int
    generation: int
    due: Mapping[int, datetime] = field(default_factory=dict)


async def compare(
    db: Database,
    server_id: int,
    items: Iterable[Item],
    *,
    gone: Collection[str] = (),
    whole: bool = False,
) -> Changes:
    """What these items change. `whole`: what is not among them is gone."""
    fresh = {item.id: item for item in items}
    rows = await db.rows(
        "SELECT * FROM items WHERE server_id = ?1"
        " AND (?2 OR id IN (SELECT value FROM json_each(?3)))",
        *(server_id, whole, json.dumps([] if whole else [*fresh, *gone])),
    )
    known = {row["id"]: item_of(row) for row in rows}
    came = {key: item for key, item in fresh.items() if known.get(key) != item}
    left = [key for key in (known if whole else gone) if key in known and key not in fresh]
    return Changes(came, {key: known[key] for key in (*came, *left) if key in known})


async def take_changes(
    db: Database,
    server_id: int,
    changes: Changes,
    *,
    touched: Collection[int],
    untouched_stay: bool,
    due_at: datetime,
) -> Taken:
    """The presence moves on by one. `touched` collections are due by then, and planned anew;
    with `untouched_stay` all others that were in step with it before are so afterwards.
    """
    async with db.write() as tx:
        before = await _generation(tx, server_id)
        await write_items(tx, server_id, list(changes.came.values()), changes.gone)
        await tx.run("UPDATE servers SET generation = ? WHERE id = ?", before + 1, server_id)
        if untouched_stay:
            await tx.run(
                "UPDATE targets SET inputs = ?2 || substr(inputs, instr(inputs, '|'))"
                " WHERE server_id = ?1 AND inputs LIKE ?3"
                " AND collection_id NOT IN (SELECT value FROM json_each(?4))",
                *(server_id, before + 1, f"{before}|%", json.dumps(list(touched))),
            )
        due = await _make_due(tx, touched, due_at)
    return Taken(before, before + 1, due)


async def _generation(tx: Transaction, server_id: int) -> int:
    row = await tx.row("SELECT generation FROM servers WHERE id = ?", server_id)
    return 0 if row is None else int(row["generation"])


async def _make_due(tx: Transaction, ids: Collection[int], due_at: datetime) -> dict[int, datetime]:
    rows = await tx.rows(
        "SELECT id, due_at FROM collections WHERE id IN (SELECT value FROM json_each(?))",
        json.dumps(list(ids)),
    )
    await tx.run(
        "UPDATE collections SET due_at = ?1 WHERE due_at > ?1"
        " AND id IN (SELECT value FROM json_each(?2))",
        *(stamp(due_at), json.dumps(list(ids))),
    )
    return {row["id"]: at for row in rows if (at := moment(row["due_at"])) is not None}


async def record_done(
    db: Database,
    collection_id: int,
    *,
    was_due: datetime,
    set_due: datetime,
) -> None:
    """What made it due is done: it is due again when it was before. `set_due`: to which moment it
    had been moved; where somebody moved it since then, that stays.
    """
    async with db.write() as tx:
        await tx.run(
            "UPDATE collections SET due_at = ? WHERE id = ? AND due_at = ?",
            *(stamp(was_due), collection_id, stamp(set_due)),
        )


async def record_owned(db: Database, collection_id: int) -> tuple[int, int]:
    """Counts anew what of a collection is on any server; returns (wanted, owned)."""
    async with db.write() as tx:
        await tx.run(
            "UPDATE collections SET owned = (SELECT count(DISTINCT rank) FROM matches"
            " WHERE collection_id = ?1 AND item_ids <> '[]') WHERE id = ?1",
            collection_id,
        )
        await tx.run(
            "UPDATE collections SET wanted = owned"
            " WHERE id = ? AND coalesce(rules ->> 'in_library', 0)",
            collection_id,
        )
        row = await tx.row("SELECT wanted, owned FROM collections WHERE id = ?", collection_id)
    return (0, 0) if row is None else (row["wanted"] or 0, row["owned"] or 0)


async def related_items(
    db: Database, server_id: int, titles: Iterable[Title], known: Mapping[str, Item]
) -> dict[str, Item]:
    """`known`, and all that hangs together with it or with one of `titles` by shared ids."""
    found, seeds = dict(known), [*titles, *(item.title for item in known.values())]
    while seeds:
        fresh = [item for item in await _sharing(db, server_id, seeds) if item.id not in found]
        found |= {item.id: item for item in fresh}
        seeds = [item.title for item in fresh]
    # In the order in which all items of a server are loaded.
    return dict(sorted(found.items()))


async def _sharing(db: Database, server_id: int, titles: Sequence[Title]) -> list[Item]:
    asked = [
        ("imdb", [Kind.MOVIE, Kind.SHOW], {title.ids.imdb for title in titles}),
        *(
            (name, [kind], {getattr(x.ids, name) for x in titles if x.kind is kind})
            for name in ("tmdb", "tvdb")
            for kind in (Kind.MOVIE, Kind.SHOW)
        ),
    ]
    items: dict[str, Item] = {}
    for name, kinds, values in asked:
        wanted = [value for value in values if value is not None]
        for kind in kinds if wanted else ():
            rows = await db.rows(
                f"SELECT * FROM items WHERE server_id = ?1 AND kind = ?2 AND {name} IN"  # noqa: S608
                " (SELECT value FROM json_each(?3))",
                *(server_id, kind.value, json.dumps(wanted)),
            )
            items |= {row["id"]: item_of(row) for row in rows}
    return list(items.values())
