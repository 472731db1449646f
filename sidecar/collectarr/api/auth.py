"""/auth: set-up, signing in and out, tokens, one's own password and sessions."""

from datetime import datetime
from functools import partial
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, Field, SecretStr

from collectarr import accounts
from collectarr.access import IDENTITY
from collectarr.accounts import AccountChange
from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.shapes import Body, Page, PageQuery, User
from collectarr.auth import BEARER, Tokens
from collectarr.errors import ForbiddenError, NotFoundError
from collectarr.passwords import same
from collectarr.store import users
from collectarr.store.audit import Action
from collectarr.store.sessions import SessionLine, list_sessions
from collectarr.trail import note, note_revoked_keys

endpoints = Endpoints("auth")


class Status(BaseModel):
    """`setup_needed`: there is no user yet; `token_needed`: set-up wants the token of the log."""

    setup_needed: bool
    token_needed: bool
    registration: str
    signed_in: bool


class Credentials(Body):
    username: str = Field(max_length=300)
    password: SecretStr = Field(max_length=1000)


class NewUser(Credentials):
    email: str | None = Field(None, max_length=300)


class Registration(NewUser):
    """`invite`: what the link of an invitation carries."""

    invite: str = Field("", max_length=200)


class SetUp(NewUser):
    token: str = Field("", max_length=200)


