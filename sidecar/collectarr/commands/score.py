"""How good a matching is, where the truth is known."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from collectarr.sync.match import Match


@dataclass(slots=True)
class Truth:
    """By row: the ids that are right for it (copies: any of them), none where it is not owned.

    Rows that it does not name are not judged. `groups`: row -> what it is an example of.
    """

    ids: dict[int, set[str]] = field(default_factory=dict)
    groups: dict[int, str] = field(default_factory=dict)

    def add(self, row: int, item_id: str, group: str) -> None:
        known = self.ids.setdefault(row, set())
        if item_id:
            known.add(item_id)
        if group:
            self.groups[row] = group


@dataclass(slots=True)
class Score:
    """precision: right ids of all ids that were matched; recall: found rows of all owned rows."""

    matched: int = 0
    right: int = 0
    owned: int = 0
    found: int = 0

    def take(self, ids: set[str], true: set[str]) -> None:
        self.matched += len(ids)
        self.right += len(ids & true)
        self.owned += bool(true)
        self.found += bool(ids & true)

    @property
    def precision(self) -> str:
        return f"precision {_share(self.right, self.matched)}"

    @property
    def recall(self) -> str:
        return f"recall {_share(self.found, self.owned)}"


def scores(truth: Truth, matches: Iterable[Match]) -> Iterator[str]:
    """Lines for people: one a group, then precision and recall of all."""
    total, groups = Score(), defaultdict[str, Score](Score)
    unjudged = 0
    for match in matches:
        true = truth.ids.get(match.rank)
        if true is None:
            unjudged += 1
            continue
        ids = {item.id for item in match.items}
        total.take(ids, true)
        if match.rank in truth.groups:
            groups[truth.groups[match.rank]].take(ids, true)
    for name, score in groups.items():
        yield f"{name}: {score.precision}, {score.recall}"
    if unjudged:
        yield f"rows that the truth does not name, not judged: {unjudged}"
    yield total.precision
    yield total.recall


def _share(part: int, whole: int) -> str:
    """Of nothing, nothing was wrong."""
    return f"{part / whole if whole else 1:.4f} ({part} of {whole})"
