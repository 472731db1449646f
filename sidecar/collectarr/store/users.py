"""People and their sessions."""

from dataclasses import dataclass
from datetime import datetime

from collectarr.errors import ConflictError, ForbiddenError, NotFoundError
from collectarr.models import utc_now
from collectarr.store.db import Database, Row, Transaction, folded, moment, stamp

MOST_SESSIONS = 100
"""Of one user. One more ends the one that was seen longest ago."""


@dataclass(frozen=True, slots=True)
class User:
    id: int
    username: str
    email: str | None
    role: str
    theme: str
    created_at: datetime

    @property
    def is_administrator(self) -> bool:
        return self.role == "administrator"


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser or program. `id` is the hash of the id that its token carries."""

    id: str
    user_id: int
    kind: str
    csrf: str
    expires_at: datetime
    seen_at: datetime


def _user(row: Row) -> User:
    created = moment(row["created_at"])
    assert created is not None
    return User(row["id"], row["username"], row["email"], row["role"], row["theme"], created)


def _session(row: Row) -> Session:
    return Session(
        row["id"],
        row["user_id"],
        row["kind"],
        row["csrf"],
        datetime.fromisoformat(row["expires_at"]),
        datetime.fromisoformat(row["seen_at"]),
    )


async def count_users(db: Database) -> int:
    return int(await db.value("SELECT count(*) FROM users"))


async def add_user(
    db: Database,
    username: str,
    email: str | None,
    password_hash: str,
    role: str,
    *,
    only_first: bool = False,
    by: int | None = None,
) -> User:
    """Raises ConflictError when the name or address is taken.

    `only_first`: also when there is any user at all (two set-ups at once make one).
    `by`: see `check_administrator`.
    """
    async with db.write() as tx:
        await check_administrator(tx, by)
        if only_first and await tx.row("SELECT 1 FROM users LIMIT 1"):
            raise ConflictError("Collectarr is already set up. Sign in instead.", code="set_up")
        user_id = await insert_user(tx, username, email, password_hash, role)
    return await get_user(db, user_id)


async def check_administrator(tx: Transaction, user_id: int | None) -> None:
    """Inside the transaction of what only an administrator may do: hashing a password and reading
    a body take time, in which they may have been demoted or removed. None: nobody to be asked.

    Raises ForbiddenError.
    """
    if user_id is None:
        return
    sql = "SELECT 1 FROM users WHERE id = ? AND role = 'administrator'"
    if await tx.row(sql, user_id) is None:
        raise ForbiddenError("Only administrators may do this.")


async def insert_user(
    tx: Transaction, username: str, email: str | None, password_hash: str, role: str
) -> int:
    """Raises ConflictError when the name or address is taken.

    The table never gives the id of somebody who is gone again: it might still mean them.
    """
    await check_free(tx, username, email)
    return await tx.insert(
        "INSERT INTO users (username, email, password_hash, role, created_at, username_key,"
        " email_key) VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(username, email, password_hash, role, stamp(utc_now())),
        *(folded(username), folded(email)),
    )


async def check_free(
    tx: Transaction, username: str, email: str | None, *, but: int | None = None
) -> None:
    """Raises ConflictError when another user than `but` signs in by that name or address."""
    taken = await tx.row(
        "SELECT 1 FROM users WHERE (username_key IN (?1, ?2) OR email_key IN (?1, ?2)"
        " OR username IN (?3, ?4) OR email IN (?3, ?4)) AND id IS NOT ?5",
        *(folded(username), folded(email or username), username, email or username, but),
    )
    if taken:
        raise ConflictError("That name or address is taken. Choose another.")


async def get_user(db: Database, user_id: int) -> User:
    row = await db.row("SELECT * FROM users WHERE id = ?", user_id)
    if row is None:
        raise NotFoundError("There is no such user.")
    return _user(row)


async def list_users(db: Database) -> list[User]:
    return [_user(row) for row in await db.rows("SELECT * FROM users ORDER BY id")]


async def find_sign_in(db: Database, name: str) -> tuple[User, str] | None:
    """The user with this name or e-mail address, however it is written, and the password hash."""
    row = await db.row(
        "SELECT * FROM users WHERE username_key = ?1 OR email_key = ?1 OR username = ?2"
        " OR email = ?2 ORDER BY username = ?2 OR email IS ?2 DESC LIMIT 1",
        *(folded(name), name),
    )
    return None if row is None else (_user(row), row["password_hash"])


async def set_password(
    db: Database, user_id: int, password_hash: str, *, known: str | None = None
) -> bool:
    """Whether it was set. `known`: only if that is still the hash of the password now."""
    async with db.write() as tx:
        changed = await tx.run(
            "UPDATE users SET password_hash = ?1 WHERE id = ?2"
            " AND password_hash = coalesce(?3, password_hash)",
            *(password_hash, user_id, known),
        )
    return bool(changed)


async def set_theme(db: Database, user_id: int, theme: str) -> None:
    async with db.write() as tx:
        await tx.run("UPDATE users SET theme = ? WHERE id = ?", theme, user_id)


async def add_session(
    db: Database,
    session: Session,
    *,
    refresh_hash: str | None = None,
    agent: str | None = None,
    client: str | None = None,
    password_hash: str | None = None,
) -> list[str] | None:
    """Returns which sessions ended for it, where there were as many as one user may have.

    None, and nothing is kept: the user is gone by now, or `password_hash`, which was compared
    with what they typed, is not that of their password any more. Comparing takes a while.
    """
    async with db.write() as tx:
        made = await tx.run(
            "INSERT INTO sessions (id, user_id, kind, csrf, refresh_hash, agent, client,"
            " created_at, seen_at, expires_at) SELECT ?1, id, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8"
            " FROM users WHERE id = ?9 AND password_hash = coalesce(?10, password_hash)",
            *(session.id, session.kind, session.csrf, refresh_hash, agent, client),
            *(stamp(session.seen_at), stamp(session.expires_at), session.user_id, password_hash),
        )
        if not made:
            return None
        await tx.run("DELETE FROM sessions WHERE expires_at < ?", stamp(utc_now()))
        rows = await tx.rows(
            "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user_id = ?1"
            " AND id <> ?2 ORDER BY seen_at DESC, created_at DESC LIMIT -1 OFFSET ?3) RETURNING id",
            *(session.user_id, session.id, MOST_SESSIONS - 1),
        )
    return [row["id"] for row in rows]


async def find_session(db: Database, session_id: str) -> tuple[Session, User] | None:
    """A session that has not expired, and whose it is."""
    row = await db.row(
        "SELECT * FROM sessions WHERE id = ? AND expires_at > ?", session_id, stamp(utc_now())
    )
    if row is None:
        return None
    try:
        return _session(row), await get_user(db, row["user_id"])
    except NotFoundError:
        # The user went between the two reads, and the session with them.
        return None


async def extend_session(db: Database, session_id: str, expires_at: datetime) -> None:
    async with db.write() as tx:
        await tx.run(
            "UPDATE sessions SET seen_at = ?, expires_at = ? WHERE id = ?",
            stamp(utc_now()),
            stamp(expires_at),
            session_id,
        )


async def end_session(db: Database, session_id: str) -> None:
    async with db.write() as tx:
        await tx.run("DELETE FROM sessions WHERE id = ?", session_id)


async def end_sessions(db: Database, user_id: int, *, but: str = "") -> list[str]:
    """End all of a user's sessions but one; returns which ended."""
    async with db.write() as tx:
        rows = await tx.rows(
            "DELETE FROM sessions WHERE user_id = ? AND id <> ? RETURNING id", user_id, but
        )
    return [row["id"] for row in rows]


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a presented refresh token turned out to be.

    `successor` is the sealed token that a retry within the grace gets again.
    """

    session: Session
    user: User
    spent: bool
    successor: str | None = None


async def rotate_refresh(
    db: Database,
    presented: str,
    new_hash: str,
    sealed: str,
    expires_at: datetime,
    grace_from: datetime,
    *,
    session_id: str = "",
) -> Rotation | None:
    """Swap a refresh token for its successor, once. All arguments but `sealed` are hashes.

    Returns None for an unknown token. One that was spent since `grace_from` gets the successor
    that is good now. One that was spent before is being replayed, and so is one that is unknown
    by now but names its session (`session_id`): that session is ended and the rotation says
    `spent` without a successor.
    """
    now = utc_now()
    async with db.write() as tx:
        sql = "SELECT * FROM sessions WHERE refresh_hash = ? AND expires_at > ?"
        row = await tx.row(sql, presented, stamp(now))
        if row is not None:
            await _rotate(tx, row, new_hash, sealed, expires_at, grace_from)
            spent, successor = False, None
        else:
            sql = "SELECT session_id, spent_at FROM spent_tokens WHERE hash = ?"
            used = await tx.row(sql, presented)
            row = await tx.row(
                "SELECT * FROM sessions WHERE id = ? AND kind = 'api' AND expires_at > ?",
                *(session_id if used is None else used["session_id"], stamp(now)),
            )
            if row is None:
                return None
            spent = True
            honoured = used is not None and used["spent_at"] >= stamp(grace_from)
            successor = row["successor"] if honoured else None
            if not honoured:
                await tx.run("DELETE FROM sessions WHERE id = ?", row["id"])
        user = await tx.row("SELECT * FROM users WHERE id = ?", row["user_id"])
    assert user is not None
    return Rotation(_session(row), _user(user), spent, successor)


async def _rotate(
    tx: Transaction,
    row: Row,
    new_hash: str,
    sealed: str,
    expires_at: datetime,
    grace_from: datetime,
) -> None:
    now = stamp(utc_now())
    # Older ones name their session, and are known by that.
    await tx.run(
        "DELETE FROM spent_tokens WHERE session_id = ? AND spent_at < ?",
        *(row["id"], stamp(grace_from)),
    )
    await tx.run(
        "INSERT OR REPLACE INTO spent_tokens (hash, session_id, spent_at) VALUES (?, ?, ?)",
        *(row["refresh_hash"], row["id"], now),
    )
    await tx.run(
        "UPDATE sessions SET spent_at = ?1, refresh_hash = ?2, successor = ?3, seen_at = ?1,"
        " expires_at = ?4 WHERE id = ?5",
        *(now, new_hash, sealed, stamp(expires_at), row["id"]),
    )
