"""What matching costs: in plain dict look-ups made in the same process, and as the work doubles."""

from collections.abc import Callable
from statistics import median
from time import process_time

from collectarr.models import Item, ListItem
from collectarr.sync.match import PresenceIndex, match
from tests.bench.figures import Figure
from tests.flows.world import film

COLLECTIONS, ROWS, ITEMS = 100, 500, 100_000
ROUNDS = 5

Lists = list[list[ListItem]]


def matching() -> list[Figure]:
    items = [Item(str(number), film(number)) for number in range(1, ITEMS + 1)]
    index = PresenceIndex(items)
    lists = _lists(2 * COLLECTIONS)
    once, twice = lists[:COLLECTIONS], lists
    plain = {item.title.ids.imdb: item for item in items}
    looked_up = _seconds(lambda: _look_up(once, plain))
    matched, doubled = _seconds(lambda: _match(once, index)), _seconds(lambda: _match(twice, index))
    half, whole = (
        _seconds(lambda: PresenceIndex(items[: ITEMS // 2])),
        _seconds(lambda: PresenceIndex(items)),
    )
    work = f"{COLLECTIONS} x {ROWS} rows, {ITEMS:,} items"
    return [
        Figure(f"match {work}: times as long as plain look-ups", 3, _ratio(matched, looked_up)),
        Figure("match twice the collections: times as long", 2.1, _ratio(doubled, matched)),
        Figure("index twice the items: times as long", 2.1, _ratio(whole, half)),
    ]


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


def _seconds(work: Callable[[], object]) -> float:
    """Of this process alone, the median: whatever else runs here does not count."""
    taken = []
    for _ in range(ROUNDS):
        start = process_time()
        work()
        taken.append(process_time() - start)
    return median(taken)


def _ratio(one: float, other: float) -> float:
    return round(one / other, 2)
