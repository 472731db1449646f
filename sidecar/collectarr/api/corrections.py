"""/corrections: what people say of single titles, for all of their lists."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field, model_validator

from collectarr.api.collection_rules import TitleWish
from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.shapes import Body, Page, PageQuery, Title, title_fields
from collectarr.errors import InvalidError
from collectarr.models import ITEM_ID
from collectarr.models import Title as AnyTitle
from collectarr.store import collections as stored_collections
from collectarr.store import corrections as stored
from collectarr.sync import correct
from collectarr.trail import note

endpoints = Endpoints("corrections")

Act = Literal["pin", "map", "exclude"]


class CorrectionQuery(PageQuery):
    """`query` keeps what has these words in one of its titles."""

    act: Act | None = None
    server_id: int | None = Field(None, ge=1, le=2**63 - 1)


class PinnedItem(Title):
    """An item as it was when it was pinned."""

    item_id: str


class Correction(BaseModel):
    """`pin`: the title is these `items` of that server; `map`: it means `to`; `exclude`: it is
    never matched. Of a pin `found` are the items that it leads to now, none where they are gone.
    """

    id: int
    act: Act
    title: Title
    server_id: int | None
    items: list[PinnedItem]
    found: list[str]
    to: Title | None
    created_at: datetime


class Saying(Body):
    """What is said of a title. A pin needs `server_id` and `item_ids`, a map needs `to`: a title,
    or an id or address of one, such as `tt0133093`.
    """

    act: Act
    server_id: int | None = Field(None, ge=1, le=2**63 - 1)
    item_ids: list[str] = Field(default_factory=list, max_length=correct.MOST_ITEMS)
    to: TitleWish | str | None = None

    @model_validator(mode="after")
    def _fits(self) -> "Saying":
        if self.act == "pin" and (self.server_id is None or not self.item_ids):
            raise ValueError("A pin needs server_id and item_ids.")
        if self.act != "pin" and (self.server_id is not None or self.item_ids):
            raise ValueError("Only a pin has server_id and item_ids.")
        if (self.act == "map") is (self.to is None):
            raise ValueError("A map, and nothing else, needs to: the title that is meant.")
        if any(ITEM_ID.match(key) is None for key in self.item_ids):
            raise ValueError("item_ids are the ids of items in Emby.")
        return self


class NewCorrection(Saying):
    title: TitleWish


class NewCollectionCorrection(Saying):
    """Of the title at that `rank` of the collection, or of a `title`."""

    rank: int | None = Field(None, ge=1, le=10_000_000)
    title: TitleWish | None = None

    @model_validator(mode="after")
    def _says_which(self) -> "NewCollectionCorrection":
        if (self.rank is None) is (self.title is None):
            raise ValueError("Give either a rank or a title.")
        return self


@endpoints.get("/corrections", "What you said of single titles, the newest first")
async def index(call: Call, query: CorrectionQuery) -> Page[Correction]:
    found = await stored.list_corrections(call.db, call.user.id)
    return await _page(call, found[::-1], query)


@endpoints.post(
    "/corrections",
    "Say which items a title is, what it means, or that it is never matched; the next sync goes by"
    " it. It takes the place of what was said of that title before",
    status=201,
    replays=True,
    errors=(404, 409),
    example={
        "act": "map",
        "title": {"kind": "movie", "title": "Heat", "year": 1995, "ids": {"tmdb": 404}},
        "to": "tt0113277",
    },
)
async def create(call: Call, body: NewCorrection) -> Correction:
    return await _say(call, body.title.named(), body)


@endpoints.delete("/corrections/{correction_id}", "Take a correction back")
async def delete(call: Call, correction_id: int) -> None:
    gone = await stored.delete_correction(call.db, call.user.id, correction_id)
    await note(call.request, "correction_removed", correct.shown(gone.title), act=gone.act)


@endpoints.get(
    "/collections/{collection_id}/corrections",
    "Those that touch a title of this collection, or one that it leaves out",
)
async def of_collection(call: Call, collection_id: int, query: CorrectionQuery) -> Page[Correction]:
    collection = await stored_collections.get_collection(call.db, call.user.id, collection_id)
    found = await correct.corrections_of(call.db, collection)
    return await _page(call, found[::-1], query)


@endpoints.post(
    "/collections/{collection_id}/corrections",
    "Correct a title of this collection, for all of your lists",
    status=201,
    replays=True,
    errors=(404, 409),
    example={"act": "exclude", "rank": 1},
)
async def create_of_collection(
    call: Call, collection_id: int, body: NewCollectionCorrection
) -> Correction:
    collection = await stored_collections.get_collection(call.db, call.user.id, collection_id)
    if body.title is not None:
        return await _say(call, body.title.named(), body)
    row = await correct.row_of(call.db, collection, body.rank or 0)
    return await _say(call, row.item.title, body)


async def _say(call: Call, title: AnyTitle, body: Saying) -> Correction:
    if body.act == "pin":
        made = await correct.pin_title(
            call.db, call.user.id, title, body.server_id or 0, body.item_ids
        )
    elif body.act == "map":
        made = await correct.map_title(call.db, call.user.id, title, _meant(body))
    else:
        made = await correct.exclude_title(call.db, call.user.id, title)
    await note(call.request, "correction_made", correct.shown(title), act=made.act)
    return (await _shapes(call, [made]))[0]


def _meant(body: Saying) -> AnyTitle:
    if body.to is None:
        raise InvalidError(correct.NOT_A_TITLE)
    return correct.meant_by(body.to) if isinstance(body.to, str) else body.to.named()


async def _page(
    call: Call, said: Sequence[stored.Correction], query: CorrectionQuery
) -> Page[Correction]:
    found = [
        one
        for one in said
        if query.act in (None, one.act)
        and query.server_id in (None, one.server_id)
        and query.finds(*correct.names_in(one))
    ]
    return Page.of(await _shapes(call, query.part(found)), len(found), query)


async def _shapes(call: Call, said: Sequence[stored.Correction]) -> list[Correction]:
    now = await correct.items_now(call.db, call.user.id, said)
    return [
        Correction(
            id=one.id,
            act=one.act,
            title=Title(**title_fields(one.title)),
            server_id=one.server_id,
            items=[PinnedItem(item_id=key, **title_fields(was)) for key, was in one.items],
            found=[item.id for item in now.get(one.id, ())],
            to=Title(**title_fields(one.to)) if one.to else None,
            created_at=one.created_at,
        )
        for one in said
    ]
