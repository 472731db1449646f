"""People and their sessions."""

from dataclasses import dataclass
from datetime import datetime

from collectarr.errors import ConflictError, NotFoundError
from collectarr.models import utc_now
from collectarr.store.db import Database, Row, Transaction, moment, stamp


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
) -> User:
    """Raises ConflictError when the name or address is taken.

    `only_first`: also when there is any user at all (two set-ups at once make one).
    """
    async with db.write() as tx:
        if only_first and await tx.row("SELECT 1 FROM users LIMIT 1"):
            raise ConflictError("Collectarr is already set up. Sign in instead.", code="set_up")
        user_id = await insert_user(tx, username, email, password_hash, role)
    return await get_user(db, user_id)


async def insert_user(
    tx: Transaction, username: str, email: str | None, password_hash: str, role: str
) -> int:
    """Raises ConflictError when the name or address is taken.

    The table never gives the id of somebody who is gone again: it might still mean them.
    """
    await check_free(tx, username, email)
    return await tx.insert(
        "INSERT INTO users (username, email, password_hash, role, created_at)"
        " VALUES (?, ?, ?, ?, ?)",
        *(username, email, password_hash, role, stamp(utc_now())),
    )


async def check_free(
    tx: Transaction, username: str, email: str | None, *, but: int | None = None
) -> None:
    """Raises ConflictError when another user than `but` signs in by that name or address."""
    taken = await tx.row(
        "SELECT 1 FROM users WHERE (username IN (?1, ?2) OR email IN (?1, ?2)) AND id IS NOT ?3",
        *(username, email or username, but),
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
    """The user with this name or e-mail address, and the password hash."""
    row = await db.row("SELECT * FROM users WHERE username = ?1 OR email = ?1", name)
    return None if row is None else (_user(row), row["password_hash"])


async def set_password(db: Database, user_id: int, password_hash: str) -> None:
    async with db.write() as tx:
        await tx.run("UPDATE users SET password_hash = ? WHERE id = ?", password_hash, user_id)


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
) -> None:
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO sessions (id, user_id, kind, csrf, refresh_hash, agent, client,"
            " created_at, seen_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            session.id,
            session.user_id,
            session.kind,
            session.csrf,
            refresh_hash,
            agent,
            client,
            stamp(session.seen_at),
            stamp(session.seen_at),
            stamp(session.expires_at),
        )
        await tx.run("DELETE FROM sessions WHERE expires_at < ?", stamp(utc_now()))


async def find_session(db: Database, session_id: str) -> tuple[Session, User] | None:
    """A session that has not expired, and whose it is."""
    row = await db.row(
        "SELECT * FROM sessions WHERE id = ? AND expires_at > ?", session_id, stamp(utc_now())
    )
    if row is None:
        return None
    session = _session(row)
    return session, await get_user(db, session.user_id)


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

    Returns None for an unknown token. A token that was spent before `grace_from` is being
    replayed, and so is one that is unknown by now but names its session (`session_id`):
    that session is ended and the rotation says `spent` without a successor.
    """
    now = utc_now()
    async with db.write() as tx:
        row = await tx.row(
            "SELECT * FROM sessions WHERE (refresh_hash = ?1 OR spent_hash = ?1"
            " OR (id = ?3 AND kind = 'api')) AND expires_at > ?2"
            " ORDER BY refresh_hash = ?1 OR spent_hash = ?1 DESC",
            *(presented, stamp(now), session_id),
        )
        if row is None:
            return None
        if row["refresh_hash"] == presented:
            await tx.run(
                "UPDATE sessions SET spent_hash = refresh_hash, spent_at = ?, refresh_hash = ?,"
                " successor = ?, seen_at = ?, expires_at = ? WHERE id = ?",
                stamp(now),
                new_hash,
                sealed,
                stamp(now),
                stamp(expires_at),
                row["id"],
            )
            spent, successor = False, None
        elif row["spent_hash"] == presented and row["spent_at"] >= stamp(grace_from):
            spent, successor = True, row["successor"]
        else:
            await tx.run("DELETE FROM sessions WHERE id = ?", row["id"])
            spent, successor = True, None
    return Rotation(_session(row), await get_user(db, row["user_id"]), spent, successor)
