"""A budget, what was measured against it, and how both are told."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """`budget` is the most that `figure` may be, in the unit that the name tells."""

    name: str
    budget: float
    figure: float

    @property
    def met(self) -> bool:
        return self.figure <= self.budget

    def as_dict(self) -> dict[str, object]:
        return {**asdict(self), "met": self.met}


def table(figures: Sequence[Figure]) -> str:
    width = max(len(figure.name) for figure in figures)
    lines = [f"{'':{width}}  {'budget':>8}  {'figure':>8}"]
    lines += [
        f"{one.name:{width}}  {one.budget:8g}  {one.figure:8g}  {'met' if one.met else 'NOT MET'}"
        for one in figures
    ]
    return "\n".join(lines)


def write(figures: Sequence[Figure], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [figure.as_dict() for figure in figures]
    path.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
