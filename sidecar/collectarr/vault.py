"""Secrets at rest: Fernet with ENCRYPTION_KEY or a key file that only we may read."""

import base64
import hashlib
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from collectarr.errors import StoreError


def secret_file(path: Path, make: str | None = None) -> str:
    """The secret in `path`; made once, readable by its owner alone."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    value = make or secrets.token_urlsafe(48)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(value)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    return value


def fingerprint(secret: str) -> str:
    """How a random token is looked up: its SHA-256, never itself."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Vault:
    """Encrypts what must be read back: keys of servers and of list sources."""

    def __init__(self, key: str) -> None:
        # Any passphrase will do: Fernet wants exactly 32 bytes.
        self._fernet = Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()))

    def seal(self, secret: str) -> str:
        return self._fernet.encrypt(secret.encode()).decode("ascii")

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
