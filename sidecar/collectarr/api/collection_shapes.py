"""How a collection, its plan and its numbers are said in JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from collectarr.api.collection_rules import (
    Filters,
    Limit,
    TitleOrder,
    Titles,
    filters_shape,
    order_shape,
    rules_of,
    title_shapes,
    titles_of,
)
from collectarr.api.collection_upkeep import Upkeep, upkeep_of, upkeep_shape
from collectarr.api.endpoint import Call
from collectarr.api.look_shapes import Look, LookWish, look_shape
from collectarr.api.shapes import Body, Title
from collectarr.models import Merge, Mode, Rules, RunStatus
from collectarr.store import collections as stored
from collectarr.store import runs, targets
from collectarr.store.lists import StoredList, get_lists
from collectarr.store.runs import Run
from collectarr.store.targets import Target
from collectarr.sync.define import MOST_LISTS, Definition, ListChoice
from collectarr.sync.show import TitleRow

Operation = Literal["union", "intersect", "minus"]


class ListWish(Body):
    """`list` is a URL or a reference at `source`."""

    source: str = Field(max_length=50)
    list: str = Field("", max_length=1000)
    op: Operation = "union"

    def choice(self) -> ListChoice:
        return ListChoice(self.source, self.list, self.op)


class NewCollection(Body):
    """`name` left out: that of the first list. `servers` left out: all of the user's.

    A collection that is kept by hand has a list of the source `manual`, which is not named any
    further; `source` says the same in short. It needs a name.
    """

    name: str | None = Field(None, max_length=1000)
    lists: list[ListWish] = Field([], max_length=MOST_LISTS)
    source: Literal["manual"] | None = None
    mode: Mode = Mode.KEEP
    interval_hours: int = Field(24, ge=1, le=168)
    enabled: bool = True
    servers: list[int] | None = Field(None, max_length=100)
    merge: Merge = Merge.IN_ORDER
    filters: Filters = Filters()
    order: TitleOrder = TitleOrder()
    limit: Limit | None = None
    pins: Titles = Field([])
    exclusions: Titles = Field([])
    upkeep: Upkeep = Upkeep()
    look: LookWish = LookWish()

    def definition(self) -> Definition:
        by_hand = () if self.source is None else (ListChoice(self.source),)
        return Definition(
            self.name,
            (*by_hand, *(one.choice() for one in self.lists)),
            self.mode,
            self.interval_hours,
            self.enabled,
            None if self.servers is None else tuple(self.servers),
            self.merge,
            rules_of(self.filters, self.order, self.limit),
            titles_of(self.pins),
            titles_of(self.exclusions),
            upkeep=self.upkeep.upkeep(),
            look=self.look.look(),
        )


class CollectionChange(Body):
    """What is given replaces what was there, whole: `filters`, say, or `pins`. A `limit` of null
    takes the limit away; every other null is as if left out. `empty_left`: out of the box sets on
    servers that it leaves, Collectarr takes what it put in; else they stay as they are.
    """

    name: str | None = Field(None, max_length=1000)
    lists: list[ListWish] | None = Field(None, min_length=1, max_length=MOST_LISTS)
    mode: Mode | None = None
    interval_hours: int | None = Field(None, ge=1, le=168)
    enabled: bool | None = None
    servers: list[int] | None = Field(None, max_length=100)
    merge: Merge | None = None
    filters: Filters | None = None
    order: TitleOrder | None = None
    limit: Limit | None = None
    pins: Titles | None = None
    exclusions: Titles | None = None
    upkeep: Upkeep | None = None
    look: LookWish | None = None
    empty_left: bool = False

    def definition(self, was: stored.Collection) -> Definition:
        return Definition(
            self.name,
            tuple(one.choice() for one in self.lists or ()),
            was.mode if self.mode is None else self.mode,
            was.interval_hours if self.interval_hours is None else self.interval_hours,
            was.enabled if self.enabled is None else self.enabled,
            None if self.servers is None else tuple(self.servers),
            self.merge,
            self._rules(was.rules),
            titles_of(self.pins),
            titles_of(self.exclusions),
            upkeep=upkeep_of(self.upkeep),
            look=None if self.look is None else self.look.look(was.look),
        )

    def _rules(self, was: Rules) -> Rules | None:
        if self.filters is None and self.order is None and "limit" not in self.model_fields_set:
            return None
        return rules_of(
            self.filters or filters_shape(was),
            self.order or order_shape(was),
            self.limit if "limit" in self.model_fields_set else was.limit,
        )


class SyncWish(Body):
    """`server_id` or `servers`: there alone; otherwise on all servers of the collection."""

    dry_run: bool = False
    server_id: int | None = None
    servers: list[int] | None = Field(None, min_length=1, max_length=100)

    def only(self) -> set[int] | None:
        named = set(self.servers or ()) | ({self.server_id} if self.server_id else set())
        return named or None


class Coverage(BaseModel):
    """Titles of the collection that are on at least one server; `by_server`: server id -> titles.

    Of a collection that takes only what the library holds, `total` counts what is there.
    """

    owned: int
    total: int
    by_server: dict[str, int]


class CollectionList(BaseModel):
    """A list of the collection, as it was last read. `error` is why the last look failed."""

    source: str
    list: str
    op: str
    name: str
    owner: str | None
    url: str | None
    item_count: int
    read_at: datetime | None
    error: str | None


class CollectionServer(BaseModel):
    """Where it goes: the collection in Emby, and what waits for a person there. `resting`: why it
    is empty on purpose.
    """

    server_id: int
    box_set_id: str | None
    box_set_name: str | None
    owned: int | None
    state: str
    held: dict[str, Any] | None
    resting: str | None


class Collection(BaseModel):
    """`status` and `message` are those of its last run; null before the first.

    `pins` are in it and `exclusions` are not, whatever its lists and filters say. `paused`: why
    nothing starts it by itself; a sync that is asked for ends that. `changed`: what it holds moved
    since its last sync; `coverage` tells how it stands now.
    """

    id: int
    name: str
    lists: list[CollectionList]
    mode: Mode
    interval_hours: int
    enabled: bool
    paused: str | None
    servers: list[int]
    merge: Merge
    filters: Filters
    order: TitleOrder
    limit: int | None
    pins: list[Title]
    exclusions: list[Title]
    upkeep: Upkeep
    look: Look
    targets: list[CollectionServer]
    coverage: Coverage
    changed: bool
    status: RunStatus | None
    message: str | None
    last_run_id: int | None
    last_synced_at: datetime | None
    next_sync_at: datetime | None
    created_at: datetime


class Changed(Collection):
    """`left_in_emby`: what stays on servers that it left, and why, in words."""

    left_in_emby: list[str]


class Deleted(BaseModel):
    """`left_in_emby`: what stays there and why, in words."""

    left_in_emby: list[str]


class Stats(BaseModel):
    total: int
    owned: int
    missing: int
    coverage_percent: float
    by_server: dict[str, int]
    matched_by: dict[str, int]
    last_synced_at: datetime | None


async def collection_shapes(call: Call, rows: Sequence[stored.Collection]) -> list[Collection]:
    """In as few reads as there are kinds of things to read."""
    lists = await get_lists(call.db, [entry.list_id for row in rows for entry in row.lists])
    found: dict[int, list[Target]] = {row.id: [] for row in rows}
    for target in await targets.load_targets(call.db, list(found)):
        found[target.collection_id].append(target)
    last = await runs.latest_runs(call.db, call.user.id)
    now = {
        state["collection_id"]: await runs.get_run(call.db, call.user.id, state["id"])
        for state in call.runner.states(call.user.id)
        if state["collection_id"] in found
    }
    return [_shape(row, lists, found[row.id], now.get(row.id) or last.get(row.id)) for row in rows]


def _shape(
    row: stored.Collection,
    lists: dict[int, StoredList],
    found: Sequence[Target],
    run: Run | None,
) -> Collection:
    return Collection(
        id=row.id,
        name=row.name,
        lists=[_list(lists[entry.list_id], entry.op) for entry in row.lists],
        mode=row.mode,
        interval_hours=row.interval_hours,
        enabled=row.enabled,
        paused=row.paused,
        servers=[target.server_id for target in found],
        merge=row.merge,
        filters=filters_shape(row.rules),
        order=order_shape(row.rules),
        limit=row.rules.limit,
        pins=title_shapes(row.pins),
        exclusions=title_shapes(row.exclusions),
        upkeep=upkeep_shape(row.upkeep),
        look=look_shape(row.look),
        targets=[_target(target) for target in found],
        coverage=Coverage(
            owned=row.owned or 0,
            total=row.wanted or 0,
            by_server={str(target.server_id): target.owned or 0 for target in found},
        ),
        changed=row.changed,
        status=run.status if run else None,
        message=run.message if run else None,
        last_run_id=run.id if run else None,
        last_synced_at=row.last_synced_at,
        next_sync_at=row.due_at if row.enabled else None,
        created_at=row.created_at,
    )


def _list(row: StoredList, op: str) -> CollectionList:
    return CollectionList(
        source=row.source,
        list=row.reference,
        op=op,
        name=row.name,
        owner=row.owner,
        url=row.url,
        item_count=row.item_count,
        read_at=row.read_at,
        error=row.error,
    )


def _target(target: Target) -> CollectionServer:
    return CollectionServer(
        server_id=target.server_id,
        box_set_id=target.box_set_id,
        box_set_name=target.box_set_name,
        owned=target.owned,
        state=target.state,
        held=target.held,
        resting=target.resting,
    )


def stats_shape(collection: stored.Collection, rows: Sequence[TitleRow]) -> Stats:
    owned = sum(row.in_library for row in rows)
    by_server: dict[str, int] = {}
    matched_by: dict[str, int] = {}
    for presence in (one for row in rows for one in row.servers if one.item_ids):
        key = str(presence.server_id)
        by_server[key] = by_server.get(key, 0) + 1
        by = presence.matched_by or "other"
        matched_by[by] = matched_by.get(by, 0) + 1
    return Stats(
        total=len(rows),
        owned=owned,
        missing=sum(bool(row.servers) and not row.in_library for row in rows),
        coverage_percent=percent(owned, len(rows)),
        by_server=by_server,
        matched_by=matched_by,
        last_synced_at=collection.last_synced_at,
    )


def percent(owned: int, total: int) -> float:
    """With one decimal; 100 only when it is all of them."""
    return min(99.9, round(owned * 100 / total, 1)) if owned < total else 100.0 * bool(total)
