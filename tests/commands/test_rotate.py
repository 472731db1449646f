"""collectarr rotate-key: all stored keys under another key, or none of them."""

import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from collectarr.__main__ import main
from collectarr.app import open_services, owned_folder
from collectarr.commands.rotate import rotate_key
from collectarr.errors import CollectarrError, InvalidError, StoreError
from collectarr.settings import Settings
from collectarr.store import servers, source_accounts, users
from collectarr.store.db import migrations, open_database
from collectarr.store.sealed import SEALED, seal_anew
from collectarr.store.source_accounts import StoredAccount
from collectarr.vault import Vault, new_key_file, secret_file

EMBY_KEY, LIST_KEY = "emby-key-of-anna", "mdblist-key-of-anna"
OLD = "an old encryption key"


async def _fill(settings: Settings, key: str) -> None:
    """A user with a server and an account, both sealed with `key`."""
    vault = Vault(key)
    db = await open_database(settings.database)
    try:
        user = await users.add_user(db, "anna", None, "x", "administrator")
        await servers.add_server(
            db, user.id, name="Attic", kind="emby", url="http://127.0.0.1:9/emby",
            api_key=vault.seal(EMBY_KEY), uid="1", version="4.9", admin_user_id="a", libraries=(),
        )  # fmt: skip
        account = StoredAccount(
            "mdblist", vault.seal(LIST_KEY), "anna", None, None, None, None, None, None
        )
        await source_accounts.save_account(db, user.id, account)
    finally:
        await db.close()


async def _kept(settings: Settings) -> tuple[str, str]:
    """The stored keys as the service itself reads them."""
    async with open_services(settings, jobs=False) as services:
        user = (await users.list_users(services.db))[0]
        server = (await servers.list_servers(services.db, user.id))[0]
        account = await source_accounts.find_account(services.db, user.id, "mdblist")
        assert account is not None
        return services.vault.open(server.api_key), services.vault.open(account.secret)


def _file(settings: Settings) -> Path:
    return settings.data_dir / "encryption.key"


def _with_key(settings: Settings, key: str) -> Settings:
    return Settings(data_dir=settings.data_dir, environment="test", encryption_key=key)


async def _filled(settings: Settings) -> str:
    """Sealed with the key file of the data folder, which is given."""
    key = secret_file(_file(settings))
    await _fill(settings, key)
    return key


def test_every_sealed_column_of_the_schema_is_known() -> None:
    script = "\n".join(script for _, script in migrations())
    found = set()
    for table, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\)", script, re.DOTALL):
        found |= {(table, name) for name in re.findall(r"(\w+) TEXT\b[^\n]*-- sealed", body)}
    later = r"ALTER TABLE (\w+) ADD COLUMN (\w+) TEXT;\s*-- sealed"
    found |= set(re.findall(later, script))
    assert found == set(SEALED)


