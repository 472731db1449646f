"""How the look of a collection is said in JSON."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from collectarr import models
from collectarr.api.shapes import Body
from collectarr.models import PosterFrom
from collectarr.sync import look as looks
from collectarr.sync.define_look import (
    LONGEST_NAME,
    LONGEST_OVERVIEW,
    LONGEST_SORT_NAME,
    LONGEST_TAG,
    MOST_TAGS,
)

Tag = Annotated[str, Field(min_length=1, max_length=LONGEST_TAG)]
DisplayOrder = Literal["SortName", "PremiereDate"]


class LookWish(Body):
    """How its collections look in Emby. Null, or no tags: as they are there.

    `name` is a template with {name}, {count} (titles on that server) and {total}.
    `poster`: `emby` leaves it to Emby; `upload` needs a picture that was put to its poster before.
    """

    name: str | None = Field(None, max_length=LONGEST_NAME * 2)
    overview: str | None = Field(None, max_length=LONGEST_OVERVIEW * 2)
    sort_name: str | None = Field(None, max_length=LONGEST_SORT_NAME * 2)
    display_order: DisplayOrder | None = None
    tags: list[Tag] = Field([], max_length=MOST_TAGS)
    poster: PosterFrom = PosterFrom.EMBY

    def look(self, was: models.Look | None = None) -> models.Look:
        return models.Look(
            self.name,
            self.overview,
            self.sort_name,
            self.display_order,
            tuple(self.tags),
            self.poster,
            was.picture if was else None,
        )


class Look(BaseModel):
    """`uploaded`: there is a picture that was put to its poster."""

    name: str | None
    overview: str | None
    sort_name: str | None
    display_order: str | None
    tags: list[str]
    poster: PosterFrom
    uploaded: bool


class LookThere(BaseModel):
    """As of the last sync. `poster`: whose picture is there; `unknown` is Emby's own or somebody's.
    `kept`: what somebody changed in Emby, and is left as it is. `undone`: our poster was taken
    back, and stays so until another is wished or ours is asked for.
    """

    server_id: int
    poster: Literal["none", "ours", "emby", "theirs", "sending", "unknown"]
    kept: list[str]
    undone: bool


def look_shape(look: models.Look) -> Look:
    return Look(
        name=look.name,
        overview=look.overview,
        sort_name=look.sort_name,
        display_order=look.display_order,
        tags=list(look.tags),
        poster=look.poster,
        uploaded=look.picture is not None,
    )


def there_shape(there: looks.LookThere) -> LookThere:
    told = {"server_id": there.server_id, "poster": there.poster, "kept": list(there.kept)}
    return LookThere.model_validate({**told, "undone": there.undone})
