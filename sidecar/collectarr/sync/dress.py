"""How a box set looks, but for its poster: what we want there, and whether it may be written.

Everything goes into one update of the whole object, together with our marker. What is there and is
not what we last wrote is a person's: it stays, is said once, and is written over only when asked.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from collectarr.emby.client import MARKER, EmbyClient
from collectarr.errors import UpstreamError
from collectarr.models import BoxSet
from collectarr.runner import Report
from collectarr.store import targets
from collectarr.store.collections import Collection
from collectarr.store.db import Database
from collectarr.store.runs import Change
from collectarr.store.targets import Target
from collectarr.sync.create import name_taken
from collectarr.sync.define import LONGEST_NAME
from collectarr.sync.match import Match
from collectarr.sync.view import Result, ServerView
from collectarr.sync.whole import read, same, with_tags, write

FIELDS = ("name", "overview", "sort_name", "display_order", "tags")
WORDS = {
    "name": "name",
    "overview": "overview",
    "sort_name": "sort name",
    "display_order": "order",
    "tags": "tags",
}


@dataclass(slots=True)
class Dressed:
    """What we know of the look of one box set, by field.

    wrote    as we last wrote it          before   what was there before that
    sending  sent, its arrival not known  kept     our wish that yields to what a person wrote
    again    what is to be written whatever is there
    marked   whether our marker was written there, and that was answered
    """

    wrote: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    sending: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    again: list[str] = field(default_factory=list)
    marked: bool = False

    @classmethod
    def of(cls, target: Target) -> "Dressed":
        known = cls(**{key: target.dressed[key] for key in cls.__slots__ if key in target.dressed})
        if target.origin == "created" and target.set_name:
            known.wrote.setdefault("name", target.set_name)
        return known

    def stored(self) -> dict[str, Any]:
        return asdict(self)


def box_set_name(collection: Collection, matches: Sequence[Match]) -> str:
    """What the collection is to be called on one server, by its template."""
    template = collection.look.name
    if template is None:
        return collection.name
    count = sum(bool(found.items) for found in matches)
    return filled(template, collection.name, count, len(matches))


def filled(template: str, name: str, count: int, total: int) -> str:
    text = template.format(name=name, count=count, total=total)
    return " ".join(text.split())[:LONGEST_NAME].strip() or name


def wishes(collection: Collection, target: Target, name: str, known: Dressed) -> dict[str, Any]:
    """Field -> what is to be there. A field that nobody asked for is none of ours, but one that
    we wrote and nobody asks for any more goes back to what it was.
    """
    look = collection.look
    wanted: dict[str, Any] = {
        "overview": look.overview,
        "sort_name": look.sort_name,
        "display_order": look.display_order,
        "tags": list(look.tags) or None,
        "name": name if target.origin == "created" or look.name is not None else None,
    }
    back = {
        key: [] if key == "tags" else known.before[key]
        for key in known.wrote
        if wanted.get(key) is None and key in known.before
    }
    return {key: value for key, value in wanted.items() if value is not None} | back


def due(wanted: dict[str, Any], known: Dressed) -> list[str]:
    """The fields worth looking at: not as we last wrote them, and not left to a person."""
    return [
        key
        for key in FIELDS
        if key in wanted
        and (
            key in known.again
            or (known.wrote.get(key) != wanted[key] and known.kept.get(key) != wanted[key])
        )
    ]


def changed_by_hand(box_set: BoxSet, wanted: dict[str, Any], known: Dressed) -> list[str]:
    """What the list of box sets shows already: fields that a person changed since. Those that
    are as we left them again are ours again.
    """
    fresh = []
    for key, now in (("name", box_set.name), ("overview", box_set.overview)):
        if not now or key not in wanted or key not in known.wrote or key in known.again:
            continue
        if same(now, known.wrote[key]) or same(now, known.sending.get(key)):
            known.kept.pop(key, None)
        elif not same(now, wanted[key]) and key not in known.kept:
            known.kept[key] = wanted[key]
            fresh.append(key)
    return fresh


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to write, of what is due; what is there already; and what a person keeps there."""

    write: dict[str, Any]
    there: dict[str, Any]
    theirs: list[str]


def judge(
    whole: dict[str, Any],
    fields: Sequence[str],
    wanted: dict[str, Any],
    known: Dressed,
    origin: str,
) -> Verdict:
    found = Verdict({}, {}, [])
    for key in fields:
        now, wish = read(whole, key), wanted[key]
        if key == "tags":
            wish = with_tags(now, wish, [] if key in known.again else known.wrote.get(key, []))
        if same(now, wish):
            found.there[key] = wanted[key]
        elif key == "tags" or key in known.again or _is_ours(now, key, known, origin):
            found.write[key] = wish
        else:
            found.theirs.append(key)
    return found


def _is_ours(now: Any, key: str, known: Dressed, origin: str) -> bool:
    """Whether nobody wrote there since we did. Before we did: in a box set that we made what is
    not empty is a person's; in one that was taken over a wish is one to change it.
    """
    if key in known.sending and same(now, known.sending[key]):
        return True
    if key in known.wrote:
        return same(now, known.wrote[key])
    return origin == "adopted" or not now or key == "display_order"


