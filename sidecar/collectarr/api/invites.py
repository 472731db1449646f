"""/invites: links with which somebody makes an account, once."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from collectarr import accounts
from collectarr.accounts import INVITE_DAYS, LONGEST_INVITE_DAYS
from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.reading import LARGEST_ID
from collectarr.api.shapes import Body, Page, PageQuery
from collectarr.errors import NotFoundError
from collectarr.models import utc_now
from collectarr.store import accounts as stored
from collectarr.store.accounts import Role
from collectarr.trail import note

endpoints = Endpoints("invites")

State = Literal["open", "used", "expired"]


class InviteQuery(PageQuery):
    """`query` keeps invitations with these words in an address or name."""

    state: State | None = None


class NewInvite(Body):
    """`email`: whom it is for; the account then gets that address. `days`: how long it is good."""

    role: Role = "user"
    email: str | None = Field(None, max_length=300)
    days: int = Field(INVITE_DAYS, ge=1, le=LONGEST_INVITE_DAYS)


class Invite(BaseModel):
    """`used_by` is the name of the account that it made."""

    id: int
    state: State
    role: Role
    email: str | None
    invited_by: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    used_by: str | None


class MadeInvite(Invite):
    """`token` and `url` are told here and never again."""

    token: str
    url: str


class OpenInvite(BaseModel):
    """What an invitation is good for, told to whoever has its token."""

    role: Role
    email: str | None
    expires_at: datetime


@endpoints.get("/invites", "All invitations, the newest first", access="admin", scope="admin")
async def index(call: Call, query: InviteQuery) -> Page[Invite]:
    rows = [_invite(row) for row in await stored.list_invites(call.db)]
    found = [
        row
        for row in rows
        if query.state in (None, row.state) and query.finds(row.email, row.used_by, row.invited_by)
    ]
    return Page.of(query.part(found), len(found), query)


@endpoints.post(
    "/invites",
    "Invite somebody; the link is told once",
    access="admin",
    status=201,
    replays="secret",
    errors=(409,),
    example={"role": "user", "email": "ben@example.org", "days": 7},
)
async def create(call: Call, body: NewInvite) -> MadeInvite:
    row, token = await accounts.invite(call.services, call.user, body.role, body.email, body.days)
    await note(call.request, "invite_created", row.email or "", role=row.role, invite=row.id)
    url = accounts.invite_url(call.services, call.request, token)
    return MadeInvite(**_invite(row).model_dump(), token=token, url=url)


@endpoints.get("/invites/{invite}", "Whether an invitation (its token) is good", access="public")
async def check(call: Call, invite: str) -> OpenInvite:
    row = await accounts.find_invite(call.services, invite)
    if row is None:
        raise NotFoundError("There is no such invitation, or it is not good any more.")
    return OpenInvite(role=row.role, email=row.email, expires_at=row.expires_at)


@endpoints.delete("/invites/{invite}", "Revoke an invitation (its id)", access="admin")
async def revoke(call: Call, invite: str) -> None:
    number = int(invite) if invite.isascii() and invite.isdigit() and len(invite) < 20 else 0
    row = await stored.delete_invite(call.db, min(number, LARGEST_ID))
    await note(call.request, "invite_revoked", row.email or "", invite=row.id)


def _invite(row: stored.Invite) -> Invite:
    state: State = "open" if row.expires_at > utc_now() else "expired"
    return Invite(
        id=row.id,
        state="used" if row.used_at else state,
        role=row.role,
        email=row.email,
        invited_by=row.invited_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        used_by=row.used_by,
    )
