"""Making and changing a collection, from what a person typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from collectarr.errors import InvalidError
from collectarr.models import ListInfo, Look, Merge, Mode, Rules, Title, Upkeep, utc_now
from collectarr.store import collections as stored_collections
from collectarr.store import lists, servers
from collectarr.store.collections import Collection, CollectionList
from collectarr.store.db import Database
from collectarr.store.manual import MANUAL, add_manual_list
from collectarr.sync.define_look import checked_look
from collectarr.sync.define_rules import checked_rules, checked_titles
from collectarr.sync.define_upkeep import checked_upkeep
from collectarr.sync.lists import describe_list
from collectarr.sync.outside import Outside
from collectarr.sync.problems import Problems
from collectarr.sync.recognise import the_one
from collectarr.sync.seasons import next_turn

LONGEST_NAME = 120
"""Emby turns a name into a folder, and folders have limits; 300 characters it cannot take."""
LONGEST_FOLDER = 240
"""Bytes: file systems take 255, and Emby appends to the name."""
OPERATIONS = ("union", "intersect", "minus")
MOST_LISTS = 20
FIRST = "The first list is where the others are added to or taken from: it has to be a union."
ONE_BY_HAND = "A collection has one list kept by hand at most."
TWICE = "This list is in the collection already."


@dataclass(frozen=True, slots=True)
class ListChoice:
    """A list as a person named it: `text` is a URL or a reference at `source`.

    `source` "": the only one that knows such an address.
    `list_id` instead: a list that the collection has already stays as it is, unasked for. The
    source `manual` needs neither: it is the one list of the collection that is kept by hand.
    """

    source: str = ""
    text: str = ""
    op: str = "union"
    list_id: int | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """`name` None: the first list's. `server_ids` None: all of the user's servers.

    All from `merge` on None: as they were, and nothing for a new one.
    """

    name: str | None
    lists: tuple[ListChoice, ...]
    mode: Mode = Mode.KEEP
    interval_hours: int = 24
    enabled: bool = True
    server_ids: tuple[int, ...] | None = None
    merge: Merge | None = None
    rules: Rules | None = None
    pins: tuple[Title, ...] | None = None
    exclusions: tuple[Title, ...] | None = None
    upkeep: Upkeep | None = None
    look: Look | None = None


NOT_NAMED = (
    "A list kept by hand is not named by an address: leave this out, and put titles in afterwards."
)


async def define_collection(
    db: Database, outside: Outside, user_id: int, definition: Definition
) -> Collection:
    """A new collection. Each list is looked up with the user's own credential first.

    Raises InvalidError for all that cannot be, NotFoundError for a foreign server, and the three
    source errors for lists that cannot be had; nothing is kept then.
    """
    if not definition.lists:
        raise wrong_field("lists", "Give at least one list.")
    server_ids, every_server = await _servers(db, user_id, definition.server_ids)
    problems = Problems()
    checked = await _checked(db, user_id, definition, problems)
    with problems.noted():
        checked.pins, checked.exclusions = checked_titles(
            definition.pins or (), definition.exclusions or ()
        )
    if definition.name is None and definition.lists[0].source == MANUAL:
        problems.fields["name"] = "A list kept by hand has no name of its own: give one."
    choices, infos = await problems.of(_look_up(outside, user_id, definition.lists, {}), ([], []))
    problems.raise_any()
    name = checked.name or checked_name(infos[0].name if infos[0] else "")
    return await stored_collections.add_collection(
        db,
        user_id,
        name=name,
        mode=definition.mode,
        interval_hours=definition.interval_hours,
        enabled=definition.enabled,
        lists=await _keep(db, user_id, choices, infos, {}, name),
        server_ids=server_ids,
        every_server=every_server,
        merge=definition.merge or Merge.IN_ORDER,
        rules=checked.rules,
        pins=checked.pins or (),
        exclusions=checked.exclusions or (),
        upkeep=checked.upkeep,
        look=checked.look,
    )


async def redefine_collection(
    db: Database,
    outside: Outside,
    collection: Collection,
    definition: Definition,
    wrong: Mapping[str, str] | None = None,
) -> Collection:
    """Change a collection. No lists: they stay; `server_ids` None: they stay.

    `wrong`: fields that are known to be wrong already, to be told with the others. Raises like
    `define_collection`.
    """
    user_id = collection.user_id
    chosen, every_server = None, False
    if definition.server_ids is not None:
        chosen, every_server = await _servers(db, user_id, definition.server_ids)
    problems = Problems(wrong)
    checked = await _checked(db, user_id, definition, problems, collection)
    name = checked.name or collection.name
    entries, present = None, await _present(db, collection) if definition.lists else {}
    choices, infos = (
        await problems.of(_look_up(outside, user_id, definition.lists, present), ([], []))
        if definition.lists
        else ([], [])
    )
    problems.raise_any()
    if definition.lists:
        entries = await _keep(db, user_id, choices, infos, present, name)
    season = (checked.upkeep or collection.upkeep).season
    return await stored_collections.update_collection(
        db,
        collection,
        name=name,
        mode=definition.mode,
        interval_hours=definition.interval_hours,
        enabled=definition.enabled,
        lists=entries,
        server_ids=chosen,
        every_server=every_server,
        merge=definition.merge,
        rules=checked.rules,
        pins=checked.pins,
        exclusions=checked.exclusions,
        upkeep=checked.upkeep,
        look=checked.look,
        by=next_turn(season, utc_now(), outside.zone),
    )


@dataclass(slots=True)
class _Checked:
    """The parts of a definition as they are kept; None: as they were."""

    name: str | None = None
    rules: Rules | None = None
    pins: tuple[Title, ...] | None = None
    exclusions: tuple[Title, ...] | None = None
    upkeep: Upkeep | None = None
    look: Look | None = None


async def _checked(
    db: Database,
    user_id: int,
    definition: Definition,
    problems: Problems,
    was: Collection | None = None,
) -> _Checked:
    """All that can be checked without asking anybody; what is wrong goes into `problems`."""
    found = _Checked()
    with problems.noted():
        _check_interval(definition.interval_hours)
    with problems.noted():
        found.name = None if definition.name is None else checked_name(definition.name)
    rules = definition.rules or (Rules() if was is None else None)
    if rules is not None:
        with problems.noted():
            found.rules = await checked_rules(db, user_id, rules, was.id if was else None)
    with problems.noted():
        found.upkeep = await checked_upkeep(db, user_id, definition.upkeep)
    with problems.noted():
        found.look = checked_look(definition.look)
    pins, exclusions = definition.pins, definition.exclusions
    if was is not None and (pins is not None or exclusions is not None):
        with problems.noted():
            found.pins, found.exclusions = checked_titles(
                was.pins if pins is None else pins,
                was.exclusions if exclusions is None else exclusions,
            )
    return found


def checked_name(name: str) -> str:
    """`name` as Emby can keep it. Raises InvalidError."""
    clean = " ".join(name.split())
    problem = ""
    if not any(character.isalnum() for character in clean):
        problem = "A name needs at least one letter or digit."
    elif len(clean) > LONGEST_NAME or len(clean.encode()) > LONGEST_FOLDER:
        problem = f"At most {LONGEST_NAME} characters: Emby makes a folder of the name."
    elif not clean.isprintable():
        problem = "The name has characters that cannot be shown."
    if problem:
        raise InvalidError(problem, code="name", details={"fields": {"name": problem}})
    return clean


def wrong_field(name: str, problem: str, code: str | None = None) -> InvalidError:
    return InvalidError(problem, code=code, details={"fields": {name: problem}})


def _check_interval(hours: int) -> None:
    if not 1 <= hours <= 168:
        raise wrong_field("interval_hours", "Between 1 and 168 hours.")


async def _servers(
    db: Database, user_id: int, chosen: Sequence[int] | None
) -> tuple[list[int], bool]:
    """The servers' ids, and whether they are all that the user has."""
    every = [server.id for server in await servers.list_servers(db, user_id)]
    if chosen is None:
        return every, True
    ids = [(await servers.get_server(db, user_id, key)).id for key in dict.fromkeys(chosen)]
    return ids, bool(ids) and set(ids) == set(every)


