"""The database: one writer behind a lock, one reader that cannot write, migrations.

Two connections because on a shared one task B would commit what task A is about to roll back.
"""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import aiosqlite

from collectarr.errors import StoreError
from collectarr.models import utc_now

Row = sqlite3.Row


def stamp(moment: datetime) -> str:
    """A time as it is stored: UTC, of one length, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


PRAGMAS = "PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000; PRAGMA synchronous = NORMAL;"


class Database:
    """Read with `rows`, `row`, `value`; write inside `async with database.write() as tx`."""

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self._writer = writer
        self._reader = reader
        self._lock = asyncio.Lock()

    async def rows(self, sql: str, *values: Any) -> list[Row]:
        async with self._reader.execute(sql, values) as cursor:
            return list(await cursor.fetchall())

    async def row(self, sql: str, *values: Any) -> Row | None:
        async with self._reader.execute(sql, values) as cursor:
            return await cursor.fetchone()

    async def value(self, sql: str, *values: Any) -> Any:
        row = await self.row(sql, *values)
        return None if row is None else row[0]

    @asynccontextmanager
    async def write(self) -> AsyncIterator["Transaction"]:
        """All of it or none of it. Raises StoreError when the disk is full or not writable."""
        async with self._lock:
            try:
                await self._writer.execute("BEGIN IMMEDIATE")
                yield Transaction(self._writer)
                await self._writer.commit()
            except sqlite3.OperationalError as error:
                await self._rollback()
                raise _store_error(error) from error
            except BaseException:
                await self._rollback()
                raise

    async def _rollback(self) -> None:
        # A cancelled task must not leave the one writer inside a transaction.
        await asyncio.shield(self._writer.rollback())

    async def close(self) -> None:
        await self._reader.close()
        await self._writer.close()


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
        await self._connection.executemany(sql, rows)

    async def rows(self, sql: str, *values: Any) -> list[Row]:
        async with self._connection.execute(sql, values) as cursor:
            return list(await cursor.fetchall())

    async def row(self, sql: str, *values: Any) -> Row | None:
        async with self._connection.execute(sql, values) as cursor:
            return await cursor.fetchone()


def _store_error(error: sqlite3.OperationalError) -> StoreError:
    return StoreError(
        f"The database cannot be written ({error}). Is the disk full or the folder read-only?"
    )


def migrations() -> list[tuple[int, str]]:
    """Number and script of each migration, in order."""
    folder = resources.files("collectarr.store") / "migrations"
    found = [
        (int(file.name.partition("_")[0]), file.read_text(encoding="utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".sql")
    ]
    return sorted(found)


def migrate(path: Path) -> int:
    """Bring the database at `path` to this version's schema; its old file is copied first.

    Each script is atomic. Returns the schema number. Raises StoreError for a database that is
    newer than this program, damaged, or not writable; it is left as it was.
    """
    known = migrations()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = not path.exists()
    try:
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            return _migrate(connection, path, known, fresh=fresh)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(f"The database {path} cannot be opened: {error}.") from error


def _migrate(
    connection: sqlite3.Connection, path: Path, known: list[tuple[int, str]], *, fresh: bool
) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    newest = known[-1][0]
    if version > newest:
        raise StoreError(
            f"The database {path} was written by a newer Collectarr (schema {version}, this one"
            f" knows {newest}). Install that version again, or restore an older backup."
        )
    connection.execute("PRAGMA journal_mode = WAL")
    if fresh:
        path.chmod(0o600)
    for number, script in known:
        if number <= version:
            continue
        copy = None if fresh else _copy_before(connection, path, number)
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;{script};PRAGMA user_version={number};COMMIT;"
            )
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            kept = f" The database as it was: {copy}." if copy else ""
            raise StoreError(f"Migration {number} failed ({error}).{kept}") from error
    return newest


def _copy_before(connection: sqlite3.Connection, path: Path, number: int) -> Path:
    stamp = utc_now().strftime("%Y%m%dT%H%M%SZ")
    copy = path.with_name(f"{path.stem}-before-{number:04d}-{stamp}.db")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    handle = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as target, path.open("rb") as source:
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())
    return copy


async def open_database(path: Path) -> Database:
    """Migrate and open. Close it, or the process does not end."""
    await asyncio.to_thread(migrate, path)
    writer = await aiosqlite.connect(path, isolation_level=None)
    try:
        reader = await aiosqlite.connect(path, isolation_level=None)
    except BaseException:
        await writer.close()
        raise
    for connection in (writer, reader):
        connection.row_factory = sqlite3.Row
        await connection.executescript(PRAGMAS)
    await reader.execute("PRAGMA query_only = ON")
    return Database(writer, reader)
