"""What docs/security.md and docs/api.md say is there: every test, address and field."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from collectarr.api import document
from collectarr.api.system import Numbers

ROOT = Path(__file__).parents[1]
SECURITY = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
COOKBOOK = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
HELD, MISSING = SECURITY.split("\n## What holds")[1].split("\n## What is not met")


@cache
def functions_in(path: str) -> frozenset[str]:
    """The names of the tests in a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, functions))


def rows(text: str) -> Iterator[list[str]]:
    """The cells of every line of a table, without its head."""
    for line in re.findall(r"^\| (.+) \|$", text, re.MULTILINE):
        cells = line.split(" | ")
        if cells[0] != "Section" and not set(line) <= set("-| "):
            yield cells


@pytest.mark.parametrize("cells", list(rows(HELD)), ids=lambda cells: cells[0])
def test_every_line_names_tests_that_exist(cells: list[str]) -> None:
    section, what, tests = cells
    assert re.match(r"\d+\.\d ", section)
    assert what
    named = re.findall(r"`([^`]+)::([^`]+)`", tests)
    assert named
    for path, name in named:
        assert (ROOT / path).is_file(), path
        assert name in functions_in(path), f"{path}::{name}"


def test_every_chapter_that_applies_has_lines() -> None:
    chapters = {int(cells[0].partition(".")[0]) for cells in rows(HELD)}
    assert chapters == {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14, 16}


def test_what_is_not_met_says_why() -> None:
    found = list(rows(MISSING))
    assert len(found) > 5
    assert all(len(cells) == 3 and all(cells) for cells in found)


def test_the_cookbook_asks_only_for_what_there_is() -> None:
    known = [
        re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))) for path in document()["paths"]
    ]
    asked = set(re.findall(r"/api/v1/[\w./$-]*\w", COOKBOOK))
    assert len(asked) > 10
    assert {path for path in asked if not any(one.fullmatch(path) for one in known)} == set()


def test_a_widget_shows_numbers_that_there_are() -> None:
    fields = set(re.findall(r"- field: (\w+)", COOKBOOK))
    assert fields
    assert fields <= set(Numbers.model_fields)


def test_the_bodies_of_the_cookbook_have_fields_that_there_are() -> None:
    schemas = document()["components"]["schemas"]
    known = {name for schema in schemas.values() for name in schema.get("properties", {})}
    bodies = re.findall(r"-d '(\{.*\})'", COOKBOOK)
    assert len(bodies) >= 4
    assert {name for body in bodies for name in re.findall(r'"(\w+)":', body)} <= known
