"""Plays a story against the product and the model, and judges after every step."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from collectarr.errors import CollectarrError
from collectarr.models import RunStatus, Trigger
from collectarr.store import runs, targets
from collectarr.store.runs import Run
from collectarr.sync.collection import start_sync, start_sync_all
from collectarr.sync.decide import CHOICES, approve, bring_back, reject
from collectarr.sync.undo import start_undo
from tests.flows.machine.house import NAMES, House, make_house
from tests.flows.machine.judge import Act, Verdict, check_quiet
from tests.flows.machine.ledger import Ledger
from tests.flows.machine.model import PERSON, SPOTS, Model
from tests.flows.machine.moves import Hands, Lists, Shelves, Wanting, pick
from tests.flows.machine.sight import Key, Spot, keys_of, seen
from tests.flows.machine.steps import Step
from tests.flows.world import film

Start = Callable[[], Awaitable[Run]]
Changes = dict[Spot, tuple[set[Key], set[Key]]]

_PATHS = (
    "/Items$", "/Collections$", "/Collections/[^/]+/Items$", "/Items/[^/]+$", "/Images/", "/Users/",
)  # fmt: skip
_FAULTS: dict[str, dict[str, Any]] = {
    "refused": {"status": 500},
    "done": {"status": 500, "happens": True},
    "cut": {"cut": True},
    "cut write": {"cut": True, "method": "POST"},
    "short": {"short": True},
    "html": {"status": 200, "body": "<html>Sign in first</html>"},
    "down": {"status": 503},
}


class Player:
    def __init__(self, house: House) -> None:
        self.house = house
        self.model = Model(house)
        self.ledger = Ledger(house, self.model)
        self.faulted: set[int] = set()
        self.renamed = 0
        lists, wanting = Lists(house, self.model), Wanting(house, self.model)
        shelves = Shelves(house, self.model, self.ledger)
        hands = Hands(house, self.model, self.ledger)
        self._moves: dict[str, Callable[..., Any]] = {
            name.replace("_", " "): getattr(mover, name)
            for mover in (lists, shelves, hands, wanting)
            for name in dir(mover)
            if not name.startswith("_")
        } | {
            "fault": self.fault, "kill": self.kill, "sync": self.sync, "all": self.sync_all,
            "quiet": self.quiet, "approve": self.approve, "reject": self.reject,
            "undo": self.undo, "ask back": self.ask_back,
        }  # fmt: skip

    async def play(self, step: Step) -> None:
        name, *values = step
        answer = self._moves[name](*values)
        if asyncio.iscoroutine(answer):
            await answer
        self.ledger.sound(seen(self.house.embys))

    async def end(self) -> None:
        """Whatever happened: once all is well again, all is as it should be."""
        for c in (0, 1):
            await self.play(("mend", c))
        for c in (0, 1):
            await self.play(("quiet", c))

    # Trouble, for the next act alone.

    def fault(self, s: int, how: str, where: int, lasting: bool) -> None:
        path = "" if how == "down" else _PATHS[where]
        times = None if lasting or how == "down" else 1
        self.house.embys[s].fail(path, **_FAULTS[how], times=times)
        self.faulted.add(s)

    def kill(self, requests: int, after: bool) -> None:
        self.house.doom.arm(requests, after=after)

    def _calm(self) -> None:
        self.house.doom.arm(0, after=False)
        for emby in self.house.embys:
            emby.clear_faults()
        self.faulted.clear()

    # What the product is asked for.

    async def sync(self, c: int) -> Run | None:
        house = self.house

        async def start() -> Run:
            collection = await house.collection(c)
            return await start_sync(
                house.db, house.outside, house.runner, collection, Trigger.MANUAL, forced=True
            )

        return await self._act(Act("sync", (c,)), start)

    async def sync_all(self) -> None:
        house = self.house

        async def start() -> Run:
            run = await start_sync_all(
                house.db, house.outside, house.runner, house.user_id, Trigger.MANUAL
            )
            if run is None:
                raise CollectarrError("Everything is paused.")
            return run

        paused = [c for c in (0, 1) if (await house.collection(c)).paused is not None]
        await self._act(Act("sync", tuple(c for c in (0, 1) if c not in paused)), start)

    async def quiet(self, c: int) -> None:
        """Two quiet runs, then one that has nothing to do."""
        self._calm()
        for s in sorted(self.model.scanning):
            await self.play(("scan", s))
        for _ in range(2):
            run = await self.sync(c)
            if run is None or run.status is not RunStatus.SUCCESS:
                return
        check_quiet(self.model, c, seen(self.house.embys), self.ledger.bound())
        self.ledger.provenance(seen(self.house.embys), looked=c)
        for emby in self.house.embys:
            emby.clear_requests()
        await self.sync(c)
        for emby in self.house.embys:
            asked = [f"{x['method']} {x['path']}" for x in emby.requests]
            writes = [one for one in asked if not one.startswith("GET")]
            assert not writes, f"2: nothing changed, and yet: {writes}"
            few = len(asked) <= 2 or not emby.profile.delta_filter
            assert few, f"2: nothing changed, and yet it read: {asked}"

    async def _held(self, first: int) -> tuple[int, Run] | None:
        """A run that waits for an answer, of the `first` collection if there is one."""
        house = self.house
        for c in (first, 1 - first):
            found, _ = await runs.list_runs(
                house.db, house.user_id, collection_id=house.collection_ids[c], limit=1
            )
            if found and found[0].held:
                return c, found[0]
        return None

    async def approve(self, c: int, number: int) -> None:
        house, waiting = self.house, await self._held(c)
        if waiting is None:
            return
        c, run = waiting
        assert run.held is not None
        server_id, asked = sorted(run.held.items())[number % len(run.held)]
        spot = (c, house.emby_number(int(server_id)))
        choice = pick(CHOICES[asked["code"]], number) or "approve"
        if choice == "adopt" and not asked["adoptable"]:
            choice = "rename"
        act = Act("approve", (c,))
        name = self._agreed(act, spot, choice, asked)

        async def start() -> Run:
            return await approve(
                house.db, house.outside, house.runner, house.user_id, run.id,
                choice=choice, name=name, server_id=int(server_id),
            )  # fmt: skip

        await self._act(act, start)

    def _agreed(self, act: Act, spot: Spot, choice: str, asked: Any) -> str | None:
        model, target, (c, s) = self.model, self.model.targets[spot], spot
        if choice == "approve":
            ids = [row["item_id"] for row in asked["remove"]]
            act.approved[spot] = set(keys_of(self.house.embys[s], ids))
            model.lists[c].trusted = min(map(len, model.lists[c].believed), default=0)
        elif choice == "adopt":
            place = (s, asked["box_set_id"])
            there = seen(self.house.embys).get(place)
            if there is not None:
                box = model.boxes[place]
                box.adopted, box.owner = True, dict.fromkeys(there.members, PERSON)
                kept = {"name": there.name, "overview": there.overview, "poster": there.poster}
                box.by_hand |= {what: value for what, value in kept.items() if value}
                target.forget_box()
                target.pinned = set(there.members)
        elif choice == "rename":
            self.renamed += 1
            model.wishes[c].name = f"{NAMES[c]} {self.renamed}"
            return model.wishes[c].name
        elif choice == "recreate":
            target.forget_box()
        else:
            target.stopped = True
        return None

    async def reject(self, c: int) -> None:
        waiting = await self._held(c)
        if waiting is None:
            return
        c, run = waiting
        assert run.held is not None
        try:
            await reject(self.house.db, self.house.user_id, run.id)
        except CollectarrError:
            return
        bound = self.ledger.bound()
        for server_id, asked in run.held.items():
            spot = (c, self.house.emby_number(int(server_id)))
            ids = [row["item_id"] for row in asked.get("remove", ())]
            keys = keys_of(self.house.embys[spot[1]], ids)
            self.model.targets[spot].pinned |= keys
            place = self.model.find(seen(self.house.embys), bound, spot)
            if place is not None:
                self.model.boxes[place].owner.update(dict.fromkeys(keys, PERSON))

    async def ask_back(self, c: int, s: int, number: int) -> None:
        house = self.house
        out = await targets.kept_out(house.db, house.collection_ids[c])
        item = pick([x for server, x in out if server == house.servers[s].id], number)
        if item is None:
            return
        spot = (c, s)
        act = Act("back", (c,))
        for key in keys_of(house.embys[s], [item]):
            self.model.targets[spot].out.discard(key)
            act.back[spot] = key

        async def start() -> Run:
            collection = await house.collection(c)
            server = house.servers[s].id
            return await bring_back(house.db, house.outside, house.runner, collection, server, item)

        await self._act(act, start)

    async def undo(self, number: int) -> None:
        house, run_id = self.house, pick(sorted(self.model.did), number)
        if run_id is None:
            return

        async def start() -> Run:
            return await start_undo(house.db, house.outside, house.runner, house.user_id, run_id)

        await self._act(Act("undo", (0, 1), undoes=run_id), start)

    # One run, from the asking to the verdict.

    async def _act(self, act: Act, start: Start) -> Run | None:
        model, house = self.model, self.house
        before, since, bound = seen(house.embys), self.ledger.last_change(), self.ledger.bound()
        spots = [spot for spot in SPOTS if spot[0] in act.collections]
        for spot in spots if act.kind != "undo" else []:
            place = model.find(before, bound, spot)
            model.looks(spot, before[place] if place else None)
        run = await self._started(start)
        act.run_id = run.id if run else None
        self._read(act, run)
        failed = run is None or run.status is RunStatus.FAILED
        act.whole = not failed and not self.faulted
        after, bound = seen(house.embys), {**bound, **self.ledger.bound()}
        verdict = Verdict(model, act, before, after, bound)
        done = verdict.judge()
        if act.kind == "undo" and act.whole:
            verdict.complete(done)
        whole = [x for x in spots if not failed and x[1] not in self.faulted]
        self._noted(act, done, self.ledger.explain(done, since, whole))
        if act.kind == "undo" and run is not None:
            self._undone(act, done)
        for spot in spots:
            self._looked(spot, act, spot in whole)
        self._calm()
        return run

    async def _started(self, start: Start) -> Run | None:
        """None: it was refused, or nobody lived to see its end."""
        try:
            run = await self.house.ended(await start())
        except CollectarrError:
            run = None
        if self.house.doom.dead:
            await self.house.restart()
        return run

    def _read(self, act: Act, run: Run | None) -> None:
        for c in act.collections if act.kind != "undo" else ():
            listed = self.model.lists[c]
            if run is not None:
                listed.read()
            elif listed.spoiled is None:
                listed.believed.add(listed.now)
                listed.suspect |= len(listed.now) < 0.5 * listed.good

    def _noted(self, act: Act, done: Changes, told: Changes) -> None:
        """What of it is this run's own, to be taken back: what the history says, be it late."""
        for spot, changes in done.items():
            for key in set().union(*changes):
                self.model.last[spot, key] = -1
        if act.run_id is None:
            return
        for spot, changes in told.items():
            for key in set().union(*changes):
                self.model.last[spot, key] = act.run_id
        if any(any(changes) for changes in told.values()):
            self.model.did[act.run_id] = told

    def _undone(self, act: Act, done: Changes) -> None:
        """What it took out stays out, what it put back stays in."""
        again = act.undoes in self.model.undoing
        if act.run_id is not None:
            self.model.undoing.add(act.run_id)
        for spot, (added, removed) in done.items():
            target = self.model.targets[spot]
            target.out -= added
            target.out |= removed
            target.pinned |= added
            for key in added | removed if again or not act.whole else ():
                target.blur(key)
        if not act.whole:
            for spot, changes in self.model.did.get(act.undoes or 0, {}).items():
                for key in set().union(*changes):
                    self.model.targets[spot].blur(key)

    def _looked(self, spot: Spot, act: Act, whole: bool) -> None:
        model, target = self.model, self.model.targets[spot]
        if target.stopped or not model.lists[spot[0]].believed:
            return
        if not whole:
            target.steady = False
            return
        if act.kind != "undo" and self.ledger.looked_at(spot):
            model.looked(spot)
        if self.ledger.settled(spot):
            now = seen(self.house.embys)
            place = model.find(now, self.ledger.bound(), spot)
            target.settled = now[place].members if place else None
            target.steady = place is not None
        elif act.kind != "undo":
            target.steady = False


async def _play(folder: Path, story: Iterable[Step]) -> None:
    async with make_house(folder) as house:
        player = Player(house)
        for s in (0, 1):
            for number in range(1, 10):
                one = film(number)
                house.embys[s].add_item("movie", one.title, one.year, one.ids.imdb, one.ids.tmdb)
        player.ledger.meet()
        for step in story:
            await player.play(step)
        await player.end()


def play(story: Sequence[Step]) -> None:
    """Raises AssertionError for the first promise that is broken."""
    with TemporaryDirectory() as folder:
        asyncio.run(_play(Path(folder), story))
