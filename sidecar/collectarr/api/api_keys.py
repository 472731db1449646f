"""/api-keys: what programs send instead of signing in, each with a scope."""

from datetime import datetime

from pydantic import BaseModel, Field

from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.shapes import Body, Page, PageQuery
from collectarr.api_keys import LONGEST_LIFE, LONGEST_NAME, Scope
from collectarr.errors import ForbiddenError
from collectarr.store import api_keys as stored
from collectarr.trail import note

endpoints = Endpoints("api-keys")


class NewApiKey(Body):
    """`expires_in_days` left out: it is good until it is revoked."""

    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    scope: Scope
    expires_in_days: int | None = Field(None, ge=1, le=LONGEST_LIFE)


class ApiKey(BaseModel):
    """`prefix` is the beginning of the key, to recognise it by."""

    id: int
    name: str = Field(examples=["Homepage"])
    prefix: str = Field(examples=["clr_1f2e3d4c"])
    scope: Scope
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class CreatedApiKey(ApiKey):
    """`key` is shown this once and kept nowhere."""

    key: str = Field(examples=["clr_1f2e3d4cQm9vayBvZiBrZXlzLCBvbmUgZm9yIGVhY2ggZG9vci4gIA"])


def _fields(row: stored.ApiKey) -> ApiKey:
    return ApiKey.model_validate(
        {
            "id": row.id,
            "name": row.name,
            "prefix": row.prefix,
            "scope": row.scope,
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "last_used_at": row.used_at,
        }
    )


@endpoints.get("/api-keys", "The user's API keys, without their secrets")
async def index(call: Call, query: PageQuery) -> Page[ApiKey]:
    rows = await stored.list_keys(call.db, call.user.id)
    found = [row for row in rows if query.finds(row.name, row.prefix)]
    return Page.of([_fields(row) for row in query.part(found)], len(found), query)


@endpoints.post(
    "/api-keys",
    "Make an API key; it is shown this once",
    status=201,
    replays="secret",
    example={"name": "Homepage", "scope": "read", "expires_in_days": 365},
    errors=(409,),
)
async def create(call: Call, body: NewApiKey) -> CreatedApiKey:
    if call.identity.key is not None:
        raise ForbiddenError(
            "An API key cannot make another one: it would live on when this one is revoked."
            " Sign in to make keys.",
            code="scope",
        )
    session = call.identity.session
    row, key = await call.services.auth.keys.create(
        call.user.id,
        body.name,
        body.scope,
        body.expires_in_days,
        session_id=session.id if session else None,
    )
    await note(call.request, "api_key_created", row.name, prefix=row.prefix, scope=row.scope)
    return CreatedApiKey(key=key, **_fields(row).model_dump())


@endpoints.get("/api-keys/{key_id}", "One API key, without its secret")
async def show(call: Call, key_id: int) -> ApiKey:
    return _fields(await stored.get_key(call.db, call.user.id, key_id))


@endpoints.delete("/api-keys/{key_id}", "Revoke an API key; its streams end at once")
async def revoke(call: Call, key_id: int) -> None:
    row = await call.services.auth.keys.revoke(call.user.id, key_id)
    await note(call.request, "api_key_revoked", row.name, prefix=row.prefix)