Present = Mapping[int, tuple[CollectionList, str, str]]
"""Lists that the collection has: list id -> how it has it, the list's source and reference."""


async def _present(db: Database, collection: Collection) -> Present:
    stored = await lists.get_lists(db, [entry.list_id for entry in collection.lists])
    return {
        entry.list_id: (entry, stored[entry.list_id].source, stored[entry.list_id].reference)
        for entry in collection.lists
    }


async def _look_up(
    outside: Outside, user_id: int, choices: Sequence[ListChoice], present: Present
) -> tuple[list[ListChoice], list[ListInfo | None]]:
    """What each choice is at its source; None for what no source has to be asked about."""
    choices = _by_hand_once(choices, present)
    _check_operations(choices)
    infos = [
        await _describe(outside, user_id, choice, place)
        if choice.list_id is None and choice.source != MANUAL
        else None
        for place, choice in enumerate(choices)
    ]
    return choices, infos


async def _keep(
    db: Database,
    user_id: int,
    choices: Sequence[ListChoice],
    infos: Sequence[ListInfo | None],
    present: Present,
    name: str,
) -> list[CollectionList]:
    entries: list[CollectionList] = []
    for place, (choice, info) in enumerate(zip(choices, infos, strict=True)):
        entry = await _entry(db, user_id, choice, info, present, name)
        if entry is None or any(entry.list_id == other.list_id for other in entries):
            words = TWICE if entry else "This collection has no such list."
            raise wrong_field(f"lists.{place}.list", words)
        entries.append(entry)
    return entries


