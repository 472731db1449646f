"""/sources: where lists come from, and the accounts there."""

from datetime import datetime

from pydantic import BaseModel, Field, SecretStr

from collectarr import models
from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.shapes import Body, ListTitle, Page, PageQuery
from collectarr.errors import NotFoundError
from collectarr.models import Kind
from collectarr.sources.mdblist import MdbList
from collectarr.store.lists import StoredAccount, delete_account, find_account
from collectarr.sync.connect import connect_source
from collectarr.trail import note

endpoints = Endpoints("sources")
MDBLIST = "/sources/mdblist"
FAILING = (422, 502, 503)


class Quota(BaseModel):
    """Requests that the source allows and those left, until `resets_at`."""

    limit: int | None
    left: int | None
    resets_at: datetime | None


class Source(BaseModel):
    """`by`: whose key is used, the `user`'s own or that of the `installation`; null: none."""

    source: str
    connected: bool
    by: str | None
    username: str | None
    plan: str | None
    quota: Quota | None
    checked_at: datetime | None
    error: str | None


class Account(Body):
    key: SecretStr = Field(max_length=300)


class List(BaseModel):
    """A list at its source. `reference` is what `list` takes when a collection is made."""

    source: str
    reference: str
    name: str
    owner: str | None
    url: str | None
    description: str | None
    item_count: int | None
    public: bool
    kinds: list[Kind]


@endpoints.get("/sources", "The state of every source")
async def index(call: Call, query: PageQuery) -> Page[Source]:
    names = [name for name in call.outside.sources if query.finds(name)]
    return Page.of([await _source(call, name) for name in query.part(names)], len(names), query)


@endpoints.get(f"{MDBLIST}/account", "The account at MDBList")
async def account(call: Call) -> Source:
    return await _source(call, "mdblist")


@endpoints.put(
    f"{MDBLIST}/account",
    "Connect MDBList with an API key, once it proved good",
    example={"key": "from mdblist.com, Preferences, API Access"},
    errors=FAILING,
)
async def connect(call: Call, body: Account) -> Source:
    services, key = call.services, body.key.get_secret_value()
    await connect_source(call.db, services.vault, call.outside, call.user.id, "mdblist", key)
    await note(call.request, "source_key_set", "mdblist")
    return await _source(call, "mdblist")


@endpoints.delete(f"{MDBLIST}/account", "Forget the key; collections keep their lists")
async def disconnect(call: Call) -> None:
    await delete_account(call.db, call.user.id, "mdblist")
    await note(call.request, "source_key_removed", "mdblist")


@endpoints.get(f"{MDBLIST}/search", "Public lists with these words in their name", errors=FAILING)
async def search(call: Call, query: PageQuery) -> Page[List]:
    if not query.query.strip():
        return Page.of([], 0, query)
    credential = await call.outside.credential(call.user.id, "mdblist")
    return _page(await _mdblist(call).search(query.query.strip(), credential), query)


@endpoints.get(f"{MDBLIST}/top", "The lists that people like most", errors=FAILING)
async def top(call: Call, query: PageQuery) -> Page[List]:
    credential = await call.outside.credential(call.user.id, "mdblist")
    return _page(_named(await _mdblist(call).top(credential), query), query)


@endpoints.get(f"{MDBLIST}/mine", "The lists of the account itself", errors=FAILING)
async def mine(call: Call, query: PageQuery) -> Page[List]:
    # Behind the installation's key stand the lists of whoever gave it.
    shared = call.user.is_administrator
    credential = await call.outside.credential(call.user.id, "mdblist", shared=shared)
    return _page(_named(await _mdblist(call).mine(credential), query), query)


_REFERENCE = r"{reference:[^/]+/[^/]+|[^/]+}"


@endpoints.get(
    f"{MDBLIST}/lists/{_REFERENCE}/items", "The titles of a list, in list order", errors=FAILING
)
async def items(call: Call, reference: str, query: PageQuery) -> Page[ListTitle]:
    credential = await call.outside.credential(call.user.id, "mdblist")
    snapshot = await _mdblist(call).read(reference, credential)
    found = [item for item in snapshot.items if query.finds(item.title.title)]
    return Page.of((ListTitle.of_item(item) for item in query.part(found)), len(found), query)


@endpoints.get(f"{MDBLIST}/lists/{_REFERENCE}", "A list: its id, or user/name", errors=FAILING)
async def show(call: Call, reference: str) -> List:
    credential = await call.outside.credential(call.user.id, "mdblist")
    return _list(await _mdblist(call).describe(reference, credential))


def _mdblist(call: Call) -> MdbList:
    source = call.outside.sources.get("mdblist")
    if not isinstance(source, MdbList):
        raise NotFoundError("MDBList is not among the sources here.")
    return source


async def _source(call: Call, name: str) -> Source:
    own = await find_account(call.db, call.user.id, name)
    shared = own is None and (await call.outside.credential(call.user.id, name)).secret is not None
    return Source(
        source=name,
        connected=shared or (own is not None and own.error is None),
        by="user" if own else "installation" if shared else None,
        username=own.username if own else None,
        plan=own.plan if own else None,
        quota=_quota(own) if own else None,
        checked_at=own.checked_at if own else None,
        error=own.error if own else None,
    )


def _quota(own: StoredAccount) -> Quota | None:
    if own.quota_limit is None and own.quota_left is None:
        return None
    return Quota(limit=own.quota_limit, left=own.quota_left, resets_at=own.quota_resets_at)


def _named(infos: tuple[models.ListInfo, ...], query: PageQuery) -> tuple[models.ListInfo, ...]:
    return tuple(info for info in infos if query.finds(info.name, info.owner))


def _page(infos: tuple[models.ListInfo, ...], query: PageQuery) -> Page[List]:
    return Page.of((_list(info) for info in query.part(infos)), len(infos), query)


def _list(info: models.ListInfo) -> List:
    return List(
        source=info.source,
        reference=info.reference,
        name=info.name,
        owner=info.owner,
        url=info.url,
        description=info.description,
        item_count=info.item_count,
        public=info.public,
        kinds=list(info.kinds),
    )
