"""One writer that is all or nothing, one reader that cannot write, and threads that end."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from collectarr.errors import ConflictError, NotFoundError, StoreError
from collectarr.store.db import Database, moment, open_database, stamp
from collectarr.store.installation import installation_id, writable

PUT = "INSERT INTO settings (name, value) VALUES (?, ?)"


async def names(db: Database) -> list[str]:
    return [row["name"] for row in await db.rows("SELECT name FROM settings ORDER BY name")]


async def pragma(db: Database, name: str) -> list[object]:
    """As the writer sees it, then the reader."""
    async with db.write() as tx:
        row = await tx.row(f"PRAGMA {name}")
    assert row is not None
    return [row[0], await db.value(f"PRAGMA {name}")]


async def test_what_was_written_is_read(db: Database) -> None:
    async with db.write() as tx:
        assert await tx.insert(PUT, "a", "1") > 0
        assert await tx.run("UPDATE settings SET value = '2' WHERE name = 'a'") == 1
        await tx.many(PUT, [("b", "1"), ("c", "1")])

    assert await names(db) == ["a", "b", "c"]
    assert await db.value("SELECT value FROM settings WHERE name = 'a'") == "2"
    assert await db.row("SELECT 1 FROM settings WHERE name = 'z'") is None
    assert await db.value("SELECT 1 FROM settings WHERE name = 'z'") is None


async def test_nothing_is_seen_before_it_is_whole(db: Database) -> None:
    async with db.write() as tx:
        await tx.run(PUT, "a", "1")
        assert await names(db) == []
        assert len(await tx.rows("SELECT * FROM settings")) == 1

    assert await names(db) == ["a"]


async def write_and_fail(db: Database) -> None:
    async with db.write() as tx:
        await tx.run(PUT, "a", "1")
        raise ConflictError("no")


async def test_an_error_takes_back_everything(db: Database) -> None:
    with pytest.raises(ConflictError):
        await write_and_fail(db)

    assert await names(db) == []


async def test_two_tasks_never_share_a_transaction(db: Database) -> None:
    async def write(name: str, *, fails: bool) -> None:
        async with db.write() as tx:
            await tx.run(PUT, name, "1")
            await asyncio.sleep(0)
            await tx.run(PUT, f"{name}-more", "1")
            if fails:
                raise ConflictError("no")

    ended = await asyncio.gather(
        *(write(f"{n:02d}", fails=n % 2 == 1) for n in range(20)), return_exceptions=True
    )

    assert sum(isinstance(error, ConflictError) for error in ended) == 10
    kept = [name for n in range(0, 20, 2) for name in (f"{n:02d}", f"{n:02d}-more")]
    assert await names(db) == kept


async def in_the_middle(db: Database, reached: asyncio.Event) -> None:
    async with db.write() as tx:
        await tx.run(PUT, "lost", "1")
        reached.set()
        await asyncio.Event().wait()


async def during_a_statement(db: Database, reached: asyncio.Event) -> None:
    async with db.write() as tx:
        await tx.run(PUT, "lost", "1")
        reached.set()
        await tx.many(PUT, [(f"lost {n}", "1") for n in range(5_000)])
        await asyncio.Event().wait()


async def before_it_begins(db: Database, reached: asyncio.Event) -> None:
    reached.set()
    async with db.write() as tx:
        await tx.run(PUT, "lost", "1")
        await asyncio.Event().wait()


@pytest.mark.parametrize("task", [in_the_middle, during_a_statement, before_it_begins])
async def test_a_cancelled_task_leaves_the_writer_usable(
    db: Database, task: Callable[[Database, asyncio.Event], Awaitable[None]]
) -> None:
    reached = asyncio.Event()
    running = asyncio.ensure_future(task(db, reached))
    await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    async with db.write() as tx:
        await tx.run(PUT, "kept", "1")
    assert await names(db) == ["kept"]


async def test_cancelling_twice_does_no_harm_either(db: Database) -> None:
    for _ in range(20):
        reached = asyncio.Event()
        running = asyncio.ensure_future(during_a_statement(db, reached))
        await reached.wait()
        running.cancel()
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    await writable(db)
    assert await names(db) == ["touched"]


async def test_a_cancelled_read_does_not_make_the_next_one_see_the_past(db: Database) -> None:
    async with db.write() as tx:
        await tx.many(PUT, [(f"{n:05d}", "1") for n in range(3000)])
    for n in range(20):
        reading = asyncio.ensure_future(db.rows("SELECT * FROM settings"))
        for _ in range(n % 4):
            await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        async with db.write() as tx:
            await tx.run("DELETE FROM settings WHERE name = ?", f"{n:05d}")
        assert await db.value("SELECT count(*) FROM settings") == 2999 - n


async def test_the_reader_cannot_write(db: Database) -> None:
    with pytest.raises(StoreError, match="readonly"):
        await db.rows(PUT, "a", "1")

    assert await names(db) == []


async def test_both_connections_are_as_they_should_be(db: Database) -> None:
    assert await pragma(db, "journal_mode") == ["wal", "wal"]
    assert await pragma(db, "foreign_keys") == [1, 1]
    assert await pragma(db, "busy_timeout") == [5000, 5000]


async def test_every_table_is_strict(db: Database) -> None:
    rows = await db.rows("SELECT name, strict FROM pragma_table_list WHERE type = 'table'")
    loose = {row["name"] for row in rows if not row["strict"]}

    assert len(rows) > 10
    assert loose <= {"sqlite_schema", "sqlite_temp_schema", "sqlite_sequence"}


async def test_a_number_is_not_taken_for_text(db: Database) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        async with db.write() as tx:
            await tx.run("INSERT INTO items (server_id, id) VALUES ('not a number', 'x')")


async def test_a_broken_rule_of_a_table_is_no_trouble_of_the_disk(db: Database) -> None:
    for _ in range(2):
        with pytest.raises(sqlite3.IntegrityError):
            async with db.write() as tx:
                await tx.run("INSERT INTO list_access (list_id) VALUES (1)")
        with pytest.raises(NotFoundError, match="deleted meanwhile"):
            async with db.write() as tx:
                await tx.run(
                    "INSERT INTO list_access (list_id, user_id, checked_at) VALUES (1, 1, '')"
                )


async def test_a_full_disk_is_said_in_words_and_nothing_is_lost(db: Database) -> None:
    await writable(db)
    async with db.write() as tx:
        pages = (await tx.rows("PRAGMA page_count"))[0][0]
        await tx.rows(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreError, match=r"full.*Is the disk full"):
        async with db.write() as tx:
            await tx.many(PUT, [(f"{n}", "x" * 1000) for n in range(1000)])

    assert await names(db) == ["touched"]
    async with db.write() as tx:
        await tx.rows("PRAGMA max_page_count = 1000000")
        await tx.run(PUT, "later", "1")
    assert await names(db) == ["later", "touched"]


async def test_a_file_damaged_in_the_middle_is_said_in_words(data_dir: Path) -> None:
    path = data_dir / "collectarr.db"
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT rootpage FROM sqlite_master WHERE rootpage > 0")
        pages = [int(row[0]) for row in rows]
    with path.open("r+b") as file:
        for page in pages[1:]:
            file.seek((page - 1) * 4096)
            file.write(b"\xff" * 4096)

    db = await open_database(path)
    try:
        with pytest.raises(StoreError, match=r"damaged.*Restore a backup"):
            await db.rows("SELECT * FROM users")
        with pytest.raises(StoreError, match="damaged"):
            await writable(db)
    finally:
        await db.close()


async def test_the_installation_keeps_its_id(db: Database) -> None:
    made = await asyncio.gather(*(installation_id(db) for _ in range(5)))

    assert len(set(made)) == 1
    assert len(made[0]) == 16


OPEN_AND_CLOSE = """
import asyncio, sys
from pathlib import Path
from collectarr.errors import NotFoundError, StoreError
from collectarr.store.db import open_database

