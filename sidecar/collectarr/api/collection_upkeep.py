"""How a collection keeps its box sets, in JSON; and titles that people took out of them by hand."""

from typing import Annotated

from pydantic import BaseModel, Field, field_validator

from collectarr import models
from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.shapes import Accepted, Body, Page, PageQuery
from collectarr.models import Copies, Otherwise, Season
from collectarr.store import collections as stored
from collectarr.sync.decide import bring_back
from collectarr.sync.define_upkeep import AT_ONCE, MOST_TITLES, SHARES, is_day
from collectarr.sync.kept_out import KeptOut, kept_out

endpoints = Endpoints("collections")
Share = Annotated[float, Field(ge=SHARES[0], le=SHARES[1])]


class Guard(Body):
    """How much may be taken out of a box set without asking: more than `share` of 1 and more
    than `at_once` titles wait for a person, and so does more than `week_share` within seven days.
    Null: as is usual in this installation.
    """

    share: Share | None = None
    at_once: int | None = Field(None, ge=AT_ONCE[0], le=AT_ONCE[1])
    week_share: Share | None = None


class SeasonWish(Body):
    """Days of each year, as `MM-DD`, both counted; over New Year's if it ends before it begins."""

    begins: str = Field(max_length=5)
    ends: str = Field(max_length=5)

    def season(self) -> Season:
        return Season(_day(self.begins), _day(self.ends))

    @field_validator("begins", "ends")
    @classmethod
    def _a_day(cls, value: str) -> str:
        month, _, day = value.partition("-")
        if not (len(value) == 5 and value.isascii() and month.isdigit() and day.isdigit()):
            raise ValueError("Give a month and a day, such as 12-24.")
        if not is_day(int(month), int(day)):
            raise ValueError("There is no such day.")
        return value


class LibraryChoice(Body):
    server_id: int
    library_id: str = Field(min_length=1, max_length=64)


class Upkeep(Body):
    """`copies`: of a title that a library holds twice, all or the best. `libraries`: where it
    looks; of a server without any here, in all. With fewer than `least` titles on a server, or
    out of its `season`, the box set is not made there, or it is emptied of what Collectarr put
    in, or deleted if nobody else has anything in it.
    """

    copies: Copies = Copies.ALL
    libraries: list[LibraryChoice] = Field([], max_length=500)
    least: int = Field(1, ge=1, le=MOST_TITLES)
    season: SeasonWish | None = None
    otherwise: Otherwise = Otherwise.EMPTY
    guard: Guard = Guard()

    def upkeep(self) -> models.Upkeep:
        return models.Upkeep(
            copies=self.copies,
            libraries=tuple((one.server_id, one.library_id) for one in self.libraries),
            least=self.least,
            season=None if self.season is None else self.season.season(),
            otherwise=self.otherwise,
            share=self.guard.share,
            at_once=self.guard.at_once,
            week_share=self.guard.week_share,
        )


def upkeep_of(wish: Upkeep | None) -> models.Upkeep | None:
    return None if wish is None else wish.upkeep()


def upkeep_shape(upkeep: models.Upkeep) -> Upkeep:
    season = upkeep.season
    return Upkeep(
        copies=upkeep.copies,
        libraries=[LibraryChoice(server_id=a, library_id=b) for a, b in upkeep.libraries],
        least=upkeep.least,
        season=season and SeasonWish(begins=_text(season.begins), ends=_text(season.ends)),
        otherwise=upkeep.otherwise,
        guard=Guard(share=upkeep.share, at_once=upkeep.at_once, week_share=upkeep.week_share),
    )


def _day(text: str) -> tuple[int, int]:
    month, _, day = text.partition("-")
    return int(month), int(day)


def _text(day: tuple[int, int]) -> str:
    return f"{day[0]:02}-{day[1]:02}"


class KeptOutTitle(BaseModel):
    """Taken out of the box set on that server by hand, and kept out since."""

    server_id: int
    item_id: str
    title: str
    year: int | None


class Return(Body):
    server_id: int
    item_id: str = Field(min_length=1, max_length=64)


@endpoints.get(
    "/collections/{collection_id}/kept-out",
    "Titles that people took out of it in Emby: they stay out until brought back",
)
async def show_kept_out(call: Call, collection_id: int, query: PageQuery) -> Page[KeptOutTitle]:
    collection = await stored.get_collection(call.db, call.user.id, collection_id)
    found = [one for one in await kept_out(call.db, collection) if query.finds(one.title)]
    return Page.of((_shape(one) for one in query.part(found)), len(found), query)


@endpoints.post(
    "/collections/{collection_id}/kept-out/return",
    "Bring back a title that was taken out by hand; a sync puts it in",
    scope="run",
    errors=(404, 409, 422),
    example={"server_id": 1, "item_id": "4711"},
)
async def give_back(call: Call, collection_id: int, body: Return) -> Accepted:
    collection = await stored.get_collection(call.db, call.user.id, collection_id)
    run = await bring_back(
        call.db, call.outside, call.runner, collection, body.server_id, body.item_id
    )
    return Accepted(run_id=run.id)


def _shape(one: KeptOut) -> KeptOutTitle:
    return KeptOutTitle(
        server_id=one.server_id, item_id=one.item_id, title=one.title, year=one.year
    )