async def dress(
    db: Database,
    client: EmbyClient,
    report: Report,
    view: ServerView,
    collection: Collection,
    target: Target,
    box_set: BoxSet,
    name: str,
    result: Result,
) -> None:
    """Bring the look up to what is wished: one read and one write at most, none without need."""
    known = Dressed.of(target)
    before = Dressed.of(target).stored()
    wanted = wishes(collection, target, name, known)
    for key in changed_by_hand(box_set, wanted, known):
        result.notes.append(_kept_words(key, box_set.name))
    fields = due(wanted, known)
    if "name" in fields and _is_taken(view, box_set, name, wanted, result):
        fields.remove("name")
    unmarked = _is_unmarked(target, box_set.marker, view.marker(target))
    try:
        if fields or unmarked:
            await _write(db, client, report, view, target, box_set, fields, wanted, known, result)
    except UpstreamError as error:
        if target.etag is None and unmarked:
            raise
        result.problems.append(f"Its look was not written: {error.message}")
    if known.stored() != before:
        await targets.set_dressed(db, target.id, known.stored())


def _is_taken(
    view: ServerView, box_set: BoxSet, name: str, wanted: dict[str, Any], result: Result
) -> bool:
    others = {key: other for key, other in view.box_sets.items() if key != box_set.id}
    if wanted["name"] == name and name_taken(name, others, view.owned):
        result.problems.append(
            f"Emby already has a collection called {name!r}: there this one is still called"
            f" {box_set.name!r}."
        )
        return True
    return False


def _is_unmarked(target: Target, there: str | None, marker: str) -> bool:
    """Whether our marker has to be written. In a box set that was taken over, the marker of
    another Collectarr stays.
    """
    return there != marker if target.origin == "created" else not there


async def _write(
    db: Database,
    client: EmbyClient,
    report: Report,
    view: ServerView,
    target: Target,
    box_set: BoxSet,
    fields: Sequence[str],
    wanted: dict[str, Any],
    known: Dressed,
    result: Result,
) -> None:
    whole = await client.box_set_object(box_set.id)
    verdict = judge(whole, fields, wanted, known, target.origin or "")
    was = {key: read(whole, key) for key in verdict.write}
    for key in verdict.theirs:
        if key not in known.kept:
            result.notes.append(_kept_words(key, str(whole.get("Name"))))
        known.kept[key] = wanted[key]
    ids = dict(whole.get("ProviderIds") or {})
    unmarked = _is_unmarked(target, ids.get(MARKER), view.marker(target))
    if unmarked:
        whole["ProviderIds"] = {**ids, MARKER: view.marker(target)}
    for key, value in verdict.write.items():
        write(whole, key, value)
    if verdict.write or unmarked:
        known.sending = {key: verdict.write[key] for key in verdict.write}
        await targets.set_dressed(db, target.id, known.stored())
        result.wrote = True
        await targets.touch_target(db, target.id)
        await client.put_box_set(box_set.id, whole)
        if unmarked:
            # At once: another box set may take its place before anything else is known.
            known.marked = True
            await targets.set_dressed(db, target.id, known.stored())
    _remember(known, wanted, was, [*verdict.write, *verdict.there])
    if "name" in (*verdict.write, *verdict.there):
        await targets.set_box_set_name(db, target.id, wanted["name"], by_us=True)
    await _tell(report, target, box_set, was, verdict.write, result)


def _remember(
    known: Dressed, wanted: dict[str, Any], was: dict[str, Any], arrived: Sequence[str]
) -> None:
    known.sending = {}
    for key in arrived:
        known.kept.pop(key, None)
        if known.before.get(key) == wanted[key] or (key == "tags" and not wanted[key]):
            # Taken back: what is there is nobody's wish any more.
            known.before.pop(key, None)
            known.wrote.pop(key, None)
            continue
        if key not in known.wrote:
            known.before[key] = was.get(key, [] if key == "tags" else "")
        known.wrote[key] = wanted[key]
    known.again = [key for key in known.again if key not in arrived]


async def _tell(
    report: Report,
    target: Target,
    box_set: BoxSet,
    was: dict[str, Any],
    written: dict[str, Any],
    result: Result,
) -> None:
    changes = []
    if "name" in written:
        result.renamed = written["name"]
        details = {"before": {"name": was["name"]}, "after": {"name": written["name"]}}
        why = f"It was called {was['name']!r}."
        changes.append(_change(target, "rename", written["name"], why, box_set, details))
    others = [key for key in written if key != "name"]
    if others:
        details = {part: {key: values[key] for key in others} for part, values in
                   (("before", was), ("after", written))}  # fmt: skip
        what = " and ".join(WORDS[key] for key in others)
        called = written.get("name") or box_set.name
        changes.append(_change(target, "look", called, f"Its {what}.", box_set, details))
        result.notes.append(f"Its {what} {'is' if len(others) == 1 else 'are'} written in Emby.")
    await report.changed(changes)


def _change(
    target: Target, op: str, title: str, why: str, box_set: BoxSet, details: dict[str, Any]
) -> Change:
    return Change(target.server_id, op, None, title, None, why, box_set.id, details)


def _kept_words(key: str, called: str) -> str:
    if key == "name":
        return f"Somebody calls it {called} in Emby: that name is kept."
    return f"Somebody changed its {WORDS[key]} in Emby: that is kept."
