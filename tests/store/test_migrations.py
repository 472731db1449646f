"""From nothing, from every earlier schema, and back out of what cannot be done."""

import asyncio
import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from collectarr.errors import StoreError
from collectarr.store import users
from collectarr.store.db import migrate, migrations, open_database

GOOD = "CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT -- the end"
BAD = "CREATE TABLE half (id INTEGER) STRICT; INSERT INTO half VALUES (1); CREATE NONSENSE;"


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(sql).fetchall()


def schema(path: Path) -> list[tuple[object, ...]]:
    return ask(path, "SELECT name, sql FROM sqlite_master ORDER BY name")


def version(path: Path) -> object:
    return ask(path, "PRAGMA user_version")[0][0]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "down" / "collectarr.db"


def test_migrations_are_numbered_without_a_gap() -> None:
    numbers = [number for number, _ in migrations()]

    assert numbers == list(range(1, len(numbers) + 1))


def test_a_fresh_database_gets_the_newest_schema_and_no_copy(path: Path) -> None:
    newest = migrations()[-1][0]

    assert migrate(path) == newest
    assert version(path) == newest
    assert [file.name for file in path.parent.iterdir()] == ["collectarr.db"]


def test_a_fresh_database_is_for_its_owner_alone(path: Path) -> None:
    old = os.umask(0)
    try:
        migrate(path)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("INSERT INTO settings VALUES ('a', 'b')")
            connection.commit()
            files = {file.name: mode(file) for file in path.parent.iterdir()}
    finally:
        os.umask(old)

    assert len(files) == 3
    assert set(files.values()) == {0o600}


def test_migrating_again_changes_nothing(path: Path) -> None:
    migrate(path)
    before = schema(path)

    migrate(path)

    assert schema(path) == before
    assert [file.name for file in path.parent.iterdir()] == ["collectarr.db"]


@pytest.mark.parametrize("known", range(1, len(migrations())))
def test_every_earlier_schema_becomes_the_newest_one(path: Path, known: int) -> None:
    migrate(path, migrations()[:known])
    ask(path, "INSERT INTO settings VALUES ('kept', 'yes')")

    migrate(path)
    migrate(fresh := path.with_name("fresh.db"))

    assert schema(path) == schema(fresh)
    assert ask(path, "SELECT value FROM settings WHERE name = 'kept'") == [("yes",)]


def test_a_copy_is_made_once_before_the_first_that_is_pending(path: Path) -> None:
    newest = migrate(path)
    ask(path, "INSERT INTO settings VALUES ('kept', 'yes')")
    more = [(newest + 1, GOOD), (newest + 2, "CREATE TABLE last (id INTEGER) STRICT;")]

    assert migrate(path, [*migrations(), *more]) == newest + 2

    copies = [file for file in path.parent.iterdir() if file != path]
    assert [copy.name for copy in copies] == [f"collectarr-before-{newest + 1:04d}.db"]
    assert mode(copies[0]) == 0o600
    assert version(copies[0]) == newest
    assert ask(copies[0], "SELECT value FROM settings WHERE name = 'kept'") == [("yes",)]


def test_the_copy_holds_what_was_not_yet_in_the_main_file(path: Path) -> None:
    newest = migrate(path)
    # While it is open elsewhere, the row stands in the write-ahead log alone.
    with closing(sqlite3.connect(path)) as other:
        other.execute("INSERT INTO settings VALUES ('kept', 'yes')")
        other.commit()
        other.execute("BEGIN")
        other.execute("SELECT * FROM settings").fetchone()
        migrate(path, [*migrations(), (newest + 1, GOOD)])

    copy = path.with_name(f"collectarr-before-{newest + 1:04d}.db")
    assert ask(copy, "SELECT value FROM settings WHERE name = 'kept'") == [("yes",)]


def test_a_failing_script_leaves_everything_as_it_was_with_a_copy_beside_it(path: Path) -> None:
    newest = migrate(path)
    before = schema(path)

    with pytest.raises(StoreError, match=f"Migration {newest + 1} failed.*as it was: ") as caught:
        migrate(path, [*migrations(), (newest + 1, BAD)])

    copy = path.with_name(f"collectarr-before-{newest + 1:04d}.db")
    assert str(copy) in caught.value.message
    assert (version(path), schema(path)) == (newest, before)
    assert (version(copy), schema(copy)) == (newest, before)
    migrate(path)


