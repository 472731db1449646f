"""How the coverage of a collection went, as the points of a line. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from collectarr.store.coverage_days import ANYWHERE, CoverageDay

WIDTH, HEIGHT = 600, 80


@dataclass(frozen=True, slots=True)
class CoverageLine:
    """`points` of a polyline in a box of WIDTH by HEIGHT; `label` says it to who cannot see it."""

    points: str
    label: str
    first: str
    last: str
    width: int = WIDTH
    height: int = HEIGHT


def coverage_line(days: Sequence[CoverageDay], today: date, span: int) -> CoverageLine | None:
    """On any server, in per cent of what was wanted. None with less than two days to draw."""
    known = [row for row in days if row.server_id == ANYWHERE and row.total]
    if len(known) < 2:
        return None
    begin = max(known[0].day, today - timedelta(days=span - 1))
    width = max(1, (today - begin).days)
    points = [
        f"{WIDTH * (row.day - begin).days / width:.1f},{HEIGHT * (1 - row.owned / row.total):.1f}"
        for row in known
    ]
    first, last = known[0], known[-1]
    label = (
        f"From {first.owned} of {first.total} on {_day(first.day)}"
        f" to {last.owned} of {last.total} on {_day(last.day)}."
    )
    # What was so on its last day is so still.
    points.append(f"{WIDTH:.1f},{points[-1].partition(',')[2]}")
    return CoverageLine(" ".join(points), label, _day(first.day), _day(last.day))


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
