"""The database: one writer behind a lock, one reader that cannot write, migrations.

Two connections because on a shared one task B would commit what task A is about to roll back.
"""

import asyncio
import os
import sqlite3
import unicodedata
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import aiosqlite

from collectarr.errors import NotFoundError, StoreError

Row = sqlite3.Row


def stamp(moment: datetime) -> str:
    """A time as it is stored: UTC, of one length, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def folded(text: str | None) -> str | None:
    """A name or address as it is compared: however wide or large its letters are written."""
    if text is None:
        return None
    normal = unicodedata.normalize("NFKC", text).strip()
    return unicodedata.normalize("NFKC", normal.casefold())


PRAGMAS = "PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000; PRAGMA synchronous = NORMAL;"


@contextmanager
def _told() -> Iterator[None]:
    """What SQLite says of its disk, in our words; a broken rule of a table passes as it is, but
    for a row whose owner was deleted while somebody worked on it.
    """
    try:
        yield
    except sqlite3.IntegrityError as error:
        if "FOREIGN KEY" not in str(error):
            raise
        raise NotFoundError("What this was about has been deleted meanwhile.") from error
    except sqlite3.OperationalError as error:
        raise StoreError(
            f"The database cannot be used ({error}). Is the disk full or the folder read-only?"
        ) from error
    except sqlite3.DatabaseError as error:
        if type(error) is not sqlite3.DatabaseError:
            raise
        raise StoreError(
            f"The database is damaged ({error}). Restore a backup, or move the file away to"
            " begin anew."
        ) from error


class Database:
    """Read with `rows`, `row`, `value`; write inside `async with database.write() as tx`.

    Reads and writes raise StoreError when the disk is full, not writable or damaged.
    """

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self._writer = writer
        self._reader = reader
        self._lock = asyncio.Lock()

    async def rows(self, sql: str, *values: Any) -> list[Row]:
        # In one go: a reader cancelled halfway would hold its view of the past open.
        with _told():
            return list(await self._reader.execute_fetchall(sql, values))

    async def row(self, sql: str, *values: Any) -> Row | None:
        return next(iter(await self.rows(sql, *values)), None)

    async def value(self, sql: str, *values: Any) -> Any:
        row = await self.row(sql, *values)
        return None if row is None else row[0]

    @asynccontextmanager
    async def write(self) -> AsyncIterator["Transaction"]:
        """All of it or none of it. Raises StoreError when the disk is full or not writable."""
        async with self._lock:
            with _told():
                try:
                    await self._writer.execute("BEGIN IMMEDIATE")
                    yield Transaction(self._writer)
                    await self._writer.commit()
                except BaseException:
                    # A cancelled task must not leave the one writer inside a transaction.
                    with suppress(sqlite3.Error, ValueError):
                        await asyncio.shield(self._writer.rollback())
                    raise

    def unwritten(self) -> "Database":
        """The same data, where nothing that is written stays: for looking ahead."""
        return _Unwritten(self._writer, self._reader, self._lock)

    async def close(self) -> None:
        try:
            await self._reader.close()
        finally:
            await self._writer.close()


class _Unwritten(Database):
    def __init__(
        self, writer: aiosqlite.Connection, reader: aiosqlite.Connection, lock: asyncio.Lock
    ) -> None:
        super().__init__(writer, reader)
        self._lock = lock

    @asynccontextmanager
    async def write(self) -> AsyncIterator["Transaction"]:
        async with self._lock:
            with _told():
                await self._writer.execute("BEGIN IMMEDIATE")
                try:
                    yield Transaction(self._writer)
                finally:
                    await asyncio.shield(self._writer.rollback())


class Transaction:
    """What may be done inside `Database.write`."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def run(self, sql: str, *values: Any) -> int:
        """Returns the number of rows changed."""
        async with self._connection.execute(sql, values) as cursor:
            return cursor.rowcount

    async def insert(self, sql: str, *values: Any) -> int:
        """Returns the new row's id."""
        async with self._connection.execute(sql, values) as cursor:
            return int(cursor.lastrowid or 0)

    async def many(self, sql: str, rows: Iterable[Iterable[Any]]) -> None:
        async with self._connection.executemany(sql, rows):
            pass

    async def rows(self, sql: str, *values: Any) -> list[Row]:
        return list(await self._connection.execute_fetchall(sql, values))

    async def row(self, sql: str, *values: Any) -> Row | None:
        return next(iter(await self.rows(sql, *values)), None)


def migrations() -> list[tuple[int, str]]:
    """Number and script of each migration, in order."""
    folder = resources.files("collectarr.store") / "migrations"
    found = [
        (int(file.name.partition("_")[0]), file.read_text(encoding="utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".sql")
    ]
    return sorted(found)


def migrate(path: Path, scripts: Sequence[tuple[int, str]] | None = None) -> int:
    """Bring the database at `path` to this version's schema; its old file is copied first.

    Each script is atomic. Returns the schema number. Raises StoreError for a database that is
    newer than this program, not ours, damaged, or not writable; it is left as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Before SQLite makes it: its own would be readable by everybody at first.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            return _migrate(connection, path, migrations() if scripts is None else scripts)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"The database {path} cannot be opened ({error}). Is the folder writable for this"
            " user, and the file whole?"
        ) from error


def _migrate(connection: sqlite3.Connection, path: Path, scripts: Sequence[tuple[int, str]]) -> int:
    connection.create_function("folded", 1, folded, deterministic=True)
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    newest = scripts[-1][0]
    if version > newest:
        raise StoreError(
            f"The database {path} was written by a newer Collectarr (schema {version}, this one"
            f" knows {newest}). Install that version again, or restore an older backup."
        )
    if version == 0 and connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise StoreError(
            f"The database {path} belongs to another program. Name another file in DATABASE_URL."
        )
    connection.execute("PRAGMA journal_mode = WAL")
    pending = [(number, script) for number, script in scripts if number > version]
    copy = _copy_before(connection, path, pending[0][0]) if version and pending else None
    for number, script in pending:
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;{script}\n;PRAGMA user_version={number};COMMIT;"
            )
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            kept = f" The database as it was: {copy}." if copy else ""
            raise StoreError(f"Migration {number} failed ({error}).{kept}") from error
    return newest


def _copy_before(connection: sqlite3.Connection, path: Path, number: int) -> Path:
    """One copy per migration, however often it is tried: a restart loop must not fill the disk."""
    copy = path.with_name(f"{path.stem}-before-{number:04d}.db")
    fresh = copy.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(fresh)) as target:
        connection.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")
    fresh.replace(copy)
    return copy


async def open_database(path: Path) -> Database:
    """Migrate and open. Close it, or the process does not end."""
    await asyncio.to_thread(migrate, path)
    opened: list[aiosqlite.Connection] = []
    try:
        with _told():
            for pragmas in (PRAGMAS, f"{PRAGMAS} PRAGMA query_only = ON;"):
                connection = await aiosqlite.connect(path, isolation_level=None)
                opened.append(connection)
                connection.row_factory = sqlite3.Row
                await connection.executescript(pragmas)
    except BaseException:
        # An open connection is a thread, and a thread keeps the process alive.
        for connection in opened:
            await connection.close()
        raise
    return Database(opened[0], opened[1])