class SignedIn(BaseModel):
    """`expires_in` seconds the access token is good; the refresh token is good once."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105
    expires_in: int
    user: User

    @classmethod
    def of(cls, tokens: Tokens) -> "SignedIn":
        return cls(
            access_token=tokens.access,
            refresh_token=tokens.refresh,
            expires_in=int(BEARER.total_seconds()),
            user=User.of(tokens.user),
        )


class Refresh(Body):
    refresh_token: str = Field(max_length=500)


class PasswordChange(Body):
    """API keys go on, unless `revoke_api_keys` says that nothing of before is to be trusted."""

    current: SecretStr = Field(max_length=1000)
    password: SecretStr = Field(max_length=1000)
    revoke_api_keys: bool = False


class ProfileChange(Body):
    """What is left out stays. Another name or address needs `current`, the password now."""

    username: str | None = Field(None, max_length=300)
    email: str | None = Field(None, max_length=300)
    theme: Literal["dark", "light", "system"] | None = None
    current: SecretStr = Field(SecretStr(""), max_length=1000)

    def change(self) -> AccountChange:
        address = (self.email or "") if "email" in self.model_fields_set else None
        return AccountChange(username=self.username, email=address)


class Session(BaseModel):
    id: str
    kind: str
    agent: str | None
    client: str | None
    current: bool
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


class Ended(BaseModel):
    ended: int


@endpoints.get("/auth/status", "Whether set-up is needed and who may register", access="public")
async def status(call: Call) -> Status:
    auth = call.services.auth
    setup_needed = not await auth.has_users()
    return Status(
        setup_needed=setup_needed,
        token_needed=setup_needed and auth.needs_setup_token(call.request),
        registration=auth.registration,
        signed_in=IDENTITY in call.request,
    )


@endpoints.post(
    "/auth/setup",
    "Make the first user, an administrator",
    access="public",
    status=201,
    errors=(409,),
    example={"username": "anna", "password": "three words or more", "token": "from the log"},
)
async def set_up(call: Call, body: SetUp) -> SignedIn:
    auth = call.services.auth
    user = await auth.set_up(
        body.username,
        body.email,
        body.password.get_secret_value(),
        token=body.token,
        local=not auth.needs_setup_token(call.request),
        client=auth.client_of(call.request),
    )
    await note(call.request, "set_up", user.username, actor=user)
    return SignedIn.of(await auth.start_program(call.request, user))


@endpoints.post(
    "/auth/register",
    "Make an account, where registration is open, or with an invitation",
    access="public",
    status=201,
    errors=(409,),
    example={"username": "ben", "password": "three words or more", "email": "ben@example.org"},
)
async def register(call: Call, body: Registration) -> SignedIn:
    user = await accounts.register(
        call.services, body.username, body.email, body.password.get_secret_value(), body.invite
    )
    action: Action = "invite_used" if body.invite else "registered"
    await note(call.request, action, user.username, actor=user, role=user.role)
    return SignedIn.of(await call.services.auth.start_program(call.request, user))


@endpoints.post(
    "/auth/login",
    "Sign in with name (or e-mail address) and password",
    access="public",
    errors=(401,),
    example={"username": "anna", "password": "three words or more"},
)
async def login(call: Call, body: Credentials) -> SignedIn:
    auth = call.services.auth
    tokens = await accounts.sign_in(
        call.services,
        body.username,
        body.password.get_secret_value(),
        auth.client_of(call.request),
        "api",
        partial(auth.start_program, call.request),
    )
    return SignedIn.of(tokens)


@endpoints.post("/auth/refresh", "New tokens for a refresh token", access="public", errors=(401,))
async def refresh(call: Call, body: Refresh) -> SignedIn:
    auth = call.services.auth
    return SignedIn.of(await auth.refresh(body.refresh_token, auth.client_of(call.request)))


@endpoints.post("/auth/logout", "End this session and its streams", scope="read")
async def logout(call: Call) -> web.StreamResponse:
    if call.identity.by_key:
        raise ForbiddenError("An API key is not signed in. Revoke it to end its use.", code="scope")
    response = web.Response(status=204)
    await note(call.request, "sign_out")
    await call.services.auth.sign_out(call.request, response)
    return response


@endpoints.get("/auth/me", "Who is signed in")
async def me(call: Call) -> User:
    return User.of(call.user)


@endpoints.patch(
    "/auth/me",
    "Change one's own name, address or look",
    errors=(409,),
    example={"email": "anna@example.org", "current": "three words or more"},
)
async def change_me(call: Call, body: ProfileChange) -> User:
    change, client = body.change(), call.services.auth.client_of(call.request)
    user = await accounts.change_profile(
        call.services, call.user, change, body.current.get_secret_value(), client
    )
    if change.differs(call.user):
        await note(call.request, "profile_changed", user.username)
    if body.theme is not None:
        await users.set_theme(call.db, user.id, body.theme)
    return User.of(await users.get_user(call.db, user.id))


@endpoints.post(
    "/auth/password",
    "Change the password; all other sessions end",
    example={"current": "the old password", "password": "three words or more"},
)
async def password(call: Call, body: PasswordChange) -> None:
    session = call.identity.session
    revoked = await call.services.auth.change_password(
        call.user,
        body.current.get_secret_value(),
        body.password.get_secret_value(),
        client=call.services.auth.client_of(call.request),
        keep=session.id if session else "",
        revoke_keys=body.revoke_api_keys,
    )
    await note(call.request, "password_changed")
    await note_revoked_keys(call.request, call.user.username, revoked)


@endpoints.get("/auth/sessions", "Where one is signed in")
async def sessions(call: Call, query: PageQuery) -> Page[Session]:
    lines = await list_sessions(call.db, call.user.id)
    found = [line for line in lines if query.finds(line.agent, line.client)]
    return Page.of((_session(call, line) for line in query.part(found)), len(found), query)


def _session(call: Call, line: SessionLine) -> Session:
    own = call.identity.session
    return Session(
        id=line.id,
        kind=line.kind,
        agent=line.agent,
        client=line.client,
        current=own is not None and own.id == line.id,
        created_at=line.created_at,
        seen_at=line.seen_at,
        expires_at=line.expires_at,
    )


@endpoints.delete("/auth/sessions", "Sign out everywhere but here")
async def end_sessions(call: Call) -> Ended:
    own = call.identity.session
    ended = await call.services.auth.end_sessions(call.user.id, but=own.id if own else "")
    await note(call.request, "session_revoked", ended=ended)
    return Ended(ended=ended)


@endpoints.delete("/auth/sessions/{session_id}", "End one session and its streams")
async def end_session(call: Call, session_id: str) -> None:
    lines = await list_sessions(call.db, call.user.id)
    if not any(same(line.id, session_id) for line in lines):
        raise NotFoundError("There is no such session.")
    await call.services.auth.end_session(session_id)
    await note(call.request, "session_revoked", ended=1)
