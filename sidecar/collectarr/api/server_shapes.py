"""What /servers takes and gives."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field, SecretStr

from collectarr import models
from collectarr.api.shapes import Body
from collectarr.store import servers as stored

StepName = Literal["reachable", "key", "administrator", "libraries"]
STEPS: dict[StepName, str] = {
    "reachable": "Something answers at the address, and it is Emby",
    "key": "It takes the API key",
    "administrator": "An administrator sees all libraries",
    "libraries": "Its libraries can be read",
}


class NewServer(Body):
    """`name` left out: what the server calls itself."""

    name: str | None = Field(None, max_length=200)
    url: str = Field(max_length=1000)
    api_key: SecretStr = Field(max_length=300)


class ServerChange(Body):
    """What is left out stays. A new address must lead to the same server, and needs the key again
    if it is on another machine or port: the stored one is not sent there. `libraries`: the ids of
    those to take titles from; libraries that are new later are used too.
    """

    name: str | None = Field(None, min_length=1, max_length=200)
    url: str | None = Field(None, max_length=1000)
    api_key: SecretStr | None = Field(None, max_length=300)
    libraries: list[str] | None = Field(None, max_length=1000)


class ServerSignIn(Body):
    """An administrator of the server who sees all libraries. The password is not kept."""

    username: str = Field(min_length=1, max_length=200)
    password: SecretStr = Field(max_length=500)


class Library(BaseModel):
    """`used`: whether collections take titles from it."""

    id: str
    name: str
    kind: str
    used: bool


class Abilities(BaseModel):
    """What this version of the server showed that it can do; null: not known yet.

    `changes`: it can tell what changed since a moment. `etag`, `child_count`: its collections
    tell when they change, and how much they hold. `key_deletes`: an API key may delete them.
    `libraries_call`: which call lists its libraries (query, bare).
    """

    changes: bool | None
    etag: bool | None
    child_count: bool | None
    key_deletes: bool | None
    libraries_call: str | None


class Server(BaseModel):
    """`items` counts what its libraries hold, by kind; `error` is the last thing gone wrong.

    `signed_in_as` is an administrator of it; not `signed_in`: it no longer accepts them.
    """

    id: int
    name: str
    kind: str
    url: str
    uid: str
    version: str
    items: dict[str, int]
    error: str | None
    checked_at: datetime | None
    read_at: datetime | None
    signed_in_as: str | None
    signed_in: bool
    abilities: Abilities


class Step(BaseModel):
    """`ok` is null for a step that was not reached."""

    step: StepName
    title: str
    ok: bool | None
    message: str


class ServerTest(BaseModel):
    """How a server took the test. `server` tells what it is, if it passed."""

    ok: bool
    message: str
    code: str | None
    steps: list[Step]
    name: str | None = None
    version: str | None = None
    kind: str | None = None
    latency_ms: int | None = None
    libraries: list[Library] = []


class BoxSet(BaseModel):
    """A collection in Emby; `ours`: kept by the collection `collection_id` of this user."""

    id: str
    name: str
    items: int | None
    ours: bool
    collection_id: int | None


def server_of(row: stored.Server, items: Mapping[str, int]) -> Server:
    return Server(
        id=row.id,
        name=row.name,
        kind=row.kind,
        url=row.url,
        uid=row.uid,
        version=row.version,
        items=dict(items),
        error=row.error,
        checked_at=row.checked_at,
        read_at=row.swept_at,
        signed_in_as=row.user_name,
        signed_in=row.user_token is not None,
        abilities=_abilities_of(row),
    )


def _abilities_of(row: stored.Server) -> Abilities:
    proven = row.abilities
    return Abilities(
        changes=row.tells_changes,
        etag=proven.etag,
        child_count=proven.child_count,
        key_deletes=proven.key_deletes,
        libraries_call=proven.libraries_call,
    )


def library_of(library: models.Library) -> Library:
    return Library(id=library.id, name=library.name, kind=library.kind, used=library.used)
