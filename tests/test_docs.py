"""What the documents promise is there, and what is there is documented."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from collectarr.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BRIDGE = ROOT / "emby-plugin-bridge"
DOCUMENTS = [
    *(ROOT / "README.md", ROOT / "CONTRIBUTING.md", BRIDGE / "README.md"),
    *sorted((ROOT / "docs").glob("*.md")),
]


def section(title: str) -> str:
    """The text of a `##` section of the README."""
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def documented_settings() -> dict[str, str]:
    """Name and default as the README tells them."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| `?([^`|]+?)`? \|", section("Settings"), re.MULTILINE)
    return dict(rows)


def told(default: Any) -> str:
    return "none" if default in (None, "") else str(default)


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    real = {name.upper(): told(field.default) for name, field in Settings.model_fields.items()}
    assert documented_settings() == real


def test_every_command_is_in_the_readme() -> None:
    command = [sys.executable, "-m", "collectarr", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    real = set(re.findall(r"^ {4}([a-z-]+)(?: {2,}\S|$)", shown, re.MULTILINE))
    assert "serve" in real
    assert set(re.findall(r"`collectarr ([a-z-]+)", section("Commands"))) == real


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {re.split(r"[<>=~\[ ]", one)[0] for one in wanted}
    reasons = CONTRIBUTING.split("\n## Why each dependency is there\n")[1]
    assert set(re.findall(r"^- `([a-z0-9-]+)`: \w", reasons, re.MULTILINE)) == names


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = [re.fullmatch(r"([\w.-]+)==[\w.]+", line) for line in lines]
    assert all(pinned), "constraints.txt holds name==version lines and nothing else"
    names = {match[1].lower() for match in pinned if match}
    assert {re.split(r"[<>=~\[ ]", one)[0] for one in wanted} - names == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_document_links_to_exists(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("target", ["demo", "run", "test", "fuzz", "lint", "bench"])
def test_make_knows_the_target(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}: .*## \w", makefile, re.MULTILINE)


@pytest.mark.parametrize("name", ["Dockerfile", "docker-compose.yml"])
def test_the_container_sets_only_settings_that_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    if name == "docker-compose.yml":
        text = text.split("\n  emby:\n")[0]
    given = set(re.findall(r"^(?:ENV)?\s+([A-Z_]{2,})[:=]", text, re.MULTILINE))
    assert given
    assert given - {name.upper() for name in Settings.model_fields} <= {
        *("PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"),
    }


@pytest.mark.parametrize("path", sorted(BRIDGE.glob("samples/*.json")), ids=lambda path: path.stem)
def test_a_sample_is_what_emby_sends(path: Path) -> None:
    message = json.loads(path.read_text(encoding="utf-8"))
    assert path.stem.startswith(message["Event"])
    assert {"Title", "Date", "Event", "Server"} <= set(message)
    if message["Event"].startswith("library."):
        assert {"Id", "Type", "Name", "Path"} <= set(message["Item"])
        assert message["Item"].get("ServerId", message["Server"]["Id"]) == message["Server"]["Id"]


def test_the_webhook_asks_for_the_events_of_the_library_alone() -> None:
    webhook = json.loads((BRIDGE / "webhook.json").read_text(encoding="utf-8"))
    assert webhook["EventIds"] == ["library.new", "library.deleted"]
    assert webhook["Options"] == {
        "Url": "BRIDGE_URL/api/v1/webhooks/emby/TOKEN",
        "EnableMultipartFormData": "false",
    }
