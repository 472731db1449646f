"""/starters: collections that come with the product and need no key."""

from pydantic import BaseModel, Field

from collectarr.api.collection_shapes import Collection, collection_shapes
from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.shapes import Body, Page, PageQuery
from collectarr.models import Trigger
from collectarr.sync import starters
from collectarr.sync.collection import start_sync

endpoints = Endpoints("starters")


class Starter(BaseModel):
    """`items` counts its titles."""

    id: str
    name: str
    description: str
    items: int

    @classmethod
    def of(cls, one: starters.Starter) -> "Starter":
        return cls(id=one.id, name=one.name, description=one.description, items=len(one.titles))


class Application(Body):
    """`name` left out: the starter's own."""

    name: str | None = Field(None, max_length=1000)


@endpoints.get("/starters", "Ready-made lists that need no key")
async def index(call: Call, query: PageQuery) -> Page[Starter]:  # noqa: ARG001
    found = [one for one in starters.starters() if query.finds(one.name, one.description)]
    return Page.of((Starter.of(one) for one in query.part(found)), len(found), query)


@endpoints.post(
    "/starters/{starter_id}/apply",
    "Make a collection of it and sync it; 409 where there is one of that name already",
    status=201,
    replays=True,
    errors=(404, 409),
    example={"name": "Westerns for the weekend"},
)
async def apply(call: Call, starter_id: str, body: Application) -> Collection:
    collection = await starters.apply_starter(
        call.db, call.outside, call.user.id, starter_id, body.name
    )
    await start_sync(call.db, call.outside, call.runner, collection, Trigger.CREATED)
    return (await collection_shapes(call, [collection]))[0]
