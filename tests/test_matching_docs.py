"""docs/matching.md tells how well titles are matched: in the numbers that the command prints."""

import csv
import json
import re
from pathlib import Path

import pytest

from collectarr.__main__ import main

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "matching.md").read_text(encoding="utf-8")
FILES = [str(DOCS / "matching" / name) for name in ("list.csv", "library.csv", "truth.csv")]
ON_PURPOSE = "left alone on purpose"


def rows(name: str) -> list[dict[str, str]]:
    with (DOCS / "matching" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> tuple[list[dict[str, object]], list[str]]:
    """What the command says of the table: its lines on stdout, and the numbers."""
    assert main(["match", FILES[0], FILES[1], "--truth", FILES[2]]) == 0
    captured = capsys.readouterr()
    return [json.loads(line) for line in captured.out.splitlines()], captured.err.splitlines()


def test_the_numbers_on_the_page_are_those_that_the_command_prints(
    told: tuple[list[dict[str, object]], list[str]],
) -> None:
    assert f"```\n{chr(10).join(told[1])}\n```" in PAGE
    assert f"{len(rows('list.csv'))} titles of a list against a library of" in PAGE
    assert f"a library of {len(rows('library.csv'))}, all" in PAGE


def test_nothing_is_wrong_and_nine_in_ten_are_found(
    told: tuple[list[dict[str, object]], list[str]],
) -> None:
    *groups, precision, recall = told[1]
    assert precision.startswith("precision 1.0000 ")
    assert float(recall.split()[1]) >= 0.9
    for group in groups:
        assert ": precision 1.0000 " in group
        found = re.search(r"recall (\d\.\d{4})", group)
        assert found is not None
        assert (float(found[1]) >= 0.9) is not group.startswith(ON_PURPOSE)


def test_by_title_alone_nothing_is_wrong_and_nine_in_ten_are_found(
    told: tuple[list[dict[str, object]], list[str]],
) -> None:
    true: dict[int, set[str]] = {}
    for row in rows("truth.csv"):
        true.setdefault(int(row["row"]), set()).update({row["id"]} - {""})
    without_ids = [one for one in told[0] if one["by"] in (None, "title")]
    right = [one for one in without_ids if set(one["matched"]) & true[int(str(one["row"]))]]  # type: ignore[call-overload]
    wrong = [one for one in without_ids if set(one["matched"]) - true[int(str(one["row"]))]]  # type: ignore[call-overload]
    owned = [one for one in without_ids if true[int(str(one["row"]))]]
    assert wrong == []
    assert len(right) / len(owned) >= 0.9


def test_the_table_has_enough_hard_pairs_each_named_once() -> None:
    listed = rows("list.csv")
    assert len(listed) >= 400
    assert len({tuple(row.values()) for row in listed}) == len(listed)
    library = {row["id"] for row in rows("library.csv")}
    truth = rows("truth.csv")
    assert {int(row["row"]) for row in truth} == set(range(1, len(listed) + 1))
    assert {row["id"] for row in truth} - {""} <= library
    assert all(row["group"] for row in truth)
