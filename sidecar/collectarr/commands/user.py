"""collectarr user: make an account, or set a new password. It works beside a running service."""

import getpass
import sys
from typing import Any

from collectarr.commands.output import note, result
from collectarr.errors import InvalidError
from collectarr.pages.words import count
from collectarr.passwords import clean_email, clean_username, cost_of, hash_password
from collectarr.settings import Settings
from collectarr.store import users
from collectarr.store.api_keys import delete_keys
from collectarr.store.audit import Action, record
from collectarr.store.db import Database, open_database
from collectarr.store.users import User


async def add(settings: Settings, name: str, email: str | None, *, administrator: bool) -> int:
    """The first user of an installation is an administrator in any case."""
    username, address = clean_username(name), clean_email(email)
    hashed = await hash_password(_ask_password(), cost_of(settings.environment), username, address)
    db = await open_database(settings.database)
    try:
        first = not await users.count_users(db)
        role = "administrator" if administrator or first else "user"
        user = await users.add_user(db, username, address, hashed, role)
        await _record(db, "user_created", user, role=user.role)
    finally:
        await db.close()
    result(f"{user.username} can sign in now, as {user.role}.")
    return 0


async def reset_password(settings: Settings, name: str) -> int:
    """Ends the user's sessions and revokes their API keys too."""
    db = await open_database(settings.database)
    try:
        found = await users.find_sign_in(db, name)
        if found is None:
            raise InvalidError(f"There is no user called {name!r}.")
        user, cost = found[0], cost_of(settings.environment)
        hashed = await hash_password(_ask_password(), cost, user.username, user.email)
        await users.set_password(db, user.id, hashed)
        ended = len(await users.end_sessions(db, user.id))
        revoked = len(await delete_keys(db, user.id))
        await _record(db, "password_reset", user)
        if revoked:
            await _record(db, "api_key_revoked", user, count=revoked)
    finally:
        await db.close()
    sessions, keys = count(ended, "session"), count(revoked, "API key")
    result(f"{user.username} has a new password; {sessions} ended, {keys} revoked.")
    return 0


async def _record(db: Database, action: Action, user: User, **details: Any) -> None:
    """Whoever may run this command is nobody that Collectarr knows by name."""
    about = {"how": "command", **details}
    await record(db, actor=None, action=action, subject=user.username, details=about)


def _ask_password() -> str:
    """Typed twice at a terminal; otherwise the first line of stdin."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        note("The two differ.")
        raise InvalidError("Type the same password twice.")
    return password