async def test_with_a_key_file_a_new_key_takes_its_place(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    old = await _filled(settings)
    assert await rotate_key(settings, None) == 0
    captured = capsys.readouterr()
    assert captured.out == "2 stored keys are sealed with the new key now.\n"
    new = _file(settings).read_text()
    assert new != old
    assert new not in captured.out + captured.err
    assert stat.S_IMODE(_file(settings).stat().st_mode) == 0o600
    assert [path.name for path in settings.data_dir.glob("encryption*")] == ["encryption.key"]
    assert await _kept(settings) == (EMBY_KEY, LIST_KEY)


async def test_nothing_in_the_folder_can_be_opened_with_the_old_key(settings: Settings) -> None:
    vault = Vault(await _filled(settings))
    with closing(sqlite3.connect(settings.database)) as connection:
        # Builds of SQLite differ in whether they wipe what is deleted.
        connection.execute("PRAGMA secure_delete = OFF")
        rows = [(f"gone {number}", vault.seal("gone")) for number in range(100)]
        sql = "INSERT INTO source_accounts (user_id, source, secret) VALUES (1, ?, ?)"
        connection.executemany(sql, rows)
        connection.commit()
        connection.execute("DELETE FROM source_accounts WHERE source LIKE 'gone%'")
        connection.commit()
    await rotate_key(settings, None)
    raw = b"".join(path.read_bytes() for path in settings.data_dir.rglob("*") if path.is_file())
    tokens = re.findall(rb"gAAAAA[\w-]+={0,2}", raw)
    assert len(tokens) >= 2
    assert not any(vault.opens(token.decode()) for token in tokens)


async def test_with_a_key_in_the_environment_the_new_one_is_named(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await _fill(settings, OLD)
    with pytest.raises(InvalidError, match="--new-key-file"):
        await rotate_key(_with_key(settings, OLD), None)
    named = tmp_path / "new.key"
    await rotate_key(_with_key(settings, OLD), named)
    assert f"set ENCRYPTION_KEY to the key in {named}" in capsys.readouterr().err
    assert not _file(settings).exists()
    assert await _kept(_with_key(settings, named.read_text())) == (EMBY_KEY, LIST_KEY)
    assert await rotate_key(_with_key(settings, OLD), named) == 0, "asked twice, done once"
    assert await _kept(_with_key(settings, named.read_text())) == (EMBY_KEY, LIST_KEY)


async def test_a_key_of_ones_own_choice_is_taken(settings: Settings, tmp_path: Path) -> None:
    await _filled(settings)
    (tmp_path / "mine").write_text("a long key of my own\n")
    await rotate_key(settings, tmp_path / "mine")
    assert _file(settings).read_text() == "a long key of my own"
    assert await _kept(settings) == (EMBY_KEY, LIST_KEY)
    with pytest.raises(InvalidError, match="in use"):
        await rotate_key(settings, tmp_path / "mine")


async def test_beside_a_running_service_it_refuses(settings: Settings) -> None:
    key = await _filled(settings)
    with owned_folder(settings.data_dir), pytest.raises(StoreError) as caught:
        await rotate_key(settings, None)
    assert caught.value.code == "locked"
    assert _file(settings).read_text() == key


async def test_one_key_that_cannot_be_read_leaves_all_as_they_were(settings: Settings) -> None:
    key = await _filled(settings)
    db = await open_database(settings.database)
    async with db.write() as tx:
        await tx.run("UPDATE source_accounts SET secret = ?", Vault("yet another").seal("x"))
    before = await db.rows("SELECT api_key FROM servers")
    await db.close()
    with pytest.raises(StoreError, match="Nothing was changed"):
        await rotate_key(settings, None)
    db = await open_database(settings.database)
    assert [row[0] for row in await db.rows("SELECT api_key FROM servers")] == [
        row[0] for row in before
    ]
    await db.close()
    async with open_services(settings, jobs=False):
        assert _file(settings).read_text() == key
        assert not new_key_file(_file(settings)).exists()


async def test_cut_off_before_the_store_changed_the_old_key_stays(settings: Settings) -> None:
    key = await _filled(settings)
    secret_file(new_key_file(_file(settings)))
    assert await _kept(settings) == (EMBY_KEY, LIST_KEY)
    assert _file(settings).read_text() == key


async def test_cut_off_after_the_store_changed_the_next_start_takes_the_new_key(
    settings: Settings,
) -> None:
    old = Vault(await _filled(settings))
    new = Vault(secret_file(new_key_file(_file(settings))))
    db = await open_database(settings.database)
    await seal_anew(db, lambda sealed: new.seal(old.open(sealed)))
    await db.close()
    assert await _kept(settings) == (EMBY_KEY, LIST_KEY)
    assert [path.name for path in settings.data_dir.glob("encryption*")] == ["encryption.key"]


async def test_without_a_store_it_makes_none(tmp_path: Path) -> None:
    empty = Settings(data_dir=tmp_path / "none", environment="test")
    with pytest.raises(CollectarrError, match="There is no Collectarr"):
        await rotate_key(empty, None)
    assert not empty.database.exists()


def test_the_command_line_knows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert main(["rotate-key"]) == 1
    assert "There is no Collectarr" in capsys.readouterr().err
