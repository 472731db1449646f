"""People's accounts: signing in by name, making, inviting, changing and removing them."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from aiohttp import web

from collectarr.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    SignInError,
    ThrottledError,
)
from collectarr.models import utc_now
from collectarr.passwords import clean_email, clean_username
from collectarr.peers import is_https
from collectarr.services import Services
from collectarr.store import accounts as stored
from collectarr.store import audit, collections, users
from collectarr.store.accounts import Invite, Role
from collectarr.store.db import folded
from collectarr.store.users import User
from collectarr.vault import fingerprint

INVITE_DAYS, LONGEST_INVITE_DAYS = 7, 90
LONGEST_NAME = 300
PATIENCE = 10.0
LAST = "This is the last administrator. Make somebody else one first."
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AccountChange:
    """None: as it was; an `email` of "": none any more."""

    username: str | None = None
    email: str | None = None
    role: Role | None = None
    password: str | None = None

    def differs(self, user: User) -> bool:
        """Whether the user would be called or reached otherwise."""
        name, address = self.username, self.email
        return (name is not None and name != user.username) or (
            address is not None and (address or None) != user.email
        )


@dataclass(frozen=True, slots=True)
class Changed:
    """A user as they are now, and how many API keys a new password took from them."""

    user: User
    revoked_keys: int = 0


async def sign_in(
    services: Services,
    name: str,
    password: str,
    client: str,
    how: str,
    start: Callable[[User, str], Awaitable[T]],
) -> T:
    """What `start` makes of the user and the hash of their password: a session.

    Raises SignInError if name or password is wrong, ThrottledError after too many tries.
    """
    try:
        proven = await services.auth.check_password(name, password, client)
        started = await start(proven.user, proven.password_hash)
    except SignInError:
        await _note_refused(services, "sign_in_refused", name, client, how)
        raise
    except ThrottledError:
        if services.auth.is_first_refusal(name, client):
            await _note_refused(services, "sign_in_throttled", name, client, how)
        raise
    await audit.record(
        services.db,
        actor=proven.user,
        action="sign_in",
        client=client or None,
        details={"how": how},
    )
    return started


async def _note_refused(
    services: Services, action: audit.Action, name: str, client: str, how: str
) -> None:
    # An unknown name is not written down: people type their password there by mistake.
    found = await users.find_sign_in(services.db, name[:LONGEST_NAME])
    known = found[0].username if found else ""
    await audit.record(
        services.db,
        actor=None,
        action=action,
        subject=known,
        client=client or None,
        details={"how": how},
    )


async def register(
    services: Services, username: str, email: str | None, password: str, token: str = ""
) -> User:
    """A new account, with the role of the invitation that `token` is of, if any.

    Raises ForbiddenError where REGISTRATION does not allow it, or the invitation is not good.
    """
    if token:
        return await _register_invited(services, username, email, password, token)
    if services.auth.registration != "open" or not await services.auth.has_users():
        raise ForbiddenError(
            "New accounts are made by an administrator here. Ask one.", code="registration"
        )
    return await services.auth.add_user(username, email, password, "user")


async def _register_invited(
    services: Services, username: str, email: str | None, password: str, token: str
) -> User:
    invite = await find_invite(services, token)
    if invite is None:
        raise _no_invite()
    name, address = clean_username(username), clean_email(email)
    if invite.email and folded(address or invite.email) != folded(invite.email):
        text = f"The invitation is for {invite.email}. Use that address."
        raise InvalidError(text, details={"fields": {"email": text}})
    # Exactly the address that the administrator wrote, however alike another spelling may be.
    address = invite.email or address
    hashed = await services.auth.hash_password(password, name, address)
    user = await stored.use_invite(services.db, fingerprint(token), name, address, hashed)
    if user is None:
        raise _no_invite()
    return user


def _no_invite() -> ForbiddenError:
    return ForbiddenError(
        "This invitation is not good any more: it was used, revoked, or is too old. Ask for a new"
        " one.",
        code="invite",
    )


async def find_invite(services: Services, token: str) -> Invite | None:
    """The invitation that a link carries, if it is good now."""
    if services.auth.registration == "closed":
        return None
    return await stored.find_invite(services.db, fingerprint(token))


async def invite(
    services: Services, by: User, role: Role, email: str | None, days: int = INVITE_DAYS
) -> tuple[Invite, str]:
    """An invitation and its token, which is kept nowhere. Raises ConflictError."""
    if services.auth.registration == "closed":
        raise ConflictError(
            "Nobody can be invited while registration is closed. Set REGISTRATION=invite and start"
            " Collectarr again, or add the user yourself.",
            code="registration_closed",
        )
    token = secrets.token_urlsafe(32)
    made = await stored.add_invite(
        services.db,
        fingerprint(token),
        role=role,
        email=clean_email(email),
        invited_by=by.id,
        expires_at=utc_now() + timedelta(days=days),
    )
    return made, token


def invite_url(services: Services, request: web.Request, token: str) -> str:
    """The link to send to the invited."""
    settings = services.settings
    scheme = "https" if is_https(request) else "http"
    public = settings.public_url or f"{scheme}://{request.host}"
    base = "" if public.endswith(settings.base_path) else settings.base_path
    return f"{public}{base}/register?invite={token}"


async def change_profile(
    services: Services, user: User, change: AccountChange, current: str, client: str
) -> User:
    """What users change of themselves; the password now (`current`) proves that it is them.

    Raises InvalidError for a wrong one, ConflictError for a name or address that is taken.
    """
    if not change.differs(user):
        return user
    cleaned = _cleaned(change)
    known = await services.auth.confirm(user, current, client)
    return await stored.change_user(
        services.db, user.id, username=cleaned.username, email=cleaned.email, known=known
    )


async def change_user(services: Services, by: User, user_id: int, change: AccountChange) -> Changed:
    """What an administrator changes of somebody.

    A new password ends all their sessions and revokes all their API keys: whoever sets one for
    somebody else has to think that the old one was stolen, and the keys with it.

    Raises ConflictError for the last administrator, and for a name or address that is taken;
    InvalidError for what is to be changed with one's own password.
    """
    user = await users.get_user(services.db, user_id)
    if user.id == by.id and (change.password is not None or change.differs(user)):
        raise InvalidError(
            "Change your own name, address and password on your account's page: it asks for your"
            " password.",
            code="own_account",
        )
    cleaned, hashed = _cleaned(change), None
    if change.password is not None:
        name = cleaned.username or user.username
        address = user.email if cleaned.email is None else cleaned.email
        hashed = await services.auth.hash_password(change.password, name, address)
    changed = await stored.change_user(
        services.db,
        user.id,
        username=cleaned.username,
        email=cleaned.email,
        role=cleaned.role,
        password_hash=hashed,
        by=by.id,
    )
    if hashed is None:
        return Changed(changed)
    await services.auth.end_sessions(user.id)
    return Changed(changed, await services.auth.keys.revoke_all(user.id))


def _cleaned(change: AccountChange) -> AccountChange:
    name, address = change.username, change.email
    return AccountChange(
        None if name is None else clean_username(name),
        None if address is None else clean_email(address) or "",
        change.role,
    )


async def remove_user(services: Services, user_id: int, by: User | None = None) -> User:
    """With all that is theirs here; Emby keeps everything. Returns who it was.

    `by`: the administrator who asks for it, and has to be one still.
    Raises ConflictError for the last administrator, or if their runs do not stop.
    """
    user = await users.get_user(services.db, user_id)
    everybody = await users.list_users(services.db)
    if not any(other.is_administrator and other.id != user.id for other in everybody):
        raise ConflictError(LAST, code="last_administrator")
    await _stop_runs(services, user)
    mine = await collections.list_collections(services.db, user.id)
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(PATIENCE):
                for key in sorted(row.id for row in mine):
                    await stack.enter_async_context(services.outside.collection(key))
        except TimeoutError:
            raise ConflictError(
                f"{user.username}'s collections are being synced. Try again in a moment.",
                code="busy",
            ) from None
        ended = await stored.delete_user(services.db, user.id, by=by.id if by else None)
    for session_id in ended:
        services.live.end_session(session_id)
    services.live.end_user(user.id)
    return user


async def _stop_runs(services: Services, user: User) -> None:
    """A run must not write to Emby for somebody who is gone."""
    for state in services.runner.states(user.id):
        await services.runner.cancel(state["id"])
        await services.runner.wait(state["id"])
