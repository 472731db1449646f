"""What matching costs: in plain dict look-ups made in the same process, and as the work doubles."""

from collections.abc import Callable, Mapping
from statistics import median
from time import process_time

from collectarr.models import Item, ListItem
from collectarr.sync.match import PresenceIndex, match
from tests.bench.figures import Figure
from tests.flows.world import film
from tests.sync.at_large import at_large

COLLECTIONS, ROWS, ITEMS = 100, 500, 100_000
LISTED, OWNED = 10_000, 2_000
ROUNDS = 9

Lists = list[list[ListItem]]


def matching() -> list[Figure]:
    return [*_by_ids(), *_by_titles()]


def _by_ids() -> list[Figure]:
    items = [Item(str(number), film(number)) for number in range(1, ITEMS + 1)]
    index = PresenceIndex(items)
    lists = _lists(2 * COLLECTIONS)
    once, twice = lists[:COLLECTIONS], lists
    plain = {item.title.ids.imdb: item for item in items}
    taken = _seconds(
        {
            "plain": lambda: _look_up(once, plain),
            "once": lambda: _match(once, index),
            "twice": lambda: _match(twice, index),
            "half": lambda: PresenceIndex(items[: ITEMS // 2]).names(),
            "whole": lambda: PresenceIndex(items).names(),
        }
    )
    work = f"{COLLECTIONS} x {ROWS} rows, {ITEMS:,} items"
    return [
        Figure(
            f"match {work}: times as long as plain look-ups",
            3,
            _ratio(taken["once"], taken["plain"]),
        ),
        Figure(
            "match twice the collections: times as long", 2.1, _ratio(taken["twice"], taken["once"])
        ),
        Figure(
            "index twice the items, ids and names: times as long",
            2.1,
            _ratio(taken["whole"], taken["half"]),
        ),
    ]


def _by_titles() -> list[Figure]:
    """A list without ids, where names are all there is."""
    one, two = at_large(1, LISTED, OWNED), at_large(1, 2 * LISTED, OWNED)
    taken = _seconds(
        {
            "once": lambda: match(one.rows, PresenceIndex(one.items)),
            "twice": lambda: match(two.rows, PresenceIndex(two.items)),
        }
    )
    name = f"match {LISTED:,} rows without ids, and twice as many: times as long"
    return [Figure(name, 2.1, _ratio(taken["twice"], taken["once"]))]


def _lists(count: int) -> Lists:
    """Spread over the library, a fifth of each list beyond it: rows that are missing."""
    reach = ITEMS + ITEMS // 4
    return [
        [
            ListItem(rank, film(1 + (7919 * (ROWS * number + rank)) % reach))
            for rank in range(1, ROWS + 1)
        ]
        for number in range(count)
    ]


def _match(lists: Lists, index: PresenceIndex) -> None:
    for rows in lists:
        match(rows, index)


def _look_up(lists: Lists, plain: dict[str | None, Item]) -> None:
    for rows in lists:
        [plain.get(row.title.ids.imdb) for row in rows]


def _seconds(works: Mapping[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Of this process alone, in rounds of one each: what disturbs one disturbs its neighbours."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            start = process_time()
            work()
            taken[name].append(process_time() - start)
    return taken


def _ratio(one: list[float], other: list[float]) -> float:
    return round(median(a / b for a, b in zip(one, other, strict=True)), 2)
