"""What a change of a library means for a collection, told without looking at all of either.

Only what an id settles is decided here, for ids come before everything else. Where a title may
have a say, where something may have to go, or where a rule counts, the collection is planned as a
whole right afterwards; what ids add is added at once all the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from collectarr.emby.client import EmbyClient
from collectarr.models import BoxSet, Item, ListItem, Mode, PosterFrom, Trigger, utc_now
from collectarr.store import lists, targets
from collectarr.store.changes import related_items
from collectarr.store.collections import Collection, StoredMatch, load_collections
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.store.wanted import list_rows_named, matches_at
from collectarr.sync.contents import contents, inputs_of_others, title_key
from collectarr.sync.correct import inputs_of_corrections, load_corrections
from collectarr.sync.lists import Lists
from collectarr.sync.match import Match
from collectarr.sync.outside import Outside
from collectarr.sync.plan import BoxSetState, Plan, make_plan, wanted_items
from collectarr.sync.presence import Taken
from collectarr.sync.seasons import day_of, in_season
from collectarr.sync.target import inputs_for, read_state
from collectarr.sync.view import ServerView, Wish, is_settled
from collectarr.sync.wanted import Touched, Wanted, keys_of_rows

BY_ID = frozenset(("imdb", "tmdb", "tvdb", "trakt"))
SETTLED = BY_ID | {"pin"}


@dataclass(slots=True)
class Case:
    """One collection on the server that an event came from. `rows`: those that share an id with
    what changed, `before` what stood for them. `whole`: it has to be planned as a whole as well.
    """

    wish: Wish
    target: Target
    rows: Sequence[ListItem]
    before: Mapping[int, StoredMatch]
    whole: bool = False
    matches: list[Match] = field(default_factory=list)
    plan: Plan = field(default_factory=Plan)
    members: frozenset[str] = frozenset()
    box_set: BoxSet | None = None

    @property
    def collection(self) -> Collection:
        return self.wish.collection

    @property
    def newly_owned(self) -> int:
        return sum(not self.before[found.rank].item_ids for found in self.matches)


async def cases_of(
    db: Database, outside: Outside, server: Server, taken: Taken
) -> tuple[list[Case], set[int]]:
    """What can be decided here, and the collections that have to be planned as a whole."""
    touched = {one.collection_id: one for one in taken.touched}
    whole = set(taken.full)
    ids = [key for key in touched if key not in whole]
    stored = await targets.load_targets(db, ids)
    here = {one.collection_id: one for one in stored if one.server_id == server.id}
    was = replace(server, generation=taken.before)
    cases = []
    for collection in await load_collections(db, ids):
        target = here.get(collection.id)
        if target is None or target.state != "ok":
            continue
        case = await _case(db, outside, was, collection, target, touched[collection.id], taken)
        if case is None:
            whole.add(collection.id)
        else:
            cases.append(case)
    return cases, whole


async def _case(
    db: Database,
    outside: Outside,
    was: Server,
    collection: Collection,
    target: Target,
    touched: Touched,
    taken: Taken,
) -> Case | None:
    """None where only the whole tells."""
    wish = await _wish(db, outside, collection)
    if _counts(collection, target, wish) or target.inputs != inputs_for(wish, was):
        return None
    before = await matches_at(db, collection.id, was.id, touched.by_id)
    rows = await _rows(db, collection, before, touched.by_id, taken)
    if rows is None or await _is_corrected(db, was, rows):
        return None
    case = Case(wish, target, rows, before, whole=collection.look.poster is PosterFrom.MOSAIC)
    if await _titles_have_a_say(db, outside.wanted, was, case, touched):
        case.whole = True
    return case


async def _wish(db: Database, outside: Outside, collection: Collection) -> Wish:
    stored = await lists.get_lists(db, [entry.list_id for entry in collection.lists])
    inputs = (
        Lists(stored).inputs_of(collection)
        + await inputs_of_others(db, collection)
        + await inputs_of_corrections(db, collection.user_id)
    )
    return Wish(collection, (), (), inputs, Trigger.EVENT.value, day_of(utc_now(), outside.zone))


def _counts(collection: Collection, target: Target, wish: Wish) -> bool:
    """Whether how many there are, or what a person has to say, decides more than a few rows."""
    rules, upkeep = collection.rules, collection.upkeep
    return bool(
        target.held is not None
        or target.resting is not None
        or target.box_set_id is None
        or (rules.in_library and rules.limit is not None)
        or upkeep.least > 1
        or not in_season(upkeep.season, wish.today)
        or collection.look.name is not None
    )


async def _rows(
    db: Database,
    collection: Collection,
    before: Mapping[int, StoredMatch],
    ranks: Iterable[int],
    taken: Taken,
) -> list[ListItem] | None:
    """The rows at these ranks: as one of the lists has them, or worked out where lists or rules
    made another of it. None if they are others than those of the last plan.
    """
    wanted = set(ranks)
    if not wanted <= before.keys():
        return None
    titles = [item.title for item in taken.changes.items]
    by_key = {
        title_key(row.title): row
        for row in await list_rows_named(db, [one.list_id for one in collection.lists], titles)
    }
    rows = [by_key.get(before[rank].title or 0) for rank in sorted(wanted)]
    found = [
        replace(row, rank=rank)
        for rank, row in zip(sorted(wanted), rows, strict=True)
        if row is not None
    ]
    if len(found) < len(wanted):
        found = [row for row in await contents(db, collection) if row.rank in wanted]
    same = all(before[row.rank].title == title_key(row.title) for row in found)
    return found if same and len(found) == len(wanted) else None


async def _is_corrected(db: Database, server: Server, rows: Iterable[ListItem]) -> bool:
    corrections = await load_corrections(db, server)
    return any(corrections.about(row.title) for row in rows)


async def _titles_have_a_say(
    db: Database, wanted: Wanted, server: Server, case: Case, touched: Touched
) -> bool:
    """Whether rows that no id settles bear a name of what changed, or of these rows."""
    entry = await wanted.entry(case.collection.id)
    if entry is None:
        return True
    named = entry.ranks(keys_of_rows(row.title for row in case.rows))[1]
    others = (touched.by_name | named) - touched.by_id
    found = await matches_at(db, case.collection.id, server.id, others)
    return others != found.keys() or any(one.by not in SETTLED for one in found.values())


async def items_for(
    db: Database, server: Server, cases: Sequence[Case], taken: Taken
) -> dict[str, Item]:
    """All items that an id leads to from what changed or from the rows it concerns."""
    titles = [row.title for case in cases for row in case.rows]
    return await related_items(db, server.id, titles, taken.changes.came)


async def decide(db: Database, client: EmbyClient, view: ServerView, case: Case) -> None:
    """What to add for one collection. `view` has only the items that matter here."""
    box_set = view.box_sets.get(case.target.box_set_id or "")
    if box_set is None:
        case.whole = True
        return
    settled = is_settled(case.target, box_set)
    if not settled and box_set.marker != view.marker(case.target):
        # Perhaps another one, made by a person where ours had been.
        case.whole = True
        return
    for found in view.matches(case.collection, case.rows):
        before = case.before[found.rank]
        if found.by not in BY_ID or _may_matter_elsewhere(before, found):
            case.whole = True
        if found.by in BY_ID:
            case.matches.append(found)
    wanted = wanted_items(case.matches)
    case.box_set = box_set
    if not wanted:
        return
    state = await read_state(db, client, case.target, box_set)
    if case.target.etag is not None and not settled:
        # Somebody changed it: that is looked at as a whole.
        case.whole = True
    _plan(case, state, view.items)


def _may_matter_elsewhere(before: StoredMatch, now: Match) -> bool:
    """An item that a row lets go of, or a row that claims nothing more by its name, may make
    another one's match.
    """
    lost = set(before.item_ids) - {item.id for item in now.items}
    return bool(lost or before.by == "title" or (not before.item_ids and before.near))


def _plan(case: Case, state: BoxSetState, items: Mapping[str, Item]) -> None:
    plan = make_plan(wanted_items(case.matches), state, items, Mode.ADD_ONLY)
    if plan.kept_out or plan.lost:
        case.whole = True
    lost = set(plan.lost)
    case.plan = Plan(add=tuple(change for change in plan.add if change.item_id not in lost))
    case.members = frozenset(state.members)
