"""Names, addresses and passwords that people choose: what is accepted, and how it is hashed."""

import asyncio
import base64
import hashlib
import hmac
import re
import unicodedata

import bcrypt

from collectarr.errors import InvalidError
from collectarr.guessable import is_guessable

SHORTEST, LONGEST = 10, 128
VERSION = "v1"
_USERNAME = re.compile(r"\w(?:[\w .@+-]{0,62}[\w.@+-])?")
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,190}")


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell how nearly."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def cost_of(environment: str) -> int:
    """bcrypt's cost: 12 takes a third of a second, which the tests cannot spare."""
    return 4 if environment == "test" else 12


def nobody(cost: int) -> str:
    """A hash that no password has: an unknown name then takes as long as a known one."""
    return f"{VERSION}${bcrypt.gensalt(cost).decode()}{'.' * 31}"


def _prepared(password: str) -> bytes:
    # bcrypt takes 72 bytes at most; the hash of any password is shorter than that.
    normal = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    return base64.b64encode(hashlib.sha256(normal).digest())


async def hash_password(password: str, cost: int, *names: str | None) -> str:
    """bcrypt over base64(SHA-256), with its version.

    Raises InvalidError for a bad length, and for what is tried first by whoever guesses.
    `names`: the user's name and e-mail address, which are among that.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        message = f"Use a password of {SHORTEST} to {LONGEST} characters; a few words are good."
        raise InvalidError(message, details={"fields": {"password": message}})
    if is_guessable(password, *names):
        message = "This password is among the first that others would try. Use a few words."
        raise InvalidError(
            message, code="common_password", details={"fields": {"password": message}}
        )
    salt = bcrypt.gensalt(cost)
    hashed = await asyncio.to_thread(bcrypt.hashpw, _prepared(password), salt)
    return f"{VERSION}${hashed.decode()}"


async def is_password(password: str, stored: str) -> bool:
    version, _, hashed = stored.partition("$")
    if version != VERSION:
        return False
    return await asyncio.to_thread(bcrypt.checkpw, _prepared(password), hashed.encode())


def clean_username(text: str) -> str:
    """Raises InvalidError for a name that is empty, too long, or cannot be typed again."""
    name = unicodedata.normalize("NFKC", text).strip()
    if _USERNAME.fullmatch(name) is None:
        message = "Use a name of up to 64 letters, digits, spaces, dots, dashes or underscores."
        raise InvalidError(message, details={"fields": {"username": message}})
    return name


def clean_email(text: str | None) -> str | None:
    """The address, or None for an empty one. Raises InvalidError if it is no address."""
    email = (text or "").strip()
    if email and _EMAIL.fullmatch(email) is None:
        message = "This is not an e-mail address. Leave it empty, or correct it."
        raise InvalidError(message, details={"fields": {"email": message}})
    return email or None