async def main(path):
    try:
        database = await open_database(path)
    except StoreError as error:
        print("refused:", error)
    else:
        await database.close()
        print("closed")

asyncio.run(main(Path(sys.argv[1])))
"""


CANCEL = """
import asyncio, sys
from pathlib import Path
from collectarr.store.db import open_database

async def main(path):
    ended = set()
    for n in range(60):
        opening = asyncio.create_task(open_database(path))
        await asyncio.sleep(n / 10_000)
        opening.cancel()
        try:
            await (await opening).close()
            ended.add("opened")
        except asyncio.CancelledError:
            ended.add("cancelled")
    print(*sorted(ended))

asyncio.run(main(Path(sys.argv[1])))
"""


def opened_and_closed(path: Path, script: str = OPEN_AND_CLOSE) -> str:
    """In a process of its own, which must end: an open connection would keep it alive."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, str(path)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return done.stdout


def test_a_program_that_closes_its_database_ends(tmp_path: Path) -> None:
    assert opened_and_closed(tmp_path / "new.db") == "closed\n"


def test_a_program_whose_database_cannot_be_opened_ends_too(data_dir: Path) -> None:
    path = data_dir / "collectarr.db"
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 9999")
    other.close()

    assert opened_and_closed(path).startswith("refused:")


def test_a_program_that_gave_up_opening_its_database_ends_too(data_dir: Path) -> None:
    assert "cancelled" in opened_and_closed(data_dir / "collectarr.db", CANCEL)


def test_times_sort_as_text_whatever_their_zone() -> None:
    start = datetime(2024, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    east = timezone(timedelta(hours=14))
    times = [start + timedelta(milliseconds=n) for n in (0, 1, 999, 1000)]
    texts = [stamp(time if n % 2 else time.astimezone(east)) for n, time in enumerate(times)]

    assert texts == sorted(texts)
    assert [moment(text) for text in texts] == times
    assert moment(None) is None
