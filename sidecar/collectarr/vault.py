"""Secrets at rest: Fernet with ENCRYPTION_KEY or a key file that only we may read."""

import base64
import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from collectarr.errors import StoreError


def secret_file(path: Path, make: str | None = None) -> str:
    """The secret in `path`; made once, readable by its owner alone.

    Whoever asks at the same time gets the same one. Raises StoreError when the file cannot be
    read or made, or is empty: an empty key would lock nothing.
    """
    try:
        if not path.exists():
            _make(path, make or secrets.token_urlsafe(48))
        value = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise StoreError(
            f"The secret file {path} cannot be used ({error}). It must be readable for this user.",
            code="secret_file",
        ) from None
    if not value:
        raise StoreError(
            f"The secret file {path} is empty. Restore it from a backup, or delete it to have a"
            " new one made.",
            code="secret_file",
        )
    return value


def _make(path: Path, value: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        try:
            # Fails where somebody was faster: a rename would put ours over theirs.
            path.hardlink_to(temporary)
        except FileExistsError:
            return
        except OSError:
            # Some network shares know no hard links.
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def key_in(path: Path, sealed: str | None) -> str:
    """The encryption key in `path`; made once.

    Where a change of key was cut off, its new key lies beside it. It takes its place if it
    opens `sealed`, a stored value: then the store was changed already. Otherwise it goes.
    """
    fresh = new_key_file(path)
    if fresh.exists():
        if sealed is not None and Vault(secret_file(fresh)).opens(sealed):
            fresh.replace(path)
        else:
            fresh.unlink()
    old_key_file(path).unlink(missing_ok=True)
    return secret_file(path)


def new_key_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")


def old_key_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.old")


def fingerprint(secret: str) -> str:
    """How a random token is looked up: its SHA-256, never itself."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Vault:
    """Encrypts what must be read back: keys of servers and of list sources."""

    def __init__(self, key: str) -> None:
        # Any passphrase will do: Fernet wants exactly 32 bytes.
        self._key = hashlib.sha256(key.encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(self._key))

    def mark(self, text: bytes) -> str:
        """Tells texts apart, and tells nothing about them to whoever has not our key."""
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()

    def seal(self, secret: str) -> str:
        return self._fernet.encrypt(secret.encode()).decode("ascii")

    def opens(self, sealed: str) -> bool:
        try:
            self.open(sealed)
        except StoreError:
            return False
        return True

    def open(self, sealed: str) -> str:
        """Raises StoreError when ENCRYPTION_KEY is not the one that sealed it."""
        try:
            return self._fernet.decrypt(sealed.encode("ascii")).decode()
        except (InvalidToken, ValueError):
            raise StoreError(
                "A stored key cannot be read: ENCRYPTION_KEY has changed."
                " Restore the old value, or enter the keys anew.",
                code="encryption_key",
            ) from None
