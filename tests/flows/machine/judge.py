"""Held against the model: what a run did, and what is there once all is quiet."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.flows.machine.model import PERSON, RUN, SPOTS, Box, Model
from tests.flows.machine.sight import BoxSeen, Key, Place, Seen, Spot

EMPTY = BoxSeen("", "", None, frozenset())


@dataclass
class Act:
    """What was asked for. `whole`: it ended, and nothing went wrong on the way.

    approved: what a person agreed to take out. undoes: the run that is to be taken back.
    back: what a person asked for again.
    """

    kind: str
    collections: tuple[int, ...]
    run_id: int | None = None
    whole: bool = False
    approved: dict[Spot, set[Key]] = field(default_factory=dict)
    undoes: int | None = None
    back: dict[Spot, Key] = field(default_factory=dict)


@dataclass
class Verdict:
    """One run against the model. Each complaint names its promise."""

    model: Model
    act: Act
    before: Seen
    after: Seen
    bound: Mapping[Place, Spot]

    def judge(self) -> dict[Spot, tuple[set[Key], set[Key]]]:
        """What it did, by target. Raises AssertionError."""
        done: dict[Spot, tuple[set[Key], set[Key]]] = {}
        for place in sorted({*self.before, *self.after}):
            old, new = self.before.get(place), self.after.get(place)
            box = self.model.boxes.get(place)
            if old == new:
                continue
            theirs = box is not None and not box.ours
            assert not theirs, f"3: a box set of a person's was changed: {place} {old} {new}"
            spot = self.bound.get(place) or self._made(place, new or EMPTY)
            assert spot is not None, f"3: a box set that nobody keeps was changed: {place}"
            changed = self._one(spot, place, box, old, new)
            if any(changed):
                before = done.get(spot, (set(), set()))
                done[spot] = (before[0] | changed[0], before[1] | changed[1])
        return done

    def _made(self, place: Place, new: BoxSeen) -> Spot | None:
        """A creation whose end its run did not see: known by its name."""
        for c in self.act.collections:
            if new.name == self.model.wishes[c].name and place not in self.before:
                return c, place[0]
        return None

    def _one(
        self, spot: Spot, place: Place, box: Box | None, old: BoxSeen | None, new: BoxSeen | None
    ) -> tuple[set[Key], set[Key]]:
        assert spot[0] in self.act.collections, f"another collection was touched: {spot}"
        if box is None:
            assert old is None, f"the model missed {place}"
            box = self.model.boxes[place] = Box(by_run=True)
        first, then = old or EMPTY, new or EMPTY
        added, removed = set(then.members - first.members), set(first.members - then.members)
        free = self.model.targets[spot].free
        if self.act.kind == "undo":
            self._undone(spot, added - free, removed - free)
        else:
            self._added(spot, added - free)
            self._removed(spot, box, first, removed - free)
        if new is None:
            self._deleted(spot, place, box, first)
        else:
            self._look(place, box, new)
        for key in removed:
            box.owner.pop(key, None)
        box.owner.update(dict.fromkeys(added, RUN))
        return added, removed

    def _added(self, spot: Spot, added: set[Key]) -> None:
        target = self.model.targets[spot]
        stranger = added - self.model.perhaps_wanted(spot)
        assert not stranger, f"added what is not listed: {spot} {stranger}"
        again = added & (target.out | target.taken) - {self.act.back.get(spot)}
        assert not again, f"3: added what a person took out: {spot} {again}"
        assert not (added and self.model.out_of_season(spot)), f"added out of season: {spot}"

    def _removed(self, spot: Spot, box: Box, first: BoxSeen, removed: set[Key]) -> None:
        model, target = self.model, self.model.targets[spot]
        wish = model.wishes[spot[0]]
        resting = model.may_rest(spot)
        assert not removed & target.pinned, f"took out what is to stay: {spot} {removed}"
        theirs = {key for key in removed if box.owner.get(key) == PERSON}
        if theirs:
            assert wish.mode == "mirror", f"3: took out what a person put in: {spot} {theirs}"
        if removed and not resting:
            assert wish.mode != "add_only", f"took out in add_only: {spot} {removed}"
            wanted = removed & model.surely_wanted(spot)
            assert not wanted, f"1: took out what is listed: {spot} {wanted}"
            self._unasked(spot, box, first, removed, theirs)

    def _unasked(
        self, spot: Spot, box: Box, first: BoxSeen, removed: set[Key], theirs: set[Key]
    ) -> None:
        """What has to be held for approval unless it was approved."""
        if removed <= self.act.approved.get(spot, set()):
            return
        doubtful = self.model.lists[spot[0]].doubtful
        assert not doubtful, f"1: took out for a list that shrank: {spot} {removed}"
        blurred = first.members & self.model.targets[spot].free
        ours = {key for key in first.members if box.owner.get(key) == RUN}
        mine = removed - theirs
        assert not (len(mine) > 5 and len(mine) > 0.25 * len(ours | blurred)), (
            f"1: took out {len(mine)} of {len(ours)} unasked: {spot}"
        )
        assert blurred or not mine or mine != ours, f"1: took out all of ours unasked: {spot}"

    def _deleted(self, spot: Spot, place: Place, box: Box, first: BoxSeen) -> None:
        assert not box.adopted, f"3: deleted what was taken over: {place}"
        theirs = {key for key in first.members if box.owner.get(key) == PERSON}
        theirs -= self.model.targets[spot].free
        assert not theirs, f"3: deleted a box set with what people put in: {place} {theirs}"
        wanted = self.act.kind == "undo" or self.model.may_rest(spot)
        assert wanted, f"deleted a box set that is wanted: {place}"
        self.model.boxes.pop(place)
        target = self.model.targets[spot]
        target.out |= target.taken & self.model.surely_wanted(spot)
        target.forget_box()

    def _look(self, place: Place, box: Box, new: BoxSeen) -> None:
        for what, value in box.by_hand.items():
            assert getattr(new, what) == value, f"3: the {what} that a person gave: {place}"

    def _undone(self, spot: Spot, added: set[Key], removed: set[Key]) -> None:
        model, run = self.model, self.act.undoes
        assert run is not None
        put, out = model.did.get(run, {}).get(spot, (set(), set()))
        for changed, did, words in ((removed, put, "took out"), (added, out, "put back")):
            foreign = {k for k in changed if k not in did or model.last.get((spot, k)) != run}
            assert not foreign, f"undo {words} what was not that run's: {spot} {foreign}"

    def complete(self, done: Mapping[Spot, tuple[set[Key], set[Key]]]) -> None:
        """An undo that went well took out all that was its run's own."""
        model, run = self.model, self.act.undoes
        for spot, (put, _) in model.did.get(run or 0, {}).items():
            place = model.find(self.before, self.bound, spot)
            if place is None or model.targets[spot].stopped:
                continue
            mine = {k for k in put if model.last.get((spot, k)) == run}
            left = (mine & self.after[place].members if place in self.after else set()) - (
                model.targets[spot].free
            )
            assert not left, f"4: undo left what its run had added: {spot} {left} {done}"