def test_what_came_before_a_failing_script_stays(path: Path) -> None:
    newest = migrate(path)

    with pytest.raises(StoreError):
        migrate(path, [*migrations(), (newest + 1, GOOD), (newest + 2, BAD)])

    assert version(path) == newest + 1
    assert ask(path, "SELECT name FROM sqlite_master WHERE name IN ('more', 'half')") == [("more",)]


def test_a_restart_loop_over_a_failing_script_does_not_fill_the_disk(path: Path) -> None:
    newest = migrate(path)
    for _ in range(3):
        with pytest.raises(StoreError):
            migrate(path, [*migrations(), (newest + 1, BAD)])

    assert len(list(path.parent.iterdir())) == 2


def test_a_failing_first_script_leaves_no_table(path: Path) -> None:
    with pytest.raises(StoreError, match="Migration 1 failed"):
        migrate(path, [(1, BAD)])

    assert (version(path), schema(path)) == (0, [])
    migrate(path)


def test_a_newer_database_is_refused_and_left_alone(path: Path) -> None:
    newest = migrate(path)
    ask(path, f"PRAGMA user_version = {newest + 1}")
    before = path.read_bytes()

    with pytest.raises(StoreError, match=r"newer Collectarr.*Install that version again"):
        migrate(path)

    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir(parents=True)
    ask(path, "CREATE TABLE theirs (id INTEGER)")
    before = path.read_bytes()

    with pytest.raises(StoreError, match="belongs to another program"):
        migrate(path)

    assert path.read_bytes() == before


def test_an_empty_file_is_a_fresh_database(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.touch()

    assert migrate(path) == migrations()[-1][0]


@pytest.mark.parametrize("content", [b"this is no database at all" * 50, b"SQLite format 3\0" * 99])
def test_a_file_that_is_no_database_is_said_and_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)

    with pytest.raises(StoreError, match=r"cannot be opened .*not a database"):
        migrate(path)

    assert path.read_bytes() == content


def test_a_folder_where_the_file_should_be_is_said(path: Path) -> None:
    path.mkdir(parents=True)

    with pytest.raises(StoreError, match="cannot be opened"):
        migrate(path)


def test_a_file_where_the_folder_should_be_is_said(path: Path) -> None:
    path.parent.parent.mkdir()
    path.parent.touch()

    with pytest.raises(StoreError, match="cannot be opened"):
        migrate(path)


@contextmanager
def nobody() -> Iterator[None]:
    """Without the powers of root, who may write everywhere."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_read_only_folder_is_said() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o555)
        with nobody(), pytest.raises(StoreError, match=r"Is the folder writable"):
            migrate(folder / "collectarr.db")
        assert list(folder.iterdir()) == []


def test_a_read_only_file_is_said() -> None:
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "collectarr.db"
        migrate(path)
        path.chmod(0o444)
        Path(made).chmod(0o555)
        with nobody(), pytest.raises(StoreError, match=r"Is the folder writable"):
            migrate(path)


def test_two_who_are_one_by_now_both_still_sign_in(path: Path) -> None:
    """Names that differ in the case of letters outside ASCII alone had been let in."""
    migrate(path, [one for one in migrations() if one[0] < 6])
    for name, email in (("ANDRÉ", "é@x.org"), ("andré", "É@x.org")):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(
                "INSERT INTO users (username, email, password_hash, role, created_at)"
                " VALUES (?, ?, 'hash', 'user', '2026-01-01T00:00:00.000+00:00')",
                (name, email),
            )

    async def found() -> list[int]:
        db = await open_database(path)
        try:
            names = ("ANDRÉ", "andré", "é@x.org", "É@x.org", "AndrÉ", "ａndré")
            signed = [await users.find_sign_in(db, name) for name in names]
            return [user[0].id if user else 0 for user in signed]
        finally:
            await db.close()

    assert asyncio.run(found()) == [1, 2, 1, 2, 1, 1]
