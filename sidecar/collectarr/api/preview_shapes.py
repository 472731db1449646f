"""The plan of a sync as the API tells it."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel

from collectarr.models import Kind
from collectarr.sync.plan import PlannedChange
from collectarr.sync.show import PlanPreview


class Change(BaseModel):
    item_id: str
    title: str
    year: int | None
    kind: Kind | None
    why: str


class ServerPreview(BaseModel):
    """What would be done on one server. `error`: why that cannot be told now.

    `found` counts members that Collectarr did not put there, `found_titles` names them. They stay.
    `under_way`: a run is changing it meanwhile, so this is how it looked halfway.
    """

    server_id: int
    server_name: str
    add: list[Change]
    remove: list[Change]
    keep: list[Change]
    kept_out: list[Change]
    found: int
    found_titles: list[Change]
    under_way: bool
    held: dict[str, Any] | None
    error: str | None


class Preview(BaseModel):
    """The plan of the next sync. Nothing was written."""

    dry_run: Literal[True] = True
    add: int
    remove: int
    keep: int
    servers: list[ServerPreview]


def preview_shape(previews: Sequence[PlanPreview]) -> Preview:
    shown = [_server_preview(one) for one in previews]
    return Preview(
        add=sum(len(one.add) for one in shown),
        remove=sum(len(one.remove) for one in shown),
        keep=sum(len(one.keep) for one in shown),
        servers=shown,
    )


def _server_preview(one: PlanPreview) -> ServerPreview:
    plan = one.plan
    return ServerPreview(
        server_id=one.server_id,
        server_name=one.server_name,
        add=_changes(plan.add if plan else ()),
        remove=_changes(plan.remove if plan else ()),
        keep=_changes(plan.keep if plan else ()),
        kept_out=_changes(plan.kept_out if plan else ()),
        found=len(plan.found) if plan else 0,
        found_titles=_changes(one.found),
        under_way=one.under_way,
        held=one.held,
        error=one.error,
    )


def _changes(changes: Sequence[PlannedChange]) -> list[Change]:
    return [
        Change(item_id=x.item_id, title=x.title, year=x.year, kind=x.kind, why=x.why)
        for x in changes
    ]
