"""People's own accounts at the sources of lists."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from collectarr.models import utc_now
from collectarr.store.db import Database, Row, moment, stamp

CONNECTED = "connected"
LOST = "reconnect"


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """A user's own credentials at a source; `secret` is sealed.

    `state`: `connected`, or `reconnect` when only its owner can bring it back. `expires_at` is
    when its token ends, None for a key that does not; `read_at` when a list was last read with it.
    `error`: what is wrong now; `unrenewed`, if not None, is that its token could not be renewed,
    which stays the error until a renewal succeeds, whatever else goes well.
    """

    source: str
    secret: str = field(repr=False)
    username: str | None = None
    plan: str | None = None
    quota_limit: int | None = None
    quota_left: int | None = None
    quota_resets_at: datetime | None = None
    checked_at: datetime | None = None
    error: str | None = None
    state: str = CONNECTED
    expires_at: datetime | None = None
    read_at: datetime | None = None
    user_id: int = 0
    unrenewed: str | None = None


_COLUMNS = (
    "user_id, source, secret, username, plan, quota_limit, quota_left, quota_resets_at,"
    " checked_at, error, state, expires_at, read_at"
)


def _account(row: Row) -> StoredAccount:
    return StoredAccount(
        source=row["source"],
        secret=row["secret"],
        username=row["username"],
        plan=row["plan"],
        quota_limit=row["quota_limit"],
        quota_left=row["quota_left"],
        quota_resets_at=moment(row["quota_resets_at"]),
        checked_at=moment(row["checked_at"]),
        error=row["unrenewed"] or row["error"],
        state=row["state"],
        expires_at=moment(row["expires_at"]),
        read_at=moment(row["read_at"]),
        user_id=row["user_id"],
        unrenewed=row["unrenewed"],
    )


async def find_account(db: Database, user_id: int, source: str) -> StoredAccount | None:
    row = await db.row(
        "SELECT * FROM source_accounts WHERE user_id = ? AND source = ?", user_id, source
    )
    return None if row is None else _account(row)


async def list_accounts(db: Database, user_id: int) -> list[StoredAccount]:
    rows = await db.rows("SELECT * FROM source_accounts WHERE user_id = ? ORDER BY source", user_id)
    return [_account(row) for row in rows]


async def expiring_accounts(db: Database, before: datetime) -> list[StoredAccount]:
    """Everybody's whose token ends before that and can still be renewed."""
    rows = await db.rows(
        "SELECT * FROM source_accounts WHERE expires_at < ? AND state = ?"
        " ORDER BY expires_at, user_id, source",
        *(stamp(before), CONNECTED),
    )
    return [_account(row) for row in rows]


async def accounts_in_use(db: Database) -> list[StoredAccount]:
    """Everybody's with a quota, where something was read since it was last looked at."""
    rows = await db.rows(
        "SELECT * FROM source_accounts WHERE quota_limit IS NOT NULL AND state = ?"
        " AND read_at >= coalesce(checked_at, '') ORDER BY user_id, source",
        CONNECTED,
    )
    return [_account(row) for row in rows]


async def save_account(db: Database, user_id: int, account: StoredAccount) -> StoredAccount:
    """As it is now, checked this moment."""
    account = replace(account, user_id=user_id, checked_at=utc_now())
    async with db.write() as tx:
        await tx.run(
            f"INSERT OR REPLACE INTO source_accounts ({_COLUMNS})"  # noqa: S608
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(user_id, account.source, account.secret, account.username, account.plan),
            *(account.quota_limit, account.quota_left, _stamp(account.quota_resets_at)),
            *(_stamp(account.checked_at), account.error, account.state),
            *(_stamp(account.expires_at), _stamp(account.read_at)),
        )
    return account


async def save_facts(db: Database, user_id: int, account: StoredAccount) -> StoredAccount | None:
    """What its source said of it this moment; the secret stays what it is. None: it is gone."""
    async with db.write() as tx:
        await tx.run(
            "UPDATE source_accounts SET username = ?, plan = ?, quota_limit = ?, quota_left = ?,"
            " quota_resets_at = ?, checked_at = ?, error = ?, read_at = coalesce(read_at, ?)"
            " WHERE user_id = ? AND source = ?",
            *(account.username, account.plan, account.quota_limit, account.quota_left),
            *(_stamp(account.quota_resets_at), stamp(utc_now()), account.error),
            *(_stamp(account.read_at), user_id, account.source),
        )
    return await find_account(db, user_id, account.source)


def _stamp(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)


async def save_secret(
    db: Database, user_id: int, source: str, secret: str, expires_at: datetime
) -> bool:
    """A renewed token in the place of the one before; False where the account is gone."""
    async with db.write() as tx:
        return bool(
            await tx.run(
                "UPDATE source_accounts SET secret = ?, expires_at = ?, state = ?, error = NULL,"
                " unrenewed = NULL"
                " WHERE user_id = ? AND source = ?",
                *(secret, stamp(expires_at), CONNECTED, user_id, source),
            )
        )


async def mark_account(
    db: Database, user_id: int, source: str, error: str | None, *, lost: bool = False
) -> None:
    """What went wrong with it last; `lost`: only its owner can bring it back."""
    async with db.write() as tx:
        await tx.run(
            "UPDATE source_accounts SET error = ?, state = CASE WHEN ? THEN ? ELSE state END"
            " WHERE user_id = ? AND source = ?",
            *(error, int(lost), LOST, user_id, source),
        )


async def mark_unrenewed(
    db: Database, user_id: int, source: str, why: str, *, lost: bool = False
) -> None:
    """Its token could not be renewed; `lost`: only its owner can bring it back."""
    async with db.write() as tx:
        await tx.run(
            "UPDATE source_accounts SET unrenewed = ?, state = CASE WHEN ? THEN ? ELSE state END"
            " WHERE user_id = ? AND source = ?",
            *(why, int(lost), LOST, user_id, source),
        )


async def record_good_reading(db: Database, user_id: int, source: str) -> None:
    async with db.write() as tx:
        await tx.run(
            "UPDATE source_accounts SET read_at = ?, error = NULL"
            " WHERE user_id = ? AND source = ? AND state = ?",
            *(stamp(utc_now()), user_id, source, CONNECTED),
        )


async def record_quota(
    db: Database, user_id: int, source: str, left: int, resets_at: datetime | None = None
) -> None:
    """How many requests its source still takes from it; `resets_at` where that is news."""
    async with db.write() as tx:
        await tx.run(
            "UPDATE source_accounts SET quota_left = ?,"
            " quota_resets_at = coalesce(?, quota_resets_at) WHERE user_id = ? AND source = ?",
            *(left, _stamp(resets_at), user_id, source),
        )


async def delete_account(db: Database, user_id: int, source: str) -> None:
    async with db.write() as tx:
        await tx.run(
            "DELETE FROM source_accounts WHERE user_id = ? AND source = ?", user_id, source
        )
