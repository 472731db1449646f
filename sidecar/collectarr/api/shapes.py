"""The shapes of what goes out, as JSON says them: the words of the product, no raw rows."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, Field

from collectarr import models
from collectarr.models import Kind, RunStatus
from collectarr.store import users
from collectarr.store.runs import Change
from collectarr.store.runs import Run as StoredRun
from collectarr.sync.show import TitleRow

T = TypeVar("T")


class Body(BaseModel, extra="forbid"):
    """What comes in. An unknown field is a typing error rather than a wish."""


class PageQuery(BaseModel):
    """How to leaf through a list. `query` keeps what has these words in its name."""

    query: str = Field("", max_length=200)
    page: int = Field(1, ge=1, le=1_000_000)
    per_page: int = Field(50, ge=1, le=500)

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.per_page

    def part(self, rows: Sequence[T]) -> Sequence[T]:
        """The page asked for, out of all rows."""
        return rows[self.offset : self.offset + self.per_page]

    def finds(self, *texts: str | None) -> bool:
        words = self.query.casefold().split()
        text = " ".join(text for text in texts if text).casefold()
        return all(word in text for word in words)


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int
    page: int
    per_page: int

    @classmethod
    def of(cls, items: Iterable[T], total: int, query: PageQuery) -> "Page[T]":
        """`items` are those of the page asked for; `total` counts all there are."""
        return cls(items=list(items), total=total, page=query.page, per_page=query.per_page)


class Accepted(BaseModel):
    """Work that goes on in the background, as a run."""

    http_status: ClassVar[int] = 202
    run_id: int


class Problem(BaseModel):
    code: str
    message: str
    details: dict[str, Any]


class Error(BaseModel):
    """The one shape of every error."""

    error: Problem


class User(BaseModel):
    id: int
    username: str
    email: str | None
    role: str
    theme: str
    created_at: datetime

    @classmethod
    def of(cls, user: users.User) -> "User":
        return cls(
            id=user.id,
            username=user.username,
            email=user.email,
            role=user.role,
            theme=user.theme,
            created_at=user.created_at,
        )


class Ids(BaseModel):
    imdb: str | None
    tmdb: int | None
    tvdb: int | None
    trakt: int | None


class Title(BaseModel):
    """A film or show. Its ids count only together with its kind."""

    kind: Kind
    title: str
    year: int | None
    ids: Ids


def title_fields(title: models.Title) -> dict[str, Any]:
    ids = Ids.model_validate(title.ids.as_dict())
    return {"kind": title.kind, "title": title.title, "year": title.year, "ids": ids}


class ListTitle(Title):
    rank: int
    poster: str | None

    @classmethod
    def of_item(cls, item: models.ListItem) -> "ListTitle":
        return cls(rank=item.rank, poster=item.poster, **title_fields(item.title))


class TitleServer(BaseModel):
    """A title on one server; without item ids it is not there, and `why` says why."""

    server_id: int
    item_ids: list[str]
    matched_by: str | None
    why: str
    near: list[str]


class CollectionTitle(ListTitle):
    """`key` names a row that is kept by hand, for /items/{item}; null for all others."""

    key: str | None
    note: str | None
    in_library: bool
    servers: list[TitleServer]

    @classmethod
    def of_row(cls, row: TitleRow) -> "CollectionTitle":
        return cls(
            rank=row.rank,
            poster=row.poster,
            key=row.key,
            note=row.note,
            in_library=row.in_library,
            servers=[
                TitleServer(
                    server_id=one.server_id,
                    item_ids=list(one.item_ids),
                    matched_by=one.matched_by,
                    why=one.why,
                    near=list(one.near),
                )
                for one in row.servers
            ],
            **title_fields(row.title),
        )


class RunChange(BaseModel):
    """One thing that a run did to one box set. `op` is add or remove, as a rule."""

    server_id: int | None
    op: str
    item_id: str | None
    title: str
    year: int | None
    why: str


class RunRequests(BaseModel):
    reads: int
    writes: int


class RunStage(BaseModel):
    stage: str
    seconds: float


class Run(BaseModel):
    """One execution. `held`: what waits for a person, by server id. `undoes`: the run that it takes
    back. `stages`: what it did in turn, with the seconds that took.
    """

    id: int
    parent_id: int | None
    collection_id: int | None
    name: str
    trigger: str
    status: RunStatus
    stage: str | None
    message: str | None
    error_code: str | None
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    counts: dict[str, int]
    requests: dict[str, RunRequests]
    held: dict[str, Any] | None
    undoes: int | None = None
    stages: list[RunStage] = []
    changes: list[RunChange]

    @classmethod
    def of(cls, run: StoredRun, changes: Iterable[Change]) -> "Run":
        return cls(
            id=run.id,
            parent_id=run.parent_id,
            collection_id=run.collection_id,
            name=run.name,
            trigger=run.trigger,
            status=run.status,
            stage=run.stage,
            message=run.message,
            error_code=run.error_code,
            queued_at=run.queued_at,
            started_at=run.started_at,
            finished_at=run.finished_at,
            counts=run.counts,
            requests={key: RunRequests.model_validate(v) for key, v in run.requests.items()},
            held=run.held,
            undoes=run.undoes,
            stages=[RunStage(stage=text, seconds=seconds) for text, seconds in run.stages],
            changes=[
                RunChange(
                    server_id=change.server_id,
                    op=change.op,
                    item_id=change.item_id,
                    title=change.title,
                    year=change.year,
                    why=change.why,
                )
                for change in changes
            ],
        )
