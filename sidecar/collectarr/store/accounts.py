"""What changes who may do what: names and roles of users, their end, and invitations."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from collectarr.errors import ConflictError, NotFoundError
from collectarr.models import utc_now
from collectarr.store.db import Database, Row, Transaction, folded, stamp
from collectarr.store.lists import forget_unused_lists
from collectarr.store.users import (
    User,
    check_administrator,
    check_free,
    get_user,
    insert_user,
)

Role = Literal["user", "administrator"]
MOST_INVITES = 500


async def change_user(
    db: Database,
    user_id: int,
    *,
    username: str | None = None,
    email: str | None = None,
    role: Role | None = None,
    password_hash: str | None = None,
    known: str | None = None,
    by: int | None = None,
) -> User:
    """All of it or nothing. None: as it was; an `email` of "": none any more.

    `by`: see `check_administrator`. `known`: the hash that the change was proven with.
    Raises ConflictError when somebody else has the name or address, for the last administrator,
    who stays one, and if the password is another one than `known` by now.
    """
    async with db.write() as tx:
        await check_administrator(tx, by)
        if role == "user":
            await _check_not_last(tx, user_id)
            # One of these could make them an administrator again.
            await tx.run("DELETE FROM invites WHERE invited_by = ? AND used_at IS NULL", user_id)
        await tx.run(
            "UPDATE users SET role = coalesce(?, role), password_hash = coalesce(?, password_hash)"
            " WHERE id = ?",
            *(role, password_hash, user_id),
        )
        row = await tx.row("SELECT * FROM users WHERE id = ?", user_id)
        if row is None:
            raise NotFoundError("There is no such user.")
        if known is not None and row["password_hash"] != known:
            raise ConflictError("The password was changed meanwhile. Sign in again.")
        if username is not None or email is not None:
            name = username or row["username"]
            address = row["email"] if email is None else email or None
            await check_free(tx, name, address, but=user_id)
            await tx.run(
                "UPDATE users SET username = ?, email = ?, username_key = ?, email_key = ?"
                " WHERE id = ?",
                *(name, address, folded(name), folded(address), user_id),
            )
    return await get_user(db, user_id)


async def delete_user(db: Database, user_id: int, *, by: int | None = None) -> list[str]:
    """With all that is theirs; returns which sessions ended by it.

    `by`: see `check_administrator`. Raises ConflictError for the last administrator.
    """
    async with db.write() as tx:
        await check_administrator(tx, by)
        await _check_not_last(tx, user_id)
        rows = await tx.rows("DELETE FROM sessions WHERE user_id = ? RETURNING id", user_id)
        await tx.run("DELETE FROM users WHERE id = ?", user_id)
        await tx.run("DELETE FROM lists WHERE audience = ?", f"user:{user_id}")
        await forget_unused_lists(tx)
    return [row["id"] for row in rows]


async def _check_not_last(tx: Transaction, user_id: int) -> None:
    """Inside the transaction of the change: two at once must not remove two."""
    row = await tx.row("SELECT role FROM users WHERE id = ?", user_id)
    if row is None:
        raise NotFoundError("There is no such user.")
    others = await tx.row(
        "SELECT 1 FROM users WHERE role = 'administrator' AND id <> ? LIMIT 1", user_id
    )
    if row["role"] == "administrator" and others is None:
        raise ConflictError(
            "This is the last administrator. Make somebody else one first.",
            code="last_administrator",
        )


@dataclass(frozen=True, slots=True)
class Invite:
    """Who may make an account with one link, once. Its token is known to the invited alone."""

    id: int
    role: Role
    email: str | None
    invited_by: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    used_by: str | None


_INVITES = (
    "SELECT invites.*, users.username AS inviter FROM invites"
    " JOIN users ON users.id = invites.invited_by"
)


def _invite(row: Row) -> Invite:
    used = row["used_at"]
    return Invite(
        id=row["id"],
        role=row["role"],
        email=row["email"],
        invited_by=row["inviter"],
        created_at=datetime.fromisoformat(row["created_at"]),
        expires_at=datetime.fromisoformat(row["expires_at"]),
        used_at=None if used is None else datetime.fromisoformat(used),
        used_by=row["used_by"],
    )


async def add_invite(
    db: Database,
    token_hash: str,
    *,
    role: Role,
    email: str | None,
    invited_by: int,
    expires_at: datetime,
) -> Invite:
    """Raises ConflictError where too many are open, or somebody has that address already, and
    ForbiddenError where `invited_by` is no administrator any more.
    """
    now = stamp(utc_now())
    async with db.write() as tx:
        await check_administrator(tx, invited_by)
        if email is not None:
            await check_free(tx, email, email)
        # Of what is over, as many are remembered as may be open.
        await tx.run(
            "DELETE FROM invites WHERE id IN (SELECT id FROM invites WHERE used_at IS NOT NULL"
            " OR expires_at <= ? ORDER BY id DESC LIMIT -1 OFFSET ?)",
            *(now, MOST_INVITES),
        )
        row = await tx.row(
            "SELECT count(*) AS n FROM invites WHERE used_at IS NULL AND expires_at > ?", now
        )
        if row is not None and row["n"] >= MOST_INVITES:
            raise ConflictError("Too many invitations are open. Revoke some of them first.")
        invite_id = await tx.insert(
            "INSERT INTO invites (token, role, email, invited_by, created_at, expires_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            *(token_hash, role, email, invited_by, now, stamp(expires_at)),
        )
        made = await tx.row(f"{_INVITES} WHERE invites.id = ?", invite_id)
    assert made is not None
    return _invite(made)


async def list_invites(db: Database) -> list[Invite]:
    """The newest first, also those that were used or have expired."""
    return [_invite(row) for row in await db.rows(f"{_INVITES} ORDER BY invites.id DESC")]


async def find_invite(db: Database, token_hash: str) -> Invite | None:
    """One that is good now."""
    row = await db.row(
        f"{_INVITES} WHERE token = ? AND used_at IS NULL AND expires_at > ?",
        *(token_hash, stamp(utc_now())),
    )
    return None if row is None else _invite(row)


async def delete_invite(db: Database, invite_id: int) -> Invite:
    """Returns what it was. Raises NotFoundError."""
    async with db.write() as tx:
        row = await tx.row(f"{_INVITES} WHERE invites.id = ?", invite_id)
        if row is None:
            raise NotFoundError("There is no such invitation.")
        await tx.run("DELETE FROM invites WHERE id = ?", invite_id)
    return _invite(row)


async def use_invite(
    db: Database, token_hash: str, username: str, email: str | None, password_hash: str
) -> User | None:
    """The account that it makes, once; None where it is not good (any more)."""
    now = stamp(utc_now())
    async with db.write() as tx:
        row = await tx.row(
            "UPDATE invites SET used_at = ?1, used_by = ?2 WHERE token = ?3 AND used_at IS NULL"
            " AND expires_at > ?1 RETURNING role",
            *(now, username, token_hash),
        )
        if row is None:
            return None
        user_id = await insert_user(tx, username, email, password_hash, row["role"])
    return await get_user(db, user_id)
