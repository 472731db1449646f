"""/collections/{id}/items: titles that a person puts in, moves, notes and takes out by hand."""

from typing import Literal

from pydantic import BaseModel, Field, model_validator

from collectarr import models
from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.shapes import Body, ListTitle
from collectarr.errors import ConflictError
from collectarr.models import Kind, ListItem
from collectarr.sources.manual import LONGEST_NOTE, LONGEST_TITLE, MOST_BYTES, Entry, clean_title
from collectarr.store import collections as stored
from collectarr.store.collections import Collection
from collectarr.store.manual import manual_list_of
from collectarr.sync.manual import Added, add_text, add_titles, edit, remove
from collectarr.sync.show import take_stock

endpoints = Endpoints("collections")
NO_LIST = (
    "This collection follows lists and has none that is kept by hand. To have a title always in,"
    " add it to `pins`; to keep a list beside the others, add one of the source `manual` to"
    " `lists` first."
)


class NewIds(Body):
    imdb: str | None = Field(None, max_length=20)
    tmdb: int | None = Field(None, ge=1)
    tvdb: int | None = Field(None, ge=1)
    trakt: int | None = Field(None, ge=1)

    def ids(self) -> models.Ids:
        return models.Ids.of(self.imdb, self.tmdb, self.tvdb, self.trakt)


class NewItems(Body):
    """Either one title, or `text`: ids and addresses, one a line, or a table with a head.

    A title needs its kind, and an id or its name and year. With an IMDb id the kind may be left
    out: the first library or source that knows the id settles it.
    """

    text: str | None = Field(None, max_length=MOST_BYTES)
    kind: Literal["movie", "show"] | None = None
    title: str = Field("", max_length=LONGEST_TITLE)
    year: int | None = Field(None, ge=1800, le=2200)
    ids: NewIds = Field(default_factory=NewIds)
    note: str | None = Field(None, max_length=LONGEST_NOTE)

    @model_validator(mode="after")
    def _says_what(self) -> "NewItems":
        ids = self.ids.ids()
        if self.ids.imdb and ids.imdb is None:
            raise ValueError("ids.imdb is no IMDb id, such as tt0133093.")
        if self.text is not None:
            if ids or self.title or self.kind or self.year or self.note:
                raise ValueError("Give either a text or one title, not both.")
        elif not ids and not (clean_title(self.title) and self.year):
            raise ValueError("Give a text, or the ids of a title, or its name and year.")
        elif self.kind is None and not ids.imdb:
            raise ValueError("Say whether it is a movie or a show.")
        return self

    def entry(self) -> Entry:
        ids = self.ids.ids()
        kind = Kind(self.kind) if self.kind else Kind.UNKNOWN
        if kind is Kind.UNKNOWN:
            # At the others an id says nothing without its kind.
            ids = models.Ids(imdb=ids.imdb)
        return Entry(models.Title(kind, clean_title(self.title), self.year, ids), 1, self.note)


class NotUnderstood(BaseModel):
    """A line of the text, counted from 1, and why it names no title."""

    line: int
    text: str
    reason: str


class AddedItems(BaseModel):
    """`duplicate`: titles that the list had already, or that were given twice."""

    added: int
    duplicate: int
    not_understood: list[NotUnderstood]

    @classmethod
    def of(cls, added: Added) -> "AddedItems":
        lines = [
            NotUnderstood(line=one.line, text=one.text, reason=one.reason)
            for one in added.not_understood
        ]
        return cls(added=added.added, duplicate=added.duplicate, not_understood=lines)


class ItemChange(Body):
    """What is left out stays. `position` counts from 1; a note of null or "" takes it away."""

    note: str | None = Field(None, max_length=LONGEST_NOTE)
    position: int | None = Field(None, ge=1, le=1_000_000)


class OwnItem(ListTitle):
    """A row of the list that is kept by hand; `rank` is its place there."""

    key: str
    note: str | None

    @classmethod
    def of_row(cls, row: ListItem) -> "OwnItem":
        shape = ListTitle.of_item(row)
        return cls(**dict(shape), key=row.key or "", note=row.note)


@endpoints.post(
    "/collections/{collection_id}/items",
    "Put titles at the end of its list kept by hand; the next sync brings them to Emby. 409 where"
    " it has none: pin titles then, or give it a list of the source `manual` first",
    errors=(404, 409),
    example={"text": "tt0133093\ntmdb:604\ntmdb:show:1396"},
)
async def add_items(call: Call, collection_id: int, body: NewItems) -> AddedItems:
    collection = await _own(call, collection_id)
    if await manual_list_of(call.db, collection.id) is None:
        raise ConflictError(NO_LIST, code="no_manual_list")
    if body.text is not None:
        added = await add_text(call.db, collection, body.text, call.outside)
    else:
        added = await add_titles(call.db, collection, [body.entry()])
    await take_stock(call.db, call.outside, collection)
    return AddedItems.of(added)


@endpoints.patch(
    "/collections/{collection_id}/items/{item_id}",
    "Move a title, or write a note on it; `item_id` is the `key` of its row",
    example={"position": 1, "note": "For the long evenings"},
)
async def change_item(call: Call, collection_id: int, item_id: str, body: ItemChange) -> OwnItem:
    collection = await _own(call, collection_id)
    note = (body.note or "") if "note" in body.model_fields_set else None
    row = await edit(call.db, collection, item_id, position=body.position, note=note)
    return OwnItem.of_row(row)


@endpoints.delete(
    "/collections/{collection_id}/items/{item_id}",
    "Take a title off the list; the next sync takes it out of Emby",
)
async def delete_item(call: Call, collection_id: int, item_id: str) -> None:
    collection = await _own(call, collection_id)
    await remove(call.db, collection, item_id)
    await take_stock(call.db, call.outside, collection)


async def _own(call: Call, collection_id: int) -> Collection:
    """Raises NotFoundError for somebody else's."""
    return await stored.get_collection(call.db, call.user.id, collection_id)
