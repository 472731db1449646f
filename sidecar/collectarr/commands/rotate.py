"""collectarr rotate-key: seal all stored keys anew, with another encryption key."""

from pathlib import Path

from collectarr.app import owned_folder
from collectarr.commands.output import note, result
from collectarr.errors import InvalidError, StoreError
from collectarr.settings import SHORTEST_KEY, Settings
from collectarr.store.audit import record
from collectarr.store.db import Database, open_database
from collectarr.store.sealed import forget_what_was, seal_anew, sealed_value
from collectarr.vault import Vault, key_in, new_key_file, old_key_file, secret_file


async def rotate_key(settings: Settings, new_key: Path | None) -> int:
    """Raises StoreError beside a running service, or when a stored key cannot be read.

    `new_key` names a file with the new key; it is made if there is none. Left out, a new key
    is made for the key file in the data folder.
    """
    with owned_folder(settings.data_dir):
        if not settings.database.exists():
            raise InvalidError(
                f"There is no Collectarr in the data folder {settings.data_dir}. Set DATA_DIR to"
                " its folder."
            )
        db = await open_database(settings.database)
        try:
            count = await _rotate(settings, db, new_key)
            details = {"how": "command", "sealed": count}
            await record(db, actor=None, action="key_rotated", details=details)
        finally:
            await db.close()
        forget_what_was(settings.database)
        if settings.encryption_key is None:
            old_key_file(_key_file(settings)).unlink(missing_ok=True)
    result(f"{count} stored keys are sealed with the new key now.")
    note(
        "Copies of the database from before hold them as they were: without the old key they"
        " cannot be read."
    )
    return 0


def _key_file(settings: Settings) -> Path:
    return settings.data_dir / "encryption.key"


async def _rotate(settings: Settings, db: Database, new_key: Path | None) -> int:
    if settings.encryption_key is not None:
        return await _to_a_named_key(settings.encryption_key.get_secret_value(), db, new_key)
    path = _key_file(settings)
    old = key_in(path, await sealed_value(db))
    new = _different(old, secret_file(new_key)) if new_key else None
    # A copy until all is over: whatever happens, both keys are on the disk.
    secret_file(old_key_file(path), old)
    fresh = new_key_file(path)
    count = await _seal_anew(db, old, secret_file(fresh, new))
    # Cut off before this, the next start finds the new key and puts it here (`key_in`).
    fresh.replace(path)
    return count


async def _to_a_named_key(old: str, db: Database, new_key: Path | None) -> int:
    if new_key is None:
        raise InvalidError(
            "ENCRYPTION_KEY is set, and Collectarr cannot change it there. Name a file for the"
            " new key with --new-key-file; it is made if there is none."
        )
    new = _different(old, secret_file(new_key))
    sealed = await sealed_value(db)
    done = sealed is not None and not Vault(old).opens(sealed) and Vault(new).opens(sealed)
    count = 0 if done else await _seal_anew(db, old, new)
    note(f"Before the next start set ENCRYPTION_KEY to the key in {new_key}.")
    return count


def _different(old: str, new: str) -> str:
    if old == new:
        raise InvalidError("The new key is the one in use. Nothing was changed.")
    if len(new) < SHORTEST_KEY:
        raise InvalidError(
            f"The new key is shorter than {SHORTEST_KEY} characters. Nothing was changed."
        )
    return new


async def _seal_anew(db: Database, old: str, new: str) -> int:
    old_vault, new_vault = Vault(old), Vault(new)
    try:
        return await seal_anew(db, lambda sealed: new_vault.seal(old_vault.open(sealed)))
    except StoreError as error:
        raise StoreError(f"{error.message} Nothing was changed.", code=error.code) from None
