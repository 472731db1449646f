"""How a source and the account there are said in JSON."""

from datetime import datetime

from pydantic import BaseModel

from collectarr.api.endpoint import Call
from collectarr.sources import SignIn, Source
from collectarr.store.source_accounts import LOST, StoredAccount, find_account


class Quota(BaseModel):
    """Requests that the source allows and those left, until `resets_at`."""

    limit: int | None
    left: int | None
    resets_at: datetime | None


class SourceState(BaseModel):
    """`by`: whose account or key is used, the `user`'s own or that of the `installation`; null:
    none. `sign_in`: how one connects. `needs`: what an administrator has to set first.
    `reconnect`: the account is lost until its owner connects it again.
    """

    source: str
    label: str
    connected: bool
    by: str | None
    sign_in: SignIn
    needs: str | None
    reconnect: bool
    username: str | None
    plan: str | None
    quota: Quota | None
    expires_at: datetime | None
    checked_at: datetime | None
    last_read_at: datetime | None
    error: str | None


async def source_state(call: Call, source: Source) -> SourceState:
    own = await find_account(call.db, call.user.id, source.name)
    shared = own is None and await _is_shared(call, source)
    return SourceState(
        source=source.name,
        label=source.label,
        connected=shared or (own is not None and own.state != LOST),
        by="user" if own else "installation" if shared else None,
        sign_in=source.sign_in,
        needs=source.needs,
        reconnect=own is not None and own.state == LOST,
        username=own.username if own else None,
        plan=own.plan if own else None,
        quota=_quota(own) if own else None,
        expires_at=own.expires_at if own else None,
        checked_at=own.checked_at if own else None,
        last_read_at=own.read_at if own else None,
        error=own.error if own else None,
    )


async def _is_shared(call: Call, source: Source) -> bool:
    """Whether it answers with what the installation has: a key of its own, or none at all."""
    if source.needs is not None:
        return False
    if source.sign_in == "none":
        return True
    return (await call.outside.credential(call.user.id, source.name)).secret is not None


def _quota(own: StoredAccount) -> Quota | None:
    if own.quota_limit is None and own.quota_left is None:
        return None
    return Quota(limit=own.quota_limit, left=own.quota_left, resets_at=own.quota_resets_at)
