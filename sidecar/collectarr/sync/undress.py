"""Taking back what a run did to a box set itself: its name and its look."""

from collections.abc import Mapping, Sequence
from typing import Any

from collectarr.emby.client import EmbyClient
from collectarr.errors import CollectarrError, NotFoundError, UpstreamError
from collectarr.models import BoxSet, Look
from collectarr.posters.pictures import Pictures
from collectarr.runner import Report
from collectarr.store import targets
from collectarr.store.db import Database
from collectarr.store.runs import Change
from collectarr.store.targets import Target
from collectarr.sync.create import name_taken
from collectarr.sync.dress import FIELDS
from collectarr.sync.poster import put_back
from collectarr.sync.whole import read, same, write
from collectarr.sync.worn import EMBY, NONE, Worn

SINCE = "How “{name}” looks has been changed since, and stays so."
BACK = "“{name}” is called and looks as it did before."


async def undress(
    db: Database,
    client: EmbyClient,
    report: Report,
    target: Target,
    box_set: BoxSet,
    box_sets: Mapping[str, BoxSet],
    changes: Sequence[Change],
) -> list[str]:
    """Only where what is there now is still what that run wrote. Returns what to say of it.

    What we remember to have written stays: so what is there now counts as a person's wish, and
    the next run leaves it alone.
    """
    undone = [change for change in changes if change.op in ("rename", "look")]
    if not undone:
        return []
    whole = await client.box_set_object(box_set.id)
    words: list[str] = []
    told: list[Change] = []
    for change in reversed(undone):
        back, was = _put(whole, change.details or {})
        name = back.get("name")
        others = {key: other for key, other in box_sets.items() if key != box_set.id}
        if name and name_taken(name, others, {}):
            write(whole, "name", was["name"])
            words.append(f"It keeps its name: another collection is called “{name}” by now.")
        elif back:
            told.append(_told(target, box_set, change.op, back, was))
        else:
            words.append(SINCE.format(name=box_set.name))
    if told:
        await targets.touch_target(db, target.id)
        await client.put_box_set(box_set.id, whole)
        await targets.set_box_set_name(db, target.id, str(read(whole, "name")))
        await report.changed(told)
        words.append(BACK.format(name=read(whole, "name")))
    return words


async def undo_poster(
    db: Database,
    client: EmbyClient,
    pictures: Pictures,
    report: Report,
    target: Target,
    box_set: BoxSet,
    wish: Look,
    changes: Sequence[Change],
) -> list[str]:
    """Whoever calls waits until it has settled, and looks at the poster then."""
    words = []
    for change in changes:
        if change.op != "poster" or change.details is None:
            continue
        known = await targets.get_target(db, target.id) or target
        problem = await put_back(db, client, pictures, known, box_set, wish, change.details)
        if problem is None:
            why = "You took back the poster that a run had put there."
            details = {"before": change.details["after"], "after": change.details["before"]}
            told = Change(
                *(target.server_id, "poster", None, box_set.name, None, why, box_set.id, details)
            )
            await report.changed([told])
        words.append(problem or f"“{box_set.name}” has its earlier poster again.")
    return words


async def looks_of(
    client: EmbyClient, pictures: Pictures, target: Target, box_set: BoxSet
) -> dict[str, Any]:
    """How a box set that is about to be deleted looks: the details of that change.

    What cannot be read is left out: that must not hinder the deletion.
    """
    looks: dict[str, Any] = {"dressed": {k: v for k, v in target.dressed.items() if k != "marked"}}
    try:
        whole = await client.box_set_object(box_set.id)
        looks["look"] = {key: read(whole, key) for key in FIELDS}
        whose = Worn.of(target).whose(box_set.image_tag)
        if whose not in (NONE, EMBY):
            picture = await pictures.keep(await client.poster(box_set.id))
            looks["poster"] = {"whose": whose, "file": picture}
    except (UpstreamError, NotFoundError):
        looks["lost"] = True
    return looks


async def dress_again(
    db: Database,
    client: EmbyClient,
    pictures: Pictures,
    target: Target,
    box_set: BoxSet,
    wish: Look,
    looks: Mapping[str, Any],
) -> list[str]:
    """Give a box set that was made again the looks of the deleted one. Returns what is lost.

    Whoever calls waits until it has settled, and looks at the poster then.
    """
    lost = []
    if looks.get("lost") or "look" not in looks:
        lost.append("all of how it looked was not known when it was deleted")
    try:
        if "look" in looks:
            await targets.set_dressed(db, target.id, dict(looks["dressed"]))
            await _write_again(client, box_set.id, looks["look"])
    except CollectarrError as error:
        lost.append(f"its words: {error.message}")
    try:
        if looks.get("poster"):
            details = {"before": looks["poster"], "after": {"whose": NONE, "file": None}}
            known = await targets.get_target(db, target.id) or target
            problem = await put_back(db, client, pictures, known, box_set, wish, details)
            lost += [f"its poster: {problem}"] if problem else []
    except CollectarrError as error:
        lost.append(f"its poster: {error.message}")
    return lost


async def _write_again(client: EmbyClient, box_set_id: str, look: Mapping[str, Any]) -> None:
    whole = await client.box_set_object(box_set_id)
    changed = False
    for key, value in look.items():
        if key != "name" and not same(read(whole, key), value):
            write(whole, key, value)
            changed = True
    if changed:
        await client.put_box_set(box_set_id, whole)


def _put(
    whole: dict[str, Any], details: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Alters `whole`. Returns what it got back, and what that was until now."""
    before, after = details.get("before") or {}, details.get("after") or {}
    back: dict[str, Any] = {}
    was: dict[str, Any] = {}
    for key, wrote in after.items():
        now = read(whole, key)
        if key in before and same(now, wrote) and not same(now, before[key]):
            back[key], was[key] = before[key], now
            write(whole, key, before[key])
    return back, was


def _told(
    target: Target, box_set: BoxSet, op: str, back: Mapping[str, Any], was: Mapping[str, Any]
) -> Change:
    name = str(back.get("name") or box_set.name)
    why = "You took back how a run had named it." if op == "rename" else "You took back its look."
    details = {"before": dict(was), "after": dict(back)}
    return Change(target.server_id, op, None, name, None, why, box_set.id, details)
