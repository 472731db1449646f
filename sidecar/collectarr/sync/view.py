"""What a run knows and wants while it works: one server, one collection, what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collectarr.emby.client import clean_name
from collectarr.models import BoxSet, Item, ListItem
from collectarr.store import servers, targets
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.sync.match import Match, PresenceIndex
from collectarr.sync.outside import Outside
from collectarr.sync.plan import Plan, PlannedChange


@dataclass(frozen=True, slots=True)
class ServerView:
    """What one run knows of one server, read once for all of its collections."""

    server: Server
    items: Mapping[str, Item]
    index: PresenceIndex
    box_sets: dict[str, BoxSet]
    owned: dict[str, int]
    installation: str

    def marker(self, target: Target) -> str:
        return f"{self.installation}.{target.id}"

    def took(self, target: Target, box_set_id: str, name: str) -> None:
        """A later collection of this run must not create over this one."""
        self.box_sets[box_set_id] = BoxSet(box_set_id, name, clean_name(name))
        self.owned[box_set_id] = target.id


async def view_of(
    db: Database,
    outside: Outside,
    server: Server,
    box_sets: dict[str, BoxSet],
    *,
    with_items: bool = True,
) -> ServerView:
    items = await servers.load_items(db, server.id) if with_items else []
    return ServerView(
        server,
        {item.id: item for item in items},
        PresenceIndex(items),
        box_sets,
        await targets.owned_box_sets(db, server, _marked(box_sets, outside.installation)),
        outside.installation,
    )


def _marked(box_sets: Mapping[str, BoxSet], installation: str) -> dict[str, int]:
    """Box sets that bear a marker of this installation, and which target it names."""
    found = {}
    for box_set in box_sets.values():
        whose, _, number = (box_set.marker or "").partition(".")
        if whose == installation and number.isascii() and number.isdigit() and len(number) < 19:
            found[box_set.id] = int(number)
    return found


@dataclass(frozen=True, slots=True)
class Wish:
    """What one collection should be: its rows, and what makes its removals suspicious."""

    collection: Collection
    rows: Sequence[ListItem]
    suspicions: Sequence[str]
    inputs: str
    trigger: str


@dataclass(slots=True)
class Result:
    """What came of one target."""

    server: Server
    plan: Plan = field(default_factory=Plan)
    added: list[PlannedChange] = field(default_factory=list)
    removed: list[PlannedChange] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    held: dict[str, Any] | None = None
    stopped: bool = False
    skipped: bool = False
    wrote: bool = False
    renamed: bool = False
    problems: list[str] = field(default_factory=list)
    error: str | None = None
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and what it was made for."""

    target: Target
    box_set: BoxSet | None
    matches: Sequence[Match]
    plan: Plan
    held: dict[str, Any] | None
    members: frozenset[str] = frozenset()


def is_settled(target: Target, box_set: BoxSet) -> bool:
    """Whether nobody, neither we nor a person, touched the box set since it was remembered."""
    return (
        target.etag is not None
        and target.etag == box_set.etag
        and target.child_count == box_set.child_count
    )