def check_quiet(model: Model, c: int, now: Seen, bound: Mapping[Place, Spot]) -> None:
    """After two quiet runs without holds: all that should be there is, and nothing else of ours."""
    if len(model.lists[c].believed) != 1:
        return
    for spot in SPOTS:
        if spot[0] == c and not model.targets[spot].stopped:
            _check_spot(model, spot, now, bound)


def _check_spot(model: Model, spot: Spot, now: Seen, bound: Mapping[Place, Spot]) -> None:
    target, wish = model.targets[spot], model.wishes[spot[0]]
    place = model.find(now, bound, spot)
    members = now[place].members if place else frozenset()
    box = model.boxes[place] if place else Box(by_run=True)
    sure = members - target.free
    ours = {k for k in sure if box.owner.get(k) == RUN and k not in target.pinned}
    wanted = model.surely_wanted(spot)
    back = sure & target.out
    assert not back, f"3: back in what a person took out: {spot} {back}"
    if model.resting(spot):
        assert not ours, f"rests, and holds what we put in: {spot} {ours}"
        return
    if model.may_rest(spot):
        return
    missing = wanted - members - target.out - target.free
    assert not missing, f"listed and owned, and not there: {spot} {missing}"
    if wish.mode != "add_only":
        left = ours - wanted
        assert not left, f"ours, and not listed any more: {spot} {left}"
    if wish.mode == "mirror":
        left = sure - wanted - target.pinned
        assert not left, f"a mirror holds more than its list: {spot} {left}"
