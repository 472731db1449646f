"""How the rules of a collection are said in JSON: filters, order, limit, what is in or out."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from collectarr import models
from collectarr.api.shapes import Body, Title, title_fields
from collectarr.models import Kind, Order, Rules, imdb_id
from collectarr.sync.define_rules import (
    LARGEST_LIMIT,
    MOST_COLLECTIONS,
    MOST_GENRES,
    MOST_TITLES,
    YEARS,
)

Year = Annotated[int, Field(ge=YEARS[0], le=YEARS[1])]
Genre = Annotated[str, Field(min_length=1, max_length=60)]
Number = Annotated[int, Field(ge=1, lt=10**15)]
Limit = Annotated[int, Field(ge=1, le=LARGEST_LIMIT)]


class Filters(Body):
    """Which titles of the lists it takes. One that asks for a value lets no title through that
    lacks it.

    `rating_from` is of 100. `genres`: any of them; `without_genres`: none of them.
    `in_library`: on each server only what it holds, and with a limit the first so many of those.
    `not_in`: ids of other collections, whose titles stay out. `episodes`: whether a season or an
    episode on a list stands for its show, or is skipped.
    """

    kinds: list[Literal["movie", "show"]] = Field([], max_length=2)
    year_from: Year | None = None
    year_to: Year | None = None
    rating_from: int | None = Field(None, ge=0, le=100)
    genres: list[Genre] = Field([], max_length=MOST_GENRES)
    without_genres: list[Genre] = Field([], max_length=MOST_GENRES)
    in_library: bool = False
    not_in: list[int] = Field([], max_length=MOST_COLLECTIONS)
    episodes: Literal["show", "skip"] = "show"


class TitleOrder(Body):
    """What its titles are sorted by; what has no such value comes last. It decides what the limit
    keeps and what pages show: Emby sorts its collections by itself.
    """

    by: Order = Order.RANK
    descending: bool = False


class IdsWish(Body):
    imdb: str | None = Field(None, max_length=20)
    tmdb: Number | None = None
    tvdb: Number | None = None
    trakt: Number | None = None

    @field_validator("imdb")
    @classmethod
    def _an_id(cls, value: str | None) -> str | None:
        if value is not None and imdb_id(value) is None:
            raise ValueError("This is no IMDb id, such as tt0133093.")
        return value


class TitleWish(Body):
    """A title by an id, or by its name and year."""

    kind: Kind
    title: str = Field("", max_length=500)
    year: Year | None = None
    ids: IdsWish = IdsWish()

    def named(self) -> models.Title:
        ids = models.Ids.of(**self.ids.model_dump())
        return models.Title(self.kind, " ".join(self.title.split()), self.year, ids)


Titles = Annotated[list[TitleWish], Field(max_length=MOST_TITLES)]


def titles_of(wishes: list[TitleWish] | None) -> tuple[models.Title, ...] | None:
    return None if wishes is None else tuple(wish.named() for wish in wishes)


def title_shapes(titles: tuple[models.Title, ...]) -> list[Title]:
    return [Title(**title_fields(title)) for title in titles]


def rules_of(filters: Filters, order: TitleOrder, limit: int | None) -> Rules:
    return Rules(
        kinds=tuple(Kind(kind) for kind in filters.kinds),
        year_from=filters.year_from,
        year_to=filters.year_to,
        rating_from=filters.rating_from,
        genres=tuple(filters.genres),
        without_genres=tuple(filters.without_genres),
        in_library=filters.in_library,
        not_in=tuple(filters.not_in),
        episodes=filters.episodes,
        order=order.by,
        descending=order.descending,
        limit=limit,
    )


def filters_shape(rules: Rules) -> Filters:
    return Filters.model_validate(
        {
            "kinds": [kind.value for kind in rules.kinds],
            "year_from": rules.year_from,
            "year_to": rules.year_to,
            "rating_from": rules.rating_from,
            "genres": list(rules.genres),
            "without_genres": list(rules.without_genres),
            "in_library": rules.in_library,
            "not_in": list(rules.not_in),
            "episodes": rules.episodes,
        }
    )


def order_shape(rules: Rules) -> TitleOrder:
    return TitleOrder(by=rules.order, descending=rules.descending)
