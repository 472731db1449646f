"""What to add and what to take out of one box set. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from collectarr.models import Item, Kind, KnownMember, Mode
from collectarr.sync.match import Match
from collectarr.sync.rests import Rest

LOST_AT_LEAST = 5
LOST_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """`rule`: it follows from a rule that a person gave the collection, not from its lists."""

    item_id: str
    title: str
    year: int | None
    kind: Kind | None
    why: str
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The difference between a box set and what it should hold.

    found      members that we did not put there, wanted or not: never ours
    kept_out   members of ours that a person took out: they stay out
    lost       members of ours that Emby lost: among `add` again
    forgotten  ids that we remember for nothing: neither there nor wanted any more
    rest       why the box set is to be empty: then nothing is added
    delete     it may go as a whole: we made it, and nobody else's member would be left in it
    """

    add: tuple[PlannedChange, ...] = ()
    remove: tuple[PlannedChange, ...] = ()
    keep: tuple[PlannedChange, ...] = ()
    found: tuple[str, ...] = ()
    kept_out: tuple[PlannedChange, ...] = ()
    lost: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()
    rest: Rest | None = None
    delete: bool = False

    @property
    def changes_emby(self) -> bool:
        return bool(self.add or self.remove or self.delete)


@dataclass(frozen=True, slots=True)
class Wanted:
    item: Item
    rank: int
    why: str


@dataclass(frozen=True, slots=True)
class BoxSetState:
    """What is in the box set now, and what we remember of it.

    members: item id -> the key that groups versions which Emby merges (or the id itself).
    """

    members: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, KnownMember] = field(default_factory=dict)


def wanted_items(matches: Sequence[Match]) -> dict[str, Wanted]:
    """Item id -> why it is wanted; in list order."""
    wanted: dict[str, Wanted] = {}
    for found in matches:
        for item in found.items:
            wanted.setdefault(item.id, Wanted(item, found.rank, found.why))
    return wanted


def make_plan(
    wanted: Mapping[str, Wanted],
    state: BoxSetState,
    presence: Mapping[str, Item],
    mode: Mode,
) -> Plan:
    """`presence` holds all items of the server: what is not in it is never taken out by us."""
    here = _here(wanted, state)
    absent = [key for key in wanted if key not in here]
    by_hand, lost = _missing_members(absent, state)
    kept_out = set(by_hand) | {k for k, m in state.known.items() if m.state == "kept_out"}
    add = [key for key in absent if key not in kept_out]
    remove = [] if mode is Mode.ADD_ONLY else _removals(wanted, state, presence, mode)
    return Plan(
        add=tuple(_change(wanted[key].item, _why_add(wanted[key], key in lost)) for key in add),
        remove=tuple(
            _change(presence[key], "It is not among the titles of this collection any more.")
            for key in remove
        ),
        keep=tuple(_change(wanted[key].item, wanted[key].why) for key in wanted if key in here),
        found=tuple(key for key in state.members if _is_found(state.known.get(key))),
        kept_out=tuple(_change(wanted[key].item, "Taken out by hand in Emby.") for key in by_hand),
        lost=tuple(lost),
        forgotten=tuple(
            key
            for key, member in state.known.items()
            if key not in state.members
            and (key not in presence or (key not in wanted and member.state != "kept_out"))
        ),
    )


def make_rest(
    wanted: Mapping[str, Wanted],
    state: BoxSetState,
    presence: Mapping[str, Item],
    rest: Rest,
    *,
    ours_to_delete: bool,
) -> Plan:
    """Out goes what we put in, in every mode; what people added or keep stays.

    `ours_to_delete`: there is a box set, and we made it. What a person took out before is
    remembered, and kept out once it is filled again.
    """
    absent = [key for key in wanted if key not in _here(wanted, state)]
    by_hand, _ = _missing_members(absent, state)
    remove = _removals({}, state, presence, Mode.KEEP)
    return Plan(
        remove=tuple(replace(_change(presence[key], rest.why), rule=rest.rule) for key in remove),
        found=tuple(key for key in state.members if _is_found(state.known.get(key))),
        kept_out=tuple(_change(wanted[key].item, "Taken out by hand in Emby.") for key in by_hand),
        forgotten=tuple(
            key
            for key, member in state.known.items()
            if key not in state.members
            and key not in by_hand
            and (key not in presence or member.state != "kept_out")
        ),
        rest=rest,
        delete=rest.delete and ours_to_delete and state.members.keys() <= set(remove),
    )


def _here(wanted: Mapping[str, Wanted], state: BoxSetState) -> set[str]:
    """Wanted items that are members, themselves or as a version that Emby merges with them."""
    groups = set(state.members.values())
    return {
        key for key, want in wanted.items() if key in state.members or _group(want.item) in groups
    }


def _is_found(member: KnownMember | None) -> bool:
    """A member we do not know, or one that a person put back after taking it out."""
    return member is None or member.state == "kept_out"


def _group(item: Item) -> str:
    return item.versions or item.id


def _why_add(want: Wanted, lost: bool) -> str:
    return f"Number {want.rank} on the list. {want.why}" + (" Emby had lost it." if lost else "")


def _change(item: Item, why: str) -> PlannedChange:
    return PlannedChange(item.id, item.title.title, item.title.year, item.title.kind, why)


def _missing_members(absent: Sequence[str], state: BoxSetState) -> tuple[list[str], list[str]]:
    """Wanted ones that were in the box set when it was last seen settled: (by hand, lost)."""
    settled = {key for key, m in state.known.items() if m.state in ("in", "pinned")}
    missing = [key for key in absent if key in settled]
    many = len(missing) > LOST_AT_LEAST and len(missing) > LOST_SHARE * len(settled)
    return ([], missing) if many or not state.members else (missing, [])


def _removals(
    wanted: Mapping[str, Wanted],
    state: BoxSetState,
    presence: Mapping[str, Item],
    mode: Mode,
) -> list[str]:
    groups = {_group(want.item) for want in wanted.values()}
    candidates = [
        key
        for key, group in state.members.items()
        if key in presence and key not in wanted and group not in groups
    ]
    pinned = {key for key, member in state.known.items() if member.state == "pinned"}
    if mode is Mode.MIRROR:
        return [key for key in candidates if key not in pinned]
    ours = {key for key, member in state.known.items() if member.owner == "ours"}
    return [key for key in candidates if key in ours - pinned]
