"""What taking a run back would do to one box set: the inverse of that run's own changes. Pure.

What a later run, or a person, has done to the same title since is left as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collectarr.models import Item, KnownMember
from collectarr.store.runs import Change
from collectarr.store.undoing import OwnChange
from collectarr.sync.names import comparable

MET = "A later run has changed it since."
GONE = "It is not in the collection any more."
THEIRS = "A person has put it there since."
BACK = "It is there again already."
KEPT_OUT = "A person has taken it out since."
NOT_FOUND = "It is not in the library any more."
NOT_OURS = "Somebody made that collection anew in Emby. It is not touched."
NOT_SURE = "It came back under another id, and more than one title is called so."


@dataclass(frozen=True, slots=True)
class Step:
    """One title to take out or to put back. `row`: what we remember of it after that."""

    item_id: str
    title: str
    year: int | None
    row: KnownMember | None

    @property
    def called(self) -> str:
        return self.title if self.year is None else f"{self.title} ({self.year})"


@dataclass(frozen=True, slots=True)
class Left:
    """What stays as it is, and why. `lost`: it should have come back and cannot."""

    title: str
    year: int | None
    why: str
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Unplan:
    """`others`: what it did to the box set itself: its name, look and poster, making it.

    gone, back  what an interrupted undo had sent, and did not live to tell: only to be recorded
    again       rows of titles that are as they should be, however they came to be so
    """

    take_out: tuple[Step, ...] = ()
    put_back: tuple[Step, ...] = ()
    left: tuple[Left, ...] = ()
    others: tuple[Change, ...] = ()
    gone: tuple[Step, ...] = ()
    back: tuple[Step, ...] = ()
    again: tuple[KnownMember, ...] = ()

    @property
    def nothing(self) -> bool:
        return not (self.take_out or self.put_back or self.others or self.gone or self.back)


@dataclass(frozen=True, slots=True)
class There:
    """A box set as it is now: its members, what we remember of it, and its library.

    `wanted`: items that the last plan wanted in it; `begun`: what an interrupted undo had begun.
    """

    members: frozenset[str] = frozenset()
    known: Mapping[str, KnownMember] = field(default_factory=dict)
    items: Mapping[str, Item] = field(default_factory=dict)
    wanted: frozenset[str] = frozenset()
    begun: frozenset[str] = frozenset()


def unplan(own: Sequence[OwnChange], there: There) -> Unplan:
    steps: dict[str, list[Step]] = {"add": [], "remove": []}
    told: dict[str, list[Step]] = {"add": [], "remove": []}
    left: list[Left] = []
    again: list[KnownMember] = []
    for one in own:
        if one.change.op not in steps:
            continue
        step = _step(one, there)
        if isinstance(step, Step):
            steps[one.change.op].append(step)
        elif step.why in (GONE, BACK) and (one.change.item_id or "") in there.begun:
            told[one.change.op].append(_told(one.change, there))
        else:
            left.append(step)
            row = _told(one.change, there).row if step.why in (GONE, BACK) else None
            again += [] if row is None else [row]
    others = (one.change for one in own if one.change.op not in steps and not one.later)
    return Unplan(
        tuple(steps["add"]),
        tuple(steps["remove"]),
        tuple(left),
        tuple(others),
        tuple(told["add"]),
        tuple(told["remove"]),
        tuple(again),
    )


def not_ours(own: Sequence[OwnChange]) -> Unplan:
    """Where a person made another box set in the place of ours."""
    return Unplan(
        left=tuple(
            _left(one.change, NOT_OURS, lost=one.change.op == "remove")
            for one in own
            if not one.later and one.change.op in ("add", "remove")
        )
    )


def _told(change: Change, there: There) -> Step:
    """It is so already; whose it is, is known."""
    key = change.item_id or ""
    if change.op == "add":
        row = _row_out(change, key, there)
    else:
        row = _row_back(change, key, there)
        known = there.known.get(key)
        if key not in there.begun and row.owner == "ours":
            theirs = known is None or known.state == "kept_out" or known.owner == "found"
            row = KnownMember(key, "found" if theirs else "ours", row.state)
    return Step(key, change.title, change.year, row)


def _step(one: OwnChange, there: There) -> Step | Left:
    change = one.change
    if one.later:
        return _left(change, MET)
    return _out(change, there) if change.op == "add" else _back(change, there)


def _left(change: Change, why: str, *, lost: bool = False) -> Left:
    return Left(change.title, change.year, why, lost)


def _out(change: Change, there: There) -> Step | Left:
    key = change.item_id or ""
    if key not in there.members:
        return _left(change, GONE)
    row = there.known.get(key)
    was = change.details or {}
    by_hand = row is None or row.state == "kept_out" or (row.owner != "ours" and "was" not in was)
    if by_hand and key not in there.begun:
        return _left(change, THEIRS)
    return Step(key, change.title, change.year, _row_out(change, key, there))


def _back(change: Change, there: There) -> Step | Left:
    key = change.item_id or ""
    if key in there.members:
        return _left(change, BACK)
    row = there.known.get(key)
    undone = "was" in (change.details or {})
    if row is not None and row.state == "kept_out" and not undone and key not in there.begun:
        return _left(change, KEPT_OUT)
    if key not in there.items:
        found = _by_title(change, there.items.values())
        if len(found) != 1:
            return _left(change, NOT_SURE if found else NOT_FOUND, lost=True)
        key = found[0]
        if key in there.members:
            return _left(change, BACK)
    return Step(key, change.title, change.year, _row_back(change, key, there))


def _row_out(change: Change, key: str, there: There) -> KnownMember | None:
    """Nothing where there was nothing before and the next plan would not add it again."""
    undone = "was" in (change.details or {})
    if undone and key not in there.wanted:
        return None
    return KnownMember(key, "ours", "kept_out")


def _row_back(change: Change, key: str, there: There) -> KnownMember:
    """An ordinary member where the next plan would not take it out again."""
    details = change.details or {}
    if details.get("was"):
        return KnownMember(key, details["was"][0], "in" if key in there.wanted else "pinned")
    return KnownMember(key, str(details.get("owner", "ours")), "pinned")


def _by_title(change: Change, items: Iterable[Item]) -> list[str]:
    name = comparable(change.title)
    return [
        item.id
        for item in items
        if item.title.year == change.year and comparable(item.title.title) == name
    ]


def was(row: KnownMember | None) -> dict[str, Any]:
    """What undoing this step again needs."""
    return {"was": None if row is None else [row.owner, row.state]}
