"""What a collection waits for: the questions of its last run, and what went wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from collectarr.models import RunStatus
from collectarr.pages.parts import Diff, DiffRow, Form, Poster
from collectarr.pages.posters import poster_url
from collectarr.pages.views import Held
from collectarr.pages.visit import Visit
from collectarr.pages.words import number
from collectarr.store import summaries
from collectarr.store.servers import Server
from collectarr.store.summaries import CollectionState
from collectarr.store.targets import Target

_FIXES = {
    "key": ("/settings/servers", "Look at the servers"),
    "unavailable": ("/settings/servers", "Look at the servers"),
    "administrator": ("/settings/servers", "Look at the servers"),
    "server_changed": ("/settings/servers", "Look at the servers"),
}
STALE = "The last run did not get so far as to ask again. Sync now, then decide on what it finds."


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the panels are made from. `forms`: server id -> an answer that was refused."""

    state: CollectionState
    targets: Sequence[Target]
    servers: Mapping[int, Server]
    forms: Mapping[int, Form] = field(default_factory=dict)

    def asked(self, code: str) -> list[Target]:
        return [row for row in self.targets if row.held is not None and row.held["code"] == code]


async def held_panels(visit: Visit, waiting: Waiting) -> tuple[Held, ...]:
    panels: list[Held] = []
    if any(target.held for target in waiting.targets):
        run_id = await summaries.held_run(visit.db, visit.user.id, waiting.state.id)
        panels += _stale() if run_id is None else await _questions(visit, waiting, run_id)
    if waiting.state.state in (RunStatus.FAILED, RunStatus.PARTIAL):
        panels.append(_problem(waiting.state))
    return tuple(panels)


def _stale() -> list[Held]:
    return [Held("problem", "Something waits for your answer", STALE)]


async def _questions(visit: Visit, waiting: Waiting, run_id: int) -> list[Held]:
    removals = waiting.asked("removals")
    panels = [await _removals(visit, waiting, removals, run_id)] if removals else []
    panels += [_name_taken(waiting, target) for target in waiting.asked("name_taken")]
    return panels + [_gone(waiting, target) for target in waiting.asked("gone")]


async def _removals(visit: Visit, waiting: Waiting, targets: Sequence[Target], run_id: int) -> Held:
    members = await summaries.count_members(visit.db, waiting.state.id)
    diffs = tuple(_diff(visit, waiting, row, members.get(row.id, 0)) for row in targets)
    amount = sum(len(diff.remove) for diff in diffs)
    reasons = dict.fromkeys(str((row.held or {})["message"]) for row in targets)
    return Held(
        kind="removals",
        title="1 removal waits for you"
        if amount == 1
        else f"{number(amount)} removals wait for you",
        text=f"{' '.join(reasons)} Nothing was taken out yet; new titles came in as usual.",
        run_id=run_id,
        diffs=diffs,
    )


def _diff(visit: Visit, waiting: Waiting, target: Target, members: int) -> Diff:
    rows = (target.held or {})["remove"]
    remove = tuple(
        DiffRow(
            Poster(
                row["title"],
                poster_url(visit.url, (target.server_id, row["item_id"])),
                row["year"],
            ),
            row["why"],
        )
        for row in rows
    )
    kept = max(0, members - len(remove))
    return Diff(waiting.servers[target.server_id].name, remove=remove, kept=kept)


def _name_taken(waiting: Waiting, target: Target) -> Held:
    asked, server = target.held or {}, waiting.servers[target.server_id]
    name = str(asked.get("name") or waiting.state.name)
    kept_by = (
        "was not made by Collectarr" if asked.get("adoptable") else "follows another list here"
    )
    return Held(
        kind="name_taken",
        title=f"{server.name} already has a collection with this name",
        text=f"“{name}” {kept_by}, so it has not been touched. What should happen?",
        server_id=server.id,
        server=server.name,
        name=name,
        adoptable=bool(asked.get("adoptable")),
        form=waiting.forms.get(server.id, Form()),
    )


def _gone(waiting: Waiting, target: Target) -> Held:
    server = waiting.servers[target.server_id]
    return Held(
        kind="gone",
        title=f"The collection is gone from {server.name}",
        text="Somebody deleted it in Emby, or the server was set up anew. What should happen?",
        server_id=server.id,
        server=server.name,
        name=str((target.held or {}).get("name") or waiting.state.name),
        form=waiting.forms.get(server.id, Form()),
    )


def _problem(state: CollectionState) -> Held:
    whole = state.state == RunStatus.FAILED
    otherwise = (f"/runs/{state.run_id}", "See what happened")
    href, action = _FIXES.get(state.error_code or "", otherwise)
    return Held(
        kind="problem",
        title="The last sync failed" if whole else "The last sync did only a part of it",
        text=state.message or "Nothing more is known about it.",
        href=href,
        action=action,
    )
