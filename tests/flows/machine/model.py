"""The naive model: who put what where, what may happen to it, and what must have happened.

Written from the promises alone. Where nobody could tell what is right (a hand and a cut-off run
met on one title) it makes no claim: such titles are `free`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.flows.machine.house import NAMES, House
from tests.flows.machine.sight import BoxSeen, Key, Place, Seen, Spot, key_of, keys_of, number_of

RUN, PERSON = "run", "person"
SPOTS: tuple[Spot, ...] = tuple((c, s) for c in range(2) for s in range(2))


@dataclass
class Box:
    """A box set as its history says: `by_hand` holds what a person changed of its look."""

    by_run: bool
    adopted: bool = False
    owner: dict[Key, str] = field(default_factory=dict)
    by_hand: dict[str, object] = field(default_factory=dict)

    @property
    def ours(self) -> bool:
        return self.by_run or self.adopted


@dataclass
class Target:
    """out: taken out by hand, and seen so by a run. taken: by hand, not looked at yet.

    settled: members when a run last saw that all is well; None before. steady: no run was cut off
    since. gone: left the library while something was known of them.
    """

    out: set[Key] = field(default_factory=set)
    taken: set[Key] = field(default_factory=set)
    pinned: set[Key] = field(default_factory=set)
    free: set[Key] = field(default_factory=set)
    gone: set[Key] = field(default_factory=set)
    settled: frozenset[Key] | None = None
    steady: bool = True
    stopped: bool = False
    untold: dict[tuple[str, Key], int] = field(default_factory=dict)

    def forget_box(self) -> None:
        self.free |= self.taken
        self.taken, self.settled, self.pinned = set(), None, set()
        self.untold.clear()

    def blur(self, key: Key) -> None:
        self.free.add(key)
        self.taken.discard(key)
        self.untold = {(op, k): n for (op, k), n in self.untold.items() if k != key}


@dataclass
class Listed:
    """believed: what the product may take the list for. good: the last length that was trusted."""

    now: frozenset[int] = frozenset(range(1, 7))
    believed: set[frozenset[int]] = field(default_factory=set)
    spoiled: str | None = None
    good: int = 0
    suspect: bool = False
    trusted: int | None = None

    @property
    def doubtful(self) -> bool:
        """Whether removals have to wait for a person."""
        length = min((len(films) for films in self.believed), default=0)
        return self.suspect and (self.trusted is None or length < 0.5 * self.trusted)

    def read(self) -> None:
        """A run has read it. Short, empty, private: what was believed stays."""
        if self.spoiled is not None:
            return
        self.suspect = bool(self.good) and len(self.now) < 0.5 * self.good
        if not self.suspect:
            self.good, self.trusted = len(self.now), None
        self.believed = {self.now}


@dataclass
class Wishes:
    name: str
    mode: str = "keep"
    least: int = 1
    season: str | None = None
    delete: bool = False


@dataclass
class Model:
    house: House
    boxes: dict[Place, Box] = field(default_factory=dict)
    targets: dict[Spot, Target] = field(default_factory=dict)
    lists: list[Listed] = field(default_factory=lambda: [Listed(), Listed()])
    wishes: list[Wishes] = field(default_factory=lambda: [Wishes(name) for name in NAMES])
    excluded: set[int] = field(default_factory=set)
    pins: dict[tuple[int, int], str] = field(default_factory=dict)
    unused: set[Place] = field(default_factory=set)
    scanning: set[int] = field(default_factory=set)
    did: dict[int, dict[Spot, tuple[set[Key], set[Key]]]] = field(default_factory=dict)
    undoing: set[int] = field(default_factory=set)
    last: dict[tuple[Spot, Key], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.targets = {spot: Target() for spot in SPOTS}

    # What should be there.

    def stands_for(self, s: int, films: Iterable[int]) -> set[Key]:
        """Items of one Emby that are one of these films, and may be taken: by what a person said
        of it, else by its ids.
        """
        emby, wanted = self.house.embys[s], set(films) - self.excluded
        said = {item: film for (server, film), item in self.pins.items() if server == s}
        by_ids = wanted - set(said.values())
        return {
            key_of(emby, item)
            for item in emby.items
            if (number_of(item) in by_ids or said.get(item.id) in wanted)
            and (s, item.library_id) not in self.unused
        }

    def surely_wanted(self, spot: Spot) -> set[Key]:
        believed = self.lists[spot[0]].believed or {frozenset()}
        return self.stands_for(spot[1], frozenset.intersection(*believed))

    def perhaps_wanted(self, spot: Spot) -> set[Key]:
        believed = {*self.lists[spot[0]].believed, self.lists[spot[0]].now}
        return self.stands_for(spot[1], frozenset().union(*believed))

    def owned(self, spot: Spot) -> int:
        """Titles of the list that this Emby holds."""
        films = max(self.lists[spot[0]].believed, key=len, default=frozenset())
        return sum(bool(self.stands_for(spot[1], [film])) for film in films)

    def out_of_season(self, spot: Spot) -> bool:
        return self.wishes[spot[0]].season == "out"

    def may_rest(self, spot: Spot) -> bool:
        return self.out_of_season(spot) or self.owned(spot) < self.wishes[spot[0]].least

    def there(self, s: int) -> frozenset[Key]:
        emby = self.house.embys[s]
        return keys_of(emby, [item.id for item in emby.items])

    # What people do.

    def spots_of(self, place: Place, bound: Mapping[Place, Spot]) -> list[Target]:
        return [self.targets[bound[place]]] if place in bound else []

    def put_by_hand(self, place: Place, key: Key, bound: Mapping[Place, Spot]) -> None:
        box = self.boxes[place]
        box.owner[key] = PERSON
        if place not in bound:
            return
        spot = bound[place]
        target = self.targets[spot]
        self.last[spot, key] = 0
        if key in target.taken or (not target.steady and self._met(spot, key)):
            target.blur(key)
        target.out.discard(key)

    def _met(self, spot: Spot, key: Key) -> bool:
        target = self.targets[spot]
        touched = any(k == key for _, k in target.untold)
        known = target.settled is None or key in target.settled
        return touched or known or key in self.perhaps_wanted(spot)

    def took_by_hand(self, place: Place, key: Key, bound: Mapping[Place, Spot]) -> None:
        self.boxes[place].owner.pop(key, None)
        if place not in bound:
            return
        spot = bound[place]
        target = self.targets[spot]
        self.last[spot, key] = 0
        target.pinned.discard(key)
        if target.steady and key in (target.settled or ()):
            target.taken.add(key)
        else:
            target.blur(key)

    def deleted_by_hand(self, place: Place, bound: Mapping[Place, Spot]) -> None:
        self.boxes.pop(place)
        for target in self.spots_of(place, bound):
            target.forget_box()

    def moved_in_library(self, s: int, keys: Iterable[Key]) -> None:
        """What was known of these items may be known no more; a look without them settles it."""
        for (_, server), target in self.targets.items():
            for key in keys if server == s else ():
                target.blur(key)
                target.gone.add(key)

    # What a run looks at.

    def looks(self, spot: Spot, box: BoxSeen | None) -> None:
        """A run is about to see what people took out since the last one."""
        target = self.targets[spot]
        members = box.members if box else frozenset()
        missing = {key for key in target.taken if key in self.perhaps_wanted(spot)}
        missing -= target.free
        # The shelf is small: more than five are more than a quarter of it.
        if not members or len(missing) > 5:
            if not target.steady:
                target.free |= missing
            target.taken -= missing

    def looked(self, spot: Spot) -> None:
        """A run that nothing went wrong in has seen it, and the box set is settled."""
        target = self.targets[spot]
        target.out |= target.taken & self.surely_wanted(spot)
        target.free |= target.taken & (self.perhaps_wanted(spot) - self.surely_wanted(spot))
        target.taken = set()
        there = self.there(spot[1])
        for key in target.gone - there:
            target.free.discard(key)
            target.out.discard(key)
            target.pinned.discard(key)
        target.gone &= there

    def resting(self, spot: Spot) -> bool:
        few = self.owned(spot) < self.wishes[spot[0]].least
        return self.out_of_season(spot) or (few and not self.lists[spot[0]].suspect)

    def find(self, seen: Seen, bound: Mapping[Place, Spot], spot: Spot) -> Place | None:
        return next((place for place, one in bound.items() if one == spot and place in seen), None)