def _by_hand_once(choices: Sequence[ListChoice], present: Present) -> list[ListChoice]:
    """A list kept by hand that is there already is the one that is meant."""
    by_hand = next((key for key, (_, source, _) in present.items() if source == MANUAL), None)
    own = present[by_hand][2] if by_hand is not None else ""
    for place, choice in enumerate(choices):
        if choice.source == MANUAL and choice.text.strip() not in ("", own):
            raise wrong_field(f"lists.{place}.list", NOT_NAMED)
    named = [
        replace(choice, list_id=by_hand)
        if choice.source == MANUAL and choice.list_id is None
        else choice
        for choice in choices
    ]
    hands = [
        place
        for place, choice in enumerate(named)
        if choice.source == MANUAL or (by_hand is not None and choice.list_id == by_hand)
    ]
    if len(hands) > 1:
        raise wrong_field(f"lists.{hands[1]}.source", ONE_BY_HAND)
    return named


def _check_operations(choices: Sequence[ListChoice]) -> None:
    if len(choices) > MOST_LISTS:
        raise wrong_field("lists", f"At most {MOST_LISTS} lists.")
    for place, choice in enumerate(choices):
        if choice.op not in OPERATIONS:
            words = f"A list is joined by {', '.join(OPERATIONS)}."
            raise wrong_field(f"lists.{place}.op", words, "op")
    if choices[0].op != "union":
        raise wrong_field("lists.0.op", FIRST, "op")


async def _describe(outside: Outside, user_id: int, choice: ListChoice, place: int) -> ListInfo:
    try:
        source = choice.source or _source_of(outside, choice.text)
        return await describe_list(outside, user_id, source, choice.text)
    except InvalidError as error:
        field = "source" if error.code in ("unknown_source", "unclear_list") else "list"
        details = {**error.details, "fields": {f"lists.{place}.{field}": error.message}}
        raise type(error)(error.message, code=error.code, details=details) from None


def _source_of(outside: Outside, text: str) -> str:
    """Raises InvalidError where that is not clear."""
    return the_one(outside.sources, text).source


async def _entry(
    db: Database,
    user_id: int,
    choice: ListChoice,
    info: ListInfo | None,
    present: Present,
    name: str,
) -> CollectionList | None:
    if choice.list_id is not None:
        there = present.get(choice.list_id)
        return replace(there[0], op=choice.op) if there else None
    if info is None:
        return CollectionList(await add_manual_list(db, user_id, name), choice.op)
    list_id = (await lists.save_list(db, user_id, info)).id
    known = present.get(list_id)
    return replace(known[0], op=choice.op) if known else CollectionList(list_id, choice.op)
