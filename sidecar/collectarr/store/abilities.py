"""What a server showed that it can do, and who is signed in there."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from collectarr.store.db import Database, Row


@dataclass(frozen=True, slots=True)
class Abilities:
    """Each holds for one version of the server; None: not known yet.

    `libraries_call`: which call lists its libraries (query, bare). `etag`, `child_count`: whether
    its box sets tell when they change, and how much they hold. `key_deletes`: whether an API key
    may delete a box set.
    """

    libraries_call: str | None = None
    etag: bool | None = None
    child_count: bool | None = None
    key_deletes: bool | None = None


def abilities_of(row: Row) -> Abilities:
    """As proven for the version that the server has now, with what is known of its kind."""
    known = json.loads(row["abilities"])
    if known.pop("version", None) != row["version"]:
        known = {}
    names = Abilities.__dataclass_fields__
    found = Abilities(**{name: value for name, value in known.items() if name in names})
    if found.key_deletes is None:
        return replace(found, key_deletes=_key_deletes(row["kind"], row["version"]))
    return found


NOTHING_KNOWN = Abilities()


def _key_deletes(kind: str, version: str) -> bool | None:
    """Measured: Jellyfin 10.8 lets a key delete, Emby 3.2 does not."""
    if kind == "jellyfin":
        return True
    return False if version.startswith("3.") else None


async def record_abilities(db: Database, server_id: int, shown: Mapping[str, Any]) -> None:
    """What the server just showed, of its version now; what it showed before stays."""
    async with db.write() as tx:
        row = await tx.row("SELECT abilities, kind, version FROM servers WHERE id = ?", server_id)
        if row is None:
            return
        known = {**asdict(abilities_of(row)), **shown, "version": row["version"]}
        await tx.run(
            "UPDATE servers SET abilities = ? WHERE id = ?",
            *(json.dumps({k: v for k, v in known.items() if v is not None}), server_id),
        )


async def keep_sign_in(db: Database, server_id: int, name: str, token: str) -> None:
    """`token` is sealed."""
    async with db.write() as tx:
        await tx.run(
            "UPDATE servers SET user_name = ?, user_token = ? WHERE id = ?",
            *(name, token, server_id),
        )


async def end_sign_in(db: Database, server_id: int, token: str) -> None:
    """The server refused the token: who it was is kept, so that people can be told.

    Unless somebody has signed in anew since.
    """
    async with db.write() as tx:
        await tx.run(
            "UPDATE servers SET user_token = NULL WHERE id = ? AND user_token = ?",
            *(server_id, token),
        )


async def drop_sign_in(db: Database, server_id: int) -> None:
    async with db.write() as tx:
        await tx.run(
            "UPDATE servers SET user_name = NULL, user_token = NULL WHERE id = ?", server_id
        )
