"""/users: everybody who may sign in. For administrators."""

from pydantic import BaseModel, Field, SecretStr

from collectarr import accounts
from collectarr.accounts import AccountChange
from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.shapes import Body, Page, PageQuery, User
from collectarr.store import users as stored
from collectarr.store.accounts import Role
from collectarr.trail import note, note_revoked_keys

endpoints = Endpoints("users")


class UserQuery(PageQuery):
    """`query` keeps users with these words in their name or address."""

    role: Role | None = None


class NewUser(Body):
    username: str = Field(max_length=300)
    password: SecretStr = Field(max_length=1000)
    email: str | None = Field(None, max_length=300)
    role: Role = "user"


class UserChange(Body):
    """What is left out stays. A new password ends all sessions and API keys of the user."""

    username: str | None = Field(None, max_length=300)
    email: str | None = Field(None, max_length=300)
    role: Role | None = None
    password: SecretStr | None = Field(None, max_length=1000)

    def change(self) -> AccountChange:
        return AccountChange(
            username=self.username,
            email=(self.email or "") if "email" in self.model_fields_set else None,
            role=self.role,
            password=None if self.password is None else self.password.get_secret_value(),
        )


class ChangedUser(User):
    """`revoked_api_keys`: how many keys a new password took from them."""

    revoked_api_keys: int


class Ended(BaseModel):
    ended: int


class Revoked(BaseModel):
    revoked: int


@endpoints.get("/users", "Everybody who may sign in", access="admin", scope="admin")
async def index(call: Call, query: UserQuery) -> Page[User]:
    found = [
        row
        for row in await stored.list_users(call.db)
        if query.role in (None, row.role) and query.finds(row.username, row.email)
    ]
    return Page.of((User.of(row) for row in query.part(found)), len(found), query)


@endpoints.post(
    "/users",
    "Make an account for somebody",
    access="admin",
    status=201,
    replays=True,
    errors=(409,),
    example={
        "username": "ben",
        "password": "three words or more",
        "email": "ben@example.org",
        "role": "user",
    },
)
async def create(call: Call, body: NewUser) -> User:
    user = await call.services.auth.add_user(
        body.username,
        body.email,
        body.password.get_secret_value(),
        body.role,
        by=call.user.id,
    )
    await note(call.request, "user_created", user.username, role=user.role)
    return User.of(user)


@endpoints.get("/users/{user_id}", "One user", access="admin", scope="admin")
async def show(call: Call, user_id: int) -> User:
    return User.of(await stored.get_user(call.db, user_id))


@endpoints.patch(
    "/users/{user_id}",
    "Change somebody's name, address, role or password; a new password revokes all their API keys",
    access="admin",
    errors=(409,),
    example={"role": "administrator"},
)
async def change(call: Call, user_id: int, body: UserChange) -> ChangedUser:
    before = await stored.get_user(call.db, user_id)
    changed = await accounts.change_user(call.services, call.user, user_id, body.change())
    after = changed.user
    if after.role != before.role:
        await note(call.request, "role_changed", after.username, role=after.role)
    if body.password is not None:
        await note(call.request, "password_reset", after.username)
        await note_revoked_keys(call.request, after.username, changed.revoked_keys)
    if (after.username, after.email) != (before.username, before.email):
        await note(call.request, "user_changed", after.username, before=before.username)
    known = User.of(after).model_dump()
    return ChangedUser(**known, revoked_api_keys=changed.revoked_keys)


@endpoints.delete(
    "/users/{user_id}",
    "Remove somebody with all that is theirs here; Emby keeps everything",
    access="admin",
    errors=(409,),
)
async def delete(call: Call, user_id: int) -> None:
    user = await accounts.remove_user(call.services, user_id, call.user)
    await note(call.request, "user_deleted", user.username)


@endpoints.delete(
    "/users/{user_id}/sessions", "Sign somebody out everywhere, open streams too", access="admin"
)
async def end_sessions(call: Call, user_id: int) -> Ended:
    user = await stored.get_user(call.db, user_id)
    ended = await call.services.auth.end_sessions(user.id)
    await note(call.request, "session_revoked", user.username, ended=ended)
    return Ended(ended=ended)


@endpoints.delete(
    "/users/{user_id}/api-keys", "Revoke all API keys of somebody, open streams too", access="admin"
)
async def revoke_keys(call: Call, user_id: int) -> Revoked:
    user = await stored.get_user(call.db, user_id)
    revoked = await call.services.auth.keys.revoke_all(user.id)
    await note(call.request, "api_key_revoked", user.username, count=revoked)
    return Revoked(revoked=revoked)
