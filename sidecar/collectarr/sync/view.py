"""What a run knows and wants while it works: one server, one collection, what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from collectarr.emby.client import clean_name
from collectarr.models import BoxSet, Item, ListItem, utc_now
from collectarr.posters.pictures import Pictures
from collectarr.store import targets
from collectarr.store.abilities import record_abilities
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.sync.correct import load_corrections
from collectarr.sync.corrections import Corrections
from collectarr.sync.match import Match
from collectarr.sync.outside import Outside
from collectarr.sync.plan import Plan, PlannedChange
from collectarr.sync.stock import Stock, load_stock
from collectarr.sync.wanted import Wanted


@dataclass(frozen=True, slots=True)
class ServerView:
    """What one run knows of one server, read once for all of its collections."""

    server: Server
    stock: Stock
    box_sets: dict[str, BoxSet]
    owned: dict[str, int]
    installation: str
    corrections: Corrections = field(default_factory=Corrections)
    pictures: Pictures | None = None
    wanted: Wanted | None = None

    @property
    def items(self) -> Mapping[str, Item]:
        return self.stock.items

    def matches(self, collection: Collection, rows: Sequence[ListItem]) -> list[Match]:
        """One for each row, of what that collection may take here."""
        return self.stock.matches(rows, collection.upkeep, self.corrections)

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
    await learn_from(db, server, box_sets.values())
    return ServerView(
        server,
        await load_stock(db, server) if with_items else Stock(server.id),
        box_sets,
        await targets.owned_box_sets(db, server, _marked(box_sets, outside.installation)),
        outside.installation,
        await load_corrections(db, server) if with_items else Corrections(),
        pictures=outside.pictures,
        wanted=outside.wanted,
    )


async def learn_from(db: Database, server: Server, found: Iterable[BoxSet]) -> None:
    """Whether the box sets of this server tell when they change, and how much they hold."""
    box_sets = list(found)
    if not box_sets:
        return
    etag = all(box_set.etag for box_set in box_sets)
    counted = all(box_set.child_count is not None for box_set in box_sets)
    if (server.abilities.etag, server.abilities.child_count) != (etag, counted):
        await record_abilities(db, server.id, {"etag": etag, "child_count": counted})


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
    """What one collection should be: its rows, and what makes its removals suspicious.

    `today`: the day where Collectarr is, by which its season goes.
    """

    collection: Collection
    rows: Sequence[ListItem]
    suspicions: Sequence[str]
    inputs: str
    trigger: str
    today: date = field(default_factory=lambda: utc_now().date())


@dataclass(slots=True)
class Result:
    """What came of one target. `waits`: for something that passes by itself, to be tried soon;
    `renamed`: what it is called now; `notes`: what is worth saying once.
    """

    server: Server
    plan: Plan = field(default_factory=Plan)
    added: list[PlannedChange] = field(default_factory=list)
    removed: list[PlannedChange] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    held: dict[str, Any] | None = None
    stopped: bool = False
    skipped: bool = False
    wrote: bool = False
    renamed: str = ""
    waits: bool = False
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
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
